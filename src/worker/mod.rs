//! One client: accept, conversation, login, commands, files.
//!
//! A page of the stack that a worker has once reached is its own for life. So steps that need much room are not inlined into what goes on
//! after them, or calls what goes deeper: they say `#[inline(never)]`.

mod accept;
mod arrival;
mod client_name;
mod commands;
mod conversation;
mod data;
mod digest;
mod display;
mod ending;
mod evidence;
mod greeting;
mod identity;
mod inquiry;
mod journal;
mod listing;
mod login;
mod member;
mod orders;
mod owner_names;
mod peer;
mod proxied;
mod readme;
mod refusals;
pub mod rehearsal;
mod rendezvous;
mod resources;
mod rulebook;
mod session;
mod session_root;
mod shutdown;
mod speech;
mod storage;
mod subject;
mod terms;
mod text;
mod throttle;
mod timeouts;
mod title;
mod tracing;
mod transfer;
mod transfer_log;
mod turn;
mod user_owner;
mod virtual_host;
mod vroot_aliases;
mod watch;

/// What reads the words of clients and of files that clients may have written, for the fuzz targets.
pub mod readers {
    pub use super::display::shown;
    pub use super::listing::{
        Columns, ColumnsMemory, Command as Listing, Described, FactsMemory, Options, Pattern, Role,
    };
    pub use super::storage::{FtpPath, Rights};
    pub use super::text::{SHOWN_MOST, expand};
}

use std::cell::Cell;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::panic;

use jiff::tz::TimeZone;
use slog::Logger;

use self::accept::Client;
use self::conversation::Conversation;
use self::greeting::{Greeted, Guest};
use self::rulebook::Rulebook;
use self::session::Session;
use self::watch::Watch;
use crate::config::Settings;
use crate::logging::{Channel, ServerLogs};
use crate::scoreboard::{OwnSlot, SlotNumber, WorkerBoard};
use crate::sys::ProcessId;
use crate::sys::poll::Exclusive;
use crate::sys::socket::Tuning;

/// What the nursery hands every worker it bears. Everything here was made once, before the birth.
pub struct Birth {
    /// This generation's settings, leaked in the nursery.
    pub settings: &'static Settings,
    /// Of the settings.
    pub generation: u32,
    /// Orders, places and grants, read-only; no other worker's slot.
    pub board: &'static WorkerBoard,
    /// Which slot this worker has.
    pub slot: SlotNumber,
    /// Its own page.
    pub own: OwnSlot,
    /// Listening sockets, nonblocking, with the address each is bound to. Closed before the first byte is read from a client.
    pub listeners: Vec<(OwnedFd, SocketAddr)>,
    /// The one client of a worker without listeners, whom somebody else accepted.
    pub connection: Option<(OwnedFd, SocketAddr)>,
    /// The wait for them, once it has begun; closed with them.
    pub wait: Option<Exclusive>,
    /// "A spare was taken": eventfd, nonblocking; closed with the listeners.
    pub taken: Option<OwnedFd>,
    /// Questions to auth (SOCK_DGRAM, shared by all workers, nonblocking).
    pub auth: OwnedFd,
    /// Records to the recorder.
    pub recorder: &'static Channel,
    /// The logs of each server, by its index.
    pub logs: Vec<ServerLogs>,
    /// How the identity is changed at login.
    pub door: Door,
    /// The zone of times shown, loaded before any confinement.
    pub zone: &'static TimeZone,
    /// Where passive ports come from without PassivePorts; None where the kernel has to choose.
    pub local_ports: Option<(u16, u16)>,
    /// The master, for getppid().
    pub master: ProcessId,
}

impl Birth {
    /// No other client is met from here on.
    fn leave_pool(&mut self) {
        self.wait = None;
        self.listeners = Vec::new();
        self.taken = None;
    }
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

/// Exit status of a worker that did what it was for.
const SERVED: u8 = 0;
/// Exit status of a worker that could not wait for clients.
const UNABLE: u8 = 1;

/// Worker: waits for a client that speaks and serves it, or leaves when the master orders so; gives the exit status.
pub fn serve(mut birth: Birth) -> u8 {
    let mut is_newborn = true;
    loop {
        let client = match accept::next_client(&mut birth, is_newborn) {
            Ok(Some(client)) => client,
            Ok(None) => return SERVED,
            Err(_) => return UNABLE,
        };
        let Some(client) = proxied::introduced(&mut birth, client) else { return SERVED };
        match greeting::greet(&mut birth, client) {
            Greeted::Speaks(guest) => return attend_to(birth, *guest),
            Greeted::Dismissed => return SERVED,
            // A proxy's words were read, the client was handed to it, or it is to retire: the pool is closed to this worker.
            Greeted::Left if birth.listeners.is_empty() => return SERVED,
            Greeted::Left => birth.own.returned_to_pool(),
        }
        is_newborn = false;
    }
}

/// From here on the client's bytes are read: what belongs to the pool is closed first, and no other client is ever served.
fn attend_to(birth: Birth, guest: Guest) -> u8 {
    begun(birth, guest).run();
    SERVED
}

/// A session from what it is made of, and from the first bytes of its client.
#[inline(never)]
fn begun(mut birth: Birth, guest: Guest) -> Session {
    birth.leave_pool();
    // The process ends with its session, so that this is never freed.
    let birth: &'static Birth = Box::leak(Box::new(birth));
    let Guest { client: Client { socket, peer, local, meant }, server: index, timers, greeting } = guest;
    let server = &birth.settings.servers[index];
    let control = Tuning { probes: server.sockets.probes, ..Tuning::default() };
    // A client that has just left; the first read will say so.
    let _ = control.apply(socket.as_fd());
    let log = greeting::logger(birth, index, local, peer);
    PANIC_LOG.set(Some(Box::leak(Box::new(log.clone()))));
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    let mut rulebook = Rulebook::default();
    let rules = rulebook.rules((index, server), || subject::stranger(birth, peer));
    let mut conversation = Conversation::new(socket, rules.command_buffer, greeting);
    // Its first bytes are there. Should it have left behind them, the next wait says so.
    conversation.receive();
    resources::limit(&rules.resources, &log);
    let watch = Watch::new(
        birth,
        (index, server),
        (rulebook, rules),
        (peer, local, meant),
        conversation,
        timers,
        log,
    );
    Session::new(watch)
}

thread_local! {
    // Beside the title, in memory that every worker writes to.
    static PANIC_LOG: Cell<Option<&'static Logger>> = const { Cell::new(None) };
}

/// Nursery, before the first birth: has each worker tell of its panics once it has a client. A panic is a defect of ours, and must be
/// found: the log tells where it was. Its words stay unsaid, for they may hold what the client sent. stderr leads nowhere.
pub fn tell_of_panics() {
    panic::set_hook(Box::new(|about| {
        let Some(log) = PANIC_LOG.get() else { return };
        let place = about.location().map(ToString::to_string).unwrap_or_default();
        slog::crit!(log, "worker panicked at {place}");
    }));
}
