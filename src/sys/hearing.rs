//! Whether a process has heard a signal, by the kernel's word (proc_pid_status(5)).

use std::fs;
use std::io;

use super::{ProcessId, Signal};

/// What a process has made of a signal that it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Nothing is pending.
    Heard,
    /// It is pending still; the letter is the process's state: `R` runs, `S` sleeps, `D` cannot be woken, `T` is stopped, `t` is traced.
    Pending(char),
    /// It has ended.
    Gone,
}

/// Asks the kernel.
pub fn of(pid: ProcessId, signal: Signal) -> io::Result<Hearing> {
    match fs::read_to_string(format!("/proc/{pid}/status")) {
        Ok(status) => Ok(told(&status, signal)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Hearing::Gone),
        Err(error) => Err(error),
    }
}

fn told(status: &str, signal: Signal) -> Hearing {
    let value = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
    };
    let bit = 1_u64 << (signal as i32 - 1);
    let is_pending = |name| u64::from_str_radix(value(name), 16).is_ok_and(|pending| pending & bit != 0);
    match value("State").chars().next() {
        None | Some('Z' | 'X') => Hearing::Gone,
        Some(state) if is_pending("ShdPnd") || is_pending("SigPnd") => Hearing::Pending(state),
        Some(_) => Hearing::Heard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_signal_is_found() {
        let status = |state: &str, pending: &str| {
            format!("Name:\tx\nState:\t{state}\nSigPnd:\t0000000000000000\nShdPnd:\t{pending}\n")
        };
        let of = |state, pending| told(&status(state, pending), Signal::SIGUSR2);
        assert_eq!(of("R (running)", "0000000000000800"), Hearing::Pending('R'));
        assert_eq!(of("T (stopped)", "0000000000010800"), Hearing::Pending('T'));
        assert_eq!(of("S (sleeping)", "0000000000000400"), Hearing::Heard);
        assert_eq!(of("Z (zombie)", "0000000000000800"), Hearing::Gone);
        assert_eq!(told("", Signal::SIGUSR2), Hearing::Gone);
    }

    #[test]
    fn this_process_has_nothing_to_hear() {
        assert_eq!(super::of(crate::sys::process::own(), Signal::SIGUSR2).unwrap(), Hearing::Heard);
    }
}
