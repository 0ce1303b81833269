//! The way to the files of the folders around a place, from the outermost on: from what is held, where something is. A folder that is
//! renamed meanwhile takes its own file along, and what lies in it is judged by that.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use super::policy::{Hold, Spot};
use super::root::Root;
use crate::config::ftpaccess::NAME;
use crate::sys::files::{self, Errno, Identity};

/// The folders of a way, one after the other.
pub struct Way<'a> {
    root: &'a Root,
    spot: Spot<'a>,
    /// The last folder, below the root.
    below: &'a [u8],
    /// The folder that is held: how many stand around it, and for a file the folder itself.
    base: Option<usize>,
    parent: OnceCell<OwnedFd>,
    /// The current folder: how many stand around it, and its way below the root.
    at: usize,
    names: Vec<u8>,
}

impl Hold<'_> {
    /// How deep the folder is that is held, where the last one of a way has so many around it; and what it is known by.
    pub(super) fn base(self, around: usize) -> Option<(usize, Identity)> {
        match self {
            Hold::Names => None,
            Hold::Folder { is, below, .. } => Some((around.checked_sub(usize::from(below.is_some()))?, is)),
            Hold::File(is) => Some((around, is)),
        }
    }
}

impl<'a> Way<'a> {
    /// To a place whose folder stands here below the root, with so many around it. It begins at the root.
    pub fn new(root: &'a Root, spot: Spot<'a>, (below, around): (&'a [u8], usize)) -> Way<'a> {
        let base = spot.hold.base(around).map(|(base, _)| base);
        Way { root, spot, below, base, parent: OnceCell::new(), at: 0, names: Vec::new() }
    }

    /// Goes on to a folder in the current one.
    pub fn enter(&mut self, name: &[u8]) {
        self.at += 1;
        self.names.extend_from_slice(name);
        self.names.push(b'/');
    }

    /// The current folder's own file, not opened yet. The outer error is that what is held stands elsewhere by now.
    pub fn file(&self) -> io::Result<io::Result<OwnedFd>> {
        self.place(NAME.as_bytes())
    }

    /// Which folder the current one is; None where it cannot be found.
    pub fn folder(&self) -> Option<Identity> {
        let place = self.place(b".").ok()?.ok()?;
        files::status(place.as_fd()).ok().map(|status| status.identity())
    }

    fn place(&self, name: &[u8]) -> io::Result<io::Result<OwnedFd>> {
        let by_names = || self.root.place_of(&[&self.names, name].concat());
        let (Some(base), Some(held)) = (self.base, self.held()?) else { return Ok(by_names()) };
        if self.root.aliases.is_some()
            && !self.root.are_together(&self.way_of(base), &[&self.names, name].concat())
        {
            return Ok(by_names());
        }
        let way = match (base.checked_sub(self.at), self.spot.hold) {
            (Some(up), _) => {
                let way = b"../".repeat(up);
                // Mostly nothing is there, and that is asked for less; on a way of `..` alone stands no link that could lead elsewhere.
                match files::status_at(held, &[&way, name].concat()) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(error)),
                    _ => way,
                }
            }
            (None, Hold::Folder { below: Some(below), .. }) => [below, b"/"].concat(),
            _ => return Ok(by_names()),
        };
        let by_names_instead = |error: &io::Error| {
            // A link is followed within the root; a folder that may not be entered leads nowhere, not even up; the way back is longer
            // than the way itself.
            let numbers = [Errno::ELOOP, Errno::EACCES, Errno::ENAMETOOLONG];
            numbers.into_iter().any(|number| error.raw_os_error() == Some(number as i32))
        };
        match files::locate_from(held, &[&way, name].concat()) {
            Err(error) if by_names_instead(&error) => Ok(by_names()),
            found => Ok(found),
        }
    }

    /// The way below the root to the folder that is held.
    fn way_of(&self, base: usize) -> Vec<u8> {
        self.below.split(|byte| *byte == b'/').take(base).collect::<Vec<_>>().join(&b'/')
    }

    fn held(&self) -> io::Result<Option<BorrowedFd<'_>>> {
        match (self.spot.hold, self.parent.get()) {
            (Hold::Names, _) => Ok(None),
            (Hold::Folder { place, .. }, _) => Ok(Some(place)),
            (Hold::File(_), Some(parent)) => Ok(Some(parent.as_fd())),
            (Hold::File(is), None) => {
                let parent = self.parent_of(is)?;
                Ok(Some(self.parent.get_or_init(|| parent).as_fd()))
            }
        }
    }

    /// The folder that holds a file by its name.
    fn parent_of(&self, file: Identity) -> io::Result<OwnedFd> {
        let parent = self.root.place_of(&[self.below, b"/."].concat())?;
        let name = self.spot.canonical.file_name().map_or(&b""[..], OsStr::as_bytes);
        let is_alias = || self.root.is_alias(&[self.below, b"/", name].concat());
        let is_it = |status: files::Status| status.identity() == file;
        if is_alias() || files::status_at(parent.as_fd(), name).map(is_it)? {
            Ok(parent)
        } else {
            Err(Errno::ESTALE.into())
        }
    }
}
