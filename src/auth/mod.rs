//! The auth process: checks passwords, grants identities, opens the door to an account. It takes plain
//! values and never sees the configuration.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::logging::trace::Tracer;
use crate::logging::{Channel, Voice};
use crate::scoreboard::BoardFile;
use crate::sys::{GroupId, ProcessId, UserId};

mod accounts;
mod confinement;
mod door;
mod leftovers;
mod life;
mod login;
mod office;
mod policy;
mod recognition;
pub mod secret;
mod sections;
mod steward;
#[cfg(test)]
mod tests;
mod threads;
pub mod wire;

pub use accounts::in_files;
pub use accounts::known_ids::{KnownIds, known_ids};
pub use accounts::line_filter::{FilteredFile, Likeness, LineFilter};
pub use accounts::shells;
pub use accounts::syntax;
pub use life::serve;
pub use login::order;
pub use policy::{
    AnonymousPolicy, Bound, ClientTerms, Gate, Gifts, LimitPolicy, LoginRules, PamPolicy, Policy,
    ServerPolicy, Terms, Visitor,
};
pub use recognition::recognise;
pub use sections::NamedSections;
pub use steward::attendance::Books;
pub use steward::home;
pub use wire::{control, places, question};

/// What auth is forked with; everything else of the master's is closed or never used.
#[derive(Debug)]
pub struct Inheritance {
    /// This generation's users and limits.
    pub policy: Policy,
    /// The read-write descriptor of the scoreboard; mapped, then closed.
    pub board: OwnedFd,
    /// The receiving end of the workers' requests (SOCK_DGRAM, SO_PASSCRED set).
    pub requests: OwnedFd,
    /// [`control::Note`]s from the master (SOCK_SEQPACKET); its end means that the master is gone, so nobody else may hold
    /// the master's side.
    pub control: OwnedFd,
    /// For questions about limits, one SOCK_SEQPACKET end for each thread that asks; their number is the number of threads.
    pub places: Vec<OwnedFd>,
    /// Records to the recorder.
    pub recorder: Arc<Channel>,
    /// What is removed when the master died.
    pub leftovers: Leftovers,
    /// How its lines in SystemLog begin.
    pub voice: Voice,
    /// What it traces, if anything.
    pub tracer: Option<Tracer>,
}

/// Files a master that died cannot remove itself.
#[derive(Clone, Debug)]
pub struct Leftovers {
    /// The master whose files they are.
    pub master: ProcessId,
    /// PidFile, removed if it still holds that pid and nobody holds its lock (fcntl F_SETLK); None where there is none.
    pub pid_file: Option<PathBuf>,
    /// The scoreboard, removed if its path still leads to that inode; None without ScoreboardFile.
    pub scoreboard: Option<BoardFile>,
}

/// An account as a session gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its own name (after aliases).
    pub name: Vec<u8>,
    /// Never 0 (unless the daemon itself is not root, where ids mean nothing).
    pub uid: UserId,
    /// Never 0.
    pub gid: GroupId,
    /// Supplementary groups with names, for group expressions.
    pub groups: Vec<(GroupId, Vec<u8>)>,
    /// Home directory.
    pub home: PathBuf,
}

/// How long a session waits for auth before it asks once more, then says 421; and a client that has just connected, in all.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
