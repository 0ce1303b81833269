//! What clients read before, at and after their login.

use std::path::PathBuf;

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::{
    Contexts, FILES, HOST, MAIN, SERVERS, SERVERS_FOR_CLASSES, SERVERS_FOR_SOME, SESSIONS_FOR_CLASSES,
    SESSIONS_FOR_SOME,
};
use super::super::draft::Scope;
use super::super::settings::{ChdirDisplay, DisplayFile, Ident, Readme};
use super::Effect::Accepted;
use super::{Row, other, sets};

pub const ROWS: &[Row] = &[
    sets(
        "ServerName",
        "mod_core",
        Contexts::of(&[MAIN, HOST]),
        "text",
        "\"ProFTPD\"",
        "The server's name in its greeting, in ftpwho and in messages; a virtual host without one has the server config's.",
        |scope, arguments| {
            scope.server.name = Some(arguments.text("a name")?);
            Ok(())
        },
    )
    .last(),
    sets(
        "ServerAdmin",
        "mod_core",
        Contexts::of(&[MAIN, HOST]),
        "mail",
        "root@ADDRESS",
        "Whom messages tell clients to write to; by default root at the address that the client reached.",
        |scope, arguments| {
            scope.server.admin = Some(arguments.text("an address")?);
            Ok(())
        },
    )
    .last(),
    sets(
        "ServerIdent",
        "mod_core",
        SERVERS_FOR_CLASSES,
        "off|on [text]",
        "on",
        "The greeting: the standard one, one's own, or the address alone.",
        ident,
    ),
    sets(
        "DeferWelcome",
        "mod_core",
        SERVERS_FOR_CLASSES,
        "on|off",
        "off",
        "Whether the server's name is told only after login.",
        |scope, arguments| {
            scope.session.defer_welcome = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "DisplayConnect",
        "mod_core",
        SERVERS_FOR_CLASSES,
        "path",
        "",
        "A file shown at connect.",
        |scope, arguments| {
            scope.session.display_connect = Some(display(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DisplayLogin",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "path",
        "",
        "A file shown at login; a relative one lies in the session's first folder, an absolute one in `<Anonymous>` below its root.",
        |scope, arguments| {
            scope.session.display_login = Some(DisplayFile::new(display(arguments)?));
            Ok(())
        },
    ),
    sets(
        "DisplayChdir",
        "mod_core",
        FILES,
        "path [on|off]",
        "",
        "A file shown to who enters a folder, by the rules of RETR; a relative one lies in that folder. With `on` it is shown once for each folder, and again when it has changed.",
        |scope, arguments| {
            let path = display(arguments)?;
            let once = arguments.maybe_switch()?.unwrap_or(false);
            scope.files.display_chdir = Some(ChdirDisplay { path, once });
            Ok(())
        },
    ),
    sets(
        "DisplayFileTransfer",
        "mod_xfer",
        SERVERS_FOR_SOME,
        "path",
        "",
        "A file shown after each file that was moved whole; a relative one lies in the working directory.",
        |scope, arguments| {
            scope.session.display_file_transfer = Some(DisplayFile::new(display(arguments)?));
            Ok(())
        },
    ),
    sets(
        "DisplayQuit",
        "mod_core",
        SESSIONS_FOR_SOME,
        "path",
        "",
        "A file shown at QUIT; a relative one lies in the working directory, an absolute one in `<Anonymous>` below its root.",
        |scope, arguments| {
            scope.session.display_quit = Some(DisplayFile::new(display(arguments)?));
            Ok(())
        },
    ),
    sets(
        "DisplayReadme",
        "mod_readme",
        SESSIONS_FOR_SOME,
        "path|pattern",
        "",
        "Files that clients are asked to read, by the rules of RETR, where they come into a folder that has them.",
        readme,
    ),
    sets(
        "SetEnv",
        "mod_core",
        SERVERS,
        "name value",
        "",
        "A variable of the environment, for display files and LogFormat (`%{env:name}`); `TZ` of the server config is the zone of times shown.",
        |scope, arguments| {
            let name = variable(arguments)?;
            let value = arguments.text("a value")?;
            scope.server.environment.push((name, Some(value)));
            Ok(())
        },
    )
    .adds(),
    sets(
        "UnsetEnv",
        "mod_core",
        SERVERS,
        "name",
        "",
        "Takes a variable of the environment away.",
        |scope, arguments| {
            let name = variable(arguments)?;
            scope.server.environment.push((name, None));
            Ok(())
        },
    )
    .adds(),
    sets(
        "AccessGrantMsg",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "text",
        "",
        "The words of 230; `%u` is the name.",
        |scope, arguments| {
            scope.session.access_grant_message = Some(arguments.text("a text")?);
            Ok(())
        },
    ),
    sets(
        "ShutdownWarnings",
        "ferryd",
        SERVERS,
        "on|off",
        "off",
        "Whether sessions are told before the shutdown file disconnects them: in lines before the last of 226, of CWD's 250 and of NOOP's \
         200, from an hour before on, and again whenever half of the time has gone.",
        |scope, arguments| {
            scope.server.shutdown_warnings = Some(arguments.switch()?);
            Ok(())
        },
    ),
    other("MultilineRFC2228", "mod_core", Accepted, "As in ProFTPD 1.3.8 it changes no reply."),
    sets(
        "AccessDenyMsg",
        "mod_auth",
        SESSIONS_FOR_CLASSES,
        "text",
        "",
        "The words of 530 after a wrong login; `%u` is the name.",
        |scope, arguments| {
            scope.session.access_deny_message = Some(arguments.text("a text")?);
            Ok(())
        },
    ),
];

/// The name of a variable of the environment.
fn variable(arguments: &mut Arguments<'_>) -> Result<String, Fault> {
    let name = arguments.word("a name")?.text.clone();
    match name.is_empty() || name.contains('=') {
        true => Err(arguments.fault(format!("'{name}' is no name of a variable"))),
        false => Ok(name),
    }
}

fn display(arguments: &mut Arguments<'_>) -> Result<PathBuf, Fault> {
    arguments.text("a path").map(PathBuf::from)
}

fn readme(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let text = arguments.text("a path or a pattern")?;
    scope.session.display_readme = Some(match text.contains(['*', '?', '[']) {
        false => Readme::Path(text),
        true => {
            let glob = globset::Glob::new(&text).map_err(|error| arguments.fault(error.to_string()))?;
            Readme::Pattern(glob.compile_matcher())
        }
    });
    Ok(())
}

fn ident(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("on or off")?;
    scope.session.ident = Some(match (switch(&word.text), arguments.maybe()) {
        (Some(true), None) => Ident::Standard,
        (Some(true), Some(text)) => Ident::Text(text.text.clone()),
        (Some(false), None) => Ident::Address,
        (Some(false), Some(_)) => return Err(arguments.fault("takes no text with off")),
        (None, _) => return Err(arguments.fault(format!("takes on or off, not '{}'", word.text))),
    });
    Ok(())
}
