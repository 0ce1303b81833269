//! Files copied on the server: SITE CPFR, CPTO, COPY. A copy is a transfer that takes no data connection: it is counted, logged and
//! bounded like one, and ABOR ends it.

use std::time::Instant;

use super::transfers::{totals, unrecorded};
use super::{as_verb, refusal};
use crate::logging::xferlog::{Completion, Direction as Way};
use crate::protocol::Reply;
use crate::protocol::site::{self, Row};
use crate::scoreboard::{Direction, ReasonCode};
use crate::worker::data::{self, Interrupt, Outcome, Stop};
use crate::worker::member::Member;
use crate::worker::storage::{
    Asked, By, Copy, CopyVerbs, Denied, Reason, Verb, code_of, reason_of, words_of,
};
use crate::worker::transfer_log::{self, Logged};
use crate::worker::watch::{Ending, Watch};

const fn also(row: &Row, also: &'static [(&'static str, &'static [&'static str])]) -> Verb {
    Verb { name: row.limit, groups: row.groups, also }
}

const FROM: Verb = also(&site::CPFR, site::CPFR.also);
const PAIR: CopyVerbs = CopyVerbs {
    from: FROM,
    to: also(&site::CPTO, site::CPTO.also),
    to_folder: also(&site::CPTO, &[("SITE_COPY", &[]), ("MKD", &["WRITE"])]),
};
const AT_ONCE: CopyVerbs = CopyVerbs {
    from: Verb { name: site::COPY.limit, groups: &["READ", "SITE"], also: &[("RETR", &["READ"])] },
    to: also(&site::COPY, site::COPY.also),
    to_folder: also(&site::COPY, &[("MKD", &["WRITE"])]),
};

/// SITE CPFR. What it names is looked at now, and judged again when it is copied.
pub fn from(member: &mut Member, path: &[u8]) -> Reply {
    member.copying = None;
    let found = as_verb(member, FROM, path).and_then(|asked| {
        // Refusals name the whole path, as mod_copy's do.
        let asked = Asked { argument: asked.path.as_bytes().to_vec(), ..asked };
        member.storage.copy_from(&asked).map(|()| asked.path)
    });
    match found {
        Ok(path) => {
            member.copying = Some(path);
            Reply::new(350, "File or directory exists, ready for destination name")
        }
        Err(denied) => refusal(&denied),
    }
}

/// SITE CPTO; what CPFR named is good for one try.
pub fn to(watch: &mut Watch, member: &mut Member, path: &[u8]) -> Result<Reply, Ending> {
    let Some(source) = member.copying.take() else {
        return Ok(Reply::refused(503, ReasonCode::Sequence, "Bad sequence of commands"));
    };
    run(watch, member, (&site::CPTO, PAIR), (source.as_bytes(), path), Reply::new(250, "Copy successful"))
}

/// SITE COPY.
pub fn at_once(watch: &mut Watch, member: &mut Member, paths: (&[u8], &[u8])) -> Result<Reply, Ending> {
    run(watch, member, (&site::COPY, AT_ONCE), paths, Reply::new(200, "SITE COPY command successful"))
}

fn run(
    watch: &mut Watch,
    member: &mut Member,
    (row, verbs): (&Row, CopyVerbs),
    (from, to): (&[u8], &[u8]),
    success: Reply,
) -> Result<Reply, Ending> {
    if let Some(reply) = unrecorded(watch, member)? {
        return Ok(reply);
    }
    let asked = as_verb(member, verbs.from, from).and_then(|from| Ok((from, as_verb(member, verbs.to, to)?)));
    let (from, to) = match asked {
        Ok((from, to)) => (from, Asked { argument: row.name.into(), ..to }),
        Err(denied) => return Ok(refusal(&denied.of(row.name.as_bytes()))),
    };
    watch.transfer_begins(format!("SITE {}", row.name), None);
    watch.transfer_connected();
    watch.birth.own.transfer_begins(Direction::Upload, to.path.as_bytes(), None);
    let mut moved = 0;
    let ended = every_file(watch, member, verbs, (&from, &to), &mut moved);
    member.bytes_moved = member.bytes_moved.saturating_add(moved);
    watch.transfer_ends();
    watch.birth.own.transfer_ends();
    conclude(watch, ended, row, success)
}

/// Why a copy ended early.
enum Failure {
    Denied(Denied),
    Stopped(Stop),
    Over(Ending),
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Failure {
        Failure::Denied(denied)
    }
}

fn every_file(
    watch: &mut Watch,
    member: &Member,
    verbs: CopyVerbs,
    (from, to): (&Asked, &Asked),
    moved: &mut u64,
) -> Result<(), Failure> {
    let mut copying = member.storage.copying(from, to, verbs)?;
    while let Some(copy) = copying.next()? {
        one_file(watch, member, copy, moved)?;
    }
    Ok(())
}

/// Counted and logged as an upload. What is not whole is taken away, if this copy has made it.
fn one_file(watch: &mut Watch, member: &Member, copy: Copy, moved: &mut u64) -> Result<(), Failure> {
    let Copy { mut source, target, path, made } = copy;
    let canonical = target.canonical.clone();
    let began = Instant::now();
    let Outcome { bytes, ended } = data::copy(&mut source, target, *moved, watch);
    *moved += bytes;
    if ended.is_err() {
        member.storage.discard(&path, made);
    }
    watch.birth.own.count(&totals(Direction::Upload, bytes, ended.is_ok()));
    let logged = Logged {
        path: &canonical,
        bytes,
        took: began.elapsed(),
        direction: Way::Incoming,
        completion: if ended.is_ok() { Completion::Complete } else { Completion::Incomplete },
    };
    transfer_log::write(watch, member, &logged).map_err(Failure::Over)?;
    ended.map_err(Failure::Stopped)
}

fn conclude(
    watch: &mut Watch,
    ended: Result<(), Failure>,
    row: &Row,
    success: Reply,
) -> Result<Reply, Ending> {
    match ended {
        Ok(()) => Ok(success),
        Err(Failure::Over(ending)) => Err(ending),
        Err(Failure::Denied(denied)) => Ok(refusal(&reworded(denied))),
        Err(Failure::Stopped(Stop::Interrupted(Interrupt::Aborted))) => {
            watch.reply(&Reply::refused(426, ReasonCode::DataConnection, "Copy aborted"));
            Ok(Reply::new(226, "Abort successful"))
        }
        Err(Failure::Stopped(Stop::Interrupted(_))) => Err(watch.take_ending().unwrap_or(Ending::Gone)),
        // No range bounds a copy, and nothing hides it.
        Err(Failure::Stopped(Stop::Range | Stop::TooLarge | Stop::Unnamed(_))) => {
            Ok(Reply::about(550, row.name.as_bytes(), "Invalid argument").because(ReasonCode::Failure))
        }
        Err(Failure::Stopped(Stop::File(error) | Stop::Connection(error))) => {
            let reply = Reply::about(code_of(&error), row.name.as_bytes(), &words_of(&error));
            Ok(reply.because(reason_of(&error)))
        }
    }
}

/// A copy that may not overwrite is told so in the words for all that it may not do.
fn reworded(denied: Denied) -> Denied {
    match denied.reason {
        Reason::Overwrite => {
            let by = Some(By::Reason(ReasonCode::Overwrite));
            Denied { reason: Reason::LimitDirectory, by, ..denied }
        }
        _ => denied,
    }
}
