//! How folders are listed.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{FILES, FILES_AND_FTPACCESS, SESSIONS_FOR_SOME};
use super::super::draft::Scope;
use super::super::listings::{BOUNDS, DEPTH_MOST, ListCommands, ListStyle, USUAL};
use super::super::settings::FakeName;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "ListOptions",
        "mod_ls",
        FILES_AND_FTPACCESS,
        "\"-letters +letters\" [strict] [maxdepth n] [maxfiles n] [maxdirs n] [LISTOnly|NLSTOnly] [NoErrorIfAbsent] \
         [AdjustedSymlinks] [SortedNLST]",
        "",
        "Letters of ls that listings have on (`-`) or off (`+`), whatever the client says, and bounds; whether NLST sorts names.",
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
        SESSIONS_FOR_SOME,
        "on|off",
        "on",
        "Whether `*`, `?` and `[` in the paths of listings are patterns; a name that has them is listed either way.",
        |scope, arguments| {
            scope.session.use_globbing = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "ListStyle",
        "mod_ls",
        SESSIONS_FOR_SOME,
        "Unix|Windows",
        "Unix",
        "Whether LIST and STAT show lines as ls does, or as IIS does: date, size or <DIR>, name.",
        |scope, arguments| {
            scope.session.list_style = Some(list_style(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DirFakeUser",
        "mod_ls",
        FILES_AND_FTPACCESS,
        "on|off [name|~]",
        "off",
        "Whose files seem to be in listings: `ftp`'s, this name's, or the session's own (`~`).",
        |scope, arguments| {
            scope.files.fakes.user = Some(fake_name(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DirFakeGroup",
        "mod_ls",
        FILES_AND_FTPACCESS,
        "on|off [name|~]",
        "off",
        "The same for their group; `~` is the session's primary one.",
        |scope, arguments| {
            scope.files.fakes.group = Some(fake_name(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DirFakeMode",
        "mod_ls",
        FILES_AND_FTPACCESS,
        "mode",
        "",
        "The permissions that listings show; folders can be entered by whoever can read them.",
        |scope, arguments| {
            let word = arguments.word("an octal mode")?;
            scope.files.fakes.mode = Some(arguments.octal_within(word, 0o7777)?);
            Ok(())
        },
    ),
    sets(
        "TimesGMT",
        "mod_core",
        SESSIONS_FOR_SOME,
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
            "sortednlst" => options.sorted_names = true,
            "maxfiles" => options.files = Some(arguments.number(BOUNDS)?),
            "maxdirs" => options.directories = Some(arguments.number(BOUNDS)?),
            "maxdepth" => options.depth = arguments.number(BOUNDS)?.min(DEPTH_MOST),
            _ => return Err(arguments.fault(format!("no option '{}' is known", word.text))),
        }
    }
    scope.files.list_options = Some(options);
    Ok(())
}

fn list_style(arguments: &mut Arguments<'_>) -> Result<ListStyle, Fault> {
    match arguments.word("Unix or Windows")?.text.to_ascii_lowercase().as_str() {
        "unix" => Ok(ListStyle::Unix),
        "windows" => Ok(ListStyle::Windows),
        other => Err(arguments.fault(format!("takes Unix or Windows, not '{other}'"))),
    }
}

fn fake_name(arguments: &mut Arguments<'_>) -> Result<FakeName, Fault> {
    let is_on = arguments.switch()?;
    let name = arguments.maybe().map(|word| word.text.as_str());
    Ok(match name {
        _ if !is_on => FakeName::Real,
        None => FakeName::Of("ftp".into()),
        Some("~") => FakeName::Own,
        Some(name) => FakeName::Of(name.into()),
    })
}
