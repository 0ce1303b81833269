//! Files told in the form that programs read (RFC 3659 §7): MLSD, MLST, and OPTS, which chooses the facts.

use super::{asked, digests, parameters, refusal};
use crate::protocol::options::Choice;
use crate::protocol::{Facts, Reply, Verb};
use crate::sys::clock;
use crate::worker::listing::{self, Listing, Surroundings, Telling};
use crate::worker::member::Member;
use crate::worker::session::Session;
use crate::worker::storage::{Denied, Reason};
use crate::worker::watch::{Ending, Watch};

use super::listings::{Shown, send};

/// MLSD.
pub fn directory(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let telling = telling(watch, member);
    let listing =
        asked(member, verb, path).and_then(|asked| Listing::of_directory(&member.storage, &asked, telling));
    match listing {
        Ok(listing) => send(watch, member, listing, Shown { verb, path, what: verb.name }),
        Err(Denied { reason: Reason::NoData(_), .. }) => {
            Ok(Reply::new(550, [b"'", path, b"' is not a directory"].concat()))
        }
        Err(denied) => Ok(refusal(&denied)),
    }
}

/// MLST. Why something cannot be told is not told, so that a hidden file is like one that is not there.
pub fn file(watch: &mut Watch, member: &mut Member, verb: &Verb, path: Option<&[u8]>) -> Reply {
    let telling = telling(watch, member);
    let own_path = member.cwd.as_bytes().to_vec();
    let path = path.unwrap_or(&own_path);
    let line = asked(member, verb, path).and_then(|asked| {
        let Member { storage, owners, names, .. } = member;
        let surroundings = Surroundings { owners, names, zone: watch.birth.zone, now: clock::now() };
        listing::line_of(storage, &asked, telling, surroundings)
    });
    match line {
        Ok(line) => {
            let title = [b"Start of list for ", path].concat();
            Reply::long(250, vec![title, line, b"End of list".to_vec()])
        }
        Err(_) => Reply::new(550, [b"'", path, b"' cannot be listed"].concat()),
    }
}

fn telling(watch: &Watch, member: &Member) -> Telling {
    Telling { facts: member.facts, link_targets: watch.server.facts.link_targets }
}

/// FEAT's line; a client that has not logged in may choose nothing yet.
pub fn feature(session: &Session) -> Option<String> {
    let rules = &session.watch.server.facts;
    let chosen = session.member().map_or(rules.usual, |member| member.facts);
    rules.advertised.then(|| chosen.feature(rules.available))
}

/// OPTS.
pub fn choose(session: &mut Session, choice: Choice) -> Result<Reply, Ending> {
    match choice {
        Choice::Utf8(on) => Ok(Reply::new(200, format!("UTF8 set to {}", if on { "on" } else { "off" }))),
        Choice::Hash(name) => session.as_member(|_, member| Ok(digests::choose(member, name))),
        Choice::Mode(option) => {
            session.as_member(|watch, member| Ok(parameters::mode_option(watch, member, option)))
        }
        Choice::Facts(facts) => session.as_member(|watch, member| {
            member.facts = facts.common(watch.server.facts.available);
            Ok(Reply::new(200, chosen(member.facts)))
        }),
    }
}

fn chosen(facts: Facts) -> String {
    format!("MLST OPTS {}", facts.list()).trim_end().to_owned()
}
