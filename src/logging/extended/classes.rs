//! Which commands an ExtendedLog is about: classes of commands, single ones, and what `!` takes away again.

/// A class of commands; several of them are kept as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u16);

impl Class {
    /// Nothing.
    pub const NONE: Class = Class(0);
    /// Who it is.
    pub const AUTH: Class = Class(1);
    /// What is asked without moving anything.
    pub const INFO: Class = Class(2);
    /// Folders.
    pub const DIRS: Class = Class(4);
    /// Files read.
    pub const READ: Class = Class(8);
    /// Files and folders written.
    pub const WRITE: Class = Class(16);
    /// What is in no other class.
    pub const MISC: Class = Class(32);
    /// Protection of the connection (RFC 2228).
    pub const SEC: Class = Class(64);
    /// The session's end; no part of ALL.
    pub const EXIT: Class = Class(128);

    const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    /// Whether they have one in common.
    pub fn meets(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }
}

/// The names of classes. Those of other protocols are read, and no command is in them.
const NAMES: &[(&str, Class)] = &[
    ("NONE", Class::NONE),
    ("AUTH", Class::AUTH),
    ("INFO", Class::INFO),
    ("DIRS", Class::DIRS),
    ("READ", Class::READ),
    ("WRITE", Class::WRITE),
    ("MISC", Class::MISC),
    ("SEC", Class::SEC),
    ("EXIT", Class::EXIT),
    ("SSH", Class::NONE),
    ("SFTP", Class::NONE),
];

/// The commands of each class, as ProFTPD 1.3.8 counts them. What stands nowhere is in ALL alone.
const COMMANDS: &[(Class, &[&str])] = &[
    (Class::AUTH, &["ACCT", "HOST", "PASS", "REIN", "USER"]),
    (Class::INFO, &["CLNT", "CSID", "FEAT", "HELP", "MDTM", "PWD", "QUIT", "SIZE", "STAT", "SYST", "XPWD"]),
    (
        Class::DIRS,
        &[
            "CDUP", "CWD", "LIST", "MDTM", "MKD", "MLSD", "MLST", "NLST", "PWD", "RMD", "XCUP", "XCWD",
            "XMKD", "XPWD", "XRMD",
        ],
    ),
    (Class::READ, &["RETR"]),
    (
        Class::WRITE,
        &["APPE", "DELE", "MFF", "MFMT", "MKD", "RMD", "RNFR", "RNTO", "STOR", "STOU", "XMKD", "XRMD"],
    ),
    (
        Class::MISC,
        &[
            "ABOR", "ALLO", "EPRT", "EPSV", "MODE", "NOOP", "OPTS", "PASV", "PORT", "RANG", "REST", "RNFR",
            "RNTO", "SITE", "SMNT", "STRU", "TYPE",
        ],
    ),
    (Class::SEC, &["ADAT", "AUTH", "CCC", "CONF", "ENC", "MIC", "PBSZ", "PROT"]),
];

/// The classes of a command, by its name in upper case.
pub fn classes_of(command: &[u8]) -> Class {
    let has_it = |names: &[&str]| names.iter().any(|name| name.as_bytes() == command);
    COMMANDS.iter().filter(|(_, names)| has_it(names)).fold(Class::NONE, |all, (class, _)| all.and(*class))
}

/// What one ExtendedLog is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// ALL: every command, of any class or none.
    every: bool,
    /// The connection itself, before anything is said.
    connect: bool,
    classes: Class,
    commands: Vec<Box<str>>,
    without_classes: Class,
    without_commands: Vec<Box<str>>,
}

impl Selection {
    const NOTHING: Selection = Selection {
        every: false,
        connect: false,
        classes: Class::NONE,
        commands: Vec::new(),
        without_classes: Class::NONE,
        without_commands: Vec::new(),
    };

    /// Without classes: every command, the connection and the session's end.
    pub fn everything() -> Selection {
        Selection { every: true, connect: true, classes: Class::EXIT, ..Selection::NOTHING }
    }

    /// Reads `READ,WRITE`, `ALL,!DIRS`, `AUTH|STOR`; the error is the word that means nothing. `is_command` knows the commands, in upper
    /// case.
    pub fn read(text: &str, is_command: impl Fn(&str) -> bool) -> Result<Selection, String> {
        let mut selection = Selection::NOTHING;
        for word in text.split([',', '|']) {
            selection.take(word, &is_command).ok_or_else(|| word.to_owned())?;
        }
        Ok(selection)
    }

