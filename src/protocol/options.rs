//! OPTS (RFC 2389 §4): which verbs have options, and how each reads its own.

use super::facts::Fact;
use super::reply::Reply;

/// What a client chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `OPTS MLST [facts]`, in the client's order.
    Facts(Option<Vec<Fact>>),
    /// `OPTS UTF8 on|off` (RFC 2640).
    Utf8(bool),
    /// `OPTS HASH [algorithm]`, in the client's own letters.
    Hash(Option<Vec<u8>>),
    /// `OPTS MODE Z option value …`; None is no option of MODE at all.
    Mode(Option<ModeOption>),
}

/// What is said of MODE Z.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeOption {
    /// From 0 to 9.
    Level(u8),
    /// An option without its value, which changes nothing.
    Nothing,
    /// What cannot be done, and why.
    Wrong(Vec<u8>),
}

/// Reads what follows OPTS.
pub fn read(argument: &[u8]) -> Result<Choice, Reply> {
    let mut words = argument.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let Some(verb) = words.next().map(<[u8]>::to_ascii_uppercase) else {
        return Err(Reply::new(501, "Invalid number of parameters"));
    };
    let (first, second) = (words.next(), words.next());
    let choice = match verb.as_slice() {
        b"MLST" => second.is_none().then(|| Choice::Facts(first.map(Fact::list))),
        b"UTF8" => first.filter(|_| second.is_none()).and_then(switch).map(Choice::Utf8),
        b"MODE" => Some(Choice::Mode(mode(argument))),
        b"HASH" if second.is_some() => {
            return Err(Reply::new(501, "OPTS HASH: Wrong number of parameters"));
        }
        b"HASH" => Some(Choice::Hash(first.map(<[u8]>::to_vec))),
        verb => return Err(Reply::new(500, [b"OPTS ", verb, b" not understood"].concat())),
    };
    choice.ok_or_else(|| Reply::new(501, [b"'OPTS ", verb.as_slice(), b"' not understood"].concat()))
}

/// What follows `MODE Z`, in pairs; the last LEVEL holds.
fn mode(argument: &[u8]) -> Option<ModeOption> {
    let words: Vec<&[u8]> = argument.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    let [_, [b'Z' | b'z'], options @ ..] = words.as_slice() else { return None };
    let mut said = (!options.is_empty()).then_some(ModeOption::Nothing)?;
    for pair in options.chunks_exact(2) {
        let [name, value] = [pair[0].to_ascii_uppercase(), pair[1].to_vec()];
        said = match name.as_slice() {
            b"LEVEL" => match value.as_slice() {
                [digit @ b'0'..=b'9'] => ModeOption::Level(digit - b'0'),
                value => {
                    let why = [b"bad MODE Z option value: ", pair[0], b" ", value].concat();
                    return Some(ModeOption::Wrong(why));
                }
            },
            b"ENGINE" | b"BLOCKSIZE" => {
                return Some(ModeOption::Wrong([b"unsupported MODE Z option: ", pair[0]].concat()));
            }
            _ => return Some(ModeOption::Wrong([b"unknown MODE Z option: ", pair[0]].concat())),
        };
    }
    Some(said)
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
            ("MLST", Choice::Facts(None)),
            ("MLST ;x;", Choice::Facts(Some(Vec::new()))),
            ("mlst type;", Choice::Facts(Some(vec![Fact::Type]))),
            ("MLST  type;size;", Choice::Facts(Some(vec![Fact::Type, Fact::Size]))),
        ] {
            assert_eq!(read(given.as_bytes()), Ok(choice), "{given}");
        }
    }

    #[test]
    fn options_of_mode_come_in_pairs() {
        let wrong = |why: &str| Some(ModeOption::Wrong(why.into()));
        for (given, option) in [
            ("MODE", None),
            ("MODE Z", None),
            ("MODE S LEVEL 1", None),
            ("MODE Z LEVEL", Some(ModeOption::Nothing)),
            ("MODE Z LEVEL 0", Some(ModeOption::Level(0))),
            ("mode z level 9", Some(ModeOption::Level(9))),
            ("MODE Z LEVEL 10", wrong("bad MODE Z option value: LEVEL 10")),
            ("MODE Z LEVEL x", wrong("bad MODE Z option value: LEVEL x")),
            ("MODE Z LEVEL 5 METHOD 8", wrong("unknown MODE Z option: METHOD")),
            ("MODE Z ENGINE ZLIB", wrong("unsupported MODE Z option: ENGINE")),
        ] {
            assert_eq!(read(given.as_bytes()), Ok(Choice::Mode(option)), "{given}");
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
