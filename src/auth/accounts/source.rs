//! Where accounts come from. Each source answers the same questions; login asks them in AuthOrder's order.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::auth::Account;
use crate::sys::{GroupId, UserId};

/// A place that knows accounts.
pub trait Source: Send + Sync {
    /// The account of that name, whoever asks; no judgement of the password. Its groups are not looked up yet.
    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError>;

    /// The groups of an account that was found here, its primary one among them, never root's.
    fn memberships(&self, account: &Account) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError>;

    /// The group of that name.
    fn group_id(&self, name: &[u8]) -> Result<Option<GroupId>, SourceError>;

    /// A hash like those this source holds: what a guess at a name that nobody has is compared with, so that it takes as
    /// long as a guess at one that somebody has.
    fn sample_hash(&self) -> Option<Vec<u8>>;

    /// What this source calls a uid.
    fn user_name(&self, uid: UserId) -> Option<Vec<u8>>;

    /// What this source calls a gid.
    fn group_name(&self, gid: GroupId) -> Result<Option<Vec<u8>>, SourceError>;
}

/// An account that would be granted if the proof is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Whom the session would become.
    pub account: Account,
    /// The login shell, for RequireValidShell.
    pub shell: Vec<u8>,
    /// What the password is checked against.
    pub proof: Proof,
    /// Why the account is closed, whatever the password.
    pub lapse: Option<Lapse>,
}

/// How a password proves itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It hashes to this, by crypt(3).
    Hash(Vec<u8>),
    /// By nothing that this source knows of.
    Nothing,
}

/// Why an account is closed (shadow(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// Its last day has come.
    Expiration,
    /// Its password had to be changed, and was not in the time left for that.
    Inactivity,
}

/// Why a source cannot answer: the client hears 421, the operator this.
#[derive(Debug)]
pub enum SourceError {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// The host's name service failed.
    NameService(io::Error),
    /// PAM has the last word, and cannot say it.
    Pam,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::File(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            SourceError::NameService(error) => write!(f, "the host's name service failed: {error}"),
            SourceError::Pam => f.write_str("PAM has the last word in AuthOrder, and gave none"),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SourceError::File(_, error) | SourceError::NameService(error) => Some(error),
            SourceError::Pam => None,
        }
    }
}
