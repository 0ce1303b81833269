//! What is changed of a file that is there: permissions, group, time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::Storage;
use super::authorise::authorise;
use super::denied::Denied;
use super::operation::Alter;
use super::policy::Asked;
use crate::protocol::Permissions;
use crate::sys::files::Kind;
use crate::sys::{GroupId, attributes};

impl Storage {
    /// SITE CHMOD. Where nobody is named in the change, the umask of the place keeps its bits back.
    pub fn set_mode(&self, asked: &Asked, permissions: &Permissions) -> Result<(), Denied> {
        let found = self.root.find(&asked.path).map_err(|error| asked.denied(error))?;
        let (Alter(found), rules) = authorise(&self.policy, asked, Alter(found))?.with_rules();
        let is_directory = found.status.kind == Kind::Directory;
        let umask = if is_directory { rules.umask_directory } else { rules.umask_file };
        let mode = permissions.apply(found.status.mode, is_directory, umask);
        attributes::set_mode(found.place.as_fd(), mode).map_err(|error| asked.denied(error))
    }

    /// SITE CHGRP.
    pub fn set_group(&self, asked: &Asked, group: GroupId) -> Result<(), Denied> {
        self.alter(asked, |place| attributes::set_group(place, group))
    }

    /// MFMT.
    pub fn set_time(&self, asked: &Asked, seconds: i64) -> Result<(), Denied> {
        self.alter(asked, |place| attributes::set_modified(place, seconds))
    }

    fn alter(&self, asked: &Asked, act: impl FnOnce(BorrowedFd<'_>) -> io::Result<()>) -> Result<(), Denied> {
        let found = self.root.find(&asked.path).map_err(|error| asked.denied(error))?;
        let Alter(found) = authorise(&self.policy, asked, Alter(found))?.operation();
        act(found.place.as_fd()).map_err(|error| asked.denied(error))
    }
}
