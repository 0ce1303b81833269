//! What the server tells of itself: HELP, STAT, CSID, LANG.

use super::{digests, facts};
use crate::config::settings::Rule;
use crate::protocol::{Reply, Told, Type, Verb};
use crate::scoreboard::ReasonCode;
use crate::worker::member::Member;
use crate::worker::session::Session;
use crate::worker::watch::{Ending, Watch};

/// CSID: which software it is. Its version is nobody's business.
pub const IDENTITY: &str = "name=ferryd;casesensitive=1;";

/// LANG: replies are in English, so that nothing is set.
pub fn language(tag: Option<&[u8]>) -> Reply {
    match tag {
        Some(tag) => Reply::new(200, [b"Using language ", tag].concat()),
        None => Reply::new(200, "Using default language en"),
    }
}

/// HELP, of one verb or of all.
pub fn help(session: &Session, of: Option<&[u8]>) -> Reply {
    let mut words = of.unwrap_or_default().split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    match words.next() {
        Some(word) => told(session).help_of(word),
        None => told(session).help(&session.watch.facts().admin()),
    }
}

/// FEAT.
pub fn features(session: &Session) -> Reply {
    told(session).features()
}

fn told(session: &Session) -> Told {
    let (watch, digests) = (&session.watch, digests::rules(session));
    Told {
        offer: watch.rules.offer,
        facts: facts::feature(watch),
        algorithms: digests.algorithms,
        hash: digests::feature(watch, digests),
    }
}

/// STAT without a path, between transfers.
pub fn status(watch: &mut Watch, member: &mut Member, verb: &Verb) -> Result<Reply, Ending> {
    if let Err(Rule(rule)) = member.judge(verb) {
        return Ok(Reply::refused(500, ReasonCode::Rule, "STAT: Operation not permitted").by(rule));
    }
    let representation = match watch.representation() {
        Type::Ascii => "ASCII",
        Type::Image => "BINARY",
    };
    let peer = watch.peer;
    let mut lines = vec![
        format!("Status of '{}'", watch.server.name).into_bytes(),
        format!("Connected from {} ({})", peer.name(), peer.ip()).into_bytes(),
        [b"Logged in as ", member.account.name.as_slice()].concat(),
        format!("TYPE: {representation}, STRUcture: File, Mode: Stream").into_bytes(),
    ];
    if member.bytes_moved > 0 {
        lines.push(format!("Total bytes transferred for session: {}", member.bytes_moved).into_bytes());
    }
    lines.push(b"No data connection".to_vec());
    lines.push(b"End of status".to_vec());
    Ok(Reply::long(211, lines))
}
