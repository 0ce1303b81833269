//! The auth process: checks passwords, grants identities, opens the door to an account. It takes plain
//! values and never sees the configuration.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::login::order::Ordered;
use crate::logging::Channel;
use crate::scoreboard::BoardFile;
use crate::sys::{GroupId, ProcessId, UserId};

mod accounts;
mod confinement;
mod door;
mod leftovers;
mod life;
mod login;
mod office;
pub mod secret;
mod steward;
#[cfg(test)]
mod tests;
mod threads;
pub mod wire;

pub use accounts::known_ids::{KnownIds, known_ids};
pub use accounts::shells;
pub use life::serve;
pub use login::order;
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
    /// The main server's ServerName, for lines in SystemLog.
    pub origin: String,
}

/// Files a master that died cannot remove itself.
#[derive(Clone, Debug)]
pub struct Leftovers {
    /// The master whose files they are.
    pub master: ProcessId,
    /// PidFile, removed if it still holds that pid and nobody holds its lock (fcntl F_SETLK).
    pub pid_file: PathBuf,
    /// The scoreboard, removed if its path still leads to that inode; None without ScoreboardFile.
    pub scoreboard: Option<BoardFile>,
}

/// Everything auth needs to know of one generation's configuration; plain values.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// In the order of the configuration's servers; a request names one by its index.
    pub servers: Vec<ServerPolicy>,
    /// UseReverseDNS.
    pub use_reverse_dns: bool,
    /// The daemon runs without root: every session is the caller, ids in password files are ignored.
    pub rootless: bool,
}

/// One virtual host's users.
#[derive(Clone, Debug, Default)]
pub struct ServerPolicy {
    /// AuthUserFile.
    pub user_file: Option<PathBuf>,
    /// AuthGroupFile.
    pub group_file: Option<PathBuf>,
    /// AuthOrder.
    pub order: Vec<Ordered>,
    /// UserAlias: (alias, real), server level.
    pub aliases: Vec<(Vec<u8>, Vec<u8>)>,
    /// AuthAliasOnly: no other name logs in.
    pub alias_only: bool,
    /// For accounts that are not anonymous.
    pub rules: LoginRules,
    /// `<Anonymous>` sections of this server.
    pub anonymous: Vec<AnonymousPolicy>,
    /// AuthPAM: how PAM is asked about this server's accounts; None where it is not.
    pub pam: Option<PamPolicy>,
    /// WtmpLog and UseLastlog.
    pub books: Books,
    /// Limits on logged-in sessions, with the configured refusal texts kept on the worker's side.
    pub limits: LimitPolicy,
    /// CreateHome.
    pub create_home: Option<home::HomePolicy>,
}

/// How PAM is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamPolicy {
    /// AuthPAMConfig.
    pub service: String,
    /// Not AuthPAMOptions NoTTY: modules are told a terminal that names the worker.
    pub with_terminal: bool,
}

impl Policy {
    /// Whether there is work for a steward.
    pub fn needs_steward(&self) -> bool {
        self.waits_for_steward() || self.keeps_books()
    }

    /// Whether a login may have to wait for it.
    pub fn waits_for_steward(&self) -> bool {
        self.servers.iter().any(ServerPolicy::waits_for_steward)
    }

    /// Whether logins are noted in wtmp or lastlog anywhere; without root they cannot be.
    pub fn keeps_books(&self) -> bool {
        let books = |server: &ServerPolicy| {
            let sections = server.anonymous.iter().map(|section| section.books);
            sections.chain([server.books]).any(|books| books != Books::default())
        };
        !self.rootless && self.servers.iter().any(books)
    }
}

impl ServerPolicy {
    /// Whether a login may have to wait for PAM, or for a home to be made.
    pub fn waits_for_steward(&self) -> bool {
        self.pam.is_some() || self.create_home.is_some()
    }
}

/// One `<Anonymous>`.
#[derive(Clone, Debug, Default)]
pub struct AnonymousPolicy {
    /// Its User: the account whose identity its sessions take (looked up on the host).
    pub user: Vec<u8>,
    /// Its Group, if another than the account's.
    pub group: Option<Vec<u8>>,
    /// UserAlias lines inside it, and the name itself unless AuthAliasOnly keeps it out.
    pub names: Vec<Vec<u8>>,
    /// AnonRequirePassword.
    pub require_password: bool,
    /// AuthUsingAlias: the password is that of whoever is called by the alias, not User's.
    pub authenticates_alias: bool,
    /// For its User.
    pub rules: LoginRules,
    /// WtmpLog in it; UseLastlog of the server.
    pub books: Books,
    /// Its own limits.
    pub limits: LimitPolicy,
}

/// What keeps an account out, whatever its password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginRules {
    /// RequireValidShell: its shell stands in /etc/shells.
    pub require_valid_shell: bool,
    /// UseFtpUsers: /etc/ftpusers does not name it.
    pub use_ftp_users: bool,
}

/// None = no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPolicy {
    /// MaxClients.
    pub clients: Option<u32>,
    /// MaxClientsPerUser.
    pub clients_per_user: Option<u32>,
    /// MaxClientsPerHost.
    pub clients_per_host: Option<u32>,
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

/// How long a worker waits for auth before it asks once more, then says 421.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
