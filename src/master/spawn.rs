//! How the master makes auth, recorder and nursery: one fork, signals blocked around it, nothing shared by accident.

use std::io;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::logging::trace;
use crate::sys::process::{Ending, Forked};
use crate::sys::seccomp::Filter;
use crate::sys::{ProcessId, descriptors, endings, process, signals, title};

/// What a child exits with when its work panicked; nothing else does.
const PANICKED: u8 = 101;

/// Forks a server process (auth, recorder), shown by its title, that keeps the descriptors of its inheritance and runs `work` to its end. The parent's
/// copy of the inheritance is closed. Of stdin, stdout and stderr it has only the last, and in the foreground alone: whoever reads
/// what a start in the background says must see its end.
pub fn server<I>(
    title: &str,
    inheritance: I,
    in_foreground: bool,
    kept: impl Fn(&I) -> Vec<BorrowedFd<'_>>,
    work: impl FnOnce(I) -> u8,
) -> io::Result<ProcessId> {
    child(|| {
        title::show(&[title.as_bytes()]);
        let ready = descriptors::keep_only(&kept(&inheritance))
            .and_then(|()| descriptors::silence(in_foreground))
            .and_then(|()| signals::become_server());
        if ready.is_ok() { work(inheritance) } else { 1 }
    })
}

/// Forks a process that sorts out signals and descriptors by itself.
pub fn child(work: impl FnOnce() -> u8) -> io::Result<ProcessId> {
    forked(process::fork, work)
}

/// Forks a nursery, with room for so many workers: each of them tells its own end, where all would be heard.
pub fn nursery(room: u32, work: impl FnOnce() -> u8) -> io::Result<ProcessId> {
    let fork = if endings::are_kept(room.into()) { process::fork_to_be_told } else { process::fork };
    forked(fork, work)
}

fn forked(fork: fn() -> io::Result<Forked>, work: impl FnOnce() -> u8) -> io::Result<ProcessId> {
    // A signal between the fork and the child's own handlers would run the master's, and write into the master's pipe.
    let mask = signals::block_all()?;
    match fork() {
        Ok(Forked::Child) => {
            trace::forget();
            process::exit_now(catch_unwind(AssertUnwindSafe(work)).unwrap_or(PANICKED))
        }
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

/// Whether the kernel gives auth a door to accounts here (seccomp user notification; a supervisor of containers may have taken
/// the only listener there can be). A child tries, because a filter is for life.
pub fn probe_door() -> io::Result<bool> {
    let pid = child(|| {
        let tried = process::forbid_new_privileges().and_then(|()| Filter::new(Vec::new()).install(true));
        u8::from(tried.is_err())
    })?;
    Ok(process::wait_for(pid)? == Ending::Exited(0))
}
