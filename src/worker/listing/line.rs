//! One line of a listing: `drwxr-xr-x   2 user     group        4096 Nov 22 17:24 name`.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::digits;
use super::kept::Kept;
use super::options::{Clock, Options};
use crate::sys::files::{Kind, Status};

/// Files older than this are dated by their year instead of the time of day.
const RECENT: i64 = 180 * 24 * 3600;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// No byte that ends a line is higher.
const END_MOST: u8 = b'\r';

/// What was last written of what neighbours in a folder have in common, to be copied where the next line has the same.
#[derive(Debug, Default)]
pub struct Memory {
    common: Common,
    /// How it was written.
    written: Vec<u8>,
    /// With a blank behind it.
    date: Kept<i64>,
}

/// Permissions, links, owner and group, as they were written last.
#[derive(Debug, Default)]
struct Common {
    /// Kind, mode and count of links.
    numbers: Option<(Kind, u32, u64)>,
    user: Vec<u8>,
    group: Vec<u8>,
}

/// What stands before a name.
pub struct Columns<'a> {
    /// The file.
    pub status: &'a Status,
    /// Its owner, as printed.
    pub user: &'a [u8],
    /// Its group, as printed.
    pub group: &'a [u8],
}

impl Columns<'_> {
    /// Appends the columns and a blank. The options, the zone and the time are those of all lines that share a memory.
    pub fn write(
        &self,
        options: &Options,
        (zone, now): (&TimeZone, i64),
        memory: &mut Memory,
        line: &mut Vec<u8>,
    ) {
        line.extend_from_slice(memory.common_of(self));
        match options.human {
            true => append(line, format_args!("{:>8}", human(self.status.size))),
            false => digits::padded(self.status.size, 8, b' ', line),
        }
        line.push(b' ');
        let seconds = time_of(self.status, options.clock);
        line.extend_from_slice(memory.date.of(seconds, |line| {
            date(seconds, zone, now, line);
            line.push(b' ');
        }));
    }

    fn write_common(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(&permissions(self.status));
        line.push(b' ');
        digits::padded(self.status.links, 3, b' ', line);
        line.push(b' ');
        padded(line, self.user);
        padded(line, self.group);
    }
}

impl Memory {
    fn common_of(&mut self, Columns { status, user, group }: &Columns<'_>) -> &[u8] {
        let numbers = Some((status.kind, status.mode, status.links));
        let known = &mut self.common;
        if (known.numbers, known.user.as_slice(), known.group.as_slice()) != (numbers, *user, *group) {
            known.numbers = numbers;
            (*user).clone_into(&mut known.user);
            (*group).clone_into(&mut known.group);
            self.written.clear();
            Columns { status, user, group }.write_common(&mut self.written);
        }
        &self.written
    }
}

/// The time that a listing shows, and sorts by.
pub fn time_of(status: &Status, clock: Clock) -> i64 {
    match clock {
        Clock::Modified => status.modified,
        Clock::Accessed => status.accessed,
        Clock::Changed => status.changed,
    }
}

/// Whether a name has no byte that would end a line. Nearly no name has a byte as low as these at all, which is seen of eight at once.
pub fn is_plain(name: &[u8]) -> bool {
    let (words, rest) = name.as_chunks::<8>();
    let has_low = words.iter().any(has_low_byte)
        || match name.last_chunk::<8>() {
            // Some of it has been looked at already, which costs less than to go by single bytes.
            Some(last) => has_low_byte(last),
            None => rest.iter().any(|byte| *byte <= END_MOST),
        };
    !has_low || memchr::memchr2(b'\r', b'\n', name).is_none()
}

/// Whether one of the bytes is at most `END_MOST`: taking one more away from each leaves the highest bit set where it was not.
fn has_low_byte(word: &[u8; 8]) -> bool {
    const MORE: u64 = u64::from_ne_bytes([END_MOST + 1; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([1 << 7; 8]);
    let word = u64::from_ne_bytes(*word);
    word.wrapping_sub(MORE) & !word & HIGHEST != 0
}

/// A name as a line shows it: what would end the line does not.
pub fn name(bytes: &[u8], line: &mut Vec<u8>) {
    let first = line.len();
    line.extend_from_slice(bytes);
    if is_plain(bytes) {
        return;
    }
    let mut rest = &mut line[first..];
    while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
        rest[end] = b'?';
        rest = &mut rest[end + 1..];
    }
}

/// `-F`'s mark.
pub fn mark(status: &Status) -> &'static [u8] {
    match status.kind {
        Kind::Directory => b"/",
        Kind::Link => b"@",
        _ if status.mode & 0o111 != 0 => b"*",
        _ => b"",
    }
}

/// Appends words.
pub fn append(line: &mut Vec<u8>, words: std::fmt::Arguments<'_>) {
    // A Vec takes whatever is written to it.
    let _ = line.write_fmt(words);
}

fn padded(line: &mut Vec<u8>, name: &[u8]) {
    line.extend_from_slice(name);
    line.extend(std::iter::repeat_n(b' ', 8_usize.saturating_sub(name.len()) + 1));
}

