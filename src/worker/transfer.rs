//! One errand over a data connection: it is met, something moves over it, and how that ended becomes a reply.

use std::io;
use std::time::{Duration, Instant};

use super::data::{Attend, Coding, Interrupt, Outcome, Stop, Stream};
use super::rendezvous::Rendezvous;
use super::storage::{code_of, reason_of, words_of};
use super::watch::{Ending, Watch};
use crate::logging::Printable;
use crate::logging::trace::{self, Channel};
use crate::protocol::Reply;
use crate::scoreboard::{Direction, ReasonCode};
use crate::sys::files::Errno;

/// What is to move.
#[derive(Debug)]
pub struct Errand<'a> {
    /// Which way.
    pub direction: Direction,
    /// The verb, for STAT during the transfer.
    pub verb: &'a str,
    /// As the client sees it.
    pub path: &'a [u8],
    /// The name that the file has meanwhile, where it is another (HiddenStores).
    pub hidden: Option<&'a [u8]>,
    /// Bytes to come, where known.
    pub size: Option<u64>,
    /// What becomes of the bytes on their way (MODE).
    pub coding: Coding,
    /// The 150. It leaves with the first wait, or, where nothing has to be waited for, together with the 226.
    pub opening: Reply,
}

/// How an errand ended.
#[derive(Debug)]
pub struct Carried {
    /// Bytes and end.
    pub outcome: Outcome,
    /// From the opening on.
    pub took: Duration,
    /// Whether the data connection stood.
    pub was_open: bool,
}

impl Carried {
    /// What was stopped before its data connection was opened.
    pub fn never(stop: Stop) -> Carried {
        Carried { outcome: Outcome { bytes: 0, ended: Err(stop) }, took: Duration::ZERO, was_open: false }
    }
}

/// Opens the data connection that the client has asked for, and has `run` use it.
pub fn carry(
    watch: &mut Watch,
    rendezvous: Rendezvous,
    errand: &Errand<'_>,
    run: impl FnOnce(&mut Stream, &mut dyn Attend) -> Outcome,
) -> Carried {
    let began = Instant::now();
    let path = String::from_utf8_lossy(errand.path);
    watch.transfer_begins(format!("{} {path}", errand.verb), errand.size);
    watch.birth.own.transfer_begins(errand.direction, errand.hidden.unwrap_or(errand.path), errand.size);
    let port = rendezvous.port();
    let (outcome, was_open) = meet(watch, rendezvous, errand, run);
    watch.transfer_ends();
    watch.birth.own.transfer_ends();
    let took = began.elapsed();
    watch.count_data(errand.direction, outcome.bytes);
    watch.journal.moved(&outcome, took, port);
    told(errand, &outcome, (took, port));
    Carried { outcome, took, was_open }
}

/// The trace of an errand that is over.
fn told(errand: &Errand<'_>, Outcome { bytes, ended }: &Outcome, (took, port): (Duration, Option<u16>)) {
    let level = if ended.is_ok() { 5 } else { 3 };
    trace::tell(Channel::Data, level, || {
        let (verb, path) = (errand.verb, Printable(errand.path));
        let end = ended.as_ref().err().map(|stop| format!(", ended by {stop:?}")).unwrap_or_default();
        format!("{verb} '{path}' at port {}: {bytes} bytes in {took:?}{end}", port.unwrap_or_default())
    });
}

fn meet(
    watch: &mut Watch,
    rendezvous: Rendezvous,
    errand: &Errand<'_>,
    run: impl FnOnce(&mut Stream, &mut dyn Attend) -> Outcome,
) -> (Outcome, bool) {
    let met = rendezvous.meet(watch);
    let coded = met.and_then(|stream| stream.coded(errand.coding).map_err(Stop::File));
    let mut stream = match coded {
        Ok(stream) => stream,
        Err(stop) => return (Outcome { bytes: 0, ended: Err(stop) }, false),
    };
    watch.transfer_connected();
    watch.reply(&errand.opening);
    let Outcome { bytes, ended } = run(&mut stream, watch);
    let outcome = Outcome { bytes, ended: ended.and_then(|()| stream.complete(watch)) };
    match outcome.ended {
        Ok(()) => stream.finish(),
        Err(_) => stream.give_up(),
    }
    (outcome, true)
}

/// The reply that closes an errand; an error ends the session.
pub fn reply(watch: &mut Watch, carried: Carried) -> Result<Reply, Ending> {
    match carried.outcome.ended {
        Ok(()) => Ok(Reply::new(226, "Transfer complete")),
        Err(Stop::Interrupted(Interrupt::Aborted)) => {
            watch.reply(&Reply::refused(
                426,
                ReasonCode::DataConnection,
                "Transfer aborted. Data connection closed.",
            ));
            watch.journal.aborted();
            Ok(Reply::new(226, "Abort successful"))
        }
        Err(Stop::Interrupted(Interrupt::NobodyCame)) => Ok(unbuilt(&Errno::ETIMEDOUT.into())),
        Err(Stop::Interrupted(_)) => Err(watch.take_ending().unwrap_or(Ending::Gone)),
        Err(Stop::Connection(error)) if !carried.was_open => Ok(unbuilt(&error)),
        Err(Stop::Connection(_)) => {
            Ok(broken("Transfer aborted. Data connection closed", ReasonCode::DataConnection))
        }
        Err(Stop::Range) => Ok(broken("Transfer aborted. Operation not permitted", ReasonCode::Range)),
        Err(Stop::TooLarge) => {
            Ok(broken("Transfer aborted. Operation not permitted", ReasonCode::MaxRetrieveFileSize).told())
        }
        Err(Stop::Unnamed(unnamed)) => Ok(Reply::refused(550, ReasonCode::HiddenStore, unnamed.to_string())),
        Err(Stop::File(error)) => {
            let code = if code_of(&error) == 550 { 451 } else { code_of(&error) };
            Ok(Reply::refused(code, reason_of(&error), format!("Transfer aborted. {}", words_of(&error))))
        }
    }
}

fn broken(words: &str, reason: ReasonCode) -> Reply {
    Reply::refused(426, reason, words)
}

/// The 425 of RFC 959 §5.4.
pub fn unbuilt(error: &io::Error) -> Reply {
    let words = format!("Unable to build data connection: {}", words_of(error));
    Reply::refused(425, ReasonCode::DataConnection, words)
}
