//! Signals of the processes below the master. They are blocked except while a process waits, so that none is lost between
//! a look and a wait; the handlers do nothing, or raise one flag.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::libc;
use nix::sys::signal::{self, SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal};

use super::ProcessId;
use super::endings;
use super::succession::{self, Failure};

/// Tells a worker to look at its order; it carries no meaning of its own.
pub const BELL: Signal = Signal::SIGUSR2;
/// Ends a process that cannot be asked.
pub const KILL: Signal = Signal::SIGKILL;

/// Raised by TERM in a worker.
static LEAVE: AtomicBool = AtomicBool::new(false);

/// Where a crash writes its line.
static CRASH_LOG: AtomicI32 = AtomicI32::new(2);

/// The signals that the master acts upon.
pub const MASTERS: [Signal; 7] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCHLD,
];

/// The signals by which a process ends itself: through a fault, or because its processor time is used up (RLimitCPU).
pub(super) const FAULTS: [Signal; 6] =
    [Signal::SIGABRT, Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGILL, Signal::SIGFPE, Signal::SIGXCPU];

/// Whether TERM has come to this worker.
pub fn leave_asked() -> bool {
    LEAVE.load(Ordering::Relaxed)
}

/// Blocks every signal that can be blocked; gives what was blocked before.
pub fn block_all() -> io::Result<SigSet> {
    let mut before = SigSet::empty();
    signal::sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    Ok(before)
}

/// Puts a mask back.
pub fn restore(mask: &SigSet) -> io::Result<()> {
    Ok(signal::sigprocmask(SigmaskHow::SIG_SETMASK, Some(mask), None)?)
}

/// The mask of a worker that waits: the bell and TERM may come in, and what ends a faulty process.
pub fn waiting_mask() -> SigSet {
    let mut mask = worker_mask();
    mask.remove(BELL);
    mask.remove(Signal::SIGTERM);
    mask
}

/// The mask of a worker at work: all signals but faults and the deadline's alarm.
fn worker_mask() -> SigSet {
    let mut mask = SigSet::all();
    FAULTS.iter().for_each(|fault| mask.remove(*fault));
    mask.remove(Signal::SIGALRM);
    mask
}

/// Worker and nursery, at birth: the master's handlers are forgotten; the bell, TERM and the alarm get their own; INT, HUP,
/// QUIT and USR1 of a terminal or an operator are the master's business.
pub fn become_worker() -> io::Result<()> {
    LEAVE.store(false, Ordering::Relaxed);
    for number in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGPIPE] {
        handle(number, SigHandler::SigIgn)?;
    }
    handle(Signal::SIGCHLD, SigHandler::SigDfl)?;
    handle(BELL, SigHandler::Handler(noticed))?;
    handle(Signal::SIGALRM, SigHandler::Handler(noticed))?;
    handle(Signal::SIGTERM, SigHandler::Handler(leave))?;
    FAULTS.iter().try_for_each(|fault| handle(*fault, SigHandler::SigDfl))?;
    restore(&worker_mask())
}

/// Auth and recorder, at birth: they end with the master's channel, not by signals sent to the whole group (a terminal, systemd). Threads that start later
/// inherit the mask.
pub fn become_server() -> io::Result<()> {
    for number in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGUSR1,
        Signal::SIGPIPE,
        BELL,
    ] {
        handle(number, SigHandler::SigIgn)?;
    }
    for number in FAULTS.iter().copied().chain([Signal::SIGCHLD]) {
        handle(number, SigHandler::SigDfl)?;
    }
    restore(&SigSet::empty())
}

/// A child that runs foreign code, at birth: that code finds every signal as a program does.
pub fn become_ordinary() -> io::Result<()> {
    for number in Signal::iterator().filter(|number| !matches!(number, Signal::SIGKILL | Signal::SIGSTOP)) {
        handle(number, SigHandler::SigDfl)?;
    }
    restore(&SigSet::empty())
}

/// Recorder: TERM is for the master, who tells the recorder to stop when the last line is written. A service manager sends it
/// to every process.
pub fn ignore_termination() -> io::Result<()> {
    handle(Signal::SIGTERM, SigHandler::SigIgn)
}

