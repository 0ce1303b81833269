//! Answers that are to come later: the postman keeps them until they are due, so that a slowed guess occupies nobody. With
//! nothing to deliver it sleeps without a clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::errand::Errand;
use crate::auth::wire::Answer;

/// Most answers kept; whoever comes on top hears nothing, and asks again or leaves.
const LETTERS_MAX: usize = 2048;
/// Letters on their way to the postman.
const LETTER_BOX: usize = 256;

/// An answer and when to give it.
struct Letter {
    due: Instant,
    number: u64,
    errand: Errand,
    answer: Answer,
}

impl Letter {
    fn rank(&self) -> Reverse<(Instant, u64)> {
        Reverse((self.due, self.number))
    }
}

impl PartialEq for Letter {
    fn eq(&self, other: &Letter) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Letter {}

impl PartialOrd for Letter {
    fn partial_cmp(&self, other: &Letter) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Letter {
    fn cmp(&self, other: &Letter) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Where answers are left for later.
pub struct LetterBox {
    letters: Sender<Letter>,
}

/// Keeps them and delivers them.
pub struct Postman {
    letters: Receiver<Letter>,
    kept: BinaryHeap<Letter>,
}

/// The two ends.
pub fn post() -> (LetterBox, Postman) {
    let (sender, letters) = bounded(LETTER_BOX);
    (LetterBox { letters: sender }, Postman { letters, kept: BinaryHeap::new() })
}

impl LetterBox {
    /// Leaves an answer to be given when it is due.
    pub fn leave(&self, due: Instant, errand: Errand, answer: Answer) {
        // The postman lives as long as the process; should it have gone, the worker asks again.
        let _ = self.letters.send(Letter { due, number: errand.visit.number(), errand, answer });
    }
}

impl Postman {
    /// The postman's life.
    pub fn deliver_for_life(mut self) {
        while let Ok(letter) = self.next() {
            if self.kept.len() < LETTERS_MAX {
                self.kept.extend(letter);
            }
            self.deliver(Instant::now());
        }
    }

    /// A letter to keep, or None when the first one kept is due; an error when no more will come.
    fn next(&self) -> Result<Option<Letter>, RecvTimeoutError> {
        match self.kept.peek() {
            None => self.letters.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected),
            Some(first) => match self.letters.recv_deadline(first.due) {
                Ok(letter) => Ok(Some(letter)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(gone) => Err(gone),
            },
        }
    }

    fn deliver(&mut self, now: Instant) {
        while self.kept.peek().is_some_and(|letter| letter.due <= now) {
            if let Some(letter) = self.kept.pop() {
                // The worker may have gone; then nobody minds.
                let _ = letter.errand.answer(&letter.answer);
            }
        }
    }
}
