//! The only door to the kernel, and the only unsafe code. Wrappers take and return types that cannot
//! be misused; what they cannot promise stands in a SAFETY comment.
#![expect(unsafe_code, reason = "this module is the wall around it")]

pub mod accounts;
pub mod append;
pub mod attendance;
pub mod attributes;
pub mod ballast;
mod blocks;
pub mod buffer;
pub mod clock;
pub mod confine;
pub mod crypt;
pub mod descriptors;
pub mod endings;
pub mod files;
pub mod heap;
pub mod hearing;
pub mod home_files;
pub mod host;
pub mod identity;
pub mod ids;
pub mod image;
pub mod limits;
pub mod lock;
pub mod mapping;
pub mod names;
pub mod notification;
pub mod own_descriptors;
pub mod pam;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod random;
pub mod rename;
pub mod resolve;
pub mod seccomp;
pub mod signals;
pub mod small_file;
pub mod socket;
pub mod streams;
pub mod succession;
pub mod title;
pub mod wall_timer;

use nix::libc;

pub use ids::{GroupId, ProcessId, UserId};

pub use caps::Capability;
pub use nix::sys::signal::Signal;

/// A path whose last part is a symbolic link is not opened (O_NOFOLLOW, open(2)).
pub const NO_FOLLOW: i32 = libc::O_NOFOLLOW;

/// Opening does not wait for the other end of a pipe (O_NONBLOCK, open(2)).
pub const NO_BLOCK: i32 = libc::O_NONBLOCK;
