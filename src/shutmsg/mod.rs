//! The shutdown file: its lines, the schedule they hold, and the message a client is told.
//! A leaf: text in, values out; who reads the file and when is the master's business.

mod message;
mod parse;
mod render;

pub use message::{Variables, expand, moment};
pub use parse::{Malformed, parse};
pub use render::{Notice, Offset};

/// What the shutdown file orders. Times are seconds since the epoch, UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// When the server is meant to go down.
    pub shutdown: i64,
    /// From here on new connections and logins are refused.
    pub deny: i64,
    /// At this moment sessions are disconnected.
    pub disconnect: i64,
    /// The operator's words, with `%` variables not yet replaced; at most [`MESSAGE_MAX`] bytes, no control bytes.
    pub message: Vec<u8>,
    /// From here on the file orders nothing more; None: until somebody removes it, as ProFTPD's own files.
    pub expires: Option<i64>,
    /// Until then a transfer that is under way at `disconnect` may go on; None: no longer than its session.
    pub drain: Option<i64>,
    /// The ServerName of the one server that is meant; empty for all. At most [`SERVER_MAX`] bytes.
    pub server: Vec<u8>,
}

impl Schedule {
    /// Whether a server of this name is meant.
    pub fn concerns(&self, server: &[u8]) -> bool {
        self.server.is_empty() || self.server == server[..server.len().min(SERVER_MAX)]
    }

    /// Whether it has expired.
    pub fn is_over(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// When something changes next.
    pub fn next_moment(&self, now: i64) -> Option<i64> {
        let always = [self.deny, self.disconnect, self.shutdown].into_iter();
        always.chain(self.drain).chain(self.expires).filter(|moment| *moment > now).min()
    }
}

/// Bytes of the file that are read.
pub const FILE_MOST: usize = 8 * 1024;

/// Bytes kept of a message's template.
pub const MESSAGE_MAX: usize = 512;

/// Bytes of a ServerName that are compared.
pub const SERVER_MAX: usize = 128;

/// How long after the shutdown a file of ours is in force unless it says otherwise, in seconds: a window of work has hours, and a
/// file that is still there on the next day was forgotten.
pub const USUAL_EXPIRY: i64 = 24 * 3600;

/// Bytes of the file that are read: more than any that `ftpshut` writes.
pub const FILE_MAX: usize = 4096;

/// The message of a file that brings none, and of an `ftpshut` that was given none.
pub const DEFAULT_MESSAGE: &str = "going down at %s";

/// A message's bytes as they may go into one reply line: control bytes become blanks, the rest is cut.
fn one_line(message: &[u8]) -> Vec<u8> {
    let printable = |&byte: &u8| if byte.is_ascii_control() { b' ' } else { byte };
    message.iter().take(MESSAGE_MAX).map(printable).collect()
}
