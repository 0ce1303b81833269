//! A moment in which the master hears nothing of the pool. While enough spares wait, those who came and those who left can be heard of
//! many at once: woken by each of them it would run three times for one client.

use std::time::{Duration, Instant};

use super::Master;
use super::stop::Phase;
use crate::sys::endings;

/// How long: two or three logins of one client after the other, forty greetings of eight at once (bench/where-a-login-goes.md).
const REST: Duration = Duration::from_millis(2);

impl Master {
    /// After news of the pool: the next may wait, if nobody waits for a worker.
    pub(super) fn rest(&mut self) {
        let now = Instant::now();
        if self.rest_until.is_none() && self.is_at_ease(now) {
            self.rest_until = Some(now + REST);
        }
    }

    /// After so many ends were heard of: more may have to be, before anybody finds their places taken.
    pub(super) fn rest_after(&mut self, ended: usize) {
        match ended {
            0 => {}
            1..endings::AT_ONCE => self.rest(),
            _ => self.rest_until = None,
        }
    }

    fn is_at_ease(&self, now: Instant) -> bool {
        let is_usual =
            self.phase == Phase::Running && self.raising.is_none() && self.births_held_until.is_none();
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let spares = self.workers.spares(self.serving).count() as u32;
        is_usual
            && serving.is_some_and(|serving| spares >= self.pace.wanted(&serving.bounds(), now).div_ceil(2))
    }
}
