//! Directories read: their names, and what a listing may show of each.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Storage;
use super::alike::Neighbours;
use super::authorise::{self, allows, authorise};
use super::denied::{Denied, Reason};
use super::hiding::Sight;
use super::names::DirectoryNames;
use super::operation::Look;
use super::path::FtpPath;
use super::policy::{Asked, Hold, Spot, Verb};
use super::root::{Bond, Found};
use crate::config::settings::Fakes;
use crate::sys::attributes;
use crate::sys::files::{self, Identity, Kind, Names, Status};

/// Something that may be listed.
#[derive(Debug)]
pub enum Listable {
    /// A directory, whose entries follow.
    Directory(Directory),
    /// Anything else; a link that is shown as one included.
    Entry(Directory, Vec<u8>),
}

/// A directory that the client may see.
#[derive(Debug)]
pub struct Directory {
    place: OwnedFd,
    is: Identity,
    canonical: PathBuf,
    /// As the client knows it.
    pub path: FtpPath,
    verb: Verb,
    show_symlinks: bool,
    /// Whether folders' own files say something of it.
    is_amended: bool,
    /// Whether what is no folder is shown, whatever its name.
    shows_files: bool,
    neighbours: Neighbours,
    /// Names that aliases bear in it, or that lead to some.
    bound: Vec<(Vec<u8>, Bond)>,
    /// What stands around it in the root, where `..` leads elsewhere on the host.
    around: Option<Status>,
}

/// What a path leads to.
#[derive(Debug)]
pub struct Looked {
    /// Its status,
    pub status: Status,
    /// where it stands on the host,
    pub canonical: PathBuf,
    /// the status of the directory that holds its name,
    pub parent: Option<Status>,
    /// and when it came to be.
    pub created: Option<i64>,
}

impl Directory {
    /// Its names, `.` and `..` among them, as the file system gives them.
    pub fn names(&self) -> io::Result<DirectoryNames> {
        let is_alias = |(name, bond): &(Vec<u8>, Bond)| match bond {
            Bond::Alias(place) => Some((name.clone(), files::status(place.as_fd()).ok()?.kind)),
            _ => None,
        };
        let names = Names::of(self.place.as_fd())?;
        Ok(DirectoryNames::new(names, self.bound.iter().filter_map(is_alias).collect()))
    }

    /// What keeps a name of it, where aliases stand in it or below.
    pub(super) fn bond(&self, name: &[u8]) -> Option<&Bond> {
        self.bound.iter().find(|(bound, _)| bound == name).map(|(_, bond)| bond)
    }

    /// Whether folders' own files say something of it.
    pub(super) fn is_amended(&self) -> bool {
        self.is_amended
    }

    /// What its entries have in common.
    pub(super) fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// By what verb it is shown.
    pub(super) fn verb(&self) -> Verb {
        self.verb
    }

    /// Where it was found.
    pub(super) fn place(&self) -> BorrowedFd<'_> {
        self.place.as_fd()
    }

    /// Where an entry stands that is no folder, as the rules are asked: in this very folder, wherever that is by now.
    pub(super) fn spot_of_entry<'a>(&'a self, canonical: &'a Path) -> Spot<'a> {
        let hold = Hold::Folder { place: self.place.as_fd(), is: self.is, below: None };
        Spot { canonical, is_folder: false, hold }
    }

    /// ShowSymlinks: links are listed as links, not as what they lead to.
    pub fn show_symlinks(&self) -> bool {
        self.show_symlinks
    }

    /// Its own status.
    pub fn own_status(&self) -> io::Result<Status> {
        files::status(self.place.as_fd())
    }

    /// Where it stands on the host.
    pub fn host_path(&self) -> &Path {
        &self.canonical
    }

    /// Where an entry stands on the host.
    pub fn canonical(&self, name: &[u8]) -> PathBuf {
        self.canonical.join(OsStr::from_bytes(name))
    }

    /// The status of an entry, links not followed.
    pub fn status(&self, name: &[u8]) -> io::Result<Status> {
        match (self.bond(name), self.around) {
            (Some(Bond::Alias(place)), _) => return files::status(place.as_fd()),
            (_, Some(around)) if name == b".." => return Ok(around),
            _ => {}
        }
        files::status_at(self.place.as_fd(), name)
    }

    /// What a link says.
    pub fn link_target(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        files::link_target(self.place.as_fd(), name)
    }
}

impl Storage {
    /// Bytes that may still be written below a directory, as far as its file system knows.
    pub fn room(&self, folder: &FtpPath) -> io::Result<u64> {
        attributes::room(self.root.find(folder)?.place.as_fd())
    }

