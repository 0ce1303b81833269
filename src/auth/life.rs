//! The life of the auth process, from its fork to its end.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use crossbeam::channel::{Receiver, bounded};
use slog::{Logger, debug, error, info};

use super::confinement::{self, NICENESS_OF_HASHING};
use super::door::ledger::Ledger;
use super::office::desk::{self, Desk};
use super::office::errand::Errand;
use super::office::gift_desk::{self, GIFTS_WAITING};
use super::office::name_desk::{self, NAMES_WAITING};
use super::office::peer_names::{PeerNames, RESOLVERS, confirmed_name};
use super::office::place_desk::PlaceDesk;
use super::office::post::{Postman, post};
use super::office::reception::{Ending, Reception};
use super::office::{CONVERSATIONS, Logins, Office, bounds};
use super::steward::Steward;
use super::steward::attendance::Attendance;
use super::threads;
use super::{Inheritance, Leftovers};
use crate::logging::{self, trace};
use crate::scoreboard::AuthBoard;
use crate::sys::crypt::Crypt;
use crate::sys::limits;

/// Questions for the master on their way to the thread that answers them.
const FOR_MASTER_WAITING: usize = 1024;

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
pub fn serve(mut inheritance: Inheritance) -> u8 {
    trace::begin(inheritance.tracer.take());
    let log = logging::logger(inheritance.recorder.clone(), inheritance.voice.clone());
    let leftovers = inheritance.leftovers.clone();
    let begun = begin(inheritance, &log).inspect(|_| debug!(log, "auth is ready"));
    match begun.map(|mut reception| reception.receive_for_life()) {
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
    let Inheritance { policy, board, requests, control, places, recorder, .. } = inheritance;
    // Before anything that it should not share, and while this process may still fork.
    let steward = policy.needs_steward().then(|| Steward::start(&recorder, log));
    let steward = steward.transpose().map_err(BeginError::Steward)?;
    let mapped = AuthBoard::map(&board).map_err(BeginError::Board)?;
    drop(board);
    let predecessors = if policy.keeps_books() { mapped.granted() } else { Vec::new() };
    let staff = Staff::engaged(places, policy.waits_for_steward())?;
    let descriptors = confinement::confine(policy.gives_files()).map_err(BeginError::Privileges)?;
    let (masters, waiting_masters) = bounded(FOR_MASTER_WAITING);
    let (ids, waiting_ids) = bounded(NAMES_WAITING);
    let (gifts, waiting_gifts) = policy.gives_files().then(|| bounded(GIFTS_WAITING)).unzip();
    let (letters, postman) = post();
    let (names, lookups) = policy.use_reverse_dns.then(PeerNames::new).unzip();
    // The office's life is the process's: threads need not be awaited, whatever a name service makes them wait for.
    let office: &'static Office = Box::leak(Box::new(Office::new(
        policy,
        Ledger::new(Box::new(mapped)),
        bounds(descriptors, staff.hashers.len()),
        (masters, ids, gifts),
        letters,
        (steward, names, Attendance::new(predecessors)),
        log.clone(),
    )));
    staff.set_to_work(
        office,
        Work { masters: waiting_masters, ids: waiting_ids, gifts: waiting_gifts, lookups, postman },
    )?;
    Ok(Reception::new(office, requests, control))
}

/// What waits for one thread, or for one kind of them.
struct Work {
    masters: Receiver<Errand>,
    ids: Receiver<Errand>,
    /// None without UserOwner.
    gifts: Option<Receiver<Errand>>,
    /// None without UseReverseDNS.
    lookups: Option<Receiver<IpAddr>>,
    postman: Postman,
}

/// Those who need something of their own, which they have from before the confinement.
struct Staff {
    /// The line to the master for questions about connections and transfers.
    masters: OwnedFd,
    hashers: Vec<(Crypt, PlaceDesk)>,
    /// They may wait for the steward; none where nobody does.
    talkers: Vec<(Crypt, PlaceDesk)>,
}

impl Staff {
    /// Shares out the lines to the master: one for connections and transfers, one for all that wait for the steward, one for each that hashes.
    fn engaged(mut lines: Vec<OwnedFd>, waits_for_steward: bool) -> Result<Staff, BeginError> {
        let mut take = || lines.pop().filter(|_| !lines.is_empty()).ok_or(BeginError::Places);
        let masters = take()?;
        let conversations = waits_for_steward.then(take).transpose()?;
        Ok(Staff {
            masters,
            hashers: lines
                .into_iter()
                .map(|line| with_crypt(PlaceDesk::new(line)))
                .collect::<Result<_, _>>()?,
            talkers: conversations.map(talkers).transpose()?.unwrap_or_default(),
        })
    }

    fn set_to_work(self, office: &'static Office, work: Work) -> Result<(), BeginError> {
        let Work { masters, ids, gifts, lookups, postman } = work;
        start("post", move || postman.deliver_for_life())?;
        start("masters", move || desk::ask_master_for_life(office, &masters, self.masters))?;
        if let (Some(names), Some(lookups)) = (&office.peer_names, lookups) {
            for lookups in std::iter::repeat_n(lookups, RESOLVERS) {
                start("names", move || names.look_for_life(&lookups, confirmed_name))?;
            }
        }
        start("ids", move || name_desk::tell_for_life(office, &ids))?;
        if let Some(gifts) = gifts {
            start("gifts", move || gift_desk::give_for_life(office, &gifts))?;
        }
        for (crypt, places) in self.hashers {
            start("hash", move || hash_for_life(office, &office.queue, places, crypt))?;
        }
        for (crypt, places) in self.talkers {
            start("converse", move || hash_for_life(office, &office.conversations, places, crypt))?;
        }
        Ok(())
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), BeginError> {
    threads::start(name, work).map_err(BeginError::Thread)
}

fn with_crypt(places: PlaceDesk) -> Result<(Crypt, PlaceDesk), BeginError> {
    Ok((Crypt::load().map_err(BeginError::Crypt)?, places))
}

/// They share a line to the master, who answers at once.
fn talkers(line: OwnedFd) -> Result<Vec<(Crypt, PlaceDesk)>, BeginError> {
    let places = PlaceDesk::new(line);
    (0..CONVERSATIONS).map(|_| with_crypt(places.clone())).collect()
}

fn hash_for_life(office: &'static Office, logins: &'static Logins, places: PlaceDesk, crypt: Crypt) {
    // As good as it gets where it fails: the door's threads then queue behind hashes.
    let _ = limits::change_niceness(NICENESS_OF_HASHING);
    Desk::new(office, places, crypt).work_for_life(logins);
}

fn clear_up(leftovers: &Leftovers, log: &Logger) {
    if !leftovers.master_is_gone() {
        return info!(
            log,
            "master {} is another program, which does not know this auth: it leaves", leftovers.master
        );
    }
    info!(log, "master {} is gone; removing what it left", leftovers.master);
    for (path, failed) in leftovers.remove() {
        error!(log, "cannot remove {}: {failed}", path.display());
    }
}
