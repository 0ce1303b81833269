//! The data connection: how it is opened, what moves over it, how it ends. The session says what must be
//! served meanwhile by [`Attend`], and turns the outcome into replies.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use crate::sys::files::Errno;
use crate::worker::storage::{CloseError, Unnamed};

mod active;
mod deflated;
mod line_ends;
mod lines;
mod pace;
mod passive;
mod stream;
mod transfer;

pub use active::Target as ActiveTarget;
pub use lines::Lines;
pub use passive::{Arrival, Callers, Cooling, Listener};
pub use stream::{Coding, Stream};
pub use transfer::{copy, download, upload};

/// What the session goes on doing while bytes move. One thread serves both: whoever waits here waits for all.
pub trait Attend {
    /// Waits until `fd` is ready, serving the control connection, timers and the bell.
    fn attend(&mut self, fd: BorrowedFd<'_>, readable: bool, writable: bool) -> Result<(), Interrupt>;
    /// The same without waiting, between large blocks.
    fn glance(&mut self) -> Result<(), Interrupt>;
    /// Rests until a moment, serving the control connection, timers and the bell.
    fn rest_until(&mut self, moment: Instant) -> Result<(), Interrupt>;
    /// How many transfers share this one's rate.
    fn sharers(&self) -> u64;
    /// Bytes a second that the operator has ordered.
    fn ordered_rate(&self) -> Option<u64>;
    /// Bytes moved so far in this transfer: the stall timer and the scoreboard live from it.
    fn progress(&mut self, done: u64);
}

/// Why the session wants a transfer to end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// ABOR, or a command that ends the transfer.
    Aborted,
    /// The client did not come to its data connection, or cannot be reached, for as long as one waits: 425, and the session goes
    /// on.
    NobodyCame,
    /// TimeoutStalled.
    Stalled,
    /// Another timer of the session.
    TimedOut,
    /// The operator's order: 421 follows.
    Disconnect,
    /// The control connection is gone.
    ControlClosed,
}

/// What became of a transfer.
#[derive(Debug)]
pub struct Outcome {
    /// Bytes that moved over the data connection.
    pub bytes: u64,
    /// How it ended.
    pub ended: Result<(), Stop>,
}

/// Why a transfer, or the opening of its connection, ended early.
#[derive(Debug)]
pub enum Stop {
    /// The session wanted it.
    Interrupted(Interrupt),
    /// The data connection failed: 425 before it stood, 426 after.
    Connection(io::Error),
    /// The file could not be read or written: [`code_of`](crate::worker::storage::code_of) has the code.
    File(io::Error),
    /// What came is not what RANG said would come.
    Range,
    /// The file is larger than MaxRetrieveFileSize.
    TooLarge,
    /// All of it came, but it could not get its name.
    Unnamed(Box<Unnamed>),
}

impl Stop {
    /// An upload's file failed, or its range is full or not yet.
    pub fn of_file(error: io::Error) -> Stop {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ERANGE) => Stop::Range,
            _ => Stop::File(error),
        }
    }
}

impl From<CloseError> for Stop {
    fn from(error: CloseError) -> Stop {
        match error {
            CloseError::File(error) => Stop::of_file(error),
            CloseError::Unnamed(unnamed) => Stop::Unnamed(unnamed),
        }
    }
}

impl From<Interrupt> for Stop {
    fn from(interrupt: Interrupt) -> Stop {
        Stop::Interrupted(interrupt)
    }
}

#[cfg(test)]
mod testing;
