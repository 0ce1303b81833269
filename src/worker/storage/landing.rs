//! Where an upload ends up: under the name it was sent for, or, cut short, where HiddenStores and DeleteAbortedStores leave it.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

use super::denied::words_of;
use super::path::FtpPath;
use super::root::Entry;
use super::{Accounting, Change};
use crate::sys::files::{self, Overwriting, Status};

/// What an upload still has to do with names. One that is dropped before it has arrived was cut short.
#[derive(Debug)]
pub struct Landing {
    /// What is being written, in its directory.
    entry: Entry,
    /// The file itself: nothing else is removed, whatever bears its name by then.
    file: Status,
    /// HiddenStores: what it will be called.
    becomes: Option<Becoming>,
    discards: bool,
    accounting: Rc<Accounting>,
}

/// The name that a hidden upload will have.
#[derive(Debug)]
pub struct Becoming {
    /// In the same directory.
    pub name: Vec<u8>,
    /// Whether it may take another file's.
    pub overwriting: Overwriting,
    /// As the client sees it,
    pub shown: FtpPath,
    /// and the name that hides it.
    pub hidden: FtpPath,
}

/// A hidden upload that is whole but could not get its name.
#[derive(Debug)]
pub struct Unnamed {
    becomes: Becoming,
    error: io::Error,
}

impl fmt::Display for Unnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |path: &FtpPath| String::from_utf8_lossy(path.as_bytes()).into_owned();
        let (shown, hidden) = (text(&self.becomes.shown), text(&self.becomes.hidden));
        write!(f, "{shown}: Rename of hidden file {hidden} failed: {}", words_of(&self.error))
    }
}

impl Landing {
    /// Of `file`, which stands at `entry`; `discards`: it is removed unless it arrives.
    pub fn new(
        (entry, file): (Entry, Status),
        becomes: Option<Becoming>,
        discards: bool,
        accounting: &Rc<Accounting>,
    ) -> Box<Landing> {
        Box::new(Landing { entry, file, becomes, discards, accounting: Rc::clone(accounting) })
    }

    /// The name that hides it, as the client sees it.
    pub fn hidden(&self) -> Option<&[u8]> {
        self.becomes.as_ref().map(|becomes| becomes.hidden.as_bytes())
    }

    /// The upload is whole and closed.
    pub fn arrive(mut self: Box<Self>) -> Result<(), Box<Unnamed>> {
        if let Some(becomes) = self.becomes.take()
            && let Err(error) = self.rename(&becomes)
        {
            return Err(Box::new(Unnamed { becomes, error }));
        }
        self.discards = false;
        Ok(())
    }

    fn rename(&self, becomes: &Becoming) -> io::Result<()> {
        let parent = self.entry.parent.as_fd();
        let replaced = files::status_at(parent, &becomes.name).ok();
        files::rename_with((parent, &self.entry.name), (parent, &becomes.name), becomes.overwriting)?;
        match replaced {
            Some(replaced) => self.accounting.report(Change::removal(&replaced)),
            None => Ok(()),
        }
    }

    fn discard(&self) -> io::Result<()> {
        let parent = self.entry.parent.as_fd();
        let there = files::status_at(parent, &self.entry.name)?;
        if (there.device, there.inode) != (self.file.device, self.file.inode) {
            return Ok(());
        }
        files::remove_file(parent, &self.entry.name)?;
        self.accounting.report(Change::removal(&there))
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.discards {
            // It stays, and the reply tells of the failure in any case.
            let _ = self.discard();
        }
    }
}
