//! Files: what may be done with them.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{FILES, FILES_AND_FTPACCESS};
use super::super::draft::Scope;
use super::super::settings::{Filter, FilterPattern};
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "Umask",
        "mod_core",
        FILES_AND_FTPACCESS,
        "mode [mode]",
        "022",
        "Permissions that new files, and new folders (the second mode), do not get.",
        umask,
    ),
    sets(
        "AllowOverride",
        "mod_core",
        FILES,
        "on|off",
        "on",
        "Whether what the .ftpaccess files of folders say is in force there and below.",
        |scope, arguments| {
            scope.files.allow_override = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AllowOverwrite",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "on|off",
        "off",
        "Whether an upload or a rename may replace a file.",
        |scope, arguments| {
            scope.files.allow_overwrite = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AllowStoreRestart",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "on|off",
        "off",
        "Whether an upload may be resumed.",
        |scope, arguments| {
            scope.files.allow_store_restart = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AllowRetrieveRestart",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "on|off",
        "on",
        "Whether a download may be resumed.",
        |scope, arguments| {
            scope.files.allow_retrieve_restart = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "DenyFilter",
        "mod_core",
        FILES_AND_FTPACCESS,
        "pattern [flags]|none",
        "none",
        "A command whose argument matches is refused.",
        |scope, arguments| {
            scope.files.deny_filter = Some(filter(arguments)?);
            Ok(())
        },
    ),
    sets(
        "AllowFilter",
        "mod_core",
        FILES_AND_FTPACCESS,
        "pattern [flags]|none",
        "none",
        "A command whose argument does not match is refused.",
        |scope, arguments| {
            scope.files.allow_filter = Some(filter(arguments)?);
            Ok(())
        },
    ),
    sets(
        "PathDenyFilter",
        "mod_core",
        FILES_AND_FTPACCESS,
        "pattern [flags]|none",
        "none",
        "No file or folder is made or renamed to a path that matches.",
        |scope, arguments| {
            scope.files.path_deny_filter = Some(filter(arguments)?);
            Ok(())
        },
    ),
    sets(
        "PathAllowFilter",
        "mod_core",
        FILES_AND_FTPACCESS,
        "pattern [flags]|none",
        "none",
        "No file or folder is made or renamed to a path that does not match.",
        |scope, arguments| {
            scope.files.path_allow_filter = Some(filter(arguments)?);
            Ok(())
        },
    ),
];

fn umask(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let files = arguments.octal()?;
    scope.files.umask = Some((files, arguments.maybe_octal()?.unwrap_or(files)));
    Ok(())
}

/// `[NC]` is the flag people use: no case.
fn filter(arguments: &mut Arguments<'_>) -> Result<Filter, Fault> {
    let pattern = arguments.word("a pattern")?;
    if pattern.text.eq_ignore_ascii_case("none") {
        return Ok(Filter::None);
    }
    let ignore_case = arguments.takes("[NC]") || arguments.takes("[nocase]");
    let regex = arguments.pattern(pattern, &pattern.text, ignore_case)?;
    Ok(Filter::Pattern(FilterPattern { regex, written: Some(arguments.mark().written()) }))
}
