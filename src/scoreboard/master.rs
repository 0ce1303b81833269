//! The master's mapping. Header and places are its to write, and every slot, grant and birth whose worker is dead.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::file::MasterFile;
use super::layout::{BIRTH_SIZE, GRANT_SIZE, Geometry, PLACE_SIZE, header, place, slot};
use super::{
    BoardError, BoardFile, Order, PlaceRecord, Refusals, SharedBoard, SlotNumber, SlotOrder, SlotRecord,
    State, sequence, slot as page,
};
use super::{header as fields, place as places};
use crate::shutmsg::Schedule;
use crate::sys::clock::now_ms;
use crate::sys::mapping::{Words, WritableMap, allocate};
use crate::sys::{ProcessId, mapping};

/// The master's mapping: header, places, births and dead slots are its to write. Never inherited (MADV_DONTFORK):
/// in a child only [`MasterBoard::descriptors`] and [`MasterBoard::file`] may be used.
pub struct MasterBoard {
    pub(super) map: WritableMap,
    pub(super) geometry: Geometry,
    pub(super) file: MasterFile,
    /// Of a session without a common master, whose page is there.
    pub(super) shared: Option<SharedBoard>,
}

impl MasterBoard {
    /// Master, at start: makes a new inode (mode 0644) beside `path`, locks it, renames it into place. Refuses when the
    /// board at `path` is locked by a living master.
    pub fn create(path: &Path, slots: u32) -> Result<MasterBoard, BoardError> {
        let geometry = Geometry::new(slots).ok_or(BoardError::Slots(slots))?;
        let beside = MasterFile::beside(path, geometry.file_size as u64)?;
        let map =
            filled_in(beside.file(), &geometry).map_err(|error| BoardError::Io(path.to_owned(), error))?;
        let file = beside.into_place()?;
        Ok(MasterBoard { map, geometry, file, shared: None })
    }

    /// Master, at start, with `ScoreboardFile none`: a board that no tool can find.
    pub fn create_private(slots: u32) -> Result<MasterBoard, BoardError> {
        let said = |error| BoardError::Io("(private scoreboard)".into(), error);
        let geometry = Geometry::new(slots).ok_or(BoardError::Slots(slots))?;
        let file = MasterFile::nameless(geometry.file_size as u64).map_err(said)?;
        let map = filled_in(file.read_write(), &geometry).map_err(said)?;
        Ok(MasterBoard { map, geometry, file, shared: None })
    }

    /// Master of one session alone, at start: a board of its own for orders and grants, of one slot, whose page is in the shared one.
    pub fn create_for_one(shared: SharedBoard) -> Result<MasterBoard, BoardError> {
        Ok(MasterBoard { shared: Some(shared), ..MasterBoard::create_private(1)? })
    }

    /// Master: the board that it shares with masters of other sessions, if it does.
    pub fn shared(&self) -> Option<&SharedBoard> {
        self.shared.as_ref()
    }

    /// Master: descriptors its children map the board from: (read-only, read-write). They stay open for the master's
    /// life; children close theirs as soon as they have mapped.
    pub fn descriptors(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        (self.file.read_only(), self.file.read_write())
    }

    /// Master: what auth needs to remove the board of a master that crashed; None for a private board.
    pub fn file(&self) -> Option<BoardFile> {
        self.file.place().cloned()
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        self.geometry.slots()
    }

    /// Master, before a birth: allocates the slot's page, place, grant and birth on the disk (ENOSPC here, never SIGBUS later).
    pub fn allocate(&self, slot: SlotNumber) -> io::Result<()> {
        if !self.geometry.has(slot) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // Slots are taken lowest first and keep what they were given: below the mark there is nothing left to do.
        if u64::from(slot.0) < self.map.word(header::HIGH_WATER) {
            return Ok(());
        }
        allocate_slot(&self.map, self.file.read_write(), &self.geometry, slot)
    }

    /// Master: one past the highest slot ever used.
    pub fn high_water(&self) -> u32 {
        fields::number(self.map.word(header::HIGH_WATER)).min(self.slots())
    }

    /// Master: the daemon serves.
    pub fn publish_ready(&self) {
        fields::store(&self.map, header::READY, 1);
    }

    /// Master: the generation new workers are born with; older ones retire at their next bell.
    pub fn publish_generation(&self, generation: u32) {
        fields::store(&self.map, header::GENERATION, u64::from(generation));
    }

