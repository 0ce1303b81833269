//! Ballast: what the runtimes of Rust and C set up for every program, what no worker needs, and what each would pay for at its birth and
//! for as long as it lives. The nursery throws it out before its first birth.

use std::fs;
use std::io;
use std::ptr::{null, null_mut, without_provenance_mut};

use nix::libc;

/// Nursery, before the first birth and with one thread: whatever of it there is. What stays costs memory, and is as right.
pub fn throw_out() {
    let _ = leave_restartable_sequences();
    let _ = drop_alternate_stack();
}

/// The kernel writes into a thread's area for rseq(2) whenever the thread has been away, and so copies a page in each worker. glibc
/// registers one for sched_getcpu(3) alone, which asks the kernel where there is none (`struct rseq` of linux/rseq.h).
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn leave_restartable_sequences() -> io::Result<()> {
    const UNREGISTER: libc::c_int = 1;
    /// RSEQ_SIG of x86, which glibc registers with (sys/rseq.h).
    const SIGNATURE: u32 = 0x5305_3053;
    /// What glibc registers, however much of it the kernel knows.
    const LENGTH: u32 = 32;
    // SAFETY: the name ends in NUL; glibc has it from 2.35 on.
    let offset = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_offset".as_ptr()) }.cast::<isize>();
    if offset.is_null() {
        return Ok(());
    }
    // SAFETY: it is glibc's constant `ptrdiff_t`.
    let offset = unsafe { offset.read() };
    // SAFETY: it asks nothing. A thread's handle is its thread pointer on this architecture, from which the offset counts.
    let area = unsafe { libc::pthread_self() }.wrapping_add_signed(offset as i64 as _);
    // SAFETY: the kernel takes back what is registered at this very address, with this length and signature, or refuses; it only
    // resets the area's numbers.
    done(unsafe { libc::syscall(libc::SYS_rseq, area, LENGTH, UNREGISTER, SIGNATURE) })
}

#[cfg(not(all(target_arch = "x86_64", target_env = "gnu")))]
fn leave_restartable_sequences() -> io::Result<()> {
    Ok(())
}

/// Rust's handler of stack overflows has a stack of its own, and a page before it that nobody may touch. Faults of nursery and workers
/// take their default action.
fn drop_alternate_stack() -> io::Result<()> {
    let mut stack = libc::stack_t { ss_sp: null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: asks for what is set, and writes it to a local.
    done(unsafe { libc::sigaltstack(null(), &raw mut stack) }.into())?;
    if stack.ss_flags & libc::SS_DISABLE != 0 {
        return Ok(());
    }
    let none = libc::stack_t { ss_sp: null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: no handler of this process asks for the alternate stack any more.
    done(unsafe { libc::sigaltstack(&raw const none, null_mut()) }.into())?;
    let start = stack.ss_sp.addr();
    let guard = guard_before(&fs::read_to_string("/proc/self/maps")?, start);
    let from = guard.unwrap_or(start);
    let length = start + stack.ss_size - from;
    // SAFETY: the runtime mapped the stack for this thread, with the page before it, and gives it back only when the thread returns,
    // which neither nursery nor worker does; nothing runs on it.
    done(unsafe { libc::munmap(without_provenance_mut(from), length) }.into())
}

/// Where a mapping begins that ends at this address and that nobody may touch (proc_pid_maps(5)).
fn guard_before(maps: &str, end: usize) -> Option<usize> {
    maps.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let is_it = usize::from_str_radix(to, 16).ok()? == end && words.next()? == "---p";
        is_it.then(|| usize::from_str_radix(from, 16).ok())?
    })
}

fn done(result: libc::c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_ends_where_its_stack_begins() {
        let maps = "7f00-8f00 rw-p 0 00:00 0\n8f00-9f00 ---p 0 00:00 0\n9f00-bf00 rw-p 0 00:00 0\n";
        assert_eq!(guard_before(maps, 0x9f00), Some(0x8f00));
        for end in [0x8f00, 0xbf00, 0x9000] {
            assert_eq!(guard_before(maps, end), None, "{end:x}");
        }
    }

    #[test]
    fn a_thread_leaves_its_restartable_sequences_once() {
        let left_twice = || (leave_restartable_sequences(), leave_restartable_sequences());
        // Where the kernel or glibc has none the first is refused, too.
        let (first, second) = std::thread::spawn(left_twice).join().unwrap();
        assert!(first.is_err() || second.is_err() || !cfg!(target_arch = "x86_64"));
    }
}
