//! The master's children: those who end are reaped, what they held is freed, and who is needed is made again.

use std::io;
use std::time::{Duration, Instant};

use slog::{debug, error, info, warn};

use super::Master;
use super::generation::Heard;
use super::stop::Phase;
use super::workers::Stage;
use crate::scoreboard::SlotNumber;
use crate::sys::process::Ending;
use crate::sys::{ProcessId, process, streams};
use crate::worker::{self, Door};

/// How long births wait after one failed for want of memory, disk or processes.
pub(super) const HOLD_BACK: Duration = Duration::from_secs(1);

impl Master {
    /// CHLD: one signal says nothing about who has ended, nor how many.
    pub(super) fn reap(&mut self) {
        while let Some((pid, ending)) = process::reap() {
            self.ended(pid, ending);
        }
        self.restart_lost();
        self.refill();
    }

    /// Those of whom it is known that they have ended; the kernel need not look for them among thousands. How many there were.
    pub(super) fn reap_those_told(&mut self) -> usize {
        let told = self.signals.ended();
        for pid in &told {
            if let Some(ending) = process::reap_one(*pid) {
                self.ended(*pid, ending);
            }
        }
        if self.rest_until.is_none() {
            self.restart_lost();
            self.refill();
        }
        told.len()
    }

    fn ended(&mut self, pid: ProcessId, ending: Ending) {
        if let Some(slot) = self.workers.slot_of(pid, &self.board) {
            return self.worker_ended(slot, pid, ending);
        }
        if pid == self.logs.recorder() {
            return self.recorder_ended(ending);
        }
        if self.heard_lookout(pid, ending) || self.heard_inspection(pid, ending) {
            return;
        }
        self.hear_last_words(pid);
        let leaving = self.phase.is_leaving();
        for generation in &mut self.generations {
            if generation.lost_auth(pid) {
                if !leaving {
                    warn!(
                        self.log,
                        "auth of generation {} ended ({ending}); another takes its place", generation.number
                    );
                }
                return;
            }
            if generation.lost_nursery(pid) {
                let number = generation.number;
                return self.nursery_ended(number, ending);
            }
        }
        debug!(self.log, "process {pid} ended ({ending})");
    }

    /// The order matters: the grant is forgotten, the totals are moved and the place is freed before anybody else is born there.
    fn worker_ended(&mut self, slot: SlotNumber, pid: ProcessId, ending: Ending) {
        let Some(worker) = self.workers.free(slot) else { return };
        if let Some(generation) = self.generation(worker.generation) {
            generation.forget(slot, pid);
        }
        self.board.settle(slot);
        self.admission.release(slot, &self.board);
        self.tell_kicked(pid);
        match ending {
            Ending::Exited(0) => {}
            Ending::Exited(status) if status == i32::from(worker::STILLBORN) => {
                error!(self.log, "worker {pid} could not begin; trying again in a moment");
                self.births_held_until = Some(Instant::now() + HOLD_BACK);
            }
            ending => warn!(self.log, "worker {pid} ended ({ending})"),
        }
        // It came and went since the last look, which will not find it any more.
        let was_spare = matches!(worker.stage, Stage::Spare | Stage::Asked);
        if was_spare && worker.generation == self.serving && matches!(ending, Ending::Exited(0)) {
            self.pace.note(1, Instant::now());
        }
        self.end_generation_if_empty(worker.generation);
        self.served_one(ending);
    }

    fn recorder_ended(&mut self, ending: Ending) {
        self.logs.lost_recorder();
        match ending {
            Ending::Exited(0) => {
                debug!(self.log, "another recorder takes the place of one that was told to end")
            }
            _ => warn!(self.log, "the recorder ended ({ending}); another takes its place"),
        }
    }

    fn restart_recorder(&mut self, now: Instant) {
        if self.logs.respawn_at.is_some_and(|due| due <= now)
            && let Err(error) = self.logs.restart()
        {
            streams::complain(&format!("ferryd: no recorder: {error}"));
        }
    }

    /// Slots that it was asked to fill and did not are free again; those it did fill are known by their births.
    fn nursery_ended(&mut self, number: u32, ending: Ending) {
        for slot in self.workers.unborn(number, &self.board) {
            self.give_back(slot);
        }
        if let Some(raising) = self.raising.take_if(|raising| raising.number == number) {
            return self.refuse_raising(raising, format!("its nursery ended ({ending})"));
        }
        self.end_generation_if_empty(number);
        if number == self.serving && !self.phase.is_stopping() {
            warn!(self.log, "the nursery ended ({ending}); another takes its place");
        }
    }

    /// A slot in which nobody was born.
    pub(super) fn give_back(&mut self, slot: SlotNumber) {
        self.workers.free(slot);
        self.board.settle(slot);
        self.admission.release(slot, &self.board);
    }

