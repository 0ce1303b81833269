//! What is written down: the recorder process that owns every log file, and the handles that others write through. Who
//! opens a file, and under which name, is the master's business; what a line means is the worker's.

mod cause;
mod channel;
pub mod control;
mod early;
pub mod extended;
mod file;
mod handover;
mod line;
mod logger;
mod priority;
mod record;
pub mod recorder;
pub mod trace;
mod voice;
pub mod xferlog;

pub use cause::Cause;
pub use channel::{Channel, Ends};
pub use early::early;
pub use file::{Links, LogFileError, could_open, foreign_folder, open};
pub use handover::HandedChannel;
pub use line::Printable;
pub use logger::logger;
pub use priority::{Facility, Severity, Sorting};
pub use voice::{LOGIN, LogOptions, Speaker, Style, Voice};

/// A log file of the recorder, by number; a number is never reused and names one path for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct LogNumber(pub u16);

impl LogNumber {
    /// SystemLog (or stderr with -n): the one number whose path may change at HUP.
    pub const SYSTEM: LogNumber = LogNumber(0);
}

/// Where one server's sessions are written.
#[derive(Clone, Debug, Default)]
pub struct ServerLogs {
    /// ServerLog, or SystemLog; None where its sessions say nothing.
    pub lines: Option<LogNumber>,
    /// TraceLog, the same for all servers.
    pub trace: Option<LogNumber>,
    /// Those of its own users, and of those who are nobody yet.
    pub own: SessionLogs,
    /// Those of its `<Anonymous>` sections, in their order.
    pub anonymous: Vec<SessionLogs>,
}

/// Where sessions of one kind are written.
#[derive(Clone, Debug, Default)]
pub struct SessionLogs {
    /// TransferLog, and those of sections for some of them, in the order of the settings; None for none.
    pub transfers: Vec<Option<LogNumber>>,
    /// ExtendedLog, likewise.
    pub extended: Vec<LogNumber>,
}

/// How the recorder writes a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// A file of lines in SystemLog's shape: the recorder adds time, host and `proftpd[PID]`.
    Line,
    /// A file of records that are written as they are (xferlog, ExtendedLog).
    Raw,
    /// The host's syslog, through /dev/log; no file.
    Syslog(Sorting),
}
