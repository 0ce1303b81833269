//! Files written: over what is there, behind it, or new.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::rc::Rc;

use super::authorise::{Permit, authorise};
use super::denied::{Denied, Reason};
use super::operation::{Create, Overwrite};
use super::policy::Asked;
use super::{Accounting, Change, Storage};
use crate::sys::UserId;
use crate::sys::files::{self, Access, Errno, Status};

pub use super::operation::Placement;

/// A file open for writing. Every byte is accounted for before it is written.
#[derive(Debug)]
pub struct Target {
    file: File,
    /// Where on the host, for the transfer log.
    pub canonical: PathBuf,
    owner: UserId,
    accounting: Rc<Accounting>,
    /// Where the next byte goes, and where the file ended: what lies between is there already.
    position: u64,
    end: u64,
    /// Bytes that a range still takes.
    range_left: Option<u64>,
}

/// The permissions of an uploaded file, but for what Umask keeps back.
pub(super) const NEW_FILE: u32 = 0o666;

impl Target {
    /// What it is.
    pub fn status(&self) -> io::Result<Status> {
        files::status(self.file.as_fd())
    }

    /// Closes the file; some file systems say only now that there was no room. A range must be full (`ERANGE`).
    pub fn close(self) -> io::Result<()> {
        files::close(self.file)?;
        if self.range_left.is_some_and(|left| left > 0) { Err(Errno::ERANGE.into()) } else { Ok(()) }
    }

    /// As many of these bytes as a range still takes; `ERANGE` where it takes none.
    fn fitting<'a>(&self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        match self.range_left.map(|left| usize::try_from(left).unwrap_or(usize::MAX)) {
            None => Ok(bytes),
            Some(0) => Err(Errno::ERANGE.into()),
            Some(left) => Ok(&bytes[..bytes.len().min(left)]),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = self.fitting(bytes)?;
        let reach = self.position.saturating_add(bytes.len() as u64);
        let growth = Change { owner: self.owner, bytes: signed(reach.saturating_sub(self.end)), files: 0 };
        self.accounting.report(growth)?;
        let written = self.file.write(bytes);
        let kept = *written.as_ref().unwrap_or(&0) as u64;
        self.position += kept;
        self.range_left = self.range_left.map(|left| left - kept);
        let missing = reach.saturating_sub(self.position.max(self.end));
        self.accounting.report(Change { bytes: -signed(missing), ..growth })?;
        self.end = self.end.max(self.position);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Storage {
    /// STOR, APPE. What is there is resolved, judged and opened as the very file that was judged; what is not there is made in
    /// a directory that was, and never through a link. Whoever makes it in between is met in a second round.
    pub fn store(&self, asked: &Asked, placement: Placement) -> Result<Target, Denied> {
        self.store_with(asked, placement, NEW_FILE)
    }

    /// The same; a file that is made gets no permission beyond `mode`.
    pub(super) fn store_with(
        &self,
        asked: &Asked,
        placement: Placement,
        mode: u32,
    ) -> Result<Target, Denied> {
        let mut again = true;
        loop {
            let outcome = match self.root.find(&asked.path) {
                Ok(found) => self.overwrite(asked, Overwrite { found, placement })?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.create(asked, placement, mode)?
                }
                Err(error) => return Err(asked.denied(self.without_data(asked, error))),
            };
            match outcome {
                Ok(target) => return Ok(target),
                Err(error) if again && error.kind() == io::ErrorKind::AlreadyExists => again = false,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(asked.denied(Reason::NotRegular));
                }
                Err(error) => return Err(asked.denied(error)),
            }
        }
    }

    fn overwrite(&self, asked: &Asked, operation: Overwrite) -> Result<io::Result<Target>, Denied> {
        let permit = authorise(&self.policy, asked, operation)?;
        Ok(self.open_target(permit.operation()))
    }

    fn open_target(&self, Overwrite { found, placement }: Overwrite) -> io::Result<Target> {
        let access = match placement {
            Placement::Whole => Access::Truncate,
            Placement::At(_) | Placement::Within(_) => Access::Write,
            Placement::End => Access::Append,
        };
        let mut file = files::reopen(found.place.as_fd(), access)?;
        let size = found.status.size;
        let (position, end) = match placement {
            Placement::Whole => (0, 0),
            Placement::At(offset) => (file.seek(SeekFrom::Start(offset))?, size),
            Placement::Within(range) => (file.seek(SeekFrom::Start(range.first()))?, size),
            Placement::End => (size, size),
        };
        if placement == Placement::Whole {
            self.accounting.report(Change { owner: found.status.uid, bytes: -signed(size), files: 0 })?;
        }
        let accounting = Rc::clone(&self.accounting);
        let (canonical, owner) = (found.canonical, found.status.uid);
        Ok(Target { file, canonical, owner, accounting, position, end, range_left: placement.range_length() })
    }

    fn create(&self, asked: &Asked, placement: Placement, mode: u32) -> Result<io::Result<Target>, Denied> {
        let entry = self.root.entry(&asked.path).map_err(|error| asked.denied(error))?;
        let permit = authorise(&self.policy, asked, Create(entry))?;
        placement.lies_in(0).map_err(|reason| asked.denied(reason))?;
        Ok(self.create_target(permit, placement, mode))
    }

    pub(super) fn create_target(
        &self,
        permit: Permit<Create>,
        placement: Placement,
        mode: u32,
    ) -> io::Result<Target> {
        let (Create(entry), rules) = permit.with_rules();
        if entry.status.is_some() {
            // A link that leads nowhere: what it names is not ours to make.
            return Err(Errno::EEXIST.into());
        }
        let file = files::create(entry.parent.as_fd(), &entry.name, mode & !rules.umask_file)?;
        let owner = files::status(file.as_fd())?.uid;
        self.accounting.report(Change { owner, bytes: 0, files: 1 })?;
        let accounting = Rc::clone(&self.accounting);
        let (canonical, range_left) = (entry.canonical, placement.range_length());
        Ok(Target { file, canonical, owner, accounting, position: 0, end: 0, range_left })
    }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
