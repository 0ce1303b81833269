//! What a master that died left behind. A PidFile or scoreboard that speaks of nobody would mislead monitors and the next
//! start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Leftovers;
use crate::sys::{ProcessId, lock, process};

/// A dying process closes its descriptors one by one: the channel may close before the lock is given up.
const LOCK_PATIENCE: Duration = Duration::from_millis(900);
const LOCK_PAUSE: Duration = Duration::from_millis(10);

impl Leftovers {
    /// Removes what still is the dead master's. Errors are named by their file.
    pub fn remove(&self) -> Vec<(&Path, io::Error)> {
        let board = self
            .scoreboard
            .as_ref()
            .and_then(|board| board.remove().err().map(|error| (board.path(), error)));
        let pid_file = self.pid_file.as_deref().and_then(|path| {
            let failed = self.remove_pid_file(path, Instant::now() + LOCK_PATIENCE).err();
            failed.map(|error| (path, error))
        });
        board.into_iter().chain(pid_file).collect()
    }

    /// Whether it has died. One that still is our parent has closed the channel because another program took its place: an upgrade that
    /// failed, and the program before knows nothing of us.
    pub fn master_is_gone(&self) -> bool {
        let deadline = Instant::now() + LOCK_PATIENCE;
        while process::parent() == self.master {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        true
    }

    fn remove_pid_file(&self, path: &Path, deadline: Instant) -> io::Result<()> {
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        while !lock::try_lock(&file)? {
            if Instant::now() >= deadline || !speaks_of(&mut file, self.master)? {
                return Ok(());
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        // Under the lock nobody else writes or replaces it.
        if speaks_of(&mut file, self.master)? && is_at(&file, path) {
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

fn speaks_of(file: &mut File, master: ProcessId) -> io::Result<bool> {
    use std::io::Seek;
    let mut text = String::new();
    file.rewind()?;
    // Bounded: a pid and a line end.
    file.take(32).read_to_string(&mut text)?;
    Ok(text.trim().parse() == Ok(master.0))
}

fn is_at(file: &File, path: &Path) -> bool {
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => inode(open) == inode(named),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(pid_file: &Path) -> Leftovers {
        Leftovers { master: ProcessId(4711), pid_file: Some(pid_file.to_path_buf()), scoreboard: None }
    }

    #[test]
    fn a_dead_masters_pid_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        fs::write(&path, "4711\n").unwrap();
        assert!(left(&path).remove().is_empty());
        assert!(!path.exists());
        assert!(left(&path).remove().is_empty());
    }

    #[test]
    fn anothers_pid_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        for contents in ["4712\n", "", "47110", "garbage that is longer than any pid ever was or will be"] {
            fs::write(&path, contents).unwrap();
            left(&path).remove();
            assert!(path.exists(), "{contents:?}");
        }
    }
}
