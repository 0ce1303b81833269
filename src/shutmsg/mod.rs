//! The shutdown file: its two lines, the schedule they hold, and the message a client is told.
//! A leaf: text in, values out; who reads the file and when is the master's business.

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
