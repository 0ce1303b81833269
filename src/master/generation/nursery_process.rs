//! A generation's nursery as the master holds it: it is asked for workers, and says what becomes of them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use crate::master::spawn;
use crate::nursery::messages::{FromNursery, ToNursery};
use crate::nursery::{self, Inheritance};
use crate::scoreboard::SlotNumber;
use crate::sys::{ProcessId, socket};
use crate::worker::Door;

/// The process and its channel.
#[derive(Debug)]
pub struct Nursery {
    pub pid: ProcessId,
    pub control: OwnedFd,
    /// It bears workers.
    pub ready: bool,
    /// Its end of the channel was seen; the reap is awaited.
    pub silent: bool,
    pub born: Instant,
}

/// What a nursery's packet meant for its generation.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is confined, and identities are taken this way.
    Ready(Door, bool),
    /// It could not begin.
    Failed(String),
    /// No worker for this slot, for this errno.
    NotBorn(SlotNumber, i32),
    /// It is gone; the reap will tell.
    Gone,
    /// Nothing to act upon.
    Nothing,
}

impl Nursery {
    /// Starts it, with room for so many workers; `inherit` gives it its end of the channel and whatever else it needs.
    pub fn start(room: u32, inherit: impl FnOnce(OwnedFd) -> io::Result<Inheritance>) -> io::Result<Nursery> {
        let (control, theirs) = socket::seqpacket_pair()?;
        let inheritance = inherit(theirs)?;
        let pid = spawn::nursery(room, || nursery::serve(inheritance))?;
        Ok(Nursery { pid, control, ready: false, silent: false, born: Instant::now() })
    }

    /// Asks for workers without waiting; gives the slots for which there was no room in the channel, or nobody at its end.
    pub fn ask_for<'a>(&self, slots: &'a [SlotNumber]) -> &'a [SlotNumber] {
        tell(self.control.as_fd(), slots)
    }

    /// Its channel, to be waited for until its end was seen.
    pub fn channel(&self) -> Option<BorrowedFd<'_>> {
        (!self.silent).then(|| self.control.as_fd())
    }

    /// Its channel has ended and is not waited for any more.
    pub fn silence(&mut self) {
        self.ready = false;
        self.silent = true;
    }

    /// One packet, and the descriptors that came with it.
    pub fn hear(&mut self) -> (Heard, Vec<OwnedFd>) {
        let mut buffer = [0; FromNursery::MOST];
        let received = match socket::receive(self.control.as_fd(), &mut buffer, false) {
            Ok(received) if received.length > 0 => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (Heard::Nothing, Vec::new()),
            _ => return (Heard::Gone, Vec::new()),
        };
        let heard = match FromNursery::decode(&buffer[..received.length]) {
            Some(FromNursery::Ready { door, sealed }) => {
                self.ready = true;
                Heard::Ready(door, sealed)
            }
            Some(FromNursery::Failed(why)) => Heard::Failed(why),
            Some(FromNursery::NotBorn { slot, errno }) => Heard::NotBorn(slot, errno),
            None => Heard::Nothing,
        };
        (heard, received.descriptors)
    }
}

fn tell<'a>(nursery: BorrowedFd<'_>, slots: &'a [SlotNumber]) -> &'a [SlotNumber] {
    let mut untold = slots;
    while !untold.is_empty() {
        let (some, rest) = untold.split_at(untold.len().min(ToNursery::SLOTS));
        let order = ToNursery { slots: some.to_vec() }.encode();
        if socket::send(nursery, &order, &[], false).is_err() {
            break;
        }
        untold = rest;
    }
    untold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_sent_is_given_back() {
        let (master, nursery) = socket::seqpacket_pair().unwrap();
        let all: Vec<SlotNumber> = (0..200_000).map(SlotNumber).collect();
        let untold = tell(master.as_fd(), &all);
        assert!(!untold.is_empty() && untold.len() < all.len(), "the queue is bounded: {}", untold.len());
        let mut heard = Vec::new();
        let mut buffer = [0; ToNursery::MOST];
        while let Ok(length) = socket::read(nursery.as_fd(), &mut buffer) {
            heard.extend(ToNursery::decode(&buffer[..length]).slots);
        }
        assert_eq!([&heard[..], untold].concat(), all);
        drop(nursery);
        assert_eq!(tell(master.as_fd(), &all[..2]), &all[..2]);
    }
}
