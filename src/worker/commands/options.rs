//! OPTS: each verb chooses among its own options.

use super::{digests, facts, parameters};
use crate::protocol::Reply;
use crate::protocol::options::Choice;
use crate::scoreboard::ReasonCode;
use crate::worker::session::Session;

/// OPTS.
pub fn choose(session: &mut Session, choice: Choice) -> Reply {
    match choice {
        Choice::Utf8(on) => utf8(session, on),
        Choice::Hash(name) => digests::choose(session, name),
        Choice::Mode(option) => parameters::mode_option(&mut session.watch, option),
        Choice::Facts(wished) => facts::choose(&mut session.watch, wished.as_deref()),
    }
}

/// Without `on` the client has the characters that the server says, which may be UTF-8 all the same.
fn utf8(session: &mut Session, on: bool) -> Reply {
    let Some(translation) = session.watch.rules.speech.switched(on) else {
        return Reply::refused(451, ReasonCode::Protocol, "Unable to accept OPTS UTF8");
    };
    session.watch.conversation.translate(translation);
    session.watch.terms.utf8 = Some(on);
    Reply::new(200, format!("UTF8 set to {}", if on { "on" } else { "off" }))
}
