//! What an operator asks of a running daemon, and what it answers: one line of JSON each way, read and written here as values.
//! `docs/control.md` tells the protocol to whoever speaks it without `ftpdctl`.

mod access;
mod actions;
mod reply;
mod request;
mod words;

pub use access::{AccessList, AccessRule, Permissions, Verdict, Whom};
pub use actions::{ACTIONS, Action, action};
pub use reply::{Outcome, REPLY_MOST, Reply};
pub use request::{Asked, Dump, Host, Kicked, LINE_MOST, Limited, Mistake, Request, asked, line};
