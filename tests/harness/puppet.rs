//! A process of the daemon's that a test holds by ptrace and makes call the kernel: what a worker could do whose code a client
//! had taken over. The daemon itself has no hook for it; its filter sees the calls as the worker's own.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::eventually;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded, with this result.
    Done(i64),
    /// It failed.
    Failed(Errno),
    /// The process did not survive it.
    Killed(Signal),
}

/// The process, stopped.
pub struct Puppet {
    pid: Pid,
    /// As it waits in the kernel, or is about to ask it.
    saved: libc::user_regs_struct,
    /// As it goes on.
    resumed: libc::user_regs_struct,
    gone: bool,
}

/// How far below its stack a puppet keeps what its calls point to.
const SCRATCH: u64 = 16 * 1024;

impl Puppet {
    /// Stops a process that waits in the kernel; one that is still on its way there is let go until it does.
    pub fn hold(pid: i32) -> Puppet {
        eventually(&format!("{pid} waits in a system call"), || Puppet::caught(Pid::from_raw(pid)))
    }

    fn caught(pid: Pid) -> Option<Puppet> {
        ptrace::attach(pid).expect("root may trace");
        assert!(matches!(waitpid(pid, None), Ok(WaitStatus::Stopped(..))), "{pid} stops");
        let saved = ptrace::getregs(pid).expect("registers");
        let before = ptrace::read(pid, (saved.rip - 2) as ptrace::AddressType).expect("code");
        // The instruction before this one is `syscall`.
        if before & 0xffff == 0x050f {
            return Some(Puppet { pid, saved, resumed: saved, gone: false });
        }
        ptrace::detach(pid, None).expect("let go");
        None
    }

    /// Stops a process that waits in the kernel, and once more where it is about to make this call, which it has not made yet;
    /// `prompt` is what brings it there.
    pub fn hold_before(pid: i32, number: libc::c_long, prompt: impl FnOnce()) -> Puppet {
        let mut puppet = Puppet::hold(pid);
        ptrace::setoptions(puppet.pid, ptrace::Options::PTRACE_O_TRACESYSGOOD).expect("a traced process");
        prompt();
        while !puppet.is_entering(number) {
            puppet.next_stop();
        }
        puppet.saved = ptrace::getregs(puppet.pid).expect("registers");
        let mut skipped = puppet.saved;
        // A call that does nothing in its place; the filter would take a number that is none for an attack.
        skipped.orig_rax = libc::SYS_getpid as u64;
        ptrace::setregs(puppet.pid, skipped).expect("registers");
        puppet.next_stop();
        puppet.resumed = libc::user_regs_struct {
            rip: puppet.saved.rip - 2,
            rax: number as u64,
            orig_rax: u64::MAX,
            ..puppet.saved
        };
        puppet
    }

    /// At its entry a call has no result yet.
    fn is_entering(&self, number: libc::c_long) -> bool {
        let regs = ptrace::getregs(self.pid).expect("registers");
        regs.orig_rax == number as u64 && regs.rax as i64 == -(libc::ENOSYS as i64)
    }

    fn next_stop(&self) {
        let mut signal = None;
        loop {
            ptrace::syscall(self.pid, signal.take()).expect("a stopped process");
            match waitpid(self.pid, None).expect("the puppet is waited for") {
                WaitStatus::PtraceSyscall(_) => return,
                WaitStatus::Stopped(_, other) => signal = Some(other),
                status => panic!("the puppet: {status:?}"),
            }
        }
    }

