//! What workers ask of auth and what it answers, as bounded datagrams. A request travels with a reply
//! descriptor (SCM_RIGHTS) and the kernel's word for the sender's pid (SO_PASSCRED).
//!
//! CONTRACT (encoding to come; fuzzed).

use std::net::IpAddr;

use super::Account;
use crate::sys::{GroupId, UserId};

/// Most bytes of a request or an answer.
pub const RECORD_MAX: usize = 16 * 1024;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// At accept, when [`crate::scoreboard::WorkerBoard::may_serve`] says no: one of MaxInstances.
    Instance,
    /// USER and PASS. Every login is answered with Granted or Denied.
    Login {
        /// Index of the virtual host in [`super::Policy::servers`].
        server: u16,
        /// Where the client comes from (fair queueing, MaxClientsPerHost).
        peer: IpAddr,
        /// As given with USER.
        name: Vec<u8>,
        /// As given with PASS; wiped after use.
        password: Vec<u8>,
    },
    /// Names of ids, for listings of confined sessions.
    Names {
        /// Users asked for.
        users: Vec<UserId>,
        /// Groups asked for.
        groups: Vec<GroupId>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The instance is granted.
    Serve,
    /// MaxInstances is reached (this is its number).
    Full(u32),
    /// The grant stands: the worker may now take this identity.
    Granted {
        /// Whom the session becomes.
        account: Account,
        /// Index of the `<Anonymous>` section, for an anonymous session.
        anonymous: Option<u16>,
    },
    /// No.
    Denied(Denial),
    /// Names in the order asked; empty where unknown.
    Names {
        /// Of users.
        users: Vec<Vec<u8>>,
        /// Of groups.
        groups: Vec<Vec<u8>>,
    },
    /// Auth cannot answer now (too many questions, the source failed): 421.
    TryAgain,
}

/// Why a login was refused. The client hears the same for the first group; the log hears the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// `no such user found`.
    NoSuchUser,
    /// `Incorrect password`.
    WrongPassword,
    /// uid 0 or gid 0.
    Root,
    /// RequireValidShell.
    Shell,
    /// The account has expired or is locked.
    Expired,
    /// MaxClients.
    MaxClients(u32),
    /// MaxClientsPerUser.
    MaxClientsPerUser(u32),
    /// MaxClientsPerHost.
    MaxClientsPerHost(u32),
}
