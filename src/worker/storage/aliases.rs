//! Folders and files that lie elsewhere on the host and stand in a session's root under names of their own (VRootAlias). Each is held
//! as a place, and nothing but what lies beneath it is reached by it. Rules, logs and listings know what it holds by where it stands in
//! the root: that is its canonical path here.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::links_within::Walk;
use super::path::{FtpPath, PathError};
use super::root::{Bond, Found, Root};
use crate::sys::files::{self, Errno, Kind, Links};

/// How often a way is followed anew that somebody changes meanwhile.
const TRIES: usize = 8;

/// The aliases of a session.
#[derive(Debug, Default)]
pub struct Aliases {
    /// The longest names first.
    list: Vec<Alias>,
    /// A link within an alias may lead out of it, to other places of the root.
    pub(super) links_lead_out: bool,
}

/// One of them.
#[derive(Debug)]
struct Alias {
    path: FtpPath,
    place: OwnedFd,
}

/// Why an alias is not shown, or not yet.
#[derive(Debug)]
pub struct NoAlias {
    what: PathBuf,
    error: io::Error,
}

impl NoAlias {
    /// Of this source.
    pub fn new(source: &Path, error: io::Error) -> NoAlias {
        NoAlias { what: source.to_owned(), error }
    }
}

impl fmt::Display for NoAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VRootAlias {} is not shown: {}", self.what.display(), self.error)
    }
}

/// An alias by its number.
pub(super) type Number = usize;

/// Bytes of a way below the root, as a path.
pub(super) fn path(way: &[u8]) -> io::Result<FtpPath> {
    FtpPath::root().join(way).map_err(unusable)
}

pub(super) fn unusable(error: PathError) -> io::Error {
    match error {
        PathError::Nul => Errno::EINVAL.into(),
        PathError::TooLong => Errno::ENAMETOOLONG.into(),
    }
}

impl Aliases {
    /// The alias that a path without links leads to or into.
    pub(super) fn covering(&self, path: &FtpPath) -> Option<Number> {
        self.list.iter().position(|alias| below(path, &alias.path).is_some())
    }

    /// Whether a path is an alias's name.
    pub(super) fn has(&self, path: &FtpPath) -> bool {
        self.list.iter().any(|alias| alias.path == *path)
    }

    /// Whether an alias stands at the end of a way over this path, or at its own.
    fn leads_over(&self, path: &FtpPath) -> bool {
        self.list.iter().any(|alias| below(&alias.path, path).is_some())
    }

    fn add(&mut self, alias: Alias) {
        let length = alias.path.as_bytes().len();
        let at = self.list.partition_point(|other| other.path.as_bytes().len() > length);
        self.list.insert(at, alias);
    }
}

/// What is left of a path below another, without the slash between.
fn below<'p>(path: &'p FtpPath, above: &FtpPath) -> Option<&'p [u8]> {
    match path.as_bytes().strip_prefix(above.as_bytes())? {
        rest if above.is_root() => Some(rest),
        b"" => Some(b""),
        rest => rest.strip_prefix(b"/"),
    }
}

impl Root {
    /// Shows a folder or file of the host under a name in the root: links on the way to it are followed like those to a root, and it
    /// may be used as far as the process may. The first of a name stays.
    pub fn show(&mut self, source: &Path, name: &FtpPath, links: Links) -> Result<(), NoAlias> {
        self.add(source, name, links).map_err(|error| NoAlias::new(source, error))
    }

    fn add(&mut self, source: &Path, name: &FtpPath, links: Links) -> io::Result<()> {
        let Some((folder, last)) = name.split_last() else { return Err(Errno::EBUSY.into()) };
        let place = files::open_place(source, links)?;
        match files::status(place.as_fd())?.kind {
            Kind::Directory | Kind::File => {}
            _ => return Err(Errno::EINVAL.into()),
        }
        // Where no folder stands yet that would hold it, it is shown as soon as there is one.
        let path = match self.find(&folder).and_then(|folder| self.below(&folder.canonical)) {
            Ok(folder) => folder.join(last).map_err(unusable)?,
            Err(_) => name.clone(),
        };
        let aliases = self.aliases.get_or_insert_default();
        if !aliases.has(&path) {
            aliases.add(Alias { path, place });
        }
        Ok(())
    }

