//! What the answers are made of: the board as it was seen last, and the last minutes.

use std::time::{Duration, Instant};

use super::super::watch::{Look, Watch};
use super::history::History;
use crate::scoreboard::BoardError;

/// How old a look may be: whoever asks more often is told the same again.
const FRESH: Duration = Duration::from_millis(500);

/// The board, the last look at it and the last minutes.
pub struct Sight {
    watch: Watch,
    last: Option<(Instant, Look)>,
    history: History,
}

impl Sight {
    /// Of this board.
    pub fn new(watch: Watch) -> Sight {
        Sight { watch, last: None, history: History::default() }
    }

    /// The board as it is, or was half a second ago, and the last minutes.
    pub fn look(&mut self) -> Result<(&Look, &History), BoardError> {
        let is_fresh = self.last.as_ref().is_some_and(|(at, _)| at.elapsed() < FRESH);
        if !is_fresh {
            self.last = None;
        }
        let look = match self.last.take() {
            Some(last) => last,
            None => (Instant::now(), self.watch.look()?),
        };
        Ok((&self.last.insert(look).1, &self.history))
    }

    /// Adds a point to the last minutes.
    pub fn remember(&mut self) {
        // A board that cannot be read now is told to whoever asks.
        if let Ok(look) = self.watch.look() {
            self.history.add(look.now_ms, look.rows.len(), look.totals);
            self.last = Some((Instant::now(), look));
        }
    }
}
