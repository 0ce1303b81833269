//! The signals that an operator and the kernel send to the master, one at a time, in the order of their weight.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use crate::sys::endings::Endings;
use crate::sys::{ProcessId, Signal, process, signals};

/// What a signal means to the master (`docs/signals.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// CHLD: somebody has ended who does not tell it by itself.
    Reap,
    /// TERM, INT: stop, with 421 for every session.
    Stop(Signal),
    /// QUIT: stop when the sessions have finished.
    Drain,
    /// HUP: read the configuration again.
    Reload,
    /// USR1: open the logs again.
    ReopenLogs,
    /// USR2: become another program.
    Upgrade,
}

/// Notes signals in a pipe that [`crate::sys::poll`] can wait for; ends of workers and nurseries have a descriptor of their own.
#[derive(Debug)]
pub struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
    endings: Endings,
}

impl Signals {
    /// From here on the master's signals are noted and no longer act by themselves.
    pub fn note() -> io::Result<Signals> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        let numbers = signals::MASTERS.map(|signal| signal as i32);
        signals::ignore_pipe()?;
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, numbers)?;
        Ok(Signals { delivery, endings: Endings::hear()? })
    }

    /// Workers and nurseries that have ended; some of them, if they are many.
    pub fn ended(&self) -> Vec<ProcessId> {
        self.endings.told()
    }

    /// Can be read when somebody has ended.
    pub fn endings(&self) -> BorrowedFd<'_> {
        self.endings.as_fd()
    }

    /// What has been asked since the last look, the gravest last word first: a stop before a reload.
    pub fn taken(&mut self) -> Vec<Asked> {
        // The pipe only wakes; which signals came stands in the delivery.
        while matches!(self.delivery.get_read_mut().read(&mut [0; 64]), Ok(64)) {}
        let mut asked: Vec<Asked> = self.delivery.pending().filter_map(meaning).collect();
        asked.sort_by_key(|asked| weight(*asked));
        asked
    }

    /// What has come and was not taken comes again, to the program that takes this one's place: all signals are blocked.
    pub fn put_back(&mut self) {
        for signal in self.delivery.pending().filter_map(|number| Signal::try_from(number).ok()) {
            // This process lives.
            let _ = signals::tell(process::own(), signal);
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

fn meaning(number: i32) -> Option<Asked> {
    let signal = Signal::try_from(number).ok()?;
    Some(match signal {
        Signal::SIGCHLD => Asked::Reap,
        Signal::SIGTERM | Signal::SIGINT => Asked::Stop(signal),
        Signal::SIGQUIT => Asked::Drain,
        Signal::SIGHUP => Asked::Reload,
        Signal::SIGUSR1 => Asked::ReopenLogs,
        Signal::SIGUSR2 => Asked::Upgrade,
        _ => return None,
    })
}

fn weight(asked: Asked) -> u8 {
    match asked {
        Asked::Reap => 0,
        Asked::Stop(_) => 1,
        Asked::Drain => 2,
        Asked::Reload => 3,
        Asked::ReopenLogs => 4,
        Asked::Upgrade => 5,
    }
}
