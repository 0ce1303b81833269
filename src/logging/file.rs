//! How the master opens a log file for the recorder: for appending, by a path that nobody else can bend.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::sys::append::append;
use crate::sys::{UserId, files, identity};

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
/// refused, unless the operator wants it, and so is a folder that everybody may write. `/dev/stdout` and `/dev/stderr` are the daemon's own.
pub fn open(path: &Path, kind: Kind, links: Links) -> Result<OwnedFd, LogFileError> {
    let wrap = |error| LogFileError::Io(path.to_path_buf(), error);
    if let Some(stream) = Stream::named(path) {
        return stream.open().map_err(wrap);
    }
    keep_off_open_folders(path)?;
    append(path, mode(kind), links == Links::Followed).map_err(wrap)
}

/// Whether a log's path may end in a symbolic link; AllowLogSymlinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Links {
    /// It may not.
    Refused,
    /// The operator says that it may.
    Followed,
}

/// A stream that the daemon was started with, for containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    fn named(path: &Path) -> Option<Stream> {
        match path.to_str()? {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Some(Stream::Stdout),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Some(Stream::Stderr),
            _ => None,
        }
    }

    /// Opened anew, so that a reader who is slow stops nobody; where that cannot be (a socket, another's pipe) it is shared as it is.
    fn open(self) -> io::Result<OwnedFd> {
        let path = match self {
            Stream::Stdout => "/proc/self/fd/1",
            Stream::Stderr => "/proc/self/fd/2",
        };
        append(Path::new(path), 0, true).or_else(|_| match self {
            Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
            Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
        })
    }
}

/// Whether [`open`] would succeed, without making anything.
pub fn could_open(path: &Path, links: Links) -> Result<(), LogFileError> {
    if Stream::named(path).is_some() {
        return Ok(());
    }
    keep_off_open_folders(path)?;
    let wrap = |kind: ErrorKind| LogFileError::Io(path.to_path_buf(), kind.into());
    let written = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => return Err(wrap(ErrorKind::IsADirectory)),
        Ok(found) if found.is_symlink() && links == Links::Refused => {
            return Err(LogFileError::Io(path.to_path_buf(), io::Error::other("it is a symbolic link")));
        }
        // access(2) follows a link.
        Ok(_) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => path.parent().unwrap_or(Path::new("/")),
        Err(error) => return Err(LogFileError::Io(path.to_path_buf(), error)),
    };
    if files::may_write(written) { Ok(()) } else { Err(wrap(ErrorKind::PermissionDenied)) }
}

fn keep_off_open_folders(path: &Path) -> Result<(), LogFileError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let found = fs::metadata(folder).map_err(|error| LogFileError::Io(path.to_path_buf(), error))?;
    match found.mode() & OTHERS_WRITE {
        0 => Ok(()),
        _ => Err(LogFileError::OpenFolder(path.to_path_buf())),
    }
}

/// The outermost folder on the way to a log that belongs neither to root nor to whoever asks, and its owner: he may put another, or a link,
/// in the place of what is in it.
pub fn foreign_folder(path: &Path) -> Option<(PathBuf, UserId)> {
    let (own, _) = identity::own();
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    folders.into_iter().rev().find_map(|folder| {
        let owner = fs::metadata(folder).ok()?.uid();
        (owner != 0 && owner != own.0).then(|| (folder.to_path_buf(), UserId(owner)))
    })
}

/// As ProFTPD makes them: who may read a transfer log and who a system log.
fn mode(kind: Kind) -> u32 {
    match kind {
        Kind::Raw => 0o644,
        Kind::Line | Kind::Syslog(_) => 0o640,
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
            let mut file = File::from(open(&path, Kind::Raw, Links::Refused).unwrap());
            file.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn what_could_be_opened_is_known_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(could_open(&path, Links::Refused).is_ok());
        assert!(!path.exists(), "nothing is made");
        fs::write(&path, "").unwrap();
        assert!(could_open(&path, Links::Refused).is_ok());
        symlink(&path, folder.path().join("link")).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        for refused in ["link", "folder", "none/log"] {
            assert!(
                matches!(could_open(&folder.path().join(refused), Links::Refused), Err(LogFileError::Io(..))),
                "{refused}"
            );
        }
    }

    #[test]
    fn links_and_folders_of_everybody_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink(folder.path().join("target"), &link).unwrap();
        assert!(matches!(open(&link, Kind::Line, Links::Refused), Err(LogFileError::Io(..))));
        assert!(open(&link, Kind::Line, Links::Followed).is_ok());
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        let refused = open(&folder.path().join("log"), Kind::Line, Links::Refused);
        assert!(matches!(refused, Err(LogFileError::OpenFolder(_))));
    }
}
