//! PidFile: locked for the daemon's life, written when it is ready, removed by inode. Its holder is known by the lock and never by
//! the number in it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::sys::succession::Luggage;
use crate::sys::{ProcessId, lock, process};

/// A PidFile that this master has locked.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    file: File,
}

/// Why there is none.
#[derive(Debug)]
pub enum PidFileError {
    /// Another daemon runs with this PidFile; its pid.
    Held(PathBuf, ProcessId),
    /// The system said no.
    Io(PathBuf, io::Error),
}

impl fmt::Display for PidFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PidFileError::Held(path, pid) => write!(
                f,
                "a daemon with PidFile '{}' is running already (pid {pid}); stop it, or give this one a PidFile of its own",
                path.display()
            ),
            PidFileError::Io(path, error) => {
                write!(f, "error writing PidFile '{}': {error}", path.display())
            }
        }
    }
}

/// Rounds of open, lock, compare: each is lost only to another start or stop at that very moment.
const ROUNDS: usize = 16;

impl PidFile {
    /// Opens and locks the file, touching nothing that is in it.
    pub fn lock(path: &Path) -> Result<PidFile, PidFileError> {
        let io = |error| PidFileError::Io(path.to_owned(), error);
        for round in 0..ROUNDS {
            let file = open(path).map_err(io)?;
            if !lock::try_lock(&file).map_err(io)? {
                if let Some(holder) = lock::holder(&file).map_err(io)? {
                    return Err(PidFileError::Held(path.to_owned(), holder));
                }
                // It was let go of just now; or it is a dead daemon's, which somebody who may read it keeps locked for himself.
                if round > 0 {
                    PidFile { path: path.to_owned(), file }.remove().map_err(io)?;
                }
                continue;
            }
            let pid_file = PidFile { path: path.to_owned(), file };
            // Whoever removed the file between our open and our lock leaves us with an inode that nobody else will find.
            if pid_file.is_in_place() {
                return Ok(pid_file);
            }
        }
        Err(io(io::Error::other("it is removed each time it is made")))
    }

    /// Goes to the next master of the same pid, whose process keeps the lock.
    pub fn hand_over(&self, luggage: &mut Luggage) -> (PathBuf, i32) {
        (self.path.clone(), luggage.pack(&self.file))
    }

    /// What the master before has locked.
    pub fn adopt((path, number): (PathBuf, i32), luggage: &mut Luggage) -> io::Result<PidFile> {
        Ok(PidFile { path, file: luggage.take(number)?.into() })
    }

    /// Writes the pid: the daemon is ready.
    pub fn write(&mut self) -> Result<(), PidFileError> {
        self.try_write().map_err(|error| PidFileError::Io(self.path.clone(), error))
    }

    fn try_write(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{}", process::own())?;
        self.file.set_permissions(std::fs::Permissions::from_mode(0o644))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file if the path still leads to what we locked.
    pub fn remove(self) -> io::Result<()> {
        if self.is_in_place() { std::fs::remove_file(&self.path) } else { Ok(()) }
    }

    fn is_in_place(&self) -> bool {
        self.is_at(&self.path)
    }

    /// Whether a path leads to this very file, as /var/run and /run do. Such a path must not be locked once more: a process's
    /// lock is lost with the first of its descriptors that it closes.
    pub fn is_at(&self, path: &Path) -> bool {
        let same = |there: std::fs::Metadata| {
            self.file.metadata().is_ok_and(|ours| ours.dev() == there.dev() && ours.ino() == there.ino())
        };
        std::fs::symlink_metadata(path).is_ok_and(same)
    }
}

/// Made 0644 whatever the umask; a symbolic link in its place is refused, for root would write where somebody else points.
fn open(path: &Path) -> io::Result<File> {
    let nofollow = crate::sys::NO_FOLLOW;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .custom_flags(nofollow)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_when_ready_and_removed_by_inode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ferryd.pid");
        let mut pid_file = PidFile::lock(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        pid_file.write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", process::own()));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another's").unwrap();
        pid_file.remove().unwrap();
        assert!(path.exists());
    }

    #[test]
    fn a_reader_of_a_dead_daemons_file_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ferryd.pid");
        std::fs::write(&path, "4711\n").unwrap();
        let reader = File::open(&path).unwrap();
        assert!(lock::share_description(&reader).unwrap());
        let mut pid_file = PidFile::lock(&path).unwrap();
        pid_file.write().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", process::own()));
    }

    #[test]
    fn a_link_in_its_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ferryd.pid");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(matches!(PidFile::lock(&path), Err(PidFileError::Io(..))));
    }
}
