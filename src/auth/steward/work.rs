//! What a child of the steward does: one job, one outcome, then it ends.

use std::os::fd::{AsFd, OwnedFd};

use super::wire::{Job, Outcome};
use super::{attendance, pam};
use crate::auth::confinement::NICENESS_OF_HASHING;
use crate::sys::{descriptors, limits, process, signals, socket};

/// Of a child that could not do its job.
const FAILED: u8 = 1;

/// Child: does the job, says what came of it, and gives the exit status.
pub fn perform(job: &Job, reply: Option<&OwnedFd>) -> u8 {
    let outcome = match (begin(reply), job) {
        (Err(_), _) => return FAILED,
        (Ok(()), Job::Converse(asked)) => pam::converse(asked),
        (Ok(()), Job::MakeHome(home)) => match home.make() {
            Ok(()) => Outcome::HomeMade,
            Err(why) => Outcome::NoHome(why.to_string()),
        },
        (Ok(()), Job::Attend(notes)) => return attendance::write(notes).map_or(FAILED, |()| 0),
    };
    match reply.map(|reply| socket::send(reply.as_fd(), &outcome.encode(), &[], false)) {
        // Whoever asked may have gone.
        Some(_) | None => 0,
    }
}

/// What foreign code should find: no descriptor of ours but the line for the answer, a process group of its own, no signal ignored.
fn begin(reply: Option<&OwnedFd>) -> std::io::Result<()> {
    process::lead_group()?;
    let kept: Vec<_> = reply.into_iter().map(AsFd::as_fd).collect();
    descriptors::keep_only(&kept)?;
    // Modules hash, too; sessions that move bytes go first. As good as it gets where it fails.
    let _ = limits::change_niceness(NICENESS_OF_HASHING);
    signals::become_ordinary()
}
