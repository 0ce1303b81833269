//! Files written: over what is there, behind it, or new.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use super::authorise::{Permit, authorise};
use super::denied::{Denied, Reason};
use super::landing::{Becoming, Landing, Unnamed};
use super::operation::{Create, Overwrite};
use super::placement::Placement;
use super::policy::Asked;
use super::root::{Bond, Entry};
use super::seeking::Sought;
use super::terms::Terms;
use super::{Accounting, Change, Storage};
use crate::config::settings::{HiddenName, PathRules};
use crate::sys::files::{self, Access, Errno, Overwriting, Status};
use crate::sys::pipe::Pipe;
use crate::sys::{UserId, process};

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
    /// What HiddenStores and DeleteAbortedStores ask for; dropped after the file.
    landing: Option<Box<Landing>>,
    /// Nothing was there before.
    pub is_new: bool,
    /// How fast it comes, and how large it may become.
    pub terms: Terms,
}

/// Why a file that was written could not be left as it should be.
#[derive(Debug)]
pub enum CloseError {
    /// The file system lost some of it, or a range is not full (`ERANGE`).
    File(io::Error),
    /// It kept the name that HiddenStores gave it.
    Unnamed(Box<Unnamed>),
}

/// Who has a file written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// STOR, STOU and APPE: what holds for uploads holds.
    Upload,
    /// SITE COPY and CPTO: the file gets no permission beyond these.
    Copy(u32),
}

/// The permissions of an uploaded file, but for what Umask keeps back.
const NEW_FILE: u32 = 0o666;

impl Target {
    /// What it is.
    pub fn status(&self) -> io::Result<Status> {
        files::status(self.file.as_fd())
    }

    /// The name that hides it until it is whole, as the client sees it.
    pub fn hidden(&self) -> Option<&[u8]> {
        self.landing.as_deref().and_then(Landing::hidden)
    }

    /// Where its first byte goes.
    pub fn begins_at(&self) -> u64 {
        self.position
    }

    /// Closes the file, which is whole; some file systems say only now that there was no room. A range must be full. One that is
    /// dropped instead was cut short.
    pub fn close(self) -> Result<(), CloseError> {
        files::close(self.file).map_err(CloseError::File)?;
        if self.range_left.is_some_and(|left| left > 0) {
            return Err(CloseError::File(Errno::ERANGE.into()));
        }
        match self.landing {
            Some(landing) => landing.arrive().map_err(CloseError::Unnamed),
            None => Ok(()),
        }
    }

