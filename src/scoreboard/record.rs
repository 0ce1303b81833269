//! What the scoreboard tells, as values: states and orders with their numbers in the file, and the records
//! a reader gets.

use std::net::{IpAddr, SocketAddr};

use super::SlotNumber;
use crate::shutmsg::Schedule;
use crate::sys::ProcessId;

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

/// Whose a board is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A daemon's.
    Standalone,
    /// Of sessions without a common master (ServerType inetd).
    Inetd,
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
    /// The master; None once it has removed the board.
    pub master: Option<ProcessId>,
    /// Whether there can be one at all.
    pub kind: Kind,
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
    /// Whether the master has said that it serves.
    pub ready: bool,
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
    /// Hash of the client's class; 0 for none.
    pub class: u64,
    /// Index of the `<Anonymous>` section.
    pub anonymous: Option<u16>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// Index of the virtual host where the connection is counted in MaxConnectionsPerHost.
    pub connection: Option<u16>,
    /// The transfer that is counted.
    pub transfer: Option<PlaceTransfer>,
}

/// A transfer that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceTransfer {
    /// The number of its command.
    pub verb: u8,
    /// It shares its rate with others of its user.
    pub shares_rate: bool,
}

impl Kind {
    /// Its number in the file.
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// The kind of a number.
    pub(super) fn of(number: u64) -> Kind {
        if number == Kind::Inetd.number() { Kind::Inetd } else { Kind::Standalone }
    }
}

impl State {
    /// Every state, at the index that is its number in the file.
    const ALL: [State; 8] = [
        State::Vacant,
        State::Starting,
        State::Spare,
        State::Greeting,
        State::Login,
        State::Idle,
        State::Busy,
        State::Closing,
    ];

    /// Its number in the file.
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// The state of a number; Vacant for one that no worker of ours writes.
    pub(super) fn of(number: u64) -> State {
        usize::try_from(number).ok().and_then(|index| State::ALL.get(index)).copied().unwrap_or(State::Vacant)
    }
}

impl Order {
    /// Its number in the file.
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// The order of a number.
    pub(super) fn of(number: u64) -> Order {
        match number {
            0 => Order::Run,
            1 => Order::Drain,
            _ => Order::Leave,
        }
    }
}

impl SlotOrder {
    /// Its number in the file.
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// The order of a number.
    pub(super) fn of(number: u64) -> SlotOrder {
        match number {
            0 => SlotOrder::Run,
            1 => SlotOrder::Retire,
            _ => SlotOrder::Leave,
        }
    }
}

impl Direction {
    /// Its number in the file, where 0 is no transfer.
    pub(super) fn number(self) -> u64 {
        self as u64 + 1
    }

    /// The direction of a number.
    pub(super) fn of(number: u64) -> Option<Direction> {
        match number {
            1 => Some(Direction::Download),
            2 => Some(Direction::Upload),
            3 => Some(Direction::Listing),
            _ => None,
        }
    }
}

impl Totals {
    /// Adds to every total. They wrap: a worker that a client has taken over may have written anything.
    pub fn add(&mut self, more: &Totals) {
        let theirs = more.fields();
        for (index, total) in self.fields_mut().into_iter().enumerate() {
            *total = total.wrapping_add(theirs[index]);
        }
    }

    /// In the order of the file ([`super::layout::totals`]).
    pub(super) fn fields(&self) -> [u64; 9] {
        let mut copy = *self;
        copy.fields_mut().map(|total| *total)
    }

    /// As [`Totals::fields`].
    pub(super) fn fields_mut(&mut self) -> [&mut u64; 9] {
        [
            &mut self.connections,
            &mut self.logins,
            &mut self.refused,
            &mut self.downloads,
            &mut self.uploads,
            &mut self.bytes_out,
            &mut self.bytes_in,
            &mut self.aborted,
            &mut self.records_lost,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_values_are_each_others() {
        for state in State::ALL {
            assert_eq!(State::of(state.number()), state);
        }
        for order in [Order::Run, Order::Drain, Order::Leave] {
            assert_eq!(Order::of(order.number()), order);
        }
        for order in [SlotOrder::Run, SlotOrder::Retire, SlotOrder::Leave] {
            assert_eq!(SlotOrder::of(order.number()), order);
        }
        for direction in [Direction::Download, Direction::Upload, Direction::Listing] {
            assert_eq!(Direction::of(direction.number()), Some(direction));
        }
        assert_eq!(State::of(u64::MAX), State::Vacant);
        assert_eq!(Direction::of(0), None);
    }

    #[test]
    fn totals_add_up_field_by_field() {
        let mut totals = Totals { connections: 1, records_lost: u64::MAX, ..Totals::default() };
        totals.add(&Totals { connections: 2, logins: 3, records_lost: 1, ..Totals::default() });
        assert_eq!(totals, Totals { connections: 3, logins: 3, ..Totals::default() });
    }
}