/// Ignores SIGPIPE: a peer that has gone is an error of the call that writes.
pub fn ignore_pipe() -> io::Result<()> {
    handle(Signal::SIGPIPE, SigHandler::SigIgn)
}

fn handle(number: Signal, handler: SigHandler) -> io::Result<()> {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handlers below touch atomics and write(2) alone, which signal-safety(7) allows at any moment.
    unsafe { signal::sigaction(number, &action)? };
    Ok(())
}

extern "C" fn noticed(_: libc::c_int) {}

extern "C" fn leave(_: libc::c_int) {
    LEAVE.store(true, Ordering::Relaxed);
}

/// Master: a fault writes one line to `log`, which stays open until the next call, and then takes its default action (core or
/// not, and the real wait status).
pub fn announce_faults(log: BorrowedFd<'_>) -> io::Result<()> {
    CRASH_LOG.store(log.as_raw_fd(), Ordering::Relaxed);
    handle_faults()
}

fn handle_faults() -> io::Result<()> {
    // On the stack that Rust's runtime has for handlers: the fault may be that the other one is used up.
    let flags = SaFlags::SA_RESETHAND | SaFlags::SA_NODEFER | SaFlags::SA_ONSTACK;
    let action = SigAction::new(SigHandler::Handler(announce), flags, SigSet::empty());
    for fault in FAULTS {
        // SAFETY: `announce` only calls write(2) and raise(3), which signal-safety(7) allows.
        unsafe { signal::sigaction(fault, &action)? };
    }
    Ok(())
}

/// Master that has taken another's place, first of all: faults and the alarm have the other come back
/// ([`succession::prepare_way_back`]). Its predecessor has left all signals blocked; these are not.
pub(super) fn come_back_on_faults_and_alarm() -> io::Result<()> {
    handle_faults()?;
    handle(Signal::SIGALRM, SigHandler::Handler(late))?;
    let heard: SigSet = FAULTS.into_iter().chain([Signal::SIGALRM]).collect();
    Ok(signal::sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&heard), None)?)
}

extern "C" fn late(_: libc::c_int) {
    succession::go_back(Failure::Late);
}

/// Master that has taken another's place: its handlers stand, signals may come, but for the one that is read from a descriptor.
pub fn unblock_all() -> io::Result<()> {
    restore(&endings::alone())
}

extern "C" fn announce(number: libc::c_int) {
    if let Ok(fault) = Signal::try_from(number) {
        succession::go_back(Failure::Fault(fault));
    }
    let text: &[u8] = match number {
        libc::SIGABRT => b"ferryd: master died of SIGABRT; sessions go on, start it again\n",
        libc::SIGBUS => b"ferryd: master died of SIGBUS; sessions go on, start it again\n",
        libc::SIGILL => b"ferryd: master died of SIGILL; sessions go on, start it again\n",
        libc::SIGFPE => b"ferryd: master died of SIGFPE; sessions go on, start it again\n",
        libc::SIGXCPU => b"ferryd: master died of SIGXCPU; sessions go on, start it again\n",
        _ => b"ferryd: master died of SIGSEGV; sessions go on, start it again\n",
    };
    let log: RawFd = CRASH_LOG.load(Ordering::Relaxed);
    // SAFETY: write(2) and raise(3) are async-signal-safe; the text is static. SA_RESETHAND has put the default action
    // back, so that the signal raised again ends the process as if nobody had handled it.
    unsafe {
        libc::write(log, text.as_ptr().cast(), text.len());
        libc::raise(number);
    }
}

/// Sends a signal to the process group that a child leads, which is not reaped yet; `Ok(false)` when it leads none.
pub fn tell_group(leader: ProcessId, number: Signal) -> io::Result<bool> {
    match signal::killpg(nix::unistd::Pid::from_raw(leader.0), number) {
        Ok(()) => Ok(true),
        Err(nix::Error::ESRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Sends a signal to one process; `Ok(false)` when it is gone already.
pub fn tell(pid: ProcessId, number: Signal) -> io::Result<bool> {
    match signal::kill(nix::unistd::Pid::from_raw(pid.0), number) {
        Ok(()) => Ok(true),
        Err(nix::Error::ESRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
