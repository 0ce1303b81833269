//! The data connection: how it is opened, what moves over it, how it ends. The session says what must be
//! served meanwhile by [`Attend`], and turns the outcome into replies.

use std::os::fd::BorrowedFd;

/// What the session goes on doing while bytes move. One thread serves both: whoever waits here waits for all.
pub trait Attend {
    /// Waits until `fd` is ready, serving the control connection, timers and the bell.
    fn attend(&mut self, fd: BorrowedFd<'_>, readable: bool, writable: bool) -> Result<(), Interrupt>;
    /// The same without waiting, between large blocks.
    fn glance(&mut self) -> Result<(), Interrupt>;
    /// Bytes moved so far in this transfer: the stall timer and the scoreboard live from it.
    fn progress(&mut self, done: u64);
}

/// Why the session wants a transfer to end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// ABOR, or a command that ends the transfer.
    Aborted,
    /// TimeoutStalled.
    Stalled,
    /// Another timer of the session.
    TimedOut,
    /// The operator's order: 421 follows.
    Disconnect,
    /// The control connection is gone.
    ControlClosed,
}
