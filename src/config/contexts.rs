//! Where a directive may stand.

use std::fmt;

/// A set of contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contexts(u16);

/// Outside every section.
pub const MAIN: Contexts = Contexts(1);
/// `<VirtualHost>`.
pub const HOST: Contexts = Contexts(2);
/// `<Global>`.
pub const GLOBAL: Contexts = Contexts(4);
/// `<Anonymous>`.
pub const ANONYMOUS: Contexts = Contexts(8);
/// `<Directory>`.
pub const DIRECTORY: Contexts = Contexts(16);
/// `<Limit>`.
pub const LIMIT: Contexts = Contexts(32);

/// `<Class>`.
pub const CLASS: Contexts = Contexts(64);

/// `<IfUser>` and its like, which hold from the login on.
pub const CONDITION: Contexts = Contexts(128);

/// A folder's own file.
pub const FTPACCESS: Contexts = Contexts(256);

/// `<IfClass>`, which holds from the moment when the client's class is known.
pub const CLASS_CONDITION: Contexts = Contexts(512);

/// Whatever makes a server.
pub const SERVERS: Contexts = Contexts(1 | 2 | 4);
/// A server and `<Anonymous>`.
pub const SESSIONS: Contexts = Contexts(1 | 2 | 4 | 8);
/// `<IfUser>` and its like, and `<IfClass>`.
pub const CONDITIONS: Contexts = Contexts(128 | 512);
/// What makes a server, for some of its sessions too.
pub const SERVERS_FOR_SOME: Contexts = Contexts::of(&[SERVERS, CONDITIONS]);
/// The same for what is decided before anybody has logged in.
pub const SERVERS_FOR_CLASSES: Contexts = Contexts::of(&[SERVERS, CLASS_CONDITION]);
/// A server and `<Anonymous>`, for some of their sessions too.
pub const SESSIONS_FOR_SOME: Contexts = Contexts::of(&[SESSIONS, CONDITIONS]);
/// The same for what is decided before anybody has logged in.
pub const SESSIONS_FOR_CLASSES: Contexts = Contexts::of(&[SESSIONS, CLASS_CONDITION]);
/// A server, `<Anonymous>`, `<Directory>`, `<IfUser>` and `<IfClass>`.
pub const FILES: Contexts = Contexts::of(&[SESSIONS, DIRECTORY, CONDITIONS]);
/// What is also said in a folder's own file.
pub const FILES_AND_FTPACCESS: Contexts = Contexts::of(&[FILES, FTPACCESS]);
/// Everywhere but in `<Class>`, which is no scope, and in `.ftpaccess`, which clients may write.
pub const ANYWHERE: Contexts = Contexts(63 | 128 | 512);

const NAMES: &[(Contexts, &str)] = &[
    (MAIN, "server config"),
    (HOST, "<VirtualHost>"),
    (GLOBAL, "<Global>"),
    (ANONYMOUS, "<Anonymous>"),
    (DIRECTORY, "<Directory>"),
    (LIMIT, "<Limit>"),
    (CLASS, "<Class>"),
    (CONDITION, "<IfUser>"),
    (CLASS_CONDITION, "<IfClass>"),
    (FTPACCESS, ".ftpaccess"),
];

impl Contexts {
    /// All of these.
    pub const fn of(sets: &[Contexts]) -> Contexts {
        let mut all = 0;
        let mut next = 0;
        while next < sets.len() {
            all |= sets[next].0;
            next += 1;
        }
        Contexts(all)
    }

    /// Whether all of `other` is in this set.
    pub fn has(self, other: Contexts) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for Contexts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == ANYWHERE {
            return out.write_str("anywhere");
        }
        let names: Vec<&str> =
            NAMES.iter().filter(|(one, _)| self.has(*one)).map(|(_, name)| *name).collect();
        out.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_told_by_name() {
        assert_eq!(Contexts::of(&[MAIN, DIRECTORY]).to_string(), "server config, <Directory>");
        assert_eq!(ANYWHERE.to_string(), "anywhere");
        assert!(FILES.has(ANONYMOUS) && !SERVERS.has(LIMIT) && !ANYWHERE.has(FTPACCESS));
        assert_eq!(FILES_AND_FTPACCESS, Contexts::of(&[FILES, FTPACCESS]));
    }
}
