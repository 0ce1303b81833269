//! Times as logs of this kind write them.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Of the Common Log Format: `[22/Nov/2026:23:41:33 +0100]`.
pub(super) fn append_common(out: &mut Vec<u8>, moment: Timestamp, zone: &TimeZone) {
    let offset = zone.to_offset(moment);
    let local = offset.to_datetime(moment);
    let month = usize::from(local.month().unsigned_abs()).saturating_sub(1);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let (sign, hours, minutes) = parts(offset);
    // A vector takes every byte, here and below.
    let _ = write!(
        out,
        "[{:02}/{}/{:04}:{hour:02}:{minute:02}:{second:02} {sign}{hours:02}{minutes:02}]",
        local.day(),
        MONTHS.get(month).unwrap_or(&""),
        local.year(),
    );
}

/// `2026-11-22 23:41:33,670`.
pub(super) fn append_iso(out: &mut Vec<u8>, moment: Timestamp, zone: &TimeZone) {
    let local = zone.to_datetime(moment);
    let _ = write!(
        out,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02},{:03}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
        local.millisecond()
    );
}

/// RFC 3339, with microseconds: `2026-11-22T23:41:33.670125+01:00`.
pub(super) fn append_rfc3339(out: &mut Vec<u8>, moment: Timestamp, zone: &TimeZone) {
    let offset = zone.to_offset(moment);
    let local = offset.to_datetime(moment);
    let (sign, hours, minutes) = parts(offset);
    let micros = local.subsec_nanosecond() / 1000;
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{micros:06}{sign}{hours:02}:{minutes:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second()
    );
}

fn parts(offset: Offset) -> (char, i32, i32) {
    let minutes = offset.seconds().abs() / 60;
    (if offset.seconds() < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// By a pattern of strftime(3) that [`is_pattern`] has let pass.
pub(super) fn append_by(out: &mut Vec<u8>, pattern: &str, moment: Timestamp, zone: &TimeZone) {
    let _ = write!(out, "{}", moment.to_zoned(zone.clone()).strftime(pattern));
}

/// Whether strftime has a meaning for all of it.
pub(super) fn is_pattern(pattern: &str) -> bool {
    jiff::fmt::strtime::format(pattern, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_shape_that_readers_know() {
        let moment = Timestamp::from_microsecond(1_795_390_893_481_125).unwrap();
        let west = TimeZone::fixed(Offset::from_seconds(-12_600).unwrap());
        let text = |append: fn(&mut Vec<u8>, Timestamp, &TimeZone), zone: &TimeZone| {
            let mut out = Vec::new();
            append(&mut out, moment, zone);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(append_common, &TimeZone::UTC), "[22/Nov/2026:23:41:33 +0000]");
        assert_eq!(text(append_common, &west), "[22/Nov/2026:20:11:33 -0330]");
        assert_eq!(text(append_iso, &TimeZone::UTC), "2026-11-22 23:41:33,481");
        assert_eq!(text(append_rfc3339, &west), "2026-11-22T20:11:33.481125-03:30");
        let mut out = Vec::new();
        append_by(&mut out, "%H-%M", moment, &TimeZone::UTC);
        assert_eq!(out, b"23-41");
        assert!(is_pattern("%Y%m") && is_pattern("plain") && !is_pattern("%Ö"));
    }
}