    /// Master: the standing order for all.
    pub fn publish_order(&self, order: Order) {
        fields::store(&self.map, header::ORDER, order.number());
    }

    /// Master: refusals of the dead and the living.
    pub fn refusals(&self) -> Refusals {
        let mut refusals = Refusals::default();
        fields::load_refusals(&self.map, header::REFUSALS, &mut refusals);
        for number in (0..self.high_water()).map(SlotNumber) {
            fields::load_refusals(&self.map, self.geometry.slot(number) + slot::REFUSALS, &mut refusals);
        }
        refusals
    }

    /// Master: a HUP was refused.
    pub fn count_refused_reload(&self) {
        let refused = self.map.word(header::REFUSED_RELOADS);
        fields::store(&self.map, header::REFUSED_RELOADS, refused.wrapping_add(1));
    }

    /// Master: how many HUPs were refused.
    pub fn refused_reloads(&self) -> u32 {
        fields::number(self.map.word(header::REFUSED_RELOADS))
    }

    /// Master: what the shutdown file says now.
    pub fn publish_schedule(&self, schedule: Option<&Schedule>) {
        fields::store_schedule(&self.map, schedule);
        if let Some(shared) = &self.shared {
            shared.show_schedule(schedule);
        }
    }

    /// Master: what this worker should do.
    pub fn publish_slot_order(&self, slot: SlotNumber, order: SlotOrder) {
        if self.geometry.has(slot) {
            fields::store(&self.map, self.geometry.place(slot) + place::ORDER, order.number());
        }
    }

    /// Master: whether the worker may serve a client without asking for one of MaxInstances (SeqCst; see
    /// [`super::WorkerBoard::may_serve`]).
    pub fn publish_may_serve(&self, slot: SlotNumber, yes: bool) {
        if let Some(word) = self.own_word(slot, self.geometry.place(slot) + place::MAY_SERVE) {
            word.store(u64::from(yes), Ordering::SeqCst);
        }
    }

    /// Master: what the slot's session holds of the limits.
    pub fn publish_place(&self, slot: SlotNumber, place: &PlaceRecord) {
        if self.geometry.has(slot) {
            places::store(&self.map, self.geometry.place(slot), place);
        }
    }

    /// Master: how many transfers share the rate of this slot's.
    pub fn publish_sharers(&self, slot: SlotNumber, count: u64) {
        if self.geometry.has(slot) {
            fields::store(&self.map, self.geometry.place(slot) + place::SHARERS, count);
        }
    }

    /// Master: bytes a second that the operator lets the slot's transfers have; None for as many as are configured.
    pub fn publish_rate(&self, slot: SlotNumber, rate: Option<u64>) {
        if self.geometry.has(slot) {
            fields::store(&self.map, self.geometry.place(slot) + place::RATE, rate.unwrap_or_default());
        }
    }

    /// Master: what is logged by the operator's order, as slog counts levels; 0 for nothing more than is configured.
    pub fn publish_level(&self, level: u64) {
        fields::store(&self.map, header::LEVEL, level);
    }

    /// Master: what is traced by the operator's order.
    pub fn publish_trace(&self, orders: u64) {
        fields::store(&self.map, header::TRACE, orders);
    }

    /// Master: which virtual hosts of the serving generation the operator has taken down. One that has no bit cannot be.
    pub fn publish_down(&self, servers: impl Iterator<Item = usize>) {
        let mut words = [0_u64; header::DOWN_HOSTS / 64];
        for server in servers {
            if let Some(word) = words.get_mut(server / 64) {
                *word |= 1 << (server % 64);
            }
        }
        for (index, word) in words.into_iter().enumerate() {
            fields::store(&self.map, header::DOWN + index * 8, word);
        }
    }

    /// Master: what the worker of a slot says of itself; nothing that it may not have made up.
    pub fn record(&self, slot: SlotNumber) -> Option<SlotRecord> {
        self.geometry.has(slot).then(|| page::load(&self.map, self.geometry.slot(slot), slot)).flatten()
    }

    /// What was published of them.
    #[cfg(test)]
    pub fn sharers(&self, slot: SlotNumber) -> u64 {
        self.map.word(self.geometry.place(slot) + place::SHARERS)
    }

    /// Master: what it has published of the slot's session.
    pub fn place(&self, slot: SlotNumber) -> PlaceRecord {
        let known = self.geometry.has(slot).then(|| places::load(&self.map, self.geometry.place(slot)));
        known.unwrap_or_default()
    }

