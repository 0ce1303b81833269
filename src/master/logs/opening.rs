//! Which logs the servers of a generation write to, each opened or found open.

use std::path::Path;

use super::{Logs, LogsError};
use crate::config::settings::{ExtendedTarget, LogTarget, Server, Sessions};
use crate::logging::{Facility, Kind, Links, LogNumber, ServerLogs, SessionLogs, Sorting};

/// The logs of one generation, while they are opened.
pub(super) struct Opening<'a> {
    pub logs: &'a mut Logs,
    pub generation: u32,
    pub facility: Facility,
    pub links: Links,
}

impl Opening<'_> {
    pub fn of_server(&mut self, server: &Server) -> Result<ServerLogs, LogsError> {
        let sections = server.anonymous.iter();
        let anonymous: Result<_, _> = sections.map(|section| self.of_sessions(&section.sessions)).collect();
        let lines = match &server.server_log {
            None => Some(LogNumber::SYSTEM),
            Some(LogTarget::File(path)) => Some(self.number(path, Kind::Line)?),
            Some(_) => None,
        };
        let own = self.of_sessions(&server.sessions)?;
        Ok(ServerLogs { lines, trace: None, own, anonymous: anonymous? })
    }

    fn of_sessions(&mut self, sessions: &Sessions) -> Result<SessionLogs, LogsError> {
        let transfers: Result<_, _> =
            sessions.transfer_logs().iter().map(|target| self.transfers(target)).collect();
        let extended: Result<_, _> = sessions.extended_logs().map(|log| self.extended(&log.target)).collect();
        Ok(SessionLogs { transfers: transfers?, extended: extended? })
    }

    fn transfers(&mut self, target: &LogTarget) -> Result<Option<LogNumber>, LogsError> {
        match target {
            LogTarget::File(path) => self.number(path, Kind::Raw).map(Some),
            LogTarget::None | LogTarget::Stderr | LogTarget::Syslog(_) => Ok(None),
        }
    }

    fn extended(&mut self, target: &ExtendedTarget) -> Result<LogNumber, LogsError> {
        match target {
            ExtendedTarget::File(path) => self.number(path, Kind::Raw),
            ExtendedTarget::Syslog(severity) => {
                let sorting = Sorting { facility: self.facility, severity: Some(*severity) };
                self.number(Path::new(""), Kind::Syslog(sorting))
            }
        }
    }

    fn number(&mut self, path: &Path, kind: Kind) -> Result<LogNumber, LogsError> {
        self.logs.number_for((path, kind, self.links), self.generation)
    }
}
