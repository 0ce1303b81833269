//! The board of sessions without a common master (ServerType inetd): each has a master of its own, which claims a slot by a lock that it
//! holds for life, and takes one lock of all for as long as it counts, clears or writes the header.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::file::{ATTEMPTS, MasterFile};
use super::layout::{Geometry, header, slot};
use super::master::{allocate_slot, settle_slot};
use super::reader::checked_geometry;
use super::{BoardError, Kind, PlaceRecord, SlotNumber, State, header as fields, place as places};
use crate::shutmsg::Schedule;
use crate::sys::clock::now_ms;
use crate::sys::mapping::{self, Words, WritableMap, allocate};
use crate::sys::{ProcessId, lock, process};

/// The byte of the lock of all.
const ALL: u32 = 0;

/// How long the lock of all is waited for. Whoever has it gives it up within a millisecond, or was stopped there.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// Bits of the largest pid (PID_MAX_LIMIT of linux/threads.h), and how many masters may have the same one.
const PID_BITS: u32 = 22;
const TURNS: u32 = 8;

/// A session's master's mapping of the board that it shares. Never inherited (MADV_DONTFORK).
pub struct SharedBoard {
    map: WritableMap,
    geometry: Geometry,
    file: File,
    /// ScoreboardMutex.
    locks: File,
    path: PathBuf,
    own: SlotNumber,
}

/// Where a session's worker finds its page.
pub struct SharedPage {
    file: OwnedFd,
    range: Range<usize>,
}

impl SharedPage {
    /// To be kept over the nursery's fork.
    pub fn descriptor(&self) -> &OwnedFd {
        &self.file
    }

    /// Worker, first thing.
    pub(super) fn map(&self) -> io::Result<WritableMap> {
        WritableMap::present(&self.file, self.range.clone())
    }
}

impl SharedBoard {
    /// A session's master, at start: the board at `path`, made if there is none, with a slot claimed in it. Refuses where a daemon has
    /// its own board there.
    pub fn join(path: &Path, locks: &Path, slots: u32) -> Result<SharedBoard, BoardError> {
        let wanted = Geometry::new(slots).ok_or(BoardError::Slots(slots))?;
        let locks = open_locks(locks).map_err(|error| BoardError::Io(locks.to_owned(), error))?;
        let held = Held::take(&locks, path)?;
        for _ in 0..ATTEMPTS {
            let Some((file, geometry)) = found(path)? else {
                make(path, &wanted)?;
                continue;
            };
            let said = |error| BoardError::Io(path.to_owned(), error);
            let map = WritableMap::new(&file, 0..geometry.file_size).map_err(said)?;
            map.keep_from_children().map_err(said)?;
            let own = SlotNumber(0);
            drop(held);
            let board = SharedBoard { map, geometry, file, locks, path: path.to_owned(), own };
            return board.claimed();
        }
        Err(BoardError::Held(path.to_owned()))
    }

    /// An administrator: clears what sessions that were killed have left on the board at `path`; how many of them there were.
    pub fn scrub(path: &Path, locks: &Path) -> Result<usize, BoardError> {
        let said = |error| BoardError::Io(path.to_owned(), error);
        let locks = open_locks(locks).map_err(|error| BoardError::Io(locks.to_owned(), error))?;
        let Some((file, geometry)) = found(path)? else { return Ok(0) };
        let map = WritableMap::new(&file, 0..geometry.file_size).map_err(said)?;
        let board = SharedBoard { map, geometry, file, locks, path: path.to_owned(), own: SlotNumber(0) };
        let _held = Held::take(&board.locks, path)?;
        Ok(board.clear_the_dead(None))
    }

    /// ScoreboardMutex where it is not said.
    pub fn usual_locks(path: &Path) -> PathBuf {
        let mut name = path.to_owned().into_os_string();
        name.push(".lck");
        name.into()
    }

