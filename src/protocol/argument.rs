//! The readers of verbs' arguments: from the bytes after the verb to typed values, or to the reply that refuses them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::byte_range::ByteRange;
use super::changes::Changes;
use super::command::{Command, EpsvArgument, Type};
use super::digest::{Algorithm, Checksum};
use super::reply::Reply;
use super::{options, site, time};

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

    /// TYPE's letters: A, A N, I, L, L 8 (RFC 959 §5.3.2).
    pub fn representation(self) -> Reading {
        let (letter, form) = match *self.words() {
            [letter] => (letter, None),
            [letter, form] => (letter, Some(form)),
            _ => return Err(self.words_not_understood(500)),
        };
        let kind = match (letter, form) {
            ([b'A' | b'a'], None | Some([b'N' | b'n' | b'T' | b't'])) => Type::Ascii,
            ([b'I' | b'i'], None) | ([b'L' | b'l'], Some(b"8")) => Type::Image,
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

    /// PORT's six numbers (RFC 959 §5.3.2).
    pub fn host_port(self) -> Reading {
        let refused = || Reply::new(501, "Illegal PORT command");
        let [word] = *self.words() else { return Err(wrong_count()) };
        let mut numbers = [0u8; 6];
        let mut parts = word.split(|byte| *byte == b',');
        for number in &mut numbers {
            *number = parts.next().and_then(decimal::<u8>).ok_or_else(refused)?;
        }
        let [a, b, c, d, high, low] = numbers;
        let is_nowhere = [a, b, c, d] == [0; 4] || [high, low] == [0; 2];
        if parts.next().is_some() || is_nowhere {
            return Err(refused());
        }
        let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
        Ok(Command::Port(SocketAddr::new(address, u16::from_be_bytes([high, low]))))
    }

    /// EPRT's `|1|address|port|` (RFC 2428 §2).
    pub fn extended_port(self) -> Reading {
        let [word @ &[mark, ..]] = *self.words() else { return Err(wrong_count()) };
        let parts: Vec<&[u8]> = word[1..].split(|byte| *byte == mark).collect();
        let is_v4 = match parts.first() {
            Some(&b"1") => true,
            Some(&b"2") => false,
            _ => return Err(Reply::new(522, "Network protocol not supported, use (1,2)")),
        };
        let [_, address, port, b""] = parts.as_slice() else {
            return Err(Reply::new(501, "Illegal EPRT command"));
        };
        let text = std::str::from_utf8(address).unwrap_or_default();
        let address: Option<IpAddr> = match is_v4 {
            true => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            false => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        };
        match (address, decimal::<u16>(port), decimal::<u64>(port)) {
            (Some(address), Some(port), _) => Ok(Command::Eprt(SocketAddr::new(address, port))),
            (Some(_), None, Some(_)) => Err(Reply::new(500, "Illegal EPRT command")),
            _ => Err(Reply::new(501, "Illegal EPRT command")),
        }
    }

    /// EPSV's network protocol, or ALL (RFC 2428 §3). What is more than one word is passed over.
    pub fn extended_passive(self) -> Reading {
        let [word] = *self.words() else { return Ok(Command::Epsv(EpsvArgument::Any)) };
        match word.to_ascii_uppercase().as_slice() {
            b"1" => Ok(Command::Epsv(EpsvArgument::V4)),
            b"2" => Ok(Command::Epsv(EpsvArgument::V6)),
            b"ALL" => Ok(Command::Epsv(EpsvArgument::All)),
            other if decimal::<u128>(other.strip_prefix(b"-").unwrap_or(other)).is_some() => {
                Ok(Command::Epsv(EpsvArgument::Other))
            }
            _ => Err(Reply::new(501, "EPSV: unknown network protocol")),
        }
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
mod tests {
    use super::*;

    fn argument(bytes: &str) -> Argument<'_> {
        Argument { verb: "VERB", bytes: bytes.as_bytes() }
    }

    #[test]
    fn types_are_letters() {
        for (text, wanted, letter) in [
            ("A", Type::Ascii, 'A'),
            ("a n", Type::Ascii, 'a'),
            ("I", Type::Image, 'I'),
            ("a t", Type::Ascii, 'a'),
            ("L 8", Type::Image, 'L'),
        ] {
            assert_eq!(argument(text).representation(), Ok(Command::Type(wanted, letter)), "{text}");
        }
        for (text, code) in
            [("", 500), ("E", 504), ("L", 504), ("L 7", 504), ("A C", 504), ("I N", 504), ("A N x", 500)]
        {
            assert_eq!(argument(text).representation().unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn port_takes_six_small_numbers() {
        let wanted = "127.0.0.1:1025".parse().unwrap();
        assert_eq!(argument("127,0,0,1,4,1").host_port(), Ok(Command::Port(wanted)));
        for text in [
            "",
            "1,2,3",
            "1,2,3,4,5,256",
            "1,2,3,4,5,6,7",
            "+1,2,3,4,5,6",
            "1,2,3,4,5, 6",
            "a",
            "0,0,0,0,9,9",
            "1,2,3,4,0,0",
        ] {
            assert_eq!(argument(text).host_port().unwrap_err().code, 501, "{text}");
        }
    }

    #[test]
    fn eprt_takes_any_mark() {
        let v4 = "10.0.0.1:99".parse().unwrap();
        let v6 = "[::1]:99".parse().unwrap();
        assert_eq!(argument("|1|10.0.0.1|99|").extended_port(), Ok(Command::Eprt(v4)));
        assert_eq!(argument("!2!::1!99!").extended_port(), Ok(Command::Eprt(v6)));
        for (text, code) in [
            ("", 501),
            ("|3|x|9|", 522),
            ("|1|::1|9|", 501),
            ("|1|1.1.1.1|65536|", 500),
            ("|1|1.1.1.1|-1|", 501),
            ("|1|1.1.1.1|9", 501),
            ("bad", 522),
        ] {
            assert_eq!(argument(text).extended_port().unwrap_err().code, code, "{text}");
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
