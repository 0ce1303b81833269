//! The words after an action, taken one by one.

use std::time::Duration;

use super::request::{Host, Mistake};

/// What is left of them.
#[derive(Debug)]
pub struct Words<'a> {
    words: &'a [String],
}

impl<'a> Words<'a> {
    /// All of a request's.
    pub fn new(words: &'a [String]) -> Words<'a> {
        Words { words }
    }

    /// The next, if there is one.
    pub fn maybe(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// The next; `what` says what is missing.
    pub fn word(&mut self, what: &str) -> Result<&'a str, Mistake> {
        self.maybe().ok_or_else(|| Mistake(format!("{what} is missing")))
    }

    /// The next, if it is this one.
    pub fn takes(&mut self, expected: &str) -> bool {
        let is_it = self.words.first().is_some_and(|word| word == expected);
        if is_it {
            self.maybe();
        }
        is_it
    }

    /// All that are left, at least one.
    pub fn rest(&mut self, what: &str) -> Result<Vec<String>, Mistake> {
        match std::mem::take(&mut self.words) {
            [] => Err(Mistake(format!("{what} is missing"))),
            words => Ok(words.to_vec()),
        }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Mistake> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(Mistake(format!("'{word}' is one word too many"))),
        }
    }

    /// A number.
    pub fn number(&mut self, what: &str, most: u32) -> Result<u32, Mistake> {
        let word = self.word(what)?;
        word.parse()
            .ok()
            .filter(|number| *number <= most)
            .ok_or_else(|| Mistake(format!("{what} is a number up to {most}, not '{word}'")))
    }

    /// Seconds, if any are said; no more than a year.
    pub fn seconds(&mut self) -> Result<Option<Duration>, Mistake> {
        if self.words.is_empty() {
            return Ok(None);
        }
        Ok(Some(Duration::from_secs(self.number("how many seconds", 31_536_000)?.into())))
    }

    /// Virtual hosts: `all`, or one a word.
    pub fn hosts(&mut self) -> Result<Vec<Host>, Mistake> {
        let words = self.rest("a virtual host, or all,")?;
        Ok(words.iter().map(|word| Host::of(word)).collect())
    }

    /// Bytes a second: kilobytes as TransferRate has them, or with K, M or G behind them; None for `none`.
    pub fn rate(&mut self) -> Result<Option<u64>, Mistake> {
        let word = self.word("a rate, or none,")?;
        if word == "none" {
            return Ok(None);
        }
        let (digits, unit) = match word.char_indices().last() {
            Some((at, 'K' | 'k')) => (&word[..at], 1 << 10),
            Some((at, 'M' | 'm')) => (&word[..at], 1 << 20),
            Some((at, 'G' | 'g')) => (&word[..at], 1 << 30),
            _ => (word, 1 << 10),
        };
        let rate = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        rate.filter(|rate| *rate > 0).map(Some).ok_or_else(|| {
            Mistake(format!("a rate is kilobytes a second, 500, 500K, 2M, or none, not '{word}'"))
        })
    }
}
