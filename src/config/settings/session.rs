//! What holds for a session, the same in every folder.

use std::path::PathBuf;
use std::time::Duration;

use globset::GlobMatcher;

use super::{AliasRules, CommandRate, ExtendedLog, Ident, Masquerade, ResourceLimits, Speech, TransferLog};
use crate::auth::LoginRules;
use crate::auth::home::HomePolicy;
use crate::config::facts::FactRules;
use crate::config::listings::ListStyle;
use crate::logging::trace::Levels;
use crate::protocol::{Algorithm, Algorithms, Offer, Type};

/// What holds for a session, the same in every folder.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// Trace.
    pub trace: Levels,
    /// ServerIdent.
    pub ident: Ident,
    /// DeferWelcome.
    pub defer_welcome: bool,
    /// MaxConnectionsPerHost.
    pub max_connections_per_host: LimitText,
    /// CommandBufferSize: longest command line in bytes; 512 by default.
    pub command_buffer: usize,
    /// MaxLoginAttempts; None without bound.
    pub max_login_attempts: Option<u32>,
    /// RequireValidShell, UseFtpUsers.
    pub login: LoginRules,
    /// CreateHome.
    pub create_home: Option<HomePolicy>,
    /// AllowChrootSymlinks.
    pub root_links: bool,
    /// VRootEngine, VRootAlias, VRootOptions.
    pub aliases: AliasRules,
    /// RLimitCPU, RLimitMemory, RLimitOpenFiles.
    pub resources: ResourceLimits,
    /// MaxCommandRate.
    pub command_rate: Option<CommandRate>,
    /// PassivePorts.
    pub passive_ports: Option<(u16, u16)>,
    /// MasqueradeAddress, when it is an address.
    pub masquerade: Option<Masquerade>,
    /// LangEngine, CopyEngine, SiteMiscEngine, DeflateEngine.
    pub offer: Offer,
    /// UseEncoding, LangOptions.
    pub speech: Speech,
    /// FactsAdvertise, FactsDefault, FactsOptions.
    pub facts: FactRules,
    /// TransferLog.
    pub transfer_log: TransferLog,
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
    /// MaxHostsPerUser.
    pub max_hosts_per_user: LimitText,
    /// MaxClientsPerClass, by the class's name; the first of a class holds.
    pub max_clients_per_class: Vec<(String, LimitText)>,
    /// AccessGrantMsg.
    pub access_grant_message: Option<String>,
    /// AccessDenyMsg.
    pub access_deny_message: Option<String>,
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
    /// DigestEngine, DigestAlgorithms, DigestDefaultAlgorithm, DigestMaxSize.
    pub digests: DigestRules,
    /// DefaultTransferMode.
    pub transfer_mode: Type,
    /// CDPath: where CWD looks for a folder that is not there, as clients see it.
    pub search_path: Vec<String>,
    /// AllowForeignAddress.
    pub foreign_addresses: ForeignAddresses,
    /// TimesGMT: listings tell times in UTC.
    pub times_gmt: bool,
    /// ListStyle.
    pub list_style: ListStyle,
    /// UseGlobbing.
    pub use_globbing: bool,
    /// ExtendedLog, the innermost scope's first.
    pub extended_logs: Vec<ExtendedLog>,
    /// DisplayLogin.
    pub display_login: Option<DisplayFile>,
    /// DisplayConnect (server only).
    pub display_connect: Option<PathBuf>,
    /// DisplayQuit.
    pub display_quit: Option<DisplayFile>,
    /// DisplayFileTransfer.
    pub display_file_transfer: Option<DisplayFile>,
    /// DisplayReadme.
    pub display_readme: Option<Readme>,
}

/// Files that want to be read by who comes into a folder.
#[derive(Clone, Debug)]
pub enum Readme {
    /// One, from the folder on.
    Path(String),
    /// Those of the folder whose names match.
    Pattern(GlobMatcher),
}

/// A file shown to clients, as the operator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayFile {
    /// Absolute: the host's, or where that is not there the session's root's.
    Host(PathBuf),
    /// Absolute, said in `<Anonymous>`: its root's.
    Root(PathBuf),
    /// Relative: of the folder where the session stands.
    Here(PathBuf),
}

impl DisplayFile {
    /// As written in a server.
    pub fn new(path: PathBuf) -> DisplayFile {
        if path.is_absolute() { DisplayFile::Host(path) } else { DisplayFile::Here(path) }
    }

    /// The same, written in `<Anonymous>`.
    pub fn within_root(self) -> DisplayFile {
        match self {
            DisplayFile::Host(path) => DisplayFile::Root(path),
            other => other,
        }
    }
}

/// AllowForeignAddress: whose data connections there may be besides the client's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ForeignAddresses {
    /// Nobody's.
    #[default]
    None,
    /// Anybody's.
    All,
    /// Those of this class.
    OfClass(String),
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

/// What sums of files a session may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestRules {
    /// Which; none with DigestEngine off.
    pub algorithms: Algorithms,
    /// What HASH uses for a client that chooses nothing.
    pub usual: Option<Algorithm>,
    /// DigestMaxSize: most bytes of one sum.
    pub most: Option<u64>,
}
