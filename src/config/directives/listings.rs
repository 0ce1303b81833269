//! How folders are listed.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{FILES, SESSIONS};
use super::super::draft::Scope;
use super::super::listings::{BOUNDS, DEPTH_MOST, ListCommands, USUAL};
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "ListOptions",
        "mod_ls",
        FILES,
        "\"-letters +letters\" [strict] [maxdepth n] [maxfiles n] [maxdirs n] [LISTOnly|NLSTOnly] [NoErrorIfAbsent] \
         [AdjustedSymlinks] [SortedNLST]",
        "",
        "Letters of ls that listings have on (`-`) or off (`+`), whatever the client says, and bounds.",
        list_options,
    ),
    sets(
        "ShowSymlinks",
        "mod_ls",
        FILES,
        "on|off",
        "on",
        "Whether listings show a symlink, or what it points to.",
        |scope, arguments| {
            scope.files.show_symlinks = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "UseGlobbing",
        "mod_ls",
        SESSIONS,
        "on|off",
        "on",
        "Whether `*`, `?` and `[` in the paths of listings are patterns; a name that has them is listed either way.",
        |scope, arguments| {
            scope.session.use_globbing = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "TimesGMT",
        "mod_core",
        SESSIONS,
        "on|off",
        "on",
        "Whether LIST and STAT tell times in UTC, not in the host's zone; all other replies do so always.",
        |scope, arguments| {
            scope.session.times_gmt = Some(arguments.switch()?);
            Ok(())
        },
    ),
];

fn list_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut options = USUAL.clone();
    options.letters = arguments.text("the letters")?;
    while let Some(word) = arguments.maybe() {
        match word.text.to_ascii_lowercase().as_str() {
            "strict" => options.strict = true,
            "listonly" => options.commands = ListCommands::List,
            "nlstonly" => options.commands = ListCommands::Names,
            "noerrorifabsent" => options.no_error_if_absent = true,
            "adjustedsymlinks" => options.adjusted_symlinks = true,
            // NLST is sorted in every case.
            "sortednlst" => {}
            "maxfiles" => options.files = Some(arguments.number(BOUNDS)?),
            "maxdirs" => options.directories = Some(arguments.number(BOUNDS)?),
            "maxdepth" => options.depth = arguments.number(BOUNDS)?.min(DEPTH_MOST),
            _ => return Err(arguments.fault(format!("no option '{}' is known", word.text))),
        }
    }
    scope.files.list_options = Some(options);
    Ok(())
}
