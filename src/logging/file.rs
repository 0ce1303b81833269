//! How the master opens a log file for the recorder: for appending, by a path that nobody else can bend.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::sys::append::append;

/// The write bit of others in a folder's mode.
const OTHERS_WRITE: u32 = 0o002;

/// Why a log file cannot be had.
#[derive(Debug)]
pub enum LogFileError {
    /// The system said no.
    Io(PathBuf, io::Error),
    /// Anybody could put a link where the log should be.
    OpenFolder(PathBuf),
}

/// Master, at start, at HUP and at USR1: the log at `path`, made when it is not there. A symbolic link at its end is
/// refused, and so is a folder that everybody may write.
pub fn open(path: &Path, kind: Kind) -> Result<OwnedFd, LogFileError> {
    let wrap = |error| LogFileError::Io(path.to_path_buf(), error);
    let folder = path.parent().unwrap_or(Path::new("/"));
    if fs::metadata(folder).map_err(wrap)?.mode() & OTHERS_WRITE != 0 {
        return Err(LogFileError::OpenFolder(path.to_path_buf()));
    }
    append(path, mode(kind)).map_err(wrap)
}

/// As ProFTPD makes them: who may read a transfer log and who a system log.
fn mode(kind: Kind) -> u32 {
    match kind {
        Kind::Raw => 0o644,
        Kind::Line | Kind::Syslog => 0o640,
    }
}

impl fmt::Display for LogFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogFileError::Io(path, error) => write!(f, "cannot open log {}: {error}", path.display()),
            LogFileError::OpenFolder(path) => write!(
                f,
                "cannot open log {}: everybody may write its folder; choose another or take that right away",
                path.display()
            ),
        }
    }
}

impl std::error::Error for LogFileError {}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_log_is_made_and_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("xferlog");
        for line in ["one\n", "two\n"] {
            let mut file = File::from(open(&path, Kind::Raw).unwrap());
            file.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn links_and_folders_of_everybody_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink(folder.path().join("target"), &link).unwrap();
        assert!(matches!(open(&link, Kind::Line), Err(LogFileError::Io(..))));
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        let refused = open(&folder.path().join("log"), Kind::Line);
        assert!(matches!(refused, Err(LogFileError::OpenFolder(_))));
    }
}
