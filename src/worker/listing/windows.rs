//! One line of a listing as IIS has it: `11-22-26  05:24PM                 4096 name`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::line::append;
use crate::sys::files::{Kind, Status};

/// Appends the date, the size or `<DIR>`, and a blank.
pub fn write(status: &Status, seconds: i64, zone: &TimeZone, line: &mut Vec<u8>) {
    // What no calendar holds is shown as the epoch.
    let moment = zone.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH));
    let (month, day, year) = (moment.month(), moment.day(), moment.year().rem_euclid(100));
    // Noon and midnight are 12 on this clock.
    let (hour, half) = ((moment.hour() + 11) % 12 + 1, if moment.hour() < 12 { "AM" } else { "PM" });
    let minute = moment.minute();
    append(line, format_args!("{month:02}-{day:02}-{year:02}  {hour:02}:{minute:02}{half}"));
    match status.kind {
        Kind::Directory => line.extend_from_slice(b"       <DIR>          "),
        _ => append(line, format_args!(" {:>20} ", status.size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{GroupId, UserId};

    fn line(kind: Kind, size: u64, modified: i64) -> String {
        let (uid, gid) = (UserId(1), GroupId(1));
        let (device, inode, links, accessed, changed) = (1, 1, 1, 0, 0);
        let status =
            Status { kind, mode: 0o644, device, inode, links, uid, gid, size, modified, accessed, changed };
        let mut line = Vec::new();
        write(&status, modified, &TimeZone::UTC, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn lines_have_the_shape_that_clients_parse() {
        let table = [
            (Kind::File, 16, 1_795_369_396, "11-22-26  05:43PM                   16 "),
            (Kind::Directory, 4096, 1_795_348_020, "11-22-26  11:47AM       <DIR>          "),
            (Kind::Link, 5, 0, "01-01-70  12:00AM                    5 "),
            (Kind::File, u64::MAX, 43_200, "01-01-70  12:00PM 18446744073709551615 "),
            (Kind::File, 0, i64::MAX, "01-01-70  12:00AM                    0 "),
        ];
        for (kind, size, modified, expected) in table {
            assert_eq!(line(kind, size, modified), expected);
        }
    }
}