    /// Writes all that a pipe holds, which need not be read for that.
    pub fn write_from(&mut self, pipe: &mut Pipe) -> io::Result<()> {
        while pipe.held() > 0 {
            match self.write_by(pipe.held(), |file, most| pipe.give_to(file.as_fd(), most)) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// As many bytes as a range still takes; `ERANGE` where it takes none.
    fn fitting(&self, bytes: usize) -> io::Result<usize> {
        match self.range_left.map(|left| usize::try_from(left).unwrap_or(usize::MAX)) {
            None => Ok(bytes),
            Some(0) => Err(Errno::ERANGE.into()),
            Some(left) => Ok(bytes.min(left)),
        }
    }

    /// Has up to `most` bytes written, which are judged and accounted for before.
    fn write_by(
        &mut self,
        most: usize,
        write: impl FnOnce(&mut File, usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let most = self.fitting(most)?;
        let reach = self.position.saturating_add(most as u64);
        if self.terms.largest.is_some_and(|largest| reach > largest) {
            return Err(Errno::EFBIG.into());
        }
        let growth = Change { owner: self.owner, bytes: signed(reach.saturating_sub(self.end)), files: 0 };
        self.accounting.report(growth)?;
        let written = write(&mut self.file, most);
        let kept = *written.as_ref().unwrap_or(&0) as u64;
        self.position += kept;
        self.range_left = self.range_left.map(|left| left - kept);
        let missing = reach.saturating_sub(self.position.max(self.end));
        self.accounting.report(Change { bytes: -signed(missing), ..growth })?;
        self.end = self.end.max(self.position);
        written
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_by(bytes.len(), |file, most| file.write(&bytes[..most]))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writing {
    fn mode(self) -> u32 {
        match self {
            Writing::Upload => NEW_FILE,
            Writing::Copy(mode) => mode,
        }
    }

    /// The name that hides the file until it is whole. APPE goes on with what is there, hidden or not.
    fn hidden<'a>(self, placement: Placement, rules: &'a PathRules<'_>) -> Option<&'a HiddenName> {
        rules.hidden_stores().filter(|_| self == Writing::Upload && placement == Placement::Whole)
    }

    /// Whether the file goes when it is cut short: never what it held before.
    fn discards(self, placement: Placement, rules: &PathRules<'_>) -> bool {
        rules.delete_aborted() && self == Writing::Upload && placement == Placement::Whole
    }
}

impl Storage {
    /// STOR, APPE. What is there is resolved, judged and opened as the very file that was judged; what is not there is made in
    /// a directory that was, and never through a link. Whoever makes it in between is met in a second round.
    pub fn store(&self, asked: &Asked, sought: Sought, placement: Placement) -> Result<Target, Denied> {
        self.write(asked, sought, (placement, Writing::Upload))
    }

    /// The same, by whom it may be.
    pub(super) fn write(
        &self,
        asked: &Asked,
        mut sought: Sought,
        (placement, writing): (Placement, Writing),
    ) -> Result<Target, Denied> {
        let mut again = true;
        loop {
            let is_new = matches!(sought, Sought::Free(_));
            let outcome = match sought {
                Sought::There(found) => self.overwrite(asked, Overwrite { found, placement }, writing)?,
                Sought::Free(entry) => self.create(asked, entry, (placement, writing))?,
            };
            match outcome {
                Ok(target) => return Ok(self.on_terms(Target { is_new, ..target }, asked.verb)),
                Err(error) if again && error.kind() == io::ErrorKind::AlreadyExists => {
                    again = false;
                    sought = self.seek(asked)?;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(asked.denied(Reason::NotRegular));
                }
                Err(error) => return Err(asked.denied(error)),
            }
        }
    }

    fn overwrite(
        &self,
        asked: &Asked,
        operation: Overwrite,
        writing: Writing,
    ) -> Result<io::Result<Target>, Denied> {
        let placement = operation.placement;
        let (operation, rules) = authorise(&self.policy, asked, operation)?.with_rules();
        let (hidden, discards) = (writing.hidden(placement, &rules), writing.discards(placement, &rules));
        if hidden.is_none() && !discards {
            return Ok(self.open_target(operation));
        }
        let entry = self.root.entry_of(&operation.found).map_err(|error| asked.denied(error))?;
        if let Some(hidden) = hidden {
            return self.create_hidden(asked, (entry, hidden), &rules).map(Ok);
        }
        let file = operation.found.status;
        Ok(self.open_target(operation).map(|target| Target {
            landing: Some(Landing::new((entry, file), None, true, &self.accounting)),
            ..target
        }))
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
        let (canonical, owner, range_left) = (found.canonical, found.status.uid, placement.range_length());
        Ok(Target {
            file,
            canonical,
            owner,
            accounting,
            position,
            end,
            range_left,
            landing: None,
            is_new: false,
            terms: Terms::default(),
        })
    }

    fn create(
        &self,
        asked: &Asked,
        entry: Entry,
        (placement, writing): (Placement, Writing),
    ) -> Result<io::Result<Target>, Denied> {
        let is_free = entry.status.is_none();
        let permit = authorise(&self.policy, asked, Create(entry))?;
        // A link that leads nowhere, or what somebody else has just made.
        if !is_free {
            return Ok(Err(Errno::EEXIST.into()));
        }
        placement.suits(permit.rules()).map_err(|reason| asked.denied(reason))?;
        placement.lies_in(0).map_err(|reason| asked.denied(reason))?;
        let Some(hidden) = writing.hidden(placement, permit.rules()).cloned() else {
            return Ok(self.create_target(permit, placement, writing));
        };
        let (Create(entry), rules) = permit.with_rules();
        self.create_hidden(asked, (entry, &hidden), &rules).map(Ok)
    }

    pub(super) fn create_target(
        &self,
        permit: Permit<Create>,
        placement: Placement,
        writing: Writing,
    ) -> io::Result<Target> {
        let (Create(entry), rules) = permit.with_rules();
        if entry.status.is_some() {
            // A link that leads nowhere: what it names is not ours to make.
            return Err(Errno::EEXIST.into());
        }
        let (file, status) = self.make_file(&entry, &rules, writing)?;
        let canonical = entry.canonical.clone();
        let landing = writing
            .discards(placement, &rules)
            .then(|| Landing::new((entry, status), None, true, &self.accounting));
        Ok(self.new_target((file, status.uid), canonical, landing, placement.range_length()))
    }

    /// A file of another name, beside the one that it will replace or become.
    fn create_hidden(
        &self,
        asked: &Asked,
        (entry, hidden): (Entry, &HiddenName),
        rules: &PathRules<'_>,
    ) -> Result<Target, Denied> {
        let denied = |error: io::Error| asked.denied(error);
        let name = hidden.of(&entry.name, process::own().0.unsigned_abs());
        let folder = asked.path.split_last().map(|(folder, _)| folder).unwrap_or_else(super::FtpPath::root);
        let shown = folder.join(&name).map_err(|error| asked.denied(error))?;
        let overwriting = if rules.allow_overwrite() { Overwriting::Allowed } else { Overwriting::Refused };
        let becomes =
            Becoming { name: entry.name, overwriting, shown: asked.path.clone(), hidden: shown.clone() };
        let canonical = entry.canonical;
        let entry = Entry {
            parent: entry.parent,
            parent_is: entry.parent_is,
            canonical: canonical.with_file_name(os(&name)),
            name,
            status: None,
            is_concealed: false,
            bond: Bond::Free,
        };
        let (file, status) =
            self.make_file(&entry, rules, Writing::Upload).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => asked.denied(Reason::HiddenTaken(shown.as_bytes().to_vec())),
                _ => denied(error),
            })?;
        let landing = Landing::new((entry, status), Some(becomes), rules.delete_aborted(), &self.accounting);
        Ok(self.new_target((file, status.uid), canonical, Some(landing), None))
    }

    fn make_file(
        &self,
        entry: &Entry,
        rules: &PathRules<'_>,
        writing: Writing,
    ) -> io::Result<(File, Status)> {
        let mode = writing.mode() & !rules.umask_file();
        let file = files::create(entry.parent.as_fd(), &entry.name, mode)?;
        if let Some(giver) = &self.giver {
            giver.give(file.as_fd(), rules);
        }
        let status = files::status(file.as_fd())?;
        self.accounting.report(Change { owner: status.uid, bytes: 0, files: 1 })?;
        Ok((file, status))
    }

    fn new_target(
        &self,
        (file, owner): (File, UserId),
        canonical: PathBuf,
        landing: Option<Box<Landing>>,
        range_left: Option<u64>,
    ) -> Target {
        let accounting = Rc::clone(&self.accounting);
        Target {
            file,
            canonical,
            owner,
            accounting,
            position: 0,
            end: 0,
            range_left,
            landing,
            is_new: true,
            terms: Terms::default(),
        }
    }
}

fn os(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