    fn take(&mut self, word: &str, is_command: impl Fn(&str) -> bool) -> Option<()> {
        let upper = word.to_ascii_uppercase();
        let (name, is_without) = match upper.strip_prefix('!') {
            Some(name) => (name, true),
            None => (upper.as_str(), false),
        };
        let class = NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class);
        match (class, is_without) {
            (Some(class), false) => self.classes = self.classes.and(class),
            (Some(class), true) => self.without_classes = self.without_classes.and(class),
            (None, false) if name == "ALL" => self.every = true,
            (None, false) if is_command(name) => self.commands.push(name.into()),
            (None, true) if is_command(name) => self.without_commands.push(name.into()),
            (None, _) => return None,
        }
        Some(())
    }

    /// Whether a command is logged. `name` is what it was called, in upper case; of SITE's own commands `name` is `SITE` and `own` is
    /// `SITE_CHMOD` or the like.
    pub fn has(&self, name: &[u8], own: Option<&[u8]>) -> bool {
        let is_named = |names: &[Box<str>]| {
            names.iter().any(|known| known.as_bytes() == name || Some(known.as_bytes()) == own)
        };
        let classes = classes_of(name);
        let is_wanted = self.every || classes.meets(self.classes) || is_named(&self.commands);
        is_wanted && !classes.meets(self.without_classes) && !is_named(&self.without_commands)
    }

    /// Whether the session's end is logged.
    pub fn has_end(&self) -> bool {
        self.classes.meets(Class::EXIT) && !self.without_classes.meets(Class::EXIT)
    }

    /// Whether the connection is logged before anything is said.
    pub fn has_connection(&self) -> bool {
        self.connect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(text: &str) -> Selection {
        Selection::read(text, |name| ["STOR", "RETR", "SITE_CHMOD"].contains(&name)).unwrap()
    }

    #[test]
    fn classes_and_commands_are_chosen() {
        let table: [(&str, &[&str], &[&str]); 9] = [
            ("ALL", &["RETR", "XYZZY", "HASH", "PASS"], &[]),
            ("READ", &["RETR"], &["STOR", "XYZZY", "PWD"]),
            ("read|Write", &["RETR", "STOR", "MKD", "RNFR"], &["PWD", "NOOP"]),
            ("ALL,!DIRS", &["RETR", "FEAT", "RNFR", "XYZZY"], &["PWD", "MKD", "LIST", "MDTM"]),
            ("!DIRS,ALL", &["RETR"], &["PWD"]),
            ("READ,WRITE,!MISC", &["RETR", "STOR"], &["RNFR", "RNTO"]),
            ("NONE", &[], &["RETR", "NOOP"]),
            ("STOR,AUTH", &["STOR", "USER"], &["RETR", "APPE"]),
            ("ALL,!STOR", &["RETR", "APPE"], &["STOR"]),
        ];
        for (text, wanted, others) in table {
            let selection = selection(text);
            for name in wanted {
                assert!(selection.has(name.as_bytes(), None), "{text} has {name}");
            }
            for name in others {
                assert!(!selection.has(name.as_bytes(), None), "{text} has not {name}");
            }
        }
    }

    #[test]
    fn commands_of_site_have_names_of_their_own() {
        let chmod: (&[u8], Option<&[u8]>) = (b"SITE", Some(b"SITE_CHMOD"));
        assert!(selection("SITE_CHMOD").has(chmod.0, chmod.1));
        assert!(!selection("SITE_CHMOD").has(b"SITE", Some(b"SITE_HELP")));
        assert!(selection("MISC").has(chmod.0, chmod.1));
        assert!(!selection("MISC,!SITE_CHMOD").has(chmod.0, chmod.1));
    }

    #[test]
    fn the_end_of_a_session_is_no_part_of_all() {
        assert!(!selection("ALL").has_end() && selection("ALL,EXIT").has_end());
        assert!(!selection("EXIT").has(b"RETR", None));
        let everything = Selection::everything();
        assert!(everything.has_end() && everything.has_connection() && everything.has(b"XYZZY", None));
        assert!(!selection("ALL,EXIT").has_connection());
    }

    #[test]
    fn words_that_mean_nothing_are_told() {
        let read = |text| Selection::read(text, |_| false);
        assert_eq!(read("READ,WRIET").unwrap_err(), "WRIET");
        assert_eq!(read("READ,,WRITE").unwrap_err(), "");
        assert_eq!(read("!ALL").unwrap_err(), "!ALL");
    }
}
