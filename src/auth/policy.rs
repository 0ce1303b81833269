//! What auth is told of one generation's configuration: plain values, a row for each directive that it heeds.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::home::HomePolicy;
use super::order::Ordered;
use super::places::{ConnectionRate, LoginLimits};
use super::{Account, Books};

/// Everything auth needs to know of one generation's configuration; plain values.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// In the order of the configuration's servers; a request names one by its index.
    pub servers: Vec<ServerPolicy>,
    /// UseReverseDNS.
    pub use_reverse_dns: bool,
    /// MaxConnectionRate.
    pub connection_rate: Option<ConnectionRate>,
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
    /// MaxConnectionsPerHost.
    pub connections_per_host: Option<u32>,
    /// Limits on logged-in sessions, with the configured refusal texts kept on the worker's side.
    pub limits: LimitPolicy,
    /// CreateHome.
    pub create_home: Option<HomePolicy>,
    /// UserOwner and GroupOwner.
    pub gifts: Gifts,
    /// `<Limit LOGIN>`, outside `<Anonymous>`.
    pub gate: Gate,
}

/// Who comes to a gate.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// Whom the session would become.
    pub account: &'a Account,
    /// Where it comes from.
    pub peer: IpAddr,
    /// What that is called, as far as it is known.
    pub name: Option<&'a str>,
}

/// A rule of the configuration that lets accounts in or not, whatever their password.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<GateRule>>);

type GateRule = dyn Fn(Visitor<'_>) -> bool + Send + Sync;

impl Gate {
    /// One that asks.
    pub fn new(rule: impl Fn(Visitor<'_>) -> bool + Send + Sync + 'static) -> Gate {
        Gate(Some(Arc::new(rule)))
    }

    /// Whether somebody may come in.
    pub fn is_open_to(&self, visitor: Visitor<'_>) -> bool {
        self.0.as_ref().is_none_or(|rule| rule(visitor))
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Gate(asks)" } else { "Gate(open)" })
    }
}

/// To whom files may be given away, anywhere in a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gifts {
    /// UserOwner's names.
    pub users: BTreeSet<Vec<u8>>,
    /// GroupOwner's.
    pub groups: BTreeSet<Vec<u8>>,
}

/// How PAM is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamPolicy {
    /// AuthPAMConfig.
    pub service: String,
    /// Not AuthPAMOptions NoTTY: modules are told a terminal that names the worker.
    pub with_terminal: bool,
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
    /// Its `<Limit LOGIN>`.
    pub gate: Gate,
}

/// What keeps an account out, whatever its password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginRules {
    /// RequireValidShell: its shell stands in /etc/shells.
    pub require_valid_shell: bool,
    /// UseFtpUsers: /etc/ftpusers does not name it.
    pub use_ftp_users: bool,
}

/// Limits on logged-in sessions; None = no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPolicy {
    /// MaxClients.
    pub clients: Option<u32>,
    /// MaxClientsPerUser.
    pub clients_per_user: Option<u32>,
    /// MaxClientsPerHost.
    pub clients_per_host: Option<u32>,
    /// MaxClientsPerClass, by [`super::places::class_key`]; the first of a class holds.
    pub clients_per_class: Vec<(u64, u32)>,
    /// MaxHostsPerUser.
    pub hosts_per_user: Option<u32>,
}

impl LimitPolicy {
    /// What holds for a client of this class (0 for none).
    pub fn of_class(&self, class: u64) -> LoginLimits {
        let per_class = self.clients_per_class.iter().find(|(key, _)| *key == class);
        LoginLimits {
            clients: self.clients,
            per_user: self.clients_per_user,
            per_host: self.clients_per_host,
            per_class: per_class.map(|(_, most)| *most),
            hosts_per_user: self.hosts_per_user,
        }
    }
}

impl Policy {
    /// Whether files are given to others anywhere; without root they cannot be.
    pub fn gives_files(&self) -> bool {
        !self.rootless && self.servers.iter().any(|server| !server.gifts.users.is_empty())
    }

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
