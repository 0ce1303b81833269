//! Where an upload's first byte goes, and which rules and sizes suit it.

use super::denied::Reason;
use super::portion::Portion;
use crate::config::settings::PathRules;
use crate::protocol::ByteRange;

/// Where an upload's first byte goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// STOR: the file is emptied first.
    Whole,
    /// STOR after REST.
    At(u64),
    /// STOR after RANG: so many bytes, and no others.
    Within(ByteRange),
    /// APPE.
    End,
}

impl Placement {
    /// How many bytes a range takes.
    pub fn range_length(self) -> Option<u64> {
        match self {
            Placement::Within(range) => Some(range.length()),
            _ => None,
        }
    }

    /// Whether an upload goes on with what is there, which one that HiddenStores hides cannot.
    pub fn suits(self, rules: &PathRules<'_>) -> Result<(), Reason> {
        match (rules.hidden_stores(), self) {
            (Some(_), Placement::At(_)) => Err(Reason::Restarted("REST")),
            (Some(_), Placement::Within(_)) => Err(Reason::Restarted("RANG")),
            _ => Ok(()),
        }
    }

    /// Whether a file of this size reaches to where the first byte goes.
    pub fn lies_in(self, size: u64) -> Result<(), Reason> {
        match self {
            Placement::At(offset) if offset > size => Err(Reason::BehindEnd("REST")),
            Placement::Within(range) if range.first() > size => Err(Reason::BehindEnd("RANG")),
            _ => Ok(()),
        }
    }
}

impl From<Portion> for Placement {
    fn from(portion: Portion) -> Placement {
        match portion {
            Portion::Whole => Placement::Whole,
            Portion::From(offset) => Placement::At(offset),
            Portion::Within(range) => Placement::Within(range),
        }
    }
}
