//! A file that is read once and again when it changed: a login costs one stat(2) of it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::source::SourceError;

/// Most bytes of a file; the largest password file imagined has a million lines of a hundred bytes.
const SIZE_MAX: u64 = 256 << 20;

/// A change within this time of the last one may leave the time stamp as it is (the clock of file times ticks slowly).
const STAMP_GRAIN: Duration = Duration::from_millis(100);

/// How often a file that changes while it is read is read anew before it is taken as it is.
const READ_ATTEMPTS: usize = 3;

/// What a file's contents come to mean.
pub type Meaning<T> = Box<dyn Fn(Vec<u8>) -> T + Send + Sync>;

/// A file and what it meant when it was last read.
pub struct Kept<T> {
    path: PathBuf,
    meaning: Meaning<T>,
    latest: Mutex<Option<(Stamp, Arc<T>)>>,
}

/// Which state of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl<T> Kept<T> {
    /// Nothing is read yet.
    pub fn new(path: PathBuf, meaning: Meaning<T>) -> Kept<T> {
        Kept { path, meaning, latest: Mutex::new(None) }
    }

    /// What the file means now. Whoever comes while it is read anew waits for that.
    pub fn current(&self) -> Result<Arc<T>, SourceError> {
        self.look().map_err(|error| SourceError::File(self.path.clone(), error))
    }

    fn look(&self) -> io::Result<Arc<T>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&fs::metadata(&self.path)?);
        if let Some((_, meaning)) = latest.as_ref().filter(|(read, _)| *read == stamp) {
            return Ok(Arc::clone(meaning));
        }
        let (stamp, contents) = read(&self.path)?;
        let meaning = Arc::new((self.meaning)(contents));
        *latest = stamp.filter(Stamp::is_settled).map(|stamp| (stamp, Arc::clone(&meaning)));
        Ok(meaning)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a later change would show. A time in the future (another machine's clock) is believed, or the file would be
    /// read at every login.
    fn is_settled(&self) -> bool {
        let seconds = u64::try_from(self.changed.0).unwrap_or(0);
        let nanos = u32::try_from(self.changed.1).unwrap_or(0);
        let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
        SystemTime::now().duration_since(changed).map_or(true, |age| age > STAMP_GRAIN)
    }
}

/// The contents, and the state they belong to; None where the file kept changing.
pub(super) fn read(path: &Path) -> io::Result<(Option<Stamp>, Vec<u8>)> {
    let mut contents = Vec::new();
    for _ in 0..READ_ATTEMPTS {
        let file = open_regular(path)?;
        let before = Stamp::of(&file.metadata()?);
        contents.clear();
        contents.reserve(usize::try_from(before.size.min(SIZE_MAX)).unwrap_or(0) + 1);
        (&file).take(SIZE_MAX + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > SIZE_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 256 MiB"));
        }
        if Stamp::of(&file.metadata()?) == before {
            return Ok((Some(before), contents));
        }
    }
    Ok((None, contents))
}

/// Opens a regular file; a FIFO in its place would block for ever.
fn open_regular(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn counted(path: &Path) -> (Kept<Vec<u8>>, Arc<AtomicUsize>) {
        let reads = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reads);
        let meaning: Meaning<Vec<u8>> = Box::new(move |contents| {
            count.fetch_add(1, Ordering::Relaxed);
            contents
        });
        (Kept::new(path.to_path_buf(), meaning), reads)
    }

    fn make_old(path: &Path) {
        // The inode's change time cannot be set; so wait for it to pass out of the grain.
        let changed = || Stamp::of(&fs::metadata(path).unwrap());
        while !changed().is_settled() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_file_that_did_not_change_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        fs::write(&path, "one").unwrap();
        make_old(&path);
        let (kept, reads) = counted(&path);
        for _ in 0..3 {
            assert_eq!(*kept.current().unwrap(), b"one");
        }
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_change_is_seen_at_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        let (kept, _) = counted(&path);
        assert!(kept.current().is_err());
        for contents in ["one", "two", "333"] {
            fs::write(&path, contents).unwrap();
            assert_eq!(*kept.current().unwrap(), contents.as_bytes());
        }
        fs::write(folder.path().join("new"), "new").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(*kept.current().unwrap(), b"new");
        fs::remove_file(&path).unwrap();
        assert!(kept.current().is_err());
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, _) = counted(folder.path());
        assert!(kept.current().is_err());
    }
}
