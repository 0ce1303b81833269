//! One record on its way to the recorder: which log, how grave, from where, what. Bytes in, values out; no sockets.
//!
//! Layout, little-endian: log number u16, level u8, style u8, length of the origin u16, origin, text.

use slog::Level;

use super::{LogNumber, Style};

/// Bytes of the longest record; a longer one is cut, with [`CUT`] at its end.
pub const RECORD_MAX: usize = 16 * 1024;
/// Bytes before the origin.
const HEADER: usize = 6;
/// Longest origin: a server's name and a client's.
const ORIGIN_MAX: usize = 1024;
/// What stands at the end of a text that was cut.
pub const CUT: &[u8] = b"...";

/// A record as the recorder reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it is to be written.
    pub log: LogNumber,
    /// How grave; `Info` for evidence.
    pub level: Level,
    /// What it is written with; nothing to raw logs.
    pub style: Style,
    /// `SERVER (CLIENTNAME[CLIENTIP])`, or `SERVER` alone; empty in raw logs.
    pub origin: &'a [u8],
    /// The line without its end.
    pub text: &'a [u8],
}

/// Begins a record in `buffer`, whose text the caller appends before [`finish`].
pub fn begin(buffer: &mut Vec<u8>, log: LogNumber, (level, style): (Level, Style), origin: &[u8]) {
    let origin = &origin[..origin.len().min(ORIGIN_MAX)];
    buffer.clear();
    buffer.extend_from_slice(&log.0.to_le_bytes());
    buffer.extend_from_slice(&[level.as_usize() as u8, style.encode()]);
    buffer.extend_from_slice(&(origin.len() as u16).to_le_bytes());
    buffer.extend_from_slice(origin);
}

/// Cuts what is longer than a record may be.
pub fn finish(buffer: &mut Vec<u8>) {
    if buffer.len() > RECORD_MAX {
        buffer.truncate(RECORD_MAX - CUT.len());
        buffer.extend_from_slice(CUT);
    }
}

/// Reads a record; `None` for what no honest sender makes.
pub fn decode(bytes: &[u8]) -> Option<Record<'_>> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let [log_low, log_high, level, style, origin_low, origin_high] = *header;
    let length = usize::from(u16::from_le_bytes([origin_low, origin_high]));
    if length > ORIGIN_MAX || bytes.len() > RECORD_MAX {
        return None;
    }
    let (origin, text) = rest.split_at_checked(length)?;
    let (level, style) = (Level::from_usize(level.into())?, Style::decode(style)?);
    Some(Record { log: LogNumber(u16::from_le_bytes([log_low, log_high])), level, style, origin, text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(log: u16, level: Level, origin: &[u8], text: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        begin(&mut buffer, LogNumber(log), (level, Style::USUAL), origin);
        buffer.extend_from_slice(text);
        finish(&mut buffer);
        buffer
    }

    #[test]
    fn a_longer_record_is_cut_with_a_mark() {
        let bytes = encoded(3, Level::Info, b"", &[b'x'; 2 * RECORD_MAX]);
        let record = decode(&bytes).unwrap();
        assert_eq!(bytes.len(), RECORD_MAX);
        assert!(record.text.ends_with(b"xxx..."));
    }

    #[test]
    fn what_no_sender_makes_is_no_record() {
        let good = encoded(1, Level::Error, b"server", b"text");
        let bad: [Vec<u8>; 5] = [
            good[..5].to_vec(),
            [&good[..2], &[0], &good[3..]].concat(),
            [&good[..2], &[9], &good[3..]].concat(),
            [&good[..3], &[128], &good[4..]].concat(),
            [&good[..4], &[0xff, 0xff], &good[6..]].concat(),
        ];
        for bytes in bad {
            assert_eq!(decode(&bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_do_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(record) = decode(&bytes) {
                let mut again = encoded(record.log.0, record.level, record.origin, record.text);
                again[3] = record.style.encode();
                prop_assert_eq!(again, bytes);
            }
        }

        #[test]
        fn what_was_sent_is_what_arrives(log: u16, level in 1usize..=6, origin: Vec<u8>, text: Vec<u8>) {
            let level = Level::from_usize(level).unwrap();
            let bytes = encoded(log, level, &origin, &text);
            let expected = Record { log: LogNumber(log), level, style: Style::USUAL, origin: &origin, text: &text };
            prop_assert_eq!(decode(&bytes), Some(expected));
        }
    }
}
