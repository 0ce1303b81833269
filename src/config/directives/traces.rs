//! The trace: what the daemon does, channel by channel, for whoever looks for a fault.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{Contexts, GLOBAL, MAIN, SERVERS, SERVERS_FOR_SOME};
use super::super::draft::Scope;
use super::{Row, sets};
use crate::logging::trace::{Misread, TraceOptions, names};

pub const ROWS: &[Row] = &[
    sets(
        "TraceLog",
        "mod_core",
        Contexts::of(&[MAIN, GLOBAL]),
        "path|none",
        "",
        "Where the trace is written; without it nothing is traced.",
        |scope, arguments| {
            scope.daemon.trace_log = Some(arguments.path_or_none()?);
            Ok(())
        },
    ),
    sets(
        "Trace",
        "mod_core",
        SERVERS_FOR_SOME,
        "[session] channel:level|channel:level-level|DEFAULT:level …",
        "",
        "What is told in TraceLog: docs/logging.md has the channels, 0 is nothing of one. The main server's holds for all that say nothing \
         of a channel, and for the daemon's own processes; in `<IfUser>` and its like for those sessions. Channels that only ProFTPD has \
         are taken with a notice.",
        trace,
    )
    .adds(),
    sets(
        "TraceOptions",
        "mod_core",
        SERVERS,
        "+|-Timestamp|TimestampMillis|ConnIPs …",
        "+Timestamp +TimestampMillis -ConnIPs",
        "How lines of TraceLog begin; ConnIPs are the addresses of client and server.",
        trace_options,
    )
    .adds(),
];

fn trace(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    // ProFTPD asks for it where a session is spoken of; here one always is.
    arguments.takes("session");
    let mut foreign = Vec::new();
    let mut word = arguments.word("channel:level")?;
    loop {
        match scope.session.trace.say(&word.text) {
            Ok(()) => {}
            Err(Misread::Wrong(message)) => return Err(arguments.fault(message)),
            Err(Misread::Unknown) => foreign.push(word.text.as_str()),
        }
        match arguments.maybe() {
            Some(next) => word = next,
            None => break,
        }
    }
    if !foreign.is_empty() {
        let (foreign, own) = (foreign.join(" "), names());
        arguments.warn(format!("nothing is told for {foreign}; ferryd's channels are {own}"));
    }
    Ok(())
}

fn trace_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut options = scope.server.trace_options.unwrap_or_default();
    arguments.options(&mut options, trace_option)?;
    scope.server.trace_options = Some(options);
    Ok(())
}

fn trace_option<'a>(options: &'a mut TraceOptions, name: &str) -> Option<&'a mut bool> {
    match name {
        "timestamp" => Some(&mut options.timestamp),
        "timestampmillis" => Some(&mut options.millis),
        "connips" => Some(&mut options.addresses),
        _ => None,
    }
}
