//! How the master makes auth, recorder and nursery: one fork, signals blocked around it, nothing shared by accident.

use std::io;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sys::process::Forked;
use crate::sys::{ProcessId, descriptors, process, signals};

/// What a child exits with when its work panicked; nothing else does.
const PANICKED: u8 = 101;

/// Forks a server process (auth, recorder) that keeps the descriptors of its inheritance and runs `work` to its end. The parent's
/// copy of the inheritance is closed.
pub fn server<I>(
    inheritance: I,
    kept: impl Fn(&I) -> Vec<BorrowedFd<'_>>,
    work: impl FnOnce(I) -> u8,
) -> io::Result<ProcessId> {
    child(|| {
        let ready = descriptors::keep_only(&kept(&inheritance)).and_then(|()| signals::become_server());
        if ready.is_ok() { work(inheritance) } else { 1 }
    })
}

/// Forks a process that sorts out signals and descriptors by itself (the nursery).
pub fn child(work: impl FnOnce() -> u8) -> io::Result<ProcessId> {
    // A signal between the fork and the child's own handlers would run the master's, and write into the master's pipe.
    let mask = signals::block_all()?;
    match process::fork() {
        Ok(Forked::Child) => process::exit_now(catch_unwind(AssertUnwindSafe(work)).unwrap_or(PANICKED)),
        Ok(Forked::Parent(pid)) => {
            signals::restore(&mask)?;
            Ok(pid)
        }
        Err(error) => {
            signals::restore(&mask)?;
            Err(error)
        }
    }
}
