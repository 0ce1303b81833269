//! A generation's auth as the master holds it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use crate::auth::control::Note;
use crate::auth::{self, Inheritance};
use crate::master::spawn;
use crate::sys::{ProcessId, signals, socket};

/// The process, its channel for notes, and those on which it asks for places.
#[derive(Debug)]
pub struct Auth {
    pub pid: ProcessId,
    pub control: OwnedFd,
    pub places: Vec<OwnedFd>,
    pub born: Instant,
}

impl Auth {
    /// Starts it with so many channels for places; `inherit` gives it its ends and whatever else it needs.
    pub fn start(
        lines: usize,
        in_foreground: bool,
        inherit: impl FnOnce(OwnedFd, Vec<OwnedFd>) -> io::Result<Inheritance>,
    ) -> io::Result<Auth> {
        let (control, theirs) = socket::seqpacket_pair()?;
        let pairs = (0..lines).map(|_| socket::seqpacket_pair()).collect::<io::Result<Vec<_>>>()?;
        let (places, asking): (Vec<OwnedFd>, Vec<OwnedFd>) = pairs.into_iter().unzip();
        let inheritance = inherit(theirs, asking)?;
        let pid = spawn::server("proftpd: (auth)", inheritance, in_foreground, keeps, auth::serve)?;
        Ok(Auth { pid, control, places, born: Instant::now() })
    }

    /// Sends a note without waiting.
    pub fn tell(&self, note: Note, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        socket::send(self.control.as_fd(), &note.encode(), descriptor.as_slice(), false)
    }

    /// Ends it, whatever it does.
    pub fn kill(&self) {
        // One that has ended by itself is reaped all the same.
        let _ = signals::tell(self.pid, signals::KILL);
    }
}

fn keeps(inheritance: &Inheritance) -> Vec<BorrowedFd<'_>> {
    let single = [&inheritance.board, &inheritance.requests, &inheritance.control];
    let places = inheritance.places.iter().map(AsFd::as_fd);
    single.into_iter().map(AsFd::as_fd).chain(places).chain(inheritance.recorder.descriptors()).collect()
}
