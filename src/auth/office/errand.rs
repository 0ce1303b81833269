//! One question on its way through auth, with the descriptor that takes the answer.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use crate::auth::door::ledger::Visit;
use crate::auth::wire::{Answer, Request};
use crate::sys::poll::{self, Waiting};
use crate::sys::{UserId, socket};

/// A question in flight. Dropped without an answer, it closes its descriptor, which the worker reads as
/// [`Answer::TryAgain`].
pub struct Errand {
    /// Whose it is; its worker can ask nothing else meanwhile.
    pub visit: Visit,
    /// What is asked.
    pub request: Request,
    /// Who asked, by the kernel's word at that moment.
    pub uid: UserId,
    /// The file that a gift is about.
    pub file: Option<OwnedFd>,
    reply: OwnedFd,
}

impl Errand {
    /// A request as it arrived. None where the descriptor is no local socket: closing or writing to anything else
    /// might block.
    pub fn new(
        visit: Visit,
        request: Request,
        (reply, file): (OwnedFd, Option<OwnedFd>),
        uid: UserId,
    ) -> Option<Errand> {
        socket::is_local(reply.as_fd()).then_some(Errand { visit, request, uid, file, reply })
    }

    /// Whether the worker has gone, or has given up waiting: then no hash is wasted on it.
    pub fn is_abandoned(&self) -> bool {
        is_abandoned(self.reply.as_fd())
    }

    /// Lets the worker ask other questions before this one is answered, where the answer will be said.
    pub fn release(self) -> OwnedFd {
        self.reply
    }

    /// Says the answer; never waits. An error when nobody listens any more.
    pub fn answer(self, answer: &Answer) -> io::Result<()> {
        // First: with the answer in hand the worker may ask its next question at once.
        drop(self.visit);
        socket::send(self.reply.as_fd(), &answer.encode(), &[], false)
    }
}

/// Whether nobody waits any more at the other end of a reply descriptor.
pub fn is_abandoned(reply: BorrowedFd<'_>) -> bool {
    let mut waiting = [Waiting::to_write(reply)];
    poll::wait(&mut waiting, Some(Duration::ZERO)).is_err() || waiting[0].ready.hung_up
}
