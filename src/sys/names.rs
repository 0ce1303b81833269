//! A directory's names, as the file system gives them: many at a call, and none copied before somebody wants it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{self, OFlag};
use nix::libc;
use nix::sys::stat::Mode;

use super::buffer::Buffer;
use super::files::{CAUTIOUS, Kind};

/// Bytes of names asked for at once: some eight hundred.
const BLOCK: usize = 32 << 10;
/// Where in the kernel's record of a name its length stands, its kind, and its bytes (`struct linux_dirent64` of getdents64(2)).
const LENGTH_AT: usize = 16;
const KIND_AT: usize = 18;
const BYTES_AT: usize = 19;
/// Records are as long as so many of these bytes: a name ends within the last.
const GRAIN: usize = size_of::<u64>();
/// The shortest.
const SHORTEST: usize = 3 * GRAIN;

/// One name of a directory.
#[derive(Debug)]
pub struct Name {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it names, where the file system says so without being asked for its status.
    pub kind: Option<Kind>,
}

/// The same where it has been read to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRead<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it names.
    pub kind: Option<Kind>,
}

/// A directory that is read from its front to its end.
#[derive(Debug)]
pub struct Names {
    directory: OwnedFd,
    block: Buffer,
    next: usize,
    end: usize,
    /// The kernel has no more: it need not be asked again.
    is_over: bool,
}

impl Name {
    /// As it was read.
    pub fn as_read(&self) -> NameRead<'_> {
        NameRead { bytes: &self.bytes, kind: self.kind }
    }
}

impl Names {
    /// Reads the directory that a place stands for.
    pub fn of(place: BorrowedFd<'_>) -> io::Result<Names> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | CAUTIOUS;
        let directory = fcntl::openat(place, ".", flags, Mode::empty())?;
        Ok(Names { directory, block: Buffer::map(BLOCK)?, next: 0, end: 0, is_over: false })
    }

    /// The next name, until something else is read; None at the end.
    #[inline]
    pub fn read(&mut self) -> Option<io::Result<NameRead<'_>>> {
        if self.next >= self.end {
            if self.is_over {
                return None;
            }
            match self.fill() {
                Ok(end) => (self.next, self.end, self.is_over) = (0, end, end == 0),
                Err(error) => return Some(Err(error)),
            }
        }
        let (name, length) = record(&self.block[self.next..self.end])?;
        self.next += length;
        Some(Ok(name))
    }

    fn fill(&mut self) -> io::Result<usize> {
        let (directory, room) = (self.directory.as_fd().as_raw_fd(), self.block.len());
        // SAFETY: getdents64(2) writes at most `room` bytes to where the block begins, and it has that many.
        let filled = unsafe { libc::syscall(libc::SYS_getdents64, directory, self.block.as_mut_ptr(), room) };
        usize::try_from(filled).map_err(|_| io::Error::last_os_error())
    }
}

/// The first record of a block, and its length; None where there is no whole one.
fn record(block: &[u8]) -> Option<(NameRead<'_>, usize)> {
    let length = block.get(LENGTH_AT..KIND_AT)?;
    let length = usize::from(u16::from_ne_bytes(length.try_into().ok()?));
    let record = block.get(..length).filter(|record| record.len() >= SHORTEST)?;
    let bytes = &record[BYTES_AT..end_of_name(record)?];
    Some((NameRead { bytes, kind: kind(record[KIND_AT]) }, length))
}

/// Where the zero behind a name stands: all bytes that it can be are looked at together.
fn end_of_name(record: &[u8]) -> Option<usize> {
    const LOWEST: u64 = u64::from_le_bytes([1; GRAIN]);
    const HIGHEST: u64 = u64::from_le_bytes([1 << 7; GRAIN]);
    let (before, last) = record.split_last_chunk::<GRAIN>()?;
    // What of them stands before the name has zeros of its own.
    let foreign = (1 << (8 * BYTES_AT.saturating_sub(before.len()))) - 1;
    let last = u64::from_le_bytes(*last) | foreign;
    // Of a zero byte the highest bit is set here, and of none before it.
    let zeros = last.wrapping_sub(LOWEST) & !last & HIGHEST;
    (zeros != 0).then(|| before.len() + zeros.trailing_zeros() as usize / 8)
}

fn kind(code: u8) -> Option<Kind> {
    match code {
        libc::DT_REG => Some(Kind::File),
        libc::DT_DIR => Some(Kind::Directory),
        libc::DT_LNK => Some(Kind::Link),
        libc::DT_FIFO => Some(Kind::Pipe),
        libc::DT_SOCK => Some(Kind::Socket),
        libc::DT_CHR => Some(Kind::Characters),
        libc::DT_BLK => Some(Kind::Blocks),
        _ => None,
    }
}

impl Iterator for Names {
    type Item = io::Result<Name>;

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.read()?;
        Some(name.map(|name| Name { bytes: name.bytes.to_vec(), kind: name.kind }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_name_is_read_once_with_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let long = "n".repeat(255);
        let mut expected: BTreeSet<String> = (0..3000).map(|number| format!("file-{number}")).collect();
        expected.insert(long);
        for name in &expected {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        std::fs::create_dir(folder.path().join("d")).unwrap();
        symlink("d", folder.path().join("l")).unwrap();
        let mut seen = BTreeSet::new();
        let place = std::fs::File::open(folder.path()).unwrap();
        let mut names = Names::of(place.as_fd()).unwrap();
        while let Some(name) = names.read() {
            let name = name.unwrap();
            match name.bytes {
                b"." | b".." | b"d" => assert_eq!(name.kind, Some(Kind::Directory)),
                b"l" => assert_eq!(name.kind, Some(Kind::Link)),
                bytes => {
                    assert_eq!(name.kind, Some(Kind::File));
                    assert!(seen.insert(String::from_utf8(bytes.to_vec()).unwrap()));
                }
            }
        }
        assert_eq!(seen, expected);
        assert!(names.next().is_none());
    }

    #[test]
    fn what_is_no_whole_record_ends_the_reading() {
        for length in 0..24 {
            assert!(record(&vec![0; length]).is_none());
        }
        let mut broken = [0; 24];
        for length in [0, 1, 18, 19, 20, 23, 25] {
            broken[LENGTH_AT] = length;
            assert!(record(&broken).is_none(), "{length}");
        }
        let unended = [0xff; 32];
        assert!(end_of_name(&unended).is_none());
    }

    #[test]
    fn names_of_every_length_end_where_their_zero_stands() {
        for length in 1..=255 {
            for behind in [0, 1, 0x80, 0xff] {
                let name: Vec<u8> = (0..length).map(|index| [1, 0x80, 0xff, b'a'][index % 4]).collect();
                let whole = (BYTES_AT + length + 1).next_multiple_of(GRAIN);
                // What the kernel leaves behind the zero is what stood there before.
                let mut written = vec![behind; whole];
                written[..KIND_AT].fill(0);
                written[LENGTH_AT..KIND_AT].copy_from_slice(&u16::try_from(whole).unwrap().to_ne_bytes());
                written[KIND_AT] = libc::DT_UNKNOWN;
                written[BYTES_AT..][..length].copy_from_slice(&name);
                written[BYTES_AT + length] = 0;
                let read = NameRead { bytes: &name, kind: None };
                assert_eq!(record(&written), Some((read, whole)), "{length} {behind}");
            }
        }
    }
}
