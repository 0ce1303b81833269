//! The layout of the board: every offset and size, in one place. `docs/scoreboard.md` holds the same table, and a
//! test compares them. All offsets are bytes; numbers are little-endian 64-bit words (births: 32-bit).

use std::ops::Range;

use super::{REASONS_MOST, SlotNumber};
use crate::sys::mapping::PAGE;

#[cfg(target_endian = "big")]
compile_error!("the scoreboard's layout is little-endian");

/// The first eight bytes of a board.
pub const MAGIC: u64 = u64::from_le_bytes(*b"ferrydSB");
/// Of the layout; another number means other offsets.
pub const VERSION: u64 = 4;
/// Most slots a board can have.
pub const SLOTS_MAX: u32 = 1 << 20;
/// Bytes of one place.
pub const PLACE_SIZE: usize = 128;
/// Bytes of one grant.
pub const GRANT_SIZE: usize = 512;
/// Bytes of one birth.
pub const BIRTH_SIZE: usize = 4;
/// Bytes of one slot: a page, the grain of write isolation.
pub const SLOT_SIZE: usize = PAGE;
/// Most supplementary groups that a grant can hold.
pub const GRANT_GROUPS: usize = 64;

/// A text field: where it begins in its record and how many bytes it has. Text ends at the first NUL or at the
/// field's end.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Offset in the record.
    pub at: usize,
    /// A multiple of 8.
    pub size: usize,
}

const fn text(at: usize, size: usize) -> Text {
    Text { at, size }
}

/// Offsets in the header, whose page begins the file. Its writer is the master.
pub mod header {
    use super::{Text, text};

    /// [`super::MAGIC`].
    pub const MAGIC: usize = 0;
    /// [`super::VERSION`].
    pub const VERSION: usize = 8;
    /// How many slots there are.
    pub const SLOTS: usize = 16;
    /// Where the places begin.
    pub const PLACES_AT: usize = 24;
    /// Where the grants begin.
    pub const GRANTS_AT: usize = 32;
    /// Where the births begin.
    pub const BIRTHS_AT: usize = 40;
    /// Where the slots begin.
    pub const SLOTS_AT: usize = 48;
    /// Size of the whole file.
    pub const FILE_SIZE: usize = 56;
    /// The master's pid; 0 once it has removed the board.
    pub const MASTER: usize = 64;
    /// When it started, milliseconds since the epoch.
    pub const STARTED: usize = 72;
    /// 1 once the daemon serves.
    pub const READY: usize = 80;
    /// 0: a master owns the board; 1: sessions without a common master share it (ServerType inetd).
    pub const KIND: usize = 88;
    /// Of the settings new workers are born with.
    pub const GENERATION: usize = 128;
    /// HUPs refused for a broken configuration.
    pub const REFUSED_RELOADS: usize = 136;
    /// The standing order: 0 run, 1 drain, 2 leave.
    pub const ORDER: usize = 144;
    /// One past the highest slot ever used.
    pub const HIGH_WATER: usize = 152;
    /// For tests alone: a worker born while this is n > 0 stops for ever in the middle of its n-th publish.
    /// Nothing in the daemon sets it; a test that may write the board does.
    pub const STOP: usize = 160;
    /// What is logged by the operator's order, over what is configured: 0 nothing, 5 debugging, 6 tracing.
    pub const LEVEL: usize = 168;
    /// For tests alone: milliseconds between the turns of the master's watchdog, where it is not 0. Nothing in the daemon sets it.
    pub const WATCHDOG_TURN: usize = 176;
    /// What is traced by the operator's order, over what is configured: a byte each channel, its highest bit set where there is an order.
    pub const TRACE: usize = 184;
    /// Sequence of the totals, and of the settling of dead workers.
    pub const TOTALS_SEQUENCE: usize = 192;
    /// Totals of dead workers, in the order of [`super::totals`].
    pub const TOTALS: usize = 200;
    /// Sequence of the shutdown schedule.
    pub const SCHEDULE_SEQUENCE: usize = 512;
    /// 1 while there is a schedule.
    pub const SCHEDULED: usize = 520;
    /// When the server is meant to go down; seconds since the epoch, as the next two.
    pub const SHUTDOWN: usize = 528;
    /// From when on clients are refused.
    pub const DENY: usize = 536;
    /// When sessions are disconnected.
    pub const DISCONNECT: usize = 544;
    /// When the schedule expires; 0: never.
    pub const EXPIRES: usize = 552;
    /// Until when transfers may end; 0: no longer than their sessions.
    pub const DRAIN: usize = 560;
    /// The operator's message.
    pub const MESSAGE: Text = text(576, 512);
    /// The name of the one server that is meant; empty for all.
    pub const SERVER: Text = text(1088, 128);
    /// Refusals that dead workers counted, a word for each [`crate::scoreboard::ReasonCode`]. Under the sequence of the totals.
    pub const REFUSALS: usize = 1216;
    /// The virtual hosts that an operator has taken down: the one with index i of the header's generation is bit i % 64 of word i / 64.
    pub const DOWN: usize = 2048;
    /// How many virtual hosts have a bit there.
    pub const DOWN_HOSTS: usize = 16_384;
}

