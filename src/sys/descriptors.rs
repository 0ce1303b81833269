//! What a process keeps open. A child of the master inherits everything; it keeps what is named and closes the rest.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::libc;

/// Closes every descriptor above 2 but these. For a process that was just forked and never drops what it inherited besides.
pub fn keep_only(kept: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut numbers: Vec<RawFd> = kept.iter().map(|fd| fd.as_raw_fd()).filter(|fd| *fd > 2).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut first = 3;
    for number in numbers {
        close_between(first, number - 1)?;
        first = number + 1;
    }
    close_between(first, RawFd::MAX)
}

fn close_between(first: RawFd, last: RawFd) -> io::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: the descriptors closed belong to the parent's objects, whose copies in this process are never used or dropped:
    // the callers run to `exit_now` with what they were handed.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The same open file under a number of at least `least`, out of the way of those that come and go (F_DUPFD, fcntl(2)).
pub fn raise(fd: OwnedFd, least: RawFd) -> io::Result<OwnedFd> {
    let raised = nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(least))?;
    // SAFETY: fcntl has just made this descriptor; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(raised) })
}

/// What the service manager opened for this process (sd_listen_fds(3)); nothing where it opened none. To be asked once.
pub fn passed() -> io::Result<Vec<OwnedFd>> {
    // SAFETY: the protocol gives these numbers to the process that LISTEN_PID names, which is this one. A number that is not open
    // was refused by the fcntl that sets close-on-exec, and nothing else of this program has been opened yet.
    Ok(sd_notify::listen_fds()?.map(|number| unsafe { OwnedFd::from_raw_fd(number) }).collect())
}

/// Opens /dev/null over stdin and stdout, and over stderr too unless it is kept.
pub fn silence(keep_stderr: bool) -> io::Result<()> {
    let null: OwnedFd = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?.into();
    let last = if keep_stderr { 1 } else { 2 };
    for number in 0..=last {
        // SAFETY: dup2 to the three standard numbers, which no owning object of this program holds.
        if unsafe { libc::dup2(null.as_raw_fd(), number) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
