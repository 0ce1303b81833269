//! What is changed of a file that is there: permissions, group, time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::Storage;
use super::authorise::authorise;
use super::denied::{Denied, Reason};
use super::operation::Alter;
use super::policy::{Asked, Verb};
use super::root::Found;
use crate::protocol::Permissions;
use crate::protocol::site::{self, NoMode};
use crate::sys::files::{Errno, Kind};
use crate::sys::{GroupId, attributes};

/// What MFF changes.
#[derive(Debug, Default)]
pub struct Altered {
    /// Whose it is besides its owner's.
    pub group: Option<GroupId>,
    /// Its permission bits.
    pub permissions: Option<Permissions>,
    /// Seconds since the epoch.
    pub modified: Option<i64>,
}

impl Altered {
    /// The verbs that change the same: where one of them is refused, MFF is no way around it.
    fn verbs(&self) -> impl Iterator<Item = Verb> {
        [
            self.group.map(|_| Verb::from(&site::CHGRP)),
            self.permissions.as_ref().map(|_| Verb::from(&site::CHMOD)),
            self.modified.map(|_| Verb { name: "MFMT", groups: &["WRITE"], also: &[] }),
        ]
        .into_iter()
        .flatten()
    }
}

impl Storage {
    /// MFF. The group first: a change of it takes set-id bits away.
    pub fn set_facts(&self, asked: &Asked, altered: &Altered) -> Result<(), Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let mut alter = authorise(&self.policy, asked, Alter(found))?.operation();
        for verb in altered.verbs() {
            alter = authorise(&self.policy, &Asked { verb, ..asked.clone() }, alter)?.operation();
        }
        apply(&alter.0, altered).map_err(|error| asked.denied(error))
    }

    /// SITE CHMOD. Where nobody is named in the change, the umask of the place keeps its bits back.
    pub fn set_mode(&self, asked: &Asked, permissions: Result<&Permissions, &NoMode>) -> Result<(), Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let (Alter(found), rules) = authorise(&self.policy, asked, Alter(found))?.with_rules();
        let permissions = permissions
            .map_err(|NoMode(mode)| Denied::new(&[b"'", mode.as_slice(), b"'"].concat(), Reason::NoMode))?;
        let is_directory = found.status.kind == Kind::Directory;
        let umask = if is_directory { rules.umask_directory() } else { rules.umask_file() };
        let mode = permissions.apply(found.status.mode, is_directory, umask);
        attributes::set_mode(found.place.as_fd(), mode).map_err(|error| asked.denied(error))
    }

    /// SITE CHGRP. None is a group that nobody knows.
    pub fn set_group(&self, asked: &Asked, group: Option<GroupId>) -> Result<(), Denied> {
        self.alter(asked, |place| attributes::set_group(place, group.ok_or(Errno::EINVAL)?))
    }

    /// MFMT.
    pub fn set_time(&self, asked: &Asked, seconds: i64) -> Result<(), Denied> {
        self.alter(asked, |place| attributes::set_times(place, None, seconds))
    }

    /// SITE UTIME: of the last reading, and of the data's last change.
    pub fn set_times(&self, asked: &Asked, (accessed, modified): (i64, i64)) -> Result<(), Denied> {
        self.alter(asked, |place| attributes::set_times(place, Some(accessed), modified))
    }

    fn alter(&self, asked: &Asked, act: impl FnOnce(BorrowedFd<'_>) -> io::Result<()>) -> Result<(), Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        let Alter(found) = authorise(&self.policy, asked, Alter(found))?.operation();
        act(found.place.as_fd()).map_err(|error| asked.denied(error))
    }
}

fn apply(found: &Found, altered: &Altered) -> io::Result<()> {
    let place = found.place.as_fd();
    if let Some(group) = altered.group {
        attributes::set_group(place, group)?;
    }
    if let Some(permissions) = &altered.permissions {
        let is_directory = found.status.kind == Kind::Directory;
        attributes::set_mode(place, permissions.apply(found.status.mode, is_directory, 0))?;
    }
    altered.modified.map_or(Ok(()), |seconds| attributes::set_times(place, None, seconds))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;
    use crate::worker::storage::testing::Place;

    #[test]
    fn nothing_outside_the_root_is_changed() {
        let place = Place::open();
        let outside = place.outside("secret");
        fs::write(&outside, b"x").unwrap();
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&outside, place.path("absolute")).unwrap();
        symlink("../secret", place.path("relative")).unwrap();
        let before = fs::metadata(&outside).unwrap();
        let permissions = Permissions::read(b"777").unwrap();
        for name in ["absolute", "relative", "../secret", outside.to_str().unwrap()] {
            assert!(
                place.storage().set_mode(&place.asked("SITE_CHMOD", name), Ok(&permissions)).is_err(),
                "{name}"
            );
            assert!(place.storage().set_time(&place.asked("MFMT", name), 0).is_err(), "{name}");
            let own = GroupId(before.gid());
            assert!(
                place.storage().set_group(&place.asked("SITE_CHGRP", name), Some(own)).is_err(),
                "{name}"
            );
        }
        let after = fs::metadata(&outside).unwrap();
        assert_eq!(
            (before.mode(), before.mtime(), before.ctime()),
            (after.mode(), after.mtime(), after.ctime())
        );
    }

    #[test]
    fn links_within_the_root_are_followed() {
        let place = Place::open();
        fs::write(place.path("file"), b"x").unwrap();
        symlink("/file", place.path("link")).unwrap();
        let permissions = Permissions::read(b"640").unwrap();
        place.storage().set_mode(&place.asked("SITE_CHMOD", "link"), Ok(&permissions)).unwrap();
        place.storage().set_time(&place.asked("MFMT", "link"), 77).unwrap();
        let after = fs::metadata(place.path("file")).unwrap();
        assert_eq!((after.mode() & 0o7777, after.mtime()), (0o640, 77));
        assert_ne!(fs::symlink_metadata(place.path("link")).unwrap().mtime(), 77);
    }
}
