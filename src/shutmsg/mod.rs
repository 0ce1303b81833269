//! The shutdown file: its lines, the schedule they hold, and the message a client is told.
//! A leaf: text in, values out; who reads the file and when is the master's business.

mod message;
mod parse;
mod render;

pub use message::{Variables, expand, moment};
pub use parse::{Malformed, parse};
pub use render::{Notice, Offset};

/// What the shutdown file orders. Times are seconds since the epoch, UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When the server is meant to go down.
    pub shutdown: i64,
    /// From here on new connections and logins are refused.
    pub deny: i64,
    /// At this moment sessions are disconnected.
    pub disconnect: i64,
    /// The operator's words, with `%` variables not yet replaced; at most [`MESSAGE_MAX`] bytes, no control bytes.
    pub message: Vec<u8>,
}

/// Bytes kept of a message's template.
pub const MESSAGE_MAX: usize = 512;

/// Bytes of the file that are read: more than any that `ftpshut` writes.
pub const FILE_MAX: usize = 4096;

/// The message of a file that brings none, and of an `ftpshut` that was given none.
pub const DEFAULT_MESSAGE: &str = "going down at %s";

/// A message's bytes as they may go into one reply line: control bytes become blanks, the rest is cut.
fn one_line(message: &[u8]) -> Vec<u8> {
    let printable = |&byte: &u8| if byte.is_ascii_control() { b' ' } else { byte };
    message.iter().take(MESSAGE_MAX).map(printable).collect()
}
