//! What auth maps of the board: the grants, to write them, and the births, to know who asks.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;

use super::SlotNumber;
use super::header::store;
use super::layout::{BIRTH_SIZE, GRANT_GROUPS, GRANT_SIZE, Geometry, grant, header};
use super::worker::geometry_of;
use crate::sys::mapping::{PAGE, ReadOnlyMap, Words, WritableMap};
use crate::sys::{GroupId, ProcessId, UserId};

/// Auth's mapping: the grants, writable; the births, readable.
pub struct AuthBoard {
    header: ReadOnlyMap,
    births: ReadOnlyMap,
    grants: WritableMap,
    geometry: Geometry,
}

impl AuthBoard {
    /// Auth, at start.
    pub fn map(read_write: impl AsFd) -> io::Result<AuthBoard> {
        let geometry = geometry_of(&read_write)?;
        Ok(AuthBoard {
            header: ReadOnlyMap::new(&read_write, 0..PAGE)?,
            births: ReadOnlyMap::new(&read_write, geometry.births_range())?,
            grants: WritableMap::new(&read_write, geometry.grants_range())?,
            geometry,
        })
    }

    /// Auth: the slot of a pid, by the births; None for a process that is no living worker.
    pub fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber> {
        let wanted = u32::try_from(pid.0).ok().filter(|&pid| pid != 0)?;
        let used = self.header.word(header::HIGH_WATER).min(u64::from(self.geometry.slots())) as usize;
        // 4 bytes a slot: 20,000 slots are 20 pages, and auth's mapping is warm.
        let slot = (0..used).find(|slot| self.births.half_word(slot * BIRTH_SIZE) == wanted)?;
        u32::try_from(slot).ok().map(SlotNumber)
    }

    /// Auth: the worker of a slot, by the births.
    pub fn birth(&self, slot: SlotNumber) -> Option<ProcessId> {
        let pid = self.births.half_word(slot.0 as usize * BIRTH_SIZE);
        super::header::process(u64::from(pid))
    }

    /// Auth: writes what the session in `slot` may become. Groups beyond [`GRANT_GROUPS`] are left out.
    pub fn grant(&self, slot: SlotNumber, uid: UserId, gid: GroupId, groups: &[GroupId]) {
        if !self.geometry.has(slot) {
            return;
        }
        let base = slot.0 as usize * GRANT_SIZE;
        let groups = &groups[..groups.len().min(GRANT_GROUPS)];
        for (index, pair) in groups.chunks(2).enumerate() {
            let second = pair.get(1).map_or(0, |group| group.0);
            let word = u64::from(pair[0].0) | u64::from(second) << 32;
            store(&self.grants, base + grant::GROUPS + index * 8, word);
        }
        store(&self.grants, base + grant::UID, u64::from(uid.0));
        store(&self.grants, base + grant::GID, u64::from(gid.0));
        // Last, and with Release: who sees the count sees the groups.
        store(&self.grants, base + grant::GROUP_COUNT, groups.len() as u64);
    }

    /// Auth, after a predecessor that died: whether something is granted to this slot.
    pub fn has_grant(&self, slot: SlotNumber) -> bool {
        let base = slot.0 as usize * GRANT_SIZE;
        let words = [grant::UID, grant::GID].map(|at| self.grants.atomic(base + at));
        self.geometry.has(slot) && words.into_iter().flatten().any(|word| word.load(Ordering::Acquire) != 0)
    }

    /// Auth, after a predecessor that died: whoever lives in a slot that has a grant.
    pub fn granted(&self) -> Vec<ProcessId> {
        let slots = (0..self.geometry.slots()).map(SlotNumber);
        slots.filter(|slot| self.has_grant(*slot)).filter_map(|slot| self.birth(slot)).collect()
    }

    /// Auth: clears a grant. What is left in the place of its groups is no group at all (setgroups(2) then fails): zeros would be
    /// root's, for whoever were to read them.
    pub fn revoke(&self, slot: SlotNumber) {
        if !self.geometry.has(slot) {
            return;
        }
        let base = slot.0 as usize * GRANT_SIZE;
        for at in (0..GRANT_SIZE).step_by(8).rev() {
            if let Some(word) = self.grants.atomic(base + at) {
                let is_group = (grant::GROUPS..grant::GROUP_COUNT).contains(&at);
                word.store(if is_group { u64::MAX } else { 0 }, Ordering::Release);
            }
        }
    }
}
