//! What a process may use, and how it ranks among others.

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
    fn a_thread_may_give_way() {
        std::thread::spawn(|| change_niceness(1).unwrap()).join().unwrap();
    }
}
