//! Whole ways made, whole folders removed: SITE MKDIR and SITE RMDIR. Each step is judged by itself, on the path it is done to.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::Storage;
use super::authorise::authorise;
use super::denied::Denied;
use super::operation::{Leave, Look, RemoveDirectory};
use super::path::FtpPath;
use super::policy::{Asked, Verb};
use crate::sys::files::{Errno, Kind, Names};

impl Storage {
    /// SITE MKDIR: every folder of the way that is not there.
    pub fn make_directories(&self, asked: &Asked) -> Result<(), Denied> {
        let mut reached = FtpPath::root();
        for name in asked.path.names() {
            reached = reached.join(name).map_err(|error| asked.denied(error))?;
            self.make_missing(&Asked { path: reached.clone(), ..asked.clone() })?;
        }
        Ok(())
    }

    /// A folder, if it is not there.
    pub(super) fn make_missing(&self, asked: &Asked) -> Result<(), Denied> {
        match self.find(asked) {
            Ok(found) if found.status.kind == Kind::Directory => Ok(()),
            Ok(_) => Err(asked.denied(io::Error::from(Errno::ENOTDIR))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_directory(asked).map(drop),
            Err(error) => Err(asked.denied(error)),
        }
    }

    /// SITE RMDIR begins: the folder itself is judged before anything in it goes. `files` is what its files are removed by.
    pub fn removal(&self, asked: &Asked, files: Verb) -> Result<Removal<'_>, Denied> {
        let entry = self.entry(asked, Errno::EBUSY)?;
        let RemoveDirectory(entry) = authorise(&self.policy, asked, RemoveDirectory(entry))?.operation();
        match entry.status.map(|status| status.kind) {
            Some(Kind::Directory) => {}
            Some(_) => return Err(asked.denied(io::Error::from(Errno::EINVAL))),
            None => return Err(asked.denied(io::Error::from(Errno::ENOENT))),
        }
        let depth = asked.path.names().count();
        let here = asked.clone();
        let mut removal =
            Removal { storage: self, asked: here, files, canonical: entry.canonical, names: None, depth };
        removal.open()?;
        Ok(removal)
    }
}

/// A folder being removed, bottom up. It holds one folder open at a time, however deep it is; and stays in the tree that it
/// began with, whatever links are put in its way.
#[derive(Debug)]
pub struct Removal<'a> {
    storage: &'a Storage,
    /// Where it is now.
    asked: Asked,
    files: Verb,
    /// Where that has to stand on the host.
    canonical: PathBuf,
    names: Option<Names>,
    /// How deep the way to the folder is that was asked for.
    depth: usize,
}

impl Removal<'_> {
    /// One file or folder less; false when nothing is left.
    pub fn step(&mut self) -> Result<bool, Denied> {
        let next = match &mut self.names {
            Some(names) => names.find(|name| !matches!(name, Ok(name) if is_itself(&name.bytes))),
            None => return Ok(false),
        };
        match next.transpose().map_err(|error| self.asked.denied(error))? {
            Some(name) => self.within(&name.bytes)?,
            None => self.leave()?,
        }
        Ok(true)
    }

    fn within(&mut self, name: &[u8]) -> Result<(), Denied> {
        let path = self.asked.path.join(name).map_err(|error| self.asked.denied(error))?;
        let below = Asked { path, ..self.asked.clone() };
        let canonical = self.canonical.join(std::ffi::OsStr::from_bytes(name));
        let entry = self.storage.find_entry(&below).map_err(|error| below.denied(error))?;
        if entry.canonical != canonical {
            return Err(below.denied(io::Error::from(Errno::ELOOP)));
        }
        match entry.status.map(|status| status.kind) {
            // Somebody else was quicker.
            None => Ok(()),
            Some(Kind::Directory) => {
                authorise(&self.storage.policy, &below, RemoveDirectory(entry))?;
                (self.asked, self.canonical) = (below, canonical);
                self.open()
            }
            Some(_) => {
                let below = Asked { verb: self.files, ..below };
                let Leave(entry) = authorise(&self.storage.policy, &below, Leave(entry))?.operation();
                self.storage.delete_entry(&entry).map_err(|error| below.denied(error))
            }
        }
    }

    /// The folder is empty.
    fn leave(&mut self) -> Result<(), Denied> {
        self.names = None;
        let denied = |error: io::Error| self.asked.denied(error);
        let entry = self.storage.find_entry(&self.asked).map_err(denied)?;
        if entry.canonical != self.canonical {
            return Err(denied(Errno::ELOOP.into()));
        }
        let RemoveDirectory(entry) =
            authorise(&self.storage.policy, &self.asked, RemoveDirectory(entry))?.operation();
        self.storage.remove(&entry).map_err(denied)?;
        let parent = self.asked.path.split_last().map(|(parent, _)| parent);
        let Some(parent) = parent.filter(|parent| parent.names().count() >= self.depth) else {
            return Ok(());
        };
        self.asked.path = parent;
        self.canonical.pop();
        self.open()
    }

    fn open(&mut self) -> Result<(), Denied> {
        let denied = |error: io::Error| self.asked.denied(error);
        let found = self.storage.find(&self.asked).map_err(denied)?;
        if found.canonical != self.canonical {
            return Err(denied(Errno::ELOOP.into()));
        }
        let Look(found) = authorise(&self.storage.policy, &self.asked, Look(found))?.operation();
        self.names = Some(Names::of(found.place.as_fd()).map_err(denied)?);
        Ok(())
    }
}

