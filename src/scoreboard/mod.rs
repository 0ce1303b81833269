//! The scoreboard: one file, mapped by every process, with no lock anywhere. One writer for every byte.
//! `docs/scoreboard.md` holds the public layout; every function here says which process calls it.

mod auth;
mod error;
mod file;
mod handover;
mod header;
pub mod layout;
mod master;
mod place;
#[cfg(test)]
mod published;
mod reader;
mod reason;
mod record;
mod sequence;
mod shared;
mod slot;
#[cfg(test)]
mod tests;
mod text;
mod worker;

pub use auth::AuthBoard;
pub use error::BoardError;
pub use file::BoardFile;
pub use handover::HandedBoard;
pub use layout::{GRANT_GROUPS, GRANT_SIZE};
pub use master::MasterBoard;
pub use reader::{Census, Reader};
pub use reason::{REASONS_MOST, ReasonCode, Refusals};
pub use record::{
    Direction, HeaderRecord, Kind, Order, PlaceRecord, PlaceTransfer, SlotOrder, SlotRecord, State, Totals,
    TransferRecord,
};
pub use shared::{SharedBoard, SharedPage};
pub use slot::OwnSlot;
pub use worker::{NurseryBirths, WorkerBoard};

/// A slot's number: its page, its place, its grant and its birth share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct SlotNumber(pub u32);

/// The address every process that maps the grants read-only lays them at (the nursery does; workers inherit
/// it), so that auth can compare a pointer in a worker's registers with [`grant_address`].
pub const GRANTS_ADDRESS: usize = 0x6000_0000_0000;

/// Where a worker finds the groups granted to its slot: the only pointer that setgroups may be given.
pub fn grant_address(slot: SlotNumber) -> usize {
    GRANTS_ADDRESS + slot.0 as usize * GRANT_SIZE
}
