//! The commands whose transfers are counted and limited, and sets of them.

use std::fmt;

/// A command that moves a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum TransferVerb {
    /// APPE.
    Appe,
    /// RETR.
    Retr,
    /// STOR.
    Stor,
    /// STOU.
    Stou,
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferVerbs(u8);

impl TransferVerb {
    /// Each, in the order of their bits.
    pub const ALL: [TransferVerb; 4] =
        [TransferVerb::Appe, TransferVerb::Retr, TransferVerb::Stor, TransferVerb::Stou];

    /// Its number in a place of the scoreboard; never 0.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The command of this number.
    pub fn numbered(number: u8) -> Option<TransferVerb> {
        TransferVerb::ALL.into_iter().find(|verb| verb.number() == number)
    }

    /// As clients say it.
    pub fn name(self) -> &'static str {
        match self {
            TransferVerb::Appe => "APPE",
            TransferVerb::Retr => "RETR",
            TransferVerb::Stor => "STOR",
            TransferVerb::Stou => "STOU",
        }
    }

    /// The command of this name, whatever its case.
    pub fn named(name: &str) -> Option<TransferVerb> {
        TransferVerb::ALL.into_iter().find(|verb| verb.name().eq_ignore_ascii_case(name))
    }
}

impl TransferVerbs {
    /// Adds one.
    pub fn insert(&mut self, verb: TransferVerb) {
        self.0 |= 1 << verb as u8;
    }

    /// Whether it is among them.
    pub fn has(self, verb: TransferVerb) -> bool {
        self.0 & (1 << verb as u8) != 0
    }

    /// Those that are among them.
    pub fn iter(self) -> impl Iterator<Item = TransferVerb> {
        TransferVerb::ALL.into_iter().filter(move |verb| self.has(*verb))
    }

    /// As they travel.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// Of bits that came; those that mean nothing are left out.
    pub(super) fn of_bits(bits: u8) -> TransferVerbs {
        TransferVerbs(bits & 0b1111)
    }
}

impl FromIterator<TransferVerb> for TransferVerbs {
    fn from_iter<I: IntoIterator<Item = TransferVerb>>(verbs: I) -> TransferVerbs {
        let mut all = TransferVerbs::default();
        verbs.into_iter().for_each(|verb| all.insert(verb));
        all
    }
}

impl fmt::Display for TransferVerbs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(TransferVerb::name).collect();
        out.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_told_by_name_and_kept_in_sets() {
        for verb in TransferVerb::ALL {
            assert_eq!(TransferVerb::numbered(verb.number()), Some(verb));
            assert_eq!(TransferVerb::named(&verb.name().to_lowercase()), Some(verb));
        }
        assert_eq!(TransferVerb::named("LIST"), None);
        let some: TransferVerbs = [TransferVerb::Stou, TransferVerb::Retr].into_iter().collect();
        assert_eq!(some.to_string(), "RETR,STOU");
        assert!(some.has(TransferVerb::Retr) && !some.has(TransferVerb::Stor));
        assert_eq!(TransferVerbs::of_bits(some.bits() | 0xF0), some);
    }
}
