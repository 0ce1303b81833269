//! A worker that spins or hangs is ended. A live one waits again and again, at the latest when one of its own timers has passed, and
//! hears its bell there; so one that publishes nothing new is rung, and if the bell is still pending a round later, nobody is at home.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use slog::{info, warn};

use super::Master;
use super::workers::{Stage, Worker};
use crate::scoreboard::SlotNumber;
use crate::sys::hearing::{self, Hearing};
use crate::sys::{ProcessId, signals};

/// Between two turns, each of which looks at a share of the workers; soon enough that nothing is left to do when a daemon falls idle.
const TURN: Duration = Duration::from_secs(5);

/// In so many turns everybody is looked at once. Whoever hangs is ended in the third round.
const SHARES: u32 = 6;

/// What is known of a worker since its last turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    pid: ProcessId,
    /// Whatever it publishes changes it.
    progress: [u64; 2],
    /// Nothing has changed, and its bell was rung.
    is_rung: bool,
}

/// What is to be done about a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It has published something.
    Nothing,
    /// It has not; that it may be at rest is seen by its hearing the bell.
    Ring,
    /// It was rung a round ago.
    Ask,
}

/// When the next turn is, and what the last ones saw.
#[derive(Debug, Default)]
pub struct Watchdog {
    /// None while there is nobody to look after.
    pub due: Option<Instant>,
    share: u32,
    marks: HashMap<SlotNumber, Mark>,
}

impl Watchdog {
    fn step(&mut self, slot: SlotNumber, pid: ProcessId, progress: [u64; 2]) -> Step {
        let known = self.marks.get_mut(&slot).filter(|mark| (mark.pid, mark.progress) == (pid, progress));
        let Some(mark) = known else {
            self.marks.insert(slot, Mark { pid, progress, is_rung: false });
            return Step::Nothing;
        };
        // Whoever has heard the bell is rung again in the next round.
        mark.is_rung = !mark.is_rung;
        if mark.is_rung { Step::Ring } else { Step::Ask }
    }
}

impl Master {
    /// Somebody has a client, or was told to leave.
    pub(super) fn wake_watchdog(&mut self, now: Instant) {
        let turn = self.board.watchdog_turn().unwrap_or(TURN);
        self.watchdog.due.get_or_insert(now + turn);
    }

    pub(super) fn take_watchdogs_turn(&mut self, now: Instant) {
        if self.watchdog.due.take_if(|due| *due <= now).is_none() {
            return;
        }
        // An end that was told is lost where the kernel has no memory for it, or the user no room.
        self.reap();
        let watched: Vec<(SlotNumber, ProcessId)> = self
            .workers
            .living()
            .filter(|(slot, _, _)| self.workers.worker(*slot).is_some_and(|worker| self.is_watched(worker)))
            .map(|(slot, pid, _)| (slot, pid))
            .collect();
        let pids: HashMap<SlotNumber, ProcessId> = watched.iter().copied().collect();
        self.watchdog.marks.retain(|slot, mark| pids.get(slot) == Some(&mark.pid));
        if watched.is_empty() {
            return;
        }
        self.wake_watchdog(now);
        self.watchdog.share = (self.watchdog.share + 1) % SHARES;
        let share = self.watchdog.share;
        for (slot, pid) in watched.into_iter().filter(|(slot, _)| slot.0 % SHARES == share) {
            self.look_after(slot, pid);
        }
    }

    /// A spare of the serving generation has nothing to do and nobody to keep waiting.
    fn is_watched(&self, worker: &Worker) -> bool {
        match worker.stage {
            Stage::Asked => false,
            Stage::Spare => worker.generation != self.serving || self.phase.is_stopping(),
            Stage::Fresh | Stage::Session | Stage::Leaving => true,
        }
    }

    fn look_after(&mut self, slot: SlotNumber, pid: ProcessId) {
        match self.watchdog.step(slot, pid, self.board.progress(slot)) {
            Step::Nothing => {}
            // One that has ended is reaped soon.
            Step::Ring => drop(signals::tell(pid, signals::BELL)),
            Step::Ask => match hearing::of(pid, signals::BELL) {
                Ok(Hearing::Pending('R' | 'S' | 'T')) => self.end_hung(pid),
                // Waiting for a disk that is gone, or under a debugger: KILL would not help, or not be wanted.
                Ok(Hearing::Pending(_) | Hearing::Heard | Hearing::Gone) | Err(_) => {}
            },
        }
    }

    fn end_hung(&self, pid: ProcessId) {
        warn!(self.log, "worker {pid} spins or hangs (its bell was not heard): it is killed");
        if let Err(error) = signals::tell(pid, signals::KILL) {
            info!(self.log, "cannot kill worker {pid}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_publishes_nothing_is_rung_and_then_asked_about() {
        let mut watchdog = Watchdog::default();
        let (slot, pid) = (SlotNumber(3), ProcessId(7));
        let mut steps = |turns: &[(i32, u64)]| {
            let step = |(pid, progress): &(i32, u64)| watchdog.step(slot, ProcessId(*pid), [*progress, 0]);
            turns.iter().map(step).collect::<Vec<_>>()
        };
        use Step::{Ask, Nothing, Ring};
        assert_eq!(steps(&[(pid.0, 1); 5]), [Nothing, Ring, Ask, Ring, Ask]);
        assert_eq!(steps(&[(pid.0, 2), (pid.0, 3), (pid.0, 3)]), [Nothing, Nothing, Ring]);
        assert_eq!(steps(&[(8, 3), (8, 3)]), [Nothing, Ring], "another worker");
    }
}
