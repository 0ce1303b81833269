//! CreateHome: the home of somebody who logs in and has none yet. It is made beside its place, under a name of its own, and gets
//! its real one when it is whole: a login that races another, or is cut off, leaves no half a home, and the next one goes on where
//! it ended. Runs in a child with the privileges for it; nothing here is the account's before the last steps.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Job, JobError, Outcome, Steward};
use crate::auth::Account;
use crate::sys::files::{self, Kind};
use crate::sys::home_files::{self, Alone};
use crate::sys::{GroupId, UserId, identity};

mod error;
pub mod skeleton;
#[cfg(test)]
mod tests;
mod way;
mod wire;

pub use error::HomeError;

/// The child that makes a home is ended after this long; the client's worker waits a little longer.
pub const TIME_ALLOWED: Duration = Duration::from_secs(8);

/// How long a login waits for its turn with the steward.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often somebody else's hand in the same place is taken for a coincidence.
const TRIES: u32 = 8;

/// What CreateHome says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomePolicy {
    /// Permissions of the home.
    pub mode: u32,
    /// Whose copy the home begins with.
    pub skeleton: Option<PathBuf>,
    /// Permissions of the folders made on the way to it.
    pub way_mode: u32,
    /// Whose those folders are.
    pub way_uid: WayOwner<UserId>,
    /// See `way_uid`.
    pub way_gid: WayOwner<GroupId>,
    /// The home's group, where it is not the account's.
    pub group: Option<GroupId>,
    /// NoRootPrivs: all is made as the account itself, with its own rights.
    pub as_account: bool,
}

impl Default for HomePolicy {
    fn default() -> HomePolicy {
        HomePolicy {
            mode: 0o700,
            skeleton: None,
            way_mode: 0o711,
            way_uid: WayOwner::Daemon,
            way_gid: WayOwner::Daemon,
            group: None,
            as_account: false,
        }
    }
}

/// Whose the folders on the way are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOwner<Id> {
    /// Whoever makes them: root.
    Daemon,
    /// `~`: the account.
    Account,
    /// This one.
    Named(Id),
}

impl<Id: Copy> WayOwner<Id> {
    fn resolved(self, account: Id) -> Option<Id> {
        match self {
            WayOwner::Daemon => None,
            WayOwner::Account => Some(account),
            WayOwner::Named(id) => Some(id),
        }
    }
}

/// A home to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHome {
    /// Where; absolute.
    pub path: PathBuf,
    /// Whose.
    pub uid: UserId,
    /// Its group, unless the policy names one.
    pub gid: GroupId,
    /// The account's other groups, for NoRootPrivs.
    pub groups: Vec<GroupId>,
    /// How.
    pub policy: HomePolicy,
}

impl NewHome {
    /// For an account whose home is not there.
    pub fn of(account: &Account, policy: &HomePolicy) -> NewHome {
        NewHome {
            path: account.home.clone(),
            uid: account.uid,
            gid: account.gid,
            groups: account.groups.iter().map(|(gid, _)| *gid).collect(),
            policy: policy.clone(),
        }
    }

    /// Makes it, unless somebody has meanwhile. Called once, by a process that then ends: NoRootPrivs changes who it is.
    pub fn make(&self) -> Result<(), HomeError> {
        if self.policy.as_account && identity::is_root() {
            self.become_account().map_err(HomeError::Identity)?;
        }
        let (holder, name) = way::to(&self.path, &self.way())?;
        for _ in 0..TRIES {
            if self.settle(holder.as_fd(), name.as_bytes())? {
                return Ok(());
            }
        }
        Err(HomeError::Disturbed(self.path.clone()))
    }

    /// For good, and without a capability. Groups need the privileges that go with the user.
    fn become_account(&self) -> std::io::Result<()> {
        identity::take_listed_groups(&self.groups)?;
        identity::take_group(self.gid)?;
        identity::take_user(self.uid)?;
        identity::drop_capabilities()
    }

