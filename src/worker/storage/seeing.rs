//! Files found for a request: what IgnoreHidden takes away is as if it had never been, whatever leads to it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use super::Storage;
use super::authorise::is_there;
use super::hiding::Sight;
use super::path::FtpPath;
use super::policy::{Asked, Spot, Verb};
use super::root::{Entry, Found};
use crate::sys::files::Errno;

impl Storage {
    /// Follows a client's path to what is there.
    pub(super) fn find(&self, asked: &Asked) -> io::Result<Found> {
        self.find_path(asked.verb, &asked.path)
    }

    fn find_path(&self, verb: Verb, path: &FtpPath) -> io::Result<Found> {
        self.seen(verb, path, self.root.find(path))
    }

    fn seen(&self, verb: Verb, path: &FtpPath, found: io::Result<Found>) -> io::Result<Found> {
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            found if !self.may_ignore_hidden(path, found.as_ref().ok()) => found,
            // That there is no way on behind a hidden file would tell of it, too.
            found if self.is_seen(verb, path, found.as_ref().ok()) => found,
            _ => Err(Errno::ENOENT.into()),
        }
    }

    /// Follows all of a client's path but its last name.
    pub(super) fn find_entry(&self, asked: &Asked) -> io::Result<Entry> {
        let Some((parent, name)) = asked.path.split_last() else { return Err(Errno::EBUSY.into()) };
        let found = self.root.find(&parent);
        if !self.may_ignore_hidden(&parent, found.as_ref().ok()) {
            return self.root.entry_in(found?, name);
        }
        let mut entry = self.root.entry_in(self.seen(asked.verb, &parent, found)?, name)?;
        if !is_there(&self.policy, asked.verb, &Sight::entry(&entry)) {
            (entry.status, entry.is_concealed) = (None, true);
        }
        Ok(entry)
    }

    /// Whether there may be hidden files that are taken for absent on a way: by its own names, and where it leads.
    pub(super) fn may_ignore_hidden(&self, path: &FtpPath, found: Option<&Found>) -> bool {
        if self.policy.rules.ignores_hidden() {
            return true;
        }
        let Some(files) = &self.policy.files else { return false };
        let Ok(root) = files.root() else { return true };
        let below = path.as_bytes().strip_prefix(b"/").unwrap_or_default();
        let named = root.join(OsStr::from_bytes(below));
        let is_said = |spot: Spot<'_>| self.policy.rules_at(spot).ignores_hidden();
        match found.map(Found::spot) {
            Some(spot) if spot.canonical == named => is_said(spot),
            spot => {
                is_said(Spot::named(&named, spot.is_none_or(|spot| spot.is_folder)))
                    || spot.is_some_and(is_said)
            }
        }
    }

    /// Whether nothing on the way is hidden: no name that the client says, and no folder that holds what they lead to.
    pub(super) fn is_seen(&self, verb: Verb, path: &FtpPath, found: Option<&Found>) -> bool {
        let mut folder = FtpPath::root();
        for name in path.names() {
            let Some(entry) = self.root.find(&folder).and_then(|place| self.root.entry_in(place, name)).ok()
            else {
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
