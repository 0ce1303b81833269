//! What a session reads behind a verb's name, and in files that clients may have written.

use ferryd::protocol::site;
use ferryd::protocol::verbs::VERBS;
use ferryd::readers::{
    FtpPath, ListCommands, ListOptions, Listing, Options, Pattern, SHOWN_MOST, USUAL, expand, shown,
};

/// One argument behind every verb, every word of SITE, and whatever has options.
pub fn argument(bytes: &[u8]) {
    if bytes.len() > super::LIMIT {
        return;
    }
    for verb in VERBS {
        for name in verb.aliases.iter().chain([&verb.name]) {
            super::command(&[name.as_bytes(), bytes].join(&b' '));
        }
    }
    for row in site::ROWS {
        super::command(&[b"SITE", row.name.as_bytes(), bytes].join(&b' '));
    }
    for name in ["MLST", "UTF8", "HASH", "MODE", "MODE Z"] {
        super::command(&[b"OPTS", name.as_bytes(), bytes].join(&b' '));
    }
}

/// Lines: the letters of ListOptions, LIST's argument, a pattern, and names that it may match.
pub fn listing(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let (letters, argument, pattern) = (next(), next(), next());
    letters_and_argument(&String::from_utf8_lossy(letters), argument);
    if let Some(compiled) = Pattern::new(pattern) {
        for name in lines.filter(|name| !name.is_empty() && !name.contains(&b'/')) {
            match_or_not(&compiled, pattern, name);
        }
    }
}

fn letters_and_argument(letters: &str, argument: &[u8]) {
    for commands in [ListCommands::All, ListCommands::List, ListCommands::Names] {
        let configured =
            ListOptions { letters: letters.to_owned(), commands, files: Some(7), ..USUAL.clone() };
        for listing in [Listing::List, Listing::Names, Listing::Status] {
            let (options, path) = Options::read(listing, &configured, argument);
            assert!(argument.ends_with(path), "a path that the client did not give");
            if commands == ListCommands::All {
                assert_eq!(options.files, 7, "a client shook off a bound");
                let strict = ListOptions { strict: true, ..configured.clone() };
                let (told, _) = Options::read(listing, &strict, argument);
                assert_eq!(
                    told,
                    Options::read(listing, &strict, b"").0,
                    "letters that are to be passed over"
                );
            }
        }
    }
}

fn match_or_not(compiled: &Pattern, pattern: &[u8], name: &[u8]) {
    let is_hidden = name.starts_with(b".") && !pattern.starts_with(b".") || name == b"." || name == b"..";
    let matches = compiled.matches(name);
    assert!(!(is_hidden && matches), "a name that is not to be shown");
    let is_plain = !pattern.iter().any(|byte| b"[]{}\\/,".contains(byte));
    if is_plain && !is_hidden {
        assert_eq!(matches, stars_and_marks(pattern, name), "another meaning of a pattern");
    }
}

/// What a pattern of `*` and `?` means, told in another way: which beginnings of the name each beginning of the pattern matches.
fn stars_and_marks(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for mark in pattern {
        let mut next = vec![false; name.len() + 1];
        next[0] = reached[0] && *mark == b'*';
        for (at, byte) in name.iter().enumerate() {
            next[at + 1] = match mark {
                b'*' => reached[at + 1] || next[at],
                b'?' => reached[at],
                literal => reached[at] && literal == byte,
            };
        }
        reached = next;
    }
    reached[name.len()]
}

/// Paths, one from where the last one led: absolute, without a way up, and no longer than the kernel takes.
pub fn path(bytes: &[u8]) {
    let mut stands = FtpPath::root();
    for given in bytes.split(|byte| *byte == b'\n') {
        let Ok(path) = stands.join(given) else { continue };
        assert!(path.as_bytes().starts_with(b"/") && path.as_bytes().len() < 4096, "{path:?}");
        assert!(path.names().all(|name| name != b"." && name != b".." && name.len() <= 255), "{path:?}");
        assert_eq!(FtpPath::root().join(path.as_bytes()).as_ref(), Ok(&path), "another path");
        stands = path;
    }
}

/// A text with variables: each is replaced once, what is none stays, and the whole is bounded.
pub fn text(bytes: &[u8]) {
    let value = |name: &[u8]| match name {
        b"U" => Some(b"%U%C".repeat(40)),
        b"C" => Some(vec![b'/'; 4_000]),
        b"u" => Some(Vec::new()),
        [b'{', .., b'}'] => Some(b"%{env:X}".to_vec()),
        _ => None,
    };
    let filled = expand(bytes, value);
    assert!(filled.len() <= SHOWN_MOST.max(bytes.len()) + bytes.len(), "{} bytes", filled.len());
    let has_variables =
        bytes.windows(2).any(|pair| pair[0] == b'%' && (pair[1] == b'{' || value(&pair[1..]).is_some()));
    assert!(has_variables || filled == bytes, "what is no variable was replaced");
    let lines: usize = shown(bytes, value).iter().map(Vec::len).sum();
    assert!(lines <= SHOWN_MOST, "{lines} bytes in lines");
}
