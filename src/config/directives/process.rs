//! The daemon as a whole: whom it runs as, its files, how it stops.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{MAIN, SESSIONS};
use super::super::defaults;
use super::super::draft::Scope;
use super::super::settings::{ProcessTitles, ServerType};
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "ServerType",
        "mod_core",
        MAIN,
        "standalone|inetd",
        "standalone",
        "Who listens: the daemon, or inetd(8), xinetd(8) or systemd, which start one process for each connection, on its stdin.",
        server_type,
    )
    .restart("who listens is settled at the start"),
    sets(
        "User",
        "mod_core",
        SESSIONS,
        "name",
        defaults::UNPRIVILEGED_USER,
        "Whom workers are before login; in `<Anonymous>`, whom its sessions are and the name that logs in there.",
        |scope, arguments| {
            scope.user = Some(arguments.word("a user's name")?.clone());
            Ok(())
        },
    ),
    sets(
        "Group",
        "mod_core",
        SESSIONS,
        "name",
        "the User's own",
        "The group of workers before login; in `<Anonymous>`, of its sessions.",
        |scope, arguments| {
            scope.group = Some(arguments.word("a group's name")?.clone());
            Ok(())
        },
    ),
    sets(
        "PidFile",
        "mod_core",
        MAIN,
        "path",
        defaults::PID_FILE,
        "Holds the master's pid while it runs, and is locked by it.",
        |scope, arguments| {
            scope.daemon.pid_file = Some(arguments.path()?);
            Ok(())
        },
    )
    .last(),
    sets(
        "ScoreboardFile",
        "mod_core",
        MAIN,
        "path|none|off",
        defaults::SCOREBOARD_FILE,
        "The shared memory that ftpwho and its kin read; none keeps it private.",
        scoreboard_file,
    )
    .refused_at_reload("a HUP with another is refused")
    .last(),
    sets(
        "ScoreboardMutex",
        "mod_core",
        MAIN,
        "path",
        "ScoreboardFile's with `.lck` behind it",
        "The file by whose locks sessions under ServerType inetd share the scoreboard; a daemon needs none.",
        |scope, arguments| {
            scope.daemon.scoreboard_mutex = Some(arguments.path()?);
            Ok(())
        },
    ),
    sets(
        "ShutdownMessageFile",
        "ferryd",
        MAIN,
        "path",
        defaults::SHUTDOWN_FILE,
        "The file by which ftpshut announces a shutdown.",
        |scope, arguments| {
            scope.daemon.shutdown_file = Some(arguments.path()?);
            Ok(())
        },
    ),
    sets(
        "ShutdownTimeout",
        "ferryd",
        MAIN,
        "seconds",
        defaults::shown::SHUTDOWN_TIMEOUT,
        "How long sessions have, after TERM and their 421, before they are killed.",
        |scope, arguments| {
            scope.daemon.shutdown_timeout = Some(arguments.duration()?.unwrap_or_default());
            Ok(())
        },
    ),
    sets(
        "DrainTimeout",
        "ferryd",
        MAIN,
        "seconds|none",
        "none",
        "How long QUIT waits for sessions to finish before it ends them.",
        |scope, arguments| {
            scope.daemon.drain_timeout = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "MaxSessionAge",
        "ferryd",
        MAIN,
        "seconds|off",
        "off",
        "How long sessions may go on with a configuration that a HUP has replaced; then they hear 421.",
        |scope, arguments| {
            scope.daemon.max_session_age = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "RuntimeDirectory",
        "ferryd",
        MAIN,
        "path [user]",
        "",
        "A folder made at start; with `user` it belongs to User.",
        |scope, arguments| {
            let path = arguments.path()?;
            let for_user = arguments.takes("user");
            scope.daemon.runtime_directories.push((path, for_user));
            Ok(())
        },
    )
    .restart("folders are made at a start alone")
    .adds(),
    sets(
        "StartMessage",
        "ferryd",
        MAIN,
        "text",
        "",
        "A line for the terminal of a daemon started with -n.",
        |scope, arguments| {
            scope.daemon.start_messages.push(arguments.text("a text")?);
            Ok(())
        },
    )
    .restart("it is shown at a start alone")
    .adds(),
    sets(
        "ProcessTitles",
        "mod_core",
        MAIN,
        "verbose|terse",
        "verbose",
        "Whether ps(1) shows who is connected and what it does, or only that somebody is.",
        process_titles,
    ),
    sets(
        "RequireIdentityDoor",
        "ferryd",
        MAIN,
        "on|off",
        "off",
        "Refuse to start where the kernel cannot let auth decide on each change of identity.",
        |scope, arguments| {
            scope.daemon.require_identity_door = Some(arguments.switch()?);
            Ok(())
        },
    ),
];

fn server_type(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("standalone or inetd")?;
    scope.daemon.server_type = match word.text.to_ascii_lowercase().as_str() {
        "standalone" => ServerType::Standalone,
        "inetd" => ServerType::Inetd,
        _ => return Err(arguments.fault(format!("takes standalone or inetd, not '{}'", word.text))),
    };
    Ok(())
}

fn process_titles(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("verbose or terse")?;
    scope.daemon.process_titles = Some(match word.text.to_ascii_lowercase().as_str() {
        "verbose" => ProcessTitles::Verbose,
        "terse" => ProcessTitles::Terse,
        other => return Err(arguments.fault(format!("takes verbose or terse, not '{other}'"))),
    });
    Ok(())
}

fn scoreboard_file(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let path = arguments.path_or_none()?;
    scope.daemon.scoreboard_file = Some(path.filter(|path| path.as_os_str() != "/dev/null"));
    Ok(())
}
