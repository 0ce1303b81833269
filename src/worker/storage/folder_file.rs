//! One `.ftpaccess`: what is known of it, and what becomes of that when it is looked at again. What it said when it was last whole stays
//! in force as long as it cannot be read, or not all of it.

use std::fmt;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::way::Way;
use crate::config::ftpaccess::{self, BYTES_MOST, NAME};
use crate::config::settings::FolderRules;
use crate::logging::trace::{self, Channel};
use crate::sys::files::{self, Access, Edition, Errno, Identity, Kind};

/// A file that was changed so short a time before it was looked at may be changed again without any sign of it: a kernel's clock of files
/// ticks.
const TICK: Duration = Duration::from_millis(50);

/// Who hears of files that are read.
pub trait Listener {
    /// What is wrong with a file, once for each state of it.
    fn tell(&self, sentence: fmt::Arguments<'_>);

    /// A file is read.
    fn reads(&self, _path: &Path, _bytes: &[u8]) {}

    /// Whether a line of it counts.
    fn keeps(&self, _path: &Path, _line: u32) -> bool {
        true
    }
}

impl Listener for slog::Logger {
    fn tell(&self, sentence: fmt::Arguments<'_>) {
        slog::warn!(self, "{sentence}");
    }
}

/// What was found where the file of a folder would stand.
pub struct Taken<'a> {
    /// The file, not opened yet.
    pub place: io::Result<OwnedFd>,
    /// Where that folder is on the host.
    pub folder: &'a Path,
    /// The way to the folder.
    pub way: &'a Way<'a>,
}

/// What is known of one file.
#[derive(Debug, Default)]
pub struct FolderFile {
    /// The state in which it was last seen, where that needs no other look.
    seen: Option<Edition>,
    /// What was last told of it.
    told: Option<String>,
    /// What it says.
    said: Said,
    /// In which folder it was when all of it was understood.
    folder: Option<Identity>,
}

#[derive(Debug, Default)]
enum Said {
    /// It is not there, or cannot be read.
    #[default]
    Nothing,
    /// All of it was understood.
    Whole(Rc<FolderRules>),
    /// What was understood of it; or nothing is allowed, where none of it may be taken.
    Part(Rc<FolderRules>),
}

/// Why a file is not taken.
enum Refusal {
    /// As ProFTPD passes it over: the account may not read it, or it is no plain file.
    Open(io::Error),
    /// It might say anything.
    Closed(String),
}

impl FolderFile {
    /// What it says, if anything.
    pub fn rules(&self) -> Option<Rc<FolderRules>> {
        match &self.said {
            Said::Nothing => None,
            Said::Whole(rules) | Said::Part(rules) => Some(Rc::clone(rules)),
        }
    }

    /// Looks at it again, and reads it if it has changed.
    pub fn look(&mut self, taken: Taken<'_>, listener: &dyn Listener) {
        let Taken { place, folder, way } = taken;
        let path = || folder.join(NAME);
        match place {
            Ok(place) => self.compare(&place, (&path(), way), listener),
            Err(error) if is_absent(&error) => *self = FolderFile::default(),
            Err(error) => self.refuse(Refusal::from(error), (&path(), way), listener),
        }
    }

    fn compare(&mut self, place: &OwnedFd, (path, way): (&Path, &Way<'_>), listener: &dyn Listener) {
        let (status, edition) = match files::edition(place.as_fd()) {
            Ok(found) => found,
            Err(error) => return self.refuse(Refusal::from(error), (path, way), listener),
        };
        if self.seen == Some(edition) {
            return;
        }
        self.seen = is_settled(&edition).then_some(edition);
        let bytes = match status.kind {
            Kind::File => bytes_of(place),
            Kind::Directory => Err(Errno::EISDIR.into()),
            _ => Err(Errno::EINVAL.into()),
        };
        match bytes {
            Ok(bytes) => self.read(&bytes, (path, way), listener),
            Err(error) => self.refuse(Refusal::from(error), (path, way), listener),
        }
    }

    /// Whether what was last understood was this folder's: another one may have its name by now.
    fn is_known(&self, way: &Way<'_>) -> bool {
        matches!(self.said, Said::Whole(_)) && self.folder.is_some() && self.folder == way.folder()
    }

    fn read(&mut self, bytes: &[u8], (path, way): (&Path, &Way<'_>), listener: &dyn Listener) {
        listener.reads(path, bytes);
        trace::tell(Channel::Config, 7, || format!("{} is read, {} bytes", path.display(), bytes.len()));
        let heard = match ftpaccess::read(path, bytes, &|line| listener.keeps(path, line)) {
            Ok(heard) => heard,
            Err(why) => return self.refuse(Refusal::Closed(why), (path, way), listener),
        };
        let stays = !heard.is_sound && self.is_known(way);
        let mut complaints = heard.complaints;
        if stays {
            complaints.push(format!("{}: what it said before stays in force", path.display()));
        }
        self.tell(complaints, listener);
        let rules = || Rc::new(heard.rules);
        match heard.is_sound {
            true => (self.said, self.folder) = (Said::Whole(rules()), way.folder()),
            false if stays => {}
            false => self.said = Said::Part(rules()),
        }
    }

    fn refuse(&mut self, refusal: Refusal, (path, way): (&Path, &Way<'_>), listener: &dyn Listener) {
        let known = self.is_known(way);
        let (why, is_open) = match &refusal {
            Refusal::Open(error) => (error.to_string(), true),
            Refusal::Closed(why) => (why.clone(), false),
        };
        let meanwhile = match (known, is_open) {
            (true, _) => "what it said before stays in force",
            (false, true) => "it is passed over",
            (false, false) => "nothing is allowed there",
        };
        self.tell(vec![format!("{} is not read, {meanwhile}: {why}", path.display())], listener);
        match (known, is_open) {
            (true, _) => {}
            (false, true) => self.said = Said::Nothing,
            (false, false) => self.said = Said::Part(Rc::new(ftpaccess::closed())),
        }
    }

    /// The same words are told once.
    fn tell(&mut self, sentences: Vec<String>, listener: &dyn Listener) {
        let all = (!sentences.is_empty()).then(|| sentences.join("\n"));
        if self.told != all {
            sentences.iter().for_each(|sentence| listener.tell(format_args!("{sentence}")));
        }
        self.told = all;
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        let passed = [Errno::EACCES, Errno::EPERM, Errno::ELOOP, Errno::EISDIR, Errno::EINVAL];
        match passed.into_iter().any(|number| error.raw_os_error() == Some(number as i32)) {
            true => Refusal::Open(error),
            false => Refusal::Closed(error.to_string()),
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    [Errno::ENOENT, Errno::ENOTDIR].into_iter().any(|number| error.raw_os_error() == Some(number as i32))
}

fn is_settled(edition: &Edition) -> bool {
    let (seconds, nanoseconds) = edition.changed();
    let changed = u64::try_from(seconds).map(Duration::from_secs).unwrap_or_default()
        + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
    SystemTime::now().duration_since(UNIX_EPOCH).is_ok_and(|now| now > changed + TICK)
}

/// One byte more than is taken tells that there is more.
fn bytes_of(place: &OwnedFd) -> io::Result<Vec<u8>> {
    if files::is_in_proc(place.as_fd())? {
        return Err(Errno::EACCES.into());
    }
    let file = files::reopen(place.as_fd(), Access::Read)?;
    let mut bytes = Vec::new();
    file.take(BYTES_MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
