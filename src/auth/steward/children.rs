//! The steward's children: who is at work on what, until when. A child leads a process group of its own, so that whatever it started
//! ends with it when its time is up.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use super::wire::Job;
use super::{PANICKED, work};
use crate::sys::process::{self, Ending, Forked, PidFd};
use crate::sys::{ProcessId, signals};

/// How long what a child left behind may live: long enough to send a message, too short to gather.
const ORPHANS_LIFE: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often, and how long after each other, it is looked for before the steward itself ends.
const LAST_LOOKS: u32 = 100;
const LAST_LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Those at work.
#[derive(Debug, Default)]
pub struct Children {
    at_work: Vec<Child>,
    /// What children left behind and the kernel gave to their parent, with the moment of their end.
    orphans: HashMap<ProcessId, Instant>,
}

#[derive(Debug)]
struct Child {
    pid: ProcessId,
    /// Readable when it has ended.
    end: PidFd,
    what: What,
    is_for_an_answer: bool,
    deadline: Instant,
    /// Its time was up.
    is_ended: bool,
}

/// A child as lines name it.
#[derive(Clone, Copy, Debug)]
pub struct What {
    job: &'static str,
    pid: ProcessId,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.job, self.pid)
    }
}

impl Children {
    /// How many are at work.
    pub fn count(&self) -> usize {
        self.at_work.len()
    }

    /// Whether any is.
    pub fn is_busy(&self) -> bool {
        !self.at_work.is_empty()
    }

    /// Whether one does this kind of job.
    pub fn are_at(&self, job: &'static str) -> bool {
        self.at_work.iter().any(|child| child.what.job == job)
    }

    /// To wait for: each is readable when that child has ended.
    pub fn ends(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.at_work.iter().map(|child| child.end.as_fd())
    }

    /// When the first of them has to be ended, or what they left behind looked at.
    pub fn next_deadline(&self) -> Option<Instant> {
        let working = self.at_work.iter().filter(|child| !child.is_ended).map(|child| child.deadline);
        working.chain((!self.orphans.is_empty()).then(|| Instant::now() + LOOK_AGAIN)).min()
    }

    /// Has a child do a job.
    pub fn bear(&mut self, job: &Job, reply: Option<&OwnedFd>) -> io::Result<()> {
        let deadline = Instant::now() + job.time_allowed();
        let pid = match process::fork()? {
            Forked::Parent(pid) => pid,
            Forked::Child => {
                let work = AssertUnwindSafe(|| work::perform(job, reply));
                process::exit_now(catch_unwind(work).unwrap_or(PANICKED))
            }
        };
        // One that cannot be watched is none: it is still a child, so the number is its own.
        let end = PidFd::open(pid).inspect_err(|_| drop(signals::tell(pid, signals::KILL)))?;
        let what = What { job: job.name(), pid };
        let is_for_an_answer = job.is_for_an_answer();
        self.at_work.push(Child { pid, end, what, is_for_an_answer, deadline, is_ended: false });
        Ok(())
    }

    /// Kills those whose time is up; gives them, each once.
    pub fn end_the_late(&mut self, now: Instant) -> Vec<What> {
        let late = self.at_work.iter_mut().filter(|child| child.deadline <= now && !child.is_ended);
        late.map(Child::end).collect()
    }

    /// Kills those whose outcome only auth would read, which is gone.
    pub fn end_what_nobody_awaits(&mut self) {
        for child in self.at_work.iter_mut().filter(|child| child.is_for_an_answer) {
            child.end();
        }
        self.end_orphans(Instant::now(), true);
    }

    /// Kills what is left when nobody is at work any more, and what comes to this process by the death of those: a program with its
    /// own session has children, too. Not for ever, should somebody be faster.
    pub fn end_the_rest(&mut self) {
        for _ in 0..LAST_LOOKS {
            self.end_orphans(Instant::now(), true);
            while process::reap().is_some() {}
            if process::children().is_empty() {
                break;
            }
            thread::sleep(LAST_LOOK_AGAIN);
        }
    }

    /// Ends orphans whose time is up, or all of them. A module may leave a process of its own session behind (pam_exec(8) makes one),
    /// which no signal to the child's group reaches.
    fn end_orphans(&mut self, now: Instant, all: bool) {
        let left: Vec<ProcessId> = process::children()
            .into_iter()
            .filter(|pid| self.at_work.iter().all(|child| child.pid != *pid))
            .collect();
        self.orphans.retain(|pid, _| left.contains(pid));
        for pid in left {
            let deadline = *self.orphans.entry(pid).or_insert(now + ORPHANS_LIFE);
            if all || deadline <= now {
                // Not reaped yet, so the number is still its own.
                let _ = signals::tell(pid, signals::KILL);
            }
        }
    }

    /// Takes the dead away, with orphans that children left behind; gives those that crashed.
    pub fn reap(&mut self) -> Vec<(What, Ending)> {
        let mut crashed = Vec::new();
        let before = self.at_work.len();
        while let Some((pid, ending)) = process::reap() {
            let Some(index) = self.at_work.iter().position(|child| child.pid == pid) else { continue };
            let child = self.at_work.swap_remove(index);
            if ending != Ending::Exited(0) && !child.is_ended {
                crashed.push((child.what, ending));
            }
        }
        if self.at_work.len() < before || !self.orphans.is_empty() {
            self.end_orphans(Instant::now(), false);
        }
        crashed
    }
}

impl Child {
    /// It is not reaped yet, so its number cannot have come to mean another process or group.
    fn end(&mut self) -> What {
        self.is_ended = true;
        let _ = signals::tell_group(self.pid, signals::KILL);
        let _ = self.end.tell(Some(signals::KILL));
        self.what
    }
}
