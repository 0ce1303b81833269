//! The only door to the kernel, and the only unsafe code. Wrappers take and return types that cannot
//! be misused; what they cannot promise stands in a SAFETY comment.
#![allow(unsafe_code, reason = "this module is the wall around it")]

pub mod accounts;
pub mod append;
pub mod clock;
pub mod crypt;
pub mod ids;
pub mod lock;
pub mod mapping;
pub mod notification;
pub mod poll;
pub mod signals;
pub mod socket;

pub use ids::{GroupId, ProcessId, UserId};
