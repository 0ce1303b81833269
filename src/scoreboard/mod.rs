//! The scoreboard: one file, mapped by every process, with no lock anywhere. One writer for every byte.
//! `docs/scoreboard.md` holds the public layout; every function here says which process calls it.
//!
//! CONTRACT (bodies to come): the signatures below are what the other layers build on.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use crate::shutmsg::Schedule;
use crate::sys::{GroupId, ProcessId, UserId};

/// A slot's number: its page, its place, its grant and its birth share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotNumber(pub u32);

/// The address every process that maps the grants read-only lays them at (the nursery does; workers inherit
/// it), so that auth can compare a pointer in a worker's registers with `GRANTS_ADDRESS + slot * GRANT_SIZE`.
pub const GRANTS_ADDRESS: usize = 0x6000_0000_0000;
/// Bytes of one grant.
pub const GRANT_SIZE: usize = 512;
/// Most supplementary groups that a grant can hold.
pub const GRANT_GROUPS: usize = 64;

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No process lives here.
    Vacant,
    /// The process lives and does not accept yet.
    Starting,
    /// Waits in accept.
    Spare,
    /// Has a client, and has read nothing from it.
    Greeting,
    /// Has read from its client, who is not logged in.
    Login,
    /// Logged in, waiting for a command.
    Idle,
    /// Carrying out a command (a transfer has its own fields besides).
    Busy,
    /// Saying goodbye.
    Closing,
}

/// What the master wants of every worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Go on. Workers of a generation below the header's retire: spares leave, sessions finish.
    Run,
    /// Stop accepting, let sessions finish, leave.
    Drain,
    /// Tell the client 421 and leave.
    Leave,
}

/// What the master wants of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotOrder {
    /// Go on.
    Run,
    /// A spare leaves; a session finishes and leaves.
    Retire,
    /// Tell the client 421 and leave.
    Leave,
}

/// Which way a transfer's bytes go, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// RETR.
    Download,
    /// STOR, APPE, STOU.
    Upload,
    /// LIST, NLST, MLSD.
    Listing,
}

/// Running totals: of one worker's life in its slot, of all dead workers in the header. Cumulative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections accepted.
    pub connections: u64,
    /// Logins granted.
    pub logins: u64,
    /// Logins refused, for whatever reason.
    pub refused: u64,
    /// Files sent whole.
    pub downloads: u64,
    /// Files received whole.
    pub uploads: u64,
    /// Bytes of file data sent.
    pub bytes_out: u64,
    /// Bytes of file data received.
    pub bytes_in: u64,
    /// Transfers that ended early.
    pub aborted: u64,
    /// Trace and log records that could not be handed to the recorder.
    pub records_lost: u64,
}

/// What a reader sees of the header.
#[derive(Clone, Debug)]
pub struct HeaderRecord {
    /// The master; None once it removed itself.
    pub master: ProcessId,
    /// Milliseconds since the epoch.
    pub started_ms: u64,
    /// Of the settings new workers are born with; 1 at the start, one more at each good HUP.
    pub generation: u32,
    /// How many HUPs were refused for a broken configuration.
    pub refused_reloads: u32,
    /// The standing order.
    pub order: Order,
    /// The shutdown file's schedule, if there is one.
    pub schedule: Option<Schedule>,
    /// Totals of the workers that have died.
    pub totals: Totals,
    /// One past the highest slot ever used: readers look no further.
    pub high_water: u32,
}

/// What a reader sees of a slot; a copy, not a view.
#[derive(Clone, Debug)]
pub struct SlotRecord {
    /// Where it was read.
    pub slot: SlotNumber,
    /// The worker.
    pub pid: ProcessId,
    /// Of the settings it was born with.
    pub generation: u32,
    /// What it is doing.
    pub state: State,
    /// When it began to do that (milliseconds since the epoch).
    pub since_ms: u64,
    /// When its client connected; 0 for a spare.
    pub connected_ms: u64,
    /// The client's address and port.
    pub client: Option<SocketAddr>,
    /// The client's name as resolved, else its address.
    pub client_name: Vec<u8>,
    /// The address and port the client reached.
    pub server: Option<SocketAddr>,
    /// ServerName of the virtual host.
    pub server_name: Vec<u8>,
    /// As given by the client; empty before USER.
    pub user: Vec<u8>,
    /// Empty without one.
    pub class: Vec<u8>,
    /// `ftp`, later `ftps`.
    pub protocol: Vec<u8>,
    /// As the client sees it.
    pub cwd: Vec<u8>,
    /// The verb being carried out, or the last one.
    pub command: Vec<u8>,
    /// Its argument, cut to the field's size; never a password.
    pub arguments: Vec<u8>,
    /// The transfer going on.
    pub transfer: Option<TransferRecord>,
    /// Since the worker's birth.
    pub totals: Totals,
}

