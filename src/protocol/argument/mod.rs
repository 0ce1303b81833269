//! The readers of verbs' arguments: from the bytes after the verb to typed values, or to the reply that refuses them.

mod addresses;
mod attributes;
mod parameters;

use super::command::Command;
use super::digest::{Algorithm, Checksum};
use super::reply::Reply;
use super::{options, site};

/// What reading an argument gives.
pub type Reading = Result<Command, Reply>;

/// The bytes after a verb, and the verb as the client wrote it, for replies that name it.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a> {
    /// Upper case.
    pub verb: &'a str,
    /// Without the one blank between.
    pub bytes: &'a [u8],
}

impl<'a> Argument<'a> {
    fn not_understood(self, code: u16) -> Reply {
        Reply::new(code, format!("'{}' not understood", self.verb))
    }

    /// The words, however many blanks are between them.
    fn words(self) -> Vec<&'a [u8]> {
        self.bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect()
    }

    /// The verb and its words are not a command, in the words of ProFTPD.
    fn words_not_understood(self, code: u16) -> Reply {
        let line = [&[self.verb.as_bytes()], self.words().as_slice()].concat().join(&b' ');
        Reply::new(code, [b"'", line.as_slice(), b"' not understood"].concat())
    }

    /// Nothing, or blanks alone.
    fn is_blank(self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }

    /// A path that must be there; blanks belong to it (RFC 959 §5.3.2), but are none by themselves.
    pub fn path(self, make: fn(Vec<u8>) -> Command) -> Reading {
        if self.is_blank() { Err(wrong_count()) } else { Ok(make(self.bytes.to_vec())) }
    }

    /// The same for transfers, whose missing path is refused in other words.
    pub fn file(self, make: fn(Vec<u8>) -> Command) -> Reading {
        if self.is_blank() { Err(self.not_understood(500)) } else { Ok(make(self.bytes.to_vec())) }
    }

    /// ABOR, which is not understood with anything behind it.
    pub fn alone(self, command: Command) -> Reading {
        if self.is_blank() { Ok(command) } else { Err(self.words_not_understood(500)) }
    }

    /// What takes no argument at all.
    pub fn none(self, command: Command) -> Reading {
        if self.is_blank() { Ok(command) } else { Err(wrong_count()) }
    }

    /// STOU, whose one word says nothing: the server makes up the name.
    pub fn word_passed_over(self, command: Command) -> Reading {
        if self.words().len() > 1 { Err(self.words_not_understood(500)) } else { Ok(command) }
    }

    /// What is known and not done, whatever follows it.
    pub fn not_done(self) -> Reading {
        Err(Reply::new(502, format!("{} command not implemented", self.verb)))
    }

    /// What a server says that does not know the verb.
    pub fn unknown(self) -> Reading {
        Err(Reply::new(500, format!("{} not understood", self.verb)))
    }

    /// A path, or none.
    pub fn optional(self, make: fn(Option<Vec<u8>>) -> Command) -> Reading {
        Ok(make((!self.is_blank()).then(|| self.bytes.to_vec())))
    }

    /// Whatever there is, nothing included.
    pub fn any(self, make: fn(Vec<u8>) -> Command) -> Reading {
        Ok(make(self.bytes.to_vec()))
    }

    /// USER's name: one word.
    pub fn name(self) -> Reading {
        match self.words().first() {
            None => Err(Reply::new(500, format!("{}: command requires a parameter", self.verb))),
            Some(name) => Ok(Command::User(name.to_vec())),
        }
    }

    /// HOST's name: one word.
    pub fn host(self) -> Reading {
        match *self.words() {
            [name] => Ok(Command::Host(name.to_vec())),
            _ => Err(self.not_understood(500)),
        }
    }

    /// LANG's tag (RFC 2640 §4.1): replies are in English, whatever its country.
    pub fn language(self) -> Reading {
        let tag = self.bytes.trim_ascii();
        let is_english = tag.get(..2).is_some_and(|language| language.eq_ignore_ascii_case(b"en"));
        match tag {
            b"" => Ok(Command::Lang(None)),
            tag if tag.contains(&b' ') => Err(wrong_count()),
            tag if is_english && matches!(tag.get(2), None | Some(b'-' | b'_' | b'.')) => {
                Ok(Command::Lang(Some(tag.to_vec())))
            }
            tag => Err(Reply::new(504, [b"Language ", tag, b" not supported"].concat())),
        }
    }

    /// XCRC and its like.
    pub fn sum(self, algorithm: Algorithm) -> Reading {
        Checksum::read(self.verb, algorithm, self.bytes).map(Command::Sum)
    }

    /// OPTS.
    pub fn choice(self) -> Reading {
        options::read(self.bytes).map(Command::Opts)
    }

    /// SITE.
    pub fn site(self) -> Reading {
        site::read(self.bytes).map(Command::Site)
    }
}

fn wrong_count() -> Reply {
    Reply::new(501, "Invalid number of parameters")
}

/// A number of digits alone: no sign, no blanks.
fn decimal<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod testing {
    use super::Argument;

    pub fn argument(bytes: &str) -> Argument<'_> {
        Argument { verb: "VERB", bytes: bytes.as_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::argument;
    use super::*;

    #[test]
    fn languages_are_english() {
        for tag in ["en", "EN", "en-US", "en_GB.UTF-8"] {
            assert_eq!(argument(tag).language(), Ok(Command::Lang(Some(tag.into()))), "{tag}");
        }
        assert_eq!(argument("").language(), Ok(Command::Lang(None)));
        for (tag, code) in [("fr", 504), ("eng", 504), ("e", 504), ("en us", 501)] {
            assert_eq!(argument(tag).language().unwrap_err().code, code, "{tag}");
        }
    }
}
