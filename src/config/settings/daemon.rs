//! What holds for the whole daemon.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Control, Delays};
use crate::auth::places::ConnectionRate;
use crate::logging::trace::{Levels, TraceOptions};
use crate::logging::{Facility, Links};
use crate::sys::{GroupId, UserId};

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
    /// ScoreboardMutex.
    pub scoreboard_mutex: Option<PathBuf>,
    /// ServerType.
    pub server_type: ServerType,
    /// ShutdownMessageFile, `/etc/shutmsg` by default.
    pub shutdown_file: PathBuf,
    /// MaxInstances.
    pub max_instances: Option<u32>,
    /// MaxConnectionRate.
    pub max_connection_rate: Option<ConnectionRate>,
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
    /// MaxSessionAge: how long sessions of older generations may go on; None for ever.
    pub max_session_age: Option<Duration>,
    /// TCPBackLog; the system's most by default.
    pub backlog: i32,
    /// SystemLog.
    pub system_log: LogTarget,
    /// AllowLogSymlinks, of the main server's.
    pub log_links: Links,
    /// DebugLevel is above 0.
    pub tells_debug: bool,
    /// SyslogFacility.
    pub syslog_facility: Facility,
    /// DelayOnEvent.
    pub delays: Delays,
    /// ProcessTitles.
    pub process_titles: ProcessTitles,
    /// UseReverseDNS.
    pub use_reverse_dns: bool,
    /// DynMasqRefresh: how long the addresses of MasqueradeAddress hold; None until the next HUP.
    pub masquerade_refresh: Option<Duration>,
    /// RequireIdentityDoor: refuse to start where seccomp user notification cannot be had.
    pub require_identity_door: bool,
    /// RuntimeDirectory: folders made at start, before anything else; `true` for those that belong to User.
    pub runtime_directories: Vec<(PathBuf, bool)>,
    /// StartMessage: lines shown on a terminal with -n.
    pub start_messages: Vec<String>,
    /// All listening addresses, of all servers, without repeats.
    pub listen: Vec<SocketAddr>,
    /// ControlsEngine and its kin.
    pub control: Control,
    /// TraceLog, and what the daemon's own processes trace.
    pub trace: DaemonTrace,
}

/// What the daemon's own processes trace: as much as the main server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonTrace {
    /// TraceLog.
    pub log: Option<PathBuf>,
    /// Trace.
    pub levels: Levels,
    /// TraceOptions.
    pub options: TraceOptions,
}

/// Who listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerType {
    /// The daemon.
    #[default]
    Standalone,
    /// Somebody else, who starts a process for each connection.
    Inetd,
}

/// What ps(1) tells of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessTitles {
    /// Who is there, from where, and what it does.
    #[default]
    Verbose,
    /// That there is one.
    Terse,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LogTarget {
    /// `none`.
    None,
    /// stderr (with -n and without -q).
    Stderr,
    /// syslog(3), through /dev/log.
    Syslog(Facility),
    /// A file, absolute.
    File(PathBuf),
}
