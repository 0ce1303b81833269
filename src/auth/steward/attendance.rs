//! Who came and who left, for wtmp and lastlog. Auth tells the steward, which alone may write there; a session's end is the master's
//! word, so that it is noted however the session ended.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slog::{Logger, warn};

use super::{Job, JobError, Steward};
use crate::sys::attendance::{self, Entry};
use crate::sys::{ProcessId, UserId};

/// Longer than glibc waits for the lock of wtmp, which whoever may read it can hold.
pub const TIME_ALLOWED: Duration = Duration::from_secs(15);

/// Whose sessions wtmp has open.
#[derive(Default)]
pub struct Attendance {
    open: Mutex<HashSet<ProcessId>>,
}

/// Where a login is noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// WtmpLog.
    pub wtmp: bool,
    /// UseLastlog.
    pub lastlog: bool,
}

/// A coming or going, to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The worker.
    pub process: ProcessId,
    /// Since 1970.
    pub when: Duration,
    /// Who came; None where a session has ended.
    pub arrival: Option<Arrival>,
}

/// Who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The account's own name.
    pub name: Vec<u8>,
    /// Its uid.
    pub uid: UserId,
    /// What the client is called; its address where it has no name.
    pub host: Vec<u8>,
    /// From where it comes.
    pub address: IpAddr,
    /// Where this is noted.
    pub books: Books,
}

impl Attendance {
    /// With the sessions that a predecessor granted, and whose end nobody else will note.
    pub fn new(open: impl IntoIterator<Item = ProcessId>) -> Attendance {
        Attendance { open: Mutex::new(open.into_iter().collect()) }
    }

    /// Somebody came.
    pub fn came(&self, steward: Option<&Steward>, process: ProcessId, arrival: Arrival, log: &Logger) {
        if arrival.books == Books::default() {
            return;
        }
        if arrival.books.wtmp {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(process);
        }
        tell(steward, Note { process, when: now(), arrival: Some(arrival) }, log);
    }

    /// The worker was reaped.
    pub fn left(&self, steward: Option<&Steward>, process: ProcessId, log: &Logger) {
        if self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&process) {
            tell(steward, Note { process, when: now(), arrival: None }, log);
        }
    }
}

/// Never waits: a login is not held up for a book of logins.
fn tell(steward: Option<&Steward>, note: Note, log: &Logger) {
    let process = note.process;
    let told = steward.ok_or(JobError::None).and_then(|steward| steward.leave(&Job::Attend(vec![note])));
    if let Err(failed) = told {
        warn!(log, "worker {process} is not noted in wtmp: {failed}");
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Child of the steward: writes them down, in their order. Gives the first failure.
pub fn write(notes: &[Note]) -> std::io::Result<()> {
    let mut failed = Ok(());
    for note in notes {
        failed = failed.and(note.write());
    }
    failed
}

impl Note {
    fn write(&self) -> std::io::Result<()> {
        let Some(arrival) = &self.arrival else {
            let nowhere = IpAddr::from([0; 4]);
            return attendance::note(&self.entry(None, b"", nowhere));
        };
        let entry = self.entry(Some(&arrival.name), &arrival.host, arrival.address);
        let noted = if arrival.books.wtmp { attendance::note(&entry) } else { Ok(()) };
        let last = if arrival.books.lastlog { attendance::note_last(arrival.uid, &entry) } else { Ok(()) };
        noted.and(last)
    }

    fn entry<'a>(&self, name: Option<&'a [u8]>, host: &'a [u8], address: IpAddr) -> Entry<'a> {
        Entry { process: self.process, name, host, address, when: self.when }
    }
}
