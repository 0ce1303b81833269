//! One client: accept, conversation, login, commands, files.

mod accept;
mod conversation;
pub mod data;
mod greeting;
pub mod identity;
mod orders;
mod peer;
mod shutdown;
pub mod storage;
mod text;
mod timeouts;
mod virtual_host;
mod watch;

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::logging::{Channel, LogNumber};
use crate::scoreboard::{OwnSlot, SlotNumber, WorkerBoard};

/// What the nursery hands every worker it bears. Everything here was made once, before the birth.
pub struct Birth {
    /// This generation's settings, leaked in the nursery.
    pub settings: &'static Settings,
    /// Of the settings.
    pub generation: u32,
    /// The whole board, read-only.
    pub board: &'static WorkerBoard,
    /// Which slot this worker has.
    pub slot: SlotNumber,
    /// Its own page.
    pub own: OwnSlot,
    /// Listening sockets, nonblocking, with the address each is bound to. Closed before the first byte is read from a client.
    pub listeners: Vec<(OwnedFd, SocketAddr)>,
    /// "A spare was taken": eventfd, nonblocking; closed with the listeners.
    pub taken: Option<OwnedFd>,
    /// Questions to auth (SOCK_DGRAM, shared by all workers, nonblocking).
    pub auth: OwnedFd,
    /// Records to the recorder.
    pub recorder: Arc<Channel>,
    /// The transfer log of each server, by the server's index; None where there is none.
    pub transfer_logs: Vec<Option<LogNumber>>,
    /// How the identity is changed at login.
    pub door: Door,
    /// The zone of times shown, loaded before any confinement.
    pub zone: &'static TimeZone,
    /// The master, for getppid().
    pub master: crate::sys::ProcessId,
}

/// How a session's identity is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Auth opens it by seccomp user notification.
    Notified,
    /// No notification here: uids held to a known set by the filter, no supplementary groups.
    Filtered,
    /// The daemon is not root: the session is the caller.
    Rootless,
}

/// The status of a worker that could not begin; the master logs it at the reap.
pub const STILLBORN: u8 = 70;

/// Worker: serves clients until one has spoken and gone, or the master orders otherwise; gives the exit status.
pub fn serve(birth: Birth) -> u8 {
    let _ = birth;
    todo!()
}
