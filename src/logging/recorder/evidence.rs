//! The logs that are written as they come (xferlog, ExtendedLog): gathered for a moment, written in one go, and kept, bounded, while
//! their disk is full. What does not fit then stays in the socket, where its senders notice.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use super::outlet::{Change, Outlet};
use crate::logging::LogNumber;
use crate::logging::record::RECORD_MAX;

/// The evidence logs, by number.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    logs: BTreeMap<LogNumber, Log>,
    /// One of the logs may not take another record.
    is_full: bool,
    /// One of the logs has enough to be written at once.
    has_enough: bool,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    outlet: Outlet,
    usage: Usage,
}

/// Whether sessions may still name a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    Live,
    /// None may, but records that do may still be queued.
    Ended,
    /// No record is left in the socket: closed as soon as everything is written.
    Drained,
}

impl Evidence {
    /// Opens a log, or goes on in another file.
    pub(super) fn open(&mut self, number: LogNumber, path: PathBuf, file: OwnedFd) -> Vec<(PathBuf, Change)> {
        match self.logs.get_mut(&number) {
            Some(log) => {
                log.path = path;
                log.usage = Usage::Live;
                self.replace(number, file)
            }
            None => {
                let outlet = Outlet::new(File::from(file));
                self.logs.insert(number, Log { path, outlet, usage: Usage::Live });
                Vec::new()
            }
        }
    }

    /// The log's path has been opened anew.
    pub(super) fn replace(&mut self, number: LogNumber, file: OwnedFd) -> Vec<(PathBuf, Change)> {
        let Some(log) = self.logs.get_mut(&number) else { return Vec::new() };
        let change = log.outlet.replace(File::from(file));
        let told = change.map(|change| (log.path.clone(), change));
        self.look_again();
        told.into_iter().collect()
    }

    /// No session will name this log again.
    pub(super) fn close(&mut self, number: LogNumber) {
        if let Some(log) = self.logs.get_mut(&number) {
            log.usage = Usage::Ended;
        }
    }

    /// The socket is empty: nothing is left in it for a log whose sessions have ended.
    pub(super) fn socket_is_empty(&mut self) {
        let ended = self.logs.values_mut().filter(|log| log.usage == Usage::Ended);
        ended.for_each(|log| log.usage = Usage::Drained);
    }

    pub(super) fn contains(&self, number: LogNumber) -> bool {
        self.logs.contains_key(&number)
    }

    /// Whether any log can take another record.
    pub(super) fn has_room(&self) -> bool {
        !self.is_full
    }

    /// Whether something should be written without waiting for more.
    pub(super) fn has_enough(&self) -> bool {
        self.has_enough
    }

    /// Whether a file could not be written, so that it must be tried again.
    pub(super) fn is_stuck(&self) -> bool {
        self.logs.values().any(|log| log.outlet.is_stuck())
    }

    /// Whether one waits for a reader who is behind, so that it should be tried again soon.
    pub(super) fn is_behind(&self) -> bool {
        self.logs.values().any(|log| log.outlet.is_behind())
    }

    /// Takes a record; `false` when its log is unknown or has no room.
    pub(super) fn add(&mut self, number: LogNumber, text: &[u8]) -> bool {
        let Some(log) = self.logs.get_mut(&number).filter(|log| log.outlet.has_room(RECORD_MAX)) else {
            return false;
        };
        // A format may have tabs between its fields.
        let is_harmless = |byte: u8| !byte.is_ascii_control() || byte == b'\t';
        log.outlet.add(text.iter().map(|byte| if is_harmless(*byte) { *byte } else { b'_' }));
        self.is_full |= !log.outlet.has_room(RECORD_MAX);
        self.has_enough |= log.outlet.has_enough();
        true
    }

    /// Writes everything and closes what waited for that; tells which files have stopped or begun again to take it.
    pub(super) fn write(&mut self) -> Vec<(PathBuf, Change)> {
        let pending = self.logs.values_mut().filter(|log| !log.outlet.is_empty());
        let changes = pending.filter_map(|log| Some((log.path.clone(), log.outlet.write()?))).collect();
        self.logs.retain(|_, log| log.usage != Usage::Drained || !log.outlet.is_empty());
        self.look_again();
        changes
    }

    /// Records that wait; those that are lost if the process ends now.
    pub(super) fn waiting(&self) -> usize {
        self.logs.values().map(|log| log.outlet.waiting()).sum()
    }

    fn look_again(&mut self) {
        self.is_full = self.logs.values().any(|log| !log.outlet.has_room(RECORD_MAX));
        self.has_enough = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: LogNumber = LogNumber(7);

    fn on_full_disk() -> Evidence {
        let mut evidence = Evidence::default();
        let file = File::options().write(true).open("/dev/full").unwrap();
        evidence.open(LOG, "/dev/full".into(), file.into());
        evidence
    }

    #[test]
    fn a_full_disk_is_told_once_and_fills_a_bounded_buffer() {
        let mut evidence = on_full_disk();
        assert!(evidence.add(LOG, b"line"));
        assert!(matches!(evidence.write()[..], [(_, Change::Stuck(_))]));
        assert!(evidence.write().is_empty() && evidence.is_stuck());
        while evidence.has_room() {
            assert!(evidence.add(LOG, &[b'x'; RECORD_MAX]));
        }
        assert!(!evidence.add(LOG, b"line"));
        let kept = tempfile::NamedTempFile::new().unwrap();
        let waiting = evidence.waiting();
        let changes = evidence.replace(LOG, kept.reopen().unwrap().into());
        assert!(matches!(changes[..], [(_, Change::Flows)]));
        assert!(evidence.has_room() && !evidence.is_stuck());
        assert_eq!(std::fs::read_to_string(kept.path()).unwrap().lines().count(), waiting);
    }

    #[test]
    fn a_closed_log_is_kept_until_it_is_written() {
        let mut evidence = on_full_disk();
        evidence.add(LOG, b"line");
        evidence.close(LOG);
        evidence.write();
        evidence.socket_is_empty();
        evidence.write();
        assert!(evidence.contains(LOG));
        let kept = tempfile::NamedTempFile::new().unwrap();
        evidence.replace(LOG, kept.reopen().unwrap().into());
        evidence.write();
        assert!(!evidence.contains(LOG));
    }

    #[test]
    fn a_record_cannot_end_its_line() {
        let mut evidence = Evidence::default();
        let kept = tempfile::NamedTempFile::new().unwrap();
        evidence.open(LOG, kept.path().into(), kept.reopen().unwrap().into());
        evidence.add(LOG, b"one\ntwo\x1b\xe9");
        evidence.write();
        assert_eq!(std::fs::read(kept.path()).unwrap(), b"one_two_\xe9\n");
    }
}