    /// The lowest slot that nobody has.
    fn claimed(mut self) -> Result<SharedBoard, BoardError> {
        let held = Held::take(&self.locks, &self.path)?;
        let said = |error| BoardError::Io(self.path.clone(), error);
        self.clear_the_dead(None);
        for slot in (0..self.geometry.slots()).map(SlotNumber) {
            if self.is_vacant(slot) && lock::try_lock_byte(&self.locks, byte_of(slot)).map_err(said)? {
                let allocated = self.map.word(header::HIGH_WATER) > u64::from(slot.0);
                if !allocated {
                    allocate_slot(&self.map, self.file.as_fd(), &self.geometry, slot).map_err(said)?;
                }
                let session = PlaceRecord { instance: true, ..PlaceRecord::default() };
                places::store(&self.map, self.geometry.place(slot), &session);
                drop(held);
                self.own = slot;
                return Ok(self);
            }
        }
        Err(BoardError::Full(self.path.clone()))
    }

    /// A session's master: what its worker maps.
    pub fn page(&self) -> io::Result<SharedPage> {
        Ok(SharedPage {
            file: self.file.as_fd().try_clone_to_owned()?,
            range: self.geometry.slot_range(self.own),
        })
    }

    /// A session's master: its worker's state, one SeqCst load.
    pub fn state(&self) -> State {
        let word = self.map.atomic(self.geometry.slot(self.own) + slot::STATE);
        word.map_or(State::Vacant, |word| State::of(word.load(Ordering::SeqCst)))
    }

    /// A session's master: its worker, for readers and for whoever finds the slot when both are gone.
    pub fn show_birth(&self, pid: ProcessId) {
        if let Some(birth) = self.map.atomic_half(self.geometry.birth(self.own)) {
            birth.store(pid.0.unsigned_abs(), Ordering::Release);
        }
    }

    /// A session's master: what the shutdown file says, for readers. Where the lock cannot be had they are told by the next session.
    pub fn show_schedule(&self, schedule: Option<&Schedule>) {
        if let Ok(_held) = Held::take(&self.locks, &self.path) {
            fields::store_schedule(&self.map, schedule);
        }
    }

    /// A session's master: decides by what all others hold, with nobody else deciding meanwhile, and publishes what its own session then
    /// holds.
    pub fn decide<T>(
        &self,
        decide: impl FnOnce(Vec<(SlotNumber, PlaceRecord)>) -> (T, PlaceRecord),
    ) -> Result<T, BoardError> {
        let _held = Held::take(&self.locks, &self.path)?;
        self.clear_the_dead(Some(self.own));
        let others = self.used().filter(|slot| *slot != self.own).filter_map(|slot| self.holding(slot));
        let (decided, own) = decide(others.collect());
        places::store(&self.map, self.geometry.place(self.own), &PlaceRecord { instance: true, ..own });
        Ok(decided)
    }

    /// A session's master, after the reap of its worker: its totals go to the header, its slot is free when this process ends.
    pub fn settle(&self) {
        // Without the lock whoever comes next clears the slot.
        if let Ok(_held) = Held::take(&self.locks, &self.path) {
            settle_slot(&self.map, &self.geometry, self.own);
        }
    }

    fn holding(&self, slot: SlotNumber) -> Option<(SlotNumber, PlaceRecord)> {
        let place = places::load(&self.map, self.geometry.place(slot));
        place.instance.then_some((slot, place))
    }

    /// Under the lock of all: what sessions that were killed have left, and how many they were.
    fn clear_the_dead(&self, own: Option<SlotNumber>) -> usize {
        let dead = |slot: &SlotNumber| Some(*slot) != own && !self.is_vacant(*slot) && !self.lives(*slot);
        self.used().filter(dead).map(|slot| settle_slot(&self.map, &self.geometry, slot)).count()
    }

