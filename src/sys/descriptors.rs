//! What a process keeps open. A child of the master inherits everything; it keeps what is named and closes the rest.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

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

/// Whether stdin is a socket (inetd(8) hands a connection on so).
pub fn stdin_is_socket() -> bool {
    status_of(io::stdin().as_fd()).is_some_and(|(_, _, is_socket)| is_socket)
}

/// Opens /dev/null over stdout and stderr where they are the socket that stdin is: nobody but its session speaks to a client. Says
/// whether stderr was. Where that cannot be found out or done there is nobody to be told.
pub fn leave_client_alone() -> bool {
    let Some(stdin) = status_of(io::stdin().as_fd()).filter(|(_, _, is_socket)| *is_socket) else {
        return false;
    };
    let Ok(null) = std::fs::OpenOptions::new().write(true).open("/dev/null") else { return false };
    let is_client = |fd: BorrowedFd<'_>| status_of(fd) == Some(stdin);
    let taken = [(1, is_client(io::stdout().as_fd())), (2, is_client(io::stderr().as_fd()))];
    for (number, _) in taken.into_iter().filter(|(_, is_client)| *is_client) {
        let _ = replace(null.as_fd(), number);
    }
    taken[1].1
}

fn status_of(fd: BorrowedFd<'_>) -> Option<(u64, u64, bool)> {
    let metadata = std::fs::File::from(fd.try_clone_to_owned().ok()?).metadata().ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.file_type().is_socket()))
}

/// What stdin is, under a number of its own; /dev/null takes its place.
pub fn take_stdin() -> io::Result<OwnedFd> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let null = std::fs::File::open("/dev/null")?;
    replace(null.as_fd(), 0)?;
    Ok(stdin)
}

/// Opens /dev/null over stdin and stdout, and over stderr too unless it is kept.
pub fn silence(keep_stderr: bool) -> io::Result<()> {
    let null: OwnedFd = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?.into();
    let last = if keep_stderr { 1 } else { 2 };
    (0..=last).try_for_each(|number| replace(null.as_fd(), number))
}

/// Puts a file in the place of one of the standard streams.
fn replace(file: BorrowedFd<'_>, standard: RawFd) -> io::Result<()> {
    debug_assert!((0..=2).contains(&standard));
    // SAFETY: the callers name one of the three standard numbers, which no owning object of this program holds.
    if unsafe { libc::dup2(file.as_raw_fd(), standard) } < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
