//! A transfer that goes on while the session attends to everything else: ABOR and STAT are heard meanwhile, and what it moved is known.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use super::{Watch, Woken};
use crate::protocol::Reply;
use crate::scoreboard::Direction;
use crate::sys::poll::Waiting;
use crate::worker::data::{Attend, Interrupt, Listener};
use crate::worker::ending::Ending;
use crate::worker::timeouts::Expired;

/// How long a port whose client did not come is kept from others: a client's second and third attempt come within.
const COOLING: Duration = Duration::from_secs(10);

/// The transfer that is going on.
pub(super) struct Moving {
    what: String,
    size: Option<u64>,
    done: u64,
}

impl Watch {
    /// A transfer is asked for; STAT will speak of it in these words.
    pub fn transfer_begins(&mut self, what: String, size: Option<u64>) {
        self.timers.opening();
        self.owes_outcome = true;
        self.transfer = Some(Moving { what, size, done: 0 });
    }

    /// So many bytes went over a data connection.
    pub fn count_data(&mut self, direction: Direction, bytes: u64) {
        let (brought, taken) = &mut self.data_traffic;
        let total = if direction == Direction::Upload { brought } else { taken };
        *total = total.saturating_add(bytes);
    }

    /// Bytes that have come, and bytes that have left or are about to, on all connections.
    pub fn traffic(&self) -> (u64, u64) {
        let (read, written) = self.conversation.traffic();
        (read + self.data_traffic.0, written + self.data_traffic.1)
    }

    /// Its data connection stands.
    pub fn transfer_connected(&mut self) {
        self.timers.moving(Instant::now());
    }

    /// Closes a descriptor when next there is nothing to say: the client waits for its answer, and for this it does not.
    pub fn close_later(&mut self, descriptor: OwnedFd) {
        self.spent.push(descriptor);
    }

    /// A passive port is given up before its client has come.
    pub fn abandon(&mut self, listener: Listener) {
        self.cooling = listener.cool(Instant::now());
    }

    /// Lets go of a port whose client will not come any more.
    pub fn release_port(&mut self) {
        if self.cooling.as_ref().is_some_and(|cooling| cooling.since.elapsed() >= COOLING) {
            self.cooling = None;
        }
    }

    /// The transfer is over; gives the bytes it moved.
    pub fn transfer_ends(&mut self) -> u64 {
        self.timers.moved(Instant::now());
        self.transfer.take().map_or(0, |moving| moving.done)
    }

    /// As [`Attend::attend`], up to a deadline.
    pub fn attend_until(
        &mut self,
        (fd, readable, writable): (BorrowedFd<'_>, bool, bool),
        deadline: Option<Instant>,
    ) -> Result<(), Interrupt> {
        loop {
            self.hear_urgent()?;
            let waiting = Waiting { fd, read: readable, write: writable, ready: Default::default() };
            match self.wait(Some(waiting), deadline) {
                Ok(Woken::Ready) => return self.hear_urgent(),
                Ok(Woken::Otherwise) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return Err(Interrupt::NobodyCame);
                }
                Ok(Woken::Otherwise) => {}
                Err(ending) => return Err(self.interrupted(ending)),
            }
        }
    }

    /// ABOR and STAT are heard during a transfer (RFC 959 §4.1.3); the rest waits its turn.
    fn hear_urgent(&mut self) -> Result<(), Interrupt> {
        if self.conversation.take_urgent(|line| is_verb(line, b"ABOR")).is_some() {
            return Err(Interrupt::Aborted);
        }
        // A client that asks without reading the answers is answered when it reads.
        while !self.conversation.is_backed_up()
            && self.conversation.take_urgent(|line| is_verb(line, b"STAT")).is_some()
        {
            let status = self.transfer_status();
            self.conversation.reply(&status);
        }
        Ok(())
    }

    fn transfer_status(&self) -> Reply {
        match &self.transfer {
            Some(Moving { what, size: Some(size), done }) => {
                Reply::new(213, format!("{what}: {done} of {size} bytes transferred"))
            }
            Some(Moving { what, size: None, done }) => {
                Reply::new(213, format!("{what}: {done} bytes transferred"))
            }
            None => Reply::new(213, "No transfer"),
        }
    }

    /// Remembers why the session ends, for when what it is in the middle of has been given up.
    pub fn interrupted(&mut self, ending: Ending) -> Interrupt {
        let interrupt = match &ending {
            Ending::Expired(Expired::Stalled(_)) => Interrupt::Stalled,
            Ending::Expired(_) => Interrupt::TimedOut,
            Ending::Gone => Interrupt::ControlClosed,
            _ => Interrupt::Disconnect,
        };
        self.ending = Some(ending);
        interrupt
    }
}

impl Attend for Watch {
    fn attend(&mut self, fd: BorrowedFd<'_>, readable: bool, writable: bool) -> Result<(), Interrupt> {
        self.attend_until((fd, readable, writable), None)
    }

    fn glance(&mut self) -> Result<(), Interrupt> {
        match self.wait(None, Some(Instant::now())) {
            Ok(_) => self.hear_urgent(),
            Err(ending) => Err(self.interrupted(ending)),
        }
    }

    fn rest_until(&mut self, moment: Instant) -> Result<(), Interrupt> {
        if self.transfer.is_some() {
            // Who is made to rest has not stalled.
            self.timers.moving(moment);
        }
        loop {
            self.hear_urgent()?;
            if moment <= Instant::now() {
                return Ok(());
            }
            if let Err(ending) = self.wait(None, Some(moment)) {
                return Err(self.interrupted(ending));
            }
        }
    }

    fn sharers(&self) -> u64 {
        self.birth.board.sharers(self.birth.slot)
    }

    fn ordered_rate(&self) -> Option<u64> {
        self.birth.board.ordered_rate(self.birth.slot)
    }

    fn progress(&mut self, done: u64) {
        let Some(moving) = &mut self.transfer else { return };
        if done != moving.done {
            moving.done = done;
            self.timers.moving(Instant::now());
            self.birth.own.transfer_progress(done);
        }
    }
}

/// A line that is this verb and nothing else.
fn is_verb(line: &[u8], verb: &[u8]) -> bool {
    line.trim_ascii().eq_ignore_ascii_case(verb)
}
