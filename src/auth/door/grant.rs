//! An identity that a worker may take: which calls, with which values, in which order, each once.

use crate::scoreboard::{SlotNumber, grant_address};
use crate::sys::notification::Call;
use crate::sys::process::PidFd;
use crate::sys::{GroupId, UserId};

/// What was granted, to which process, and how much of it is taken already.
#[derive(Debug)]
pub struct Grant {
    identity: Identity,
    next: Step,
    process: PidFd,
}

/// The values, as they must stand in the worker's registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    slot: SlotNumber,
    uid: UserId,
    gid: GroupId,
    groups: usize,
}

/// Which call comes next: groups and group while the user may still change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// setgroups; left out where no groups are granted (an empty list asks nobody).
    Groups,
    /// setresgid.
    Group,
    /// setresuid.
    User,
}

impl Grant {
    /// To the process behind the descriptor, which lives in `slot`.
    pub fn new(slot: SlotNumber, uid: UserId, gid: GroupId, groups: usize, process: PidFd) -> Grant {
        let next = if groups > 0 { Step::Groups } else { Step::Group };
        Grant { identity: Identity { slot, uid, gid, groups }, next, process }
    }

    /// Whether this is the very call that comes next.
    pub fn allows(&self, call: Call) -> bool {
        call == self.identity.call(self.next)
    }

    /// Whether the process still lives; one that died never comes back.
    pub fn is_alive(&self) -> bool {
        self.process.tell(None).is_ok()
    }

    /// The call was carried out. Says whether it was the last one.
    pub fn step(&mut self) -> bool {
        let next = match self.next {
            Step::Groups => Some(Step::Group),
            Step::Group => Some(Step::User),
            Step::User => None,
        };
        self.next = next.unwrap_or(self.next);
        next.is_none()
    }
}

impl Identity {
    /// What the worker must ask for. The list of groups must lie in its own slot of the sealed grants: only auth writes
    /// there, so that what is compared here is what the kernel reads afterwards.
    fn call(&self, step: Step) -> Call {
        match step {
            Step::Groups => {
                Call::SetGroups { count: self.groups as u64, list: grant_address(self.slot) as u64 }
            }
            Step::Group => Call::SetGids([self.gid.0; 3]),
            Step::User => Call::SetUids([self.uid.0; 3]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoreboard::{GRANT_SIZE, GRANTS_ADDRESS};
    use crate::sys::process;

    const LIST: u64 = (GRANTS_ADDRESS + 3 * GRANT_SIZE) as u64;

    fn grant(groups: usize) -> Grant {
        let process = PidFd::open(process::own()).unwrap();
        Grant::new(SlotNumber(3), UserId(1000), GroupId(100), groups, process)
    }

    #[test]
    fn the_granted_calls_pass_in_order_and_once() {
        let mut grant = grant(2);
        let calls =
            [Call::SetGroups { count: 2, list: LIST }, Call::SetGids([100; 3]), Call::SetUids([1000; 3])];
        for (done, call) in calls.into_iter().enumerate() {
            for (index, other) in calls.into_iter().enumerate() {
                assert_eq!(grant.allows(other), index == done, "{other:?} after {done}");
            }
            assert!(grant.allows(call));
            assert_eq!(grant.step(), done == 2);
        }
    }

    #[test]
    fn nothing_else_passes() {
        let with_groups = grant(2);
        for (count, list) in [
            (1, LIST),
            (3, LIST),
            (2, LIST + 4),
            (2, LIST - GRANT_SIZE as u64),
            (2, 0),
            (2 + (1 << 32), LIST),
        ] {
            assert!(!with_groups.allows(Call::SetGroups { count, list }), "{count} at {list:x}");
        }
        let plain = grant(0);
        for call in [
            Call::SetGroups { count: 0, list: LIST },
            Call::SetGids([100, 100, 101]),
            Call::SetGids([u32::MAX; 3]),
            Call::SetUids([1000; 3]),
            Call::Other(105),
        ] {
            assert!(!plain.allows(call), "{call:?}");
        }
        assert!(plain.allows(Call::SetGids([100; 3])));
    }
}
