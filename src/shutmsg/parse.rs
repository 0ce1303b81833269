//! Reading the file. Its first line is read as forgivingly as ProFTPD does (numbers end where digits end, a missing
//! offset is none), with one difference: what names no moment orders nothing, where ProFTPD locks everybody out.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{DEFAULT_MESSAGE, FILE_MAX, SERVER_MAX, Schedule, one_line};

/// How far apart two clocks' readings of one moment can be: UTC-12 to UTC+14.
const ZONES_APART: i64 = 26 * 3600;
/// All zones differ by whole quarters of an hour.
const QUARTER: i64 = 15 * 60;

/// The file holds no moment, so it orders nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; it orders nothing", self.reason)
    }
}

impl std::error::Error for Malformed {}

/// What the file's bytes order, its local times read in `zone`.
pub fn parse(bytes: &[u8], zone: &TimeZone) -> Result<Schedule, Malformed> {
    let mut lines = bytes[..bytes.len().min(FILE_MAX)].split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let message = lines.next().unwrap_or_default();
    let mut tokens = first.split(u8::is_ascii_whitespace).filter(|token| !token.is_empty());
    let local = local_moment(&mut tokens, zone)?;
    let further: Vec<&[u8]> = lines.collect();
    let number = |name: &str| further.iter().find_map(|line| number(value(line, name)?));
    let shutdown = number("utc").filter(|&utc| is_same_moment(utc, local)).unwrap_or(local);
    // Counted from the shutdown, so that they hold for a first line that was edited, too.
    let after = |name| number(name).map(|seconds| shutdown.saturating_add(seconds));
    let server = further.iter().find_map(|line| value(line, "server")).unwrap_or_default();
    let mut before = || shutdown - offset_seconds(tokens.next().unwrap_or_default());
    let (deny, disconnect) = (before(), before());
    let message = match one_line(message) {
        empty if empty.iter().all(|&byte| byte == b' ') => DEFAULT_MESSAGE.into(),
        message => message,
    };
    let (expires, drain) = (after("expires"), after("drain"));
    let server = one_line(server.trim_ascii()).into_iter().take(SERVER_MAX).collect();
    Ok(Schedule { shutdown, deny, disconnect, message, expires, drain, server })
}

/// The six numbers that name the moment of the shutdown: year, month, day, hours, minutes, seconds.
fn local_moment<'a>(tokens: &mut impl Iterator<Item = &'a [u8]>, zone: &TimeZone) -> Result<i64, Malformed> {
    let said = |reason| Malformed { reason };
    let mut numbers = [0_i16; 6];
    for number in &mut numbers {
        let token = tokens.next().ok_or(said("the first line is not a time"))?;
        *number = leading_number(token).ok_or(said("the first line is not a time"))?;
    }
    let [year, month, day, hour, minute, second] = numbers;
    let small = |number| i8::try_from(number).map_err(|_| said("the first line names no moment"));
    // A leap second is the one that follows.
    let second = small(second.min(59))?;
    DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, second, 0)
        .and_then(|local| zone.to_ambiguous_timestamp(local).compatible())
        .map(|moment| moment.as_second())
        .map_err(|_| said("the first line names no moment"))
}

/// The digits a token begins with, as atoi(3) reads them; None without any, or beyond all reason.
fn leading_number(token: &[u8]) -> Option<i16> {
    let end = token.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(token.len());
    std::str::from_utf8(&token[..end]).ok()?.parse().ok()
}

/// `HHMM` before the shutdown, in seconds. Only four characters count, as in ProFTPD; else there is no offset.
fn offset_seconds(token: &[u8]) -> i64 {
    let [a, b, c, d] = token else { return 0 };
    let two = |pair: [u8; 2]| i64::from(leading_number(&pair).unwrap_or(0));
    two([*a, *b]) * 3600 + two([*c, *d]) * 60
}

