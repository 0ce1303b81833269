//! What each scope says, before inheritance: every value may be missing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::classes::{ClassDraft, Classes};
use super::conditions::ConditionDraft;
use super::defaults;
use super::globs::Glob;
use super::lines::Word;
use super::listings::ListStyle;
use super::proxies::ProxiesDraft;
use super::settings::{
    AccessRules, AliasFor, CommandRate, Delays, DisplayFile, ExtendedTarget, ForeignAddresses, Ident,
    LimitText, LogTarget, ProcessTitles, Readme, RejectedPasswords, ResourceLimits, ScopeRules, ServerType,
    Speech, Written,
};
use crate::auth::home::HomePolicy;
use crate::auth::order::Ordered;
use crate::auth::places::ConnectionRate;
use crate::auth::{LineFilter, LoginRules};
use crate::control::Verdict;
use crate::logging::extended::{Format, Selection};
use crate::logging::trace::{Levels, TraceOptions};
use crate::logging::{Facility, LogOptions, Severity};
use crate::protocol::{Algorithm, Algorithms, Facts, Type};
use crate::sys::socket::Tuning;

/// A whole configuration, as written.
#[derive(Debug, Default)]
pub struct Draft {
    /// Outside every section.
    pub main: Scope,
    /// All `<Global>` sections together.
    pub global: Scope,
    /// `<VirtualHost>` sections.
    pub hosts: Vec<HostDraft>,
    /// `<Class>` sections.
    pub classes: Classes,
}

/// A `<VirtualHost>`.
#[derive(Debug)]
pub struct HostDraft {
    /// Its addresses; never empty.
    pub addresses: Vec<Word>,
    /// What it says.
    pub scope: Scope,
}

/// An `<Anonymous>`.
#[derive(Debug)]
pub struct AnonymousDraft {
    /// Its root.
    pub root: Word,
    /// What it says.
    pub scope: Scope,
}

/// A `<Directory>`.
#[derive(Clone, Debug)]
pub struct DirectoryDraft {
    /// Its path or pattern.
    pub path: Word,
    /// What it says.
    pub files: ScopeRules,
}

/// A path for some users, `~user` not yet looked up.
#[derive(Clone, Debug)]
pub struct PathDraft {
    /// Absolute, with `~` or `~user` in front, or relative.
    pub path: Word,
    /// See [`super::settings::PathFor`].
    pub groups: Vec<String>,
}

/// An ExtendedLog, its format not yet looked up.
#[derive(Clone, Debug)]
pub struct ExtendedDraft {
    /// See [`super::settings::ExtendedLog`].
    pub target: ExtendedTarget,
    /// See [`super::settings::ExtendedLog`].
    pub selection: Selection,
    /// The name of its LogFormat.
    pub format: Option<Word>,
}

/// What one scope says.
#[derive(Debug, Default)]
pub struct Scope {
    /// For the whole daemon (server config alone).
    pub daemon: DaemonDraft,
    /// For a server.
    pub server: ServerDraft,
    /// For a session.
    pub session: SessionDraft,
    /// The same, by names.
    pub named: NamedDraft,
    /// For files.
    pub files: ScopeRules,
    /// User.
    pub user: Option<Word>,
    /// Group.
    pub group: Option<Word>,
    /// UserAlias: (alias, real).
    pub aliases: Vec<(Word, Word)>,
    /// AnonRequirePassword.
    pub require_password: Option<bool>,
    /// AuthUsingAlias.
    pub authenticates_alias: Option<bool>,
    /// AnonAllowRobots.
    pub allows_robots: Option<bool>,
    /// Whom this scope lets: a bare AllowAll or DenyAll, or what stands in the `<Limit>` that it stands for.
    pub access: AccessRules,
    /// Where its last DenyAll stands.
    pub denied_at: Option<Written>,
    /// What `<Class>` says, in the one this scope stands for.
    pub class: ClassDraft,
    /// IgnoreHidden, within `<Limit>`.
    pub ignores_hidden: bool,
    /// `<Directory>` sections.
    pub directories: Vec<DirectoryDraft>,
    /// `<IfUser>` and its like.
    pub conditions: Vec<ConditionDraft>,
    /// `<Anonymous>` sections.
    pub anonymous: Vec<AnonymousDraft>,
}

