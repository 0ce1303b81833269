//! Bytes from outside, appended so that they end no line, no field in quotes and no JSON text.

use std::fmt::Write as _;

use crate::logging::record::CUT;

/// What surrounds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Nothing.
    Bare,
    /// Quotes, as in `"%r"`: a quote or a backslash in the value gets a backslash, as Apache writes them.
    Quotes,
    /// A JSON text.
    Json,
}

/// Appends a value; control characters and what is no UTF-8 become `\xNN`, in JSON as it wants them.
pub(super) fn append(out: &mut Vec<u8>, value: &[u8], within: Within) {
    let is_plain =
        |byte: &u8| (0x20..0x7f).contains(byte) && (within == Within::Bare || !matches!(byte, b'"' | b'\\'));
    if value.iter().all(is_plain) {
        return out.extend_from_slice(value);
    }
    for chunk in value.utf8_chunks() {
        chunk.valid().chars().for_each(|character| append_character(out, character, within));
        append_escaped(out, chunk.invalid(), within);
    }
}

/// The same, of at most so many bytes as they are written; what is longer ends in `...`.
pub(super) fn append_most(out: &mut Vec<u8>, value: &[u8], within: Within, most: usize) {
    let start = out.len();
    for chunk in value.utf8_chunks() {
        for character in chunk.valid().chars() {
            append_character(out, character, within);
            if over(out, start, most) {
                return;
            }
        }
        append_escaped(out, chunk.invalid(), within);
        if over(out, start, most) {
            return;
        }
    }
}

/// An escape is at most twelve bytes long.
fn over(out: &mut Vec<u8>, start: usize, most: usize) -> bool {
    let is_over = out.len() - start > most;
    if is_over {
        out.extend_from_slice(CUT);
    }
    is_over
}

fn append_character(out: &mut Vec<u8>, character: char, within: Within) {
    match (character, within) {
        ('"' | '\\', Within::Quotes | Within::Json) => out.extend_from_slice(&[b'\\', character as u8]),
        (control, Within::Json) if control.is_control() => {
            let mut text = String::with_capacity(6);
            let _ = write!(text, "\\u{:04x}", u32::from(control));
            out.extend_from_slice(text.as_bytes());
        }
        (control, _) if control.is_control() => {
            append_escaped(out, control.encode_utf8(&mut [0; 4]).as_bytes(), within);
        }
        (other, _) => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

fn append_escaped(out: &mut Vec<u8>, bytes: &[u8], within: Within) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        if within == Within::Json {
            out.push(b'\\');
        }
        out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn appended(value: &[u8], within: Within) -> String {
        let mut out = Vec::new();
        append(&mut out, value, within);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_leaves_its_line_or_its_quotes() {
        let table: [(&[u8], &str, &str, &str); 5] = [
            (b"plain text", "plain text", "plain text", "plain text"),
            ("größe".as_bytes(), "größe", "größe", "größe"),
            (b"a\nb\x1b[", "a\\x0ab\\x1b[", "a\\x0ab\\x1b[", "a\\u000ab\\u001b["),
            (b"caf\xe9", "caf\\xe9", "caf\\xe9", "caf\\\\xe9"),
            (b"say \"\\", "say \"\\", "say \\\"\\\\", "say \\\"\\\\"),
        ];
        for (value, bare, quoted, json) in table {
            assert_eq!(appended(value, Within::Bare), bare);
            assert_eq!(appended(value, Within::Quotes), quoted);
            assert_eq!(appended(value, Within::Json), json);
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let mut out = Vec::new();
        append_most(&mut out, &[7; 100], Within::Json, 20);
        assert_eq!(out, b"\\u0007\\u0007\\u0007\\u0007...");
    }

    proptest! {
        #[test]
        fn every_value_is_text_without_controls(value: Vec<u8>) {
            for within in [Within::Bare, Within::Quotes, Within::Json] {
                prop_assert!(!appended(&value, within).chars().any(char::is_control));
                let mut cut = Vec::new();
                append_most(&mut cut, &value, within, usize::MAX);
                prop_assert_eq!(String::from_utf8(cut).unwrap(), appended(&value, within));
            }
        }
    }
}