/// Offsets in a place. Its writer is the master.
pub mod place {
    /// The worker's order: 0 run, 1 retire, 2 leave.
    pub const ORDER: usize = 0;
    /// 1: the worker may serve a client without asking.
    pub const MAY_SERVE: usize = 8;
    /// Sequence of the fields below.
    pub const SEQUENCE: usize = 16;
    /// 1: counted in MaxInstances.
    pub const INSTANCE: usize = 24;
    /// Hash of account and virtual host; 0 for none.
    pub const ACCOUNT: usize = 32;
    /// Hash of the client's address; 0 for none.
    pub const HOST: usize = 40;
    /// The virtual host's index + 1; 0 for none.
    pub const SERVER: usize = 48;
    /// Hash of the client's class; 0 for none.
    pub const CLASS: usize = 56;
    /// How many transfers share the rate of this session's; 0 for none. Stored without the sequence.
    pub const SHARERS: usize = 64;
    /// Bytes a second that the operator lets this session's transfers have; 0: as many as it is configured. Stored without the sequence.
    pub const RATE: usize = 72;
    /// The index of the `<Anonymous>` section + 1; 0 for none.
    pub const ANONYMOUS: usize = 80;
    /// The client's address, 16 bytes in network order, IPv4 mapped into IPv6; zeros for none.
    pub const ADDRESS: usize = 88;
    /// Of the virtual host where the connection is counted in MaxConnectionsPerHost, the index + 1; 0 for none.
    pub const CONNECTION: usize = 104;
    /// Of the transfer that is counted: its command (1 APPE, 2 RETR, 3 STOR, 4 STOU), + 256 where it shares a rate; 0 for none.
    pub const TRANSFER: usize = 112;
}

/// Offsets in a grant. Its writer is the generation's auth; the master clears it.
pub mod grant {
    /// 64 groups of 4 bytes each, as setgroups(2) takes them. First, so that the address of a grant is the
    /// address of its groups.
    pub const GROUPS: usize = 0;
    /// How many of them are granted.
    pub const GROUP_COUNT: usize = 256;
    /// The user granted; 0: none.
    pub const UID: usize = 264;
    /// The group granted; 0: none.
    pub const GID: usize = 272;
}

/// Offsets in a slot. Its writer is its worker while it lives, else the master.
pub mod slot {
    use super::{Text, text};

