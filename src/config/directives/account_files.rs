//! Files of accounts: where they are, and which of their lines count.

use std::ops::RangeInclusive;

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::SERVERS;
use super::super::draft::{AccountFileDraft, Scope};
use super::super::lines::Word;
use super::{Row, sets};
use crate::auth::{Likeness, LineFilter};

pub const ROWS: &[Row] = &[
    sets(
        "AuthUserFile",
        "mod_auth_file",
        SERVERS,
        "path [id min-max] [home [!]regex] [name [!]regex]",
        "",
        "Accounts in passwd's format; readable by its owner and group alone, or refused. A line whose uid, home or name is not as said is nobody's.",
        |scope, arguments| {
            scope.server.auth_user_file = Some(account_file(arguments, &["id", "home", "name"])?);
            Ok(())
        },
    ),
    sets(
        "AuthGroupFile",
        "mod_auth_file",
        SERVERS,
        "path [id min-max] [name [!]regex]",
        "",
        "Groups in group's format; not writable by everybody, or refused. A line whose gid or name is not as said is no group.",
        |scope, arguments| {
            scope.server.auth_group_file = Some(account_file(arguments, &["id", "name"])?);
            Ok(())
        },
    ),
    sets(
        "AuthFileOptions",
        "mod_auth_file",
        SERVERS,
        "InsecurePerms|SyntaxCheck …",
        "",
        "InsecurePerms takes account files whatever their permissions; SyntaxCheck refuses to start with one that has a broken line.",
        auth_file_options,
    )
    .adds(),
];

/// A path and its filters. Of two of a kind the last holds, as in ProFTPD.
fn account_file(arguments: &mut Arguments<'_>, kinds: &[&str]) -> Result<AccountFileDraft, Fault> {
    let path = arguments.word("a path")?.clone();
    let mut filter = LineFilter::default();
    while let Some(word) = arguments.maybe() {
        let kind = word.text.to_ascii_lowercase();
        if !kinds.contains(&kind.as_str()) {
            let known = kinds.join(", ");
            return Err(arguments.fault(format!("no filter '{}' is known; there are {known}", word.text)));
        }
        match kind.as_str() {
            "id" => filter.ids = Some(ids(arguments)?),
            "home" => filter.home = Some(likeness(arguments)?),
            _ => filter.name = Some(likeness(arguments)?),
        }
    }
    Ok(AccountFileDraft { path, filter })
}

/// `1000-2000`.
fn ids(arguments: &mut Arguments<'_>) -> Result<RangeInclusive<u32>, Fault> {
    let word = arguments.word("the lowest and the highest id, as 1000-2000,")?;
    let bounds = word.text.split_once('-').and_then(|(least, most)| Some((number(least)?, number(most)?)));
    match bounds {
        Some((least, most)) if least <= most => Ok(least..=most),
        Some(_) => Err(fault(word, "the lowest id is above the highest")),
        None => Err(fault(word, "takes the lowest and the highest id, as 1000-2000")),
    }
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A regular expression, with `!` before it for all that is unlike it.
fn likeness(arguments: &mut Arguments<'_>) -> Result<Likeness, Fault> {
    let word = arguments.word("a regular expression")?;
    let (is_negated, posix) = match word.text.strip_prefix('!') {
        Some(posix) => (true, posix),
        None => (false, word.text.as_str()),
    };
    Ok(Likeness { pattern: arguments.pattern(word, posix, false)?, is_negated })
}

fn fault(word: &Word, message: &str) -> Fault {
    Fault { mark: word.mark.clone(), message: message.to_owned() }
}

fn auth_file_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    while let Some(word) = arguments.maybe() {
        if word.text.eq_ignore_ascii_case("InsecurePerms") {
            scope.server.insecure_permissions = Some(true);
        } else if word.text.eq_ignore_ascii_case("SyntaxCheck") {
            scope.server.syntax_check = Some(true);
        } else {
            return Err(arguments.fault(format!("the option '{}' is not supported", word.text)));
        }
    }
    Ok(())
}
