//! The last minutes of a server, in points: how many sessions, and how fast bytes go out and in.

use std::collections::VecDeque;

use crate::scoreboard::Totals;

/// Seconds between two points.
pub const STEP: u64 = 5;
/// Points kept: ten minutes of them.
pub const POINTS: usize = 120;

/// One point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// When, milliseconds since the epoch.
    pub at_ms: u64,
    /// Sessions at that moment.
    pub sessions: usize,
    /// Bytes a second sent since the point before.
    pub out: f64,
    /// Bytes a second received.
    pub into: f64,
    /// Logins a second.
    pub logins: f64,
}

/// The points, oldest first.
#[derive(Default)]
pub struct History {
    points: VecDeque<Point>,
    last: Option<(u64, Totals)>,
}

impl History {
    /// Adds what a look has seen. Totals that step back are those of a server that was started anew.
    pub fn add(&mut self, at_ms: u64, sessions: usize, totals: Totals) {
        let (since_ms, before) = self.last.replace((at_ms, totals)).unwrap_or((at_ms, totals));
        let seconds = at_ms.saturating_sub(since_ms) as f64 / 1000.0;
        let rate =
            |now: u64, then: u64| if seconds > 0.0 { now.saturating_sub(then) as f64 / seconds } else { 0.0 };
        self.points.push_back(Point {
            at_ms,
            sessions,
            out: rate(totals.bytes_out, before.bytes_out),
            into: rate(totals.bytes_in, before.bytes_in),
            logins: rate(totals.logins, before.logins),
        });
        if self.points.len() > POINTS {
            self.points.pop_front();
        }
    }

    /// The points, oldest first.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.points.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_between_two_points() {
        let mut history = History::default();
        let totals = |bytes_out, logins| Totals { bytes_out, logins, ..Totals::default() };
        history.add(1000, 1, totals(500, 1));
        history.add(6000, 2, totals(5500, 11));
        history.add(6000, 2, totals(6000, 11));
        history.add(11_000, 0, totals(0, 0));
        let points: Vec<(usize, f64, f64)> =
            history.points().map(|point| (point.sessions, point.out, point.logins)).collect();
        assert_eq!(points, [(1, 0.0, 0.0), (2, 1000.0, 2.0), (2, 0.0, 0.0), (0, 0.0, 0.0)]);
    }

    #[test]
    fn no_more_than_ten_minutes_are_kept() {
        let mut history = History::default();
        (0..1000).for_each(|second| history.add(second * 1000, 0, Totals::default()));
        assert_eq!(history.points().count(), POINTS);
        assert_eq!(history.points().next().map(|point| point.at_ms), Some(880_000));
    }
}
