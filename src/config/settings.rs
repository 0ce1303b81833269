//! What a configuration comes to mean: typed, inherited (Global, server, Anonymous, Directory, Limit), compiled. Made once, in the
//! master; the nursery leaks it, so that workers hold `&'static Settings` and touch no reference count.
//!
//! `config` fills it; master, nursery and worker read it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use super::facts::FactRules;
pub use super::masquerade::Masquerade;
use crate::auth::LoginRules;
use crate::auth::home::HomePolicy;
use crate::auth::order::Ordered;
use crate::sys::{GroupId, UserId};

/// A whole configuration.
#[derive(Debug)]
pub struct Settings {
    /// The main configuration file, absolute.
    pub file: PathBuf,
    /// What holds for the whole daemon.
    pub daemon: Daemon,
    /// The main server first, then the virtual hosts in the order written.
    pub servers: Vec<Server>,
}

/// What holds for the whole daemon.
#[derive(Debug)]
pub struct Daemon {
    /// User, Group: whom workers are before login. `User root` or none becomes nobody, with a warning.
    pub uid: UserId,
    /// See `uid`.
    pub gid: GroupId,
    /// The User's name, for messages.
    pub user: String,
    /// PidFile.
    pub pid_file: PathBuf,
    /// ScoreboardFile; None with `none`/`off` (a private board is used).
    pub scoreboard_file: Option<PathBuf>,
    /// ShutdownMessageFile, `/etc/shutmsg` by default.
    pub shutdown_file: PathBuf,
    /// MaxInstances.
    pub max_instances: Option<u32>,
    /// MaxInstancesReply: whether 421 is said at the limit.
    pub max_instances_reply: bool,
    /// StartWorkers.
    pub start_workers: u32,
    /// MinSpareWorkers.
    pub min_spare: u32,
    /// MaxSpareWorkers.
    pub max_spare: u32,
    /// ShutdownTimeout: what sessions get between TERM's 421 and SIGKILL.
    pub shutdown_timeout: Duration,
    /// DrainTimeout: how long QUIT waits for sessions; None waits for ever.
    pub drain_timeout: Option<Duration>,
    /// TCPBackLog; the system's most by default.
    pub backlog: i32,
    /// SystemLog.
    pub system_log: LogTarget,
    /// MultilineRFC2228.
    pub multiline_rfc2228: bool,
    /// UseReverseDNS.
    pub use_reverse_dns: bool,
    /// DynMasqRefresh: how long the addresses of MasqueradeAddress hold; None until the next HUP.
    pub masquerade_refresh: Option<Duration>,
    /// TimesGMT: listings and logs in UTC.
    pub times_gmt: bool,
    /// RequireIdentityDoor: refuse to start where seccomp user notification cannot be had.
    pub require_identity_door: bool,
    /// RuntimeDirectory: folders made at start, before anything else; `true` for those that belong to User.
    pub runtime_directories: Vec<(PathBuf, bool)>,
    /// StartMessage: lines shown on a terminal with -n.
    pub start_messages: Vec<String>,
    /// All listening addresses, of all servers, without repeats.
    pub listen: Vec<SocketAddr>,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogTarget {
    /// `none`.
    None,
    /// stderr (with -n and without -q).
    Stderr,
    /// syslog(3), through /dev/log.
    Syslog,
    /// A file, absolute.
    File(PathBuf),
}

/// One virtual host (the main server is the first).
#[derive(Debug)]
pub struct Server {
    /// ServerName.
    pub name: String,
    /// ServerAdmin.
    pub admin: String,
    /// Where clients reach it; port 0 has no listener.
    pub listen: Vec<SocketAddr>,
    /// DefaultServer.
    pub is_default: bool,
    /// ServerIdent.
    pub ident: Ident,
    /// DeferWelcome.
    pub defer_welcome: bool,
    /// MaxLoginAttempts; None without bound.
    pub max_login_attempts: Option<u32>,
    /// TransferLog.
    pub transfer_log: LogTarget,
    /// PassivePorts.
    pub passive_ports: Option<(u16, u16)>,
    /// MasqueradeAddress, when it is an address.
    pub masquerade: Option<Masquerade>,
    /// AllowForeignAddress.
    pub allow_foreign_address: bool,
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

/// What holds for a session from its login on, the same in every folder.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// DefaultRoot lines in order: path (`~` is the home) and group expression; the first that matches holds.
    pub default_root: Vec<PathFor>,
    /// DefaultChdir lines.
    pub default_chdir: Vec<PathFor>,
    /// MaxClients.
    pub max_clients: LimitText,
    /// MaxClientsPerUser.
    pub max_clients_per_user: LimitText,
    /// MaxClientsPerHost.
    pub max_clients_per_host: LimitText,
    /// AccessGrantMsg.
    pub access_grant_message: Option<String>,
    /// WtmpLog.
    pub wtmp_log: bool,
    /// TimeoutLogin; None is off. So for all.
    pub timeout_login: Option<Duration>,
    /// TimeoutIdle.
    pub timeout_idle: Option<Duration>,
    /// TimeoutNoTransfer.
    pub timeout_no_transfer: Option<Duration>,
    /// TimeoutStalled.
    pub timeout_stalled: Option<Duration>,
    /// TimeoutSession.
    pub timeout_session: Option<Duration>,
    /// ListOptions, as given.
    pub list_options: String,
    /// DisplayLogin (relative names are the root's).
    pub display_login: Option<PathBuf>,
    /// DisplayConnect (server only).
    pub display_connect: Option<PathBuf>,
    /// DisplayQuit.
    pub display_quit: Option<PathBuf>,
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

/// A path for some users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFor {
    /// Absolute, or `~` or `~/sub` for the home; `%u` is the account's name.
    pub path: String,
    /// Groups that must all hold (`!name` must not); empty for everybody.
    pub groups: Vec<String>,
}

/// A limit with the words for whom it refuses (`%m` is the number).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitText {
    /// None = no limit.
    pub most: Option<u32>,
    /// Words of the 530; None for the standard ones.
    pub text: Option<String>,
}