    /// Sequence of the whole page but [`TRANSFER_DONE`] and [`REFUSALS`].
    pub const SEQUENCE: usize = 0;
    /// The worker, as it calls itself; the kernel's word is in the births.
    pub const PID: usize = 8;
    /// Of the settings it was born with.
    pub const GENERATION: usize = 16;
    /// 0 vacant, 1 starting, 2 spare, 3 greeting, 4 login, 5 idle, 6 busy, 7 closing.
    pub const STATE: usize = 24;
    /// When that began, milliseconds since the epoch.
    pub const SINCE: usize = 32;
    /// When the client connected; 0 for a spare.
    pub const CONNECTED: usize = 40;
    /// The client: family (0 none, 4, 6) + port * 65536.
    pub const CLIENT: usize = 48;
    /// Its address, 16 bytes in network order (IPv4: the first four).
    pub const CLIENT_ADDRESS: usize = 56;
    /// The address reached, as the client's.
    pub const SERVER: usize = 72;
    /// Its address.
    pub const SERVER_ADDRESS: usize = 80;
    /// 0 no transfer, 1 download, 2 upload, 3 listing.
    pub const DIRECTION: usize = 96;
    /// Bytes to come in all; 2^64-1 where unknown.
    pub const TRANSFER_SIZE: usize = 104;
    /// Bytes done; stored without the sequence.
    pub const TRANSFER_DONE: usize = 112;
    /// When the transfer began, milliseconds since the epoch.
    pub const TRANSFER_STARTED: usize = 120;
    /// Totals of this worker, in the order of [`super::totals`].
    pub const TOTALS: usize = 128;
    /// The name given with USER.
    pub const USER: Text = text(256, 128);
    /// The client's name as resolved, else its address.
    pub const CLIENT_NAME: Text = text(384, 256);
    /// ServerName of the virtual host.
    pub const SERVER_NAME: Text = text(640, 128);
    /// The client's class.
    pub const CLASS: Text = text(768, 64);
    /// `ftp` or `ftps`.
    pub const PROTOCOL: Text = text(832, 16);
    /// The verb being carried out, or the last one.
    pub const COMMAND: Text = text(848, 16);
    /// Its argument; never a password.
    pub const ARGUMENTS: Text = text(896, 768);
    /// The working directory, as the client sees it.
    pub const CWD: Text = text(1664, 768);
    /// The file being transferred, as the client sees it.
    pub const TRANSFER_PATH: Text = text(2432, 1024);
    /// Refusals of this worker, a word for each [`crate::scoreboard::ReasonCode`]; stored without the sequence.
    pub const REFUSALS: usize = 3456;
}

/// Bytes of a block of refusals.
pub const REFUSALS_SIZE: usize = REASONS_MOST * 8;

/// Offsets in a block of totals.
pub mod totals {
    /// Connections accepted.
    pub const CONNECTIONS: usize = 0;
    /// Logins granted.
    pub const LOGINS: usize = 8;
    /// Logins refused.
    pub const REFUSED: usize = 16;
    /// Files sent whole.
    pub const DOWNLOADS: usize = 24;
    /// Files received whole.
    pub const UPLOADS: usize = 32;
    /// Bytes of file data sent.
    pub const BYTES_OUT: usize = 40;
    /// Bytes of file data received.
    pub const BYTES_IN: usize = 48;
    /// Transfers that ended early.
    pub const ABORTED: usize = 56;
    /// Records that could not be handed to the recorder.
    pub const RECORDS_LOST: usize = 64;
}

/// Where the sections of a board with so many slots lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    slots: u32,
    /// Where the places begin.
    pub places_at: usize,
    /// Where the grants begin.
    pub grants_at: usize,
    /// Where the births begin.
    pub births_at: usize,
    /// Where the slots begin.
    pub slots_at: usize,
    /// Bytes of the whole file.
    pub file_size: usize,
}

