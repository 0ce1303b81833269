//! Sums of files: their algorithms, and how the verbs that ask for them are read (draft-bryan-ftpext-hash, and the older forms).

use super::reply::Reply;

/// How a sum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Algorithm {
    /// As in IEEE 802.3.
    Crc32,
    /// RFC 1321.
    Md5,
    /// FIPS 180-4, 160 bits.
    Sha1,
    /// FIPS 180-4, 256 bits.
    Sha256,
    /// FIPS 180-4, 512 bits.
    Sha512,
}

impl Algorithm {
    /// In the order of FEAT.
    pub const ALL: [Algorithm; 5] =
        [Algorithm::Crc32, Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

    /// As HASH calls it.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Md5 => "MD5",
            Algorithm::Sha1 => "SHA-1",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512 => "SHA-512",
        }
    }

    /// As the older verbs and DigestAlgorithms call it, in capitals.
    pub fn plain_name(self) -> String {
        self.name().replace('-', "")
    }

    /// By HASH's name, in any case.
    pub fn named(name: &[u8]) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|one| one.name().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// A set of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithms(u8);

impl Algorithms {
    /// None of them.
    pub const NONE: Algorithms = Algorithms(0);
    /// Each.
    pub const ALL: Algorithms = Algorithms(31);

    /// With one more.
    pub fn with(self, one: Algorithm) -> Algorithms {
        Algorithms(self.0 | 1 << one as u8)
    }

    /// Whether one is among them.
    pub fn has(self, one: Algorithm) -> bool {
        self.0 & 1 << one as u8 != 0
    }

    /// What HASH uses for a client that chooses nothing: SHA-1, as ProFTPD has it, else the strongest there is.
    pub fn usual(self) -> Option<Algorithm> {
        let strongest = || Algorithm::ALL.into_iter().rev().find(|one| self.has(*one));
        if self.has(Algorithm::Sha1) { Some(Algorithm::Sha1) } else { strongest() }
    }

    /// HASH's line in FEAT; a star marks the chosen one. None where there is nothing to choose from.
    pub fn feature(self, chosen: Option<Algorithm>) -> Option<String> {
        let star = |one| if Some(one) == chosen { "*" } else { "" };
        let own = Algorithm::ALL.into_iter().filter(|one| self.has(*one));
        let list: String = own.map(|one| format!("{}{};", one.name(), star(one))).collect();
        (!list.is_empty()).then(|| format!("HASH {list}"))
    }
}

/// What XCRC and its like ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// How.
    pub algorithm: Algorithm,
    /// Of which file.
    pub path: Vec<u8>,
    /// From which byte up to which, the latter excluded; None is all of it.
    pub part: Option<(u64, u64)>,
}

impl Checksum {
    /// Reads `path`, or `path start end`; a path with blanks stands in quotes. What follows is passed over.
    pub fn read(verb: &str, algorithm: Algorithm, argument: &[u8]) -> Result<Checksum, Reply> {
        let wrong_count = || Reply::new(501, "Invalid number of parameters");
        let (path, rest) = first_word(argument.trim_ascii_start());
        let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let part = match (words.next(), words.next()) {
            (None, _) => None,
            (Some(_), None) => return Err(wrong_count()),
            (Some(start), Some(end)) => {
                let start = decimal(start).ok_or_else(|| {
                    Reply::new(501, format!("{verb} requires a start greater than or equal to 0"))
                })?;
                let end = decimal(end)
                    .ok_or_else(|| Reply::new(501, format!("{verb} requires an end greater than 0")))?;
                Some((start, end))
            }
        };
        // Alone, it is a path like any other, whose blanks belong to it.
        let path = if part.is_none() && !argument.starts_with(b"\"") { argument } else { path };
        if path.trim_ascii().is_empty() {
            return Err(wrong_count());
        }
        Ok(Checksum { algorithm, path: path.to_vec(), part })
    }
}

/// A word up to a blank, or in quotes, and what follows it. Quotes that nobody closes hold all the rest.
fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    let (text, end) = match text.strip_prefix(b"\"") {
        Some(quoted) => (quoted, b'"'),
        None => (text, b' '),
    };
    match memchr::memchr(end, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_chosen_algorithm_has_a_star() {
        let some = Algorithms::NONE.with(Algorithm::Crc32).with(Algorithm::Sha256);
        for (set, line) in [
            (Algorithms::ALL, Some("HASH CRC32;MD5;SHA-1*;SHA-256;SHA-512;")),
            (some, Some("HASH CRC32;SHA-256*;")),
            (Algorithms::NONE, None),
        ] {
            assert_eq!(set.feature(set.usual()).as_deref(), line);
        }
    }

    #[test]
    fn checksums_are_read() {
        for (text, path, part) in [
            ("f", "f", None),
            ("trailing ", "trailing ", None),
            ("f 0 5", "f", Some((0, 5))),
            ("f 0 5 9", "f", Some((0, 5))),
            ("\"two words\"", "two words", None),
            ("\"two words\" 1 2", "two words", Some((1, 2))),
            ("\"open", "open", None),
            ("q\"uote", "q\"uote", None),
        ] {
            let wanted = Checksum { algorithm: Algorithm::Md5, path: path.into(), part };
            assert_eq!(Checksum::read("XMD5", Algorithm::Md5, text.as_bytes()), Ok(wanted), "{text}");
        }
        for (text, words) in [
            ("", "Invalid number of parameters"),
            ("\"\"", "Invalid number of parameters"),
            ("two words", "Invalid number of parameters"),
            ("f x 5", "XMD5 requires a start greater than or equal to 0"),
            ("f -1 5", "XMD5 requires a start greater than or equal to 0"),
            ("f 0 x", "XMD5 requires an end greater than 0"),
            ("f 0 18446744073709551616", "XMD5 requires an end greater than 0"),
        ] {
            let reply = Checksum::read("XMD5", Algorithm::Md5, text.as_bytes()).unwrap_err();
            assert_eq!((reply.code, reply.text()), (501, words.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_argument_panics(argument in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Checksum::read("XCRC", Algorithm::Crc32, &argument);
        }
    }
}
