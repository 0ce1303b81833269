//! How what comes is to be understood, and which part of it: TYPE, MODE, STRU, REST, RANG, ALLO.

use super::{Argument, Reading, decimal};
use crate::protocol::{ByteRange, Command, Reply, Type};

impl Argument<'_> {
    /// TYPE's letters: A, I, L 7, L 8 (RFC 959 §5.3.2). A form behind A or I changes nothing.
    pub fn representation(self) -> Reading {
        let (letter, form) = match *self.words() {
            [letter] => (letter, None),
            [letter, form] => (letter, Some(form)),
            _ => return Err(self.words_not_understood(500)),
        };
        let kind = match (letter, form) {
            ([b'A' | b'a'], _) | ([b'L' | b'l'], Some(b"7")) => Type::Ascii,
            ([b'I' | b'i'], _) | ([b'L' | b'l'], Some(b"8")) => Type::Image,
            _ => {
                return Err(Reply::new(
                    504,
                    [b"TYPE not implemented for '", letter, b"' parameter"].concat(),
                ));
            }
        };
        Ok(Command::Type(kind, char::from(letter[0])))
    }

    /// MODE's letter: S, or Z, which not every server offers.
    pub fn mode(self) -> Reading {
        match *self.words() {
            [&[b'Z' | b'z', ..]] => Ok(Command::Mode(true)),
            _ => self.letter(b'S', b"BC", Command::Mode(false), "transfer mode"),
        }
    }

    /// STRU's letter: F alone is done.
    pub fn structure(self) -> Reading {
        self.letter(b'F', b"RP", Command::Stru, "structure type")
    }

    /// A letter; what follows it in its word is passed over.
    fn letter(self, done: u8, known: &[u8], command: Command, what: &str) -> Reading {
        let [word @ &[first, ..]] = *self.words() else { return Err(self.words_not_understood(501)) };
        let letter = first.to_ascii_uppercase();
        let refusal = |code, why: &str| {
            let parts: [&[u8]; 6] = [b"'", self.verb.as_bytes(), b" ", word, b"' ", why.as_bytes()];
            Err(Reply::new(code, [parts.concat().as_slice(), b" ", what.as_bytes()].concat()))
        };
        match letter {
            letter if letter == done => Ok(command),
            letter if known.contains(&letter) => refusal(504, "unsupported"),
            _ => refusal(501, "unrecognized"),
        }
    }

    /// REST's offset (RFC 3659 §5).
    pub fn offset(self) -> Reading {
        match self.words()[..] {
            [word] => self.number(word).map(Command::Rest),
            _ => Err(self.words_not_understood(500)),
        }
    }

    /// RANG's first and last byte (draft-bryan-ftp-range); `1 0` takes an earlier range back.
    pub fn range(self) -> Reading {
        let [first, last] = self.words()[..] else { return Err(self.words_not_understood(500)) };
        match (self.number(first)?, self.number(last)?) {
            (1, 0) => Ok(Command::Rang(None)),
            (first, last) => ByteRange::new(first, last)
                .map(|range| Command::Rang(Some(range)))
                .ok_or_else(|| Reply::new(501, "RANG start must be less than end")),
        }
    }

    /// A place in a file, with or without a plus. What is too large for any is as far as one can count.
    fn number(&self, word: &[u8]) -> Result<u64, Reply> {
        let digits = word.strip_prefix(b"+").unwrap_or(word);
        match !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            true => Ok(decimal(digits).unwrap_or(u64::MAX)),
            false => {
                let verb = self.verb;
                Err(Reply::new(501, format!("{verb} requires a value greater than or equal to 0")))
            }
        }
    }

    /// ALLO's bytes; `R` and the bytes of a record may follow (RFC 959 §4.1.3). A number that is too large is very large.
    pub fn allocation(self) -> Reading {
        let words: Vec<&[u8]> =
            self.bytes.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Err(self.not_understood(504)),
            [bytes] | [bytes, b"R" | b"r", _] if bytes.iter().all(u8::is_ascii_digit) => {
                Ok(Command::Allo(decimal(bytes).unwrap_or(u64::MAX)))
            }
            [_] => Err(Reply::about(504, self.bytes, "Invalid ALLO argument")),
            [word, _, _] => Err(Reply::about(504, word, "Invalid ALLO argument")),
            _ => Err(self.words_not_understood(504)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::argument;
    use super::*;

    #[test]
    fn types_are_letters() {
        for (text, wanted, letter) in [
            ("A", Type::Ascii, 'A'),
            ("a n", Type::Ascii, 'a'),
            ("I", Type::Image, 'I'),
            ("a t", Type::Ascii, 'a'),
            ("A C", Type::Ascii, 'A'),
            ("I N", Type::Image, 'I'),
            ("L 8", Type::Image, 'L'),
            ("l 7", Type::Ascii, 'l'),
        ] {
            assert_eq!(argument(text).representation(), Ok(Command::Type(wanted, letter)), "{text}");
        }
        for (text, code) in [("", 500), ("E", 504), ("E N", 504), ("L", 504), ("L 9", 504), ("A N x", 500)] {
            assert_eq!(argument(text).representation().unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn allocations_are_digits() {
        for (text, bytes) in
            [("10", 10), ("10 R 5", 10), ("0", 0), ("18446744073709551616", u64::MAX), (" 7 r 1", 7)]
        {
            assert_eq!(argument(text).allocation(), Ok(Command::Allo(bytes)), "{text}");
        }
        for text in ["", "x", "-1", "1.5", "10R5", "10 R", "R 5", "10 x 5", "1 R 2 3"] {
            assert_eq!(argument(text).allocation().unwrap_err().code, 504, "{text}");
        }
    }

    #[test]
    fn offsets_are_digits_that_fit() {
        assert_eq!(argument("18446744073709551615").offset(), Ok(Command::Rest(u64::MAX)));
        assert_eq!(argument("18446744073709551616").offset(), Ok(Command::Rest(u64::MAX)));
        assert_eq!(argument("+1").offset(), Ok(Command::Rest(1)));
        for (text, code) in [("", 500), ("1 2", 500), ("-1", 501), ("+", 501), ("++1", 501), ("x", 501)] {
            assert_eq!(argument(text).offset().unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn ranges_are_two_offsets() {
        assert_eq!(argument("2 4").range(), Ok(Command::Rang(ByteRange::new(2, 4))));
        assert_eq!(argument(" 2  4 ").range(), Ok(Command::Rang(ByteRange::new(2, 4))));
        assert_eq!(argument("1 0").range(), Ok(Command::Rang(None)));
        for (text, code, words) in [
            ("", 500, "'VERB' not understood"),
            ("1", 500, "'VERB 1' not understood"),
            ("1 2 3", 500, "'VERB 1 2 3' not understood"),
            ("x y", 501, "VERB requires a value greater than or equal to 0"),
            ("0 -1", 501, "VERB requires a value greater than or equal to 0"),
            ("5 4", 501, "RANG start must be less than end"),
            ("0 18446744073709551616", 501, "RANG start must be less than end"),
        ] {
            let reply = argument(text).range().unwrap_err();
            assert_eq!((reply.code, reply.text()), (code, words.as_bytes()), "{text}");
        }
    }

    #[test]
    fn mode_and_structure_know_their_letters() {
        assert_eq!(argument("s").mode(), Ok(Command::Mode(false)));
        assert_eq!(argument("z").mode(), Ok(Command::Mode(true)));
        assert_eq!(argument("B").mode().unwrap_err().code, 504);
        assert_eq!(argument("X").mode().unwrap_err().code, 501);
        assert_eq!(argument("fF").structure(), Ok(Command::Stru));
        assert_eq!(argument("S S").mode().unwrap_err().text(), b"'VERB S S' not understood");
        assert_eq!(argument("").structure().unwrap_err().code, 501);
        assert_eq!(argument("R").structure().unwrap_err().code, 504);
    }
}