fn permissions(status: &Status) -> [u8; 10] {
    let kind = match status.kind {
        Kind::File => b'-',
        Kind::Directory => b'd',
        Kind::Link => b'l',
        Kind::Pipe => b'p',
        Kind::Socket => b's',
        Kind::Characters => b'c',
        Kind::Blocks => b'b',
    };
    let mode = status.mode;
    let bit = |bit: u32, letter: u8| if mode & bit == 0 { b'-' } else { letter };
    let execute = |bit: u32, special: u32, letter: u8| match (mode & special != 0, mode & bit != 0) {
        (true, true) => letter,
        (true, false) => letter.to_ascii_uppercase(),
        (false, true) => b'x',
        (false, false) => b'-',
    };
    [
        kind,
        bit(0o400, b'r'),
        bit(0o200, b'w'),
        execute(0o100, 0o4000, b's'),
        bit(0o040, b'r'),
        bit(0o020, b'w'),
        execute(0o010, 0o2000, b's'),
        bit(0o004, b'r'),
        bit(0o002, b'w'),
        execute(0o001, 0o1000, b't'),
    ]
}

fn date(seconds: i64, zone: &TimeZone, now: i64, line: &mut Vec<u8>) {
    // What no calendar holds is shown as the epoch.
    let moment = zone.to_datetime(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH));
    let month =
        usize::try_from(moment.month() - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"Jan");
    let positive = |value: i16| u64::try_from(value).unwrap_or(0);
    line.extend_from_slice(month.as_bytes());
    line.push(b' ');
    digits::padded(positive(moment.day().into()), 2, b' ', line);
    line.push(b' ');
    if now.saturating_sub(seconds) > RECENT {
        append(line, format_args!("{:5}", moment.year()));
    } else {
        digits::padded(positive(moment.hour().into()), 2, b'0', line);
        line.push(b':');
        digits::padded(positive(moment.minute().into()), 2, b'0', line);
    }
}

fn human(size: u64) -> String {
    let mut value = size as f64;
    if value < 1024.0 {
        return size.to_string();
    }
    let mut unit = "";
    for larger in ["k", "M", "G", "T", "P", "E"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    format!("{value:.1}{unit}")
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;
    use crate::config::listings::USUAL;
    use crate::sys::{GroupId, UserId};

    fn line(kind: Kind, mode: u32, size: u64, modified: i64, argument: &[u8]) -> String {
        let status = Status {
            kind,
            mode,
            device: 1,
            inode: 1,
            links: 2,
            uid: UserId(1),
            gid: GroupId(1),
            size,
            modified,
            accessed: 0,
            changed: 0,
        };
        let columns = Columns { status: &status, user: b"demo", group: b"grp" };
        let (options, _) = Options::read(Command::List, &USUAL, argument);
        let mut line = Vec::new();
        columns.write(&options, (&TimeZone::UTC, 1_795_369_600), &mut Memory::default(), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn columns_have_the_widths_that_clients_parse() {
        let noon = 1_795_348_020;
        let table = [
            (
                Kind::Directory,
                0o755,
                4096,
                noon,
                "",
                "drwxr-xr-x   2 demo     grp          4096 Nov 22 11:47 ",
            ),
            (
                Kind::File,
                0o644,
                123456,
                1_546_398_245,
                "",
                "-rw-r--r--   2 demo     grp        123456 Jan  2  2019 ",
            ),
            (
                Kind::File,
                0o6755,
                123456,
                noon,
                "-h",
                "-rwsr-sr-x   2 demo     grp        120.6k Nov 22 11:47 ",
            ),
            (Kind::Directory, 0o1776, 0, noon, "", "drwxrwxrwT   2 demo     grp             0 Nov 22 11:47 "),
            (
                Kind::File,
                0,
                123456789012,
                -1,
                "",
                "----------   2 demo     grp      123456789012 Dec 31  1969 ",
            ),
        ];
        for (kind, mode, size, modified, argument, expected) in table {
            assert_eq!(line(kind, mode, size, modified, argument.as_bytes()), expected);
        }
        line(Kind::File, 0o644, u64::MAX, i64::MAX, b"-h");
        line(Kind::File, 0o644, u64::MAX, i64::MIN, b"");
    }

    #[test]
    fn names_never_end_a_line() {
        let mut shown = Vec::new();
        name(b"a\r\n226 Done\xff", &mut shown);
        assert_eq!(shown, b"a??226 Done\xff");
    }

    #[test]
    fn an_end_of_a_line_is_found_wherever_it_stands() {
        for length in 0..40 {
            for other in [b' ', 0x01, 0x0e, 0x7f, 0x80, 0x8d, 0xff] {
                let mut bytes = vec![other; length];
                assert!(is_plain(&bytes), "{length} of {other}");
                for place in 0..length {
                    for end in [b'\r', b'\n'] {
                        bytes[place] = end;
                        assert!(!is_plain(&bytes), "{end} at {place} of {length} of {other}");
                    }
                    bytes[place] = other;
                }
            }
        }
    }
}
