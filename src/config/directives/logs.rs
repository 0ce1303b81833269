//! Logs.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{Contexts, GLOBAL, MAIN, SESSIONS};
use super::super::settings::LogTarget;
use super::{Row, sets};

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
        SESSIONS,
        "path|none",
        "xferlog in the log folder, if there is one",
        "One line for each transfer, in xferlog's format.",
        |scope, arguments| {
            scope.session.transfer_log = Some(target(arguments)?);
            Ok(())
        },
    ),
];

fn target(arguments: &mut Arguments<'_>) -> Result<LogTarget, Fault> {
    Ok(arguments.path_or_none()?.map_or(LogTarget::None, LogTarget::File))
}
