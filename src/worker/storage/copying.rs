//! Files copied within the root: SITE CPFR, CPTO and COPY. A copy is a file read and a file written, each found, judged and
//! opened as for RETR and STOR; folders are walked, with one folder open for each level.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::authorise::authorise;
use super::denied::Denied;
use super::operation::{Inspect, Look};
use super::path::FtpPath;
use super::policy::{Asked, Verb};
use super::root::Found;
use super::storing::Writing;
use super::trees::is_itself;
use super::{Placement, Portion, Source, Storage, Target};
use crate::sys::files::{self, Errno, Kind, Names, Status};

/// Levels of folders within a folder that are copied.
const LEVELS_MOST: usize = 64;

/// By what names its parts are judged.
#[derive(Clone, Copy, Debug)]
pub struct CopyVerbs {
    /// What is read.
    pub from: Verb,
    /// Files that are written.
    pub to: Verb,
    /// Folders that are made.
    pub to_folder: Verb,
}

/// One file to copy.
#[derive(Debug)]
pub struct Copy {
    /// Where its bytes come from.
    pub source: Source,
    /// Where they go.
    pub target: Target,
    /// Its way there: what is left of it when it cannot be finished.
    pub path: FtpPath,
    /// The file, if this copy has made it.
    pub made: Option<Status>,
}

/// Something being copied, file by file.
#[derive(Debug)]
pub struct Copying<'a> {
    storage: &'a Storage,
    verbs: CopyVerbs,
    /// What refusals name.
    argument: Vec<u8>,
    single: Option<(FtpPath, FtpPath)>,
    levels: Vec<Level>,
}

/// A folder that is being read.
#[derive(Debug)]
struct Level {
    names: Names,
    from: FtpPath,
    /// Where that has to stand on the host, whatever links are put in its way.
    canonical: PathBuf,
    to: FtpPath,
}

impl Storage {
    /// SITE CPFR: whether there is something that may be copied.
    pub fn copy_from(&self, asked: &Asked) -> Result<(), Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        authorise(&self.policy, asked, Inspect(found)).map(drop)
    }

    /// SITE CPTO and COPY begin; what RETR and STOR would refuse is refused with the first file.
    pub fn copying(&self, from: &Asked, to: &Asked, verbs: CopyVerbs) -> Result<Copying<'_>, Denied> {
        let named = Asked { verb: verbs.from, argument: to.argument.clone(), path: from.path.clone() };
        let found = self.find(&named).map_err(|error| to.denied(error))?;
        let Inspect(found) = authorise(&self.policy, &named, Inspect(found))?.operation();
        let argument = to.argument.clone();
        let mut copying = Copying { storage: self, verbs, argument, single: None, levels: Vec::new() };
        match found.status.kind {
            Kind::Directory => {
                let place = self.standing(to).map_err(|error| to.denied(error))?;
                let lies = |canonical| self.root.lies_at(canonical).map_err(|error| to.denied(error));
                let (from_lies, to_lies) = (lies(&found.canonical)?, lies(&place)?);
                if to_lies.starts_with(&from_lies) || from_lies.starts_with(&to_lies) {
                    return Err(to.denied(io::Error::from(Errno::EINVAL)));
                }
                let canonical = found.canonical.clone();
                copying.enter(found, (from.path.clone(), canonical), to.path.clone())?;
            }
            _ => copying.single = Some((from.path.clone(), to.path.clone())),
        }
        Ok(copying)
    }

    /// Where a path stands on the host, or would.
    fn standing(&self, asked: &Asked) -> io::Result<PathBuf> {
        match self.find(asked) {
            Ok(found) => Ok(found.canonical),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(self.find_entry(asked)?.canonical),
            Err(error) => Err(error),
        }
    }

    /// Takes away what was made of a copy that could not be finished, if it is still there.
    pub fn discard(&self, path: &FtpPath, made: Option<Status>) {
        let Some(made) = made else { return };
        let Ok(entry) = self.root.entry(path) else { return };
        let is_it = |status: &Status| (status.device, status.inode) == (made.device, made.inode);
        if entry.status.as_ref().is_some_and(is_it) {
            // It stays, and the reply tells of the failure in any case.
            let _ = self.delete_entry(&entry);
        }
    }
}

