//! Times as RFC 3659 §2.3 writes them: fourteen digits, in UTC.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// `20261122174316`, or more digits after a point, which are dropped. None where no calendar knows it, or before 1970.
pub fn read(text: &[u8]) -> Option<i64> {
    let (whole, fraction) = text.split_at_checked(14)?;
    let is_fraction = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !whole.iter().all(u8::is_ascii_digit)
        || !(fraction.is_empty() || fraction.strip_prefix(b".").is_some_and(is_fraction))
    {
        return None;
    }
    let number = |from: usize, to: usize| {
        whole[from..to].iter().fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let two = |from: usize| i8::try_from(number(from, from + 2)).ok();
    // A leap second is the next minute's first, as it is to the kernel.
    let second = two(12).filter(|second| *second <= 60)?;
    let moment = DateTime::new(number(0, 4), two(4)?, two(6)?, two(8)?, two(10)?, second.min(59), 0).ok()?;
    let moment = moment.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let leap = SignedDuration::from_secs(i64::from(second) / 60);
    moment.checked_add(leap).ok().map(Timestamp::as_second).filter(|seconds| *seconds >= 0)
}

/// Fourteen digits. What no calendar holds is shown as the epoch.
pub fn text(seconds: i64) -> String {
    digits(seconds).iter().map(|digit| char::from(*digit)).collect()
}

/// The same as bytes: every line of a listing has one.
pub fn digits(seconds: i64) -> [u8; 14] {
    let moment = Offset::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or_default());
    let mut digits = [b'0'; 14];
    let mut fields = digits.chunks_exact_mut(2);
    // Calendars here end with the year 9999.
    let year = moment.year().unsigned_abs() % 10_000;
    let small = [moment.month(), moment.day(), moment.hour(), moment.minute(), moment.second()];
    let small = small.map(|field| u16::from(field.unsigned_abs()));
    for (place, field) in fields.by_ref().zip([year / 100, year % 100].into_iter().chain(small)) {
        place.copy_from_slice(&[b'0' + (field / 10) as u8, b'0' + (field % 10) as u8]);
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_fourteen_digits() {
        for (seconds, digits) in [(0, "19700101000000"), (1_795_369_396, "20261122174316")] {
            assert_eq!(text(seconds), digits);
            assert_eq!(read(digits.as_bytes()), Some(seconds));
        }
        assert_eq!(read(b"20261122174316.987"), Some(1_795_369_396));
        assert_eq!(read(b"20161231235960"), read(b"20170101000000"));
        assert_eq!(text(i64::MAX), "19700101000000");
    }

    #[test]
    fn what_no_clock_shows_is_refused() {
        for given in [
            "",
            "2020",
            "x",
            "20201301000000",
            "20200132000000",
            "20200230000000",
            "20200101240000",
            "20200101006000",
            "20200101000061",
            "202001010000001",
            "20200101000000.",
            "20200101000000.x",
            "2020010100000 ",
            "+2020010100000",
            "19691231235959",
            "00000000000000",
        ] {
            assert_eq!(read(given.as_bytes()), None, "{given}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_told_again(seconds in 0_i64..253_402_300_799) {
            prop_assert_eq!(read(text(seconds).as_bytes()), Some(seconds));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = read(&bytes);
        }
    }
}
