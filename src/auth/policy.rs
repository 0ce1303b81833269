//! What auth is told of one generation's configuration: plain values, a row for each directive that it heeds.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::home::HomePolicy;
use super::order::Ordered;
use super::places::{ConnectionRate, LimitKind, LoginLimits};
use super::wire::Denial;
use super::{Account, Books, FilteredFile, NamedSections};

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
    pub user_file: Option<FilteredFile>,
    /// AuthGroupFile.
    pub group_file: Option<FilteredFile>,
    /// AuthOrder.
    pub order: Vec<Ordered>,
    /// UserAlias: (alias, real), server level.
    pub aliases: Vec<(Vec<u8>, Vec<u8>)>,
    /// AuthAliasOnly: no other name logs in.
    pub alias_only: bool,
    /// `<Anonymous>` sections of this server.
    pub anonymous: NamedSections<AnonymousPolicy>,
    /// AuthPAM: how PAM is asked about this server's accounts; None where it is not.
    pub pam: Option<PamPolicy>,
    /// For clients that are not anonymous.
    pub terms: Terms,
    /// UserOwner and GroupOwner.
    pub gifts: Gifts,
    /// `<Limit LOGIN>`, outside `<Anonymous>`.
    pub gate: Gate,
}

/// Who comes to a gate.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// Whom the session would become; None before anybody is named.
    pub account: Option<&'a Account>,
    /// Where it comes from.
    pub peer: IpAddr,
    /// What that is called, as far as it is known.
    pub name: Option<&'a str>,
}

/// A rule of the configuration that lets accounts in or not, whatever their password.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<GateRule>>);