    /// The first two arguments of the call that it is held before.
    pub fn held_arguments(&self) -> (u64, u64) {
        (self.saved.rdi, self.saved.rsi)
    }

    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Puts bytes where calls can point to; each call of this overwrites what the last one put there.
    pub fn put(&self, bytes: &[u8]) -> u64 {
        let at = (self.saved.rsp - SCRATCH) & !0xf;
        for (index, chunk) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let address = (at + 8 * index as u64) as ptrace::AddressType;
            ptrace::write(self.pid, address, i64::from_ne_bytes(word)).expect("its stack is there");
        }
        at
    }

    /// Bytes of its memory.
    pub fn read(&self, address: u64, length: usize) -> Vec<u8> {
        let word = |at: u64| ptrace::read(self.pid, at as ptrace::AddressType).expect("its memory is there");
        let words = (0..length.div_ceil(8)).flat_map(|index| word(address + 8 * index as u64).to_ne_bytes());
        words.take(length).collect()
    }

    /// A C string where calls can point to.
    pub fn put_text(&self, text: &str) -> u64 {
        self.put(&[text.as_bytes(), b"\0"].concat())
    }

    /// One system call, from the process itself.
    pub fn call(&mut self, number: libc::c_long, arguments: &[u64]) -> Outcome {
        let mut regs = self.saved;
        let argument = |at: usize| arguments.get(at).copied().unwrap_or(0);
        regs.rip = self.saved.rip - 2;
        // Nothing to restart: the wait it was in is taken up again when the puppet is let go.
        regs.orig_rax = u64::MAX;
        regs.rax = number as u64;
        (regs.rdi, regs.rsi, regs.rdx) = (argument(0), argument(1), argument(2));
        (regs.r10, regs.r8, regs.r9) = (argument(3), argument(4), argument(5));
        // It may have been killed since the last call.
        if !self.gone && ptrace::setregs(self.pid, regs).is_ok() {
            let _ = ptrace::step(self.pid, None);
        }
        self.outcome()
    }

    fn outcome(&mut self) -> Outcome {
        let registers = loop {
            match waitpid(self.pid, None).expect("the puppet is waited for") {
                WaitStatus::Stopped(_, Signal::SIGTRAP) => match ptrace::getregs(self.pid) {
                    Ok(registers) => break registers,
                    // Killed since it stopped: its end is told next.
                    Err(Errno::ESRCH) => {}
                    Err(error) => panic!("registers: {error}"),
                },
                WaitStatus::Stopped(_, signal) if is_fatal(signal) => {
                    self.gone = true;
                    ptrace::cont(self.pid, signal).expect("its end");
                    return Outcome::Killed(signal);
                }
                WaitStatus::Stopped(..) => drop(ptrace::step(self.pid, None)),
                WaitStatus::Signaled(_, signal, _) => {
                    self.gone = true;
                    return Outcome::Killed(signal);
                }
                status => panic!("the puppet: {status:?}"),
            }
        };
        let result = registers.rax as i64;
        if (-4095..0).contains(&result) {
            Outcome::Failed(Errno::from_raw(-result as i32))
        } else {
            Outcome::Done(result)
        }
    }

    /// The call must fail with this error.
    #[track_caller]
    pub fn refused(&mut self, what: &str, number: libc::c_long, arguments: &[u64], error: Errno) {
        assert_eq!(self.call(number, arguments), Outcome::Failed(error), "{what}");
    }

    /// The call must not succeed, however it fails.
    #[track_caller]
    pub fn fails(&mut self, what: &str, number: libc::c_long, arguments: &[u64]) {
        let outcome = self.call(number, arguments);
        assert!(matches!(outcome, Outcome::Failed(_)), "{what}: {outcome:?}");
    }

    /// Where a file is mapped: (start, end, permissions as in /proc/PID/maps).
    pub fn mappings(&self, file: impl AsRef<Path>) -> Vec<(u64, u64, String)> {
        // By inode: a file that was renamed into place keeps another name there.
        let inode = fs::metadata(file).expect("the file").ino().to_string();
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.pid)).expect("its maps");
        maps.lines().filter(|line| line.split_whitespace().nth(4) == Some(&inode)).map(mapping).collect()
    }

    /// Its descriptors and what they are.
    pub fn descriptors(&self) -> Vec<(u64, String)> {
        let folder = format!("/proc/{}/fd", self.pid);
        let entries = fs::read_dir(folder).expect("its descriptors").flatten();
        let named = |entry: fs::DirEntry| {
            let number = entry.file_name().to_string_lossy().parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        };
        entries.filter_map(named).collect()
    }

    /// Lets it go on in a loop of its own, from where it stands, in which it asks nothing of the kernel any more.
    pub fn spin(mut self) {
        let at = self.saved.rip as ptrace::AddressType;
        let code = ptrace::read(self.pid, at).expect("code");
        // `jmp` to itself, in this process's copy of the page alone.
        ptrace::write(self.pid, at, (code & !0xffff) | 0xfeeb).expect("a page of its own");
        // No call is taken up again before it.
        self.resumed = libc::user_regs_struct { orig_rax: u64::MAX, ..self.saved };
        self.let_go();
    }

    /// Lets it go on with what it did.
    pub fn release(mut self) {
        self.let_go();
    }

    fn let_go(&mut self) {
        if !std::mem::replace(&mut self.gone, true) {
            // It may have been killed meanwhile; then there is nothing to put back.
            let _ = ptrace::setregs(self.pid, self.resumed);
            let _ = ptrace::detach(self.pid, None);
        }
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn mapping(line: &str) -> (u64, u64, String) {
    let mut words = line.split_whitespace();
    let (start, end) = words.next().and_then(|range| range.split_once('-')).expect("a range");
    let hex = |text| u64::from_str_radix(text, 16).expect("an address");
    (hex(start), hex(end), words.next().unwrap_or_default().to_owned())
}

fn is_fatal(signal: Signal) -> bool {
    matches!(signal, Signal::SIGSYS | Signal::SIGKILL | Signal::SIGSEGV | Signal::SIGABRT)
}
