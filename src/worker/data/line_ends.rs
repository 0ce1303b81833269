//! TYPE A: lines end in CR LF on the wire and in LF in files (RFC 959 §3.1.1.1). Bytes in, bytes out; a pair that two
//! blocks share is remembered.

use memchr::{memchr, memchr_iter};

/// File to wire: each LF that has no CR before it gets one.
#[derive(Debug, Default)]
pub struct Expand {
    after_return: bool,
}

impl Expand {
    /// Converts a block into `wire`, which has room for twice its length. Returns how much was written.
    pub fn convert(&mut self, block: &[u8], wire: &mut [u8]) -> usize {
        let (mut from, mut to) = (0, 0);
        for line_feed in memchr_iter(b'\n', block) {
            let line = &block[from..line_feed];
            wire[to..to + line.len()].copy_from_slice(line);
            to += line.len();
            let ended = line.last().map_or(from == 0 && self.after_return, |last| *last == b'\r');
            if !ended {
                wire[to] = b'\r';
                to += 1;
            }
            wire[to] = b'\n';
            to += 1;
            from = line_feed + 1;
        }
        let rest = &block[from..];
        wire[to..to + rest.len()].copy_from_slice(rest);
        if let Some(last) = block.last() {
            self.after_return = *last == b'\r';
        }
        to + rest.len()
    }
}

/// Wire to file: each CR before an LF goes. Other CRs stay.
#[derive(Debug, Default)]
pub struct Strip {
    held: bool,
}

impl Strip {
    /// Room that must stay before a block, for a CR held back from the one before.
    pub const ROOM: usize = 1;

    /// Converts `buffer[ROOM..end]` in place and returns the part of the buffer that now holds the file's bytes.
    pub fn convert<'a>(&mut self, buffer: &'a mut [u8], end: usize) -> &'a [u8] {
        if end <= Strip::ROOM {
            return &[];
        }
        let start = if self.held { 0 } else { Strip::ROOM };
        if self.held {
            buffer[0] = b'\r';
        }
        self.held = buffer[end - 1] == b'\r';
        let end = if self.held { end - 1 } else { end };
        let kept = squeeze(&mut buffer[start..end]);
        &buffer[start..start + kept]
    }

    /// What is left when the wire has ended: a CR that no LF followed.
    pub fn rest(self) -> &'static [u8] {
        if self.held { b"\r" } else { b"" }
    }
}

/// Moves a block together over the CRs that go. Returns how much is left.
fn squeeze(block: &mut [u8]) -> usize {
    let Some(first) = memchr(b'\r', block) else { return block.len() };
    let (mut from, mut to) = (first, first);
    while from < block.len() {
        let goes = block[from] == b'\r' && block.get(from + 1) == Some(&b'\n');
        let start = if goes { from + 1 } else { from };
        let end = memchr(b'\r', &block[start + 1..]).map_or(block.len(), |next| start + 1 + next);
        block.copy_within(start..end, to);
        to += end - start;
        from = end;
    }
    to
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(blocks: &[&[u8]]) -> Vec<u8> {
        let mut expand = Expand::default();
        let mut wire = Vec::new();
        for block in blocks {
            let mut room = vec![0; block.len() * 2];
            let length = expand.convert(block, &mut room);
            wire.extend_from_slice(&room[..length]);
        }
        wire
    }

    fn stripped(blocks: &[&[u8]]) -> Vec<u8> {
        let mut strip = Strip::default();
        let mut file = Vec::new();
        for block in blocks {
            let mut buffer = [&[0; Strip::ROOM], *block].concat();
            let end = buffer.len();
            file.extend_from_slice(strip.convert(&mut buffer, end));
        }
        file.extend_from_slice(strip.rest());
        file
    }

    #[test]
    fn lines_are_converted_across_blocks() {
        assert_eq!(expanded(&[b"a\nb\r\nc\n\n"]), b"a\r\nb\r\nc\r\n\r\n");
        assert_eq!(expanded(&[b"a\r", b"\nb", b"\n"]), b"a\r\nb\r\n");
        assert_eq!(expanded(&[b"a\r", b"", b"\n"]), b"a\r\n");
        assert_eq!(stripped(&[b"a\r\nb\rc\r\r\n"]), b"a\nb\rc\r\n");
        assert_eq!(stripped(&[b"a\r", b"\nb\r", b"c\r"]), b"a\nb\rc\r");
        assert_eq!(stripped(&[b"\r\n\r\n", b"\r"]), b"\n\n\r");
    }

    fn text() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte = prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()];
        proptest::collection::vec(proptest::collection::vec(byte, 0..20), 0..8)
    }

    proptest! {
        #[test]
        fn blocks_make_no_difference(blocks in text()) {
            let views: Vec<&[u8]> = blocks.iter().map(Vec::as_slice).collect();
            let whole = blocks.concat();
            prop_assert_eq!(expanded(&views), expanded(&[&whole]));
            prop_assert_eq!(stripped(&views), stripped(&[&whole]));
        }

        #[test]
        fn a_file_without_returns_comes_back(blocks in text()) {
            let file: Vec<u8> = blocks.concat().into_iter().filter(|byte| *byte != b'\r').collect();
            prop_assert_eq!(stripped(&[&expanded(&[&file])]), file);
        }
    }
}