    /// The same for a folder that a client names.
    pub fn room_in(&self, asked: &Asked) -> Result<u64, Denied> {
        let directory = self.directory(asked)?;
        attributes::room(directory.place.as_fd()).map_err(|error| asked.denied(error))
    }

    /// A directory for LIST, NLST or STAT.
    pub fn directory(&self, asked: &Asked) -> Result<Directory, Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let (Look(found), rules) = authorise(&self.policy, asked, Look(found))?.with_rules();
        if found.status.kind != Kind::Directory {
            return Err(asked.denied(Reason::NoData("Not a directory")));
        }
        let is_amended = self.policy.speaks_at(false, found.spot());
        let may_hide = self.policy.rules.has_limits() || self.policy.rules.hides() || is_amended;
        Ok(Directory {
            is_amended,
            shows_files: !may_hide,
            neighbours: Neighbours::default(),
            bound: self.root.bound_names(&found.canonical),
            around: self.root.around_alias(&found.canonical).map(|around| around.status),
            is: found.status.identity(),
            place: found.place,
            canonical: found.canonical,
            path: asked.path.clone(),
            verb: asked.verb,
            show_symlinks: rules.show_symlinks(),
        })
    }

    /// What a path names for a listing. `itself` asks for a directory's own line.
    pub fn listable(&self, asked: &Asked, itself: bool) -> Result<Listable, Denied> {
        let target = self.find(asked);
        let is_directory = matches!(&target, Ok(found) if found.status.kind == Kind::Directory);
        let Some((parent, name)) = asked.path.split_last().filter(|_| itself || !is_directory) else {
            return self.directory(asked).map(|directory| match itself {
                true => Listable::Entry(directory, b".".to_vec()),
                false => Listable::Directory(directory),
            });
        };
        if let Ok(found) = target {
            authorise(&self.policy, asked, Look(found))?;
        }
        let parent = Asked { path: parent, ..asked.clone() };
        let directory = self.directory(&parent)?;
        let kind = directory.status(name).map_err(|error| asked.denied(error))?.kind;
        match self.shows(&directory, name, Some(kind)) {
            true => Ok(Listable::Entry(directory, name.to_vec())),
            false => Err(asked.denied(super::Reason::Hidden)),
        }
    }

    /// What a path leads to, for MLST; when that came to be is asked for where it will be told.
    pub fn look_at(&self, asked: &Asked, tells_created: bool) -> Result<Looked, Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let Look(found) = authorise(&self.policy, asked, Look(found))?.operation();
        if !asked.path.is_root() && self.names_hidden(asked, &found) {
            return Err(asked.denied(super::Reason::Hidden));
        }
        let parent = asked.path.split_last().and_then(|(parent, _)| self.root.find(&parent).ok());
        let created =
            tells_created.then(|| attributes::created(found.place.as_fd(), b"", &found.status)).flatten();
        let parent = parent.map(|parent| parent.status).filter(|_| !self.root.is_bound(&found.canonical));
        Ok(Looked { status: found.status, canonical: found.canonical, parent, created })
    }

    /// Whether listings leave out what a path leads to, or the name itself.
    fn names_hidden(&self, asked: &Asked, found: &Found) -> bool {
        let is_hidden = |sight: &Sight<'_>| authorise::is_hidden(&self.policy, sight);
        is_hidden(&Sight::found(found))
            || self.root.entry(&asked.path).is_ok_and(|entry| is_hidden(&Sight::entry(&entry)))
    }

    /// A directory within another, by the same verb; None where it may not be seen, or is none.
    pub fn within(&self, directory: &Directory, name: &[u8]) -> Option<Directory> {
        self.reached(directory, directory.path.join(name).ok()?)
    }

    /// A directory by the same verb as another.
    pub fn reached(&self, from: &Directory, path: FtpPath) -> Option<Directory> {
        let asked = Asked { verb: from.verb, argument: Vec::new(), path };
        self.directory(&asked).ok()
    }

    /// A path of the host as it is called within the session's root; None for one that is not below it.
    pub fn seen_from_root(&self, target: &[u8]) -> Option<Vec<u8>> {
        let root = self.root.canonical().ok()?;
        let below = Path::new(OsStr::from_bytes(target)).strip_prefix(root).ok()?;
        Some([b"/", below.as_os_str().as_bytes()].concat())
    }

    /// A folder of the host, or, where that is not below the root, the one that the client sees by this name from where it stands: as the
    /// client sees it, and where it is. None where nothing is there to be entered.
    pub fn enterable(&self, from: &FtpPath, folder: &Path) -> Option<(FtpPath, PathBuf)> {
        let named = folder.as_os_str().as_bytes();
        let path = from.join(&self.seen_from_root(named).unwrap_or_else(|| named.to_vec())).ok()?;
        let found = self.root.find(&path).ok()?;
        let is_open = found.status.kind == Kind::Directory && found.may_be_entered();
        is_open.then_some((path, found.canonical))
    }

    /// Whether an entry is shown: `<Limit>` may hide it by the rules of its own path, HideFiles and its like by those of its folder.
    /// What is not known to be something else may be a folder.
    #[inline]
    pub fn shows(&self, directory: &Directory, name: &[u8], kind: Option<Kind>) -> bool {
        let is_plain = directory.shows_files && (self.policy.files.is_none() || !may_be_folder(kind));
        is_plain || {
            let alike = kind.and_then(|kind| self.is_shown_alike(directory, name, kind));
            alike.unwrap_or_else(|| self.is_shown(directory, name, kind))
        }
    }

    fn may_be_amended(&self, directory: &Directory, kind: Option<Kind>) -> bool {
        directory.is_amended || (may_be_folder(kind) && self.policy.files.is_some())
    }

    /// What is shown of an entry otherwise than it is.
    pub fn fakes_of(&self, directory: &Directory, name: &[u8], kind: Kind) -> Fakes {
        if !self.policy.rules.fakes() && !self.may_be_amended(directory, Some(kind)) {
            return Fakes::default();
        }
        match self.alike(directory, name, kind) {
            Some(alike) => alike.fakes.clone(),
            None => self.fakes_by_path(directory, name, kind),
        }
    }

    /// The same, asked by its own path.
    pub(super) fn fakes_by_path(&self, directory: &Directory, name: &[u8], kind: Kind) -> Fakes {
        self.fakes(Spot::named(&directory.canonical(name), kind == Kind::Directory))
    }

    /// Whether it is shown, asked by its own path.
    pub(super) fn is_shown(&self, directory: &Directory, name: &[u8], kind: Option<Kind>) -> bool {
        let canonical = directory.canonical(name);
        let is_folder = kind.is_none_or(|kind| kind == Kind::Directory);
        if !allows(&self.policy, directory.verb, Spot::named(&canonical, is_folder)) {
            return false;
        }
        if !self.policy.rules.hides() && !directory.is_amended {
            return true;
        }
        let Ok(status) = directory.status(name) else { return true };
        let sight = Sight::name(directory, name, &canonical, &status);
        !authorise::is_hidden(&self.policy, &sight)
            && (status.kind != Kind::Link || !self.leads_to_hidden(directory, name))
    }

    /// A link to what is hidden would tell of it; and, where hidden things are not there at all, so would the names that it says.
    fn leads_to_hidden(&self, directory: &Directory, name: &[u8]) -> bool {
        let found = directory.path.join(name).ok().and_then(|path| self.root.find(&path).ok());
        if found.as_ref().is_some_and(|found| authorise::is_hidden(&self.policy, &Sight::found(found))) {
            return true;
        }
        let says = || {
            let folder = self.seen_from_root(directory.canonical.as_os_str().as_bytes())?;
            FtpPath::root().join(&folder).ok()?.join(&directory.link_target(name).ok()?).ok()
        };
        self.may_ignore_hidden(&directory.path, None)
            && says().is_some_and(|path| !self.is_seen(directory.verb, &path, found.as_ref()))
    }

    /// The status of what an entry leads to, below the session's root; links followed.
    pub fn followed(&self, directory: &Directory, name: &[u8]) -> Option<Status> {
        let path = directory.path.join(name).ok()?;
        let found = self.root.find(&path).ok()?;
        allows(&self.policy, directory.verb, found.spot()).then(|| *found.status())
    }

    /// When what is shown of an entry came to be: the entry itself, or what it leads to, whichever has this status.
    pub fn created(&self, directory: &Directory, name: &[u8], status: &Status) -> Option<i64> {
        let led_to = || {
            let found = self.root.find(&directory.path.join(name).ok()?).ok()?;
            attributes::created(found.place.as_fd(), b"", status)
        };
        attributes::created(directory.place.as_fd(), name, status).or_else(led_to)
    }
}

fn may_be_folder(kind: Option<Kind>) -> bool {
    kind.is_none_or(|kind| kind == Kind::Directory)
}
