//! What is to be changed of a file, and which file: MFMT, MFF.

use super::{Argument, Reading, wrong_count};
use crate::protocol::{Changes, Command, Reply, time};

impl<'a> Argument<'a> {
    /// MFMT's time and path.
    pub fn time_and_path(self) -> Reading {
        let (text, path) = self.word_and_path()?;
        // What is no time is named; of one that no calendar has, the file.
        let named = if text.len() == 14 && text.iter().all(u8::is_ascii_digit) { path } else { text };
        match time::read(text) {
            Some(seconds) => Ok(Command::Mfmt(seconds, path.to_vec())),
            None => Err(Reply::about(501, named, "Invalid argument")),
        }
    }

    /// MFF's facts and path: the facts hold no blank, the path may.
    pub fn facts_and_path(self) -> Reading {
        let (facts, path) = self.word_and_path()?;
        let changes = Changes::read(facts, path)?;
        Ok(Command::Mff(changes, facts.to_vec(), path.to_vec()))
    }

    /// A word, and the path behind the first blank: one that stands before the word makes both part of the path. Other white space
    /// ends a word too, so that there may be words and yet no path.
    fn word_and_path(&self) -> Result<(&'a [u8], &'a [u8]), Reply> {
        let words = self.words();
        let blank = memchr::memchr(b' ', self.bytes);
        match (words.first(), blank.map(|blank| &self.bytes[blank + 1..])) {
            (Some(word), Some(path)) if words.len() > 1 && !path.is_empty() => Ok((word, path)),
            _ => Err(wrong_count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::argument;
    use super::*;

    #[test]
    fn times_stand_before_paths() {
        let wanted = Ok(Command::Mfmt(0, b"two words".to_vec()));
        assert_eq!(argument("19700101000000 two words").time_and_path(), wanted);
        for (text, words) in [
            ("", "Invalid number of parameters"),
            ("19700101000000", "Invalid number of parameters"),
            ("19700101000000 ", "Invalid number of parameters"),
            ("x f", "x: Invalid argument"),
            ("20201301000000 f", "f: Invalid argument"),
            (" x f", "x: Invalid argument"),
        ] {
            let reply = argument(text).time_and_path().unwrap_err();
            assert_eq!((reply.code, reply.text()), (501, words.as_bytes()), "{text}");
        }
    }
}
