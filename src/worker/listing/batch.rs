//! A directory's names in order: as many at once as fit in a bound, so that a listing's memory does not grow with the
//! directory. Larger ones come as one sorted batch after another.

use super::line::time_of;
use super::options::{Dots, Options, Order};
use super::pattern::Pattern;
use crate::sys::files::{Kind, NameRead};
use crate::sys::heap;
use crate::worker::data::Stop;
use crate::worker::storage::{Directory, DirectoryNames};

/// Names sorted at once.
pub const BATCH: usize = 10_000;
/// Names of a folder as most are,
const FEW: usize = 512;
/// and bytes of names in a larger one, each: those of a batch seldom have more.
const LENGTH: usize = 64;
/// Names read between two looks at what else the session has to attend to: a pattern may match none of a million.
const GLANCE_EVERY: usize = 2_048;
/// The same where each is asked for its status: a slow disk answers.
const STATUSES_EVERY: usize = 512;

/// Which names of a directory are meant.
pub enum Choice<'a> {
    /// Those that the options show.
    Shown,
    /// Those that match.
    Matching(&'a Pattern),
}

impl Choice<'_> {
    /// Whether a name is one of them.
    pub fn takes(&self, name: &[u8], options: &Options) -> bool {
        match self {
            Choice::Matching(pattern) => pattern.matches(name),
            Choice::Shown => match options.dots {
                Dots::All => true,
                Dots::Almost => name != b"." && name != b"..",
                Dots::Hidden => name.first() != Some(&b'.'),
            },
        }
    }
}

/// Names of one directory, in order. Their bytes stand together: ten thousand small pieces of memory would take longer than the
/// kernel does to name as many files.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    placed: Vec<Placed>,
}

/// One name of a batch.
#[derive(Clone, Copy, Debug)]
struct Placed {
    /// What it is sorted by before its bytes are looked at.
    key: u64,
    start: u32,
    length: u16,
    kind: Option<Kind>,
}

impl Batch {
    /// Whether it has no name: then there is none left.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = NameRead<'_>> {
        self.placed.iter().map(|placed| NameRead { bytes: placed.of(&self.bytes), kind: placed.kind })
    }

    /// Takes the next names in place of those it has, sorted; none at the end. A directory that fails half-way ends there.
    pub fn fill(
        &mut self,
        directory: &Directory,
        names: &mut DirectoryNames,
        choice: &Choice<'_>,
        options: &Options,
        glance: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.bytes.clear();
        self.placed.clear();
        let mut read = 0;
        while self.placed.len() < BATCH
            && let Some(Ok(name)) = names.read()
        {
            if choice.takes(name.bytes, options) {
                self.push(name);
            }
            read += 1;
            if read % GLANCE_EVERY == 0 {
                glance()?;
            }
        }
        self.sort(directory, options, glance)
    }

    fn push(&mut self, name: NameRead<'_>) {
        if self.placed.len() == FEW && self.placed.capacity() < BATCH {
            self.make_room();
        }
        // No name is longer than the kernel's record of it, and no batch than all of its names.
        let (start, length) = (self.bytes.len() as u32, name.bytes.len() as u16);
        self.bytes.extend_from_slice(name.bytes);
        self.placed.push(Placed { key: 0, start, length, kind: name.kind });
    }

    /// Room for all names there can be, at once: what grows by doubling is there twice while it is copied. Of room that is not needed
    /// no page is ever touched.
    fn make_room(&mut self) {
        self.placed.reserve_exact(BATCH - FEW);
        self.bytes.reserve_exact((BATCH - FEW) * LENGTH);
    }

    fn sort(
        &mut self,
        directory: &Directory,
        options: &Options,
        glance: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let bytes = &self.bytes;
        match options.order {
            // What nobody sorts is not gathered, but for what matches a pattern.
            Order::Name | Order::Found => {
                let common = self.common_beginning();
                self.placed.iter_mut().for_each(|name| name.key = beginning(&name.of(bytes)[common..]));
            }
            Order::Time | Order::Size => {
                for (index, name) in (1..).zip(&mut self.placed) {
                    name.key = rank(directory, name.of(bytes), options);
                    if index % STATUSES_EVERY == 0 {
                        glance()?;
                    }
                }
            }
        }
        self.placed.sort_unstable_by(|one, other| {
            one.key.cmp(&other.key).then_with(|| one.of(bytes).cmp(other.of(bytes)))
        });
        if options.reverse {
            self.placed.reverse();
        }
        Ok(())
    }

    /// With how many bytes all names begin alike.
    fn common_beginning(&self) -> usize {
        let Some(first) = self.placed.first().map(|first| first.of(&self.bytes)) else { return 0 };
        self.placed.iter().fold(first.len(), |common, name| {
            first[..common].iter().zip(name.of(&self.bytes)).take_while(|(one, other)| one == other).count()
        })
    }
}

impl Placed {
    fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize..][..usize::from(self.length)]
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.placed.capacity() >= BATCH {
            (self.bytes, self.placed) = (Vec::new(), Vec::new());
            // The session goes on, perhaps for hours, and lists nothing.
            heap::give_back();
        }
    }
}

/// The first bytes as a number that is ordered as they are: most names are told apart by it.
fn beginning(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = bytes.len().min(first.len());
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(first)
}

/// Whether any name is meant.
pub fn any(
    mut names: DirectoryNames,
    is_meant: impl Fn(&[u8]) -> bool,
    glance: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<bool, Stop> {
    let mut read = 0;
    while let Some(Ok(name)) = names.read() {
        if is_meant(name.bytes) {
            return Ok(true);
        }
        read += 1;
        if read % GLANCE_EVERY == 0 {
            glance()?;
        }
    }
    Ok(false)
}

/// Newest and largest come first.
fn rank(directory: &Directory, name: &[u8], options: &Options) -> u64 {
    let Ok(status) = directory.status(name) else { return unsigned(0) };
    match options.order {
        Order::Size => unsigned(i64::try_from(status.size).unwrap_or(i64::MAX).saturating_neg()),
        _ => unsigned(time_of(&status, options.clock).saturating_neg()),
    }
}

/// In the same order.
fn unsigned(rank: i64) -> u64 {
    rank.cast_unsigned() ^ 1 << 63
}
