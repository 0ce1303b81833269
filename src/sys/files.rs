//! Files by descriptor: found below a root, opened, made, removed, renamed.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use nix::fcntl::{self, AtFlags, OFlag, OpenHow, ResolveFlag};
use nix::libc;
use nix::sys::stat::{self, FileStat, Mode, SFlag};
use nix::sys::statfs;
use nix::unistd::{self, AccessFlags, Gid, Uid, UnlinkatFlags};

pub use nix::errno::Errno;

pub use super::names::{Name, NameRead, Names};

use super::own_descriptors::by_link;
use super::rename::without_replacing;
use super::{GroupId, UserId};

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A character device.
    Characters,
    /// A block device.
    Blocks,
}

/// What the kernel knows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-id and sticky.
    pub mode: u32,
    /// Which file system holds it,
    pub device: u64,
    /// and which of its files it is.
    pub inode: u64,
    /// How many names it has; 0 once it is unlinked.
    pub links: u64,
    /// Its owner.
    pub uid: UserId,
    /// Its group.
    pub gid: GroupId,
    /// Its length in bytes.
    pub size: u64,
    /// Seconds since the epoch: of the data's last change,
    pub modified: i64,
    /// of the last reading,
    pub accessed: i64,
    /// of the last change of the status.
    pub changed: i64,
}

/// Which file it is, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Status {
    /// Which file it is.
    pub fn identity(&self) -> Identity {
        Identity { device: self.device, inode: self.inode }
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    device: u64,
    inode: u64,
    size: i64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Edition {
    /// When the status was last changed: seconds since the epoch, and nanoseconds.
    pub fn changed(&self) -> (i64, i64) {
        self.changed
    }
}

/// How a file that was found is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For writing, its data kept.
    Write,
    /// For writing, emptied.
    Truncate,
    /// For writing at its end.
    Append,
}

impl Access {
    fn flags(self) -> OFlag {
        match self {
            Access::Read => OFlag::O_RDONLY,
            Access::Write => OFlag::O_WRONLY,
            Access::Truncate => OFlag::O_WRONLY | OFlag::O_TRUNC,
            Access::Append => OFlag::O_WRONLY | OFlag::O_APPEND,
        }
    }
}

/// No FIFO blocks the opener, no terminal becomes ours.
pub(super) const CAUTIOUS: OFlag = OFlag::O_CLOEXEC.union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);

/// How often a resolution that a rename disturbed is tried again.
const RESOLVE_TRIES: u32 = 256;

/// Whether links may stand on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// They are followed.
    Followed,
    /// One anywhere on the way is an error (`FilesystemLoop`).
    Refused,
}

/// A directory of the host that will be a root, as a place only (`O_PATH`).
pub fn open_root(path: &Path, links: Links) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    match links {
        Links::Followed => Ok(fcntl::open(path, flags, Mode::empty())?),
        Links::Refused => {
            let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
            Ok(fcntl::openat2(fcntl::AT_FDCWD, path, how)?)
        }
    }
}

/// The same, and where it stands on the host; None where the kernel cannot say so. Mostly there is no link on the way: then a plain
/// path says it itself.
pub fn open_root_and_tell(path: &Path, links: Links) -> io::Result<(OwnedFd, Option<PathBuf>)> {
    if is_plain(path) {
        match open_root(path, Links::Refused) {
            Ok(place) => return Ok((place, Some(path.to_owned()))),
            Err(error) if links == Links::Refused => return Err(error),
            Err(_) => {}
        }
    }
    let place = open_root(path, links)?;
    let stands = path_of(place.as_fd()).ok();
    Ok((place, stands))
}

/// Whether it is a path from the top without `.` and `..`, and with no `/` too many.
fn is_plain(path: &Path) -> bool {
    let names = path.components().filter(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    path.is_absolute() && names.collect::<PathBuf>().as_os_str() == path.as_os_str()
}

/// Finds what stands at a path from a folder that is held, as a place only; `..` leads to the folder that holds it now. No link is
/// followed: one anywhere is an error (`FilesystemLoop`).
pub fn locate_from(folder: BorrowedFd<'_>, path: &[u8]) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    Ok(fcntl::openat2(folder, path, how)?)
}

/// Finds what stands at a path below a folder that is held, as a place only. It leads down alone: a link anywhere is an error
/// (`FilesystemLoop`), and so is `..` above the folder.
pub fn locate_beneath(folder: BorrowedFd<'_>, path: &[u8]) -> io::Result<OwnedFd> {
    let resolve =
        ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(resolve);
    Ok(fcntl::openat2(folder, if path.is_empty() { &b"."[..] } else { path }, how)?)
}

/// The very place that is held, once more.
pub fn held_again(place: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    Ok(by_link(place, |folder, name| fcntl::openat(folder, name, flags, Mode::empty()))?)
}

/// A folder or file of the host, as a place only.
pub fn open_place(path: &Path, links: Links) -> io::Result<OwnedFd> {
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC);
    let resolve = match links {
        Links::Followed => ResolveFlag::empty(),
        Links::Refused => ResolveFlag::RESOLVE_NO_SYMLINKS,
    };
    Ok(fcntl::openat2(fcntl::AT_FDCWD, path, how.resolve(resolve | ResolveFlag::RESOLVE_NO_MAGICLINKS))?)
}

