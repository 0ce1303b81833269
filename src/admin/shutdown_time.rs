//! `ftpshut`'s times: `now`, `+N` minutes, `HHMM` or `HH` on a 24 hour clock, or ISO 8601 with or without a zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, Zoned};

/// The moment that the argument names, seconds since the epoch; None for what names none. A time of day that has
/// passed, or is this very minute, is tomorrow's.
pub fn moment(text: &str, now: &Zoned) -> Option<i64> {
    if text == "now" {
        return Some(now.timestamp().as_second());
    }
    if let Some(minutes) = text.strip_prefix('+') {
        let seconds = i64::from(digits(minutes)?) * 60;
        return now.timestamp().as_second().checked_add(seconds);
    }
    if text.contains('-') {
        return dated(text, now);
    }
    let time = time_of_day(text)?;
    let on = |date: Date| date.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
    let then = on(now.date()).filter(|today| today > now).or_else(|| on(now.date().tomorrow().ok()?))?;
    Some(then.timestamp().as_second())
}

/// `2026-09-03T20:05Z`, `…+02:00`, `…[Europe/Berlin]`; without a zone the local one.
fn dated(text: &str, now: &Zoned) -> Option<i64> {
    let zoned = text.parse::<Zoned>().map(|moment| moment.timestamp());
    let moment = zoned.or_else(|_| text.parse::<Timestamp>()).or_else(|_| {
        text.parse::<DateTime>()
            .and_then(|local| local.to_zoned(now.time_zone().clone()))
            .map(|zoned| zoned.timestamp())
    });
    moment.ok().map(Timestamp::as_second)
}

fn time_of_day(text: &str) -> Option<Time> {
    let number = digits(text)?;
    let (hour, minute) = match text.len() {
        2 => (number, 0),
        4 => (number / 100, number % 100),
        _ => return None,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// Decimal digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    /// 2026-11-22 18:01:56 in a zone with summer time.
    fn now() -> Zoned {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        date(2026, 11, 22).at(18, 1, 56, 0).to_zoned(zone).unwrap()
    }

    #[test]
    fn times_are_read_as_proftpd_reads_them() {
        let start = now().timestamp().as_second();
        let midnight = start - (18 * 3600 + 116);
        let clock = |hours: i64, minutes: i64| Some(midnight + hours * 3600 + minutes * 60);
        for (text, expected) in [
            ("now", Some(start)),
            ("+0", Some(start)),
            ("+60", Some(start + 3600)),
            ("+1000000", Some(start + 60_000_000)),
            ("1802", clock(18, 2)),
            ("1801", clock(24 + 18, 1)),
            ("0000", clock(24, 0)),
            ("23", clock(23, 0)),
            ("08", clock(24 + 8, 0)),
            ("2359", clock(23, 59)),
            ("2026-11-22T23:59", clock(23, 59)),
            ("2026-11-22 23:59:00", clock(23, 59)),
            ("2026-11-22T22:59Z", clock(23, 59)),
            ("2026-11-22T17:59:00-05:00", clock(23, 59)),
            ("2026-11-22T23:59:00+01:00[Europe/Berlin]", clock(23, 59)),
        ] {
            assert_eq!(moment(text, &now()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_names_no_moment() {
        for text in [
            "",
            "1",
            "24",
            "2400",
            "1260",
            "123",
            "12345",
            "+",
            "+x",
            "+-1",
            "-1",
            "12x4",
            "Now",
            "+99999999999",
        ] {
            assert_eq!(moment(text, &now()), None, "{text}");
        }
    }

    #[test]
    fn tomorrow_is_a_day_of_the_calendar() {
        // The night of 2026-10-25 has 25 hours.
        let eve = now().with().date(date(2026, 10, 24)).build().unwrap();
        let span = moment("1800", &eve).unwrap() - eve.timestamp().as_second();
        assert_eq!(span, 25 * 3600 - 116);
    }
}
