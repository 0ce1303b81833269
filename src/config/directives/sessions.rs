//! A session from its login on: its root, how many there may be, how long it may last.

use super::super::arguments::{Arguments, Fault, absolute};
use super::super::contexts::{SERVERS, SESSIONS};
use super::super::settings::{LimitText, PathFor};
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "DefaultRoot",
        "mod_auth",
        SERVERS,
        "path|~ [group-expression]",
        "",
        "The folder a session cannot leave; the first line whose groups match holds.",
        |scope, arguments| {
            scope.session.default_root.push(path_for(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DefaultChdir",
        "mod_auth",
        SESSIONS,
        "path|~ [group-expression]",
        "~",
        "Where a session begins.",
        |scope, arguments| {
            scope.session.default_chdir.push(path_for(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxClients",
        "mod_auth",
        SESSIONS,
        "number|none [text]",
        "none",
        "The most sessions logged in at once; `%m` in the text is the number.",
        |scope, arguments| {
            scope.session.max_clients = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxClientsPerUser",
        "mod_auth",
        SESSIONS,
        "number|none [text]",
        "none",
        "The most sessions of one user.",
        |scope, arguments| {
            scope.session.max_clients_per_user = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxClientsPerHost",
        "mod_auth",
        SESSIONS,
        "number|none [text]",
        "none",
        "The most sessions from one address.",
        |scope, arguments| {
            scope.session.max_clients_per_host = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "TimeoutLogin",
        "mod_auth",
        SERVERS,
        "seconds",
        "300",
        "How long a client may take to log in; 0 is for ever, here and below.",
        |scope, arguments| {
            scope.session.timeout_login = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutIdle",
        "mod_core",
        SESSIONS,
        "seconds",
        "600",
        "How long a session may be without a command and without a transfer.",
        |scope, arguments| {
            scope.session.timeout_idle = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutNoTransfer",
        "mod_xfer",
        SESSIONS,
        "seconds",
        "300",
        "How long a session may be without a transfer.",
        |scope, arguments| {
            scope.session.timeout_no_transfer = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutStalled",
        "mod_xfer",
        SESSIONS,
        "seconds",
        "3600",
        "How long a transfer may move no byte.",
        |scope, arguments| {
            scope.session.timeout_stalled = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutSession",
        "mod_auth",
        SESSIONS,
        "seconds",
        "none",
        "How long a session may last, whatever it does.",
        |scope, arguments| {
            arguments.duration().map(|duration| scope.session.timeout_session = Some(duration))?;
            only_for_everybody(arguments)
        },
    ),
    sets(
        "TimeoutLinger",
        "mod_core",
        SESSIONS,
        "seconds",
        "10",
        "How long a closed data connection waits for its last bytes to be taken.",
        |scope, arguments| {
            scope.session.timeout_linger = Some(arguments.duration()?);
            Ok(())
        },
    ),
];

fn only_for_everybody(arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    match arguments.maybe() {
        None => Ok(()),
        Some(_) => Err(arguments.fault("a time for some users only is not yet supported")),
    }
}

/// A path and a group expression. Commas and blanks part groups; all of them must hold.
fn path_for(arguments: &mut Arguments<'_>) -> Result<PathFor, Fault> {
    let word = arguments.word("a path or ~")?;
    let path = match absolute(&word.text) {
        Some(path) => path.to_string_lossy().into_owned(),
        None if word.text.starts_with('~') => word.text.clone(),
        None => return Err(arguments.fault(format!("takes an absolute path or ~, not '{}'", word.text))),
    };
    if path.contains("%u") {
        return Err(arguments.fault("%u in a path is not yet supported"));
    }
    let mut groups = Vec::new();
    while let Some(word) = arguments.maybe() {
        groups.extend(word.text.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
    }
    Ok(PathFor { path, groups })
}

fn limit(arguments: &mut Arguments<'_>) -> Result<LimitText, Fault> {
    Ok(LimitText { most: arguments.count()?, text: arguments.maybe().map(|word| word.text.clone()) })
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::{Source, lines};
    use super::*;

    fn root(line: &str) -> Result<PathFor, String> {
        let line = lines(&Source::new("f".into(), line.as_bytes())).remove(0);
        let (name, words) = line.words.split_first().expect("a name");
        path_for(&mut Arguments::new(name, words)).map_err(|fault| fault.message)
    }

    #[test]
    fn roots_are_read_with_their_groups() {
        let path = |path: &str, groups: &[&str]| {
            Ok(PathFor { path: path.into(), groups: groups.iter().map(|g| g.to_string()).collect() })
        };
        assert_eq!(root("DefaultRoot ~"), path("~", &[]));
        assert_eq!(root("DefaultRoot ~ users,!adm"), path("~", &["users", "!adm"]));
        assert_eq!(root("DefaultRoot /srv/../ftp/ a"), path("/ftp", &["a"]));
        assert!(root("DefaultRoot ftp").is_err());
    }
}
