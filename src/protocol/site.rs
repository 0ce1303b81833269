//! SITE's own commands, one row each: its readers, its help and `<Limit>` read this table.

use super::permissions::Permissions;
use super::reply::Reply;

/// One of them.
#[derive(Debug)]
pub struct Row {
    /// Upper case.
    pub name: &'static str,
    /// Its name in `<Limit>`.
    pub limit: &'static str,
    /// The groups of `<Limit>` it belongs to.
    pub groups: &'static [&'static str],
    /// What follows the name, as SITE HELP prints it.
    pub syntax: &'static str,
    read: fn(&[u8]) -> Result<Site, Reply>,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// `SITE HELP [command]`.
    Help(Option<Vec<u8>>),
    /// `SITE CHMOD mode path`.
    Chmod(Permissions, Vec<u8>),
    /// `SITE CHGRP group path`.
    Chgrp(Vec<u8>, Vec<u8>),
}

/// HELP.
pub const HELP: Row = Row {
    name: "HELP",
    limit: "SITE_HELP",
    groups: &[],
    syntax: "[<sp> site-command]",
    read: |argument| {
        Ok(Site::Help(
            argument.split(|byte| *byte == b' ').next().filter(|word| !word.is_empty()).map(<[u8]>::to_vec),
        ))
    },
};

/// CHGRP.
pub const CHGRP: Row = Row {
    name: "CHGRP",
    limit: "SITE_CHGRP",
    groups: &["WRITE", "SITE"],
    syntax: "<sp> group <sp> pathname",
    read: |argument| {
        let (group, path) = two("CHGRP", argument)?;
        Ok(Site::Chgrp(group.to_vec(), path.to_vec()))
    },
};

/// CHMOD.
pub const CHMOD: Row = Row {
    name: "CHMOD",
    limit: "SITE_CHMOD",
    groups: &["WRITE", "SITE"],
    syntax: "<sp> mode <sp> pathname",
    read: |argument| {
        let (mode, path) = two("CHMOD", argument)?;
        let refused = || Reply::new(550, [b"'", mode, b"': invalid mode"].concat());
        Ok(Site::Chmod(Permissions::read(mode).ok_or_else(refused)?, path.to_vec()))
    },
};

/// All of them, in the order SITE HELP shows them.
pub const ROWS: &[Row] = &[HELP, CHGRP, CHMOD];

/// Reads what follows SITE.
pub fn read(argument: &[u8]) -> Result<Site, Reply> {
    if argument.is_empty() {
        return Err(Reply::new(500, "'SITE' requires parameters"));
    }
    let (word, rest) = first_word(argument);
    match find(word) {
        Some(row) => (row.read)(rest),
        None => Err(not_understood(&word.to_ascii_uppercase())),
    }
}

fn find(word: &[u8]) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(word))
}

/// SITE HELP.
pub fn help(of: Option<&[u8]>, admin: &str) -> Reply {
    let shown: Vec<String> = match of.map(|word| (word, find(word))) {
        None => ROWS.iter().map(|row| row.name.to_owned()).collect(),
        Some((_, Some(row))) => vec![format!("Syntax: SITE {} {}", row.name, row.syntax)],
        Some((word, None)) => {
            let word = word.to_ascii_uppercase();
            return Reply::new(502, [b"Unknown command 'SITE HELP ", word.as_slice(), b"'"].concat());
        }
    };
    let mut lines = vec!["The following SITE commands are recognized (* =>'s unimplemented)".to_owned()];
    lines.extend(shown);
    lines.push(format!("Direct comments to {admin}"));
    Reply::long(214, lines.into_iter().map(String::into_bytes).collect())
}

/// HELP SITE: the names alone.
pub fn names() -> Reply {
    Reply::long(214, ROWS.iter().map(|row| row.name.as_bytes().to_vec()).collect())
}

/// A word, and a path that may hold blanks.
fn two<'a>(name: &str, argument: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Reply> {
    let (word, path) = first_word(argument);
    let is_whole = !word.is_empty() && !path.is_empty();
    is_whole.then_some((word, path)).ok_or_else(|| not_understood(name.as_bytes()))
}

fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', text) {
        Some(blank) => (&text[..blank], text[blank..].trim_ascii_start()),
        None => (text, b""),
    }
}

fn not_understood(word: &[u8]) -> Reply {
    Reply::new(500, [b"'SITE ", word, b"' not understood"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        assert_eq!(
            read(b"chmod 644 two words"),
            Ok(Site::Chmod(Permissions::Exactly(0o644), b"two words".to_vec()))
        );
        assert_eq!(read(b"CHGRP staff f"), Ok(Site::Chgrp(b"staff".to_vec(), b"f".to_vec())));
        assert_eq!(read(b"Help"), Ok(Site::Help(None)));
        assert_eq!(read(b"HELP chmod x"), Ok(Site::Help(Some(b"chmod".to_vec()))));
    }

    #[test]
    fn what_is_no_command_is_refused_in_its_words() {
        for (given, code, text) in [
            ("", 500, "'SITE' requires parameters"),
            ("bogus x", 500, "'SITE BOGUS' not understood"),
            (" CHMOD 644 f", 500, "'SITE ' not understood"),
            ("CHMOD", 500, "'SITE CHMOD' not understood"),
            ("CHMOD 644", 500, "'SITE CHMOD' not understood"),
            ("CHMOD 999 f", 550, "'999': invalid mode"),
        ] {
            match read(given.as_bytes()) {
                Err(reply) => assert_eq!((reply.code, reply.text()), (code, text.as_bytes()), "{given}"),
                Ok(site) => panic!("{given}: {site:?}"),
            }
        }
    }

    #[test]
    fn help_comes_from_the_rows() {
        assert_eq!(help(Some(b"nope"), "me").text(), b"Unknown command 'SITE HELP NOPE'");
        assert_eq!(help(None, "me").text(), b"Direct comments to me");
    }
}
