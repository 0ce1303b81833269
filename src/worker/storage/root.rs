//! A session's root, held as a place: paths are found below it and nowhere else, and the kernel says where on the
//! host they stand.

use std::cell::Cell;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::aliases::{self, Aliases};
use super::path::FtpPath;
use super::policy::{Hold, Spot};
use crate::sys::files::{self, Errno, Identity, Links, Status};

/// The directory that a session takes for `/`.
#[derive(Debug)]
pub struct Root {
    place: OwnedFd,
    /// Where it stood on the host when it was opened.
    stood: Option<PathBuf>,
    /// The number of its file system, once that is known not to be proc: as long as the root is held no other has it.
    device: Cell<Option<u64>>,
    /// What stands in it that lies elsewhere on the host, where anything does.
    pub(super) aliases: Option<Box<Aliases>>,
    /// Whether it is this process's working directory, of which the kernel says at once where it stands.
    is_working_directory: bool,
}

/// A file that is there: held as a place, so that what was judged is what is opened, whatever its names become.
#[derive(Debug)]
pub struct Found {
    pub(super) place: OwnedFd,
    pub(super) canonical: PathBuf,
    pub(super) status: Status,
}

/// A name in a directory that is there, whether or not something bears it. Links are not followed.
#[derive(Debug)]
pub struct Entry {
    pub(super) parent: OwnedFd,
    pub(super) parent_is: Identity,
    pub(super) name: Vec<u8>,
    pub(super) canonical: PathBuf,
    pub(super) status: Option<Status>,
    /// What bears the name, or would, is not there for the session; then `status` is None.
    pub(super) is_concealed: bool,
    pub(super) bond: Bond,
}

/// Whether a name may come and go.
#[derive(Debug)]
pub enum Bond {
    /// It may.
    Free,
    /// An alias stands at the end of a way over it.
    Way,
    /// It is an alias's: this place bears it, whatever bears it in the directory itself.
    Alias(OwnedFd),
}

impl Root {
    /// Takes a directory of the host as a root. A place can be held without the right to enter it, so that is asked for here.
    pub fn open(directory: &Path, links: Links) -> io::Result<Root> {
        let (place, stood) = files::open_root_and_tell(directory, links)?;
        if !files::may_enter(place.as_fd()) {
            return Err(Errno::EACCES.into());
        }
        Ok(Root { place, stood, device: Cell::new(None), aliases: None, is_working_directory: false })
    }

    /// Worker, for the rest of its life: its process stands in the root. It asks at each command where that is on the host.
    pub fn dwelt_in(self) -> Root {
        let is_working_directory = files::stand_in(self.place.as_fd()).is_ok();
        Root { is_working_directory, ..self }
    }

    /// The descriptor, for Landlock's rule and for keep-lists.
    pub fn place(&self) -> &OwnedFd {
        &self.place
    }

    /// Where the root stood on the host when it was opened, if the kernel could say so.
    pub fn stood(&self) -> Option<&Path> {
        self.stood.as_deref()
    }

    /// Where the root stands on the host now: somebody may have renamed what is above it.
    pub fn canonical(&self) -> io::Result<PathBuf> {
        let stands = self.is_working_directory.then(files::working_directory).and_then(Result::ok);
        stands.map_or_else(|| files::path_of(self.place.as_fd()), Ok)
    }

    /// Follows `path` to what is there.
    pub fn find(&self, path: &FtpPath) -> io::Result<Found> {
        let (place, alias) = match &self.aliases {
            None => (files::locate(self.place.as_fd(), path.as_bytes())?, None),
            Some(aliases) => self.follow(aliases, path)?,
        };
        let status = files::status(place.as_fd())?;
        if self.is_in_proc(place.as_fd(), &status)? {
            return Err(Errno::EACCES.into());
        }
        let canonical = match &self.aliases {
            None => files::path_of(place.as_fd())?,
            Some(aliases) => self.seen_at(aliases, place.as_fd(), alias)?,
        };
        self.expect_reachable(&canonical)?;
        if status.links == 0 {
            return Err(Errno::ENOENT.into());
        }
        Ok(Found { place, canonical, status })
    }

