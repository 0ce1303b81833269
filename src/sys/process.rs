//! Processes: how they are made, watched and ended.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{self, ForkResult};

use super::ProcessId;
use super::endings;
use super::mapping::BirthCell;
use super::poll::{self, Waiting};

/// Which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The process that was there before.
    Parent(ProcessId),
    /// The new one.
    Child,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal.
    Killed(Signal),
    /// By a real-time signal: they have numbers and no names.
    KilledByNumber(i32),
}

impl Ending {
    /// What waitpid(2) says of a child, where it says that it has ended.
    fn of(status: libc::c_int) -> Option<Ending> {
        if libc::WIFEXITED(status) {
            return Some(Ending::Exited(libc::WEXITSTATUS(status)));
        }
        let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status))?;
        Some(Signal::try_from(signal).map_or(Ending::KilledByNumber(signal), Ending::Killed))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(status) => write!(out, "status {status}"),
            Ending::Killed(signal) => write!(out, "killed by {signal}"),
            Ending::KilledByNumber(number) => write!(out, "killed by signal {number}"),
        }
    }
}

/// The flag word of a worker's birth; the nursery's filter allows this one and no other. By which signal a sibling's end is told is
/// decided by the nursery's own birth, whatever is said here.
pub const SIBLING_FLAGS: u64 = (libc::CLONE_PARENT
    | libc::CLONE_PARENT_SETTID
    | libc::CLONE_CHILD_SETTID
    | libc::CLONE_CHILD_CLEARTID
    | libc::SIGCHLD) as u64;

/// This process.
pub fn own() -> ProcessId {
    ProcessId(unistd::getpid().as_raw())
}

/// Its parent; another than before when that has died.
pub fn parent() -> ProcessId {
    ProcessId(unistd::getppid().as_raw())
}

/// Whether a process of this number lives; one that has ended and was not awaited does not. Another may have come to have it.
pub fn lives(pid: ProcessId) -> bool {
    match PidFd::open(pid) {
        // It can be read as soon as the process has ended (pidfd_open(2)).
        Ok(process) => {
            !matches!(poll::wait(&mut [Waiting::to_read(process.as_fd())], Some(Duration::ZERO)), Ok(1..))
        }
        Err(error) => error.raw_os_error() != Some(libc::ESRCH),
    }
}

/// Forks a process with one thread; refuses with more, because only the calling one would live on in the child, with
/// whatever the others had locked.
pub fn fork() -> io::Result<Forked> {
    if threads()? != 1 {
        return Err(io::Error::other("a process with several threads cannot fork safely"));
    }
    // SAFETY: there is no other thread (seen just above; only this thread could start one), so the child finds no lock
    // held by a thread that it lacks.
    match unsafe { unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Forked::Parent(ProcessId(child.as_raw()))),
        ForkResult::Child => Ok(Forked::Child),
    }
}

/// Forks as [`fork`] does a child whose end, and those of the siblings that it bears, [`Endings`](super::endings::Endings) tells;
/// SIGCHLD does where the kernel does not say where the C library keeps a thread's id.
pub fn fork_to_be_told() -> io::Result<Forked> {
    let nest = Nest::new();
    if nest.thread_id.is_null() || threads()? != 1 {
        return fork();
    }
    let flags = libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID | endings::ENDED;
    // SAFETY: a copy with its own memory and the same stack contents, as fork makes it. There is no other thread (seen just above)
    // that could hold a lock of the C library's; `thread_id` points to its own word, set in the child as its fork would.
    forked(unsafe { raw_clone(flags as u64, std::ptr::null_mut(), nest.thread_id) })
}

fn forked(pid: libc::c_long) -> io::Result<Forked> {
    match pid {
        0 => Ok(Forked::Child),
        pid if pid > 0 => Ok(Forked::Parent(ProcessId(pid as i32))),
        _ => Err(io::Error::last_os_error()),
    }
}

fn threads() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

/// What a birth needs from the nursery's own start: where glibc keeps the thread's id (set_tid_address(2)).
#[derive(Clone, Copy, Debug)]
pub struct Nest {
    thread_id: *mut libc::pid_t,
}

impl Nest {
    /// Asks the kernel where this thread's id stands (PR_GET_TID_ADDRESS, prctl(2)); null without CONFIG_CHECKPOINT_RESTORE.
    pub fn new() -> Nest {
        let mut thread_id: *mut libc::pid_t = std::ptr::null_mut();
        // SAFETY: the kernel writes one pointer to a local that outlives the call; on failure it stays null.
        unsafe { libc::prctl(libc::PR_GET_TID_ADDRESS, &raw mut thread_id) };
        Nest { thread_id }
    }

    /// Makes a copy of this process that is its parent's child (CLONE_PARENT, clone(2)); the kernel writes its pid to `cell`
    /// before it runs. Unlike [`fork`] it cannot count threads, for its caller's /proc/self is closed: the filter refuses them.
    pub fn bear(&self, cell: &BirthCell) -> io::Result<Forked> {
        let mut flags = SIBLING_FLAGS;
        if self.thread_id.is_null() {
            flags &= !((libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) as u64);
        }
        // SAFETY: a copy with its own memory and the same stack contents, as fork makes it. The nursery starts no threads, and
        // its filter refuses them; `cell` points to a live shared word, and `thread_id` to glibc's own, which the child must
        // have set to its id as glibc's fork does.
        forked(unsafe { raw_clone(flags, cell.pointer(), self.thread_id) })
    }
}

