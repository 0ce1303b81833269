//! What is written down: the recorder process that owns every log file, and the handles that others write through. Who
//! opens a file, and under which name, is the master's business; what a line means is the worker's.

mod channel;
pub mod control;
mod early;
mod file;
mod line;
mod logger;
mod record;
pub mod recorder;
pub mod xferlog;

pub use channel::{Channel, Ends};
pub use early::early;
pub use file::{LogFileError, could_open, open};
pub use logger::logger;

/// A log file of the recorder, by number; a number is never reused and names one path for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogNumber(pub u16);

impl LogNumber {
    /// SystemLog (or stderr with -n): the one number whose path may change at HUP.
    pub const SYSTEM: LogNumber = LogNumber(0);
}

/// Where one server's transfers are written; None where they are not.
#[derive(Clone, Debug, Default)]
pub struct TransferLogs {
    /// Those of its own users.
    pub own: Option<LogNumber>,
    /// Those of its `<Anonymous>` sections, in their order.
    pub anonymous: Vec<Option<LogNumber>>,
}

/// How the recorder writes a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of lines in SystemLog's shape: the recorder adds time, host and `proftpd[PID]`.
    Line,
    /// A file of records that are written as they are (xferlog).
    Raw,
    /// The host's syslog, through /dev/log; no file.
    Syslog,
}