    /// Lets links within aliases lead to other places of the root.
    pub fn let_links_lead_out(&mut self) {
        if let Some(aliases) = &mut self.aliases {
            aliases.links_lead_out = true;
        }
    }

    /// What is held beside the root, for Landlock's rules.
    pub fn other_places(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.aliases.iter().flat_map(|aliases| aliases.list.iter().map(|alias| alias.place.as_fd()))
    }

    /// Finds what a path leads to, and in which alias that lies. Links are followed as their text reads in the root.
    pub(super) fn follow(&self, aliases: &Aliases, path: &FtpPath) -> io::Result<(OwnedFd, Option<Number>)> {
        for _ in 0..TRIES {
            match self.descend(aliases, path) {
                Err(error) if is(&error, Errno::ELOOP) => {}
                found => return found,
            }
            let found = Walk::new(self, aliases).follow(path).and_then(|path| self.descend(aliases, &path));
            match found {
                // What was no link has become one.
                Err(error) if is(&error, Errno::EAGAIN) || is(&error, Errno::ELOOP) => {}
                found => return found,
            }
        }
        // Not as though a link stood there: folders' own files are passed over for less.
        Err(Errno::EAGAIN.into())
    }

    /// The same for a path without links: one anywhere is an error.
    pub(super) fn descend(&self, aliases: &Aliases, path: &FtpPath) -> io::Result<(OwnedFd, Option<Number>)> {
        let Some((number, alias)) = aliases.covering(path).and_then(|at| Some((at, aliases.list.get(at)?)))
        else {
            let below = &path.as_bytes()[1..];
            return Ok((files::locate_beneath(self.place().as_fd(), below)?, None));
        };
        self.expect_folder_of(aliases, alias)?;
        let place = match below(path, &alias.path) {
            None | Some(b"") => files::held_again(alias.place.as_fd())?,
            Some(below) => files::locate_beneath(alias.place.as_fd(), below)?,
        };
        Ok((place, Some(number)))
    }

    /// An alias stands in a folder: where that is gone, or closed, so is the way to the alias. Shorter names alone are looked at.
    fn expect_folder_of(&self, aliases: &Aliases, alias: &Alias) -> io::Result<()> {
        let Some((folder, _)) = alias.path.split_last().filter(|(folder, _)| !folder.is_root()) else {
            return Ok(());
        };
        let (place, _) = self.descend(aliases, &folder)?;
        files::locate_beneath(place.as_fd(), b".").map(drop)
    }

    /// Where a place stands in the root, as though it lay there.
    pub(super) fn seen_at(
        &self,
        aliases: &Aliases,
        place: BorrowedFd<'_>,
        alias: Option<Number>,
    ) -> io::Result<PathBuf> {
        let stands = files::path_of(place)?;
        let Some(alias) = alias.and_then(|number| aliases.list.get(number)) else {
            // Somebody has brought it under an alias's name, which covers it.
            return match aliases.covering(&self.below(&stands)?) {
                None => Ok(stands),
                Some(_) => Err(Errno::ENOENT.into()),
            };
        };
        let top = files::path_of(alias.place.as_fd())?;
        let below = stands.strip_prefix(top).map_err(|_| Errno::ENOENT)?;
        let seen = self.canonical()?.join(OsStr::from_bytes(&alias.path.as_bytes()[1..]));
        Ok(if below.as_os_str().is_empty() { seen } else { seen.join(below) })
    }

    /// A canonical path as it is called below the root.
    pub fn below(&self, canonical: &Path) -> io::Result<FtpPath> {
        let root = self.canonical()?;
        path(canonical.strip_prefix(root).map_err(|_| Errno::ENOENT)?.as_os_str().as_bytes())
    }

