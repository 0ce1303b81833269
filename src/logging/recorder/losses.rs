//! What could not be written is counted, and said in SystemLog, soon but not often.

use std::fmt;
use std::time::{Duration, Instant};

/// Between two reports.
const PAUSE: Duration = Duration::from_secs(10);

/// Records lost since the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// They named a log that is not open.
    pub(super) unknown: u64,
    /// They were no records.
    pub(super) malformed: u64,
    /// Their log could not be written, or not fast enough.
    pub(super) unwritten: u64,
}

/// The counts, and when they may be told.
#[derive(Debug, Default)]
pub(super) struct Losses {
    pub(super) counts: Counts,
    quiet_until: Option<Instant>,
}

impl Losses {
    /// When there is something to tell.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (self.counts != Counts::default()).then(|| self.quiet_until.unwrap_or(now))
    }

    /// What is to be told now; it is then forgotten.
    pub(super) fn take(&mut self, now: Instant) -> Option<Counts> {
        if self.due(now)? > now {
            return None;
        }
        self.quiet_until = Some(now + PAUSE);
        Some(std::mem::take(&mut self.counts))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { unknown, malformed, unwritten } = self;
        write!(
            f,
            "log records lost: {unwritten} unwritten, {unknown} for unknown logs, {malformed} malformed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_at_once_and_then_seldom() {
        let now = Instant::now();
        let mut losses = Losses::default();
        assert_eq!(losses.due(now), None);
        losses.counts.unknown += 2;
        assert_eq!(losses.due(now), Some(now));
        let told = losses.take(now).unwrap();
        assert_eq!(told.to_string(), "log records lost: 0 unwritten, 2 for unknown logs, 0 malformed");
        losses.counts.malformed += 1;
        assert_eq!(losses.take(now), None);
        assert_eq!(losses.due(now), Some(now + PAUSE));
        assert_eq!(losses.take(now + PAUSE), Some(Counts { malformed: 1, ..Counts::default() }));
    }
}