impl Geometry {
    /// Of a board with `slots` slots; None for none or too many.
    pub fn new(slots: u32) -> Option<Geometry> {
        if slots == 0 || slots > SLOTS_MAX {
            return None;
        }
        let count = slots as usize;
        let places_at = PAGE;
        let grants_at = places_at + (count * PLACE_SIZE).next_multiple_of(PAGE);
        let births_at = grants_at + (count * GRANT_SIZE).next_multiple_of(PAGE);
        let slots_at = births_at + (count * BIRTH_SIZE).next_multiple_of(PAGE);
        let file_size = slots_at + count * SLOT_SIZE;
        Some(Geometry { slots, places_at, grants_at, births_at, slots_at, file_size })
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// Whether there is such a slot.
    pub fn has(&self, slot: SlotNumber) -> bool {
        slot.0 < self.slots
    }

    /// The place of a slot, in the file.
    pub fn place(&self, slot: SlotNumber) -> usize {
        self.places_at + slot.0 as usize * PLACE_SIZE
    }

    /// The grant of a slot, in the file.
    pub fn grant(&self, slot: SlotNumber) -> usize {
        self.grants_at + slot.0 as usize * GRANT_SIZE
    }

    /// The birth of a slot, in the file.
    pub fn birth(&self, slot: SlotNumber) -> usize {
        self.births_at + slot.0 as usize * BIRTH_SIZE
    }

    /// The page of a slot, in the file.
    pub fn slot(&self, slot: SlotNumber) -> usize {
        self.slots_at + slot.0 as usize * SLOT_SIZE
    }

    /// Header and places: what a worker reads.
    pub fn orders_range(&self) -> Range<usize> {
        0..self.grants_at
    }

    /// All grants.
    pub fn grants_range(&self) -> Range<usize> {
        self.grants_at..self.births_at
    }

    /// All births.
    pub fn births_range(&self) -> Range<usize> {
        self.births_at..self.slots_at
    }

    /// One slot's page.
    pub fn slot_range(&self, slot: SlotNumber) -> Range<usize> {
        let start = self.slot(slot);
        start..start + SLOT_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_begin_on_pages_and_do_not_overlap() {
        for slots in [1, 7, 8, 9, 100, 1023, 1024, 1025, 20_000, SLOTS_MAX] {
            let geometry = Geometry::new(slots).unwrap();
            let last = SlotNumber(slots - 1);
            for at in [geometry.places_at, geometry.grants_at, geometry.births_at, geometry.slots_at] {
                assert_eq!(at % PAGE, 0);
            }
            assert!(geometry.place(last) + PLACE_SIZE <= geometry.grants_at);
            assert!(geometry.grant(last) + GRANT_SIZE <= geometry.births_at);
            assert!(geometry.birth(last) + BIRTH_SIZE <= geometry.slots_at);
            assert_eq!(geometry.slot(last) + SLOT_SIZE, geometry.file_size);
        }
    }

    #[test]
    fn impossible_counts_have_no_geometry() {
        assert!(Geometry::new(0).is_none());
        assert!(Geometry::new(SLOTS_MAX + 1).is_none());
    }

    #[test]
    fn texts_lie_behind_each_other_inside_their_page() {
        let texts = [
            slot::USER,
            slot::CLIENT_NAME,
            slot::SERVER_NAME,
            slot::CLASS,
            slot::PROTOCOL,
            slot::COMMAND,
            slot::ARGUMENTS,
            slot::CWD,
            slot::TRANSFER_PATH,
        ];
        let mut end = slot::TOTALS + totals::RECORDS_LOST + 8;
        for text in texts {
            assert!(text.at >= end && text.at % 8 == 0 && text.size % 8 == 0);
            end = text.at + text.size;
        }
        assert!(end <= slot::REFUSALS);
        const { assert!(slot::REFUSALS + REFUSALS_SIZE <= SLOT_SIZE) };
        const { assert!(header::SERVER.at + header::SERVER.size <= header::REFUSALS) };
        const { assert!(header::REFUSALS + REFUSALS_SIZE <= header::DOWN) };
        const { assert!(header::DOWN + header::DOWN_HOSTS / 8 <= PAGE) };
        assert_eq!(header::MESSAGE.size, crate::shutmsg::MESSAGE_MAX);
        assert_eq!(grant::GROUPS + 4 * GRANT_GROUPS, grant::GROUP_COUNT);
    }
}
