//! The spares: who of them was taken, how many more are asked for, and which leave.

use std::time::{Duration, Instant};

use slog::{debug, error, warn};

use super::pool::Mood;
use super::stop::Phase;
use super::supervise::HOLD_BACK;
use super::{Master, pool};
use crate::scoreboard::{ReasonCode, SlotNumber, SlotOrder};
use crate::sys::signals;

/// Thousands of clients that said nothing may leave at once, and a look reaches some of them: the next follows after so long, which
/// keeps the master awake for a hundredth of its time.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

impl Master {
    /// The hint: who was taken, who is ready.
    pub(super) fn look_at_pool(&mut self) {
        let seen = self.workers.look(&self.board);
        let now = Instant::now();
        self.pace.note(seen.taken, now);
        if seen.taken > 0 {
            self.wake_watchdog(now);
        }
        let board = &self.board;
        let refused = || board.refusals().of(ReasonCode::Shutdown);
        if let Some(more) = self.shutdown_file.shuts_out_many(now, refused) {
            let path = self.shutdown_file.path().display();
            warn!(
                self.log,
                "{path} has had {more} more clients refused, and never expires (ftpshut --cancel removes it)"
            );
        }
        self.finish_raising_if_ready();
        self.look_again_at = self.next_look(now);
        self.close_to_others(seen);
        self.thin_out(now);
        self.refill();
    }

    /// Some of the fresh were not looked at yet; or newborns are awaited, who say nothing: when all is calm, those that nobody
    /// needed are found.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        if self.workers.is_behind() {
            return Some(now + BETWEEN_LOOKS);
        }
        let awaits = self.workers.asked(self.serving) > 0;
        awaits.then(|| self.look_again_at.filter(|at| *at > now).unwrap_or(now + pool::CALM))
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
            self.look_again_at = self.next_look(Instant::now());
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
            debug!(self.log, "cannot signal worker {pid}: {error}");
        }
    }
}
