//! A session from its login on: how many there may be, how long it may last.

use super::super::access::Term;
use super::super::arguments::{Arguments, Fault};
use super::super::conditions::{Condition, ConditionDraft};
use super::super::contexts::{MAIN, SERVERS_FOR_CLASSES, SERVERS_FOR_SOME, SESSIONS_FOR_SOME};
use super::super::defaults;
use super::super::draft::{NamedDraft, Scope, SessionDraft};
use super::super::settings::{CommandRate, LimitText, ScopeRules};
use super::{Row, sets};
use crate::auth::places::ConnectionRate;
use crate::protocol::Type;

pub const ROWS: &[Row] = &[
    sets(
        "DefaultTransferMode",
        "mod_xfer",
        SERVERS_FOR_SOME,
        "ascii|binary",
        "ascii",
        "What TYPE is before a client says it.",
        |scope, arguments| {
            let word = arguments.word("ascii or binary")?;
            scope.session.transfer_mode = Some(match word.text.to_ascii_lowercase().as_str() {
                "ascii" => Type::Ascii,
                "binary" => Type::Image,
                other => return Err(arguments.fault(format!("takes ascii or binary, not '{other}'"))),
            });
            Ok(())
        },
    ),
    sets(
        "CDPath",
        "mod_core",
        SESSIONS_FOR_SOME,
        "folder",
        "",
        "A folder, as clients see it, where CWD looks for what is not in the working directory.",
        |scope, arguments| {
            scope.session.search_path.push(arguments.text("a folder")?);
            Ok(())
        },
    )
    .adds(),
    sets(
        "MaxClients",
        "mod_auth",
        SESSIONS_FOR_SOME,
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
        SESSIONS_FOR_SOME,
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
        SESSIONS_FOR_SOME,
        "number|none [text]",
        "none",
        "The most sessions from one address.",
        |scope, arguments| {
            scope.session.max_clients_per_host = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxClientsPerClass",
        "mod_auth",
        SERVERS_FOR_SOME,
        "class number|none [text]",
        "none",
        "The most sessions of one class of clients.",
        |scope, arguments| {
            let class = arguments.word("a class")?.clone();
            scope.named.max_clients_per_class.push((class, limit(arguments)?));
            Ok(())
        },
    )
    .adds(),
    sets(
        "MaxHostsPerUser",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "number|none [text]",
        "none",
        "The most addresses from which one user is logged in at once, however often from each.",
        |scope, arguments| {
            scope.session.max_hosts_per_user = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxConnectionsPerHost",
        "mod_auth",
        SERVERS_FOR_CLASSES,
        "number|none [text]",
        "none",
        "The most connections from one address, logged in or not.",
        |scope, arguments| {
            scope.session.max_connections_per_host = Some(limit(arguments)?);
            Ok(())
        },
    ),
    sets(
        "MaxConnectionRate",
        "mod_core",
        MAIN,
        "number [seconds]",
        "",
        "The most connections in one second, or in so many; others are closed without a word.",
        connection_rate,
    ),
    sets(
        "MaxCommandRate",
        "mod_core",
        SERVERS_FOR_SOME,
        "number [seconds]",
        "",
        "The most commands of a session in one second, or in so many; others wait their turn. 0 is without bound.",
        command_rate,
    ),
    sets(
        "TimeoutLogin",
        "mod_auth",
        SERVERS_FOR_CLASSES,
        "seconds",
        defaults::shown::TIMEOUT_LOGIN,
        "How long a client may take to log in; 0 is for ever, here and below.",
        |scope, arguments| {
            scope.session.timeout_login = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutIdle",
        "mod_core",
        SESSIONS_FOR_SOME,
        "seconds",
        defaults::shown::TIMEOUT_IDLE,
        "How long a session may be without a command and without a transfer.",
        |scope, arguments| {
            scope.session.timeout_idle = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutNoTransfer",
        "mod_xfer",
        SESSIONS_FOR_SOME,
        "seconds",
        defaults::shown::TIMEOUT_NO_TRANSFER,
        "How long a session may be without a transfer.",
        |scope, arguments| {
            scope.session.timeout_no_transfer = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutStalled",
        "mod_xfer",
        SESSIONS_FOR_SOME,
        "seconds",
        defaults::shown::TIMEOUT_STALLED,
        "How long a transfer may move no byte.",
        |scope, arguments| {
            scope.session.timeout_stalled = Some(arguments.duration()?);
            Ok(())
        },
    ),
    sets(
        "TimeoutSession",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "seconds [user|group|class expression]",
        "none",
        "How long a session may last, whatever it does; with an expression as `<IfUser>` and its like have it, for those sessions alone.",
        timeout_session,
    ),
    sets(
        "TimeoutLinger",
        "mod_core",
        SESSIONS_FOR_SOME,
        "seconds",
        "10",
        "Read, and without effect: to close a data connection delays nothing.",
        |_, arguments| arguments.duration().map(drop),
    ),
];

fn command_rate(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let count = arguments.number(0..=u32::MAX)?;
    let seconds = if arguments.has_more() { arguments.number(1..=u32::MAX)? } else { 1 };
    scope.session.command_rate = Some((count > 0).then_some(CommandRate { count, seconds }));
    Ok(())
}

fn connection_rate(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let count = arguments.number(1..=u32::MAX)?;
    let seconds = if arguments.has_more() { arguments.number(1..=u32::MAX)? } else { 1 };
    scope.daemon.max_connection_rate = Some(ConnectionRate { count, seconds });
    Ok(())
}

/// For some sessions alone it is what `<IfUser>`, `<IfGroup>` or `<IfClass>` around it would be.
fn timeout_session(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let timeout_session = Some(arguments.duration()?);
    match Term::read(arguments)? {
        Term::Everybody => scope.session.timeout_session = timeout_session,
        some => {
            let session = SessionDraft { timeout_session, ..SessionDraft::default() };
            scope.conditions.push(ConditionDraft {
                mark: arguments.mark().clone(),
                condition: Condition::Among(some),
                session: Some(Box::new((session, NamedDraft::default()))),
                files: ScopeRules::default(),
                directories: Vec::new(),
            });
        }
    }
    Ok(())
}

fn limit(arguments: &mut Arguments<'_>) -> Result<LimitText, Fault> {
    Ok(LimitText { most: arguments.count()?, text: arguments.maybe().map(|word| word.text.clone()) })
}
