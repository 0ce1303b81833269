//! What a file seems to be in listings (DirFakeUser, DirFakeGroup, DirFakeMode). Rights and numbers stay what they are.

use super::owners::{Names, Owners};
use crate::config::settings::{FakeName, Fakes};
use crate::sys::files::{Kind, Status};
use crate::sys::{GroupId, UserId};
use crate::worker::storage::{Directory, Spot, Storage};

/// What is shown of one file otherwise than it is.
#[derive(Clone, Debug)]
pub struct Guise {
    fakes: Fakes,
    /// The session's own.
    own: Option<(UserId, GroupId)>,
}

impl Guise {
    /// Of what stands at a path.
    pub fn of(storage: &Storage, spot: Spot<'_>) -> Guise {
        Guise::new(storage, storage.fakes(spot))
    }

    /// Of an entry.
    pub fn of_entry(storage: &Storage, directory: &Directory, name: &[u8], kind: Kind) -> Guise {
        Guise::new(storage, storage.fakes_of(directory, name, kind))
    }

    fn new(storage: &Storage, fakes: Fakes) -> Guise {
        let own = if fakes.says_anything() { storage.own_ids() } else { None };
        Guise { fakes, own }
    }

    /// Whether owner and group are told as they are.
    pub fn has_real_names(&self) -> bool {
        self.fakes.user.is_none() && self.fakes.group.is_none()
    }

    /// The name of its owner.
    pub fn user(&self, status: &Status, owners: &mut Owners, names: &mut dyn Names) -> Vec<u8> {
        match (&self.fakes.user, self.own) {
            (Some(FakeName::Of(name)), _) => name.as_bytes().to_vec(),
            (Some(FakeName::Own), Some((uid, _))) => owners.user(uid, names).to_vec(),
            _ => owners.user(status.uid, names).to_vec(),
        }
    }

    /// The name of its group.
    pub fn group(&self, status: &Status, owners: &mut Owners, names: &mut dyn Names) -> Vec<u8> {
        match (&self.fakes.group, self.own) {
            (Some(FakeName::Of(name)), _) => name.as_bytes().to_vec(),
            (Some(FakeName::Own), Some((_, gid))) => owners.group(gid, names).to_vec(),
            _ => owners.group(status.gid, names).to_vec(),
        }
    }

    /// What facts tell of it: the permissions, and where it seems to be the session's own, the session's ids.
    pub fn told(&self, status: &Status) -> Status {
        let mut told = Status { mode: self.fakes.mode.unwrap_or(status.mode), ..*status };
        if let (Some(FakeName::Own), Some((uid, _))) = (&self.fakes.user, self.own) {
            told.uid = uid;
        }
        if let (Some(FakeName::Own), Some((_, gid))) = (&self.fakes.group, self.own) {
            told.gid = gid;
        }
        told
    }

    /// What LIST tells of it: who can read a folder can enter it.
    pub fn listed(&self, status: &Status) -> Status {
        let mode = match self.fakes.mode {
            Some(mode) if status.kind == Kind::Directory => mode | (mode & 0o444) >> 2,
            faked => faked.unwrap_or(status.mode),
        };
        Status { mode, ..*status }
    }
}
