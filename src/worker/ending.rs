//! Why a session ends, and what its client is told of it.

use super::timeouts::Expired;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// QUIT was answered.
    Quit,
    /// The client is gone; nobody hears last words.
    Gone,
    /// The operator's order, or the daemon's end.
    Ordered,
    /// The shutdown schedule's disconnect time, with what it says.
    ShutDown(Vec<u8>),
    /// A timer.
    Expired(Expired),
    /// The reply that says so is sent; the reason is logged.
    Refused,
    /// Something on our side fails: 421.
    Unavailable,
}

impl Ending {
    /// Why, where the server ends it and nothing was refused before.
    pub fn reason(&self) -> Option<ReasonCode> {
        self.last_words().and_then(|words| words.reason())
    }

    /// What the client is told, where it has not been told yet.
    pub fn last_words(&self) -> Option<Reply> {
        match self {
            Ending::Quit | Ending::Gone | Ending::Refused => None,
            Ending::Ordered => Some(unavailable(ReasonCode::Ordered)),
            Ending::Unavailable => Some(unavailable(ReasonCode::Service)),
            Ending::ShutDown(text) => Some(Reply::refused(421, ReasonCode::Shutdown, text.clone())),
            Ending::Expired(what) => Some(what.reply()),
        }
    }
}

/// The 421 of RFC 959 §5.4.
pub fn unavailable(reason: ReasonCode) -> Reply {
    Reply::refused(421, reason, "Service not available, closing control connection")
}
