//! Files found for a request: what IgnoreHidden takes away is as if it had never been, whatever leads to it.

use std::io;
use std::os::unix::ffi::OsStrExt;

use super::Storage;
use super::authorise::is_there;
use super::hiding::Sight;
use super::path::FtpPath;
use super::policy::{Asked, Verb};
use super::root::{Entry, Found};
use crate::sys::files::Errno;

impl Storage {
    /// Follows a client's path to what is there.
    pub(super) fn find(&self, asked: &Asked) -> io::Result<Found> {
        self.find_path(asked.verb, &asked.path)
    }

    fn find_path(&self, verb: Verb, path: &FtpPath) -> io::Result<Found> {
        let found = self.root.find(path);
        if !self.policy.rules.ignores_hidden() {
            return found;
        }
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            // That there is no way on behind a hidden file would tell of it, too.
            found if self.is_seen(verb, path, found.as_ref().ok()) => found,
            _ => Err(Errno::ENOENT.into()),
        }
    }

    /// Follows all of a client's path but its last name.
    pub(super) fn find_entry(&self, asked: &Asked) -> io::Result<Entry> {
        if !self.policy.rules.ignores_hidden() {
            return self.root.entry(&asked.path);
        }
        let Some((parent, name)) = asked.path.split_last() else { return Err(Errno::EBUSY.into()) };
        let mut entry = self.find_path(asked.verb, &parent)?.entry(name)?;
        if !is_there(&self.policy, asked.verb, &Sight::entry(&entry)) {
            (entry.status, entry.is_concealed) = (None, true);
        }
        Ok(entry)
    }

    /// Whether nothing on the way is hidden: no name that the client says, and no folder that holds what they lead to.
    pub(super) fn is_seen(&self, verb: Verb, path: &FtpPath, found: Option<&Found>) -> bool {
        let mut folder = FtpPath::root();
        for name in path.names() {
            let Some(entry) = self.root.find(&folder).ok().and_then(|place| place.entry(name).ok()) else {
                return true;
            };
            if !is_there(&self.policy, verb, &Sight::entry(&entry)) {
                return false;
            }
            let Ok(deeper) = folder.join(name) else { return true };
            folder = deeper;
        }
        found.is_none_or(|found| self.stands_in_sight(verb, path, found))
    }

    fn stands_in_sight(&self, verb: Verb, path: &FtpPath, found: &Found) -> bool {
        match self.below_root(found) {
            None => is_there(&self.policy, verb, &Sight::found(found)),
            // Without a link on the way its names are those that were looked at.
            Some(below) => below.is_root() || below == *path || self.is_seen(verb, &below, None),
        }
    }

    /// Where it stands, as a path without links.
    fn below_root(&self, found: &Found) -> Option<FtpPath> {
        let seen = self.seen_from_root(found.canonical.as_os_str().as_bytes())?;
        FtpPath::root().join(&seen).ok()
    }
}