impl Copying<'_> {
    /// The next file, open on both sides; folders on the way to it are made.
    pub fn next(&mut self) -> Result<Option<Copy>, Denied> {
        if let Some((from, to)) = self.single.take() {
            return self.file(from, to, None);
        }
        while let Some(level) = self.levels.last_mut() {
            let Some(name) = level.names.next().transpose().map_err(|error| denied(&self.argument, error))?
            else {
                self.levels.pop();
                continue;
            };
            if is_itself(&name.bytes) {
                continue;
            }
            let paths = level.from.join(&name.bytes).and_then(|from| Ok((from, level.to.join(&name.bytes)?)));
            let (from, to) = paths.map_err(|error| Denied::new(&self.argument, error))?;
            let canonical = level.canonical.join(OsStr::from_bytes(&name.bytes));
            if let Some(copy) = self.below(from, canonical, to)? {
                return Ok(Some(copy));
            }
        }
        Ok(None)
    }

    /// Something in a folder. Links and what has no data stay where they are, and so does what has changed places meanwhile.
    fn below(&mut self, from: FtpPath, canonical: PathBuf, to: FtpPath) -> Result<Option<Copy>, Denied> {
        let Ok(found) = self.storage.find(&self.asked(self.verbs.from, &from)) else { return Ok(None) };
        match found.status.kind {
            _ if found.canonical != canonical => Ok(None),
            Kind::File => self.file(from, to, Some(&canonical)),
            Kind::Directory => self.enter(found, (from, canonical), to).map(|()| None),
            _ => Ok(None),
        }
    }

    fn enter(
        &mut self,
        found: Found,
        (from, canonical): (FtpPath, PathBuf),
        to: FtpPath,
    ) -> Result<(), Denied> {
        let asked = self.asked(self.verbs.from, &from);
        if self.levels.len() == LEVELS_MOST {
            return Err(asked.denied(io::Error::from(Errno::ENAMETOOLONG)));
        }
        let Look(found) = authorise(&self.storage.policy, &asked, Look(found))?.operation();
        let names = Names::of(found.place.as_fd()).map_err(|error| asked.denied(error))?;
        self.storage.make_missing(&self.asked(self.verbs.to_folder, &to))?;
        self.levels.push(Level { names, from, canonical, to });
        Ok(())
    }

    /// None where both are the same file: it is its own copy, and opening it for writing would empty it.
    fn file(&self, from: FtpPath, to: FtpPath, expected: Option<&Path>) -> Result<Option<Copy>, Denied> {
        let (read, written) = (self.asked(self.verbs.from, &from), self.asked(self.verbs.to, &to));
        let source = self.storage.retrieve(&read, Portion::Whole)?;
        if expected.is_some_and(|expected| source.canonical != expected) {
            return Ok(None);
        }
        let original = files::status(source.file()).map_err(|error| read.denied(error))?;
        let there = self.storage.find(&written).ok().map(|found| found.status);
        if there.is_some_and(|there| there.kind == Kind::Directory) {
            return Err(written.denied(io::Error::from(Errno::EISDIR)));
        }
        if there.is_some_and(|there| (there.device, there.inode) == (original.device, original.inode)) {
            return Ok(None);
        }
        let sought = self.storage.seek(&written)?;
        let how = (Placement::Whole, Writing::Copy(original.mode & 0o777));
        let target = self.storage.write(&written, sought, how)?;
        let made = if there.is_none() { target.status().ok() } else { None };
        Ok(Some(Copy { source, target, path: to, made }))
    }

    fn asked(&self, verb: Verb, path: &FtpPath) -> Asked {
        Asked { verb, argument: self.argument.clone(), path: path.clone() }
    }
}

