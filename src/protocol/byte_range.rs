//! A part of a file by its first and last byte (draft-bryan-ftp-range).

/// From the first to the last byte, both included; never so long that its length could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    first: u64,
    last: u64,
}

/// Offsets in files are signed in the kernel: no range is longer.
const LONGEST: u64 = i64::MAX as u64;

impl ByteRange {
    /// None where the last byte stands before the first, or no file could have so many.
    pub fn new(first: u64, last: u64) -> Option<ByteRange> {
        let between = last.checked_sub(first)?;
        (between <= LONGEST).then_some(ByteRange { first, last })
    }

    /// Where it begins.
    pub fn first(self) -> u64 {
        self.first
    }

    /// Its last byte.
    pub fn last(self) -> u64 {
        self.last
    }

    /// How many bytes it has.
    pub fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_can_be_counted() {
        for (first, last, length) in [
            (0, 0, Some(1)),
            (5, 9, Some(5)),
            (1, 0, None),
            (0, LONGEST, Some(1 << 63)),
            (0, LONGEST + 1, None),
            (u64::MAX, u64::MAX, Some(1)),
        ] {
            assert_eq!(ByteRange::new(first, last).map(ByteRange::length), length, "{first} {last}");
        }
    }
}