/// Finds `path` below `root` as a place only, following links as though `root` were `/`; magic links are refused.
/// Any rename on the host makes the kernel give up a resolution with `..` in a link: that is tried again, bounded.
pub fn locate(root: BorrowedFd<'_>, path: &[u8]) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let mut tries = 0;
    loop {
        match fcntl::openat2(root, path, how) {
            Err(nix::Error::EAGAIN | nix::Error::EINTR) if tries < RESOLVE_TRIES => tries += 1,
            found => return Ok(found?),
        }
    }
}

/// The status of what a descriptor stands for.
pub fn status(file: BorrowedFd<'_>) -> io::Result<Status> {
    Ok(Status::from(stat::fstat(file)?))
}

/// The same, with the state that the file is in.
pub fn edition(file: BorrowedFd<'_>) -> io::Result<(Status, Edition)> {
    let found = stat::fstat(file)?;
    let edition = Edition {
        device: found.st_dev,
        inode: found.st_ino,
        size: found.st_size,
        modified: (found.st_mtime, found.st_mtime_nsec),
        changed: (found.st_ctime, found.st_ctime_nsec),
    };
    Ok((Status::from(found), edition))
}

/// The status of a name in a directory; a link is not followed.
pub fn status_at(directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<Status> {
    Ok(Status::from(stat::fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW)?))
}

/// Where a descriptor stands on the host, as the kernel says it. The text of an unlinked file means nothing:
/// [`Status::links`] decides.
pub fn path_of(file: BorrowedFd<'_>) -> io::Result<PathBuf> {
    Ok(PathBuf::from(by_link(file, |folder, name| fcntl::readlinkat(folder, name))?))
}

/// Makes a directory that is held the process's working directory.
pub fn stand_in(directory: BorrowedFd<'_>) -> io::Result<()> {
    Ok(unistd::fchdir(directory)?)
}

/// Where the working directory stands on the host (getcwd(2)), in a fifth of the time of [`path_of`], whose way leads through proc. An
/// error where it was removed, is not below this process's root, or has a name of more than a kilobyte; the C library would then read
/// the folders above.
pub fn working_directory() -> io::Result<PathBuf> {
    let mut said = [0_u8; 1024];
    // SAFETY: the kernel writes at most so many bytes, all within a local that outlives the call.
    let written = Errno::result(unsafe { libc::syscall(libc::SYS_getcwd, said.as_mut_ptr(), said.len()) })?;
    let path = CStr::from_bytes_until_nul(&said).map_err(|_| Errno::ENAMETOOLONG)?.to_bytes();
    match (written, path) {
        (1.., [b'/', ..]) => Ok(PathBuf::from(OsStr::from_bytes(path))),
        // "(unreachable)" and what follows it.
        _ => Err(Errno::ENOENT.into()),
    }
}

/// Whether a descriptor stands in a proc file system, where reading and writing mean something else.
pub fn is_in_proc(file: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(statfs::fstatfs(file)?.filesystem_type() == statfs::PROC_SUPER_MAGIC)
}

/// Whether this process may write here, by the rights of its real ids (access(2)).
pub fn may_write(path: &Path) -> bool {
    unistd::access(path, AccessFlags::W_OK).is_ok()
}

/// Whether the process may enter a directory that it holds as a place.
pub fn may_enter(directory: BorrowedFd<'_>) -> bool {
    unistd::faccessat(directory, ".", AccessFlags::X_OK, AtFlags::AT_EACCESS).is_ok()
}

/// Whether the process may read a name in a directory, or enter it; links not followed. The empty name is the place itself.
pub fn may_use(place: BorrowedFd<'_>, name: &[u8], enter: bool) -> bool {
    let wanted = if enter { AccessFlags::X_OK } else { AccessFlags::R_OK };
    let how = AtFlags::AT_EACCESS | AtFlags::AT_SYMLINK_NOFOLLOW | AtFlags::AT_EMPTY_PATH;
    unistd::faccessat(place, name, wanted, how).is_ok()
}

/// Opens the very file that a place stands for; whatever its names mean by now.
pub fn reopen(place: BorrowedFd<'_>, access: Access) -> io::Result<File> {
    let flags = access.flags() | CAUTIOUS;
    Ok(File::from(by_link(place, |folder, name| fcntl::openat(folder, name, flags, Mode::empty()))?))
}

