//! The steward: a process of one thread beside auth, with the privileges that some of its work needs and auth itself must not
//! hold. It does each job in a child of its own, bounded in number and time, so that code which hangs or crashes (a PAM module)
//! costs nobody else anything. This file is auth's side.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use slog::Logger;

use crate::logging::Channel;
use crate::sys::poll::{self, Waiting};
use crate::sys::process::{self, Forked};
use crate::sys::socket;

pub mod attendance;
mod children;
pub mod home;
pub mod pam;
mod privileges;
mod service;
mod wire;
mod work;

pub use wire::{JOB_MAX, Job, Outcome};

/// Jobs done at once; as many threads of auth may wait for one.
pub const JOBS_AT_ONCE: usize = 32;

/// Bytes of jobs that wait for room, as far as the system grants them: those that nobody awaits are lost beyond.
const QUEUE: usize = 1 << 20;

/// What a steward exits with when it panicked.
const PANICKED: u8 = 101;

/// Auth's end of the line to its steward.
#[derive(Debug)]
pub struct Steward {
    jobs: OwnedFd,
}

/// Why a job was not done.
#[derive(Debug)]
pub enum JobError {
    /// This generation has no steward.
    None,
    /// Nobody takes jobs within the time allowed.
    Busy,
    /// The child ended without an answer: it crashed, or its time was up.
    Ended,
    /// The line to the steward failed.
    Line(io::Error),
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JobError::None => f.write_str("there is no steward"),
            JobError::Busy => write!(f, "{JOBS_AT_ONCE} jobs are under way, and none has ended in time"),
            JobError::Ended => f.write_str("it crashed, or took too long and was ended"),
            JobError::Line(error) => write!(f, "the line to the steward failed: {error}"),
        }
    }
}

impl std::error::Error for JobError {}

impl Steward {
    /// Auth, while it has one thread and all its privileges: forks the steward.
    pub fn start(recorder: &Arc<Channel>, log: &Logger) -> io::Result<Steward> {
        let (jobs, taken) = socket::seqpacket_pair()?;
        socket::widen(jobs.as_fd(), QUEUE)?;
        match process::fork()? {
            Forked::Parent(_) => Ok(Steward { jobs }),
            Forked::Child => {
                // What was inherited besides is closed by number in there, so nothing may be dropped on the way out.
                let serve = AssertUnwindSafe(|| service::serve(&taken, recorder, log));
                process::exit_now(catch_unwind(serve).unwrap_or(PANICKED))
            }
        }
    }

    /// Has a job done, and waits for it; for threads that may wait. The child is ended when the job's time is up, so the
    /// answer comes within that time and the `patience` for its turn.
    pub fn have_done(&self, job: &Job, patience: Duration) -> Result<Outcome, JobError> {
        let (reply, childs) = socket::seqpacket_pair().map_err(JobError::Line)?;
        self.hand_in(job, Some(childs.as_fd()), Instant::now() + patience)?;
        drop(childs);
        let deadline = Instant::now() + patience + job.time_allowed();
        let mut buffer = vec![0; JOB_MAX];
        loop {
            if !wait(Waiting::to_read(reply.as_fd()), deadline)? {
                return Err(JobError::Busy);
            }
            match socket::read(reply.as_fd(), &mut buffer) {
                Ok(0) => return Err(JobError::Ended),
                Ok(length) => return Outcome::decode(&buffer[..length]).map_err(|_| JobError::Ended),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(JobError::Ended),
                Err(error) => return Err(JobError::Line(error)),
            }
        }
    }

    /// Leaves a job that nobody waits for; never waits itself.
    pub fn leave(&self, job: &Job) -> Result<(), JobError> {
        self.hand_in(job, None, Instant::now())
    }

    fn hand_in(&self, job: &Job, reply: Option<BorrowedFd<'_>>, deadline: Instant) -> Result<(), JobError> {
        let record = job.encode();
        loop {
            match socket::send(self.jobs.as_fd(), record.reveal(), reply.as_slice(), false) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !wait(Waiting::to_write(self.jobs.as_fd()), deadline)? {
                        return Err(JobError::Busy);
                    }
                }
                Err(error) => return Err(JobError::Line(error)),
            }
        }
    }
}

impl AsFd for Steward {
    /// Its end means that the steward is gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.jobs.as_fd()
    }
}

/// False when the time is up.
fn wait(waiting: Waiting<'_>, deadline: Instant) -> Result<bool, JobError> {
    let left = deadline.saturating_duration_since(Instant::now());
    match poll::wait(&mut [waiting], Some(left)) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(JobError::Line(error)),
    }
}
