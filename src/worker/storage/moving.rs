//! Names made, removed and renamed.

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::aliases::is;
use super::authorise::{Permit, authorise};
use super::denied::Denied;
use super::operation::{Arrive, Leave, MakeDirectory, RemoveDirectory};
use super::policy::Asked;
use super::root::Entry;
use super::{Change, Storage};
use crate::sys::files::{self, Errno, Kind, Status};

/// What RNFR named, waiting for RNTO.
#[derive(Debug)]
pub struct RenameSource {
    entry: Entry,
}

impl Storage {
    /// DELE: a file, or a link itself. Returns where it stood, for the logs.
    pub fn delete(&self, asked: &Asked) -> Result<PathBuf, Denied> {
        let entry = self.entry(asked, Errno::EISDIR)?;
        let Leave(entry) = authorise(&self.policy, asked, Leave(entry))?.operation();
        self.delete_entry(&entry).map_err(|error| asked.denied(error))?;
        Ok(entry.canonical)
    }

    pub(super) fn delete_entry(&self, entry: &Entry) -> io::Result<()> {
        let status = there(entry)?;
        if status.kind == Kind::Directory {
            return Err(Errno::EISDIR.into());
        }
        files::remove_file(entry.parent.as_fd(), &entry.name)?;
        self.accounting.report(Change::removal(status))
    }

    /// MKD. Returns where it stands.
    pub fn make_directory(&self, asked: &Asked) -> Result<PathBuf, Denied> {
        let entry = self.entry(asked, Errno::EEXIST)?;
        let permit = authorise(&self.policy, asked, MakeDirectory(entry))?;
        self.make(permit).map_err(|error| asked.denied(error))
    }

    fn make(&self, permit: Permit<MakeDirectory>) -> io::Result<PathBuf> {
        let (MakeDirectory(entry), rules) = permit.with_rules();
        files::make_directory(entry.parent.as_fd(), &entry.name, 0o777 & !rules.umask_directory())?;
        if let Some(giver) = self.giver.as_ref().filter(|_| rules.name_an_owner())
            && let Ok(folder) = files::open_directory(entry.parent.as_fd(), &entry.name)
        {
            // Somebody else's, who was quicker with the name, is not given away by auth.
            giver.give(folder.as_fd(), &rules);
        }
        let owner = files::status_at(entry.parent.as_fd(), &entry.name)?.uid;
        self.accounting.report(Change { owner, bytes: 0, files: 1 })?;
        Ok(entry.canonical)
    }

    /// RMD.
    pub fn remove_directory(&self, asked: &Asked) -> Result<PathBuf, Denied> {
        let entry = self.entry(asked, Errno::EBUSY)?;
        let RemoveDirectory(entry) = authorise(&self.policy, asked, RemoveDirectory(entry))?.operation();
        self.remove(&entry).map_err(|error| asked.denied(error))?;
        Ok(entry.canonical)
    }

    pub(super) fn remove(&self, entry: &Entry) -> io::Result<()> {
        let status = there(entry)?;
        files::remove_directory(entry.parent.as_fd(), &entry.name)?;
        self.accounting.report(Change { owner: status.uid, bytes: 0, files: -1 })
    }

    /// RNFR.
    pub fn rename_from(&self, asked: &Asked) -> Result<RenameSource, Denied> {
        let entry = self.entry(asked, Errno::EBUSY)?;
        let Leave(entry) = authorise(&self.policy, asked, Leave(entry))?.operation();
        there(&entry).map_err(|error| asked.denied(error))?;
        Ok(RenameSource { entry })
    }

    /// RNTO. Returns where it stands now.
    pub fn rename_to(&self, asked: &Asked, source: RenameSource) -> Result<PathBuf, Denied> {
        let entry = self.entry(asked, Errno::EBUSY)?;
        let Arrive(entry) = authorise(&self.policy, asked, Arrive(entry))?.operation();
        self.rename(&source.entry, &entry).map_err(|error| asked.denied(error))?;
        Ok(entry.canonical)
    }

    fn rename(&self, from: &Entry, to: &Entry) -> io::Result<()> {
        // As between file systems, even where two aliases are of one.
        if self.root.alias_at(&from.canonical)? != self.root.alias_at(&to.canonical)? {
            return Err(Errno::EXDEV.into());
        }
        let renamed = files::rename((from.parent.as_fd(), &from.name), (to.parent.as_fd(), &to.name));
        // A file takes no folder's place, whosoever it is.
        renamed.map_err(|error| if is(&error, Errno::EISDIR) { Errno::EPERM.into() } else { error })?;
        match &to.status {
            Some(overwritten) => self.accounting.report(Change::removal(overwritten)),
            None => Ok(()),
        }
    }

    /// The name asked for, in its directory; `root` is what is said of the session's own root, which has none.
    pub(super) fn entry(&self, asked: &Asked, root: Errno) -> Result<Entry, Denied> {
        if asked.path.is_root() {
            return Err(asked.denied(io::Error::from(root)));
        }
        self.find_entry(asked).map_err(|error| asked.denied(error))
    }
}

fn there(entry: &Entry) -> io::Result<&Status> {
    entry.status.as_ref().ok_or_else(|| Errno::ENOENT.into())
}
