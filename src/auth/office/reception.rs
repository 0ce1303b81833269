//! Where questions and the master's notes come in: one thread, one wait, no clock. Whoever may not ask, and whatever is
//! no question, goes no further.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};

use slog::{error, warn};

use super::Office;
use super::errand::Errand;
use super::guesses::neighbourhood;
use crate::auth::door;
use crate::auth::threads;
use crate::auth::wire::control::{NOTE_MAX, Note};
use crate::auth::wire::{RECORD_MAX, Request};
use crate::sys::notification::Listener;
use crate::sys::poll::{self, Waiting};
use crate::sys::socket::{self, Received, Sender};
use crate::sys::{ProcessId, UserId, crypt};

/// Questions taken in at one waking.
const BATCH: usize = 32;

/// Why auth ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The master said so.
    Dismissed,
    /// The master is gone.
    Orphaned,
}

/// The reception desk.
pub struct Reception {
    office: &'static Office,
    requests: OwnedFd,
    control: OwnedFd,
    buffer: Box<[u8]>,
}

/// A question as it came, not yet looked into.
struct Arrival {
    pid: ProcessId,
    uid: UserId,
    /// The reply's, and for a gift the file's; None where others came.
    descriptors: Option<(OwnedFd, Option<OwnedFd>)>,
    /// None for bytes that are no request.
    request: Option<Request>,
}

impl Reception {
    /// At these two sockets.
    pub fn new(office: &'static Office, requests: OwnedFd, control: OwnedFd) -> Reception {
        Reception { office, requests, control, buffer: vec![0; RECORD_MAX].into() }
    }

    /// Takes in whatever comes, until the end.
    pub fn receive_for_life(&mut self) -> Ending {
        loop {
            match self.receive() {
                Ok(None) => {}
                Ok(Some(ending)) => return ending,
                Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {}
                Err(failed) => {
                    // Without its channels auth is of no use; the master starts another.
                    error!(self.office.log, "auth's channel failed: {failed}");
                    return Ending::Dismissed;
                }
            }
        }
    }

    fn receive(&mut self) -> io::Result<Option<Ending>> {
        let mut waiting =
            vec![Waiting::to_read(self.control.as_fd()), Waiting::to_read(self.requests.as_fd())];
        waiting.extend(self.office.steward.iter().map(|steward| Waiting::to_read(steward.as_fd())));
        poll::wait(&mut waiting, None)?;
        if waiting.get(2).is_some_and(|steward| steward.ready.readable) {
            // It says nothing on that line; half an auth would keep workers waiting, so the master starts both anew.
            error!(
                self.office.log,
                "auth's helper for PAM, homes and login records has ended; auth is restarted"
            );
            return Ok(Some(Ending::Dismissed));
        }
        let asked = waiting[1].ready.readable;
        let arrivals = if asked { self.arrivals()? } else { Vec::new() };
        // A worker's death is noted before anybody is born in its slot, and so before the newcomer's first question.
        // Read in this order, the note is never behind the question.
        if let Some(ending) = self.read_notes()? {
            return Ok(Some(ending));
        }
        arrivals.into_iter().for_each(|arrival| self.admit(arrival));
        Ok(None)
    }

    fn arrivals(&mut self) -> io::Result<Vec<Arrival>> {
        let mut arrivals = Vec::new();
        while arrivals.len() < BATCH {
            match socket::receive(self.requests.as_fd(), &mut self.buffer, false) {
                Ok(received) => arrivals.extend(self.read(received)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(arrivals)
    }

    /// Reads a datagram, and wipes it: it may hold a password.
    fn read(&mut self, received: Received) -> Option<Arrival> {
        let record = &mut self.buffer[..received.length.min(RECORD_MAX)];
        let request = (!received.truncated).then(|| Request::decode(record).ok()).flatten();
        crypt::wipe(record);
        let Sender { pid, uid, .. } = received.sender?;
        let is_gift = matches!(request, Some(Request::Give { .. }));
        Some(Arrival { pid, uid, descriptors: descriptors(received.descriptors, is_gift), request })
    }

    fn admit(&self, arrival: Arrival) {
        let errand = arrival.request.zip(arrival.descriptors).and_then(|(request, descriptors)| {
            let visit = self.office.ledger.admit(arrival.pid)?;
            Errand::new(visit, request, descriptors, arrival.uid)
        });
        match errand {
            Some(errand) => self.hand_on(errand),
            None => self.note_offence(arrival.pid),
        }
    }

    /// Whoever is turned away reads the end of its descriptor, and asks again or leaves.
    fn hand_on(&self, errand: Errand) {
        match errand.request {
            Request::Connection { .. } | Request::Transfer(_) | Request::TransferEnd => {
                drop(self.office.masters.try_send(errand));
            }
            Request::PeerName { peer } => self.name(errand, peer),
            Request::Names { .. } => drop(self.office.names.try_send(errand)),
            Request::Give { .. } => match &self.office.gifts {
                Some(gifts) => drop(gifts.try_send(errand)),
                None => self.note_offence(errand.visit.pid),
            },
            Request::Login { server, peer, .. } => {
                drop(self.office.logins(server).push(neighbourhood(peer), errand));
            }
        }
    }

    fn name(&self, errand: Errand, peer: IpAddr) {
        match &self.office.peer_names {
            Some(names) if self.office.ledger.may_name(&errand.visit) => names.ask(peer, errand.release()),
            _ => self.note_offence(errand.visit.pid),
        }
    }

    fn note_offence(&self, pid: ProcessId) {
        match self.office.ledger.note_offence(pid) {
            Ok(false) => {}
            Ok(true) => {
                warn!(self.office.log, "worker {pid} killed: it floods auth, or sends what is no question")
            }
            Err(failed) => warn!(self.office.log, "worker {pid} cannot be killed: {failed}"),
        }
    }

    fn read_notes(&self) -> io::Result<Option<Ending>> {
        let mut buffer = [0; NOTE_MAX];
        loop {
            let received = match socket::receive(self.control.as_fd(), &mut buffer, false) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // The other end is gone, with something of ours unread.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Ok(Some(Ending::Orphaned));
                }
                Err(error) => return Err(error),
            };
            if received.length == 0 {
                return Ok(Some(Ending::Orphaned));
            }
            match Note::decode(&buffer[..received.length]) {
                Ok(Note::Leave) => return Ok(Some(Ending::Dismissed)),
                Ok(Note::Forget { slot, pid }) => {
                    self.office.ledger.forget(slot, pid);
                    self.office.note_departure(pid);
                }
                Ok(Note::Listener) => self.open_doors(received.descriptors),
                Err(malformed) => warn!(self.office.log, "note from the master ignored: {malformed}"),
            }
        }
    }

    fn open_doors(&self, listeners: Vec<OwnedFd>) {
        let office = self.office;
        for listener in listeners.into_iter().map(Listener::new) {
            let keep = move || door::keep(&listener, &office.ledger, &office.log);
            if let Err(failed) = threads::start("door", keep) {
                // The master holds a duplicate, which the next auth gets: until then these workers wait for nobody, each until its alarm.
                error!(office.log, "no thread for an identity door: {failed}");
            }
        }
    }
}

/// As many as the question needs, in their order.
fn descriptors(mut received: Vec<OwnedFd>, is_gift: bool) -> Option<(OwnedFd, Option<OwnedFd>)> {
    let file = if is_gift { Some(received.pop()?) } else { None };
    let reply = received.pop()?;
    received.is_empty().then_some((reply, file))
}
