//! Whether the files of a configuration stood still while they were read. Half of a file that somebody is writing may be a good
//! configuration, and one that guards less than the whole.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// For so long a file must not have been written to: longer than a writer pauses between emptying and filling it, and than the kernel's
/// step of file times (4 ms at CONFIG_HZ=250).
pub const CALM: Duration = Duration::from_millis(20);

/// The files that were read, as they were when they were opened.
#[derive(Debug, Default)]
pub struct Steadiness {
    files: Vec<(PathBuf, Version)>,
}

/// What changes with a file.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Version {
    fn of(metadata: &Metadata) -> Version {
        Version {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Steadiness {
    /// A file that is about to be read.
    pub fn note(&mut self, path: &Path, metadata: &Metadata) {
        self.files.push((path.to_owned(), Version::of(metadata)));
    }

    /// A file that has changed since, or that was written to a moment ago.
    pub fn restless(&self) -> Option<&Path> {
        let now = SystemTime::now();
        let is_restless = |(path, version): &&(PathBuf, Version)| {
            std::fs::metadata(path).is_ok_and(|metadata| {
                // A time to come is another clock's.
                let age = metadata.modified().ok().and_then(|modified| now.duration_since(modified).ok());
                Version::of(&metadata) != *version || age.is_some_and(|age| age < CALM)
            })
        };
        self.files.iter().find(is_restless).map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn noted(path: &Path) -> Steadiness {
        let mut steadiness = Steadiness::default();
        steadiness.note(path, &std::fs::metadata(path).unwrap());
        steadiness
    }

    #[test]
    fn what_was_just_written_and_what_changes_is_restless() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proftpd.conf");
        std::fs::write(&path, "Port 21\n").unwrap();
        assert_eq!(noted(&path).restless(), Some(path.as_path()));
        let set_age = |age: Duration| {
            File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() - age).unwrap();
        };
        set_age(CALM * 5);
        let steadiness = noted(&path);
        assert_eq!(steadiness.restless(), None);
        set_age(CALM * 6);
        assert_eq!(steadiness.restless(), Some(path.as_path()));
        set_age(CALM * 5);
        std::fs::write(&path, "Port 2").unwrap();
        assert!(steadiness.restless().is_some());
        File::options().write(true).open(&path).unwrap().set_modified(SystemTime::now() + CALM * 99).unwrap();
        assert_eq!(noted(&path).restless(), None);
    }
}
