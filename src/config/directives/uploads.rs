//! Files that come: under which name, and what becomes of those that are cut short.

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::{ANONYMOUS, Contexts, DIRECTORY, FILES, FILES_AND_FTPACCESS, FTPACCESS};
use super::super::draft::Scope;
use super::super::settings::{HiddenName, HiddenStores};
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "HiddenStores",
        "mod_xfer",
        FILES,
        "on|off|prefix [suffix]",
        "off",
        "Whether an upload has another name (`.in.name.`, or with this prefix and suffix; `%P` is the session's process) until it is \
         whole.",
        hidden_stores,
    ),
    sets(
        "DeleteAbortedStores",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "on|off",
        "off; on with HiddenStores",
        "Whether an upload that is cut short is removed.",
        |scope, arguments| {
            scope.files.delete_aborted = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "UserOwner",
        "mod_core",
        OWNED,
        "name",
        "",
        "Whose new files and folders are; not root's.",
        |scope, arguments| {
            scope.files.user_owner = Some(owner(arguments)?);
            Ok(())
        },
    ),
    sets(
        "GroupOwner",
        "mod_core",
        Contexts::of(&[OWNED, FTPACCESS]),
        "name|~",
        "",
        "Which group new files and folders have: one of the session's own (`~`: its first), or, with UserOwner and not in .ftpaccess, any \
         but root's.",
        |scope, arguments| {
            scope.files.group_owner = Some(owner(arguments)?);
            Ok(())
        },
    ),
];

const OWNED: Contexts = Contexts::of(&[ANONYMOUS, DIRECTORY]);

fn owner(arguments: &mut Arguments<'_>) -> Result<String, Fault> {
    let name = arguments.text("a name")?;
    match name.as_str() {
        "root" => Err(arguments.fault("no session gives files to root")),
        _ => Ok(name),
    }
}

/// As ProFTPD reads it: a prefix alone stands between dots, and both empty hide nothing.
fn hidden_stores(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let first = arguments.word("on, off or a prefix")?;
    let second = arguments.maybe();
    for word in [Some(first), second].into_iter().flatten() {
        if word.text.contains('/') {
            return Err(Fault { mark: word.mark.clone(), message: "no name can hold a '/'".into() });
        }
    }
    let named = |prefix: String, suffix: &str| HiddenStores::On(HiddenName { prefix, suffix: suffix.into() });
    let said = match (first.text.as_str(), second.map(|word| word.text.as_str())) {
        ("", Some("")) => HiddenStores::Off,
        (prefix, Some(suffix)) => named(prefix.to_owned(), suffix),
        (only, None) => match switch(only) {
            Some(true) => named(".in.".to_owned(), "."),
            Some(false) => HiddenStores::Off,
            None => named(format!(".{only}."), "."),
        },
    };
    scope.files.hidden_stores = Some(said);
    Ok(())
}
