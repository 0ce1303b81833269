//! The one place where a worker changes who it is. It reads from top to bottom as the order of the system calls; there is no
//! way back.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::{Birth, Door};
use crate::auth::Account;
use crate::sys::{confine, identity, process, signals};

/// How long auth may take over one opening of the door. It answers in microseconds, or is dead.
const DOOR_DEADLINE: Duration = Duration::from_secs(3);

/// Why a session cannot be who it logged in as. After any of these the worker says 421 and ends.
#[derive(Debug)]
pub enum IdentityError {
    /// Auth, or the filter, said no to this step.
    Refused(&'static str, io::Error),
    /// The filter, which knows the ids of its generation's accounts, said no to this step.
    Unknown(&'static str, io::Error),
    /// The kernel did not confine the session.
    Unconfined(io::Error),
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityError::Refused(step, error) => write!(f, "identity refused at {step}: {error}"),
            IdentityError::Unknown(step, error) => {
                write!(
                    f,
                    "identity refused at {step}: {error} (accounts added since the last HUP are not known)"
                )
            }
            IdentityError::Unconfined(error) => write!(f, "session not confined: {error}"),
        }
    }
}

/// Worker, after auth's `Granted`: takes the account's groups, group and user, and gives up every capability.
pub fn take(birth: &Birth, account: &Account) -> Result<(), IdentityError> {
    if birth.door == Door::Rootless {
        return Ok(());
    }
    // Auth may die with a question in hand: then the alarm ends the wait.
    identity::within(DOOR_DEADLINE, || take_ids(birth, account))
        .map_err(|error| IdentityError::Refused("setitimer", error))?
        .map_err(|error| explained(error, birth.door))?;
    // A change between two users other than root keeps capabilities (capabilities(7)): this call is necessary.
    refused_at("capset", identity::drop_capabilities())?;
    // A change of identity makes a process dumpable again where fs.suid_dumpable says so (proc_sys_fs(5)).
    refused_at("prctl", process::hide_memory())?;
    refused_at("prctl", watch_parent())
}

/// Auth compares pointer and count with the grant of this slot, then gid, then uid; each once. Where the filter alone guards the
/// door there are no supplementary groups.
fn take_ids(birth: &Birth, account: &Account) -> Result<(), IdentityError> {
    // A session without supplementary groups never touches the grants, nor pays for their page tables.
    let has_others = account.groups.iter().any(|(gid, _)| *gid != account.gid);
    let groups = if birth.door == Door::Notified && has_others {
        let (address, count) = birth.board.granted_groups(birth.slot);
        identity::take_groups(address, count)
    } else {
        identity::leave_groups()
    };
    refused_at("setgroups", groups)?;
    refused_at("setresgid", identity::take_group(account.gid))?;
    refused_at("setresuid", identity::take_user(account.uid))
}

fn refused_at(step: &'static str, outcome: io::Result<()>) -> Result<(), IdentityError> {
    outcome.map_err(|error| IdentityError::Refused(step, error))
}

/// Where the filter alone decides, the account may be newer than it.
fn explained(error: IdentityError, door: Door) -> IdentityError {
    match (error, door) {
        (IdentityError::Refused(step, error), Door::Filtered) => IdentityError::Unknown(step, error),
        (error, _) => error,
    }
}

/// Each change of identity has cleared the signal that tells of the master's death.
pub fn watch_parent() -> io::Result<()> {
    process::set_parent_death_signal(signals::BELL)
}

/// Worker, with the session's root open, and what is shown in it of the rest of the host: nothing outside them can be opened from here on.
pub fn confine<'a>(
    root: BorrowedFd<'a>,
    others: impl Iterator<Item = BorrowedFd<'a>>,
) -> Result<confine::Confinement, IdentityError> {
    confine::confine_to(root, others).map_err(IdentityError::Unconfined)
}
