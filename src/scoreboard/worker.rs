//! What nursery and workers map of the board.

use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::atomic::{Ordering, fence};

use super::layout::{GRANT_GROUPS, Geometry, grant, header, place};
use super::shared::SharedPage;
use super::slot::OwnSlot;
use super::{GRANTS_ADDRESS, Order, SlotNumber, SlotOrder, grant_address, header as fields};
use crate::shutmsg::Schedule;
use crate::sys::mapping::{BirthCell, PAGE, ReadOnlyMap, Words, WritableMap};

/// Mapped once in the nursery from descriptors of the master, sealed, inherited by its workers. It holds the orders
/// (header and places) and the grants; other workers' slots are left out, so that no session sees another.
pub struct WorkerBoard {
    orders: ReadOnlyMap,
    grants: ReadOnlyMap,
    geometry: Geometry,
    is_sealed: bool,
}

impl WorkerBoard {
    /// Nursery: maps the orders, and the grants at [`GRANTS_ADDRESS`]; seals both (mseal where the kernel has it).
    pub fn map(read_only: impl AsFd) -> io::Result<WorkerBoard> {
        let geometry = geometry_of(&read_only)?;
        let orders = ReadOnlyMap::new(&read_only, geometry.orders_range())?;
        let grants = ReadOnlyMap::at(&read_only, geometry.grants_range(), GRANTS_ADDRESS)?;
        let is_sealed = orders.seal()? && grants.seal()?;
        Ok(WorkerBoard { orders, grants, geometry, is_sealed })
    }

    /// Nursery: whether the kernel sealed the mappings; else the filter must refuse what could replace them.
    pub fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// Nursery: what the filter must guard on a kernel without mseal. Of the orders a worker could deceive itself alone; the grants
    /// are what auth takes a worker's word for.
    pub fn unsealed(&self) -> Option<Range<usize>> {
        let start = self.grants.address();
        (!self.is_sealed).then(|| start..start + self.geometry.grants_range().len())
    }

    /// Worker, first thing: maps its own page writable from the master's descriptor and seals it.
    pub fn own_slot(&self, read_write: impl AsFd, slot: SlotNumber) -> io::Result<OwnSlot> {
        if !self.geometry.has(slot) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let page = WritableMap::present(read_write, self.geometry.slot_range(slot))?;
        page.seal()?;
        Ok(OwnSlot::new(page, self.orders.word(header::STOP)))
    }

    /// Worker of a session without a common master, first thing: the same, where its page is in the shared board.
    pub fn page_elsewhere(&self, page: &SharedPage) -> io::Result<OwnSlot> {
        let page = page.map()?;
        page.seal()?;
        Ok(OwnSlot::new(page, self.orders.word(header::STOP)))
    }

    /// Worker: the standing order.
    pub fn order(&self) -> Order {
        Order::of(self.orders.word(header::ORDER))
    }

    /// Worker: what the master wants of this slot.
    pub fn slot_order(&self, slot: SlotNumber) -> SlotOrder {
        SlotOrder::of(self.orders.word(self.geometry.place(slot) + place::ORDER))
    }

    /// Worker: how many transfers share the rate of its own, at least this one.
    pub fn sharers(&self, slot: SlotNumber) -> u64 {
        self.orders.word(self.geometry.place(slot) + place::SHARERS).max(1)
    }

    /// Worker: bytes a second that the operator lets its transfers have, if he has said so.
    pub fn ordered_rate(&self, slot: SlotNumber) -> Option<u64> {
        Some(self.orders.word(self.geometry.place(slot) + place::RATE)).filter(|rate| *rate > 0)
    }

    /// Worker: what is logged by the operator's order, as slog counts levels; 0 for nothing more than is configured.
    pub fn ordered_level(&self) -> u64 {
        self.orders.word(header::LEVEL)
    }

    /// Worker: what is traced by the operator's order.
    pub fn ordered_trace(&self) -> u64 {
        self.orders.word(header::TRACE)
    }

    /// Worker: whether the operator has taken a virtual host of the serving generation down.
    pub fn is_down(&self, server: usize) -> bool {
        server < header::DOWN_HOSTS
            && self.orders.word(header::DOWN + server / 64 * 8) >> (server % 64) & 1 == 1
    }

    /// Worker: the generation new workers are born with.
    pub fn generation(&self) -> u32 {
        fields::number(self.orders.word(header::GENERATION))
    }

    /// Worker: the shutdown schedule, copied out consistently. One load when there is none.
    pub fn schedule(&self) -> Option<Schedule> {
        fields::load_schedule(&self.orders)
    }

    /// Worker, after it published [`super::State::Greeting`] (SeqCst on both sides: either the master sees the client,
    /// or the worker sees that it must ask).
    pub fn may_serve(&self, slot: SlotNumber) -> bool {
        // Between the store of the state and this load; the master's store and load are SeqCst themselves.
        fence(Ordering::SeqCst);
        self.orders.word(self.geometry.place(slot) + place::MAY_SERVE) == 1
    }

    /// Worker, at login: address and length of the supplementary groups that auth granted to this slot.
    pub fn granted_groups(&self, slot: SlotNumber) -> (usize, usize) {
        let offset = grant_address(slot) - GRANTS_ADDRESS;
        let count = self.grants.word(offset + grant::GROUP_COUNT);
        fence(Ordering::Acquire);
        (
            self.grants.address() + offset + grant::GROUPS,
            usize::try_from(count).unwrap_or(0).min(GRANT_GROUPS),
        )
    }
}

/// Nursery: the births, for the kernel to write each child's pid into before the child runs. Left out of the
/// children, which could otherwise write them.
pub struct NurseryBirths {
    births: WritableMap,
    geometry: Geometry,
}

impl NurseryBirths {
    /// Nursery, before it bears a child.
    pub fn map(read_write: impl AsFd) -> io::Result<NurseryBirths> {
        let geometry = geometry_of(&read_write)?;
        let births = WritableMap::new(&read_write, geometry.births_range())?;
        births.keep_from_children()?;
        Ok(NurseryBirths { births, geometry })
    }

    /// Nursery, at each birth: where the kernel writes the pid of the slot's worker.
    pub fn birth_cell(&self, slot: SlotNumber) -> Option<BirthCell> {
        let at = self.geometry.birth(slot).checked_sub(self.geometry.births_at)?;
        self.geometry.has(slot).then(|| self.births.birth_cell(at)).flatten()
    }
}

/// Any child of the master: the geometry of the board it got a descriptor of. The header is the master's word.
pub(super) fn geometry_of(file: impl AsFd) -> io::Result<Geometry> {
    let page = ReadOnlyMap::new(file, 0..PAGE)?;
    let slots = fields::number(page.word(header::SLOTS));
    Geometry::new(slots).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
