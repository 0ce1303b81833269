//! The logs in the hands of the next master of the same pid. The recorder goes on with what it has open; when the next master serves,
//! a recorder of its own program takes its place.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Log, Logs, Surroundings, SystemLog};
use crate::config::settings::LogTarget;
use crate::logging::{HandedChannel, Kind, Links, LogNumber};
use crate::sys::succession::Luggage;
use crate::sys::{GroupId, ProcessId, UserId, process};

/// The logs as one master leaves them to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedLogs {
    channel: HandedChannel,
    /// The recorder.
    pub recorder: ProcessId,
    system: (LogTarget, Links),
    logs: Vec<(LogNumber, Kind, PathBuf, Links, Vec<u32>)>,
    next: u16,
    /// In the recorder's own lines.
    pub server: String,
    /// Whom the recorder becomes.
    pub identity: Option<(UserId, GroupId)>,
}

impl Logs {
    /// All of them.
    pub fn hand_over(&self, luggage: &mut Luggage) -> HandedLogs {
        let handed = |log: &Log| {
            (log.number, log.kind, log.path.clone(), log.links, log.used_by.iter().copied().collect())
        };
        HandedLogs {
            channel: HandedChannel::of(&self.channel, &self.ends, &self.control, luggage),
            recorder: self.recorder,
            system: self.system.clone(),
            logs: self.logs.iter().map(handed).collect(),
            next: self.next,
            server: self.surroundings.server.clone(),
            identity: self.surroundings.identity,
        }
    }

    /// The logs of the next master.
    pub fn adopt(handed: HandedLogs, surroundings: Surroundings, luggage: &mut Luggage) -> io::Result<Logs> {
        let (channel, ends, control) = handed.channel.adopt(luggage)?;
        let log = |(number, kind, path, links, used_by): (LogNumber, Kind, PathBuf, Links, Vec<u32>)| Log {
            number,
            kind,
            path,
            links,
            used_by: used_by.into_iter().collect(),
        };
        let born = Instant::now();
        let mut logs = Logs {
            surroundings,
            channel: Arc::new(channel),
            ends,
            control,
            recorder: handed.recorder,
            born,
            respawn_at: (!process::is_child(handed.recorder)).then_some(born),
            system: handed.system,
            fault_log: None,
            logs: handed.logs.into_iter().map(log).collect(),
            unopened: Vec::new(),
            next: handed.next,
        };
        // Without the file a fault leaves its line on stderr.
        let file = SystemLog::open(&logs.system.0, logs.system.1).ok().and_then(|system| system.file);
        logs.keep_for_a_fault(file)?;
        Ok(logs)
    }

    /// The recorder writes what it has and ends, and the reap starts another; one that does not listen stays.
    pub fn renew_recorder(&self) -> io::Result<()> {
        self.control.dismiss()
    }
}