/// A transfer as a reader sees it.
#[derive(Clone, Debug)]
pub struct TransferRecord {
    /// Which way.
    pub direction: Direction,
    /// The file, as the client sees it.
    pub path: Vec<u8>,
    /// Bytes to come in all, where known.
    pub size: Option<u64>,
    /// Bytes done.
    pub done: u64,
    /// Milliseconds since the epoch.
    pub started_ms: u64,
}

/// Readers (`ftpwho`, tests): a read-only mapping of a board found by path.
pub struct Reader {}

impl Reader {
    /// Maps the board at `path`. Errors: not there, not a board, another layout version, cut short; each with words of its own.
    pub fn open(path: &Path) -> Result<Reader, BoardError> {
        let _ = path;
        todo!()
    }

    /// A consistent copy of the header.
    pub fn header(&self) -> HeaderRecord {
        todo!()
    }

    /// Copies of all live slots, lowest first. A slot whose writer died in mid-publish is skipped after bounded retries.
    pub fn slots(&self) -> Vec<SlotRecord> {
        todo!()
    }
}

/// Why a board cannot be read or made.
#[derive(Debug)]
pub enum BoardError {
    /// The system said no.
    Io(PathBuf, io::Error),
    /// The file is no scoreboard of ours.
    NotABoard(PathBuf),
    /// Another layout version.
    Version(PathBuf, u32),
    /// Smaller than its header says.
    Truncated(PathBuf),
    /// Another master holds it.
    Held(PathBuf),
}

/// The master's mapping: header, places, births and dead slots are its to write. Never inherited (MADV_DONTFORK).
pub struct MasterBoard {}

impl MasterBoard {
    /// Master, at start: makes a new inode (mode 0644) beside `path`, locks it, renames it into place. Refuses when the
    /// board at `path` is locked by a living master.
    pub fn create(path: &Path, slots: u32) -> Result<MasterBoard, BoardError> {
        let _ = (path, slots);
        todo!()
    }

    /// Master: descriptors its children map the board from: (read-only, read-write).
    pub fn descriptors(&self) -> io::Result<(OwnedFd, OwnedFd)> {
        todo!()
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        todo!()
    }

    /// Master, before a birth: allocates the slot's page, place, grant and birth on the disk (ENOSPC here, never SIGBUS later).
    pub fn allocate(&self, slot: SlotNumber) -> io::Result<()> {
        let _ = slot;
        todo!()
    }

    /// Master: the generation new workers are born with; older ones retire at their next bell.
    pub fn publish_generation(&self, generation: u32) {
        let _ = generation;
        todo!()
    }

    /// Master: the standing order for all.
    pub fn publish_order(&self, order: Order) {
        let _ = order;
        todo!()
    }

    /// Master: a HUP was refused.
    pub fn count_refused_reload(&self) {
        todo!()
    }

    /// Master: what the shutdown file says now.
    pub fn publish_schedule(&self, schedule: Option<&Schedule>) {
        let _ = schedule;
        todo!()
    }

    /// Master: what this worker should do.
    pub fn publish_slot_order(&self, slot: SlotNumber, order: SlotOrder) {
        let _ = (slot, order);
        todo!()
    }

    /// Master: whether the worker may serve a client without asking for one of MaxInstances (SeqCst; see [`WorkerBoard::may_serve`]).
    pub fn publish_may_serve(&self, slot: SlotNumber, yes: bool) {
        let _ = (slot, yes);
        todo!()
    }

    /// Master: what the slot's session holds of the limits, so that an upgraded master can rebuild its counts.
    pub fn publish_place(&self, slot: SlotNumber, place: &PlaceRecord) {
        let _ = (slot, place);
        todo!()
    }

    /// Master: the worker's state, one SeqCst load.
    pub fn state(&self, slot: SlotNumber) -> State {
        let _ = slot;
        todo!()
    }

    /// Master, auth: the pid the kernel wrote at the birth; None before it.
    pub fn birth(&self, slot: SlotNumber) -> Option<ProcessId> {
        let _ = slot;
        todo!()
    }

    /// Master, after the reap: moves the slot's totals into the header and clears slot, place, grant and birth, under one
    /// header sequence, so that no reader sees a total twice or not at all.
    pub fn settle(&self, slot: SlotNumber) {
        let _ = slot;
        todo!()
    }

    /// Master, at its end, and auth after a master that crashed: removes the file if it still is this inode.
    pub fn remove(&self) -> io::Result<()> {
        todo!()
    }
}

