//! A line of TransferLog, in the shape that wu-ftpd began and every log analyser reads (xferlog(5)):
//! `ctime secs host bytes path a|b _ o|i|d a|r user ftp 0 * c|i`. Values in, bytes out.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::record::CUT;

/// Bytes kept of a path, so that a line fits into a record.
const PATH_MAX: usize = 8192;
/// Bytes kept of a host's or a user's name.
const NAME_MAX: usize = 1024;

/// How the bytes went over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// TYPE A.
    Ascii,
    /// TYPE I.
    Binary,
}

/// What was done to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Sent to the client.
    Outgoing,
    /// Received from the client.
    Incoming,
    /// Deleted.
    Deleted,
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<'a> {
    /// An anonymous session, with what it gave as password.
    Anonymous(&'a [u8]),
    /// An account, by its name.
    Real(&'a [u8]),
}

/// Whether the file went whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// All of it.
    Complete,
    /// The transfer ended early.
    Incomplete,
}

/// One transfer, or one deletion.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took; rounded to seconds.
    pub took: Duration,
    /// The client's name or address.
    pub host: &'a [u8],
    /// Bytes of file data moved.
    pub bytes: u64,
    /// The file's full path on the host.
    pub path: &'a [u8],
    /// TYPE.
    pub representation: Representation,
    /// Which way.
    pub direction: Direction,
    /// Who.
    pub access: Access<'a>,
    /// How it ended.
    pub completion: Completion,
}

impl Entry<'_> {
    /// The line, without its end, for [`super::Channel::send_evidence`]. `zone` must have been loaded before the worker was confined.
    pub fn line(&self, zone: &TimeZone) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.path.len().min(PATH_MAX) + 128);
        write_ctime(&mut line, self.ended, zone);
        let seconds = (self.took + Duration::from_millis(500)).as_secs();
        append(&mut line, format_args!(" {seconds} "));
        append_word(&mut line, self.host, NAME_MAX);
        append(&mut line, format_args!(" {} ", self.bytes));
        append_word(&mut line, self.path, PATH_MAX);
        let (kind, who) = self.access.letters();
        let (representation, direction) = (self.representation.letter(), self.direction.letter());
        append(&mut line, format_args!(" {representation} _ {direction} {kind} "));
        append_word(&mut line, who, NAME_MAX);
        append(&mut line, format_args!(" ftp 0 * {}", self.completion.letter()));
        line
    }
}

/// As ctime(3) writes it: `Sun Nov  1 07:02:03 2026`.
fn write_ctime(line: &mut Vec<u8>, moment: Timestamp, zone: &TimeZone) {
    let local = moment.to_zoned(zone.clone());
    append(line, format_args!("{}", local.strftime("%a %b %e %H:%M:%S %Y")));
}

/// A vector takes every byte.
fn append(line: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
}

/// Appends bytes as one word: readers split at blanks, so blanks and control bytes become `_`, and nothing becomes `*`.
fn append_word(line: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let kept = &bytes[..bytes.len().min(most)];
    for chunk in kept.utf8_chunks() {
        chunk.valid().chars().for_each(|character| append_character(line, character));
        // A terminal that knows no UTF-8 takes these for control bytes.
        let is_control = |byte: u8| (0x80..0xa0).contains(&byte);
        line.extend(chunk.invalid().iter().map(|byte| if is_control(*byte) { b'_' } else { *byte }));
    }
    match bytes.len() {
        0 => line.push(b'*'),
        length if length > most => line.extend_from_slice(CUT),
        _ => {}
    }
}