    /// Whether a slot's master holds its lock, or its worker outlives its master. A lock that cannot be asked about is held.
    fn lives(&self, slot: SlotNumber) -> bool {
        lock::is_byte_locked(&self.locks, byte_of(slot)).unwrap_or(true)
            || self.worker(slot).is_some_and(process::lives)
    }

    /// By the kernel's word, else by its own.
    fn worker(&self, slot: SlotNumber) -> Option<ProcessId> {
        let born = u64::from(self.map.half_word(self.geometry.birth(slot)));
        fields::process(born).or_else(|| fields::process(self.map.word(self.geometry.slot(slot) + slot::PID)))
    }

    /// Whether nothing is written of a session there.
    fn is_vacant(&self, slot: SlotNumber) -> bool {
        self.used_up_to() <= slot.0 || (self.holding(slot).is_none() && self.worker(slot).is_none())
    }

    fn used(&self) -> impl Iterator<Item = SlotNumber> + use<> {
        (0..self.used_up_to()).map(SlotNumber)
    }

    fn used_up_to(&self) -> u32 {
        fields::number(self.map.word(header::HIGH_WATER)).min(self.geometry.slots())
    }
}

/// The byte of ScoreboardMutex by which a slot is claimed.
fn byte_of(slot: SlotNumber) -> u32 {
    slot.0 + 1
}

/// The lock of all, while it is held.
struct Held<'a>(&'a File);

impl Held<'_> {
    fn take<'a>(locks: &'a File, board: &Path) -> Result<Held<'a>, BoardError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lock::try_lock_byte(locks, ALL) {
                Ok(true) => return Ok(Held(locks)),
                Ok(false) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Ok(false) => return Err(BoardError::Busy(board.to_owned())),
                Err(error) => return Err(BoardError::Io(board.to_owned(), error)),
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // It cannot fail for a lock that is held; at the process's end it is gone in any case.
        let _ = lock::unlock_byte(self.0, ALL);
    }
}

/// For its owner alone: whoever may read a file may lock it, too, and keep everybody else waiting.
fn open_locks(path: &Path) -> io::Result<File> {
    let flags = crate::sys::NO_FOLLOW;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
}

/// The board at the path, if it is one to be shared: held by this process, so that no daemon replaces it.
fn found(path: &Path) -> Result<Option<(File, Geometry)>, BoardError> {
    let said = |error| BoardError::Io(path.to_owned(), error);
    let file = match mapping::open_as_found(path, true) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(said(error)),
    };
    // What is no board of this layout may be replaced, or not: its maker looks.
    let Ok(geometry) = checked_geometry(path, &file) else { return Ok(None) };
    let is_locked = hold(&file).map_err(said)?;
    let page = mapping::ReadOnlyMap::new(&file, 0..mapping::PAGE).map_err(said)?;
    if !is_locked || Kind::of(page.word(header::KIND)) != Kind::Inetd {
        // Replaced only if nobody holds it; our own lock goes with this descriptor.
        return Ok(None);
    }
    let ours = file.metadata().map_err(said)?;
    let is_still_there =
        std::fs::symlink_metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (ours.dev(), ours.ino()));
    Ok(is_still_there.then_some((file, geometry)))
}

