//! The steward's life: one thread, one wait; jobs come in while there is room for another child, children end by themselves or when
//! their time is up.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use slog::{Logger, error, warn};

use super::JOBS_AT_ONCE;
use super::attendance::Note;
use super::children::Children;
use super::privileges;
use super::wire::{JOB_MAX, Job};
use crate::auth::office::errand::is_abandoned;
use crate::logging::Channel;
use crate::sys::poll::{self, Waiting};
use crate::sys::{crypt, descriptors, socket, title};

/// Comings and goings that wait to be written.
const NOTES_MAX: usize = 4096;

/// The steward, for life; gives the exit status. It ends when auth has, and its last child.
pub fn serve(jobs: &OwnedFd, recorder: &Arc<Channel>, log: &Logger) -> u8 {
    match begin(jobs, recorder) {
        Ok(()) => {
            Steward { jobs, children: Children::default(), notes: Vec::new(), log, buffer: vec![0; JOB_MAX] }
                .work_for_life()
        }
        Err(failed) => {
            error!(log, "the steward cannot begin: {failed}");
            1
        }
    }
}

fn begin(jobs: &OwnedFd, recorder: &Channel) -> io::Result<()> {
    title::show(&[b"proftpd: (steward)"]);
    let kept: Vec<_> = recorder.descriptors().into_iter().chain([jobs.as_fd()]).collect();
    descriptors::keep_only(&kept)?;
    privileges::confine()
}

struct Steward<'a> {
    jobs: &'a OwnedFd,
    children: Children,
    /// Comings and goings to be written; one child at a time writes all there are, so that they keep their order.
    notes: Vec<Note>,
    log: &'a Logger,
    buffer: Vec<u8>,
}

impl Steward<'_> {
    fn work_for_life(&mut self) -> u8 {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => break,
                Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {}
                Err(failed) => {
                    error!(self.log, "the steward's channel failed: {failed}");
                    return 1;
                }
            }
        }
        self.children.end_what_nobody_awaits();
        while self.children.is_busy() && self.wait(false).is_ok() {
            self.attend();
        }
        self.children.end_the_rest();
        0
    }

    /// One wait and what comes of it; false when auth is gone.
    fn turn(&mut self) -> io::Result<bool> {
        let has_room = self.children.count() < JOBS_AT_ONCE;
        let has_come = self.wait(has_room)?;
        self.attend();
        Ok(!has_come || self.take()?)
    }

    /// Whether a job waits, or the end.
    fn wait(&self, for_jobs: bool) -> io::Result<bool> {
        let mut waiting: Vec<Waiting<'_>> = self.children.ends().map(Waiting::to_read).collect();
        if for_jobs {
            waiting.push(Waiting::to_read(self.jobs.as_fd()));
        }
        let deadline = self.children.next_deadline();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        poll::wait(&mut waiting, left)?;
        Ok(for_jobs && waiting.last().is_some_and(|jobs| jobs.ready.readable))
    }

    fn attend(&mut self) {
        for late in self.children.end_the_late(Instant::now()) {
            warn!(self.log, "{late} took too long and was ended");
        }
        for (failed, ending) in self.children.reap() {
            warn!(self.log, "{failed} failed: {ending:?}");
        }
        self.write_notes();
    }

    fn write_notes(&mut self) {
        let job = Job::Attend(Vec::new());
        if !self.notes.is_empty() && !self.children.are_at(job.name()) {
            let job = Job::Attend(std::mem::take(&mut self.notes));
            self.begin(&job, Vec::new());
        }
    }

    fn keep_notes(&mut self, notes: Vec<Note>) {
        if self.notes.len() + notes.len() > NOTES_MAX {
            return warn!(self.log, "wtmp takes nothing: {} notes are lost", notes.len());
        }
        self.notes.extend(notes);
        self.write_notes();
    }

    /// Takes one job in; false at the end of the line.
    fn take(&mut self) -> io::Result<bool> {
        let received = match socket::receive(self.jobs.as_fd(), &mut self.buffer, false) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
            Err(error) => return Err(error),
        };
        if received.length == 0 {
            return Ok(false);
        }
        let record = &mut self.buffer[..received.length.min(JOB_MAX)];
        let job = Job::decode(record);
        crypt::wipe(record);
        match job {
            Ok(Job::Attend(notes)) if !received.truncated => self.keep_notes(notes),
            Ok(job) if !received.truncated => self.begin(&job, received.descriptors),
            _ => error!(self.log, "malformed request to auth's helper, ignored"),
        }
        Ok(true)
    }

    /// Whoever is turned away reads the end of its line.
    fn begin(&mut self, job: &Job, mut replies: Vec<OwnedFd>) {
        let reply = replies.pop();
        if job.is_for_an_answer() && reply.as_ref().is_none_or(|reply| is_abandoned(reply.as_fd())) {
            return;
        }
        if let Err(failed) = self.children.bear(job, reply.as_ref()) {
            error!(self.log, "no child for {}: {failed}", job.name());
        }
    }
}
