//! Text in words: bytes up to the first NUL, cut to the size of their field.

use std::sync::atomic::Ordering;

use super::layout::Text;
use crate::sys::mapping::{Words, WritableMap};

/// Stores `bytes` in the field of the record that begins at `base`; touches no word behind the text's end.
/// Called by the record's writer, inside a publish.
pub fn store(map: &WritableMap, base: usize, field: Text, bytes: &[u8]) {
    let bytes = cut(until_nul(bytes), field.size);
    // One word more than the text has, for its NUL, unless the field is full.
    let words = (bytes.len() / 8 + 1).min(field.size / 8);
    for word in 0..words {
        let mut piece = [0; 8];
        let rest = &bytes[word * 8..];
        let length = rest.len().min(8);
        piece[..length].copy_from_slice(&rest[..length]);
        if let Some(word) = map.atomic(base + field.at + word * 8) {
            word.store(u64::from_le_bytes(piece), Ordering::Relaxed);
        }
    }
}

/// The text of the field of the record that begins at `base`.
pub fn load<W: Words + ?Sized>(words: &W, base: usize, field: Text) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in 0..field.size / 8 {
        let piece = words.word(base + field.at + word * 8).to_le_bytes();
        bytes.extend_from_slice(until_nul(&piece));
        if piece.contains(&0) {
            break;
        }
    }
    bytes
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    memchr::memchr(0, bytes).map_or(bytes, |end| &bytes[..end])
}

/// At most `size` bytes; where UTF-8 is cut, the whole character goes.
fn cut(bytes: &[u8], size: usize) -> &[u8] {
    let Some(&next) = bytes.get(size) else { return bytes };
    let is_inner = |byte: u8| byte & 0xC0 == 0x80;
    if !is_inner(next) {
        return &bytes[..size];
    }
    let start = (1..=3).find(|&back| back <= size && !is_inner(bytes[size - back]));
    &bytes[..size - start.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::mapping::{PAGE, allocate, nameless_file};

    const FIELD: Text = Text { at: 8, size: 16 };

    fn through(earlier: &[u8], bytes: &[u8]) -> Vec<u8> {
        let file = nameless_file("test").unwrap();
        allocate(&file, 0..PAGE).unwrap();
        let map = WritableMap::new(&file, 0..PAGE).unwrap();
        store(&map, 32, FIELD, earlier);
        store(&map, 32, FIELD, bytes);
        assert_eq!(map.word(32 + 24), 0, "behind the field");
        load(&map, 32, FIELD)
    }

    #[test]
    fn text_comes_back_as_far_as_the_field_goes() {
        let table: &[(&[u8], &[u8])] = &[
            (b"", b""),
            (b"a", b"a"),
            (b"seven77", b"seven77"),
            (b"eight888", b"eight888"),
            (b"fifteen15151515", b"fifteen15151515"),
            (b"sixteen-sixteen-", b"sixteen-sixteen-"),
            (b"sixteen-sixteen-more", b"sixteen-sixteen-"),
            (b"cut\0here", b"cut"),
            ("fifteen-letter\u{20ac}".as_bytes(), b"fifteen-letter"),
            ("fifteen-letter-\u{e9}".as_bytes(), b"fifteen-letter-"),
            ("fifteen-letter\u{e9}more".as_bytes(), "fifteen-letter\u{e9}".as_bytes()),
            (&[0x80; 20], &[0x80; 16]),
        ];
        for (bytes, expected) in table {
            assert_eq!(through(b"sixteen-letters!", bytes), *expected, "{bytes:?}");
        }
    }
}
