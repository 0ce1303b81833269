//! The board's file: made as a new inode, locked for the master's life, put in its place by a rename, removed by
//! inode. A live board is never truncated and never written over.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::BoardError;
use super::layout;
use crate::sys::{ProcessId, lock, mapping, process, rename};

/// ProFTPD's own scoreboard begins so; what it left behind at our path may be replaced.
const PROFTPD_MAGIC: u64 = 0xdead_beef;
/// How often a start that loses a race against another looks again.
pub(super) const ATTEMPTS: usize = 10;

/// The board's file as its master holds it, for life.
pub struct MasterFile {
    /// Holds the lock, and serves for nothing else: what children inherit of it they close at birth, while they keep
    /// the others for a while. None for a nameless board, which nobody else can find.
    pub(super) lock: Option<File>,
    pub(super) read_write: OwnedFd,
    pub(super) read_only: OwnedFd,
    pub(super) place: Option<BoardFile>,
}

/// Where a board lies, and which inode it is: what is needed to remove it, and nothing that holds it.
#[derive(Clone, Debug)]
pub struct BoardFile {
    pub(super) path: PathBuf,
    pub(super) device: u64,
    pub(super) inode: u64,
}

impl MasterFile {
    /// Master, at start: a board of `size` bytes beside `path`, locked; not yet visible at `path`.
    pub fn beside(path: &Path, size: u64) -> Result<Beside, BoardError> {
        let said = |error| BoardError::Io(path.to_owned(), error);
        check_folder(path)?;
        // Looked at again, under its lock, before it is replaced; this spares a second start every trace.
        if let Some(old) = old_board(path)?
            && lock::is_locked(&old).map_err(said)?
        {
            return Err(BoardError::Held(path.to_owned()));
        }
        remove_strays(path);
        let (temporary, file) = new_inode(path).map_err(said)?;
        // Exactly this mode, whatever the umask: everyone may read, the owner alone may write.
        file.set_permissions(Permissions::from_mode(0o644)).map_err(said)?;
        file.set_len(size).map_err(said)?;
        match lock::try_lock_description(&file).map_err(said)? {
            true => Ok(Beside { path: path.to_owned(), temporary, file }),
            false => Err(BoardError::Held(path.to_owned())),
        }
    }

    /// Master, at start, without ScoreboardFile: a board without a name.
    pub fn nameless(size: u64) -> io::Result<MasterFile> {
        let file = File::from(mapping::nameless_file("scoreboard")?);
        file.set_len(size)?;
        let read_only = mapping::reopen_read_only(file.as_fd())?;
        Ok(MasterFile { lock: None, read_write: file.into(), read_only, place: None })
    }

    /// Whoever makes a board to be shared: gives the lock up. It would outlive the descriptor, since a mapping holds its description.
    pub fn release(self) -> io::Result<()> {
        self.lock.map_or(Ok(()), lock::unlock_description)
    }

    /// For mapping, reading only.
    pub fn read_only(&self) -> BorrowedFd<'_> {
        self.read_only.as_fd()
    }

    /// For mapping and writing.
    pub fn read_write(&self) -> BorrowedFd<'_> {
        self.read_write.as_fd()
    }

    /// Where it lies; None for a nameless one.
    pub fn place(&self) -> Option<&BoardFile> {
        self.place.as_ref()
    }
}

/// A new board that is not yet at its path.
pub struct Beside {
    path: PathBuf,
    temporary: Temporary,
    file: File,
}

