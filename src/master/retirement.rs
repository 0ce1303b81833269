//! Generations that serve nobody new: their spares leave at once, their sessions finish, for ever or for as long as MaxSessionAge says.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use slog::{info, warn};

use super::Master;
use crate::scoreboard::{SlotNumber, SlotOrder};
use crate::sys::{Signal, signals};

/// How the sessions of a generation are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// By themselves; at this moment, if there is one, they are disconnected.
    Finishing(Option<Instant>),
    /// They were told; who is left at this moment is killed.
    Leaving(Instant),
    /// Only the reap is awaited.
    Killed,
}

/// The same for the next program, with the time that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandedRetirement {
    Finishing(Option<Duration>),
    Leaving(Duration),
    Killed,
}

impl Retirement {
    /// As one master leaves it to the next.
    pub fn hand_over(self, now: Instant) -> HandedRetirement {
        let left = |until: Instant| until.saturating_duration_since(now);
        match self {
            Retirement::Finishing(until) => HandedRetirement::Finishing(until.map(left)),
            Retirement::Leaving(until) => HandedRetirement::Leaving(left(until)),
            Retirement::Killed => HandedRetirement::Killed,
        }
    }

    /// What another master has begun: its time goes on.
    pub fn adopt(handed: HandedRetirement, now: Instant) -> Retirement {
        match handed {
            HandedRetirement::Finishing(left) => Retirement::Finishing(left.map(|left| now + left)),
            HandedRetirement::Leaving(left) => Retirement::Leaving(now + left),
            HandedRetirement::Killed => Retirement::Killed,
        }
    }

    /// When something has to be done although nothing happens.
    pub fn deadline(self) -> Option<Instant> {
        match self {
            Retirement::Finishing(until) => until,
            Retirement::Leaving(until) => Some(until),
            Retirement::Killed => None,
        }
    }

    /// MaxSessionAge holds from now on: whoever was told of an earlier moment keeps that.
    fn limited(self, until: Instant) -> Retirement {
        match self {
            Retirement::Finishing(before) => {
                Retirement::Finishing(Some(before.map_or(until, |before| before.min(until))))
            }
            leaving => leaving,
        }
    }
}

impl Master {
    pub(super) fn retire_generation(&mut self, number: u32) {
        self.wake_watchdog(Instant::now());
        if let Some(generation) = self.generation(number) {
            generation.end_nursery();
        }
        // They compare the header's generation with their own; who was just born may have looked a moment before.
        self.workers.learn_births(&self.board);
        let old = self.workers.living().filter(|(_, _, generation)| *generation == number);
        for (_, pid, _) in old {
            if let Err(error) = signals::tell(pid, signals::BELL) {
                info!(self.log, "cannot signal worker {pid}: {error}");
            }
        }
        self.end_generation_if_empty(number);
    }

    /// Whoever has served a HUP's configuration with MaxSessionAge says when the sessions of older ones are disconnected.
    pub(super) fn limit_old_sessions(&mut self, now: Instant) {
        let serving = self.serving;
        let settings = self.generation(serving).and_then(|serving| serving.settings.clone());
        let Some(age) = settings.and_then(|settings| settings.daemon.max_session_age) else { return };
        for generation in self.generations.iter_mut().filter(|generation| generation.number < serving) {
            generation.retirement = generation.retirement.limited(now + age);
            info!(
                self.log,
                "MaxSessionAge: sessions of generation {} that are left in {} s are disconnected",
                generation.number,
                age.as_secs()
            );
        }
    }

    /// Acts on what has come due.
    pub(super) fn press_on_retired(&mut self, now: Instant) {
        let is_due = |retirement: Retirement| retirement.deadline().is_some_and(|at| at <= now);
        let due: Vec<(u32, Retirement, Duration)> = self
            .generations
            .iter()
            .filter(|generation| is_due(generation.retirement))
            .map(|generation| {
                let patience = generation.terms.shutdown_timeout;
                (generation.number, generation.retirement, patience)
            })
            .collect();
        for (number, retirement, patience) in due {
            let next = match retirement {
                Retirement::Finishing(_) => self.disconnect_generation(number, now + patience),
                Retirement::Leaving(_) | Retirement::Killed => self.kill_generation(number),
            };
            if let Some(generation) = self.generation(number) {
                generation.retirement = next;
            }
        }
    }

    fn disconnect_generation(&mut self, number: u32, until: Instant) -> Retirement {
        self.workers.learn_births(&self.board);
        let left: Vec<_> = self.workers.of(number).collect();
        info!(self.log, "MaxSessionAge: {} sessions of generation {number} are disconnected", left.len());
        for slot in left {
            self.board.publish_slot_order(slot, SlotOrder::Leave);
            self.signal_worker(slot, signals::BELL);
        }
        Retirement::Leaving(until)
    }

    fn kill_generation(&mut self, number: u32) -> Retirement {
        let left: Vec<_> = self.workers.of(number).collect();
        warn!(self.log, "MaxSessionAge: {} workers of generation {number} are killed", left.len());
        left.into_iter().for_each(|slot| self.signal_worker(slot, signals::KILL));
        Retirement::Killed
    }

    fn signal_worker(&self, slot: SlotNumber, signal: Signal) {
        let pid = self.workers.worker(slot).and_then(|worker| worker.pid);
        if let Some(Err(error)) = pid.map(|pid| signals::tell(pid, signal)) {
            // Its end is on the way.
            info!(self.log, "cannot signal the worker of slot {}: {error}", slot.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retirement_goes_on_under_another_master() {
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(1000));
        let (left, until) = (Duration::from_secs(40), now + Duration::from_secs(40));
        for (before, after) in [
            (Retirement::Finishing(None), Retirement::Finishing(None)),
            (Retirement::Finishing(Some(until)), Retirement::Finishing(Some(later + left))),
            (Retirement::Finishing(Some(now)), Retirement::Finishing(Some(later))),
            (Retirement::Leaving(until), Retirement::Leaving(later + left)),
            (Retirement::Killed, Retirement::Killed),
        ] {
            let handed = serde_json::to_vec(&before.hand_over(now)).unwrap();
            assert_eq!(Retirement::adopt(serde_json::from_slice(&handed).unwrap(), later), after);
        }
    }
}
