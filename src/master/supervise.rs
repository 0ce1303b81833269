//! The master's children: those who end are reaped, what they held is freed, and who is needed is made again.

use std::io;
use std::time::{Duration, Instant};

use slog::{debug, error, info, warn};

use super::generation::Heard;
use super::pool::Mood;
use super::shutdown_file::MANY;
use super::stop::Phase;
use super::{Master, pool};
use crate::scoreboard::{SlotNumber, SlotOrder};
use crate::sys::process::Ending;
use crate::sys::{ProcessId, process, signals, streams};
use crate::worker::{self, Door};

/// How long births wait after one failed for want of memory, disk or processes.
const HOLD_BACK: Duration = Duration::from_secs(1);

/// Thousands of clients that said nothing may leave at once, and a look reaches some of them: the next follows after so long, which
/// keeps the master awake for a hundredth of its time.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

impl Master {
    /// CHLD: one signal says nothing about who has ended, nor how many.
    pub(super) fn reap(&mut self) {
        while let Some((pid, ending)) = process::reap() {
            self.ended(pid, ending);
        }
        self.restart_lost();
        self.refill();
    }

    /// Those of whom it is known that they have ended; the kernel need not look for them among thousands.
    pub(super) fn reap_those_told(&mut self) {
        for pid in self.signals.ended() {
            if let Some(ending) = process::reap_one(pid) {
                self.ended(pid, ending);
            }
        }
        self.restart_lost();
        self.refill();
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
    fn give_back(&mut self, slot: SlotNumber) {
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

    /// The hint: who was taken, who is ready.
    pub(super) fn look_at_pool(&mut self) {
        let seen = self.workers.look(&self.board);
        let now = Instant::now();
        self.look_again_at = self.workers.is_behind().then(|| now + BETWEEN_LOOKS);
        self.pace.note(seen.taken, now);
        if seen.taken > 0 {
            self.wake_watchdog(now);
        }
        if self.shutdown_file.shuts_out_many(seen.taken) {
            let path = self.shutdown_file.path().display();
            warn!(
                self.log,
                "{path} has had {MANY} more clients refused, and never expires (ftpshut --cancel removes it)"
            );
        }
        self.finish_raising_if_ready();
        self.close_to_others(seen);
        self.thin_out(now);
        self.refill();
    }

    /// Asks for as many workers as are missing, of the serving generation and of one that is being raised.
    pub(super) fn refill(&mut self) {
        if self.phase != Phase::Running || self.births_held_until.is_some() {
            return;
        }
        let now = Instant::now();
        for at in 0..self.generations.len() {
            let generation = &self.generations[at];
            let bounds = generation.bounds();
            let wanted = match &self.raising {
                Some(raising) if raising.number == generation.number => bounds.start.max(bounds.min).max(1),
                _ if generation.number == self.serving => self.pace.wanted(&bounds, now).max(1),
                _ => continue,
            };
            if generation.is_ready() {
                self.bear(at, wanted);
            }
        }
    }

    fn bear(&mut self, at: usize, wanted: u32) {
        let number = self.generations[at].number;
        let spares = self.workers.spares(number).count() as u32;
        let missing = pool::births(wanted, spares, self.workers.asked(number));
        let slots: Vec<SlotNumber> = (0..missing).map_while(|_| self.prepare_slot(number)).collect();
        self.admission.relieve(self.workers.spares(number), &self.board);
        if !slots.is_empty() {
            // Newborns of the serving generation say nothing: when all is calm, those that nobody needed are found.
            self.look_again_at.get_or_insert(Instant::now() + pool::CALM);
        }
        let untold = self.generations[at].ask_for(&slots);
        if !untold.is_empty() {
            debug!(self.log, "the nursery of generation {number} does not hear");
            untold.iter().for_each(|slot| self.give_back(*slot));
            self.births_held_until = Some(Instant::now() + HOLD_BACK);
        }
    }

    /// A slot with its pages on the disk and its place marked.
    fn prepare_slot(&mut self, generation: u32) -> Option<SlotNumber> {
        let slot = self.workers.vacant()?;
        self.workers.ask(slot, generation);
        if let Err(error) = self.board.allocate(slot) {
            error!(self.log, "no room in the scoreboard for another worker: {error}");
            self.workers.free(slot);
            self.births_held_until = Some(Instant::now() + HOLD_BACK);
            return None;
        }
        self.admission.reserve(slot, &self.board);
        Some(slot)
    }

    /// When surplus spares may go, if there are any.
    pub(super) fn calm_deadline(&self) -> Option<Instant> {
        let calm = self.pace.calm_at();
        let generation = self.generations.iter().find(|generation| generation.number == self.serving)?;
        let bounds = generation.bounds();
        let spares = self.workers.spares(self.serving).count() as u32;
        let most = pool::most(&bounds, bounds.min, Mood::Calm);
        (self.phase == Phase::Running && spares > most).then_some(calm)
    }

    /// Spares beyond MaxSpareWorkers leave at once (clients that said nothing gave them back); a while after the last client
    /// the pool shrinks to what it was at the start.
    pub(super) fn thin_out(&mut self, now: Instant) {
        let Some(bounds) = self.generation(self.serving).map(|generation| generation.bounds()) else {
            return;
        };
        let spares: Vec<SlotNumber> = self.workers.spares(self.serving).collect();
        let mood = if self.pace.calm_at() <= now { Mood::Calm } else { Mood::Busy };
        let most = pool::most(&bounds, self.pace.wanted(&bounds, now), mood);
        let surplus = spares.len().saturating_sub(most as usize);
        for slot in spares.into_iter().rev().take(surplus) {
            self.retire(slot);
            self.workers.let_go(slot);
        }
    }

    /// A spare leaves; one that has met a client at this moment finishes with it first.
    pub(super) fn retire(&self, slot: SlotNumber) {
        self.board.publish_slot_order(slot, SlotOrder::Retire);
        if let Some(pid) = self.workers.worker(slot).and_then(|worker| worker.pid)
            && let Err(error) = signals::tell(pid, signals::BELL)
        {
            debug!(self.log, "cannot ring worker {pid}: {error}");
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
