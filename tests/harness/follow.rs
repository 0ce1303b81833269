//! A thread of the daemon's that a test follows by ptrace from call to call, to end its process at the very moment it means.

use nix::libc;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// The thread, stopped.
pub struct Followed {
    thread: Pid,
}

impl Followed {
    /// Stops a thread.
    pub fn hold(thread: i32) -> Followed {
        let thread = Pid::from_raw(thread);
        ptrace::attach(thread).expect("root may trace");
        let followed = Followed { thread };
        assert!(matches!(followed.wait(), Ok(WaitStatus::Stopped(..))), "{thread} stops");
        ptrace::setoptions(thread, ptrace::Options::PTRACE_O_TRACESYSGOOD).expect("a traced thread");
        followed
    }

    /// Lets it run to where this call, with this second argument, has just succeeded, and no further.
    pub fn until_done(&self, number: libc::c_long, second: u64) {
        let mut signal = None;
        loop {
            ptrace::syscall(self.thread, signal.take()).expect("a stopped thread");
            match self.wait().expect("a traced thread") {
                WaitStatus::PtraceSyscall(_) => {
                    let regs = ptrace::getregs(self.thread).expect("registers");
                    if (regs.orig_rax, regs.rsi, regs.rax) == (number as u64, second, 0) {
                        return;
                    }
                }
                WaitStatus::Stopped(_, other) => signal = Some(other),
                status => panic!("the thread: {status:?}"),
            }
        }
    }

    /// Kills its process where it stands.
    pub fn end(self, process: i32) {
        kill(Pid::from_raw(process), Signal::SIGKILL).expect("root may kill");
        // Its end is its tracer's to see before anybody else's.
        while let Ok(WaitStatus::Stopped(..) | WaitStatus::PtraceSyscall(..)) = self.wait() {}
    }

    /// Threads that are no process's first are waited for by this flag alone (waitpid(2)).
    fn wait(&self) -> nix::Result<WaitStatus> {
        waitpid(self.thread, Some(WaitPidFlag::__WALL))
    }
}
