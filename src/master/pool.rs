//! How many spares there should be: arithmetic without side effects. Spares follow the arrival rate between the bounds.

use std::time::{Duration, Instant};

/// How long a burst is remembered: arrivals weigh less and less over this span.
const MEMORY: Duration = Duration::from_millis(250);

/// How long after the last arrival surplus spares are kept.
pub const CALM: Duration = Duration::from_secs(10);

/// The directives that bound the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// StartWorkers: how many are made before the daemon says it is ready.
    pub start: u32,
    /// MinSpareWorkers.
    pub min: u32,
    /// MaxSpareWorkers.
    pub max: u32,
}

/// The pace of arrivals, weighed by their age.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    level: f64,
    seen: Instant,
    calm_at: Instant,
}

impl Pace {
    /// Nobody has come yet.
    pub fn new(now: Instant) -> Pace {
        Pace { level: 0.0, seen: now, calm_at: now }
    }

    /// So many clients came since the last look.
    pub fn note(&mut self, arrivals: u32, now: Instant) {
        self.level = self.remembered(now) + f64::from(arrivals);
        self.seen = now;
        if arrivals > 0 {
            self.calm_at = now + CALM;
        }
    }

    /// How many spares should wait: enough for what came during the last [`MEMORY`], within the bounds.
    pub fn wanted(&self, bounds: &Bounds, now: Instant) -> u32 {
        let expected = self.remembered(now).round() as u32;
        bounds.min.saturating_add(expected).clamp(bounds.min, bounds.max.max(bounds.min))
    }

    /// What is left of the level: near e to the power of minus the age, and nothing after four times [`MEMORY`]. Without exp(3), for
    /// which each worker would carry the mappings of libm.
    fn remembered(&self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.seen).as_secs_f64() / MEMORY.as_secs_f64();
        let fourth_root = (1.0 - age / 4.0).max(0.0);
        self.level * fourth_root.powi(4)
    }

    /// When surplus spares may go.
    pub fn calm_at(&self) -> Instant {
        self.calm_at
    }
}

/// How many workers to ask for, given the spares there are and those already asked for.
pub fn births(wanted: u32, spares: u32, asked: u32) -> u32 {
    wanted.saturating_sub(spares.saturating_add(asked))
}

/// Whether clients have come lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Within the last [`CALM`].
    Busy,
    /// Not so lately.
    Calm,
}

/// The most spares that may wait: MaxSpareWorkers, and when all is calm no more than what the start made and what is wanted.
pub fn most(bounds: &Bounds, wanted: u32, mood: Mood) -> u32 {
    let most = match mood {
        Mood::Busy => bounds.max,
        Mood::Calm => bounds.start.min(bounds.max).max(wanted),
    };
    most.max(bounds.min)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { start: 8, min: 4, max: 64 };

    #[test]
    fn a_quiet_daemon_keeps_the_least() {
        let now = Instant::now();
        assert_eq!(Pace::new(now).wanted(&BOUNDS, now), 4);
    }

    #[test]
    fn a_burst_raises_the_number_and_time_lowers_it() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.note(20, now);
        assert_eq!(pace.wanted(&BOUNDS, now), 24);
        pace.note(500, now);
        assert_eq!(pace.wanted(&BOUNDS, now), 64);
        assert_eq!(pace.wanted(&BOUNDS, now + Duration::from_secs(5)), 4);
    }

    #[test]
    fn births_fill_the_gap_and_no_more() {
        for (wanted, spares, asked, expected) in [(8, 0, 0, 8), (8, 3, 2, 3), (8, 8, 0, 0), (4, 9, 9, 0)] {
            assert_eq!(births(wanted, spares, asked), expected);
        }
    }

    #[test]
    fn what_the_start_made_may_stay() {
        assert_eq!(most(&BOUNDS, 4, Mood::Calm), 8);
        assert_eq!(most(&BOUNDS, 30, Mood::Calm), 30);
        assert_eq!(most(&BOUNDS, 4, Mood::Busy), 64);
        // More at the start than may ever wait: what is said of the calm pool is never more than of the busy one.
        let bounds = Bounds { start: 20, min: 4, max: 6 };
        assert_eq!([Mood::Calm, Mood::Busy].map(|mood| most(&bounds, 4, mood)), [6, 6]);
    }

    #[test]
    fn odd_bounds_do_no_harm() {
        let bounds = Bounds { start: 0, min: 9, max: 3 };
        let now = Instant::now();
        assert_eq!(Pace::new(now).wanted(&bounds, now), 9);
    }
}
