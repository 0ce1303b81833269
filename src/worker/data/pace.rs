//! TransferRate: how much of a transfer may move now, and how long it rests after that. A bucket of tokens that holds no more than a
//! short while's worth, so that who was slow does not go faster afterwards.

use std::time::{Duration, Instant};

use crate::config::settings::TransferRate;

/// Between two rests. Often enough for an even flow, seldom enough to cost nothing.
const BEAT: Duration = Duration::from_millis(250);
/// What was not used is kept for so long.
const KEPT: Duration = Duration::from_millis(250);
/// Fewest bytes at once.
const BLOCK_LEAST: usize = 64;

/// The pace of one transfer.
#[derive(Debug)]
pub struct Pace {
    rate: TransferRate,
    /// Bytes that are still free.
    free: u64,
    /// When what has moved will have been paid for.
    due: Instant,
}

impl Pace {
    /// From now on.
    pub fn new(rate: TransferRate, now: Instant) -> Pace {
        Pace { rate, free: rate.free, due: now }
    }

    /// The slower of what is configured and what the operator has ordered; None where neither is.
    pub fn within(configured: Option<TransferRate>, ordered: Option<u64>, now: Instant) -> Option<Pace> {
        let ordered =
            ordered.map(|rate| TransferRate { bytes_per_second: rate as f64, free: 0, is_shared: false });
        let slower = match (configured, ordered) {
            (Some(one), Some(other)) if one.bytes_per_second <= other.bytes_per_second => Some(one),
            (one, None) => one,
            (_, other) => other,
        };
        slower.map(|rate| Pace::new(rate, now))
    }

    /// How many bytes may move at once, of at most `most`.
    pub fn block(&self, most: usize, sharers: u64) -> usize {
        let beat = self.bytes_per_second(sharers) * BEAT.as_secs_f64();
        let free = usize::try_from(self.free).unwrap_or(usize::MAX);
        // A cast of a float holds at the type's bounds.
        most.min((beat as usize).max(BLOCK_LEAST).saturating_add(free))
    }

    /// So many bytes have moved; gives when the next may.
    pub fn spend(&mut self, bytes: usize, sharers: u64, now: Instant) -> Instant {
        let bytes = bytes as u64;
        let charged = bytes.saturating_sub(self.free);
        self.free = self.free.saturating_sub(bytes);
        let since = now.checked_sub(KEPT).map_or(self.due, |earliest| self.due.max(earliest));
        let seconds = charged as f64 / self.bytes_per_second(sharers);
        // Longer than any session: only a rate next to nothing comes here.
        let span = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(86_400));
        self.due = since.checked_add(span).unwrap_or(since);
        self.due
    }

    fn bytes_per_second(&self, sharers: u64) -> f64 {
        let sharers = if self.rate.is_shared { sharers.max(1) } else { 1 };
        self.rate.bytes_per_second / sharers as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(bytes_per_second: f64, free: u64, now: Instant) -> Pace {
        Pace::new(TransferRate { bytes_per_second, free, is_shared: true }, now)
    }

    /// How long it takes to move so many bytes.
    fn span(mut pace: Pace, begin: Instant, bytes: usize, sharers: u64) -> f64 {
        let (mut now, mut left) = (begin, bytes);
        while left > 0 {
            let block = pace.block(left, sharers);
            now = now.max(pace.spend(block, sharers, now));
            left -= block;
        }
        now.duration_since(begin).as_secs_f64()
    }

    #[test]
    fn bytes_take_as_long_as_the_rate_says() {
        let now = Instant::now();
        for (rate, free, bytes, sharers, expected) in [
            (1000.0, 0, 10_000, 1, 10.0),
            (1000.0, 4000, 10_000, 1, 6.0),
            (1000.0, 20_000, 10_000, 1, 0.0),
            (1000.0, 0, 10_000, 4, 40.0),
            (0.5, 0, 10, 1, 20.0),
            (1e12, 0, 1_000_000, 1, 0.0),
        ] {
            let took = span(pace(rate, free, now), now, bytes, sharers);
            assert!((took - expected).abs() <= 0.3, "{bytes} at {rate} in {took}, not {expected}");
        }
    }

    #[test]
    fn who_was_slow_does_not_go_faster_afterwards() {
        let begin = Instant::now();
        let mut pace = pace(1000.0, 0, begin);
        let later = begin + Duration::from_secs(60);
        let due = pace.spend(1000, 1, later);
        assert!(due.duration_since(later) >= Duration::from_millis(700));
    }

    #[test]
    fn a_beats_worth_moves_at_once() {
        let pace = pace(100_000.0, 0, Instant::now());
        assert_eq!(pace.block(1 << 20, 1), 25_000);
        assert_eq!(pace.block(1 << 20, 5), 5_000);
        assert_eq!(pace.block(100, 1), 100);
        assert_eq!(
            Pace::new(TransferRate { bytes_per_second: 0.1, free: 0, is_shared: false }, Instant::now())
                .block(4096, 1),
            BLOCK_LEAST
        );
    }
}
