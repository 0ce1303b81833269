//! Numbers that mean something have types, so that a uid is never passed where a pid belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A numeric user (credentials(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub u32);

/// A numeric group (credentials(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupId(pub u32);

/// A process, as the daemon's own pid namespace counts it. Never 0 or negative where a process is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId(pub i32);

impl UserId {
    /// root, who is never granted to a session.
    pub const ROOT: UserId = UserId(0);
}

impl GroupId {
    /// root's group, which is never granted to a session.
    pub const ROOT: GroupId = GroupId(0);
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
