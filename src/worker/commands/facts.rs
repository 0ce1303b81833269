//! Files told in the form that programs read (RFC 3659 §7): MLSD, MLST, and OPTS MLST, which chooses the facts.

use super::{asked, refusal};
use crate::protocol::{Fact, Facts, Reply, Verb};
use crate::sys::clock;
use crate::worker::listing::{self, Listing, Surroundings, Telling};
use crate::worker::member::Member;
use crate::worker::storage::{Denied, Reason};
use crate::worker::watch::{Ending, Watch};

use super::listings::{Shown, send};

/// MLSD.
pub fn directory(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let telling = telling(watch);
    let listing =
        asked(member, verb, path).and_then(|asked| Listing::of_directory(&member.storage, &asked, telling));
    match listing {
        Ok(listing) => send(watch, member, listing, Shown { verb, path, what: verb.name }),
        Err(denied @ Denied { reason: Reason::NoData(_), .. }) => {
            Ok(denied.reply(550, [b"'", path, b"' is not a directory"].concat()))
        }
        Err(denied) => Ok(refusal(&denied)),
    }
}

/// MLST. Why something cannot be told is not told, so that a hidden file is like one that is not there.
pub fn file(watch: &mut Watch, member: &mut Member, verb: &Verb, path: Option<&[u8]>) -> Reply {
    let telling = telling(watch);
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
        Err(denied) => denied.reply(550, [b"'", path, b"' cannot be listed"].concat()),
    }
}

fn telling(watch: &Watch) -> Telling {
    Telling { facts: chosen(watch), link_targets: watch.rules.facts.link_targets }
}

fn chosen(watch: &Watch) -> Facts {
    let rules = &watch.rules.facts;
    // HOST may have led to a server that tells less.
    watch.terms.facts.map_or(rules.usual, |facts| facts.common(rules.available))
}

/// FEAT's line.
pub fn feature(watch: &Watch) -> Option<String> {
    let rules = &watch.rules.facts;
    rules.advertised.then(|| chosen(watch).feature(rules.available))
}

/// OPTS MLST (RFC 3659 §7.9): the answer names what is told from now on, in the client's order.
pub fn choose(watch: &mut Watch, wished: Option<&[Fact]>) -> Reply {
    let available = watch.rules.facts.available;
    let told: Vec<Fact> =
        wished.unwrap_or_default().iter().copied().filter(|fact| available.has(*fact)).collect();
    watch.terms.facts = Some(told.iter().copied().collect());
    let names: String = told.iter().map(|fact| format!("{};", fact.name())).collect();
    Reply::new(200, if wished.is_some() { format!("MLST OPTS {names}") } else { "MLST OPTS".to_owned() })
}
