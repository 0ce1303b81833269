//! What holds for one virtual host, and for its anonymous sections.

use std::net::SocketAddr;
use std::path::PathBuf;

use slog::Level;

use super::{
    CommandRate, DirectoryRules, LimitText, LogTarget, Proxies, ResourceLimits, SessionRules, Speech,
};
use crate::auth::LoginRules;
use crate::auth::home::HomePolicy;
use crate::auth::order::Ordered;
use crate::config::facts::FactRules;
use crate::config::masquerade::Masquerade;
use crate::logging::{Links, LogOptions};
use crate::protocol::Offer;
use crate::sys::socket::Tuning;

/// One virtual host (the main server is the first).
#[derive(Debug)]
pub struct Server {
    /// ServerName.
    pub name: String,
    /// ServerAdmin; None is root at the address that the client reached.
    pub admin: Option<String>,
    /// Where clients reach it; port 0 has no listener.
    pub listen: Vec<SocketAddr>,
    /// DefaultServer.
    pub is_default: bool,
    /// SetEnv, UnsetEnv: names with their values, the later ones holding.
    pub environment: Vec<(String, Option<String>)>,
    /// ServerIdent.
    pub ident: Ident,
    /// DeferWelcome.
    pub defer_welcome: bool,
    /// MaxLoginAttempts; None without bound.
    pub max_login_attempts: Option<u32>,
    /// MaxConnectionsPerHost.
    pub max_connections_per_host: LimitText,
    /// MaxCommandRate.
    pub command_rate: Option<CommandRate>,
    /// RLimitCPU, RLimitMemory, RLimitOpenFiles.
    pub resources: ResourceLimits,
    /// TransferLog.
    pub transfer_log: LogTarget,
    /// ServerLog; None where its sessions write to SystemLog.
    pub server_log: Option<LogTarget>,
    /// SyslogLevel: the least grave line that is written.
    pub least_level: Level,
    /// LogOptions.
    pub log_options: LogOptions,
    /// AllowLogSymlinks.
    pub log_links: Links,
    /// PassivePorts.
    pub passive_ports: Option<(u16, u16)>,
    /// MasqueradeAddress, when it is an address.
    pub masquerade: Option<Masquerade>,
    /// ServerAlias.
    pub aliases: Vec<globset::GlobMatcher>,
    /// LangEngine, CopyEngine, SiteMiscEngine.
    pub offer: Offer,
    /// UseEncoding, LangOptions.
    pub speech: Speech,
    /// ShutdownWarnings: sessions are told of a disconnection before it comes.
    pub shutdown_warnings: bool,
    /// ProxyProtocolEngine; None where clients come by themselves.
    pub proxies: Option<Proxies>,
    /// SocketOptions.
    pub sockets: Tuning,
    /// CommandBufferSize: longest command line in bytes; 512 by default.
    pub command_buffer: usize,
    /// AuthUserFile.
    pub auth_user_file: Option<PathBuf>,
    /// AuthGroupFile.
    pub auth_group_file: Option<PathBuf>,
    /// AuthOrder, as far as the modules are ours.
    pub auth_order: Vec<Ordered>,
    /// UseLastlog.
    pub use_lastlog: bool,
    /// AuthPAM, AuthPAMConfig, AuthPAMOptions; None where PAM is off.
    pub pam: Option<Pam>,
    /// AuthAliasOnly, here or in one of the `<Anonymous>` sections: who is no alias is nobody.
    pub alias_only: bool,
    /// What keeps accounts out that are not anonymous.
    pub login_rules: LoginRules,
    /// UserAlias: (alias, real).
    pub user_aliases: Vec<(String, String)>,
    /// AllowChrootSymlinks.
    pub root_links: bool,
    /// CreateHome.
    pub create_home: Option<HomePolicy>,
    /// FactsAdvertise, FactsDefault, FactsOptions.
    pub facts: FactRules,
    /// For sessions that are not anonymous.
    pub session: SessionRules,
    /// `<Limit LOGIN>` and all that holds by folder, outside `<Anonymous>`.
    pub directories: DirectoryRules,
    /// `<Anonymous>` sections.
    pub anonymous: Vec<Anonymous>,
}

impl Server {
    /// What SetEnv says of a variable.
    pub fn variable(&self, name: &[u8]) -> Option<&str> {
        let said = self.environment.iter().rev().find(|(known, _)| known.as_bytes() == name);
        said.and_then(|(_, value)| value.as_deref())
    }
}

/// How PAM is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pam {
    /// AuthPAMConfig.
    pub service: String,
    /// Not AuthPAMOptions NoTTY.
    pub with_terminal: bool,
}

/// The 220 greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ident {
    /// `on`: the standard text.
    Standard,
    /// `off`: the address alone.
    Address,
    /// `on "text"`, variables not yet replaced.
    Text(String),
}

/// One `<Anonymous>`.
#[derive(Debug)]
pub struct Anonymous {
    /// Its root, absolute (`~user` resolved at load).
    pub root: PathBuf,
    /// Its User.
    pub user: String,
    /// Its Group.
    pub group: Option<String>,
    /// UserAlias lines within it: names that log in here besides `user`.
    pub aliases: Vec<String>,
    /// AnonRequirePassword.
    pub require_password: bool,
    /// AuthUsingAlias.
    pub authenticates_alias: bool,
    /// AuthAliasOnly: `user` itself is no name to log in with.
    pub alias_only: bool,
    /// What keeps its User out.
    pub login_rules: LoginRules,
    /// AnonRejectPasswords.
    pub reject_passwords: Option<RejectedPasswords>,
    /// TransferLog, here or around it.
    pub transfer_log: LogTarget,
    /// What holds for its sessions.
    pub session: SessionRules,
    /// What holds by folder.
    pub directories: DirectoryRules,
}

impl Anonymous {
    /// The names that log in here.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.aliases.iter().chain((!self.alias_only).then_some(&self.user))
    }
}

/// Which passwords keep an anonymous client out.
#[derive(Clone, Debug)]
pub struct RejectedPasswords {
    /// What is looked for in them.
    pub pattern: regex::bytes::Regex,
    /// `!`: those in which it is not found.
    pub unless_found: bool,
}

impl RejectedPasswords {
    /// Whether this one is among them.
    pub fn has(&self, password: &[u8]) -> bool {
        self.pattern.is_match(password) != self.unless_found
    }
}
