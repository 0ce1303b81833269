//! Files read, and what is told of them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::Storage;
use super::authorise::authorise;
use super::denied::{Denied, Reason};
use super::operation::{Inspect, Look, Retrieve, Summarise};
use super::path::FtpPath;
use super::policy::Asked;
use super::portion::Portion;
use super::seeking::Sought;
use super::terms::Terms;
use crate::config::settings::PathRules;
use crate::sys::files::{self, Access, Errno, Kind, Status};

/// What the kernel reads ahead of a reader anyway: only beyond it can it help to know more.
const READ_AHEAD: u64 = 128 << 10;

/// A file open for reading.
#[derive(Debug)]
pub struct Source {
    pub(super) file: File,
    /// Where on the host, for the transfer log.
    pub canonical: PathBuf,
    /// Where reading begins.
    pub offset: u64,
    /// Where it ends: its length, or the end of a range.
    pub end: u64,
    pub(super) is_range: bool,
    /// How fast it goes, and how large it may be.
    pub terms: Terms,
    /// It is larger.
    pub is_too_large: bool,
}

impl Source {
    /// The descriptor that is read.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The file alone.
    pub fn into_file(self) -> File {
        self.file
    }

    /// Bytes to come, as far as is known: a file may grow, and one that claims to be empty may hold something (proc(5)).
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.offset)
    }

    /// How much to send from an offset at once: never beyond the end of a range.
    pub fn block(&self, offset: u64, most: usize) -> usize {
        match usize::try_from(self.end.saturating_sub(offset)) {
            Ok(left) if self.is_range => left.min(most),
            _ => most,
        }
    }

    /// Only this part of it, which lies in it.
    pub fn narrow(&mut self, portion: Portion) {
        (self.offset, self.end) = (portion.start(), portion.end(self.end));
    }

    /// All that is to come, if it fits in a buffer and is still there.
    pub fn all_in<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let left = usize::try_from(self.left()).ok().filter(|left| (1..=buffer.len()).contains(left))?;
        let all = &mut buffer[..left];
        (self.file.read_at(all, self.offset).ok()? == left).then_some(all)
    }

    /// The file from the offset on, to the end of a range.
    pub fn reader(&mut self) -> io::Result<Take<&mut File>> {
        let most = if self.is_range { self.left() } else { u64::MAX };
        self.file.seek(SeekFrom::Start(self.offset))?;
        Ok((&mut self.file).take(most))
    }
}

impl Storage {
    /// RETR of all of a file, or of a part.
    pub fn retrieve(&self, asked: &Asked, portion: Portion) -> Result<Source, Denied> {
        self.retrieve_sought(asked, self.seek_source(asked, portion)?, portion)
    }

    /// The same of what [`Storage::seek_source`] found.
    pub fn retrieve_sought(&self, asked: &Asked, sought: Sought, portion: Portion) -> Result<Source, Denied> {
        let found = match sought {
            Sought::There(found) => found,
            Sought::Free(entry) => return self.robots(asked, entry),
        };
        let permit = authorise(&self.policy, asked, Retrieve { found, portion })?;
        let (Retrieve { found, portion }, rules) = permit.with_rules();
        let file = files::reopen(found.place.as_fd(), Access::Read)
            .map_err(|error| asked.denied(hidden_without_access(error, &rules)))?;
        portion.lies_in(found.status.size).map_err(|reason| asked.denied(reason))?;
        if found.status.size > READ_AHEAD {
            files::will_read_through(file.as_fd());
        }
        let terms = self.terms(&found.canonical, asked.verb, false);
        Ok(Source {
            file,
            canonical: found.canonical,
            offset: portion.start(),
            end: portion.end(found.status.size),
            // A file that grows beyond the limit meanwhile is sent as far as it was judged.
            is_range: matches!(portion, Portion::Within(_)) || terms.largest.is_some(),
            terms,
            is_too_large: terms.largest.is_some_and(|largest| found.status.size > largest),
        })
    }

    /// HASH and its like: all of a file, to be narrowed once its size is known.
    pub fn summarise(&self, asked: &Asked) -> Result<Source, Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let Summarise(found) = authorise(&self.policy, asked, Summarise(found))?.operation();
        let file = files::reopen(found.place.as_fd(), Access::Read).map_err(|error| asked.denied(error))?;
        let end = found.status.size;
        if end > READ_AHEAD {
            files::will_read_through(file.as_fd());
        }
        let (canonical, terms) = (found.canonical, Terms::default());
        Ok(Source { file, canonical, offset: 0, end, is_range: true, terms, is_too_large: false })
    }

    /// A link that leads nowhere, or back to itself, is something: it only has no data.
    pub(super) fn without_data(&self, asked: &Asked, error: io::Error) -> Reason {
        let is_link = || self.find_entry(asked).is_ok_and(|entry| entry.status.is_some());
        let is_lost =
            error.raw_os_error() == Some(Errno::ELOOP as i32) || error.kind() == io::ErrorKind::NotFound;
        if is_lost && is_link() { Reason::NotRegular } else { error.into() }
    }

    /// A file that the operator has shown to clients: no client named it, so no rule is asked.
    pub fn ornament(&self, path: &FtpPath) -> Option<File> {
        let found = self.root.find(path).ok().filter(|found| found.status.kind == Kind::File)?;
        files::reopen(found.place.as_fd(), Access::Read).ok()
    }

    /// CWD: whether the session may stand there; gives where that is on the host, links followed. What keeps it from being
    /// found is not told.
    pub fn enter(&self, asked: &Asked) -> Result<PathBuf, Denied> {
        let missing = |_| asked.denied(io::Error::from(Errno::ENOENT));
        let found = self.find(asked).map_err(missing)?;
        let Look(found) = authorise(&self.policy, asked, Look(found))?.operation();
        if found.status.kind != Kind::Directory {
            return Err(asked.denied(io::Error::from(Errno::ENOTDIR)));
        }
        if !files::may_enter(found.place.as_fd()) {
            return Err(asked.denied(io::Error::from(Errno::EACCES)));
        }
        Ok(found.canonical)
    }

    /// SIZE: bytes as TYPE I sends them.
    pub fn size(&self, asked: &Asked) -> Result<u64, Denied> {
        Ok(self.regular(asked, "not a regular file")?.size)
    }

    /// MDTM: seconds since the epoch.
    pub fn modified(&self, asked: &Asked) -> Result<i64, Denied> {
        Ok(self.regular(asked, "not a plain file")?.modified)
    }

    fn regular(&self, asked: &Asked, otherwise: &'static str) -> Result<Status, Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(missing_below_file(error)))?;
        let Inspect(found) = authorise(&self.policy, asked, Inspect(found))?.operation();
        match found.status.kind {
            Kind::File => Ok(found.status),
            _ => Err(asked.denied(Reason::NoData(otherwise))),
        }
    }
}

/// HideNoAccess: what cannot be read is not there, as in ProFTPD.
fn hidden_without_access(error: io::Error, rules: &PathRules<'_>) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied if rules.hiding().no_access() => Errno::ENOENT.into(),
        _ => error,
    }
}

/// What would be below a file is not there.
fn missing_below_file(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotADirectory => Errno::ENOENT.into(),
        _ => error,
    }
}