    /// Master: the worker's state, one SeqCst load.
    pub fn state(&self, slot: SlotNumber) -> State {
        if let Some(shared) = &self.shared {
            return shared.state();
        }
        let word = self.own_word(slot, self.geometry.slot(slot) + slot::STATE);
        word.map_or(State::Vacant, |word| State::of(word.load(Ordering::SeqCst)))
    }

    /// Master: what changes with whatever the worker publishes, and with each piece of a transfer.
    pub fn progress(&self, number: SlotNumber) -> [u64; 2] {
        let at = self.geometry.slot(number);
        let word = |field| self.own_word(number, at + field).map_or(0, |word| word.load(Ordering::Relaxed));
        [word(slot::SEQUENCE), word(slot::TRANSFER_DONE)]
    }

    /// Master: how often its watchdog takes a turn, where a test wants it otherwise.
    pub fn watchdog_turn(&self) -> Option<Duration> {
        Some(self.map.word(header::WATCHDOG_TURN)).filter(|turn| *turn > 0).map(Duration::from_millis)
    }

    /// Master: the pid the kernel wrote at the birth; None before it.
    pub fn birth(&self, slot: SlotNumber) -> Option<ProcessId> {
        if !self.geometry.has(slot) {
            return None;
        }
        let pid = self.map.atomic_half(self.geometry.birth(slot))?.load(Ordering::Acquire);
        fields::process(u64::from(pid))
    }

    /// Master, after the reap: moves the slot's totals into the header and clears slot, place, grant and birth, under one
    /// header sequence, so that no reader sees a total twice or not at all.
    pub fn settle(&self, slot: SlotNumber) {
        if self.geometry.has(slot) {
            settle_slot(&self.map, &self.geometry, slot);
        }
        if let Some(shared) = &self.shared {
            shared.settle();
        }
    }

    /// Master, at its end: removes the file if it still is this inode, and tells those who have it mapped.
    pub fn remove(&self) -> io::Result<()> {
        fields::store(&self.map, header::MASTER, 0);
        self.file.place().map_or(Ok(()), BoardFile::remove)
    }

    fn own_word(&self, slot: SlotNumber, at: usize) -> Option<&std::sync::atomic::AtomicU64> {
        self.geometry.has(slot).then(|| self.map.atomic(at)).flatten()
    }
}

/// Gives a slot's place, grant, birth and page their blocks on the disk.
pub(super) fn allocate_slot(
    map: &WritableMap,
    file: BorrowedFd<'_>,
    geometry: &Geometry,
    slot: SlotNumber,
) -> io::Result<()> {
    let sizes = [
        (geometry.place(slot), PLACE_SIZE),
        (geometry.grant(slot), GRANT_SIZE),
        (geometry.birth(slot), BIRTH_SIZE),
        (geometry.slot(slot), mapping::PAGE),
    ];
    for (start, size) in sizes {
        allocate(file, start..start + size)?;
    }
    fields::store(map, header::HIGH_WATER, u64::from(slot.0) + 1);
    Ok(())
}

/// Moves a dead worker's totals into the header and clears all that was its own.
pub(super) fn settle_slot(map: &WritableMap, geometry: &Geometry, slot: SlotNumber) {
    sequence::publish(map, header::TOTALS_SEQUENCE, |map| {
        let (totals, refusals) = page::settle(map, geometry.slot(slot));
        fields::add_totals(map, header::TOTALS, &totals);
        for (reason, more) in refusals.each().filter(|(_, more)| *more > 0) {
            fields::add_refusals(map, header::REFUSALS, reason, more);
        }
        places::clear(map, geometry.place(slot));
        let grant = geometry.grant(slot);
        for at in (grant..grant + GRANT_SIZE).step_by(8) {
            fields::store(map, at, 0);
        }
        if let Some(birth) = map.atomic_half(geometry.birth(slot)) {
            birth.store(0, Ordering::Release);
        }
    });
}

/// A mapping of the new file, with its header written.
fn filled_in(file: BorrowedFd<'_>, geometry: &Geometry) -> io::Result<WritableMap> {
    allocate(file, 0..mapping::PAGE)?;
    let map = WritableMap::new(file, 0..geometry.file_size)?;
    map.keep_from_children()?;
    fields::begin(&map, geometry, ProcessId(std::process::id().cast_signed()), now_ms());
    Ok(map)
}
