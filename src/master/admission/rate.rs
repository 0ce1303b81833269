//! MaxConnectionRate: when clients came, as far back as it matters.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::auth::places::ConnectionRate;

/// Those who were let in, the oldest first.
#[derive(Debug, Default)]
pub struct Arrivals(VecDeque<Instant>);

impl Arrivals {
    /// Whether one more now would be one too many. Forgets who came too long ago to matter.
    pub fn are_too_many(&mut self, rate: ConnectionRate, now: Instant) -> bool {
        let span = Duration::from_secs(u64::from(rate.seconds));
        while self.0.front().is_some_and(|came| now.duration_since(*came) >= span) {
            self.0.pop_front();
        }
        self.0.len() >= rate.count as usize
    }

    /// How long ago each came, the oldest first: for the next master.
    pub fn ages(&self, now: Instant) -> Vec<Duration> {
        self.0.iter().map(|came| now.duration_since(*came)).collect()
    }

    /// What the master before has noted. One that came before this host's clock began matters to no rate.
    pub fn adopt(&mut self, ages: &[Duration], now: Instant) {
        self.0.extend(ages.iter().filter_map(|age| now.checked_sub(*age)));
    }

    /// Somebody was let in.
    pub fn note(&mut self, now: Instant) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_come_in_as_the_rate_says_in_any_span() {
        let rate = ConnectionRate { count: 3, seconds: 2 };
        let (mut arrivals, begin) = (Arrivals::default(), Instant::now());
        let mut come = |tenths: u64| {
            let now = begin + Duration::from_millis(tenths * 100);
            let is_in = !arrivals.are_too_many(rate, now);
            if is_in {
                arrivals.note(now);
            }
            is_in
        };
        let at = [0, 5, 10, 15, 19, 20, 21, 25, 30, 50, 50, 50, 50];
        let came: Vec<bool> = at.into_iter().map(&mut come).collect();
        let expected = [1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0].map(|count| count == 1);
        assert_eq!(came, expected);
        assert!(arrivals.0.len() <= 3);
    }
}