    /// Which alias a canonical path leads to or into; None for the root's own, and where there is no alias.
    pub(super) fn alias_at(&self, canonical: &Path) -> io::Result<Option<Number>> {
        let Some(aliases) = &self.aliases else { return Ok(None) };
        Ok(aliases.covering(&self.below(canonical)?))
    }

    /// Whether two ways below the root lie in the same alias, or both in none.
    pub(super) fn are_together(&self, one: &[u8], other: &[u8]) -> bool {
        let Some(aliases) = &self.aliases else { return true };
        match (path(one), path(other)) {
            (Ok(one), Ok(other)) => aliases.covering(&one) == aliases.covering(&other),
            _ => false,
        }
    }

    /// Whether a way below the root is an alias's name.
    pub(super) fn is_alias(&self, way: &[u8]) -> bool {
        let Some(aliases) = &self.aliases else { return false };
        path(way).is_ok_and(|path| aliases.has(&path))
    }

    /// Where on the host a canonical path really lies.
    pub(super) fn lies_at(&self, canonical: &Path) -> io::Result<PathBuf> {
        let Some(aliases) = &self.aliases else { return Ok(canonical.to_owned()) };
        let path = self.below(canonical)?;
        let alias = aliases.list.iter().find_map(|alias| Some((alias, below(&path, &alias.path)?)));
        match alias {
            None => Ok(canonical.to_owned()),
            Some((alias, b"")) => files::path_of(alias.place.as_fd()),
            Some((alias, below)) => Ok(files::path_of(alias.place.as_fd())?.join(OsStr::from_bytes(below))),
        }
    }

    /// Whether a name in a folder may come and go.
    pub(super) fn bond(&self, aliases: &Aliases, folder: &Found, name: &[u8]) -> io::Result<Bond> {
        let path = self.below(&folder.canonical)?.join(name).map_err(unusable)?;
        match aliases.list.iter().find(|alias| alias.path == path) {
            Some(alias) => Ok(Bond::Alias(files::held_again(alias.place.as_fd())?)),
            None if aliases.leads_over(&path) => Ok(Bond::Way),
            None => Ok(Bond::Free),
        }
    }

    /// The names of aliases in a folder, and those on ways to aliases.
    pub(super) fn bound_names(&self, folder: &Path) -> Vec<(Vec<u8>, Bond)> {
        let Some(aliases) = &self.aliases else { return Vec::new() };
        let Ok(folder) = self.below(folder) else { return Vec::new() };
        let mut names: Vec<(Vec<u8>, Bond)> = Vec::new();
        // The shortest names first: an alias outweighs a way to another that stands in it.
        for alias in aliases.list.iter().rev() {
            let Some(below) = below(&alias.path, &folder).filter(|below| !below.is_empty()) else { continue };
            let (name, deeper) = match memchr::memchr(b'/', below) {
                Some(end) => (&below[..end], true),
                None => (below, false),
            };
            let bond = || Some(Bond::Alias(files::held_again(alias.place.as_fd()).ok()?));
            let bond = if deeper { Some(Bond::Way) } else { bond() };
            if let Some(bond) = bond.filter(|_| !names.iter().any(|(known, _)| known == name)) {
                names.push((name.to_vec(), bond));
            }
        }
        names
    }

    /// The folder around an alias that stands at this canonical path.
    pub(super) fn around_alias(&self, canonical: &Path) -> Option<Found> {
        let aliases = self.aliases.as_ref()?;
        let path = self.below(canonical).ok().filter(|path| aliases.has(path))?;
        self.find(&path.split_last()?.0).ok()
    }

    /// Whether the name of what stands at a canonical path stays, because of an alias.
    pub(super) fn is_bound(&self, canonical: &Path) -> bool {
        let Some(aliases) = &self.aliases else { return false };
        self.below(canonical).is_ok_and(|path| aliases.leads_over(&path))
    }
}

pub(super) fn is(error: &io::Error, number: Errno) -> bool {
    error.raw_os_error() == Some(number as i32)
}

#[cfg(test)]
mod tests;
