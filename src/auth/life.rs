//! The life of the auth process, from its fork to its end.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

use crossbeam::channel::bounded;
use slog::{Logger, error, info};

use super::confinement::{self, NICENESS_OF_HASHING};
use super::door::ledger::Ledger;
use super::office::desk::{self, Desk};
use super::office::name_desk::{self, NAMES_WAITING};
use super::office::peer_names::{PeerNames, RESOLVERS, confirmed_name};
use super::office::place_desk::PlaceDesk;
use super::office::post::post;
use super::office::reception::{Ending, Reception};
use super::office::{CONVERSATIONS, Logins, Office, bounds};
use super::steward::Steward;
use super::steward::attendance::Attendance;
use super::threads;
use super::{Inheritance, Leftovers};
use crate::logging;
use crate::scoreboard::AuthBoard;
use crate::sys::crypt::Crypt;
use crate::sys::limits;

/// Questions about instances on their way to the thread that answers them.
const INSTANCES_WAITING: usize = 1024;

/// Why auth cannot begin.
#[derive(Debug)]
enum BeginError {
    Board(io::Error),
    Crypt(io::Error),
    Privileges(io::Error),
    Thread(io::Error),
    Steward(io::Error),
    Places,
}

impl fmt::Display for BeginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BeginError::Board(error) => write!(f, "cannot map the scoreboard: {error}"),
            BeginError::Crypt(error) => write!(f, "cannot hash passwords: {error}"),
            BeginError::Privileges(error) => write!(f, "cannot give up privileges: {error}"),
            BeginError::Thread(error) => write!(f, "cannot start a thread: {error}"),
            BeginError::Steward(error) => write!(f, "cannot start the steward: {error}"),
            BeginError::Places => f.write_str("fewer than two lines to the master"),
        }
    }
}

/// Auth, for life; returns the exit status. Called once, in the forked child, by its only thread; the caller ends the
/// process, and with it the threads that are left.
pub fn serve(inheritance: Inheritance) -> u8 {
    let log = logging::logger(inheritance.recorder.clone(), &inheritance.origin);
    let leftovers = inheritance.leftovers.clone();
    match begin(inheritance, &log).map(|mut reception| reception.receive_for_life()) {
        Ok(Ending::Dismissed) => 0,
        Ok(Ending::Orphaned) => {
            clear_up(&leftovers, &log);
            0
        }
        Err(failed) => {
            error!(log, "auth cannot begin: {failed}");
            1
        }
    }
}

/// Everything is made, and every privilege given up, before the first thread starts.
fn begin(inheritance: Inheritance, log: &Logger) -> Result<Reception, BeginError> {
    // Before anything that it should not share, and while this process may still fork.
    let steward = inheritance.policy.needs_steward().then(|| Steward::start(&inheritance.recorder, log));
    let steward = steward.transpose().map_err(BeginError::Steward)?;
    let board = AuthBoard::map(&inheritance.board).map_err(BeginError::Board)?;
    drop(inheritance.board);
    let keeps_books = inheritance.policy.keeps_books();
    let predecessors = if keeps_books { board.granted() } else { Vec::new() };
    let mut lines = inheritance.places;
    let instances_line = lines.pop().filter(|_| !lines.is_empty()).ok_or(BeginError::Places)?;
    let line_of_conversations = inheritance
        .policy
        .waits_for_steward()
        .then(|| lines.pop().filter(|_| !lines.is_empty()).ok_or(BeginError::Places));
    let hashers: Vec<(Crypt, PlaceDesk)> = lines
        .into_iter()
        .map(|line| Ok((Crypt::load().map_err(BeginError::Crypt)?, PlaceDesk::new(line))))
        .collect::<Result<_, _>>()?;
    let talkers = line_of_conversations.transpose()?.map(talkers).transpose()?.unwrap_or_default();
    let descriptors = confinement::confine().map_err(BeginError::Privileges)?;
    let (instances, waiting_instances) = bounded(INSTANCES_WAITING);
    let (ids, waiting_ids) = bounded(NAMES_WAITING);
    let (letters, postman) = post();
    let (names, lookups) = inheritance.policy.use_reverse_dns.then(PeerNames::new).unzip();
    let ledger = Ledger::new(Box::new(board));
    let bounds = bounds(descriptors, hashers.len());
    // The office's life is the process's: threads need not be awaited, whatever a name service makes them wait for.
    let asked = (instances, ids);
    let office: &'static Office = Box::leak(Box::new(Office::new(
        inheritance.policy,
        ledger,
        bounds,
        asked,
        letters,
        (steward, names, Attendance::new(predecessors)),
        log.clone(),
    )));
    let started =
        |name: &str, work: Box<dyn FnOnce() + Send>| threads::start(name, work).map_err(BeginError::Thread);
    started("post", Box::new(move || postman.deliver_for_life()))?;
    started(
        "instances",
        Box::new(move || desk::grant_instances(&waiting_instances, instances_line, &office.log)),
    )?;
    if let (Some(names), Some(lookups)) = (&office.peer_names, lookups) {
        for lookups in std::iter::repeat_n(lookups, RESOLVERS) {
            started("names", Box::new(move || names.look_for_life(&lookups, confirmed_name)))?;
        }
    }
    started("ids", Box::new(move || name_desk::tell_for_life(office, &waiting_ids)))?;
    for (crypt, places) in hashers {
        started("hash", Box::new(move || hash_for_life(office, &office.queue, places, crypt)))?;
    }
    for (crypt, places) in talkers {
        started("converse", Box::new(move || hash_for_life(office, &office.conversations, places, crypt)))?;
    }
    Ok(Reception::new(office, inheritance.requests, inheritance.control))
}

/// Threads that may wait for the steward; they share a line to the master, who answers at once.
fn talkers(line: OwnedFd) -> Result<Vec<(Crypt, PlaceDesk)>, BeginError> {
    let places = PlaceDesk::new(line);
    (0..CONVERSATIONS).map(|_| Ok((Crypt::load().map_err(BeginError::Crypt)?, places.clone()))).collect()
}

fn hash_for_life(office: &'static Office, logins: &'static Logins, places: PlaceDesk, crypt: Crypt) {
    // As good as it gets where it fails: the door's threads then queue behind hashes.
    let _ = limits::change_niceness(NICENESS_OF_HASHING);
    Desk::new(office, places, crypt).work_for_life(logins);
}

fn clear_up(leftovers: &Leftovers, log: &Logger) {
    info!(log, "master {} is gone; removing what it left", leftovers.master);
    for (path, failed) in leftovers.remove() {
        error!(log, "cannot remove {}: {failed}", path.display());
    }
}
