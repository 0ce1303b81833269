//! Which files a session does not see: HideFiles, HideUser, HideGroup, HideNoAccess. `authorise` alone asks.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::directory::Directory;
use super::policy::Spot;
use super::root::{Bond, Entry, Found};
use crate::config::settings::{HiddenHere, HiddenNames, HiddenOwner, Owner, Subject};
use crate::sys::files::{self, Kind, Status};

/// One file as the rules of hiding look at it; `status` is None for a name that nothing bears.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub canonical: &'a Path,
    pub status: Option<&'a Status>,
    hold: Hold<'a>,
}

/// How the kernel is asked whether the session may read or enter it.
#[derive(Clone, Copy, Debug)]
enum Hold<'a> {
    Place(BorrowedFd<'a>),
    Name(BorrowedFd<'a>, &'a [u8]),
}

impl<'a> Hold<'a> {
    fn of(folder: BorrowedFd<'a>, name: &'a [u8], bond: Option<&'a Bond>) -> Hold<'a> {
        match bond {
            Some(Bond::Alias(place)) => Hold::Place(place.as_fd()),
            _ => Hold::Name(folder, name),
        }
    }
}

impl<'a> Sight<'a> {
    /// What is there.
    pub fn found(found: &'a Found) -> Sight<'a> {
        let hold = Hold::Place(found.place.as_fd());
        Sight { canonical: &found.canonical, status: Some(&found.status), hold }
    }

    /// A name, and what bears it; links not followed.
    pub fn entry(entry: &'a Entry) -> Sight<'a> {
        let hold = Hold::of(entry.parent.as_fd(), &entry.name, Some(&entry.bond));
        Sight { canonical: &entry.canonical, status: entry.status.as_ref(), hold }
    }

    /// The same for an entry of a directory that is read.
    pub fn name(
        directory: &'a Directory,
        name: &'a [u8],
        canonical: &'a Path,
        status: &'a Status,
    ) -> Sight<'a> {
        let hold = Hold::of(directory.place(), name, directory.bond(name));
        Sight { canonical, status: Some(status), hold }
    }

    /// Where the rules are asked that hide it: a folder is hidden by what holds around it, not by what holds in it.
    pub fn spot(&self) -> Spot<'a> {
        let is_folder = self.status.is_some_and(|status| status.kind == Kind::Directory);
        match self.canonical.parent().filter(|_| is_folder) {
            Some(around) => Spot::folder(around),
            None => Spot::named(self.canonical, is_folder),
        }
    }

    /// Whether the session can read the file, or enter the folder. A link's own permissions say nothing.
    fn is_accessible(&self) -> bool {
        let Some(status) = self.status.filter(|status| status.kind != Kind::Link) else { return true };
        let is_folder = status.kind == Kind::Directory;
        match self.hold {
            Hold::Place(place) => files::may_use(place, b"", is_folder),
            Hold::Name(parent, name) => files::may_use(parent, name, is_folder),
        }
    }
}

/// Whether the rules keep a file from somebody.
pub fn is_kept_from(subject: &Subject, here: &HiddenHere<'_>, sight: &Sight<'_>) -> bool {
    let name = sight.canonical.file_name().map_or(&b""[..], OsStrExt::as_bytes);
    let ids = subject.who.as_ref().map(|who| (who.uid.0, who.gid.0));
    here.names(subject).is_some_and(|names| matches(names, name))
        || sight.status.is_some_and(|status| {
            owned(here.users(), status.uid.0, ids.map(|(uid, _)| uid))
                || owned(here.groups(), status.gid.0, ids.map(|(_, gid)| gid))
        })
        || (here.no_access() && !sight.is_accessible())
}

fn matches(names: &HiddenNames, name: &[u8]) -> bool {
    names.pattern.as_ref().is_some_and(|pattern| pattern.is_match(name) != names.unless_found)
}

fn owned(hidden: &[HiddenOwner], id: u32, own: Option<u32>) -> bool {
    let is_meant = |owner: &Owner| match owner {
        Owner::Own => own == Some(id),
        Owner::Named(_, ids) => ids.contains(&id),
    };
    // A name that nobody has hides nothing, and with `!` nothing either.
    let is_known = |owner: &Owner| !matches!(owner, Owner::Named(_, ids) if ids.is_empty());
    hidden.iter().any(|hidden| is_known(&hidden.owner) && is_meant(&hidden.owner) != hidden.others)
}
