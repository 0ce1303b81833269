//! OPTS (RFC 2389 §4): which verbs have options, and how each reads its own.

use super::facts::Facts;
use super::reply::Reply;

/// What a client chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `OPTS MLST [facts]`.
    Facts(Facts),
    /// `OPTS UTF8 on|off`. Names are the bytes they are, either way.
    Utf8(bool),
    /// `OPTS HASH [algorithm]`, in the client's own letters.
    Hash(Option<Vec<u8>>),
}

/// Reads what follows OPTS.
pub fn read(argument: &[u8]) -> Result<Choice, Reply> {
    let mut words = argument.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let Some(verb) = words.next().map(<[u8]>::to_ascii_uppercase) else {
        return Err(Reply::new(501, "Invalid number of parameters"));
    };
    let (first, second) = (words.next(), words.next());
    let choice = match verb.as_slice() {
        b"MLST" => second.is_none().then(|| Choice::Facts(Facts::read(first.unwrap_or_default()))),
        b"UTF8" => first.filter(|_| second.is_none()).and_then(switch).map(Choice::Utf8),
        b"HASH" if second.is_some() => {
            return Err(Reply::new(501, "OPTS HASH: Wrong number of parameters"));
        }
        b"HASH" => Some(Choice::Hash(first.map(<[u8]>::to_vec))),
        verb => return Err(Reply::new(500, [b"OPTS ", verb, b" not understood"].concat())),
    };
    choice.ok_or_else(|| Reply::new(501, [b"'OPTS ", verb.as_slice(), b"' not understood"].concat()))
}

fn switch(word: &[u8]) -> Option<bool> {
    match word.to_ascii_lowercase().as_slice() {
        b"on" => Some(true),
        b"off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        for (given, choice) in [
            ("UTF8 ON", Choice::Utf8(true)),
            ("HASH", Choice::Hash(None)),
            ("hash sha-256", Choice::Hash(Some(b"sha-256".to_vec()))),
            ("utf8 off", Choice::Utf8(false)),
            ("MLST", Choice::Facts(Facts::NONE)),
            ("mlst type;", Choice::Facts(Facts::read(b"type"))),
            ("MLST  type;size;", Choice::Facts(Facts::read(b"type;size"))),
        ] {
            assert_eq!(read(given.as_bytes()), Ok(choice), "{given}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for (given, code, text) in [
            ("", 501, "Invalid number of parameters"),
            ("bogus x", 500, "OPTS BOGUS not understood"),
            ("HASH MD5 x", 501, "OPTS HASH: Wrong number of parameters"),
            ("UTF8", 501, "'OPTS UTF8' not understood"),
            ("UTF8 maybe", 501, "'OPTS UTF8' not understood"),
            ("UTF8 on off", 501, "'OPTS UTF8' not understood"),
            ("MLST type size", 501, "'OPTS MLST' not understood"),
        ] {
            let reply = read(given.as_bytes()).unwrap_err();
            assert_eq!((reply.code, reply.text()), (code, text.as_bytes()), "{given}");
        }
    }
}
