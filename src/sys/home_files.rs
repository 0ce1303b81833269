//! What a new home takes beside [`super::files`]: places on the way to it, and owners and modes of what is made for somebody else. No step
//! follows a link, each is taken from a folder that is already held.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{self, AtFlags, Flock, FlockArg, OFlag};
use nix::sys::stat::{self, Mode};
use nix::unistd::{self, Gid, Uid};

use super::{GroupId, UserId, rename};

/// Nothing is followed, nothing blocks, nothing is inherited.
const CAREFUL: OFlag =
    OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

/// The host's root, as a place.
pub fn root() -> io::Result<OwnedFd> {
    Ok(fcntl::open("/", OFlag::O_PATH | OFlag::O_DIRECTORY | CAREFUL, Mode::empty())?)
}

/// What bears a name in a folder, as a place; a link is held itself.
pub fn place(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<OwnedFd> {
    Ok(fcntl::openat(folder, name, OFlag::O_PATH | CAREFUL, Mode::empty())?)
}

/// Opens a file in a folder for reading.
pub fn open_file(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<File> {
    Ok(File::from(fcntl::openat(folder, name, OFlag::O_RDONLY | CAREFUL, Mode::empty())?))
}

/// Gives a name in a folder away; a link itself, not what it leads to.
pub fn give_name(folder: BorrowedFd<'_>, name: &[u8], uid: UserId, gid: GroupId) -> io::Result<()> {
    let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
    Ok(unistd::fchownat(folder, name, Some(Uid::from_raw(uid.0)), Some(Gid::from_raw(gid.0)), flags)?)
}

/// Sets permissions, whatever the umask. A change of owner takes set-id bits away, so this comes after it.
pub fn set_mode(file: impl AsFd, mode: u32) -> io::Result<()> {
    Ok(stat::fchmod(file, Mode::from_bits_truncate(mode))?)
}

/// Whether a name still stands for a file that is held.
pub fn is_called(file: BorrowedFd<'_>, folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<bool> {
    let held = stat::fstat(file)?;
    match stat::fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(named) => Ok((held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)),
        Err(Errno::ENOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A folder that nobody else works in meanwhile (flock(2)); whoever holds it already is waited for.
#[derive(Debug)]
pub struct Alone(Flock<OwnedFd>);

impl Alone {
    /// Waits for the folder.
    pub fn with(folder: OwnedFd) -> io::Result<Alone> {
        Flock::lock(folder, FlockArg::LockExclusive).map(Alone).map_err(|(_, error)| error.into())
    }
}

impl AsFd for Alone {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Gives a folder its name within the one that holds it; `AlreadyExists` when something bears it.
pub fn rename_folder(holder: BorrowedFd<'_>, from: &[u8], to: &[u8]) -> io::Result<()> {
    rename::without_replacing((holder, from), (holder, to), |_| {
        // At most an empty folder is replaced.
        match fcntl::renameat(holder, from, holder, to) {
            Err(Errno::ENOTEMPTY | Errno::ENOTDIR) => Err(Errno::EEXIST.into()),
            other => Ok(other?),
        }
    })
}
