//! How much of a file a transfer moves: what REST or RANG said last.

use super::Reason;
use crate::protocol::ByteRange;

/// Part of a file, or all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Portion {
    /// All of it.
    #[default]
    Whole,
    /// From an offset to the end (REST).
    From(u64),
    /// From one byte to another (RANG).
    Within(ByteRange),
}

impl Portion {
    /// Where it begins.
    pub fn start(self) -> u64 {
        match self {
            Portion::Whole => 0,
            Portion::From(offset) => offset,
            Portion::Within(range) => range.first(),
        }
    }

    /// Behind its last byte in a file of this size.
    pub fn end(self, size: u64) -> u64 {
        match self {
            Portion::Whole | Portion::From(_) => size,
            Portion::Within(range) => range.last().saturating_add(1).min(size),
        }
    }

    /// Whether a file of this size has it. A range from the first byte may reach beyond the end, as ProFTPD has it.
    pub fn lies_in(self, size: u64) -> Result<(), Reason> {
        match self {
            Portion::From(offset) if offset > size => Err(Reason::BehindEnd("REST")),
            Portion::Within(range) if range.first() > size => Err(Reason::BehindEnd("RANG")),
            Portion::Within(range) if range.first() > 0 && range.last() >= size => Err(Reason::RangeEnd),
            _ => Ok(()),
        }
    }
}

impl From<u64> for Portion {
    fn from(offset: u64) -> Portion {
        if offset == 0 { Portion::Whole } else { Portion::From(offset) }
    }
}
