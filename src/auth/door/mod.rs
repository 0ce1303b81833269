//! The door: workers that would change their identity are stopped by the kernel and wait here for a yes or no
//! (seccomp_unotify(2)). One thread for each filter's listener.

use std::io;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use slog::{Logger, error, warn};

use self::ledger::{Ledger, OFFENCES_MAX, Outcome};
use crate::sys::files::Errno;
use crate::sys::notification::{Listener, Verdict};
use crate::sys::poll::{self, Waiting};

mod grant;
pub mod ledger;
#[cfg(test)]
mod tests;

/// How many notifications a predecessor may have received and not answered: their workers would wait until their own
/// deadline. It handled one at a time; a few more cost nothing.
const PREDECESSORS: u64 = 8;

/// After a failure: one that comes back at once fills neither the processor nor the log. Shorter than the time that a worker waits.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers one listener's notifications until the last process under its filter has gone. What fails for one worker is logged: the others of
/// its generation have no other door.
pub fn keep(listener: &Listener, ledger: &Ledger, log: &Logger) {
    let mut is_first = true;
    loop {
        match next(listener, ledger, log, &mut is_first) {
            Ok(true) => {}
            Ok(false) => return,
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {}
            // The worker was killed, or interrupted, between the wait and the receipt.
            Err(failed) if failed.kind() == io::ErrorKind::NotFound => {}
            Err(failed) if failed.raw_os_error() == Some(Errno::EBADF as i32) => {
                return error!(
                    log,
                    "auth no longer answers changes of identity (seccomp user notification): {failed}; logins fail until a HUP"
                );
            }
            Err(failed) => {
                error!(log, "cannot answer a change of identity: {failed}");
                thread::sleep(PAUSE);
            }
        }
    }
}

/// One notification; false when there will be no more.
fn next(listener: &Listener, ledger: &Ledger, log: &Logger, is_first: &mut bool) -> io::Result<bool> {
    let mut waiting = [Waiting::to_read(listener.as_fd())];
    poll::wait(&mut waiting, None)?;
    if waiting[0].ready.hung_up {
        return Ok(false);
    }
    let asked = listener.receive()?;
    if std::mem::take(is_first) {
        refuse_predecessors(listener, asked.id);
    }
    match ledger.answer(listener, &asked)? {
        Outcome::Opened | Outcome::Gone => {}
        Outcome::Refused => {
            warn!(log, "worker {} refused another identity", asked.pid; "call" => ?asked.call)
        }
        Outcome::Spared(failed) => {
            warn!(log, "worker {} refused another identity, but cannot be killed: {failed}", asked.pid)
        }
        Outcome::Ended => {
            warn!(log, "worker {} killed after {} refusals", asked.pid, OFFENCES_MAX);
        }
    }
    Ok(true)
}

/// Releases workers whose notification a predecessor received and took with it into its grave. Ids are consecutive for one
/// listener; nobody waits for most of these, and one that is not received yet cannot be answered.
fn refuse_predecessors(listener: &Listener, first: u64) {
    for back in 1..=PREDECESSORS {
        let _ = listener.answer(first.wrapping_sub(back), Verdict::Refuse);
    }
}
