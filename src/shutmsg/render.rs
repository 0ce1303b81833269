//! Writing the file, so that ProFTPD and every script that knows it read the same.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::one_line;

/// What is written into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When the server is meant to go down; seconds since the epoch.
    pub shutdown: i64,
    /// From so long before on, clients are refused.
    pub deny: Offset,
    /// So long before, sessions are disconnected.
    pub disconnect: Offset,
    /// The operator's words.
    pub message: Vec<u8>,
    /// So many seconds after the shutdown it orders nothing more; None: until it is removed.
    pub expires: Option<i64>,
    /// Until so many seconds after the shutdown transfers may end.
    pub drain: Option<i64>,
    /// The one server that is meant.
    pub server: Option<Vec<u8>>,
}

/// A span of minutes that four digits can hold: at most 99 hours and 59 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(u16);

impl Offset {
    /// Most minutes; one more would be written in five digits, which readers take for no offset at all.
    pub const MAX_MINUTES: u16 = 99 * 60 + 59;

    /// So many minutes; None for more than four digits can hold.
    pub fn minutes(minutes: u64) -> Option<Offset> {
        u16::try_from(minutes).ok().filter(|&minutes| minutes <= Offset::MAX_MINUTES).map(Offset)
    }
}

impl std::fmt::Display for Offset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Notice {
    /// The file's bytes, its time in `zone`; None for a moment beyond all calendars.
    pub fn render(&self, zone: &TimeZone) -> Option<Vec<u8>> {
        let local = Timestamp::from_second(self.shutdown).ok()?.to_zoned(zone.clone());
        let moment = local.strftime("%Y %-m %-d %-H %-M %-S");
        let mut bytes = format!("{moment} {} {}\n", self.deny, self.disconnect).into_bytes();
        bytes.extend(one_line(&self.message));
        // Readers that know two lines only read no further.
        bytes.extend(format!("\nutc {}\n", self.shutdown).bytes());
        for (name, seconds) in [("expires", self.expires), ("drain", self.drain)] {
            bytes.extend(seconds.into_iter().flat_map(|seconds| format!("{name} {seconds}\n").into_bytes()));
        }
        if let Some(server) = &self.server {
            bytes.extend([b"server ", one_line(server).as_slice(), b"\n"].concat());
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{USUAL_EXPIRY, parse};
    use super::*;

    fn notice(message: &[u8]) -> Notice {
        let minutes = |minutes| Offset::minutes(minutes).unwrap();
        Notice {
            shutdown: 1_788_465_900,
            deny: minutes(10),
            disconnect: minutes(5),
            message: message.to_vec(),
            expires: None,
            drain: None,
            server: None,
        }
    }

    #[test]
    fn the_first_two_lines_are_proftpds() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let text = notice(b"back soon").render(&zone).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "2026 9 3 22 5 0 0010 0005\nback soon\nutc 1788465900\n"
        );
    }

    #[test]
    fn what_is_written_is_read_again_in_any_zone() {
        let text = notice(b"two\nlines").render(&TimeZone::UTC).unwrap();
        for zone in ["EST5", "IST-5:30", "CET-1CEST,M3.5.0,M10.5.0/3"] {
            let schedule = parse(&text, &TimeZone::posix(zone).unwrap()).unwrap();
            assert_eq!((schedule.shutdown, schedule.deny), (1_788_465_900, 1_788_465_300), "{zone}");
            assert_eq!(schedule.message, b"two lines");
        }
        let whole = Notice {
            expires: Some(USUAL_EXPIRY),
            drain: Some(-30),
            server: Some(b"One of\nthem".to_vec()),
            ..notice(b"m")
        };
        let schedule = parse(&whole.render(&TimeZone::UTC).unwrap(), &TimeZone::UTC).unwrap();
        assert_eq!((schedule.expires, schedule.drain), (Some(1_788_552_300), Some(1_788_465_870)));
        assert_eq!(schedule.server, b"One of them");
    }

    #[test]
    fn offsets_have_four_digits_or_are_refused() {
        for (minutes, text) in [(0, "0000"), (5, "0005"), (75, "0115"), (5999, "9959")] {
            assert_eq!(Offset::minutes(minutes).unwrap().to_string(), text);
        }
        assert_eq!(Offset::minutes(6000), None);
        assert_eq!(Offset::minutes(u64::MAX), None);
        assert_eq!(Notice { shutdown: i64::MAX, ..notice(b"") }.render(&TimeZone::UTC), None);
    }
}