pub(super) fn is_itself(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::config::settings::{Limit, ScopeRules};
    use crate::worker::storage::testing::Place;

    const FILES: Verb = Verb { name: "DELE", groups: &["WRITE"], also: &[] };

    fn removed(place: &Place, name: &str) -> Result<usize, String> {
        let said = |denied: Denied| String::from_utf8(denied.text()).unwrap();
        let mut removal = place.storage().removal(&place.asked("RMD", name), FILES).map_err(said)?;
        let mut steps = 0;
        while removal.step().map_err(said)? {
            steps += 1;
        }
        Ok(steps)
    }

    #[test]
    fn ways_are_made_and_made_again() {
        let place = Place::open();
        let make = |name: &str| place.storage().make_directories(&place.asked("MKD", name));
        for name in ["a/b/c", "a/b/c", "/a/x/../y", "../z"] {
            make(name).unwrap();
        }
        assert!(place.path("a/b/c").is_dir() && place.path("a/y").is_dir() && place.path("z").is_dir());
        assert!(!place.outside("z").exists());
        fs::write(place.path("f"), "f").unwrap();
        symlink("nowhere", place.path("dangling")).unwrap();
        for name in ["f", "f/x", "dangling", "dangling/x"] {
            assert!(make(name).is_err(), "{name}");
        }
        assert_eq!(place.storage().accounting().files(), 5);
    }

    #[test]
    fn a_folder_goes_with_all_that_is_in_it() {
        let place = Place::open();
        fs::create_dir_all(place.path("d/a/b")).unwrap();
        fs::create_dir_all(place.path("d/c")).unwrap();
        for name in ["d/1", "d/a/2", "d/a/b/3", "kept"] {
            fs::write(place.path(name), "x").unwrap();
        }
        fs::write(place.outside("secret"), "s").unwrap();
        symlink(place.outside("secret"), place.path("d/out")).unwrap();
        symlink("../kept", place.path("d/c/up")).unwrap();
        fs::create_dir(place.path("e")).unwrap();
        fs::write(place.path("e/kept"), "x").unwrap();
        symlink("../e", place.path("d/folder")).unwrap();
        // Three folders entered, four left, six files.
        assert_eq!(removed(&place, "d"), Ok(13));
        assert!(!place.path("d").exists());
        assert!(
            place.path("kept").exists() && place.path("e/kept").exists() && place.outside("secret").exists()
        );
    }

    #[test]
    fn what_is_no_folder_or_the_root_stays() {
        let place = Place::open();
        fs::create_dir(place.path("d")).unwrap();
        symlink("d", place.path("link")).unwrap();
        fs::write(place.path("f"), "x").unwrap();
        for (name, words) in [
            ("f", "f: Invalid argument"),
            ("link", "link: Invalid argument"),
            ("nope", "nope: No such file or directory"),
            ("/", "/: Device or resource busy"),
            ("d/../..", "d/../..: Device or resource busy"),
        ] {
            assert_eq!(removed(&place, name).unwrap_err(), words, "{name}");
        }
        assert!(place.path("d").exists());
    }

    #[test]
    fn what_is_closed_within_stops_it() {
        let deny = |name: &str| Limit::plain(vec![name.to_owned()], Some(false));
        for (verb, left) in [("DELE", "d/closed/f"), ("RMD", "d/closed")] {
            let rules = ScopeRules { limits: vec![deny(verb)], ..ScopeRules::default() };
            let place = Place::with(&[("ROOT/d/closed", rules)]);
            fs::create_dir_all(place.path("d/closed")).unwrap();
            fs::write(place.path("d/closed/f"), "x").unwrap();
            assert!(removed(&place, "d").is_err(), "{verb}");
            assert!(place.path(left).exists(), "{verb}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let place = Place::open();
        let way = "d/".repeat(1000);
        place.storage().make_directories(&place.asked("MKD", &way)).unwrap();
        assert_eq!(removed(&place, "d"), Ok(1999));
        assert!(!place.path("d").exists());
    }
}
