//! What is written down: the recorder process that owns every log file, and the handles that others write through.
//!
//! CONTRACT (bodies to come).

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A log file of the recorder, by number; a number is never reused and names one path for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogNumber(pub u16);

impl LogNumber {
    /// SystemLog (or stderr with -n); always open.
    pub const SYSTEM: LogNumber = LogNumber(0);
}

/// How a record is treated when the recorder does not keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// xferlog, ExtendedLog, auth: waits, bounded.
    Evidence,
    /// Everything else: dropped and counted.
    Trace,
}

/// The sending end of the channel to the recorder; shared by master, nursery, workers and auth.
#[derive(Debug)]
pub struct Channel {
    socket: OwnedFd,
}

impl Channel {
    /// Wraps the shared socket.
    pub fn new(socket: OwnedFd) -> Channel {
        Channel { socket }
    }

    /// The descriptor, for keep-lists.
    pub fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Sends one whole record (a line without its end for line logs). `Err(WouldBlock)` for evidence means that the caller
    /// waits for POLLOUT on [`Channel::socket`] with its own deadline; trace is dropped by the caller and counted.
    pub fn send(&self, log: LogNumber, weight: Weight, line: &[u8]) -> io::Result<()> {
        let _ = (log, weight, line);
        todo!()
    }
}

/// A slog logger whose records go to SystemLog through the recorder, in ProFTPD's line shape:
/// `SERVER (CLIENTNAME[CLIENTIP]): TEXT` (time, host and `proftpd[PID]` are the recorder's). For master and auth `origin` is
/// the ServerName alone.
pub fn logger(channel: Arc<Channel>, origin: &str) -> slog::Logger {
    let _ = (channel, origin);
    todo!()
}
