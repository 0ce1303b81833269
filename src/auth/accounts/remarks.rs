//! What auth tells the operator about single accounts: closed ones each time, as ProFTPD does, oddities once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use slog::{Logger, warn};

use super::source::Lapse;

/// Most accounts whose oddities are told in one generation; a client cannot make names up here, for only accounts that exist are odd.
const ODDITIES_MOST: usize = 10_000;

/// To SystemLog.
pub struct Remarks {
    log: Logger,
    told: Mutex<HashSet<(Vec<u8>, String)>>,
}

impl Remarks {
    /// Nothing is told yet.
    pub fn new(log: Logger) -> Remarks {
        Remarks { log, told: Mutex::default() }
    }

    /// The right password came too late.
    pub fn closed(&self, name: &[u8], lapse: Lapse) {
        let why = match lapse {
            Lapse::Expiration => "password expiration",
            Lapse::Inactivity => "inactivity",
        };
        warn!(self.log, "account for user '{}' disabled due to {why}", String::from_utf8_lossy(name));
    }

    /// crypt(3) of this host does not know what the account's password was hashed with.
    pub fn unknown_hash(&self, name: &[u8], hash: &[u8]) {
        let kind = kind(hash);
        if self.is_news(name, &kind) {
            let name = String::from_utf8_lossy(name);
            warn!(
                self.log,
                "USER {name}: this host's crypt(3) knows no hash of the kind {kind}; no password lets in"
            );
        }
    }

    /// More groups than a session can take.
    pub fn groups_left_out(&self, name: &[u8], all: usize, taken: usize) {
        if self.is_news(name, "groups") {
            let name = String::from_utf8_lossy(name);
            warn!(self.log, "USER {name}: is in {all} groups; sessions have the first {taken}");
        }
    }

    fn is_news(&self, name: &[u8], what: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < ODDITIES_MOST && told.insert((name.to_vec(), what.to_owned()))
    }
}

/// What crypt(5) calls the prefix: `$y$`; nothing of the hash itself.
fn kind(hash: &[u8]) -> String {
    const ID_LONGEST: usize = 16;
    let id = hash.strip_prefix(b"$").and_then(|rest| rest.split(|byte| *byte == b'$').next());
    match id.filter(|id| id.len() <= ID_LONGEST && id.len() + 2 <= hash.len()) {
        Some(id) => format!("'${}$'", id.escape_ascii()),
        None => "without a prefix".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_and_nothing_of_the_hash() {
        let table: [(&[u8], &str); 5] = [
            (b"$y$j9T$salt$hash", "'$y$'"),
            (b"$2b$05$salt", "'$2b$'"),
            (b"abSECRETHASH.", "without a prefix"),
            (b"$", "without a prefix"),
            (b"$SECRETHASH", "without a prefix"),
        ];
        for (hash, expected) in table {
            assert_eq!(kind(hash), expected, "{}", hash.escape_ascii());
        }
    }

    #[test]
    fn oddities_are_news_once() {
        let remarks = Remarks::new(Logger::root(slog::Discard, slog::o!()));
        assert!(remarks.is_news(b"demo", "groups"));
        assert!(!remarks.is_news(b"demo", "groups"));
        assert!(remarks.is_news(b"other", "groups"));
    }
}
