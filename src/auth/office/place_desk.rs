//! One thread's line to the master: a question, and the wait for its answer.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::door::ledger::Visit;
use crate::auth::wire::places::{PLACE_RECORD_MAX, PlaceAnswer, PlaceKind, PlaceQuestion};
use crate::sys::socket;

/// The line. Strictly one answer to one question, so that no answer is taken for another's.
#[derive(Clone)]
pub struct PlaceDesk {
    /// Threads that are seldom there at once may share one.
    master: Arc<Mutex<OwnedFd>>,
}

impl PlaceDesk {
    /// Over this socket.
    pub fn new(master: OwnedFd) -> PlaceDesk {
        PlaceDesk { master: Arc::new(Mutex::new(master)) }
    }

    /// Asks for a place. The master answers at once, or is gone: an error.
    pub fn ask(&self, visit: &Visit, kind: PlaceKind) -> io::Result<PlaceAnswer> {
        let question = PlaceQuestion { slot: visit.slot, pid: visit.pid, kind };
        let master = self.master.lock().unwrap_or_else(PoisonError::into_inner);
        undisturbed(|| socket::send(master.as_fd(), &question.encode(), &[], true))?;
        let mut buffer = [0; PLACE_RECORD_MAX];
        let received = undisturbed(|| socket::receive(master.as_fd(), &mut buffer, true))?;
        if received.length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        PlaceAnswer::decode(&buffer[..received.length])
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// A signal that came in between is no answer.
fn undisturbed<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
