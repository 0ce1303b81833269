//! The board in the hands of the next master of the same pid: it is neither made anew nor moved, and its lock is never let go.

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::file::{BoardFile, MasterFile};
use super::layout::{Geometry, header};
use super::{MasterBoard, header as fields};
use crate::sys::mapping::{PAGE, ReadOnlyMap, Words, WritableMap};
use crate::sys::succession::Luggage;

/// A board as one master leaves it to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedBoard {
    lock: Option<i32>,
    read_write: i32,
    read_only: i32,
    place: Option<(PathBuf, u64, u64)>,
}

impl MasterBoard {
    /// Master, before another takes its place.
    pub fn hand_over(&self, luggage: &mut Luggage) -> HandedBoard {
        let (read_only, read_write) = self.descriptors();
        HandedBoard {
            lock: self.file.lock.as_ref().map(|lock| luggage.pack(lock)),
            read_write: luggage.pack(read_write),
            read_only: luggage.pack(read_only),
            place: self.file.place().map(|place| (place.path.clone(), place.device, place.inode)),
        }
    }

    /// The next master: maps what is there. A board of another layout is an error.
    pub fn adopt(handed: HandedBoard, luggage: &mut Luggage) -> io::Result<MasterBoard> {
        let lock = handed.lock.map(|number| luggage.take(number)).transpose()?;
        let file = MasterFile {
            lock: lock.map(Into::into),
            read_write: luggage.take(handed.read_write)?,
            read_only: luggage.take(handed.read_only)?,
            place: handed.place.map(|(path, device, inode)| BoardFile { path, device, inode }),
        };
        let found = ReadOnlyMap::new(file.read_only(), 0..PAGE)?;
        let geometry = Geometry::new(fields::number(found.word(header::SLOTS)))
            .filter(|geometry| fields::constants(geometry).iter().all(|(at, word)| found.word(*at) == *word))
            .ok_or_else(|| io::Error::other("the scoreboard has another layout"))?;
        let map = WritableMap::new(file.read_write().as_fd(), 0..geometry.file_size)?;
        map.keep_from_children()?;
        Ok(MasterBoard { map, geometry, file, shared: None })
    }
}
