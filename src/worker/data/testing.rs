//! A session for tests: it waits for the data connection alone, and loses patience on demand.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::{Attend, Interrupt};
use crate::sys::poll::{self, Waiting};

/// Attends to one descriptor; interrupts once so many bytes have moved.
pub struct Waits {
    patience: Option<u64>,
    /// Bytes moved.
    pub done: u64,
}

impl Waits {
    pub fn for_ever() -> Waits {
        Waits { patience: None, done: 0 }
    }

    pub fn until(bytes: u64) -> Waits {
        Waits { patience: Some(bytes), done: 0 }
    }
}

impl Attend for Waits {
    fn attend(&mut self, fd: BorrowedFd<'_>, readable: bool, writable: bool) -> Result<(), Interrupt> {
        self.glance()?;
        let mut waiting = [Waiting { fd, read: readable, write: writable, ready: Default::default() }];
        let ready = poll::wait(&mut waiting, Some(Duration::from_secs(20))).unwrap();
        if ready == 0 { Err(Interrupt::TimedOut) } else { Ok(()) }
    }

    fn glance(&mut self) -> Result<(), Interrupt> {
        match self.patience {
            Some(patience) if self.done >= patience => Err(Interrupt::Aborted),
            _ => Ok(()),
        }
    }

    fn rest_until(&mut self, moment: Instant) -> Result<(), Interrupt> {
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        self.glance()
    }

    fn sharers(&self) -> u64 {
        1
    }

    fn ordered_rate(&self) -> Option<u64> {
        None
    }

    fn progress(&mut self, done: u64) {
        self.done = done;
    }
}
