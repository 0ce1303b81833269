//! How much is traced, by channel: what Trace says, and what an operator orders over it while the daemon runs.

use serde::{Deserialize, Serialize};

use super::channels::{self, COUNT, Channel, ROWS};

/// Higher levels are this one: no line of ours has one as high.
const HIGHEST: u8 = 127;
/// In an order's byte: something is ordered of this channel.
const SAID: u8 = 0x80;

/// Levels that are told, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    least: u8,
    most: u8,
}

/// For each channel the levels that are told, where something is said of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels([Option<Span>; COUNT]);

/// Why a word is no `channel:level`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// The sentence.
    Wrong(String),
    /// There is no such channel; ProFTPD may have one.
    Unknown,
}

impl Levels {
    /// Reads `data:5`, `data:3-7` or `DEFAULT:10`, which outweighs what was said before.
    pub fn say(&mut self, word: &str) -> Result<(), Misread> {
        let wrong = |why: &str| Misread::Wrong(format!("takes channel:level, not '{word}'{why}"));
        let (name, levels) = word.split_once(':').ok_or_else(|| wrong(""))?;
        let span = Span::read(levels).ok_or_else(|| wrong("; a level is 0 to 20, or a range as 3-7"))?;
        let meant = channels::meant(name);
        if meant.is_empty() && span.most > 0 {
            return Err(Misread::Unknown);
        }
        meant.into_iter().for_each(|channel| self.0[channel.place()] = Some(span));
        Ok(())
    }

    /// What is not said here, the outer words say.
    pub fn over(self, outer: Levels) -> Levels {
        Levels(std::array::from_fn(|at| self.0[at].or(outer.0[at])))
    }

    /// Whether a line of this level is told.
    pub fn has(&self, channel: Channel, level: u8) -> bool {
        self.0[channel.place()].is_some_and(|span| (span.least..=span.most).contains(&level))
    }

    /// Where nothing at all is said.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The highest level of each channel, a byte each; 0 for none.
    pub(super) fn highest(self) -> u64 {
        u64::from_le_bytes(self.0.map(|span| span.map_or(0, |span| span.most)))
    }

    /// For people, `3` or `3-7`; empty where nothing is told.
    pub fn words(&self, channel: Channel) -> String {
        match self.0[channel.place()] {
            None | Some(Span { most: 0, .. }) => String::new(),
            Some(Span { least: 0 | 1, most }) => most.to_string(),
            Some(Span { least, most }) => format!("{least}-{most}"),
        }
    }
}

impl Span {
    fn read(text: &str) -> Option<Span> {
        let level = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(HIGHEST).min(HIGHEST))
        };
        let (least, most) = match text.split_once('-') {
            Some((least, most)) => (level(least)?, level(most)?),
            None => {
                let most = level(text)?;
                (most.min(1), most)
            }
        };
        (least <= most).then_some(Span { least, most })
    }
}

/// What an operator has ordered, in a word that fits into the board; 0 for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders(pub u64);

impl Orders {
    /// The same, with an order of one channel: all lines up to this level.
    pub fn with(self, channel: Channel, level: u8) -> Orders {
        let mut bytes = self.0.to_le_bytes();
        bytes[channel.place()] = SAID | level.min(HIGHEST);
        Orders(u64::from_le_bytes(bytes))
    }

    /// What they say.
    pub fn levels(self) -> Levels {
        let span = |byte: u8| (byte & SAID != 0).then_some(Span { least: 1, most: byte & !SAID });
        Levels(self.0.to_le_bytes().map(span))
    }
}

const _: () = assert!(COUNT == ROWS.len() && COUNT <= size_of::<u64>());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(words: &[&str]) -> Levels {
        let mut levels = Levels::default();
        words.iter().for_each(|word| levels.say(word).unwrap());
        levels
    }

    #[test]
    fn later_words_outweigh_earlier_ones() {
        let levels = said(&["DEFAULT:10", "command:0", "data:3-7"]);
        assert!(levels.has(Channel::Auth, 10) && !levels.has(Channel::Auth, 11));
        assert!(!levels.has(Channel::Command, 1) && !levels.has(Channel::Directory, 1));
        assert_eq!([2, 3, 7, 8].map(|level| levels.has(Channel::Data, level)), [false, true, true, false]);
        assert_eq!(levels.words(Channel::Data), "3-7");
        assert_eq!((levels.words(Channel::Auth), levels.words(Channel::Command)), ("10".into(), "".into()));
        assert_eq!(said(&["data:300"]).words(Channel::Data), "127");
    }

    #[test]
    fn what_is_no_level_is_refused_and_what_is_no_channel_of_ours_is_not() {
        for word in
            ["data", "data:", "data:x", "data:-1", "data:5-1", "data:5-0", "data:1-", "DEFAULT:x", "nosuch:x"]
        {
            assert!(matches!(Levels::default().say(word), Err(Misread::Wrong(_))), "{word}");
        }
        assert_eq!(Levels::default().say("fsio:3"), Err(Misread::Unknown));
        assert_eq!(Levels::default().say("fsio:0"), Ok(()));
    }

    #[test]
    fn inner_words_and_orders_outweigh_outer_ones() {
        let levels = said(&["data:5"]).over(said(&["data:1", "auth:2"]));
        assert_eq!((levels.words(Channel::Data), levels.words(Channel::Auth)), ("5".into(), "2".into()));
        let orders = Orders::default().with(Channel::Data, 0).with(Channel::Directory, 20);
        let levels = orders.levels().over(levels);
        assert!(!levels.has(Channel::Data, 1) && levels.has(Channel::Directory, 20));
        assert!(levels.has(Channel::Auth, 2) && Orders::default().levels().is_empty());
    }

    proptest! {
        #[test]
        fn any_word_is_read_or_refused(word in "\\PC{0,12}") {
            let _ = Levels::default().say(&word);
        }

        #[test]
        fn nothing_is_told_above_the_highest_level(word: u64, level in 0u8..=255) {
            let levels = Orders(word).levels();
            let highest = levels.highest().to_le_bytes();
            for row in ROWS {
                prop_assert!(!levels.has(row.channel, level) || level <= highest[row.channel.place()]);
            }
        }
    }
}