    fn way(&self) -> way::Folders {
        way::Folders {
            mode: self.policy.way_mode,
            uid: self.policy.way_uid.resolved(self.uid),
            gid: self.policy.way_gid.resolved(self.gid),
        }
    }

    /// One attempt; false when another login was quicker somewhere on the way.
    fn settle(&self, holder: BorrowedFd<'_>, name: &[u8]) -> Result<bool, HomeError> {
        let failed = |step| move |error| HomeError::Home(step, self.path.clone(), error);
        if files::status_at(holder, name).is_ok() {
            return Ok(true);
        }
        let beginning = beginning_of(name);
        match files::make_directory(holder, &beginning, 0o700) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(failed("make")(error));
            }
            _ => {}
        }
        let Ok(opened) = files::open_directory(holder, &beginning) else { return Ok(false) };
        let folder = Alone::with(opened).map_err(failed("lock"))?;
        if !home_files::is_called(folder.as_fd(), holder, &beginning).map_err(failed("look at"))? {
            return Ok(false);
        }
        // Whoever was quicker may have been done between the look at the place and the new folder.
        if files::status_at(holder, name).is_ok() {
            return self.leave(holder, &beginning);
        }
        self.furnish(folder.as_fd())?;
        match home_files::rename_folder(holder, &beginning, name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed("name")(error)),
        }
    }

    /// Takes away a beginning that nobody needs, unless there is something in it.
    fn leave(&self, holder: BorrowedFd<'_>, beginning: &[u8]) -> Result<bool, HomeError> {
        match files::remove_directory(holder, beginning) {
            Err(error) if error.kind() != std::io::ErrorKind::DirectoryNotEmpty => {
                Err(HomeError::Home("clear up beside", self.path.clone(), error))
            }
            _ => Ok(true),
        }
    }

    /// Fills the new folder and gives it away. One that is the account's already was filled by a login that then was cut off; one
    /// that is neither the account's nor ours was put there by somebody else.
    fn furnish(&self, folder: BorrowedFd<'_>) -> Result<(), HomeError> {
        let failed = |step| move |error| HomeError::Home(step, self.path.clone(), error);
        let found = files::status(folder).map_err(failed("look at"))?;
        let ours = identity::own().0;
        if found.uid == ours && (found.mode == 0o700 || self.uid == ours) {
            if let Some(skeleton) = &self.policy.skeleton {
                skeleton::copy(skeleton, folder, self)?;
            }
        } else if found.uid != self.uid {
            return Err(HomeError::Planted(self.path.clone(), found.uid));
        }
        let gid = self.policy.group.unwrap_or(self.gid);
        files::give(folder, Some(self.uid), Some(gid)).map_err(failed("give away"))?;
        home_files::set_mode(folder, self.policy.mode).map_err(failed("set the mode of"))
    }
}

/// The name a home has until it is whole.
fn beginning_of(name: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 255 - b"..new".len();
    [b".", &name[..name.len().min(LONGEST)], b".new"].concat()
}

/// Whether an account's home is missing altogether: what is there, be it a link to nothing, is left alone.
pub fn is_missing(home: &Path) -> bool {
    let is_named = home.is_absolute() && home != Path::new("/");
    is_named
        && matches!(std::fs::symlink_metadata(home), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

/// Auth: has a home made, and waits for it. The error is a sentence for the log.
pub fn provide(steward: Option<&Steward>, account: &Account, policy: &HomePolicy) -> Result<(), String> {
    let job = Job::MakeHome(NewHome::of(account, policy));
    let done = steward.ok_or(JobError::None).and_then(|steward| steward.have_done(&job, PATIENCE));
    match done {
        Ok(Outcome::HomeMade) => Ok(()),
        Ok(Outcome::NoHome(why)) => Err(why),
        Ok(Outcome::Judged(..)) => Err("unexpected answer from auth's helper, ignored".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// A folder and a name in it.
type Spot<'a> = (OwnedFd, &'a OsStr);

/// The kind of what stands at a place.
fn kind_of(place: BorrowedFd<'_>) -> std::io::Result<Kind> {
    files::status(place).map(|status| status.kind)
}