/// What the master wrote of a session's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceRecord {
    /// Counted in MaxInstances.
    pub instance: bool,
    /// Hash of the account's name and virtual host; 0 for none.
    pub account: u64,
    /// Hash of the client's address; 0 for none.
    pub host: u64,
    /// The virtual host's index + 1; 0 for none.
    pub server: u32,
}

/// Mapped once in the nursery from descriptors of the master, sealed, inherited by its workers.
pub struct WorkerBoard {}

impl WorkerBoard {
    /// Nursery: maps the whole board read-only and the grants at [`GRANTS_ADDRESS`], seals both (mseal where the kernel has it).
    pub fn map(read_only: &OwnedFd) -> io::Result<WorkerBoard> {
        let _ = read_only;
        todo!()
    }

    /// Worker, first thing: maps its own page writable from the master's descriptor and seals it.
    pub fn own_slot(&self, read_write: &OwnedFd, slot: SlotNumber) -> io::Result<OwnSlot> {
        let _ = (read_write, slot);
        todo!()
    }

    /// Worker: the standing order.
    pub fn order(&self) -> Order {
        todo!()
    }

    /// Worker: what the master wants of this slot.
    pub fn slot_order(&self, slot: SlotNumber) -> SlotOrder {
        let _ = slot;
        todo!()
    }

    /// Worker: the generation new workers are born with.
    pub fn generation(&self) -> u32 {
        todo!()
    }

    /// Worker: the shutdown schedule, copied out consistently. One load when there is none.
    pub fn schedule(&self) -> Option<Schedule> {
        todo!()
    }

    /// Worker, after it published [`State::Greeting`] (SeqCst on both sides: either the master sees the client, or the worker
    /// sees that it must ask).
    pub fn may_serve(&self, slot: SlotNumber) -> bool {
        let _ = slot;
        todo!()
    }

    /// Worker, at login: address and length of the supplementary groups that auth granted to this slot.
    pub fn granted_groups(&self, slot: SlotNumber) -> (usize, usize) {
        let _ = slot;
        todo!()
    }
}

/// Auth's mapping: the grants, writable; the births, readable.
pub struct AuthBoard {}

impl AuthBoard {
    /// Auth, at start.
    pub fn map(read_write: &OwnedFd) -> io::Result<AuthBoard> {
        let _ = read_write;
        todo!()
    }

    /// Auth: the slot of a pid, by the births; None for a process that is no living worker.
    pub fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber> {
        let _ = pid;
        todo!()
    }

    /// Auth: writes what the session in `slot` may become.
    pub fn grant(&self, slot: SlotNumber, uid: UserId, gid: GroupId, groups: &[GroupId]) {
        let _ = (slot, uid, gid, groups);
        todo!()
    }

    /// Auth: clears a grant.
    pub fn revoke(&self, slot: SlotNumber) {
        let _ = slot;
        todo!()
    }
}

/// A worker's own page: the only shared memory it can write.
pub struct OwnSlot {}

impl OwnSlot {
    /// Worker: at birth.
    pub fn born(&self, pid: ProcessId, generation: u32) {
        let _ = (pid, generation);
        todo!()
    }

    /// Worker: a new state (SeqCst), with the time.
    pub fn state(&self, state: State) {
        let _ = state;
        todo!()
    }

    /// Worker: a client came (state Greeting, totals.connections + 1).
    pub fn connected(&self, client: SocketAddr, server: SocketAddr, server_name: &[u8]) {
        let _ = (client, server, server_name);
        todo!()
    }

    /// Worker: its client left before a byte was read; clears what `connected` wrote (state Spare).
    pub fn returned_to_pool(&self) {
        todo!()
    }

    /// Worker: the name given with USER, and where the client comes from, once resolved.
    pub fn user(&self, name: &[u8]) {
        let _ = name;
        todo!()
    }

    /// Worker: the client's resolved name.
    pub fn client_name(&self, name: &[u8]) {
        let _ = name;
        todo!()
    }

    /// Worker: state Busy with this command.
    pub fn command(&self, verb: &[u8], arguments: &[u8]) {
        let _ = (verb, arguments);
        todo!()
    }

    /// Worker: the working directory as the client sees it.
    pub fn cwd(&self, path: &[u8]) {
        let _ = path;
        todo!()
    }

    /// Worker: a transfer begins.
    pub fn transfer_begins(&self, direction: Direction, path: &[u8], size: Option<u64>) {
        let _ = (direction, path, size);
        todo!()
    }

    /// Worker: bytes done so far; one relaxed store, no sequence.
    pub fn transfer_progress(&self, done: u64) {
        let _ = done;
        todo!()
    }

    /// Worker: the transfer is over; its fields are cleared.
    pub fn transfer_ends(&self) {
        todo!()
    }

    /// Worker: adds to its totals.
    pub fn count(&self, more: &Totals) {
        let _ = more;
        todo!()
    }
}