/// See [`super::settings::Daemon`].
#[derive(Debug, Default)]
pub struct DaemonDraft {
    /// PidFile.
    pub pid_file: Option<PathBuf>,
    /// ScoreboardFile; the inner None is `none`.
    pub scoreboard_file: Option<Option<PathBuf>>,
    /// ScoreboardMutex.
    pub scoreboard_mutex: Option<PathBuf>,
    /// ServerType.
    pub server_type: ServerType,
    /// ShutdownMessageFile.
    pub shutdown_file: Option<PathBuf>,
    /// DynMasqRefresh.
    pub masquerade_refresh: Option<Duration>,
    /// MaxInstances; the inner None is `none`.
    pub max_instances: Option<Option<u32>>,
    /// MaxInstancesReply.
    pub max_instances_reply: Option<bool>,
    /// MaxConnectionRate.
    pub max_connection_rate: Option<ConnectionRate>,
    /// StartWorkers.
    pub start_workers: Option<u32>,
    /// MinSpareWorkers.
    pub min_spare_workers: Option<u32>,
    /// MaxSpareWorkers.
    pub max_spare_workers: Option<u32>,
    /// ShutdownTimeout.
    pub shutdown_timeout: Option<Duration>,
    /// DrainTimeout; the inner None is `none`.
    pub drain_timeout: Option<Option<Duration>>,
    /// MaxSessionAge; the inner None is `off`.
    pub max_session_age: Option<Option<Duration>>,
    /// TCPBackLog.
    pub backlog: Option<u32>,
    /// SystemLog.
    pub system_log: Option<LogTarget>,
    /// SyslogFacility.
    pub syslog_facility: Option<Facility>,
    /// LogFormat, by name.
    pub log_formats: Vec<(String, Format)>,
    /// DelayOnEvent.
    pub delays: Delays,
    /// ProcessTitles.
    pub process_titles: Option<ProcessTitles>,
    /// UseReverseDNS.
    pub use_reverse_dns: Option<bool>,
    /// UseIPv6.
    pub use_ipv6: Option<bool>,
    /// SocketBindTight.
    pub bind_tight: Option<bool>,
    /// RequireIdentityDoor.
    pub require_identity_door: Option<bool>,
    /// RuntimeDirectory: whether it is User's.
    pub runtime_directories: Vec<(PathBuf, bool)>,
    /// StartMessage.
    pub start_messages: Vec<String>,
    /// DefaultAddress.
    pub addresses: Vec<Word>,
    /// The control socket.
    pub control: ControlDraft,
    /// TraceLog; the inner None is `none`.
    pub trace_log: Option<Option<PathBuf>>,
}

/// See [`super::settings::Control`].
#[derive(Debug, Default)]
pub struct ControlDraft {
    /// ControlsEngine.
    pub engine: Option<bool>,
    /// ControlsSocket.
    pub socket: Option<PathBuf>,
    /// ControlsSocketOwner.
    pub owner: Option<(Word, Word)>,
    /// ControlsSocketACL.
    pub socket_access: Vec<AccessDraft>,
    /// ControlsACLs, AdminControlsACLs: whose actions, which of them (None for all), and for whom.
    pub actions: Vec<(String, Option<BTreeSet<String>>, AccessDraft)>,
    /// AdminControlsEngine; the inner None is all.
    pub admin_actions: Option<Option<BTreeSet<String>>>,
    /// ControlsMaxClients.
    pub max_clients: Option<u32>,
    /// ControlsLog; the inner None is `none`.
    pub log: Option<Option<PathBuf>>,
}

/// Whom a list of the control socket names.
#[derive(Debug)]
pub struct AccessDraft {
    /// allow, deny.
    pub verdict: Verdict,
    /// group, not user.
    pub of_groups: bool,
    /// Lists of names, divided by commas.
    pub names: Vec<Word>,
}

