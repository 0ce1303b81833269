//! The supervising end of the workers' filter (seccomp_unotify(2)): what a worker asks of the kernel, and whether it goes on.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::libc;

use super::ProcessId;

/// seccomp_data's word for the architecture these system call numbers belong to (AUDIT_ARCH_*, linux/audit.h).
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// A filter's listener.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
}

/// One notification: a worker stopped within a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Names it to the kernel; consecutive for one listener.
    pub id: u64,
    /// The worker (its thread id, which is its pid: workers have one thread).
    pub pid: ProcessId,
    /// What it wants.
    pub call: Call,
}

/// A change of identity, by the values in the worker's registers; the kernel reads the low 32 bits of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// setgroups(2).
    SetGroups {
        /// How many.
        count: u64,
        /// Where the list lies in the worker's memory.
        list: u64,
    },
    /// setresgid(2): real, effective, saved.
    SetGids([u32; 3]),
    /// setresuid(2): real, effective, saved.
    SetUids([u32; 3]),
    /// Anything else, which is never allowed.
    Other(i32),
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The kernel carries the call out.
    Continue,
    /// The call fails with EPERM.
    Refuse,
}

impl Listener {
    /// Takes over a descriptor that a filter was installed with (SECCOMP_FILTER_FLAG_NEW_LISTENER).
    pub fn new(fd: OwnedFd) -> Listener {
        Listener { fd }
    }

    /// The next notification; blocks unless one is waiting. `NotFound` when its worker was killed or interrupted before it
    /// was received, or when the filter's last user has gone.
    pub fn receive(&self) -> io::Result<Notification> {
        // SAFETY: seccomp_notif is made of integers, for which zero is a value; the kernel demands a zeroed one.
        let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        self.control(libc::SECCOMP_IOCTL_NOTIF_RECV, &mut raw)?;
        Ok(Notification { id: raw.id, pid: ProcessId(raw.pid as i32), call: Call::from(&raw.data) })
    }

    /// Whether the worker still waits for this answer: only then does its pid name the process that asked.
    pub fn is_waiting(&self, id: u64) -> bool {
        let mut id = id;
        self.control(libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &mut id).is_ok()
    }

    /// Answers. `NotFound` when nobody waits for it any more: then the call was not carried out.
    pub fn answer(&self, id: u64, verdict: Verdict) -> io::Result<()> {
        let (error, flags) = match verdict {
            Verdict::Continue => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Verdict::Refuse => (-libc::EPERM, 0),
        };
        let mut raw = libc::seccomp_notif_resp { id, val: 0, error, flags };
        self.control(libc::SECCOMP_IOCTL_NOTIF_SEND, &mut raw)
    }

    fn control<T>(&self, request: libc::Ioctl, argument: &mut T) -> io::Result<()> {
        // SAFETY: each caller above passes the type whose size is part of `request`, exclusively borrowed, so that the kernel
        // reads and writes within it.
        let done = unsafe { libc::ioctl(self.fd.as_raw_fd(), request, std::ptr::from_mut(argument)) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<&libc::seccomp_data> for Call {
    fn from(data: &libc::seccomp_data) -> Call {
        let ids = [data.args[0] as u32, data.args[1] as u32, data.args[2] as u32];
        match i64::from(data.nr) {
            _ if data.arch != ARCHITECTURE => Call::Other(data.nr),
            libc::SYS_setgroups => Call::SetGroups { count: data.args[0], list: data.args[1] },
            libc::SYS_setresgid => Call::SetGids(ids),
            libc::SYS_setresuid => Call::SetUids(ids),
            _ => Call::Other(data.nr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(nr: i64, args: [u64; 6]) -> libc::seccomp_data {
        libc::seccomp_data { nr: nr as i32, arch: ARCHITECTURE, instruction_pointer: 0, args }
    }

    #[test]
    fn calls_are_read_from_the_registers() {
        let high = 0x1_0000_0000;
        let uids = data(libc::SYS_setresuid, [1000 + high, 1000, 1000, 9, 9, 9]);
        assert_eq!(Call::from(&uids), Call::SetUids([1000; 3]));
        let groups = data(libc::SYS_setgroups, [3, 0x6000_0000_0000, 0, 0, 0, 0]);
        assert_eq!(Call::from(&groups), Call::SetGroups { count: 3, list: 0x6000_0000_0000 });
        assert_eq!(Call::from(&data(libc::SYS_setuid, [0; 6])), Call::Other(libc::SYS_setuid as i32));
        let mut alien = uids;
        alien.arch = 0x4000_0003;
        assert_eq!(Call::from(&alien), Call::Other(libc::SYS_setresuid as i32));
    }
}