impl Default for Nest {
    fn default() -> Self {
        Nest::new()
    }
}

/// The order of clone's arguments differs: x86_64 takes the child's id before the thread area, the others after it (clone(2)).
unsafe fn raw_clone(flags: u64, parent_id: *mut libc::pid_t, child_id: *mut libc::pid_t) -> libc::c_long {
    let nothing = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: the caller's promise; no new stack and no new thread area are given.
    unsafe {
        if cfg!(target_arch = "x86_64") {
            libc::syscall(libc::SYS_clone, flags, nothing, parent_id, child_id, nothing)
        } else {
            libc::syscall(libc::SYS_clone, flags, nothing, parent_id, nothing, child_id)
        }
    }
}

/// Ends the process at once: nothing inherited is freed, no buffer of the parent's is written twice.
pub fn exit_now(status: u8) -> ! {
    // SAFETY: _exit does not return and touches nothing of this process's memory.
    unsafe { libc::_exit(status.into()) }
}

/// One child that has ended, if there is any. The kernel walks through all of them.
pub fn reap() -> Option<(ProcessId, Ending)> {
    ended(ANYBODY, libc::WNOHANG).ok().flatten()
}

/// How this child has ended, if it is one and has. The kernel looks at no other.
pub fn reap_one(pid: ProcessId) -> Option<Ending> {
    ended(pid, libc::WNOHANG).ok().flatten().map(|(_, ending)| ending)
}

/// Whether it is a child of this process, living or not yet reaped.
pub fn is_child(pid: ProcessId) -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL;
    waitid(Id::Pid(unistd::Pid::from_raw(pid.0)), flags).is_ok()
}

/// Waits for one child to end; the daemon itself does so for the one that tries for a door alone.
pub fn wait_for(pid: ProcessId) -> io::Result<Ending> {
    loop {
        match ended(pid, 0) {
            Ok(Some((_, ending))) => return Ok(ending),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What waitpid(2) means by every child.
const ANYBODY: ProcessId = ProcessId(-1);

/// Children of every kind are asked for: without `__WALL` those that do not say SIGCHLD would be passed over.
fn ended(whose: ProcessId, flags: libc::c_int) -> io::Result<Option<(ProcessId, Ending)>> {
    let mut status = 0;
    // SAFETY: the kernel writes one number to a local that outlives the call.
    match unsafe { libc::waitpid(whose.0, &raw mut status, flags | libc::__WALL) } {
        0 => Ok(None),
        pid if pid > 0 => Ok(Ending::of(status).map(|ending| (ProcessId(pid), ending))),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Has the kernel send `signal` when the parent dies. Every change of identity clears it (prctl(2)); a parent that died before
/// the call is seen by comparing [`parent`].
pub fn set_parent_death_signal(signal: Signal) -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(signal)?)
}

/// Whoever runs as the same user can neither trace this process nor read its memory or descriptors.
pub fn hide_memory() -> io::Result<()> {
    Ok(nix::sys::prctl::set_dumpable(false)?)
}

/// From here on files are made with the very permissions that their makers ask for.
pub fn clear_umask() {
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
}

/// From here on no execve gains a privilege; seccomp and Landlock ask for it.
pub fn forbid_new_privileges() -> io::Result<()> {
    Ok(nix::sys::prctl::set_no_new_privs()?)
}

/// The process can make no other (RLIMIT_NPROC 0 for an unprivileged user).
pub fn stay_alone() -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_NPROC, 0, 0)?)
}

/// Leaves no core file: it would hold what clients and password files said.
pub fn leave_no_core() -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_CORE, 0, 0)?)
}

/// Leads a process group of its own, so that all it starts can be ended with it.
pub fn lead_group() -> io::Result<()> {
    Ok(unistd::setpgid(unistd::Pid::from_raw(0), unistd::Pid::from_raw(0))?)
}

/// Becomes the parent of what its children leave behind (PR_SET_CHILD_SUBREAPER, prctl(2)).
pub fn adopt_orphans() -> io::Result<()> {
    Ok(nix::sys::prctl::set_child_subreaper(true)?)
}

/// Its children, adopted ones too, dead or alive (proc_tid_children(5)); none on a kernel without that file.
pub fn children() -> Vec<ProcessId> {
    let listed = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    listed.split_ascii_whitespace().filter_map(|number| number.parse().ok().map(ProcessId)).collect()
}

/// Begins a session of its own, without a terminal (setsid(2)).
pub fn leave_terminal() -> io::Result<()> {
    unistd::setsid()?;
    Ok(())
}

/// A process named by descriptor: it cannot come to mean another one (pidfd_open(2)).
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// Names a living process.
    pub fn open(pid: ProcessId) -> io::Result<PidFd> {
        // SAFETY: the call takes two integers and makes a new descriptor or fails.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.0, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor; nobody else knows it.
        Ok(PidFd(unsafe { OwnedFd::from_raw_fd(fd as i32) }))
    }

    /// Sends it a signal; `NotFound`-like ESRCH when it is dead, reaped or not.
    pub fn tell(&self, signal: Option<Signal>) -> io::Result<()> {
        let number = signal.map_or(0, |signal| signal as i32);
        let nothing = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: a live descriptor, a signal number, no siginfo.
        let done =
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), number, nothing, 0) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