fn append_character(line: &mut Vec<u8>, character: char) {
    match character {
        ' ' => line.push(b'_'),
        control if control.is_control() => line.push(b'_'),
        kept => line.extend_from_slice(kept.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

impl Representation {
    fn letter(self) -> char {
        match self {
            Representation::Ascii => 'a',
            Representation::Binary => 'b',
        }
    }
}

impl Direction {
    fn letter(self) -> char {
        match self {
            Direction::Outgoing => 'o',
            Direction::Incoming => 'i',
            Direction::Deleted => 'd',
        }
    }
}

impl<'a> Access<'a> {
    fn letters(self) -> (char, &'a [u8]) {
        match self {
            Access::Anonymous(password) => ('a', password),
            Access::Real(name) => ('r', name),
        }
    }
}

impl Completion {
    fn letter(self) -> char {
        match self {
            Completion::Complete => 'c',
            Completion::Incomplete => 'i',
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry<'a>() -> Entry<'a> {
        Entry {
            ended: Timestamp::from_second(1_793_516_523).unwrap(),
            took: Duration::from_millis(2499),
            host: b"192.0.2.7",
            bytes: 1024,
            path: b"/srv/ftp/a file\n.bin",
            representation: Representation::Binary,
            direction: Direction::Outgoing,
            access: Access::Real(b"anna"),
            completion: Completion::Complete,
        }
    }

    #[test]
    fn lines_read_as_analysers_expect() {
        let table = [
            (
                entry(),
                "Sun Nov  1 07:02:03 2026 2 192.0.2.7 1024 /srv/ftp/a_file_.bin b _ o r anna ftp 0 * c",
            ),
            (
                Entry { direction: Direction::Incoming, completion: Completion::Incomplete, ..entry() },
                "Sun Nov  1 07:02:03 2026 2 192.0.2.7 1024 /srv/ftp/a_file_.bin b _ i r anna ftp 0 * i",
            ),
            (
                Entry {
                    took: Duration::from_millis(2500),
                    access: Access::Anonymous(b"a b@c"),
                    representation: Representation::Ascii,
                    ..entry()
                },
                "Sun Nov  1 07:02:03 2026 3 192.0.2.7 1024 /srv/ftp/a_file_.bin a _ o a a_b@c ftp 0 * c",
            ),
            (
                Entry {
                    direction: Direction::Deleted,
                    access: Access::Anonymous(b""),
                    bytes: 0,
                    took: Duration::ZERO,
                    ..entry()
                },
                "Sun Nov  1 07:02:03 2026 0 192.0.2.7 0 /srv/ftp/a_file_.bin b _ d a * ftp 0 * c",
            ),
        ];
        for (entry, line) in table {
            assert_eq!(String::from_utf8(entry.line(&TimeZone::UTC)).unwrap(), line);
        }
    }

    #[test]
    fn names_are_bytes_and_a_monstrous_one_is_cut() {
        let line = Entry { path: "/\u{9b}2J\x1b[2J".as_bytes(), ..entry() }.line(&TimeZone::UTC);
        assert!(line.windows(8).any(|word| word == b"/_2J_[2J"));
        let line = Entry { path: b"/caf\xe9\x9b", ..entry() }.line(&TimeZone::UTC);
        assert!(line.windows(6).any(|word| word == b"/caf\xe9_"));
        let line = Entry { path: b"/caf\xe9", ..entry() }.line(&TimeZone::UTC);
        assert!(line.windows(5).any(|word| word == b"/caf\xe9"));
        let line = Entry { path: &[b'p'; 100_000], host: &[b'h'; 9000], ..entry() }.line(&TimeZone::UTC);
        assert!(line.len() < super::super::record::RECORD_MAX);
        assert!(line.ends_with(b"p... b _ o r anna ftp 0 * c"));
    }

    proptest! {
        #[test]
        fn no_name_changes_the_number_of_words(host: Vec<u8>, path: Vec<u8>, user: Vec<u8>) {
            let line = Entry { host: &host, path: &path, access: Access::Real(&user), ..entry() }.line(&TimeZone::UTC);
            let words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
            prop_assert_eq!(words, 18);
            prop_assert!(!line.contains(&b'\n'));
        }
    }
}
