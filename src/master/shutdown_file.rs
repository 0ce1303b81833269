//! The shutdown file's watch. The master alone reads it, when the kernel says that its folder has changed, and publishes what it
//! says; a timer fires at the moments it names.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inotify::{EventMask, Inotify, WatchMask};
use jiff::tz::TimeZone;

use crate::shutmsg::{self, FILE_MOST, Schedule};
use crate::sys::clock;
use crate::sys::small_file;
use crate::sys::wall_timer::WallTimer;

/// How often the file is looked at where the kernel does not tell of changes.
pub const POLL: Duration = Duration::from_secs(5);

/// What a look at the file found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// As before.
    Same,
    /// A schedule that was not there, or not so.
    Ordered(Schedule),
    /// No file any more.
    Lifted,
    /// A file that says nothing we understand: nobody is locked out by it, and the log says so.
    Ignored(String),
}

/// After so many refused clients the log says again that a file without an end shuts them out.
const MANY: u64 = 100;
/// Between two counts of them, for which all slots are read.
const BETWEEN_COUNTS: Duration = Duration::from_secs(1);

/// The watch on one file.
pub struct ShutdownFile {
    path: PathBuf,
    name: OsString,
    notices: Option<Inotify>,
    timer: WallTimer,
    zone: &'static TimeZone,
    seen: Option<Schedule>,
    /// How many were refused in all at the last word about that; None while no such file refuses anybody.
    told: Option<u64>,
    count_at: Instant,
    complained: Option<String>,
    next_poll: Instant,
}

impl ShutdownFile {
    /// Begins to watch; without the kernel's help (no such folder, no inotify) it is polled, and [`ShutdownFile::is_polled`] says so.
    pub fn watch(path: &Path, zone: &'static TimeZone) -> io::Result<ShutdownFile> {
        Ok(ShutdownFile {
            path: path.to_owned(),
            name: path.file_name().unwrap_or_default().to_owned(),
            notices: notices(path).ok(),
            timer: WallTimer::new()?,
            zone,
            seen: None,
            told: None,
            count_at: Instant::now(),
            complained: None,
            next_poll: Instant::now() + POLL,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether changes are seen only by looking.
    pub fn is_polled(&self) -> bool {
        self.notices.is_none()
    }

    /// Where the kernel's notices arrive.
    pub fn notices(&self) -> Option<BorrowedFd<'_>> {
        self.notices.as_ref().map(AsFd::as_fd)
    }

    /// Fires at the next moment that the schedule names.
    pub fn timer(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }

    /// When the file has to be looked at unasked.
    pub fn poll_at(&self) -> Option<Instant> {
        self.is_polled().then_some(self.next_poll)
    }

    /// After a notice: whether it was about this file. A folder that went away or notices that were lost begin the watch anew.
    pub fn concerns_us(&mut self) -> bool {
        let Some(notices) = self.notices.as_mut() else { return true };
        let mut buffer = [0; 4096];
        let (mut ours, mut broken) = (false, false);
        while let Ok(events) = notices.read_events(&mut buffer) {
            for event in events {
                ours |= event.name == Some(self.name.as_os_str());
                broken |=
                    event.mask.intersects(EventMask::IGNORED | EventMask::Q_OVERFLOW | EventMask::MOVE_SELF);
            }
        }
        if broken {
            self.notices = self::notices(&self.path).ok();
        }
        ours || broken
    }

    /// Reads the file, and sets the timer for its next moment.
    pub fn look(&mut self) -> Finding {
        self.next_poll = Instant::now() + POLL;
        if self.is_polled() {
            self.notices = notices(&self.path).ok();
        }
        let finding = self.find();
        let next = self.seen.as_ref().and_then(|schedule| schedule.next_moment(clock::now()));
        // A timer that cannot be set leaves the workers' own clocks, which look at the schedule at every wait.
        let _ = self.timer.set(next);
        finding
    }

    /// The timer fired; a look sets it again.
    pub fn moment_came(&mut self) {
        self.timer.acknowledge();
    }

    /// How many clients a file that nothing ends but its removal has refused since that was last told, if they are many; of how many
    /// were refused in all.
    pub fn shuts_out_many(&mut self, now: Instant, refused: impl FnOnce() -> u64) -> Option<u64> {
        let is_endless = |schedule: &Schedule| schedule.expires.is_none() && schedule.deny <= clock::now();
        if !self.seen.as_ref().is_some_and(is_endless) {
            self.told = None;
            return None;
        }
        if self.count_at > now {
            return None;
        }
        self.count_at = now + BETWEEN_COUNTS;
        let refused = refused();
        let more = refused.saturating_sub(*self.told.get_or_insert(refused));
        (more >= MANY).then(|| {
            self.told = Some(refused);
            more
        })
    }

    fn find(&mut self) -> Finding {
        let text = match read(&self.path) {
            Ok(Some(text)) => text,
            Ok(None) => return self.lifted(),
            Err(error) => return self.ignored(error.to_string()),
        };
        match shutmsg::parse(&text, self.zone) {
            Ok(schedule) if schedule.is_over(clock::now()) => {
                let expired = schedule.expires.unwrap_or_default();
                self.ignored(format!("it expired at {}", shutmsg::moment(expired, self.zone)))
            }
            Ok(schedule) if self.seen.as_ref() == Some(&schedule) => Finding::Same,
            Ok(schedule) => {
                self.seen = Some(schedule.clone());
                self.complained = None;
                Finding::Ordered(schedule)
            }
            Err(error) => self.ignored(error.to_string()),
        }
    }

    fn lifted(&mut self) -> Finding {
        self.complained = None;
        if self.seen.take().is_some() { Finding::Lifted } else { Finding::Same }
    }

    /// An old order falls with the text that gave it.
    fn ignored(&mut self, why: String) -> Finding {
        self.seen = None;
        if self.complained.as_ref() == Some(&why) {
            return Finding::Same;
        }
        self.complained = Some(why.clone());
        Finding::Ignored(why)
    }
}

/// A file that is there; a folder in its place is none.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match small_file::read(path, FILE_MOST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder is watched, not the file: it may not be there, and it is replaced by rename.
fn notices(path: &Path) -> io::Result<Inotify> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let inotify = Inotify::init()?;
    let mask = WatchMask::MOVED_TO
        | WatchMask::MOVED_FROM
        | WatchMask::CLOSE_WRITE
        | WatchMask::DELETE
        | WatchMask::DELETE_SELF
        | WatchMask::MOVE_SELF
        | WatchMask::ONLYDIR;
    inotify.watches().add(folder, mask)?;
    Ok(inotify)
}
