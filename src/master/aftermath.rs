//! What a daemon left that was killed with all its processes, or lost its power: the start that finds it takes its place, and tells once
//! what may need a look.

use std::path::Path;

use slog::{Logger, warn};

use crate::config::settings::Daemon;
use crate::scoreboard::{Direction, Kind, Reader, SlotRecord};
use crate::sys::small_file;

/// Uploads that are named; of more their number is told.
const NAMED: usize = 100;

/// Bytes of a PidFile that hold a number.
const NUMBER_MOST: usize = 20;

/// Found before PidFile and scoreboard are taken.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// What the PidFile says.
    pid: Option<String>,
    /// There is a board that nobody holds.
    has_board: bool,
    uploads: Vec<SlotRecord>,
}

impl Aftermath {
    /// What lies where this daemon's files will be. Only a start that gets their locks may believe it.
    pub fn found(daemon: &Daemon) -> Aftermath {
        let board = daemon.scoreboard_file.as_deref().and_then(left_behind);
        Aftermath {
            pid: number(&daemon.pid_file),
            has_board: board.is_some(),
            uploads: board.iter().flat_map(Reader::slots).filter(is_upload).collect(),
        }
    }

    /// Says so, where there is anything to say.
    pub fn tell(&self, log: &Logger) {
        if self.pid.is_none() && !self.has_board {
            return;
        }
        let pid = self.pid.as_deref().unwrap_or("unknown");
        warn!(
            log,
            "the last daemon (pid {pid}) ended without a word; its PidFile and scoreboard are replaced"
        );
        for upload in self.uploads.iter().take(NAMED) {
            warn!(log, "{}", told(upload));
        }
        if let Some(more @ 1..) = self.uploads.len().checked_sub(NAMED) {
            warn!(log, "{more} more uploads were cut short");
        }
    }
}

/// What a PidFile says, if it is as long as one.
fn number(path: &Path) -> Option<String> {
    let text = small_file::read(path, NUMBER_MOST + 1).ok()?;
    let number = String::from_utf8_lossy(&text).trim().to_owned();
    (!number.is_empty() && text.len() <= NUMBER_MOST).then_some(number)
}

/// A daemon's board whose processes have all ended.
fn left_behind(path: &Path) -> Option<Reader> {
    let board = Reader::open(path).ok()?;
    (!board.is_held() && board.header().kind == Kind::Standalone).then_some(board)
}

fn is_upload(slot: &SlotRecord) -> bool {
    slot.transfer.as_ref().is_some_and(|transfer| transfer.direction == Direction::Upload)
}

/// The name is the one that the file has meanwhile (HiddenStores), below the session's root. The client chose it: it is made printable where
/// lines are written.
fn told(upload: &SlotRecord) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let transfer = upload.transfer.as_ref();
    let path = transfer.map(|transfer| text(&transfer.path)).unwrap_or_default();
    format!(
        "the upload of {} from {} was cut short: {path} may be left, half written ({} bytes had come)",
        text(&upload.user),
        text(&upload.client_name),
        transfer.map_or(0, |transfer| transfer.done)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_a_few_bytes_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        for (text, found) in
            [("4711\n", Some("4711")), ("", None), ("\n", None), ("123456789012345678901", None)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(number(&path).as_deref(), found, "{text:?}");
        }
        std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(number(&path), None);
        assert_eq!(number(folder.path()), None);
    }
}