    /// Where a root was unmounted below its session (umount -l), the kernel tells paths as though the mount were the whole host: no rule
    /// is written for those. Asked only of what stands elsewhere than the root once did.
    fn expect_reachable(&self, canonical: &Path) -> io::Result<()> {
        let stands_there = self.stood().is_some_and(|stood| canonical.starts_with(stood));
        if stands_there || !self.is_working_directory {
            return Ok(());
        }
        match files::working_directory() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What stands at a way below the root, found as a place only.
    pub(super) fn place_of(&self, way: &[u8]) -> io::Result<OwnedFd> {
        match &self.aliases {
            None => files::locate(self.place.as_fd(), way),
            Some(aliases) => self.follow(aliases, &aliases::path(way)?).map(|(place, _)| place),
        }
    }

    fn is_in_proc(&self, place: BorrowedFd<'_>, status: &Status) -> io::Result<bool> {
        if self.device.get() == Some(status.device) {
            return Ok(false);
        }
        let is_in_proc = files::is_in_proc(place)?;
        if !is_in_proc && self.device.get().is_none() {
            let own = files::status(self.place.as_fd())?.device;
            self.device.set((own == status.device).then_some(own));
        }
        Ok(is_in_proc)
    }

    /// Follows all of `path` but its last name.
    pub fn entry(&self, path: &FtpPath) -> io::Result<Entry> {
        let Some((parent, name)) = path.split_last() else {
            return Err(Errno::EBUSY.into());
        };
        self.entry_in(self.find(&parent)?, name)
    }

    /// A name in a directory that was found.
    pub(super) fn entry_in(&self, parent: Found, name: &[u8]) -> io::Result<Entry> {
        if parent.status.kind != files::Kind::Directory {
            return Err(Errno::ENOTDIR.into());
        }
        let bond = match &self.aliases {
            None => Bond::Free,
            Some(aliases) => self.bond(aliases, &parent, name)?,
        };
        let status = match &bond {
            Bond::Alias(place) => files::status(place.as_fd()),
            _ => files::status_at(parent.place.as_fd(), name),
        };
        let status = match status {
            Ok(status) => Some(status),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let canonical = parent.canonical.join(OsStr::from_bytes(name));
        let parent_is = parent.status.identity();
        let (parent, name) = (parent.place, name.to_vec());
        Ok(Entry { parent, parent_is, name, canonical, status, is_concealed: false, bond })
    }

    /// The name of a file that was found, in its directory: where it stands itself, whatever links led to it.
    pub fn entry_of(&self, found: &Found) -> io::Result<Entry> {
        let root = self.canonical()?;
        let below = way_below(&root, &found.canonical).ok_or(Errno::EXDEV)?;
        let path = FtpPath::root().join(below).map_err(|_| Errno::ENAMETOOLONG)?;
        let entry = self.entry(&path)?;
        let same =
            |status: &Status| (status.device, status.inode) == (found.status.device, found.status.inode);
        if let Bond::Alias(_) = entry.bond {
            return Err(Errno::EBUSY.into());
        }
        // Somebody has renamed it, or what is above it.
        let is_it = entry.canonical == found.canonical && entry.status.as_ref().is_some_and(same);
        if is_it { Ok(entry) } else { Err(Errno::EAGAIN.into()) }
    }
}

/// The way from a folder to what stands in it, both as the kernel says them: without empty names, `.` and `..`.
pub(super) fn way_below<'a>(folder: &Path, path: &'a Path) -> Option<&'a [u8]> {
    let names = |path: &'a Path| path.as_os_str().as_bytes();
    match names(path).strip_prefix(folder.as_os_str().as_bytes())? {
        [] => Some(&[]),
        [b'/', below @ ..] => Some(below),
        below => (folder == Path::new("/")).then_some(below),
    }
}

impl Found {
    /// Where it stands, as the rules are asked.
    pub fn spot(&self) -> Spot<'_> {
        let is_folder = self.status.kind == files::Kind::Directory;
        let is = self.status.identity();
        let hold = match is_folder {
            true => Hold::Folder { place: self.place.as_fd(), is, below: None },
            false => Hold::File(is),
        };
        Spot { canonical: &self.canonical, is_folder, hold }
    }

    /// Whether a session may stand in this directory.
    pub fn may_be_entered(&self) -> bool {
        files::may_enter(self.place.as_fd())
    }

    /// What it is.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl Entry {
    /// Where it stands, as the rules are asked.
    pub fn spot(&self) -> Spot<'_> {
        let is_folder = self.status.is_some_and(|status| status.kind == files::Kind::Directory);
        let below = is_folder.then_some(self.name.as_slice());
        let hold = Hold::Folder { place: self.parent.as_fd(), is: self.parent_is, below };
        Spot { canonical: &self.canonical, is_folder, hold }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_from_a_folder_to_what_stands_in_it() {
        let way = |folder, path| way_below(Path::new(folder), Path::new(path)).map(<[u8]>::to_vec);
        for (folder, path, expected) in [
            ("/home/a", "/home/a/b/c", Some("b/c")),
            ("/home/a", "/home/a", Some("")),
            ("/home/a", "/home/ab", None),
            ("/home/a", "/home", None),
            ("/home/a", "/srv", None),
            ("/", "/", Some("")),
            ("/", "/a", Some("a")),
        ] {
            assert_eq!(way(folder, path), expected.map(|way| way.as_bytes().to_vec()), "{folder} {path}");
        }
    }
}