/// Keeps daemons off the board for as long as the session's master lives: by the write lock on a byte of its own
/// number, whatever stands there; read locks would not do, since whoever may read the board may take them. False while a daemon holds it all.
fn hold(file: &File) -> io::Result<bool> {
    // A master in another pid namespace may have our number.
    let own = |turn: u32| process::own().0.unsigned_abs() | turn << PID_BITS;
    for turn in 0..TURNS {
        if lock::try_lock_byte(file, own(turn))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A new board in the place of none, or of what a daemon has left.
fn make(path: &Path, geometry: &Geometry) -> Result<(), BoardError> {
    let said = |error| BoardError::Io(path.to_owned(), error);
    let beside = MasterFile::beside(path, geometry.file_size as u64)?;
    allocate(beside.file(), 0..mapping::PAGE).map_err(said)?;
    let map = WritableMap::new(beside.file(), 0..geometry.file_size).map_err(said)?;
    fields::begin_shared(&map, geometry, now_ms());
    beside.into_place()?.release().map_err(said)
}

#[cfg(test)]
mod tests {
    use super::super::{MasterBoard, OwnSlot, Reader};
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn join(&self, slots: u32) -> Result<SharedBoard, BoardError> {
            SharedBoard::join(&self.0.path().join("board"), &self.0.path().join("board.lck"), slots)
        }

        fn reader(&self) -> Reader {
            Reader::open(&self.0.path().join("board")).unwrap()
        }
    }

    fn folder() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn worker(board: &SharedBoard) -> OwnSlot {
        OwnSlot::new(board.page().unwrap().map().unwrap(), 0)
    }

    #[test]
    fn each_has_a_slot_and_sees_what_the_others_hold() {
        let folder = folder();
        let [first, second] = [(); 2].map(|()| folder.join(8).unwrap());
        assert_eq!((first.own, second.own), (SlotNumber(0), SlotNumber(1)));
        let own = PlaceRecord { account: 5, ..PlaceRecord::default() };
        first.decide(|others| (assert_eq!(others.len(), 1), own.clone())).unwrap();
        let seen = second.decide(|others| (others, PlaceRecord::default())).unwrap();
        assert_eq!(seen, [(SlotNumber(0), PlaceRecord { instance: true, ..own })]);
        let reader = folder.reader();
        assert!(reader.is_held() && reader.header().kind == Kind::Inetd && reader.header().master.is_none());
        drop(first);
        assert!(second.decide(|others| (others, PlaceRecord::default())).unwrap().is_empty());
        assert_eq!(folder.join(8).unwrap().own, SlotNumber(0));
    }

    #[test]
    fn a_session_that_was_killed_leaves_its_totals_and_no_slot() {
        let folder = folder();
        let board = folder.join(8).unwrap();
        let own = worker(&board);
        // No process has this number: Linux gives none above 2^22.
        own.born(ProcessId(0x7fff_ffff), 1);
        own.connected("192.0.2.7:5000".parse().unwrap(), "192.0.2.1:21".parse().unwrap(), b"x");
        assert_eq!(folder.reader().slots().len(), 1);
        drop(board);
        let next = folder.join(8).unwrap();
        assert_eq!(next.own, SlotNumber(0));
        assert!(folder.reader().slots().is_empty());
        assert_eq!(folder.reader().totals().connections, 1);
    }

    #[test]
    fn a_worker_that_outlives_its_master_keeps_its_slot() {
        let folder = folder();
        let board = folder.join(8).unwrap();
        worker(&board).born(ProcessId(1), 1);
        board.show_birth(process::own());
        drop(board);
        assert_eq!(folder.join(8).unwrap().own, SlotNumber(1));
        assert_eq!(folder.reader().slots()[0].pid, process::own());
    }

    #[test]
    fn there_are_as_many_slots_as_there_are() {
        let folder = folder();
        let _both = [(); 2].map(|()| folder.join(2).unwrap());
        assert!(matches!(folder.join(2), Err(BoardError::Full(_))));
    }

    #[test]
    fn a_daemon_and_sessions_keep_off_each_others_board() {
        let folder = folder();
        let path = folder.0.path().join("board");
        // In this process the mapping keeps the lock for life.
        let _daemon = MasterBoard::create(&path, 8).unwrap();
        assert!(matches!(folder.join(8), Err(BoardError::Held(_))));
        let left = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, left).unwrap();
        let _session = folder.join(8).unwrap();
        assert!(matches!(MasterBoard::create(&path, 8), Err(BoardError::Held(_))));
        std::fs::write(&path, "a letter that is none of ours").unwrap();
        assert!(matches!(folder.join(8), Err(BoardError::InTheWay(_))));
    }
}