/// What holds by folder: the scope itself and its `<Directory>` sections. Which of them meet in a path is known only when the path
/// and the session's home are, so [`DirectoryRules::rules_for`] merges them then, without copying a pattern.
#[derive(Debug)]
pub struct DirectoryRules {
    /// Outside every `<Directory>`.
    pub base: ScopeRules,
    /// `<Directory>` sections and the way to them.
    pub sections: crate::config::directories::Sections,
}

/// What one scope says of its files; None where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct ScopeRules {
    /// Umask: for files and for folders.
    pub umask: Option<(u32, u32)>,
    /// AllowOverwrite.
    pub allow_overwrite: Option<bool>,
    /// AllowStoreRestart.
    pub allow_store_restart: Option<bool>,
    /// AllowRetrieveRestart.
    pub allow_retrieve_restart: Option<bool>,
    /// ShowSymlinks.
    pub show_symlinks: Option<bool>,
    /// StoreUniquePrefix.
    pub unique_prefix: Option<String>,
    /// DenyFilter, AllowFilter: on a command's argument.
    pub deny_filter: Option<Filter>,
    /// See `deny_filter`.
    pub allow_filter: Option<Filter>,
    /// PathDenyFilter, PathAllowFilter: on names being made.
    pub path_deny_filter: Option<Filter>,
    /// See `path_deny_filter`.
    pub path_allow_filter: Option<Filter>,
    /// `<Limit>` sections, the nearest scope first.
    pub limits: Vec<Limit>,
}

/// A filter directive: `none` ends what an outer scope began.
#[derive(Clone, Debug)]
pub enum Filter {
    /// `none`.
    None,
    /// What names are held against.
    Pattern(regex::bytes::Regex),
}

/// What holds for one path.
#[derive(Clone, Debug)]
pub struct PathRules<'a> {
    /// Umask for files.
    pub umask_file: u32,
    /// Umask for folders.
    pub umask_directory: u32,
    /// AllowOverwrite.
    pub allow_overwrite: bool,
    /// AllowStoreRestart.
    pub allow_store_restart: bool,
    /// AllowRetrieveRestart.
    pub allow_retrieve_restart: bool,
    /// ShowSymlinks.
    pub show_symlinks: bool,
    /// StoreUniquePrefix: how STOU's names begin.
    pub unique_prefix: &'a str,
    /// DenyFilter: a command whose argument matches is refused.
    pub deny_filter: Option<&'a regex::bytes::Regex>,
    /// AllowFilter: a command whose argument does not match is refused.
    pub allow_filter: Option<&'a regex::bytes::Regex>,
    /// PathDenyFilter: a name that matches is not made.
    pub path_deny_filter: Option<&'a regex::bytes::Regex>,
    /// PathAllowFilter: a name that does not match is not made.
    pub path_allow_filter: Option<&'a regex::bytes::Regex>,
    /// `<Limit>` sections, the nearest scope first.
    pub limits: Vec<&'a Limit>,
}

/// One `<Limit>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Commands and groups, upper case: `STOR`, `READ`, `WRITE`, `DIRS`, `ALL`, `LOGIN`.
    pub commands: Vec<String>,
    /// What it says: AllowAll (true), DenyAll (false); None where it says nothing.
    pub allow: Option<bool>,
}
