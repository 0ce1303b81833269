//! How fast each transfer is now: what it has moved since the last look.

use std::collections::HashMap;

use super::super::session::Session;

/// What was seen at the last look, by process and beginning of the transfer.
#[derive(Default)]
pub struct Rates {
    seen: HashMap<(i32, u64), u64>,
    at_ms: u64,
}

impl Rates {
    /// Bytes a second of each session's transfer, and remembers them for the next look. A transfer that is new since is
    /// measured from its beginning; None without one.
    pub fn look(&mut self, sessions: &[Session], now_ms: u64) -> Vec<Option<f64>> {
        let rates = sessions.iter().map(|session| self.rate(session, now_ms)).collect();
        self.seen = sessions.iter().filter_map(transfer).collect();
        self.at_ms = now_ms;
        rates
    }

    fn rate(&self, session: &Session, now_ms: u64) -> Option<f64> {
        let (transfer, done) = transfer(session)?;
        let (before, since_ms) = match self.seen.get(&transfer) {
            Some(&before) => (before, self.at_ms),
            None => (0, transfer.1),
        };
        let milliseconds = now_ms.saturating_sub(since_ms);
        let bytes = done.saturating_sub(before) as f64;
        Some(if milliseconds == 0 { 0.0 } else { bytes * 1000.0 / milliseconds as f64 })
    }
}

fn transfer(session: &Session) -> Option<((i32, u64), u64)> {
    let transfer = session.command()?.transfer.as_ref()?;
    Some(((session.pid.0, transfer.started_ms), transfer.done))
}

#[cfg(test)]
mod tests {
    use super::super::super::session::Activity;
    use super::super::super::session::examples::{NOW, sessions};
    use super::*;

    fn set_done(session: &mut Session, done: u64) {
        let Activity::Command(_, command) = &mut session.activity else { panic!("a command") };
        command.transfer.as_mut().expect("a transfer").done = done;
    }

    #[test]
    fn a_rate_is_what_has_moved_since_the_last_look() {
        let mut rates = Rates::default();
        let mut sessions = sessions();
        let first = rates.look(&sessions, NOW);
        assert_eq!(first, [None, None, Some(450_560.0), Some(450_560.0), None]);
        set_done(&mut sessions[2], 901_120 + 5_000);
        let next = rates.look(&sessions, NOW + 500);
        assert_eq!(next[2..4], [Some(10_000.0), Some(0.0)]);
    }

    #[test]
    fn no_time_and_a_step_back_are_no_speed() {
        let mut rates = Rates::default();
        let mut sessions = sessions();
        rates.look(&sessions, NOW);
        set_done(&mut sessions[2], 5);
        assert_eq!(rates.look(&sessions, NOW)[2], Some(0.0));
        assert_eq!(rates.look(&sessions, NOW - 10)[2], Some(0.0));
    }
}
