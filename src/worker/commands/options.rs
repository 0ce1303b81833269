//! OPTS: each verb chooses among its own options.

use super::{digests, facts, parameters};
use crate::protocol::Reply;
use crate::protocol::options::Choice;
use crate::worker::session::Session;

/// OPTS.
pub fn choose(session: &mut Session, choice: Choice) -> Reply {
    match choice {
        Choice::Utf8(on) => Reply::new(200, format!("UTF8 set to {}", if on { "on" } else { "off" })),
        Choice::Hash(name) => digests::choose(session, name),
        Choice::Mode(option) => parameters::mode_option(&mut session.watch, option),
        Choice::Facts(wished) => facts::choose(&mut session.watch, wished.as_deref()),
    }
}
