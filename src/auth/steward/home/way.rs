//! The folders on the way to a home, name by name from the host's root, each held while the next is looked for. A link is followed
//! only where nobody but root can have put it: in a folder that root owns and nobody else may write to.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use super::{HomeError, Spot, kind_of};
use crate::sys::files::{self, Kind, Status};
use crate::sys::home_files;
use crate::sys::{GroupId, UserId, identity};

/// Links that one way may have.
const LINKS_MAX: u32 = 16;
/// Names that one way may have.
const NAMES_MAX: usize = 256;

/// How folders on the way are made.
pub struct Folders {
    pub mode: u32,
    pub uid: Option<UserId>,
    pub gid: Option<GroupId>,
}

/// Where a walk stands.
struct Walk<'a> {
    folder: OwnedFd,
    /// Whether nobody but root can have changed a name on the way so far.
    is_roots: bool,
    /// What is left, the next name first.
    names: VecDeque<OsString>,
    links: u32,
    /// For complaints.
    path: PathBuf,
    folders: &'a Folders,
}

/// Goes to the folder that is to hold `path`, and makes what is missing; gives it with the last name.
pub fn to<'p>(path: &'p Path, folders: &Folders) -> Result<Spot<'p>, HomeError> {
    let (Some(above), Some(name)) = (path.parent().filter(|_| path.is_absolute()), path.file_name()) else {
        return Err(HomeError::Path(path.to_owned()));
    };
    let start = home_files::root().map_err(|error| HomeError::Way("open", "/".into(), error))?;
    let mut walk = Walk {
        folder: start,
        is_roots: true,
        names: names_of(above),
        links: 0,
        path: PathBuf::from("/"),
        folders,
    };
    if walk.names.iter().any(|name| name == "..") {
        return Err(HomeError::Path(path.to_owned()));
    }
    walk.judge_folder()?;
    while let Some(name) = walk.names.pop_front() {
        walk.step(&name)?;
    }
    Ok((walk.folder, name))
}

fn names_of(path: &Path) -> VecDeque<OsString> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(name).collect()
}

impl Walk<'_> {
    fn step(&mut self, name: &OsStr) -> Result<(), HomeError> {
        let path = self.path.join(name);
        let failed = |step| move |error| HomeError::Way(step, path, error);
        let found = match home_files::place(self.folder.as_fd(), name.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make(name)?,
            found => found.map_err(failed.clone()("open"))?,
        };
        match kind_of(found.as_fd()).map_err(failed("look at"))? {
            Kind::Directory => self.enter(found, name),
            Kind::Link => self.follow(&found, name),
            _ => Err(HomeError::NoFolder(self.path.join(name))),
        }
    }

    fn enter(&mut self, folder: OwnedFd, name: &OsStr) -> Result<(), HomeError> {
        self.folder = folder;
        self.path.push(name);
        self.judge_folder()
    }

    /// Once somebody else may change names, everything below is theirs.
    fn judge_folder(&mut self) -> Result<(), HomeError> {
        let status = files::status(self.folder.as_fd());
        let status = status.map_err(|error| HomeError::Way("look at", self.path.clone(), error))?;
        self.is_roots &= is_roots(&status);
        Ok(())
    }

    fn follow(&mut self, link: &OwnedFd, name: &OsStr) -> Result<(), HomeError> {
        let path = self.path.join(name);
        if !self.is_roots {
            return Err(HomeError::Link(path));
        }
        let text = files::link_target(link.as_fd(), b"");
        let text = text.map_err(|error| HomeError::Way("read", path.clone(), error))?;
        let target = PathBuf::from(OsString::from_vec(text));
        let ahead = names_of(&target);
        self.links += 1;
        if self.links > LINKS_MAX || ahead.len() + self.names.len() > NAMES_MAX {
            return Err(HomeError::Winding(path));
        }
        if target.is_absolute() {
            let start = home_files::root();
            self.folder = start.map_err(|error| HomeError::Way("open", "/".into(), error))?;
            self.path = PathBuf::from("/");
        }
        self.names = ahead.into_iter().chain(self.names.drain(..)).collect();
        Ok(())
    }

    /// Makes a folder and gives it away. Where another login was quicker, its folder is as good.
    fn make(&mut self, name: &OsStr) -> Result<OwnedFd, HomeError> {
        let path = self.path.join(name);
        let failed = |step| {
            let path = path.clone();
            move |error| HomeError::Way(step, path, error)
        };
        let Folders { mode, uid, gid } = self.folders;
        let holder = self.folder.as_fd();
        let is_new = match files::make_directory(holder, name.as_bytes(), *mode) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(failed("make")(error)),
        };
        if is_new {
            let folder = files::open_directory(holder, name.as_bytes()).map_err(failed("open"))?;
            let found = files::status(folder.as_fd()).map_err(failed("look at"))?;
            // Another's folder, put in the place of ours.
            if found.uid != identity::own().0 {
                return Err(HomeError::Planted(path, found.uid));
            }
            if uid.is_some() || gid.is_some() {
                files::give(folder.as_fd(), *uid, *gid).map_err(failed("give away"))?;
            }
            home_files::set_mode(&folder, *mode).map_err(failed("set the mode of"))?;
        }
        home_files::place(holder, name.as_bytes()).map_err(failed("open"))
    }
}

fn is_roots(folder: &Status) -> bool {
    folder.uid == UserId::ROOT && folder.mode & 0o022 == 0
}