/// Makes a file that was not there, for writing. `mode` is what it gets: the process has no umask.
pub fn create(directory: BorrowedFd<'_>, name: &[u8], mode: u32) -> io::Result<File> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | CAUTIOUS;
    Ok(File::from(fcntl::openat(directory, name, flags, Mode::from_bits_truncate(mode))?))
}

/// Gives a file to another user, another group, or both; needs CAP_CHOWN, but for a group of one's own.
pub fn give(file: BorrowedFd<'_>, user: Option<UserId>, group: Option<GroupId>) -> io::Result<()> {
    let (user, group) = (user.map(|id| Uid::from_raw(id.0)), group.map(|id| Gid::from_raw(id.0)));
    Ok(unistd::fchown(file, user, group)?)
}

/// Makes a directory.
pub fn make_directory(directory: BorrowedFd<'_>, name: &[u8], mode: u32) -> io::Result<()> {
    Ok(stat::mkdirat(directory, name, Mode::from_bits_truncate(mode))?)
}

/// Opens a directory for reading, and nothing else of that name: a link is not followed.
pub fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | CAUTIOUS;
    Ok(fcntl::openat(parent, name, flags, Mode::empty())?)
}

/// Removes a name that is no directory's.
pub fn remove_file(directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    Ok(unistd::unlinkat(directory, name, UnlinkatFlags::NoRemoveDir)?)
}

/// Removes an empty directory.
pub fn remove_directory(directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    Ok(unistd::unlinkat(directory, name, UnlinkatFlags::RemoveDir)?)
}

/// Renames, over what is there.
pub fn rename(from: (BorrowedFd<'_>, &[u8]), to: (BorrowedFd<'_>, &[u8])) -> io::Result<()> {
    Ok(fcntl::renameat(from.0, from.1, to.0, to.1)?)
}

/// Whether a rename may take another file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwriting {
    /// It may.
    Allowed,
    /// What has the name keeps it (`AlreadyExists`).
    Refused,
}

/// Renames, over what is there or not.
pub fn rename_with(
    from: (BorrowedFd<'_>, &[u8]),
    to: (BorrowedFd<'_>, &[u8]),
    overwriting: Overwriting,
) -> io::Result<()> {
    match overwriting {
        Overwriting::Allowed => rename(from, to),
        // A file system that cannot refuse says so itself.
        Overwriting::Refused => without_replacing(from, to, |error| Err(error.into())),
    }
}

/// Makes a symbolic link that says `way`; what is there is left alone.
pub fn make_link(way: &[u8], directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    Ok(unistd::symlinkat(way, directory, name)?)
}

/// What a symbolic link says; the empty name is one that is held as a place.
pub fn link_target(directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<Vec<u8>> {
    Ok(fcntl::readlinkat(directory, name)?.into_vec())
}

/// Tells the kernel that a file will be read from its front to its end.
pub fn will_read_through(file: BorrowedFd<'_>) {
    // Advice: a file system that does not take it changes nothing for the reader.
    let _ = fcntl::posix_fadvise(file, 0, 0, fcntl::PosixFadviseAdvice::POSIX_FADV_SEQUENTIAL);
}

/// Moves up to `most` bytes of a file to a socket without passing them through user space, and `offset` on by as many.
pub fn send(
    socket: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: &mut u64,
    most: usize,
) -> io::Result<usize> {
    let mut from = i64::try_from(*offset).map_err(|_| Errno::EOVERFLOW)?;
    let moved = nix::sys::sendfile::sendfile64(socket, file, Some(&mut from), most)?;
    *offset += moved as u64;
    Ok(moved)
}

/// Closes a file and says what the file system still had to object (a full disk behind a network, for one).
pub fn close(file: File) -> io::Result<()> {
    Ok(unistd::close(file)?)
}

impl From<FileStat> for Status {
    fn from(file: FileStat) -> Status {
        let bits = file.st_mode;
        let kind = match SFlag::from_bits_truncate(bits & SFlag::S_IFMT.bits()) {
            SFlag::S_IFDIR => Kind::Directory,
            SFlag::S_IFLNK => Kind::Link,
            SFlag::S_IFIFO => Kind::Pipe,
            SFlag::S_IFSOCK => Kind::Socket,
            SFlag::S_IFCHR => Kind::Characters,
            SFlag::S_IFBLK => Kind::Blocks,
            _ => Kind::File,
        };
        Status {
            kind,
            mode: bits & 0o7777,
            device: file.st_dev,
            inode: file.st_ino,
            links: file.st_nlink,
            uid: UserId(file.st_uid),
            gid: GroupId(file.st_gid),
            size: u64::try_from(file.st_size).unwrap_or(0),
            modified: file.st_mtime,
            accessed: file.st_atime,
            changed: file.st_ctime,
        }
    }
}
