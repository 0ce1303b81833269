//! What listings do not show, and whether it is there at all.

use super::super::access::Term;
use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{ANONYMOUS, Contexts, DIRECTORY, FTPACCESS, LIMIT};
use super::super::draft::Scope;
use super::super::settings::{HiddenNames, HiddenOwner, Owner};
use super::{Row, sets};

const FOLDERS: Contexts = Contexts::of(&[ANONYMOUS, DIRECTORY]);

pub const ROWS: &[Row] = &[
    sets(
        "HideFiles",
        "mod_core",
        Contexts::of(&[FOLDERS, FTPACCESS]),
        "[!]pattern|none [user|group|class name,…]",
        "none",
        "Names that listings leave out: those that match, or with `!` all others; for these accounts or clients alone, where they are named.",
        names,
    )
    .adds(),
    sets(
        "HideUser",
        "mod_core",
        FOLDERS,
        "[!]name|~",
        "",
        "Whose files listings leave out: this user's, the session's own (`~`), or with `!` all others'.",
        |scope, arguments| {
            let owner = owner(arguments, "a user")?;
            scope.files.hiding.users.get_or_insert_default().push(owner);
            Ok(())
        },
    )
    .adds(),
    sets(
        "HideGroup",
        "mod_core",
        FOLDERS,
        "[!]name|~",
        "",
        "The same by the group of files; `~` is the session's primary one.",
        |scope, arguments| {
            let owner = owner(arguments, "a group")?;
            scope.files.hiding.groups.get_or_insert_default().push(owner);
            Ok(())
        },
    )
    .adds(),
    sets(
        "HideNoAccess",
        "mod_core",
        FOLDERS,
        "on|off",
        "off",
        "Whether listings leave out files that the session cannot read, and folders that it cannot enter.",
        |scope, arguments| {
            scope.files.hiding.no_access = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "IgnoreHidden",
        "mod_core",
        LIMIT,
        "on|off",
        "off",
        "Whether what is hidden is not there at all for the commands of the section.",
        |scope, arguments| {
            scope.ignores_hidden = arguments.switch()?;
            Ok(())
        },
    ),
];

fn names(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("a pattern")?;
    let (unless_found, text) = match word.text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word.text.as_str()),
    };
    let pattern = match word.text.eq_ignore_ascii_case("none") {
        true => None,
        false => Some(arguments.pattern(word, text, false)?),
    };
    let whom = Term::read(arguments)?;
    scope.files.hiding.names.push(HiddenNames { pattern, unless_found, whom });
    Ok(())
}

fn owner(arguments: &mut Arguments<'_>, what: &str) -> Result<HiddenOwner, Fault> {
    let text = arguments.text(what)?;
    let (others, name) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    if arguments.maybe().is_some() {
        arguments.warn("only the first name is looked at; give each a line of its own");
        while arguments.maybe().is_some() {}
    }
    let owner = if name == "~" { Owner::Own } else { Owner::Named(name.to_owned(), Vec::new()) };
    Ok(HiddenOwner { owner, others })
}