/// See [`super::settings::Server`].
#[derive(Debug, Default)]
pub struct ServerDraft {
    /// ServerName.
    pub name: Option<String>,
    /// ServerAdmin.
    pub admin: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// DefaultServer, and where it is said.
    pub is_default: Option<(bool, Word)>,
    /// ServerAlias: with one the server may share its address.
    pub aliases: Vec<Glob>,
    /// ServerLog.
    pub server_log: Option<LogTarget>,
    /// SyslogLevel.
    pub syslog_level: Option<Severity>,
    /// LogOptions.
    pub log_options: Option<LogOptions>,
    /// AllowLogSymlinks.
    pub log_links: Option<bool>,
    /// TraceOptions.
    pub trace_options: Option<TraceOptions>,
    /// DebugLevel.
    pub debug_level: Option<u32>,
    /// ShutdownWarnings.
    pub shutdown_warnings: Option<bool>,
    /// ProxyProtocolEngine and its like.
    pub proxies: ProxiesDraft,
    /// SocketOptions.
    pub sockets: Option<Tuning>,
    /// AuthUserFile.
    pub auth_user_file: Option<AccountFileDraft>,
    /// AuthGroupFile.
    pub auth_group_file: Option<AccountFileDraft>,
    /// AuthFileOptions InsecurePerms.
    pub insecure_permissions: Option<bool>,
    /// AuthFileOptions SyntaxCheck.
    pub syntax_check: Option<bool>,
    /// AuthOrder, as far as ferryd has the modules.
    pub auth_order: Option<Vec<Ordered>>,
    /// UseLastlog.
    pub use_lastlog: Option<bool>,
    /// AuthPAM.
    pub auth_pam: Option<bool>,
    /// AuthPAMConfig.
    pub auth_pam_config: Option<String>,
    /// AuthPAMOptions: NoTTY.
    pub pam_without_terminal: Option<bool>,
    /// SetEnv, UnsetEnv: names with their values, the later ones holding.
    pub environment: Vec<(String, Option<String>)>,
}

/// AuthUserFile or AuthGroupFile.
#[derive(Clone, Debug)]
pub struct AccountFileDraft {
    /// Its path, as it is written.
    pub path: Word,
    /// Which of its lines count.
    pub filter: LineFilter,
}

/// FactsOptions.
#[derive(Clone, Copy, Debug, Default)]
pub struct FactOptions {
    /// UseSlink.
    pub link_targets: bool,
    /// NoNames.
    pub no_names: bool,
}

