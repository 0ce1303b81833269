//! Readers (`ftpwho`, tests): a read-only mapping of a board found by its path. They need no lock and no living
//! daemon, they wait for nobody, and they trust nothing: neither the sizes in the header nor what a slot holds.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::layout::{Geometry, MAGIC, VERSION, header, slot};
use super::{
    BoardError, HeaderRecord, Refusals, SlotNumber, SlotRecord, Totals, header as fields, sequence,
    slot as page,
};
use crate::sys::ProcessId;
use crate::sys::lock;
use crate::sys::mapping::{PAGE, ReadOnlyMap, Words, open_as_found};

/// A read-only mapping of a board found by path.
pub struct Reader {
    map: ReadOnlyMap,
    geometry: Geometry,
    file: File,
    path: PathBuf,
}

/// Everything a board says at one moment.
#[derive(Clone, Debug)]
pub struct Census {
    /// The header.
    pub header: HeaderRecord,
    /// All live slots, lowest first.
    pub slots: Vec<SlotRecord>,
    /// Of the dead and the living.
    pub totals: Totals,
    /// The same.
    pub refusals: Refusals,
}

impl Reader {
    /// Maps the board at `path`. Errors: not there, not a board, another layout version, cut short; each with words of its own.
    pub fn open(path: &Path) -> Result<Reader, BoardError> {
        let said = |error| BoardError::Io(path.to_owned(), error);
        let file = open_as_found(path, false).map_err(said)?;
        let geometry = checked_geometry(path, &file)?;
        let map = ReadOnlyMap::new(&file, 0..geometry.file_size).map_err(said)?;
        Ok(Reader { map, geometry, file, path: path.to_owned() })
    }

    /// Whether a living master holds the board.
    pub fn is_held(&self) -> bool {
        lock::is_locked(&self.file).unwrap_or(false)
    }

    /// A consistent copy of the header.
    pub fn header(&self) -> HeaderRecord {
        match self.check_size() {
            Ok(()) => fields::load(&self.map),
            Err(_) => fields::load(&Nothing),
        }
    }

    /// Copies of all live slots, lowest first. A slot whose writer died in mid-publish is skipped after bounded retries.
    pub fn slots(&self) -> Vec<SlotRecord> {
        if self.check_size().is_err() {
            return Vec::new();
        }
        self.used().filter_map(|slot| self.slot(slot)).collect()
    }

    /// The live slots one after the other, lowest first: thousands of copies at once are more memory than a processor has at hand.
    pub fn records(&self) -> Result<impl Iterator<Item = SlotRecord>, BoardError> {
        self.check_size()?;
        Ok(self.used().filter_map(|slot| self.slot(slot)))
    }

    /// Everything at once; totals and refusals count every worker's once, whether it lives or has been settled meanwhile.
    pub fn census(&self) -> Result<Census, BoardError> {
        self.check_size()?;
        let (totals, refusals) = self.counts();
        Ok(Census { header: self.header(), slots: self.slots(), totals, refusals })
    }

    /// Totals of the dead and the living, read under one header sequence. Under a storm of deaths, when no moment
    /// between two of them is long enough, the last attempt's sum.
    pub fn totals(&self) -> Totals {
        self.counts().0
    }

    /// Refusals of the dead and the living.
    pub fn refusals(&self) -> Refusals {
        self.counts().1
    }

    /// Both, under one sequence.
    fn counts(&self) -> (Totals, Refusals) {
        sequence::consistent(&self.map, header::TOTALS_SEQUENCE, |_| self.sum()).unwrap_or_else(|| self.sum())
    }

    /// The pid the kernel wrote at the birth of the slot's worker.
    pub fn birth(&self, slot: SlotNumber) -> Option<ProcessId> {
        let pid = self.geometry.has(slot).then(|| self.map.half_word(self.geometry.birth(slot)))?;
        fields::process(u64::from(pid))
    }

    /// Slots in the middle of a publish; one that stays here has lost its writer, or stands at the tests' stop point.
    pub fn unfinished(&self) -> Vec<SlotNumber> {
        self.used()
            .filter(|&slot| self.map.word(self.geometry.slot(slot) + slot::SEQUENCE) & 1 == 1)
            .collect()
    }

    /// Tests: the stop point of workers to be born (`layout::header::STOP`).
    pub fn stop_point(&self) -> u64 {
        self.map.word(header::STOP)
    }

    fn slot(&self, number: SlotNumber) -> Option<SlotRecord> {
        let mut record = page::load(&self.map, self.geometry.slot(number), number)?;
        // The kernel's word is better than the worker's own.
        record.pid = self.birth(number).unwrap_or(record.pid);
        Some(record)
    }

    fn sum(&self) -> (Totals, Refusals) {
        let mut totals = fields::load_totals(&self.map, header::TOTALS);
        let mut refusals = Refusals::default();
        fields::load_refusals(&self.map, header::REFUSALS, &mut refusals);
        for slot in self.used().map(|slot| self.geometry.slot(slot)) {
            totals.add(&fields::load_totals(&self.map, slot + slot::TOTALS));
            fields::load_refusals(&self.map, slot + slot::REFUSALS, &mut refusals);
        }
        (totals, refusals)
    }

    /// The slots that were ever used, as far as there are any.
    fn used(&self) -> impl Iterator<Item = SlotNumber> {
        let high_water = fields::number(self.map.word(header::HIGH_WATER));
        (0..high_water.min(self.geometry.slots())).map(SlotNumber)
    }

    /// A daemon never makes its board smaller, but a hand might: a load behind the file's end would kill us.
    fn check_size(&self) -> Result<(), BoardError> {
        match self.file.metadata() {
            Ok(metadata) if metadata.len() >= self.geometry.file_size as u64 => Ok(()),
            _ => Err(BoardError::Truncated(self.path.clone())),
        }
    }
}

/// The geometry that both the header and the file's real size allow.
pub(super) fn checked_geometry(path: &Path, file: &File) -> Result<Geometry, BoardError> {
    let not_a_board = || BoardError::NotABoard(path.to_owned());
    let metadata = file.metadata().map_err(|error| BoardError::Io(path.to_owned(), error))?;
    let mut page = [0; PAGE];
    if !metadata.is_file() || file.read_exact_at(&mut page[..16], 0).is_err() {
        return Err(not_a_board());
    }
    let word = |page: &[u8; PAGE], at: usize| {
        page[at..].first_chunk().map_or(0, |bytes: &[u8; 8]| u64::from_le_bytes(*bytes))
    };
    if word(&page, header::MAGIC) != MAGIC {
        return Err(not_a_board());
    }
    if word(&page, header::VERSION) != VERSION {
        return Err(BoardError::Version(path.to_owned(), word(&page, header::VERSION)));
    }
    if file.read_exact_at(&mut page, 0).is_err() {
        return Err(BoardError::Truncated(path.to_owned()));
    }
    let geometry = u32::try_from(word(&page, header::SLOTS)).ok().and_then(Geometry::new);
    let geometry = geometry.ok_or_else(not_a_board)?;
    if fields::constants(&geometry).iter().any(|&(at, value)| word(&page, at) != value) {
        return Err(not_a_board());
    }
    if metadata.len() < geometry.file_size as u64 {
        return Err(BoardError::Truncated(path.to_owned()));
    }
    Ok(geometry)
}

/// The words of a board that is not there any more.
struct Nothing;

impl Words for Nothing {
    fn word(&self, _: usize) -> u64 {
        0
    }

    fn half_word(&self, _: usize) -> u32 {
        0
    }
}
