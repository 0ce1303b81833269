//! A skeleton copied into a home that is not yet its owner's: folders, files and links, each given away when it is whole. Bounded, as
//! a login waits for it. What is whole already, by a login that was cut off, is passed over.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{HomeError, NewHome};
use crate::sys::files::{self, Kind, Links, Names, Status};
use crate::sys::home_files;

/// Folders within folders.
const DEPTH_MAX: usize = 16;
/// Names in all.
const NAMES_MAX: u32 = 10_000;
/// Bytes in all.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Whether a skeleton is there, and nobody but its owner and group may write to it.
pub fn check(skeleton: &Path) -> Result<(), HomeError> {
    open(skeleton).map(drop)
}

/// The administrator named it, so a link on the way is the administrator's.
fn open(skeleton: &Path) -> Result<OwnedFd, HomeError> {
    let failed = |error| HomeError::Skeleton("open", skeleton.to_owned(), error);
    let folder = files::open_root(skeleton, Links::Followed).map_err(failed)?;
    match files::status(folder.as_fd()).map_err(failed)?.mode & 0o002 {
        0 => Ok(folder),
        _ => Err(HomeError::Unsound(skeleton.to_owned())),
    }
}

/// Copies a skeleton into an open folder.
pub fn copy(skeleton: &Path, into: BorrowedFd<'_>, home: &NewHome) -> Result<(), HomeError> {
    let from = open(skeleton)?;
    let mut copy = Copy { skeleton, home, names: 0, bytes: 0 };
    copy.folder(from.as_fd(), into, skeleton, 0)
}

struct Copy<'a> {
    skeleton: &'a Path,
    home: &'a NewHome,
    names: u32,
    bytes: u64,
}

impl Copy<'_> {
    fn folder(
        &mut self,
        from: BorrowedFd<'_>,
        into: BorrowedFd<'_>,
        path: &Path,
        depth: usize,
    ) -> Result<(), HomeError> {
        if depth > DEPTH_MAX {
            return Err(self.too_much("16 folders within each other"));
        }
        let names = Names::of(from).map_err(|error| HomeError::Skeleton("read", path.to_owned(), error))?;
        for name in names {
            let name = name.map_err(|error| HomeError::Skeleton("read", path.to_owned(), error))?.bytes;
            if name == b"." || name == b".." {
                continue;
            }
            self.names += 1;
            if self.names > NAMES_MAX {
                return Err(self.too_much("10,000 names"));
            }
            let path = path.join(std::ffi::OsStr::from_bytes(&name));
            self.entry(Entry { from, into, name: &name, path }, depth)?;
        }
        Ok(())
    }

    /// Pipes, sockets and devices are nobody's beginning.
    fn entry(&mut self, entry: Entry<'_>, depth: usize) -> Result<(), HomeError> {
        let status = entry.done("look at", files::status_at(entry.from, entry.name))?;
        match status.kind {
            Kind::Directory => self.subfolder(&entry, &status, depth),
            Kind::File => self.file(&entry, &status),
            Kind::Link => self.link(&entry),
            Kind::Pipe | Kind::Socket | Kind::Characters | Kind::Blocks => Ok(()),
        }
    }

    fn subfolder(&mut self, entry: &Entry<'_>, status: &Status, depth: usize) -> Result<(), HomeError> {
        match files::make_directory(entry.into, entry.name, 0o700) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return entry.done("make the copy of", Err(error));
            }
            _ => {}
        }
        let from = entry.done("open", files::open_directory(entry.from, entry.name))?;
        let into = entry.done("open the copy of", files::open_directory(entry.into, entry.name))?;
        self.folder(from.as_fd(), into.as_fd(), &entry.path, depth + 1)?;
        entry.done("give away", files::give(into.as_fd(), Some(self.home.uid), Some(self.home.gid)))?;
        entry.done("set the mode of", home_files::set_mode(&into, status.mode & 0o1777))
    }

    fn file(&mut self, entry: &Entry<'_>, status: &Status) -> Result<(), HomeError> {
        self.bytes += status.size;
        if self.bytes > BYTES_MAX {
            return Err(self.too_much("64 MiB"));
        }
        if self.is_whole(entry, status) {
            return Ok(());
        }
        let from = entry.done("open", home_files::open_file(entry.from, entry.name))?;
        entry.clear()?;
        let into = entry.done("make the copy of", files::create(entry.into, entry.name, 0o600))?;
        entry.done("copy", copy_bytes(&from, &into, status.size))?;
        entry.done("give away", files::give(into.as_fd(), Some(self.home.uid), Some(self.home.gid)))?;
        // No program of root's skeleton becomes the account's with more rights than it gives itself.
        entry.done("set the mode of", home_files::set_mode(&into, status.mode & 0o777))
    }

    /// A copy gets its owner and its mode last.
    fn is_whole(&self, entry: &Entry<'_>, status: &Status) -> bool {
        files::status_at(entry.into, entry.name).is_ok_and(|copy| {
            let is_given = copy.uid == self.home.uid && copy.mode == status.mode & 0o777;
            copy.kind == Kind::File && is_given && copy.size == status.size
        })
    }

    /// A link into the skeleton becomes one into the home; others are copied as they are.
    fn link(&mut self, entry: &Entry<'_>) -> Result<(), HomeError> {
        let text = entry.done("read", files::link_target(entry.from, entry.name))?;
        let target = PathBuf::from(std::ffi::OsStr::from_bytes(&text));
        let text = match target.strip_prefix(self.skeleton) {
            Ok(below) => self.home.path.join(below).into_os_string().as_bytes().to_vec(),
            Err(_) => text,
        };
        entry.clear()?;
        entry.done("make the copy of", files::make_link(&text, entry.into, entry.name))?;
        let given = home_files::give_name(entry.into, entry.name, self.home.uid, self.home.gid);
        entry.done("give away", given)
    }

    fn too_much(&self, what: &'static str) -> HomeError {
        HomeError::TooMuch(self.skeleton.to_owned(), what)
    }
}

/// One name of the skeleton and the folder that gets it.
struct Entry<'a> {
    from: BorrowedFd<'a>,
    into: BorrowedFd<'a>,
    name: &'a [u8],
    path: PathBuf,
}

impl Entry<'_> {
    fn done<T>(&self, step: &'static str, outcome: io::Result<T>) -> Result<T, HomeError> {
        outcome.map_err(|error| HomeError::Skeleton(step, self.path.clone(), error))
    }

    /// Removes what a login that was cut off left of it.
    fn clear(&self) -> Result<(), HomeError> {
        match files::remove_file(self.into, self.name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            cleared => self.done("make the copy of", cleared),
        }
    }
}

/// No more than was promised: a file that grows meanwhile does not fill the disk.
fn copy_bytes(from: &File, mut into: &File, size: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(from, size), &mut into).map(drop)
}