/// See [`super::settings::SessionRules`].
#[derive(Clone, Debug, Default)]
pub struct SessionDraft {
    /// Trace.
    pub trace: Levels,
    /// MaxLoginAttempts; the inner None is `none`.
    pub max_login_attempts: Option<Option<u32>>,
    /// MaxCommandRate; the inner None is without bound.
    pub command_rate: Option<Option<CommandRate>>,
    /// RLimitCPU, RLimitMemory, RLimitOpenFiles.
    pub resources: ResourceLimits,
    /// MaxConnectionsPerHost.
    pub max_connections_per_host: Option<LimitText>,
    /// PassivePorts.
    pub passive_ports: Option<(u16, u16)>,
    /// UseEncoding.
    pub speech: Option<Speech>,
    /// LangOptions PreferServerEncoding.
    pub keeps_encoding: Option<bool>,
    /// LangOptions RequireValidEncoding.
    pub requires_encoding: Option<bool>,
    /// LangEngine.
    pub lang_engine: Option<bool>,
    /// CopyEngine.
    pub copy_engine: Option<bool>,
    /// SiteMiscEngine.
    pub site_misc_engine: Option<bool>,
    /// DeflateEngine.
    pub deflate_engine: Option<bool>,
    /// CommandBufferSize.
    pub command_buffer: Option<u32>,
    /// AllowChrootSymlinks.
    pub root_links: Option<bool>,
    /// VRootEngine.
    pub alias_engine: Option<bool>,
    /// VRootOptions allowSymlinks.
    pub alias_links: Option<bool>,
    /// VRootAlias.
    pub aliases: Vec<AliasFor>,
    /// CreateHome; the inner None is `off`.
    pub create_home: Option<Option<HomePolicy>>,
    /// DisplayConnect.
    pub display_connect: Option<PathBuf>,
    /// FactsAdvertise.
    pub facts_advertised: Option<bool>,
    /// FactsDefault.
    pub facts_usual: Option<Facts>,
    /// FactsOptions.
    pub facts_options: Option<FactOptions>,
    /// ServerIdent.
    pub ident: Option<Ident>,
    /// DeferWelcome.
    pub defer_welcome: Option<bool>,
    /// TransferLog.
    pub transfer_log: Option<LogTarget>,
    /// AnonRejectPasswords; not inherited, for it stands in `<Anonymous>` alone.
    pub reject_passwords: Option<RejectedPasswords>,
    /// DigestEngine.
    pub digest_engine: Option<bool>,
    /// DigestAlgorithms.
    pub digest_algorithms: Option<Algorithms>,
    /// DigestDefaultAlgorithm.
    pub digest_usual: Option<Algorithm>,
    /// DigestMaxSize.
    pub digest_most: Option<u64>,
    /// RequireValidShell.
    pub require_valid_shell: Option<bool>,
    /// UseFtpUsers.
    pub use_ftp_users: Option<bool>,
    /// AllowEmptyPasswords.
    pub allow_empty_passwords: Option<bool>,
    /// MaxPasswordSize; the inner None is 0.
    pub max_password_size: Option<Option<u32>>,
    /// AuthAliasOnly.
    pub alias_only: Option<bool>,
    /// MaxClients.
    pub max_clients: Option<LimitText>,
    /// MaxClientsPerUser.
    pub max_clients_per_user: Option<LimitText>,
    /// MaxClientsPerHost.
    pub max_clients_per_host: Option<LimitText>,
    /// MaxHostsPerUser.
    pub max_hosts_per_user: Option<LimitText>,
    /// AccessGrantMsg.
    pub access_grant_message: Option<String>,
    /// AccessDenyMsg.
    pub access_deny_message: Option<String>,
    /// AllowForeignAddress.
    pub foreign_addresses: Option<ForeignAddresses>,
    /// DefaultTransferMode.
    pub transfer_mode: Option<Type>,
    /// CDPath.
    pub search_path: Vec<String>,
    /// WtmpLog.
    pub wtmp_log: Option<bool>,
    /// TimeoutLogin; here and below the inner None is off.
    pub timeout_login: Option<Option<Duration>>,
    /// TimeoutIdle.
    pub timeout_idle: Option<Option<Duration>>,
    /// TimeoutNoTransfer.
    pub timeout_no_transfer: Option<Option<Duration>>,
    /// TimeoutStalled.
    pub timeout_stalled: Option<Option<Duration>>,
    /// TimeoutSession.
    pub timeout_session: Option<Option<Duration>>,
    /// TimesGMT.
    pub times_gmt: Option<bool>,
    /// ListStyle.
    pub list_style: Option<ListStyle>,
    /// UseGlobbing.
    pub use_globbing: Option<bool>,
    /// DisplayLogin.
    pub display_login: Option<DisplayFile>,
    /// DisplayQuit.
    pub display_quit: Option<DisplayFile>,
    /// DisplayReadme.
    pub display_readme: Option<Readme>,
    /// DisplayFileTransfer.
    pub display_file_transfer: Option<DisplayFile>,
}

impl SessionDraft {
    /// What keeps an account out, with its defaults.
    pub fn login_rules(&self) -> LoginRules {
        LoginRules {
            require_valid_shell: self.require_valid_shell.unwrap_or(true),
            use_ftp_users: self.use_ftp_users.unwrap_or(true),
            refuses_empty_passwords: self.allow_empty_passwords == Some(false),
            longest_password: self.max_password_size.unwrap_or(Some(defaults::MAX_PASSWORD_SIZE)),
        }
    }
}

/// What is said of a session by names, which are looked up when all is read.
#[derive(Clone, Debug, Default)]
pub struct NamedDraft {
    /// DefaultRoot.
    pub default_root: Vec<PathDraft>,
    /// DefaultChdir.
    pub default_chdir: Vec<PathDraft>,
    /// ExtendedLog.
    pub extended_logs: Vec<ExtendedDraft>,
    /// MaxClientsPerClass: (class, limit); the first of a class holds.
    pub max_clients_per_class: Vec<(Word, LimitText)>,
    /// MasqueradeAddress.
    pub masquerade: Option<Word>,
}
