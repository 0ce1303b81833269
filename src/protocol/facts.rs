//! The facts of MLST and MLSD (RFC 3659 §7.5): their names, and which of them a session has chosen.

/// One thing that is told of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fact {
    /// When its data last changed.
    Modify,
    /// What the client may do with it.
    Perm,
    /// Its length.
    Size,
    /// File, folder, link.
    Type,
    /// The same for all names of one file, and for no other file.
    Unique,
    /// Its group's number.
    Group,
    /// Its group's name.
    GroupName,
    /// Its permission bits.
    Mode,
    /// Its owner's number.
    Owner,
    /// Its owner's name.
    OwnerName,
}

/// Each with its name, in the order in which lines tell them.
const NAMES: [(Fact, &str); 10] = [
    (Fact::Modify, "modify"),
    (Fact::Perm, "perm"),
    (Fact::Size, "size"),
    (Fact::Type, "type"),
    (Fact::Unique, "unique"),
    (Fact::Group, "UNIX.group"),
    (Fact::GroupName, "UNIX.groupname"),
    (Fact::Mode, "UNIX.mode"),
    (Fact::Owner, "UNIX.owner"),
    (Fact::OwnerName, "UNIX.ownername"),
];

impl Fact {
    /// By its name, in any case.
    pub fn named(name: &[u8]) -> Option<Fact> {
        NAMES.iter().find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(fact, _)| *fact)
    }
}

/// A choice of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(u16);

impl Facts {
    /// None: lines hold names alone.
    pub const NONE: Facts = Facts(0);
    /// All that there are.
    pub const ALL: Facts = Facts((1 << NAMES.len()) - 1);

    /// These and one more.
    pub const fn with(self, fact: Fact) -> Facts {
        Facts(self.0 | 1 << fact as u8)
    }

    /// These but one.
    pub const fn without(self, fact: Fact) -> Facts {
        Facts(self.0 & !(1 << fact as u8))
    }

    /// Those that are in both.
    pub const fn common(self, other: Facts) -> Facts {
        Facts(self.0 & other.0)
    }

    /// Whether one is among them.
    pub const fn has(self, fact: Fact) -> bool {
        self.0 & 1 << fact as u8 != 0
    }

    /// `type;size;` as OPTS MLST has it. Names that we do not know are passed over (RFC 3659 §7.9), a missing `;` at the end, too.
    pub fn read(list: &[u8]) -> Facts {
        let known = list.split(|byte| *byte == b';').filter_map(Fact::named);
        known.fold(Facts::NONE, Facts::with)
    }

    /// `size;type;`
    pub fn list(self) -> String {
        self.among(|fact| self.has(fact), "")
    }

    /// FEAT's `MLST size*;type*;unique;`: all that may be chosen, a star at those that are (RFC 3659 §7.8).
    pub fn feature(self, available: Facts) -> String {
        format!("MLST {}", self.among(|fact| available.has(fact), "*"))
    }

    fn among(self, is_meant: impl Fn(Fact) -> bool, mark: &str) -> String {
        let meant = NAMES.iter().filter(|(fact, _)| is_meant(*fact));
        meant.map(|(fact, name)| format!("{name}{};", if self.has(*fact) { mark } else { "" })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_and_told() {
        let table: [(&[u8], &str); 8] = [
            (b"type;size;", "size;type;"),
            (b"TYPE;unix.MODE", "type;UNIX.mode;"),
            (b"bogus;modify;lang;", "modify;"),
            (b"type;type;", "type;"),
            (b"", ""),
            (b";;;", ""),
            (b" type;", ""),
            (b"\xff\0;perm;", "perm;"),
        ];
        for (given, told) in table {
            assert_eq!(Facts::read(given).list(), told, "{given:?}");
        }
    }

    #[test]
    fn a_feature_tells_what_there_is_and_what_is_chosen() {
        let chosen = Facts::read(b"type;perm;");
        let available = Facts::read(b"type;perm;size;");
        assert_eq!(chosen.feature(available), "MLST perm*;size;type*;");
        assert_eq!(Facts::ALL.list().matches(';').count(), NAMES.len());
    }

    #[test]
    fn each_fact_has_its_bit() {
        for (fact, name) in NAMES {
            assert_eq!(Facts::NONE.with(fact).list(), format!("{name};"));
            assert!(!Facts::ALL.without(fact).has(fact));
        }
    }
}
