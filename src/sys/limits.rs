//! What a process may use, and how it ranks among others.

use std::fmt;
use std::io;

use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises how many descriptors this process may hold to `most`, or as far as it may (RLIMIT_NOFILE, getrlimit(2)). Gives
/// the number.
pub fn raise_descriptors(most: u64) -> io::Result<u64> {
    let (now, highest) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = most.min(highest).max(now);
    setrlimit(Resource::RLIMIT_NOFILE, wanted, highest)?;
    Ok(wanted)
}

/// What a process may use only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seconds of the processor; who is beyond them is ended (RLIMIT_CPU).
    Processor,
    /// Bytes of address space (RLIMIT_AS).
    Memory,
    /// The highest descriptor, less one (RLIMIT_NOFILE).
    Descriptors,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::Processor => "processor time",
            Kind::Memory => "memory",
            Kind::Descriptors => "open files",
        })
    }
}

/// Limits this process and those it bears; None is as far as it may. A limit above what it already has is that one.
pub fn lower(kind: Kind, soft: Option<u64>, hard: Option<u64>) -> io::Result<()> {
    let resource = match kind {
        Kind::Processor => Resource::RLIMIT_CPU,
        Kind::Memory => Resource::RLIMIT_AS,
        Kind::Descriptors => Resource::RLIMIT_NOFILE,
    };
    let (_, highest) = getrlimit(resource)?;
    let hard = hard.map_or(highest, |hard| hard.min(highest));
    Ok(setrlimit(resource, soft.map_or(hard, |soft| soft.min(hard)), hard)?)
}

/// Makes the calling thread give way more (or, with a negative number and CAP_SYS_NICE, less): niceness is a thread's on Linux
/// (sched(7)). Threads it starts inherit it.
pub fn change_niceness(by: i32) -> io::Result<()> {
    // SAFETY: nice(2) takes and gives a number. -1 may be a niceness too, so errno tells an error.
    let failed = unsafe {
        *libc::__errno_location() = 0;
        libc::nice(by) == -1 && *libc::__errno_location() != 0
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_only_go_up() {
        let now = raise_descriptors(0).unwrap();
        assert_eq!(raise_descriptors(now).unwrap(), now);
    }

    #[test]
    fn limits_are_lowered_and_never_raised() {
        // Far above what this process uses.
        lower(Kind::Processor, Some(1 << 40), None).unwrap();
        assert_eq!(getrlimit(Resource::RLIMIT_CPU).unwrap().0, 1 << 40);
        lower(Kind::Processor, None, Some(u64::MAX)).unwrap();
    }

    #[test]
    fn a_thread_may_give_way() {
        std::thread::spawn(|| change_niceness(1).unwrap()).join().unwrap();
    }
}
