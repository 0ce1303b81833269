//! UserOwner: files of sessions are given to others. No worker may do that: auth does it for them, in a thread of its own, to files
//! that are the asking session's own and to names that the configuration names.

use std::fmt;
use std::io;
use std::os::fd::AsFd;

use crossbeam::channel::Receiver;
use slog::warn;

use super::Office;
use super::errand::Errand;
use crate::auth::accounts::source::{Source, SourceError};
use crate::auth::wire::{Answer, Request};
use crate::sys::files::{self, Kind};
use crate::sys::{GroupId, UserId};

/// Gifts on their way to the thread; what comes on top stays whose it is.
pub const GIFTS_WAITING: usize = 256;

/// Why a file was not given away.
enum NotGiven {
    /// The worker is no session of that server, or asks for what its configuration does not say.
    Unasked,
    /// The file is not the session's own, or no file and no folder.
    NotOwn,
    /// Nobody of that name is known; root never is.
    Unknown(&'static str, Vec<u8>),
    Source(SourceError),
    Kernel(io::Error),
}

impl fmt::Display for NotGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotGiven::Unasked => f.write_str("it asks for what is not configured"),
            NotGiven::NotOwn => f.write_str("the file is not its own"),
            NotGiven::Unknown(directive, name) => {
                write!(f, "{directive}: nobody is called {}", String::from_utf8_lossy(name))
            }
            NotGiven::Source(error) => error.fmt(f),
            NotGiven::Kernel(error) => error.fmt(f),
        }
    }
}

/// The life of the thread.
pub fn give_for_life(office: &Office, errands: &Receiver<Errand>) {
    while let Ok(errand) = errands.recv() {
        let answer = match give(office, &errand) {
            Ok(()) => Answer::Given,
            Err(why) => {
                warn!(office.log, "file of worker {} not given away: {why}", errand.visit.pid);
                Answer::TryAgain
            }
        };
        // The worker may have gone; then nobody minds.
        let _ = errand.answer(&answer);
    }
}

fn give(office: &Office, errand: &Errand) -> Result<(), NotGiven> {
    let (Request::Give { server, user, group }, Some(file)) = (&errand.request, &errand.file) else {
        return Err(NotGiven::Unasked);
    };
    let (policy, steps) = office.server(*server).ok_or(NotGiven::Unasked)?;
    let is_meant =
        policy.gifts.users.contains(user) && (group.is_empty() || policy.gifts.groups.contains(group));
    if !is_meant || !office.ledger.came_in_at(&errand.visit, *server) {
        return Err(NotGiven::Unasked);
    }
    let status = files::status(file.as_fd()).map_err(NotGiven::Kernel)?;
    // The kernel's word for who asks: before its login a worker is the daemon's User.
    if status.uid != errand.uid || !matches!(status.kind, Kind::File | Kind::Directory) {
        return Err(NotGiven::NotOwn);
    }
    let own = steps.iter().filter_map(|step| step.source()).map(|source| &**source);
    let sources: Vec<&dyn Source> = own.chain([&*office.host as &dyn Source]).collect();
    let user = named_user(&sources, user)?;
    let group = if group.is_empty() { None } else { Some(named_group(&sources, group)?) };
    files::give(file.as_fd(), Some(user), group).map_err(NotGiven::Kernel)
}

fn named_user(sources: &[&dyn Source], name: &[u8]) -> Result<UserId, NotGiven> {
    for source in sources {
        if let Some(found) = source.find(name).map_err(NotGiven::Source)? {
            return Some(found.account.uid)
                .filter(|uid| *uid != UserId::ROOT)
                .ok_or_else(|| nobody_user(name));
        }
    }
    Err(nobody_user(name))
}

fn named_group(sources: &[&dyn Source], name: &[u8]) -> Result<GroupId, NotGiven> {
    for source in sources {
        if let Some(gid) = source.group_id(name).map_err(NotGiven::Source)? {
            return Some(gid).filter(|gid| *gid != GroupId::ROOT).ok_or_else(|| nobody_group(name));
        }
    }
    Err(nobody_group(name))
}

fn nobody_user(name: &[u8]) -> NotGiven {
    NotGiven::Unknown("UserOwner", name.to_vec())
}

fn nobody_group(name: &[u8]) -> NotGiven {
    NotGiven::Unknown("GroupOwner", name.to_vec())
}
