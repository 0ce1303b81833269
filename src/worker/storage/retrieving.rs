//! Files read, and what is told of them.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use super::Storage;
use super::authorise::authorise;
use super::denied::{Denied, Reason};
use super::operation::{Inspect, Look, Retrieve};
use super::path::FtpPath;
use super::policy::Asked;
use crate::sys::files::{self, Access, Errno, Kind, Status};

/// What the kernel reads ahead of a reader anyway: only beyond it can it help to know more.
const READ_AHEAD: u64 = 128 << 10;

/// A file open for reading.
#[derive(Debug)]
pub struct Source {
    file: File,
    /// Where on the host, for the transfer log.
    pub canonical: PathBuf,
    /// Its length.
    pub size: u64,
    /// Where reading begins.
    pub offset: u64,
}

impl Source {
    /// The descriptor that is read.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The file, standing at the offset.
    pub fn reader(&mut self) -> io::Result<&mut File> {
        self.file.seek(SeekFrom::Start(self.offset))?;
        Ok(&mut self.file)
    }
}

impl Storage {
    /// RETR from `offset`.
    pub fn retrieve(&self, asked: &Asked, offset: u64) -> Result<Source, Denied> {
        let found =
            self.root.find(&asked.path).map_err(|error| asked.denied(self.without_data(asked, error)))?;
        let permit = authorise(&self.policy, asked, Retrieve { found, offset })?;
        let Retrieve { found, offset } = permit.operation();
        let file = files::reopen(found.place.as_fd(), Access::Read).map_err(|error| asked.denied(error))?;
        if offset > found.status.size {
            return Err(asked.denied(Reason::BehindEnd));
        }
        if found.status.size > READ_AHEAD {
            files::will_read_through(file.as_fd());
        }
        Ok(Source { file, canonical: found.canonical, size: found.status.size, offset })
    }

    /// A link that leads nowhere, or back to itself, is something: it only has no data.
    pub(super) fn without_data(&self, asked: &Asked, error: io::Error) -> Reason {
        let is_link = || self.root.entry(&asked.path).is_ok_and(|entry| entry.status.is_some());
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
        let found = self.root.find(&asked.path).map_err(missing)?;
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
        let found = self.root.find(&asked.path).map_err(|error| asked.denied(missing_below_file(error)))?;
        let Inspect(found) = authorise(&self.policy, asked, Inspect(found))?.operation();
        match found.status.kind {
            Kind::File => Ok(found.status),
            _ => Err(asked.denied(Reason::NoData(otherwise))),
        }
    }
}

/// What would be below a file is not there.
fn missing_below_file(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotADirectory => Errno::ENOENT.into(),
        _ => error,
    }
}
