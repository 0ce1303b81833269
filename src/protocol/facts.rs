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
    /// When it came to be.
    Create,
    /// What its name says of its content.
    MediaType,
}

/// Each with its name, in the order in which lines tell them.
const NAMES: [(Fact, &str); 12] = [
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
    (Fact::Create, "create"),
    (Fact::MediaType, "media-type"),
];

impl Fact {
    /// As it is told.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(fact, _)| *fact == self).map_or("", |(_, name)| name)
    }

    /// Those of a list, in its order; see [`Facts::read`].
    pub fn list(list: &[u8]) -> Vec<Fact> {
        list.split(|byte| *byte == b';').filter_map(Fact::named).collect()
    }

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
    /// Those that are told where nobody has chosen: what costs more than a file's status has to be asked for.
    pub const USUAL: Facts = Facts::ALL.without(Fact::Create).without(Fact::MediaType);

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
        Fact::list(list).into_iter().collect()
    }

    /// FEAT's `MLST size*;type*;unique;`: all that may be chosen, a star at those that are (RFC 3659 §7.8).
    pub fn feature(self, available: Facts) -> String {
        let told = NAMES.iter().filter(|(fact, _)| available.has(*fact));
        let list = told.map(|(fact, name)| format!("{name}{};", if self.has(*fact) { "*" } else { "" }));
        format!("MLST {}", list.collect::<String>())
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<T: IntoIterator<Item = Fact>>(facts: T) -> Facts {
        facts.into_iter().fold(Facts::NONE, Facts::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_in_its_order() {
        let table: [(&[u8], &str); 8] = [
            (b"type;size;", "type size"),
            (b"TYPE;unix.MODE", "type UNIX.mode"),
            (b"bogus;modify;lang;", "modify"),
            (b"type;type;", "type type"),
            (b"", ""),
            (b";;;", ""),
            (b" type;", ""),
            (b"\xff\0;perm;", "perm"),
        ];
        for (given, told) in table {
            let names: Vec<&str> = Fact::list(given).into_iter().map(Fact::name).collect();
            assert_eq!(names.join(" "), told, "{given:?}");
        }
    }

    #[test]
    fn a_feature_tells_what_there_is_and_what_is_chosen() {
        let chosen = Facts::read(b"type;perm;");
        let available = Facts::read(b"type;perm;size;");
        assert_eq!(chosen.feature(available), "MLST perm*;size;type*;");
        assert_eq!(Facts::ALL.feature(Facts::ALL).matches("*;").count(), NAMES.len());
        let usual = Facts::USUAL.feature(Facts::ALL);
        assert!(usual.ends_with("UNIX.ownername*;create;media-type;"), "{usual}");
    }

    #[test]
    fn each_fact_has_its_bit() {
        for (fact, name) in NAMES {
            assert_eq!(fact.name(), name);
            assert!(Facts::NONE.with(fact).has(fact));
            assert!(!Facts::ALL.without(fact).has(fact));
        }
    }
}
