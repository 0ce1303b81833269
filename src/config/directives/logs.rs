//! Logs.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{Contexts, GLOBAL, MAIN, SERVERS, SESSIONS_FOR_SOME};
use super::super::draft::{ExtendedDraft, Scope};
use super::super::limits::is_limitable;
use super::super::settings::{ExtendedTarget, LogTarget};
use super::{Row, sets};
use crate::logging::extended::{Format, Selection, Unknown};
use crate::logging::{Facility, LogOptions, Severity};

pub const ROWS: &[Row] = &[
    sets(
        "SystemLog",
        "mod_log",
        Contexts::of(&[MAIN, GLOBAL]),
        "path|none",
        "syslog, or the terminal with -n",
        "What happens, for the operator.",
        |scope, arguments| {
            scope.daemon.system_log = Some(target(arguments)?);
            Ok(())
        },
    ),
    sets(
        "TransferLog",
        "mod_core",
        SESSIONS_FOR_SOME,
        "path|none",
        "xferlog in the log folder, if there is one",
        "One line for each transfer, in xferlog's format.",
        |scope, arguments| {
            scope.session.transfer_log = Some(target(arguments)?);
            Ok(())
        },
    ),
    sets(
        "LogFormat",
        "mod_log",
        Contexts::of(&[MAIN, GLOBAL]),
        "name format",
        "default \"%h %l %u %t \\\"%r\\\" %s %b\"",
        "How lines of an ExtendedLog are written; docs/logging.md has the variables.",
        log_format,
    )
    .adds(),
    sets(
        "ExtendedLog",
        "mod_log",
        SESSIONS_FOR_SOME,
        "path|syslog:level [classes [format|json]]",
        "",
        "Commands logged by class (ALL AUTH INFO DIRS READ WRITE MISC SEC EXIT NONE, single commands, `!` before what is left out); \
         `json` is one object a line.",
        extended_log,
    )
    .adds(),
    sets(
        "SyslogFacility",
        "mod_core",
        MAIN,
        "facility",
        "DAEMON, and AUTHPRIV for what tells of logins",
        "As what part of the host syslog is written to, whatever is told.",
        |scope, arguments| {
            let name = arguments.text("a facility")?;
            let facility = Facility::named(&name);
            scope.daemon.syslog_facility =
                Some(facility.ok_or_else(|| arguments.fault(format!("no facility is named '{name}'")))?);
            Ok(())
        },
    ),
    sets(
        "SyslogLevel",
        "mod_core",
        SERVERS,
        "emerg|alert|crit|error|warn|notice|info|debug",
        "info, and debug where DebugLevel asks for it",
        "The least grave lines that SystemLog, ServerLog and syslog get; refused logins are graver than info.",
        |scope, arguments| {
            let name = arguments.text("a level")?;
            let level = Severity::named(&name);
            scope.server.syslog_level =
                Some(level.ok_or_else(|| arguments.fault(format!("syslog has no level '{name}'")))?);
            Ok(())
        },
    ),
    sets(
        "DebugLevel",
        "mod_core",
        SERVERS,
        "0 to 10",
        "0",
        "Above 0 the daemon's own processes tell more, as with -d; the main server's holds.",
        |scope, arguments| {
            let level = arguments.number(0..=10)?;
            scope.server.debug_level = Some(level);
            Ok(())
        },
    ),
    sets(
        "ServerLog",
        "mod_log",
        SERVERS,
        "path|none",
        "SystemLog",
        "Where sessions of this server write what else would stand in SystemLog.",
        |scope, arguments| {
            scope.server.server_log = Some(target(arguments)?);
            Ok(())
        },
    ),
    sets(
        "LogOptions",
        "mod_log",
        SERVERS,
        "+|-Timestamp|Hostname|VirtualHost|RoleBasedProcessLabels …",
        "+Timestamp +Hostname +VirtualHost",
        "How lines of SystemLog and ServerLog begin.",
        |scope, arguments| {
            let mut options = scope.server.log_options.unwrap_or_default();
            arguments.options(&mut options, log_option)?;
            scope.server.log_options = Some(options);
            Ok(())
        },
    )
    .adds(),
    sets(
        "AllowLogSymlinks",
        "mod_log",
        SERVERS,
        "on|off",
        "off",
        "Whether a log's path may end in a symbolic link; whoever may change the link may choose the file.",
        |scope, arguments| {
            scope.server.log_links = Some(arguments.switch()?);
            Ok(())
        },
    ),
];

fn log_option<'a>(options: &'a mut LogOptions, name: &str) -> Option<&'a mut bool> {
    match name {
        "timestamp" => Some(&mut options.timestamp),
        "hostname" => Some(&mut options.hostname),
        "virtualhost" => Some(&mut options.virtual_host),
        "rolebasedprocesslabels" => Some(&mut options.roles),
        _ => None,
    }
}

fn log_format(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let name = arguments.text("a name")?;
    let text = arguments.text("a format")?;
    let (format, unknown) = Format::compile(&text);
    for Unknown { text, occurrence } in unknown {
        arguments.warn_of(&text, occurrence, format!("'{text}' is no variable"));
    }
    scope.daemon.log_formats.push((name, format));
    Ok(())
}

fn extended_log(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let target = extended_target(arguments)?;
    let selection = match arguments.maybe() {
        None => Selection::everything(),
        Some(word) => Selection::read(&word.text, is_limitable)
            .map_err(|name| arguments.fault(format!("'{name}' is neither a class nor a command")))?,
    };
    let format = arguments.maybe().cloned();
    if let Some(target) = target {
        scope.named.extended_logs.push(ExtendedDraft { target, selection, format });
    }
    Ok(())
}

/// None with `none`.
fn extended_target(arguments: &mut Arguments<'_>) -> Result<Option<ExtendedTarget>, Fault> {
    let Some(level) = arguments.after("syslog:") else {
        return Ok(arguments.path_or_none()?.map(ExtendedTarget::File));
    };
    let severity = Severity::named(level);
    let message = || arguments.fault(format!("syslog has no level '{level}'"));
    severity.map(|severity| Some(ExtendedTarget::Syslog(severity))).ok_or_else(message)
}

fn target(arguments: &mut Arguments<'_>) -> Result<LogTarget, Fault> {
    Ok(arguments.path_or_none()?.map_or(LogTarget::None, LogTarget::File))
}