fn denied(name: &[u8], error: io::Error) -> Denied {
    Denied::new(name, error)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::config::settings::{Limit, ScopeRules};
    use crate::worker::storage::testing::Place;

    const READ: Verb = Verb { name: "SITE_CPFR", groups: &["READ"], also: &[("RETR", &["READ"])] };
    const WRITE: Verb = Verb { name: "SITE_CPTO", groups: &["WRITE"], also: &[("STOR", &["WRITE"])] };
    const VERBS: CopyVerbs = CopyVerbs { from: READ, to: WRITE, to_folder: WRITE };

    /// How many files were copied.
    fn copied(place: &Place, from: &str, to: &str) -> Result<usize, String> {
        let said = |denied: Denied| String::from_utf8(denied.text()).unwrap();
        let (from, to) = (place.asked("SITE_CPFR", from), place.asked("SITE_CPTO", to));
        let mut copying = place.storage().copying(&from, &to, VERBS).map_err(said)?;
        let mut files = 0;
        while let Some(mut copy) = copying.next().map_err(said)? {
            let mut bytes = Vec::new();
            copy.source.reader().unwrap().read_to_end(&mut bytes).unwrap();
            copy.target.write_all(&bytes).unwrap();
            copy.target.close().unwrap();
            files += 1;
        }
        Ok(files)
    }

    fn text(place: &Place, name: &str) -> String {
        fs::read_to_string(place.path(name)).unwrap()
    }

    #[test]
    fn files_are_copied_with_their_permissions() {
        let place = Place::open();
        fs::write(place.path("f"), "text").unwrap();
        fs::set_permissions(place.path("f"), fs::Permissions::from_mode(0o4711)).unwrap();
        fs::write(place.path("private"), "secret").unwrap();
        fs::set_permissions(place.path("private"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("f", place.path("link")).unwrap();
        for (from, to, mode) in [("f", "g", 0o711), ("private", "p", 0o600), ("link", "l", 0o711)] {
            assert_eq!(copied(&place, from, to), Ok(1));
            let after = fs::symlink_metadata(place.path(to)).unwrap();
            assert!(after.is_file(), "{to}");
            assert_eq!(after.permissions().mode() & 0o7777, mode, "{to}");
        }
        assert_eq!((text(&place, "g"), text(&place, "p")), ("text".into(), "secret".into()));
        assert_eq!(copied(&place, "p", "g"), Ok(1));
        assert_eq!(text(&place, "g"), "secret");
    }

    #[test]
    fn a_file_is_its_own_copy() {
        let place = Place::open();
        fs::write(place.path("f"), "text").unwrap();
        fs::hard_link(place.path("f"), place.path("same")).unwrap();
        symlink("f", place.path("link")).unwrap();
        for to in ["f", "same", "link", "./x/../f"] {
            assert_eq!(copied(&place, "f", to), Ok(0), "{to}");
            assert_eq!(text(&place, "f"), "text", "{to}");
        }
    }

    #[test]
    fn folders_are_copied_without_links_and_never_into_themselves() {
        let place = Place::open();
        fs::create_dir_all(place.path("d/e/empty")).unwrap();
        fs::write(place.path("d/one"), "1").unwrap();
        fs::write(place.path("d/e/two"), "2").unwrap();
        fs::write(place.outside("secret"), "s").unwrap();
        symlink(place.outside("secret"), place.path("d/out")).unwrap();
        symlink("one", place.path("d/link")).unwrap();
        assert_eq!(copied(&place, "d", "copy"), Ok(2));
        assert_eq!((text(&place, "copy/one"), text(&place, "copy/e/two")), ("1".into(), "2".into()));
        assert!(place.path("copy/e/empty").is_dir());
        assert!(!place.path("copy/out").exists() && !place.path("copy/link").exists());
        assert_eq!(copied(&place, "d", "copy"), Ok(2));
        for to in ["d", "d/sub", "d/e/sub", "/"] {
            assert!(copied(&place, "d", to).is_err(), "{to}");
        }
        assert!(!place.path("d/sub").exists());
        assert_eq!(copied(&place, "d", "copy/one").unwrap_err(), "copy/one: Not a directory");
        assert_eq!(copied(&place, "copy/one", "d").unwrap_err(), "d: Is a directory");
    }

    #[test]
    fn nothing_is_copied_in_or_out() {
        let place = Place::open();
        fs::write(place.path("f"), "text").unwrap();
        fs::write(place.outside("secret"), "s").unwrap();
        fs::create_dir(place.outside("folder")).unwrap();
        symlink(place.outside("secret"), place.path("absolute")).unwrap();
        symlink("../secret", place.path("relative")).unwrap();
        symlink(place.outside("folder"), place.path("folder")).unwrap();
        let outside = place.outside("secret");
        for name in ["absolute", "relative", "../secret", "/proc/self/mem", outside.to_str().unwrap()] {
            assert!(copied(&place, name, "got").is_err(), "{name}");
            assert!(!place.path("got").exists(), "{name}");
        }
        for name in ["absolute", "folder/x", "../folder/x"] {
            assert!(copied(&place, "f", name).is_err(), "{name}");
        }
        assert_eq!(fs::read_to_string(place.outside("secret")).unwrap(), "s");
        assert_eq!(fs::read_dir(place.outside("folder")).unwrap().count(), 0);
    }

    #[test]
    fn what_transfers_may_not_do_copies_may_not() {
        let deny = |name: &str| Limit::plain(vec![name.to_owned()], Some(false));
        for (limit, from, to) in [
            ("RETR", "closed/f", "g"),
            ("READ", "closed/f", "g"),
            ("SITE_CPFR", "closed/f", "g"),
            ("STOR", "f", "closed/g"),
            ("WRITE", "f", "closed/f"),
            ("SITE_CPTO", "f", "closed/g"),
            ("READ", "closed", "d"),
            ("READ", ".", "d"),
        ] {
            let rules = ScopeRules { limits: vec![deny(limit)], ..ScopeRules::default() };
            let place = Place::with(&[("ROOT/closed", rules)]);
            fs::create_dir(place.path("closed")).unwrap();
            fs::write(place.path("closed/f"), "closed").unwrap();
            fs::write(place.path("f"), "open").unwrap();
            assert!(copied(&place, from, to).is_err(), "{limit} {from} {to}");
            assert_eq!((text(&place, "closed/f"), place.path("g").exists()), ("closed".into(), false));
            assert!(!place.path("closed/g").exists() && !place.path("d/f").exists());
        }
    }

    #[test]
    fn depth_is_bounded_and_an_unfinished_copy_goes() {
        let place = Place::open();
        fs::create_dir_all(place.path(&"d/".repeat(LEVELS_MOST + 1))).unwrap();
        assert!(copied(&place, "d", "copy").unwrap_err().ends_with("File name too long"));
        fs::write(place.path("f"), "text").unwrap();
        let (from, to) = (place.asked("SITE_CPFR", "f"), place.asked("SITE_CPTO", "g"));
        let copy = place.storage().copying(&from, &to, VERBS).unwrap().next().unwrap().unwrap();
        place.storage().discard(&copy.path, copy.made);
        assert!(!place.path("g").exists() && place.path("f").exists());
        place.storage().discard(&place.asked("x", "f").path, copy.made);
        assert!(place.path("f").exists());
    }
}