    /// Starts what has ended and is still needed: auth as long as a generation has workers, which may be for long while the daemon
    /// drains; the nursery of the serving one.
    pub(super) fn restart_lost(&mut self) {
        let now = Instant::now();
        self.restart_recorder(now);
        let leftovers = self.leftovers();
        for at in 0..self.generations.len() {
            let generation = &mut self.generations[at];
            if generation.respawn_at.take_if(|due| *due <= now).is_none() || self.phase.is_leaving() {
                continue;
            }
            if generation.settings.is_none() {
                self.mourn(at);
                continue;
            }
            let mut outcome = Ok(());
            if generation.wants_auth() {
                outcome = generation.start_auth(&self.common, &self.board, leftovers.clone());
            }
            let serves = generation.number == self.serving && self.phase == Phase::Running;
            if outcome.is_ok() && serves && generation.wants_nursery() {
                outcome = match self.listeners.duplicate(generation.addresses()) {
                    Ok(listeners) => generation.start_nursery(&self.common, &self.board, listeners),
                    Err(error) => {
                        error!(self.log, "cannot hand listeners on: {error}; trying again in a moment");
                        generation.respawn_at = Some(now + HOLD_BACK);
                        continue;
                    }
                };
            }
            if let Err(error) = outcome {
                error!(self.log, "{error}; trying again in a moment");
                self.generations[at].respawn_at = Some(now + HOLD_BACK);
            }
        }
    }

    /// A generation of a program before this one has lost a process, and nobody can start that again: the configuration has changed
    /// since it was read. Sessions go on without; in the place of the generation that serves another is raised.
    fn mourn(&mut self, at: usize) {
        let generation = &mut self.generations[at];
        let serves = generation.number == self.serving && self.phase == Phase::Running;
        if generation.wants_auth() || (serves && generation.wants_nursery()) {
            warn!(
                self.log,
                "what generation {} has lost is not started again: its settings are not known",
                generation.number
            );
        }
        if serves {
            generation.respawn_at = Some(Instant::now() + HOLD_BACK);
        }
        if serves && self.raising.is_none() {
            self.reload();
        }
    }

    /// What the nursery of a generation says; whether it may have said more.
    pub(super) fn hear_nursery(&mut self, number: u32) -> bool {
        let Some(generation) = self.generation(number) else { return false };
        let heard = generation.hear_nursery();
        let is_more = !matches!(heard, Heard::Gone | Heard::Nothing);
        match heard {
            Heard::Ready(door, sealed) => {
                self.tell_of_the_door(door, sealed);
                self.refill();
            }
            Heard::Failed(why) => {
                if let Some(raising) = self.raising.take_if(|raising| raising.number == number) {
                    self.refuse_raising(raising, why);
                } else {
                    error!(self.log, "{why}");
                }
            }
            Heard::NotBorn(slot, errno) => self.not_born(number, slot, errno),
            // The reap tells whose it was, at the latest that of the watchdog's turn; until then the channel is not waited for.
            Heard::Gone => {
                generation.silence_nursery();
                self.wake_watchdog(Instant::now());
            }
            Heard::Nothing => {}
        }
        is_more
    }

    /// One that has ended may have left its reason unread: the reap can come first.
    fn hear_last_words(&mut self, pid: ProcessId) {
        let whose = self.generations.iter().find(|generation| generation.has_nursery(pid));
        if let Some(number) = whose.map(|generation| generation.number) {
            while self.hear_nursery(number) {}
        }
    }

    /// Only of a slot that the nursery was asked to fill: whoever else lives there keeps it.
    fn not_born(&mut self, generation: u32, slot: SlotNumber, errno: i32) {
        if self.workers.unborn(generation, &self.board).contains(&slot) {
            warn!(self.log, "no worker: {}", io::Error::from_raw_os_error(errno));
            self.give_back(slot);
            self.births_held_until = Some(Instant::now() + HOLD_BACK);
        }
    }

    /// Never silently: whoever loses a wall hears of it.
    fn tell_of_the_door(&self, door: Door, sealed: bool) {
        match door {
            Door::Notified => debug!(self.log, "auth opens the door to accounts"),
            Door::Filtered => warn!(
                self.log,
                "no seccomp user notification here: the filter alone guards the door: sessions have no supplementary groups, accounts added from now on are let in after the next HUP"
            ),
            Door::Rootless => info!(self.log, "not root: every session is this user"),
        }
        if !sealed {
            info!(
                self.log,
                "this kernel has no mseal: the filter refuses what could replace the scoreboard's pages"
            );
        }
    }

    /// An old generation whose last session has ended: its auth leaves, its logs are closed.
    pub(super) fn end_generation_if_empty(&mut self, number: u32) {
        let raised = self.raising.as_ref().is_some_and(|raising| raising.number == number);
        let must_wait = raised || self.upgrade.is_on_trial();
        if number == self.serving || must_wait || self.workers.count(number) > 0 || self.phase.is_stopping() {
            return;
        }
        if let Some(mut generation) =
            self.generations.extract_if(.., |generation| generation.number == number).next()
        {
            generation.end_nursery();
            generation.end_auth();
            self.logs.release(number);
            info!(self.log, "generation {number} has ended");
        }
    }
}
