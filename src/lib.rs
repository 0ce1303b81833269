//! ferryd, an FTP server for hosting. The modules stand in layers, top first; a module names only
//! what stands below it (`tests/house.rs` keeps it so). ARCHITECTURE.md tells the whole. Public is only what
//! programs, tests and fuzz targets reach: of the rest rustc says what nobody uses.

// What an operator runs.
pub mod admin;
pub mod invocation;

// What is told of a configuration without serving it.
mod diagnosis;

// The parent process.
mod master;

// Where workers are born.
mod nursery;

// One client's session.
mod worker;

// What the operator wrote.
pub mod config;

// Who may come in, what FTP says.
mod auth;
pub mod protocol;

// What is written down.
mod logging;

// The shared memory.
pub mod scoreboard;

// The shutdown file; the words of the control socket.
pub mod control;
pub mod shutmsg;

// The only door to the kernel, and the only unsafe code.
mod sys;

/// What the attacks in `tests/trust` are made of: a question to auth, a filter like a container's.
#[doc(hidden)]
pub mod attack {
    pub use crate::auth::secret::Secret;
    pub use crate::auth::wire::{Answer, Request};
    pub use crate::sys::process::forbid_new_privileges;
    pub use crate::sys::seccomp::{Filter, Row, Verdict};
}

/// What of a session the targets in `fuzz/` feed, and `bench/parts` measures.
#[doc(hidden)]
pub mod readers {
    pub use crate::config::listings::{ListCommands, ListOptions, USUAL};
    pub use crate::sys::files::{Kind, Status};
    pub use crate::sys::{GroupId, UserId};
    pub use crate::worker::readers::*;
}