/// The name that the board has until it gets its own; removed if it never does.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Not there after a success; nothing can be done about another failure.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Beside {
    /// The file, to be filled in.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Puts the board in its place, unless a living master's board is there.
    pub fn into_place(self) -> Result<MasterFile, BoardError> {
        let said = |error| BoardError::Io(self.path.clone(), error);
        let read_only = File::open(&self.temporary.0).map_err(said)?.into();
        let read_write =
            OpenOptions::new().read(true).write(true).open(&self.temporary.0).map_err(said)?.into();
        let metadata = self.file.metadata().map_err(said)?;
        for _ in 0..ATTEMPTS {
            if self.take_place()? {
                let place = BoardFile { path: self.path, device: metadata.dev(), inode: metadata.ino() };
                return Ok(MasterFile { lock: Some(self.file), read_write, read_only, place: Some(place) });
            }
        }
        Err(BoardError::Held(self.path))
    }

    /// One attempt: false when the file at the path changed while we looked.
    fn take_place(&self) -> Result<bool, BoardError> {
        let said = |error| BoardError::Io(self.path.clone(), error);
        let Some(old) = old_board(&self.path)? else {
            // Of two masters that start at once, one gets the path.
            return match rename::into_vacant_place(&self.temporary.0, &self.path) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(said(error)),
            };
        };
        let found = old.metadata().map_err(said)?;
        let old_place = BoardFile { path: self.path.clone(), device: found.dev(), inode: found.ino() };
        // Whoever replaces a board must hold its lock, and so is the only one to do it.
        if !lock::try_lock_description(&old).map_err(said)? {
            if lock::is_locked(&old).map_err(said)? {
                return Err(BoardError::Held(self.path.clone()));
            }
            // A dead master's, which somebody who may read it keeps locked: out of the way with it, and the place is vacant.
            old_place.remove().map_err(said)?;
            return Ok(false);
        }
        let is_still_there = old_place.is_there();
        if is_still_there {
            std::fs::rename(&self.temporary.0, &self.path).map_err(said)?;
        }
        Ok(is_still_there)
    }
}

impl BoardFile {
    /// Master at its end, auth after a master that crashed: removes the file if it still is this inode.
    pub fn remove(&self) -> io::Result<()> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(now) if (now.dev(), now.ino()) == (self.device, self.inode) => {
                std::fs::remove_file(&self.path)
            }
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path)
            .is_ok_and(|now| (now.dev(), now.ino()) == (self.device, self.inode))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The folder must be there, and nobody else may be able to rename things in it.
fn check_folder(path: &Path) -> Result<(), BoardError> {
    let folder = folder_of(path);
    let metadata = match std::fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(BoardError::NoFolder(folder.to_owned()));
        }
        Err(error) => return Err(BoardError::Io(folder.to_owned(), error)),
    };
    let (world_writable, sticky) = (metadata.mode() & 0o002 != 0, metadata.mode() & 0o1000 != 0);
    if world_writable && !sticky {
        return Err(BoardError::UnsafeFolder(folder.to_owned()));
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what starts that were killed have left beside the board. Whoever lives is making a board of its own.
fn remove_strays(path: &Path) {
    let Some(prefix) = path.file_name().map(|name| [b".", name.as_bytes(), b"."].concat()) else { return };
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let middle = name.as_bytes().strip_prefix(&*prefix).and_then(|rest| rest.strip_suffix(b".new"));
        let pid = middle.and_then(|middle| std::str::from_utf8(middle).ok()?.parse().ok().map(ProcessId));
        if pid.is_some_and(|pid| !process::lives(pid)) {
            // One that stays takes a little room, until the next start.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A new file in the same folder. What a crashed start left behind under our pid is removed.
fn new_inode(path: &Path) -> io::Result<(Temporary, File)> {
    let name = path.file_name().ok_or(ErrorKind::IsADirectory)?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(OsStr::new(&format!(".{}.new", std::process::id())));
    let temporary = folder_of(path).join(temporary);
    if let Err(error) = std::fs::remove_file(&temporary)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o644).open(&temporary)?;
    Ok((Temporary(temporary), file))
}

/// The file at the path, if there is one and it may be replaced: a board, ours or ProFTPD's, or an empty file.
fn old_board(path: &Path) -> Result<Option<File>, BoardError> {
    let mut file = match mapping::open_as_found(path, true) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BoardError::Io(path.to_owned(), error)),
    };
    let said = |error| BoardError::Io(path.to_owned(), error);
    let metadata = file.metadata().map_err(said)?;
    let mut magic = [0; 8];
    let is_board = metadata.len() == 0
        || (file.read_exact(&mut magic).is_ok()
            && [layout::MAGIC, PROFTPD_MAGIC].contains(&u64::from_le_bytes(magic)));
    if !metadata.is_file() || !is_board {
        return Err(BoardError::InTheWay(path.to_owned()));
    }
    Ok(Some(file))
}