type GateRule = dyn Fn(Visitor<'_>) -> Option<Vec<u8>> + Send + Sync;

impl Gate {
    /// One that asks; the answer to whom it is closed is the rule's `file:line`, empty where that is not known.
    pub fn new(rule: impl Fn(Visitor<'_>) -> Option<Vec<u8>> + Send + Sync + 'static) -> Gate {
        Gate(Some(Arc::new(rule)))
    }

    /// Why somebody may not come in.
    pub fn denial(&self, visitor: Visitor<'_>) -> Option<Denial> {
        self.0.as_ref().and_then(|rule| rule(visitor)).map(Denial::Rule)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Gate(asks)" } else { "Gate(open)" })
    }
}

/// What holds for one client of a server, or of one of its anonymous sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTerms {
    /// RequireValidShell and UseFtpUsers.
    pub rules: LoginRules,
    /// WtmpLog and UseLastlog.
    pub books: Books,
    /// Limits on sessions that have logged in.
    pub limits: LimitPolicy,
    /// CreateHome.
    pub create_home: Option<HomePolicy>,
    /// MaxConnectionsPerHost.
    pub connections_per_host: Option<u32>,
}

/// What holds for the clients of a server, or of one of its anonymous sections: for most of them the same.
#[derive(Clone, Default)]
pub struct Terms {
    usual: ClientTerms,
    of_some: Option<Arc<TermsOfSome>>,
    may_make_homes: bool,
    may_keep_books: bool,
}

type TermsOf = dyn Fn(Visitor<'_>) -> ClientTerms + Send + Sync;

struct TermsOfSome(Box<TermsOf>);

impl From<ClientTerms> for Terms {
    fn from(usual: ClientTerms) -> Terms {
        let may_make_homes = usual.create_home.is_some();
        let may_keep_books = usual.books != Books::default();
        Terms { usual, of_some: None, may_make_homes, may_keep_books }
    }
}

impl Terms {
    /// The same, but for visitors of whom `of` knows better; `possible` are all that it may come to.
    pub fn with(
        self,
        possible: &[ClientTerms],
        of: impl Fn(Visitor<'_>) -> ClientTerms + Send + Sync + 'static,
    ) -> Terms {
        Terms {
            of_some: Some(Arc::new(TermsOfSome(Box::new(of)))),
            may_make_homes: self.may_make_homes || possible.iter().any(|terms| terms.create_home.is_some()),
            may_keep_books: self.may_keep_books
                || possible.iter().any(|terms| terms.books != Books::default()),
            ..self
        }
    }

    /// What holds for somebody.
    pub fn of(&self, visitor: Visitor<'_>) -> Cow<'_, ClientTerms> {
        match &self.of_some {
            None => Cow::Borrowed(&self.usual),
            Some(of_some) => Cow::Owned(of_some.0(visitor)),
        }
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.usual.fmt(f)?;
        f.write_str(if self.of_some.is_some() { ", others for some" } else { "" })
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
    /// AnonRequirePassword.
    pub require_password: bool,
    /// AuthUsingAlias: the password is that of whoever is called by the alias, not User's.
    pub authenticates_alias: bool,
    /// For its clients.
    pub terms: Terms,
    /// Its `<Limit LOGIN>`.
    pub gate: Gate,
}

/// What keeps an account out beside a wrong password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginRules {
    /// RequireValidShell: its shell stands in /etc/shells.
    pub require_valid_shell: bool,
    /// UseFtpUsers: /etc/ftpusers does not name it.
    pub use_ftp_users: bool,
    /// AllowEmptyPasswords off: who gives no password is refused, whoever it is.
    pub refuses_empty_passwords: bool,
    /// MaxPasswordSize: a longer one is nobody's; None for any length.
    pub longest_password: Option<u32>,
}

/// A limit, and the operator's own words for whom it keeps out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// None without bound.
    pub most: Option<u32>,
    /// `%m` is the number; None for the usual words.
    pub text: Option<String>,
}

/// Limits on sessions that have logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPolicy {
    /// MaxClients.
    pub clients: Bound,
    /// MaxClientsPerUser.
    pub clients_per_user: Bound,
    /// MaxClientsPerHost.
    pub clients_per_host: Bound,
    /// MaxClientsPerClass, by [`super::places::class_key`]; the first of a class holds.
    pub clients_per_class: Vec<(u64, Bound)>,
    /// MaxHostsPerUser.
    pub hosts_per_user: Bound,
}

impl LimitPolicy {
    /// What holds for a client of this class (0 for none).
    pub fn of_class(&self, class: u64) -> LoginLimits {
        LoginLimits {
            clients: self.clients.most,
            per_user: self.clients_per_user.most,
            per_host: self.clients_per_host.most,
            per_class: self.bound_of_class(class).and_then(|bound| bound.most),
            hosts_per_user: self.hosts_per_user.most,
        }
    }

    /// The operator's words for a client of this class that one of them keeps out.
    pub fn text(&self, kind: LimitKind, class: u64) -> Option<&str> {
        let bound = match kind {
            LimitKind::Clients => Some(&self.clients),
            LimitKind::ClientsPerUser => Some(&self.clients_per_user),
            LimitKind::ClientsPerHost => Some(&self.clients_per_host),
            LimitKind::HostsPerUser => Some(&self.hosts_per_user),
            LimitKind::ClientsPerClass => self.bound_of_class(class),
            // Asked about before a login or after it, and not by it.
            LimitKind::Instances | LimitKind::ConnectionRate | LimitKind::ConnectionsPerHost => None,
            LimitKind::TransfersPerHost | LimitKind::TransfersPerUser => None,
        };
        bound?.text.as_deref()
    }

    fn bound_of_class(&self, class: u64) -> Option<&Bound> {
        self.clients_per_class.iter().find(|(key, _)| *key == class).map(|(_, bound)| bound)
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
            let sections = server.anonymous.iter().map(|section| &section.terms);
            sections.chain([&server.terms]).any(|terms| terms.may_keep_books)
        };
        !self.rootless && self.servers.iter().any(books)
    }
}

impl ServerPolicy {
    /// Whether a login may have to wait for PAM, or for a home to be made.
    pub fn waits_for_steward(&self) -> bool {
        self.pam.is_some() || self.terms.may_make_homes
    }
}
