//! The ExtendedLogs of a session: what the settings say of each, and its number.

use crate::config::settings::{ExtendedLog, Form, SessionRules};
use crate::logging::{LogNumber, SessionLogs};

/// As long as the settings, so that a session holds two references.
#[derive(Clone, Copy)]
pub struct Logs {
    settings: &'static [ExtendedLog],
    numbers: &'static [LogNumber],
}

impl Logs {
    /// Of the sessions that these rules are for.
    pub fn of(rules: &'static SessionRules, logs: Option<&'static SessionLogs>) -> Logs {
        Logs { settings: &rules.extended_logs, numbers: logs.map_or(&[], |logs| &logs.extended) }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.settings.is_empty() || self.numbers.is_empty()
    }

    /// Each with its number.
    pub fn each(self) -> impl Iterator<Item = (&'static ExtendedLog, LogNumber)> {
        self.settings.iter().filter_map(move |log| Some((log, *self.numbers.get(log.place)?)))
    }

    /// Whether one of them tells paths.
    pub fn tell_paths(self) -> bool {
        self.settings.iter().any(|log| Form::tells_paths(&log.form))
    }
}
