//! Folders, files and links made for somebody else: no step follows a link, each is taken from a folder that is already held.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

use nix::errno::Errno;
use nix::fcntl::{self, AtFlags, Flock, FlockArg, OFlag, RenameFlags};
use nix::libc;
use nix::sys::stat::{self, Mode};
use nix::unistd::{self, Gid, Uid};

use super::{GroupId, UserId};

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

/// Opens a folder in a folder, to read its names and to change its owner.
pub fn open_folder(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<OwnedFd> {
    Ok(fcntl::openat(folder, name, OFlag::O_RDONLY | OFlag::O_DIRECTORY | CAREFUL, Mode::empty())?)
}

/// Opens a file in a folder for reading.
pub fn open_file(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<File> {
    Ok(File::from(fcntl::openat(folder, name, OFlag::O_RDONLY | CAREFUL, Mode::empty())?))
}

/// What a link that is held as a place says.
pub fn link_text(link: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    Ok(fcntl::readlinkat(link, "")?.into_vec())
}

/// Makes a link.
pub fn make_link(text: &[u8], folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    Ok(unistd::symlinkat(text, folder, name)?)
}

/// Gives a file or a folder away; None leaves what is.
pub fn give(file: impl AsFd, uid: Option<UserId>, gid: Option<GroupId>) -> io::Result<()> {
    Ok(unistd::fchown(file, uid.map(owner), gid.map(group))?)
}

/// Gives a name in a folder away; a link itself, not what it leads to.
pub fn give_name(folder: BorrowedFd<'_>, name: &[u8], uid: UserId, gid: GroupId) -> io::Result<()> {
    let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
    Ok(unistd::fchownat(folder, name, Some(owner(uid)), Some(group(gid)), flags)?)
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
    match fcntl::renameat2(holder, from, holder, to, RenameFlags::RENAME_NOREPLACE) {
        // A file system that does not know the flag: at most an empty folder is replaced.
        Err(Errno::EINVAL | Errno::ENOSYS) => match fcntl::renameat(holder, from, holder, to) {
            Err(Errno::ENOTEMPTY | Errno::ENOTDIR) => Err(Errno::EEXIST.into()),
            other => Ok(other?),
        },
        other => Ok(other?),
    }
}

/// Becomes a user with its groups, for good, and without a capability. For a process that had root's.
pub fn become_user(uid: UserId, gid: GroupId, groups: &[GroupId]) -> io::Result<()> {
    let groups: Vec<libc::gid_t> = groups.iter().map(|group| group.0).collect();
    super::identity::take_groups(groups.as_ptr() as usize, groups.len())?;
    super::identity::take_group(gid)?;
    super::identity::take_user(uid)?;
    super::identity::drop_capabilities()
}

fn owner(uid: UserId) -> Uid {
    Uid::from_raw(uid.0)
}

fn group(gid: GroupId) -> Gid {
    Gid::from_raw(gid.0)
}