/// What our `ftpshut` adds, a name and a value a line: `utc`, the shutdown in seconds since the epoch, for readers in another time zone;
/// `expires` and `drain`, in seconds after it; `server`, a ServerName. ProFTPD reads two lines and no further.
fn value<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    line.strip_prefix(name.as_bytes())?.strip_prefix(b" ")
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Whether both can mean the same moment, written in one time zone and read in another. If not, somebody has
/// edited the first line, and that is what counts.
fn is_same_moment(utc: i64, local: i64) -> bool {
    let apart = utc.abs_diff(local);
    apart <= ZONES_APART.unsigned_abs() && apart.is_multiple_of(QUARTER.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn utc(text: &str) -> Schedule {
        parse(text.as_bytes(), &TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_file_as_ftpshut_writes_it() {
        let schedule = utc("2026 9 3 22 5 0 0010 0005\ngoing down at %s\n");
        assert_eq!(schedule.shutdown, 1_788_473_100);
        assert_eq!((schedule.deny, schedule.disconnect), (1_788_472_500, 1_788_472_800));
        assert_eq!(schedule.message, b"going down at %s");
    }

    #[test]
    fn offsets_count_with_four_characters_only() {
        let shutdown = utc("2026 9 3 22 5 0\n").shutdown;
        for (offsets, deny, disconnect) in [
            ("0010 0005", 600, 300),
            ("1234 9959", 12 * 3600 + 34 * 60, 99 * 3600 + 59 * 60),
            ("10 5", 0, 0),
            ("11640 0005", 0, 300),
            ("0010", 600, 0),
            ("", 0, 0),
            ("1x05 abcd", 3600 + 300, 0),
            ("0001 0002 0003", 60, 120),
        ] {
            let schedule = utc(&format!("2026 9 3 22 5 0 {offsets}\nm\n"));
            assert_eq!(
                (shutdown - schedule.deny, shutdown - schedule.disconnect),
                (deny, disconnect),
                "{offsets}"
            );
        }
    }

    #[test]
    fn what_names_no_moment_orders_nothing() {
        for text in [
            "",
            "\n",
            "   \n",
            "going down",
            "0",
            "2026 9 3 22 5",
            "2026 13 3 22 5 0",
            "2026 2 30 0 0 0",
            "2026 9 3 24 0 0",
            "2026 9 3 22 60 0",
            "99999 1 1 0 0 0",
            "-2026 9 3 22 5 0",
            "2026 9 3 22 5 x",
        ] {
            assert!(parse(text.as_bytes(), &TimeZone::UTC).is_err(), "{text:?}");
        }
        assert!(parse(&[0xff; 5000], &TimeZone::UTC).is_err());
    }

    #[test]
    fn numbers_end_where_digits_end() {
        assert_eq!(utc("2026 09 03 22 05 00").shutdown, utc("2026y 9. 3rd 22h 5m 0s").shutdown);
        assert_eq!(utc("2026 9 3 22 5 60").shutdown, utc("2026 9 3 22 5 59").shutdown);
    }

    #[test]
    fn the_message_is_one_line_of_bounded_length() {
        assert_eq!(utc("2026 9 3 22 5 0\n").message, DEFAULT_MESSAGE.as_bytes());
        assert_eq!(utc("2026 9 3 22 5 0\n  \r\n").message, DEFAULT_MESSAGE.as_bytes());
        assert_eq!(utc("2026 9 3 22 5 0\na\rb\x1b[c\nthird").message, b"a b [c");
        let long = format!("2026 9 3 22 5 0\n{}\n", "x".repeat(3000));
        assert_eq!(utc(&long).message.len(), super::super::MESSAGE_MAX);
    }

    #[test]
    fn summer_time_counts_at_the_moment_named() {
        let at = |text: &str| parse(text.as_bytes(), &berlin()).unwrap().shutdown;
        // Across the changes of 2026-03-29 and 2026-10-25: one real hour less, one more.
        assert_eq!(at("2026 3 29 3 30 0") - at("2026 3 29 1 30 0"), 3600);
        assert_eq!(at("2026 10 25 3 30 0") - at("2026 10 25 1 30 0"), 3 * 3600);
        // A moment that no clock shows is the one the same span after midnight.
        assert_eq!(at("2026 3 29 2 30 0"), at("2026 3 29 3 30 0"));
    }

    #[test]
    fn the_utc_line_tells_readers_of_another_zone() {
        let text = "2026 9 3 22 5 0 0010 0005\nm\nutc 1788465900\n";
        assert_eq!(parse(text.as_bytes(), &berlin()).unwrap().shutdown, 1_788_465_900);
        assert_eq!(utc(text).shutdown, 1_788_465_900);
        assert_eq!(utc(text).deny, 1_788_465_900 - 600);
        // The first line was edited by hand afterwards: by minutes, by days.
        assert_eq!(utc(&text.replace("22 5", "22 7")).shutdown, 1_788_473_220);
        assert_eq!(utc(&text.replace("9 3", "9 30")).shutdown, 1_788_473_100 + 27 * 86400);
    }

    #[test]
    fn further_lines_say_for_whom_and_how_long() {
        let text = "2026 9 3 22 5 0 0010 0005\nm\nutc 1788473100\nexpires 86400\ndrain -60\nserver Second \u{e9}\nmore\n";
        let schedule = utc(text);
        assert_eq!(schedule.expires, Some(schedule.shutdown + 86_400));
        assert_eq!(schedule.drain, Some(schedule.shutdown - 60));
        assert!(schedule.concerns("Second \u{e9}".as_bytes()) && !schedule.concerns(b"Second"));
        assert!(!schedule.is_over(schedule.shutdown) && schedule.is_over(schedule.shutdown + 86_400));
        let moments = [schedule.deny, schedule.disconnect, schedule.shutdown - 60, schedule.shutdown];
        for pair in moments.windows(2) {
            assert_eq!(schedule.next_moment(pair[0]), Some(pair[1]));
        }
        assert_eq!(schedule.next_moment(schedule.shutdown + 86_400), None);
        // A file of ProFTPD's own: for everybody, for ever.
        let own = utc("2026 9 3 22 5 0 0010 0005\nm\n");
        assert!(own.concerns(b"any") && !own.is_over(i64::MAX) && own.drain.is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..6000)) {
            let _ = parse(&bytes, &berlin());
        }

        #[test]
        fn no_numbers_make_it_panic(
            text in "[-+0-9]{0,20}( [0-9]{1,6}){0,9}\n.{0,90}\n((utc|expires|drain|server) [-0-9]{1,25}\n){0,4}"
        ) {
            if let Ok(schedule) = parse(text.as_bytes(), &berlin()) {
                prop_assert!(schedule.deny <= schedule.shutdown && schedule.disconnect <= schedule.shutdown);
                prop_assert!(!schedule.message.iter().any(u8::is_ascii_control));
            }
        }
    }
}
