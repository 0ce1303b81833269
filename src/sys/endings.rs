//! Children whose ends are told one by one. SIGCHLD says that somebody has ended, and the parent of thousands asks the kernel to walk
//! through them all; a real-time signal in its place is queued, and each says whose end it is (signal(7), "Queueing").

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{self, SigSet, SigmaskHow};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::ProcessId;

/// The signal. A number of its own and not the C library's next: programs of two builds may take each other's place and must mean
/// the same, for what came to one and was not taken comes to the other.
pub(super) const ENDED: libc::c_int = 40;

/// Ends taken at once.
pub const AT_ONCE: usize = 256;

/// Where the parent hears of them. The signal is blocked as long as the process lives: unhandled it would end it.
#[derive(Debug)]
pub struct Endings {
    signal: SigSet,
    /// Only to be waited for.
    heard: SignalFd,
}

impl Endings {
    /// From here on ends are heard; before the first child that tells its own.
    pub fn hear() -> io::Result<Endings> {
        let signal = alone();
        signal::sigprocmask(SigmaskHow::SIG_BLOCK, Some(&signal), None)?;
        let heard = SignalFd::with_flags(&signal, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        Ok(Endings { signal, heard })
    }

    /// Some of those who have ended since the last look; there may be more. Whoever may send signals to this process can
    /// have it name anybody: it is to be asked of the kernel whether they have ended.
    pub fn told(&self) -> Vec<ProcessId> {
        // Zero and below mean others than one child to waitpid(2).
        std::iter::from_fn(|| next(&self.signal)).take(AT_ONCE).filter(|pid| pid.0 > 0).collect()
    }
}

/// A read from the descriptor would take what is said of a child for what is said of a descriptor, as the number is not SIGCHLD's.
fn next(ended: &SigSet) -> Option<ProcessId> {
    let mut said = MaybeUninit::<libc::siginfo_t>::zeroed();
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the set and the time are read, `said` is written, and all three outlive the call.
    let number = unsafe { libc::sigtimedwait(ended.as_ref(), said.as_mut_ptr(), &raw const at_once) };
    // SAFETY: zeroes are a siginfo_t, and the kernel may have written another; the field is a plain number, whatever kind it is of.
    (number == ENDED).then(|| ProcessId(unsafe { said.assume_init().si_pid() }))
}

impl AsFd for Endings {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.heard.as_fd()
    }
}

/// Whether the ends of `most` children at once are kept until they are heard (RLIMIT_SIGPENDING, getrlimit(2)): the limit is raised
/// where it may be. It is one for all processes of the user, so one that finds no room is lost all the same.
pub fn are_kept(most: u64) -> bool {
    let Ok((now, highest)) = getrlimit(Resource::RLIMIT_SIGPENDING) else { return false };
    now >= most || setrlimit(Resource::RLIMIT_SIGPENDING, most, highest.max(most)).is_ok()
}

/// The set of this signal.
pub(super) fn alone() -> SigSet {
    let mut raw = *SigSet::empty().as_ref();
    // SAFETY: an initialised set and the number of a signal; nothing else is read or written.
    unsafe { libc::sigaddset(&raw mut raw, ENDED) };
    // SAFETY: the set is an initialised one. nix has no name for its signal and never gives it out; calls take the set as a whole.
    unsafe { SigSet::from_sigset_t_unchecked(raw) }
}
