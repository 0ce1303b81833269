//! One look at the board: who is connected, and how fast each transfer is since the look before.

use std::path::PathBuf;

use super::super::doing::Doing;
use super::super::who;
use super::rates::Rates;
use super::row::Row;
use crate::scoreboard::{BoardError, Census, HeaderRecord, Reader, Refusals, State, Totals};
use crate::sys::clock::now_ms;

/// A board that is looked at again and again.
pub struct Watch {
    path: PathBuf,
    board: Reader,
    rates: Rates,
}

/// What was seen.
pub struct Look {
    /// Of the daemon.
    pub header: HeaderRecord,
    /// Every session.
    pub rows: Vec<Row>,
    /// Of the dead and the living.
    pub totals: Totals,
    /// Of both, too.
    pub refusals: Refusals,
    /// Workers that wait for a client.
    pub spares: usize,
    /// When, milliseconds since the epoch.
    pub now_ms: u64,
    /// Whether a living daemon holds the board.
    pub is_running: bool,
}

impl Watch {
    /// Of the board at this path.
    pub fn new(path: PathBuf, board: Reader) -> Watch {
        Watch { path, board, rates: Rates::default() }
    }

    /// Looks again. A daemon that was started anew has a new board, which is opened.
    pub fn look(&mut self) -> Result<Look, BoardError> {
        let mut is_running = self.board.is_held();
        if !is_running && let Ok(board) = Reader::open(&self.path) {
            is_running = board.is_held();
            self.board = board;
        }
        let census = self.board.census()?;
        let now_ms = now_ms();
        let spares = census.slots.iter().filter(|slot| slot.state == State::Spare).count();
        let sessions = who::sessions(&census.slots, None);
        let rates = self.rates.look(&sessions, now_ms);
        let row = |(session, rate)| Row { doing: Doing::of(&session), session, rate };
        let rows = sessions.into_iter().zip(rates).map(row).collect();
        let Census { header, totals, refusals, .. } = census;
        Ok(Look { header, rows, totals, refusals, spares, now_ms, is_running })
    }
}
