//! What holds for one virtual host, and for its anonymous sections.

use std::net::SocketAddr;
use std::path::PathBuf;

use slog::Level;

use super::super::globs::Glob;
use super::{DirectoryRules, LogTarget, Proxies, Sessions};
use crate::auth::order::Ordered;
use crate::auth::{FilteredFile, NamedSections};
use crate::logging::trace::TraceOptions;
use crate::logging::{Links, LogOptions};
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
    /// ServerLog; None where its sessions write to SystemLog.
    pub server_log: Option<LogTarget>,
    /// SyslogLevel: the least grave line that is written.
    pub least_level: Level,
    /// LogOptions.
    pub log_options: LogOptions,
    /// TraceOptions.
    pub trace_options: TraceOptions,
    /// AllowLogSymlinks.
    pub log_links: Links,
    /// ServerAlias.
    pub aliases: Vec<Glob>,
    /// ShutdownWarnings: sessions are told of a disconnection before it comes.
    pub shutdown_warnings: bool,
    /// ProxyProtocolEngine; None where clients come by themselves.
    pub proxies: Option<Proxies>,
    /// SocketOptions.
    pub sockets: Tuning,
    /// AuthUserFile.
    pub auth_user_file: Option<FilteredFile>,
    /// AuthGroupFile.
    pub auth_group_file: Option<FilteredFile>,
    /// AuthOrder, as far as the modules are ours.
    pub auth_order: Vec<Ordered>,
    /// UseLastlog.
    pub use_lastlog: bool,
    /// AuthPAM, AuthPAMConfig, AuthPAMOptions; None where PAM is off.
    pub pam: Option<Pam>,
    /// AuthAliasOnly, here or in one of the `<Anonymous>` sections: who is no alias is nobody.
    pub alias_only: bool,
    /// UserAlias: (alias, real).
    pub user_aliases: Vec<(String, String)>,
    /// Those that are not anonymous.
    pub sessions: Sessions,
    /// `<Limit LOGIN>` and all that holds by folder, outside `<Anonymous>`.
    pub directories: DirectoryRules,
    /// `<Anonymous>` sections.
    pub anonymous: NamedSections<Anonymous>,
}

impl Server {
    /// Its own users' sessions, and those of its `<Anonymous>` sections.
    pub fn all_sessions(&self) -> impl Iterator<Item = &Sessions> {
        let anonymous = self.anonymous.iter().map(|section| &section.sessions);
        std::iter::once(&self.sessions).chain(anonymous)
    }

    /// The same, to be changed.
    pub fn all_sessions_mut(&mut self) -> impl Iterator<Item = &mut Sessions> {
        let anonymous = self.anonymous.iter_mut().map(|section| &mut section.sessions);
        std::iter::once(&mut self.sessions).chain(anonymous)
    }

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
    /// AnonAllowRobots: robots.txt is not made up where there is none.
    pub allows_robots: bool,
    /// AnonRejectPasswords.
    pub reject_passwords: Option<RejectedPasswords>,
    /// Its own.
    pub sessions: Sessions,
    /// What holds by folder.
    pub directories: DirectoryRules,
}

impl Anonymous {
    /// The names that log in here.
    pub fn names(&self) -> Vec<Vec<u8>> {
        let names = self.aliases.iter().chain((!self.alias_only).then_some(&self.user));
        names.map(|name| name.as_bytes().to_vec()).collect()
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
