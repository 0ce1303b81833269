//! MaxCommandRate: commands beyond it wait until their turn comes. Values in, values out.

use std::time::{Duration, Instant};

use crate::config::settings::CommandRate;

/// How many commands a session may still say without waiting.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    left: f64,
    at: Instant,
}

impl Throttle {
    /// Full.
    pub fn new(rate: CommandRate, now: Instant) -> Throttle {
        Throttle { left: f64::from(rate.count), at: now }
    }

    /// A command is said: when it may be obeyed.
    pub fn turn(&mut self, rate: CommandRate, now: Instant) -> Instant {
        let most = f64::from(rate.count);
        let every = f64::from(rate.seconds) / most;
        let come = now.saturating_duration_since(self.at).as_secs_f64() / every;
        self.left = (self.left + come).min(most) - 1.0;
        self.at = self.at.max(now);
        let wait = (-self.left * every).clamp(0.0, f64::from(rate.seconds));
        now + Duration::from_secs_f64(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of so many commands is obeyed that are said as soon as the last one was, in seconds.
    fn turns(rate: CommandRate, commands: usize) -> Vec<f64> {
        let begin = Instant::now();
        let (mut throttle, mut now) = (Throttle::new(rate, begin), begin);
        let mut turn = || {
            now = throttle.turn(rate, now);
            (now.duration_since(begin).as_secs_f64() * 1000.0).round() / 1000.0
        };
        (0..commands).map(|_| turn()).collect()
    }

    #[test]
    fn commands_beyond_the_rate_wait_their_turn() {
        let rate = CommandRate { count: 4, seconds: 2 };
        assert_eq!(turns(rate, 7), [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.5]);
    }

    #[test]
    fn who_was_silent_may_say_as_many_at_once_and_no_more() {
        let rate = CommandRate { count: 2, seconds: 1 };
        let begin = Instant::now();
        let mut throttle = Throttle::new(rate, begin);
        let later = begin + Duration::from_secs(3600);
        let waits: Vec<bool> = (0..3).map(|_| throttle.turn(rate, later) > later).collect();
        assert_eq!(waits, [false, false, true]);
    }
}
