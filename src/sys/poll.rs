//! Waiting: one place, many descriptors, and the bell.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::libc;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::SigSet;
use nix::sys::time::TimeSpec;

use super::signals;

/// What became of a descriptor that was waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// A read will not block (data, a client, or the end of file).
    pub readable: bool,
    /// A write will not block.
    pub writable: bool,
    /// The other end is gone, or the descriptor is in error.
    pub hung_up: bool,
}

/// A descriptor to wait for.
#[derive(Debug)]
pub struct Waiting<'a> {
    /// Whose readiness matters.
    pub fd: BorrowedFd<'a>,
    /// Wake when it can be read.
    pub read: bool,
    /// Wake when it can be written.
    pub write: bool,
    /// What came of it.
    pub ready: Readiness,
}

impl<'a> Waiting<'a> {
    /// Waits for something to read.
    pub fn to_read(fd: BorrowedFd<'a>) -> Waiting<'a> {
        Waiting { fd, read: true, write: false, ready: Readiness::default() }
    }

    /// Waits for room to write.
    pub fn to_write(fd: BorrowedFd<'a>) -> Waiting<'a> {
        Waiting { fd, read: false, write: true, ready: Readiness::default() }
    }
}

/// Waits with the signal mask as it is. Gives how many are ready: 0 when the time is up.
pub fn wait(waiting: &mut [Waiting<'_>], timeout: Option<Duration>) -> io::Result<usize> {
    wait_with(waiting, timeout, None)
}

/// Waits with the bell and TERM let in; `Interrupted` when one of them came. A ready descriptor wins over the bell.
pub fn wait_or_bell(waiting: &mut [Waiting<'_>], timeout: Option<Duration>) -> io::Result<usize> {
    wait_with(waiting, timeout, Some(signals::waiting_mask()))
}

fn wait_with(
    waiting: &mut [Waiting<'_>],
    timeout: Option<Duration>,
    mask: Option<SigSet>,
) -> io::Result<usize> {
    let mut polled: Vec<PollFd<'_>> =
        waiting.iter().map(|wanted| PollFd::new(wanted.fd, wanted.flags())).collect();
    let ready = ppoll(&mut polled, timeout.map(TimeSpec::from_duration), mask)?;
    let seen: Vec<PollFlags> =
        polled.iter().map(|entry| entry.revents().unwrap_or(PollFlags::empty())).collect();
    for (wanted, flags) in waiting.iter_mut().zip(seen) {
        wanted.ready = Readiness::from(flags);
    }
    Ok(usize::try_from(ready).unwrap_or_default())
}

impl Waiting<'_> {
    fn flags(&self) -> PollFlags {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, self.read);
        flags.set(PollFlags::POLLOUT, self.write);
        flags
    }
}

impl From<PollFlags> for Readiness {
    fn from(flags: PollFlags) -> Readiness {
        let hung_up = flags.intersects(PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL);
        Readiness {
            readable: flags.contains(PollFlags::POLLIN) || hung_up,
            writable: flags.contains(PollFlags::POLLOUT),
            hung_up,
        }
    }
}

/// A spare's wait on the shared listeners: one connection wakes one worker (EPOLLEXCLUSIVE, epoll_ctl(2)). Made after the
/// birth: a shared instance wakes three times as many.
#[derive(Debug)]
pub struct Exclusive {
    epoll: Epoll,
}

impl Exclusive {
    /// Waits on these; [`Exclusive::wait_or_bell`] names them by their index.
    pub fn new<'a>(listeners: impl IntoIterator<Item = BorrowedFd<'a>>) -> io::Result<Exclusive> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (index, listener) in listeners.into_iter().enumerate() {
            let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE;
            epoll.add(listener, EpollEvent::new(flags, index as u64))?;
        }
        Ok(Exclusive { epoll })
    }

    /// The index of a listener with a client to accept; `Interrupted` when the bell or TERM came first.
    pub fn wait_or_bell(&self) -> io::Result<usize> {
        let mut event: libc::epoll_event = libc::epoll_event { events: 0, u64: 0 };
        let mask = signals::waiting_mask();
        // SAFETY: one event's room is given and said to be one; the mask lives until the call returns.
        let count = unsafe { libc::epoll_pwait(self.epoll.0.as_raw_fd(), &mut event, 1, -1, mask.as_ref()) };
        match count {
            1 => Ok(event.u64 as usize),
            0 => Err(io::ErrorKind::Interrupted.into()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// A counter that wakes whoever waits for it (eventfd(2)): a hint that something happened, and how often.
pub fn hint() -> io::Result<OwnedFd> {
    use nix::sys::eventfd::{EfdFlags, EventFd};
    let made = EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    Ok(made.into())
}

/// Adds one to a hint. A full counter is as good as one more.
pub fn give_hint(hint: BorrowedFd<'_>) {
    let _ = nix::unistd::write(hint, &1u64.to_ne_bytes());
}

/// Takes a hint's count and sets it to 0.
pub fn take_hint(hint: BorrowedFd<'_>) -> u64 {
    let mut count = [0; 8];
    match nix::unistd::read(hint, &mut count) {
        Ok(8) => u64::from_ne_bytes(count),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_hint_wakes_and_is_taken_whole() {
        let hint = hint().unwrap();
        let mut waiting = [Waiting::to_read(hint.as_fd())];
        assert_eq!(wait(&mut waiting, Some(Duration::ZERO)).unwrap(), 0);
        give_hint(hint.as_fd());
        give_hint(hint.as_fd());
        assert_eq!(wait(&mut waiting, None).unwrap(), 1);
        assert!(waiting[0].ready.readable);
        assert_eq!(take_hint(hint.as_fd()), 2);
        assert_eq!(take_hint(hint.as_fd()), 0);
    }
}
