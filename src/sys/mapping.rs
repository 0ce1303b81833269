//! Shared mappings of a file, as atomic words: a read-only map gives loads and nothing else, a writable
//! one gives the atomics themselves. Offsets are bytes from the start of the mapping.
//!
//! The words are shared with other processes, some of them hostile, so they are never seen as plain memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use memmap2::{Advice, MmapOptions, MmapRaw};
use nix::fcntl::{FallocateFlags, OFlag};
use nix::libc;
use nix::sys::memfd::MFdFlags;
use nix::sys::mman::{MapFlags, ProtFlags};
use nix::sys::stat::Mode;

/// The only page size the layouts of this crate are made for: a page is the grain of write isolation.
pub const PAGE: usize = 4096;

/// Words that can be read. Every load is relaxed (the only order the language promises on read-only memory);
/// order comes from fences. Outside the words a load gives 0, as a hole in a file does.
pub trait Words {
    /// The 64-bit word at a byte offset (rounded down to 8).
    fn word(&self, at: usize) -> u64;
    /// The 32-bit word at a byte offset (rounded down to 4).
    fn half_word(&self, at: usize) -> u32;
}

/// A mapping that can only be read.
pub struct ReadOnlyMap {
    start: NonNull<u8>,
    length: usize,
    /// Unmaps at the end; None for a mapping at a fixed address, which stays for life.
    _held: Option<MmapRaw>,
}

// SAFETY: the memory is reached through shared references to atomics only, and stays mapped while the value
// lives, whichever thread holds it.
unsafe impl Send for ReadOnlyMap {}
// SAFETY: as above: all access is by atomic loads.
unsafe impl Sync for ReadOnlyMap {}

impl ReadOnlyMap {
    /// Maps bytes `range` of the file. The range must start on a page; the caller has checked the file's size.
    pub fn new(file: impl AsFd, range: Range<usize>) -> io::Result<ReadOnlyMap> {
        let map = options(&range)?.map_raw_read_only(file.as_fd().as_raw_fd())?;
        let start = NonNull::new(map.as_mut_ptr()).ok_or(io::ErrorKind::Other)?;
        Ok(ReadOnlyMap { start, length: range.len(), _held: Some(map) })
    }

    /// Maps bytes `range` of the file at `address` and nowhere else; an error if something is there. For life.
    pub fn at(file: impl AsFd, range: Range<usize>, address: usize) -> io::Result<ReadOnlyMap> {
        options(&range)?;
        let wanted = NonZeroUsize::new(address).ok_or(io::ErrorKind::InvalidInput)?;
        let length = NonZeroUsize::new(range.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let offset = i64::try_from(range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED_NOREPLACE;
        // SAFETY: MAP_FIXED_NOREPLACE never takes the place of an existing mapping, so no memory that anybody
        // refers to changes; the new memory is reached through atomics only.
        let start =
            unsafe { nix::sys::mman::mmap(Some(wanted), length, ProtFlags::PROT_READ, flags, file, offset) }?;
        if start.as_ptr() as usize != address {
            // A kernel before 4.17 does not know the flag and takes the address as a wish.
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        Ok(ReadOnlyMap { start: start.cast(), length: range.len(), _held: None })
    }

    /// Makes the mapping unchangeable for this process and those it bears (mseal(2)): says whether the kernel can.
    pub fn seal(&self) -> io::Result<bool> {
        seal(self.start, self.length)
    }

    /// Where the mapping begins.
    pub fn address(&self) -> usize {
        self.start.as_ptr() as usize
    }
}

impl Words for ReadOnlyMap {
    fn word(&self, at: usize) -> u64 {
        atomic_word(self.start, self.length, at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    fn half_word(&self, at: usize) -> u32 {
        atomic_half(self.start, self.length, at).map_or(0, |half| half.load(Ordering::Relaxed))
    }
}

/// A mapping that can be written. It stays mapped for the life of the process.
pub struct WritableMap {
    map: ManuallyDrop<MmapRaw>,
}

impl WritableMap {
    /// Maps bytes `range` of the file. The range must start on a page.
    pub fn new(file: impl AsFd, range: Range<usize>) -> io::Result<WritableMap> {
        let map = options(&range)?.map_raw(file.as_fd().as_raw_fd())?;
        // Never unmapped: a child that does not inherit the mapping would otherwise unmap, in dropping this
        // value, whatever has come to lie there since.
        Ok(WritableMap { map: ManuallyDrop::new(map) })
    }

    /// The same, with its pages there: its first use is no fault. For ranges that are small.
    pub fn present(file: impl AsFd, range: Range<usize>) -> io::Result<WritableMap> {
        let map = options(&range)?.populate().map_raw(file.as_fd().as_raw_fd())?;
        Ok(WritableMap { map: ManuallyDrop::new(map) })
    }

    /// Leaves the mapping out of every child to come (MADV_DONTFORK): a child that touches it faults.
    pub fn keep_from_children(&self) -> io::Result<()> {
        self.map.advise(Advice::DontFork)
    }

    /// As [`ReadOnlyMap::seal`].
    pub fn seal(&self) -> io::Result<bool> {
        seal(self.start(), self.map.len())
    }

    /// The atomic word at a byte offset (rounded down to 8); None outside.
    pub fn atomic(&self, at: usize) -> Option<&AtomicU64> {
        atomic_word(self.start(), self.map.len(), at)
    }

    /// The atomic half word at a byte offset (rounded down to 4); None outside. A place in the file is used
    /// either by words or by half words, never by both.
    pub fn atomic_half(&self, at: usize) -> Option<&AtomicU32> {
        atomic_half(self.start(), self.map.len(), at)
    }

    /// A cell for the kernel to write a child's pid into (CLONE_PARENT_SETTID); None outside.
    pub fn birth_cell(&self, at: usize) -> Option<BirthCell> {
        self.atomic_half(at).map(|half| BirthCell { cell: NonNull::from(half).cast() })
    }

    fn start(&self) -> NonNull<u8> {
        // SAFETY: mmap gives no mapping at address 0 that was not asked for there.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr()) }
    }
}

impl Words for WritableMap {
    fn word(&self, at: usize) -> u64 {
        self.atomic(at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    fn half_word(&self, at: usize) -> u32 {
        self.atomic_half(at).map_or(0, |half| half.load(Ordering::Relaxed))
    }
}

/// Where the kernel writes the pid of a child before it runs. It points into a [`WritableMap`], which stays
/// mapped for life.
#[derive(Clone, Copy, Debug)]
pub struct BirthCell {
    cell: NonNull<libc::pid_t>,
}

impl BirthCell {
    /// The address, for the raw clone alone.
    pub(in crate::sys) fn pointer(self) -> *mut libc::pid_t {
        self.cell.as_ptr()
    }
}

/// Gives bytes `range` of the file their blocks, so that a full disk is met here and not as a SIGBUS later.
pub fn allocate(file: impl AsFd, range: Range<usize>) -> io::Result<()> {
    let offset = i64::try_from(range.start).map_err(|_| io::ErrorKind::InvalidInput)?;
    let length = i64::try_from(range.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    loop {
        match nix::fcntl::fallocate(file.as_fd(), FallocateFlags::empty(), offset, length) {
            Err(nix::errno::Errno::EINTR) => {}
            other => return Ok(other?),
        }
    }
}

/// Opens a file as it is found: neither through a symbolic link nor waiting for the other end of a FIFO.
pub fn open_as_found(path: &Path, write: bool) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
    OpenOptions::new().read(true).write(write).custom_flags(flags.bits()).open(path)
}

/// A file without a name (memfd_create(2)), open for reading and writing, mode 0644.
pub fn nameless_file(name: &str) -> io::Result<OwnedFd> {
    let file = nix::sys::memfd::memfd_create(name, MFdFlags::MFD_CLOEXEC)?;
    nix::sys::stat::fchmod(&file, Mode::from_bits_truncate(0o644))?;
    Ok(file)
}

/// The same for its owner's eyes alone: mode 0600.
pub fn secret_file(name: &str) -> io::Result<OwnedFd> {
    let file = nix::sys::memfd::memfd_create(name, MFdFlags::MFD_CLOEXEC)?;
    nix::sys::stat::fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR)?;
    Ok(file)
}

/// Another, read-only description of an open file, by way of /proc.
pub fn reopen_read_only(file: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(nix::fcntl::open(path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?)
}

/// What both kinds of maps ask of a range: whole pages of [`PAGE`] on a kernel that has the same.
fn options(range: &Range<usize>) -> io::Result<MmapOptions> {
    if !range.start.is_multiple_of(PAGE) || range.is_empty() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.unwrap_or(0);
    if page != 4096 {
        // A larger page would hold several slots, and so open a neighbour's to each worker.
        return Err(io::Error::new(io::ErrorKind::Unsupported, "the scoreboard needs pages of 4096 bytes"));
    }
    let mut options = MmapOptions::new();
    options.offset(range.start as u64).len(range.len());
    Ok(options)
}

fn atomic_word<'a>(start: NonNull<u8>, length: usize, at: usize) -> Option<&'a AtomicU64> {
    let at = at & !7;
    if at.checked_add(8)? > length {
        return None;
    }
    // SAFETY: the eight bytes lie inside the mapping (checked above) and are aligned, as a mapping starts on a
    // page and `at` is a multiple of 8; they stay mapped while the caller's map lives, which the callers bind
    // the reference to. Others, in other processes too, reach them by atomics of the same size alone.
    Some(unsafe { &*start.as_ptr().add(at).cast::<AtomicU64>() })
}

fn atomic_half<'a>(start: NonNull<u8>, length: usize, at: usize) -> Option<&'a AtomicU32> {
    let at = at & !3;
    if at.checked_add(4)? > length {
        return None;
    }
    // SAFETY: as in `atomic_word`, with four bytes.
    Some(unsafe { &*start.as_ptr().add(at).cast::<AtomicU32>() })
}

/// mseal(2), which neither nix nor libc knows everywhere; the number is the same on all architectures but Alpha.
fn seal(start: NonNull<u8>, length: usize) -> io::Result<bool> {
    const MSEAL: libc::c_long = 462;
    // SAFETY: mseal reads nothing and writes nothing; it can only make later changes of the mapping fail, and
    // the owners of these mappings never change them.
    let result = unsafe { libc::syscall(MSEAL, start.as_ptr(), length, 0_usize) };
    if result == 0 {
        return Ok(true);
    }
    match io::Error::last_os_error() {
        error if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => Ok(false),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(pages: usize) -> OwnedFd {
        let file = nameless_file("test").unwrap();
        allocate(&file, 0..pages * PAGE).unwrap();
        file
    }

    #[test]
    fn what_one_map_stores_the_other_loads() {
        let file = file(2);
        let writable = WritableMap::new(&file, PAGE..2 * PAGE).unwrap();
        writable.atomic(16).unwrap().store(7, Ordering::Relaxed);
        writable.atomic_half(28).unwrap().store(9, Ordering::Relaxed);
        let readable = ReadOnlyMap::new(&file, 0..2 * PAGE).unwrap();
        assert_eq!(readable.word(PAGE + 16), 7);
        assert_eq!(readable.half_word(PAGE + 28), 9);
    }

    #[test]
    fn outside_a_map_there_is_nothing() {
        let file = file(1);
        let writable = WritableMap::new(&file, 0..PAGE).unwrap();
        assert!(writable.atomic(PAGE).is_none());
        assert!(writable.atomic(usize::MAX).is_none());
        assert!(writable.atomic_half(PAGE).is_none());
        assert_eq!(writable.word(PAGE), 0);
    }

    #[test]
    fn a_fixed_address_is_taken_once() {
        let file = file(1);
        const ADDRESS: usize = 0x5000_0000_0000;
        let first = ReadOnlyMap::at(&file, 0..PAGE, ADDRESS).unwrap();
        assert_eq!(first.address(), ADDRESS);
        assert!(ReadOnlyMap::at(&file, 0..PAGE, ADDRESS).is_err());
    }

    #[test]
    fn ranges_start_on_pages() {
        let file = file(1);
        assert!(ReadOnlyMap::new(&file, 8..PAGE).is_err());
        assert!(WritableMap::new(&file, 0..0).is_err());
    }

    #[test]
    fn a_sealed_map_stays() {
        let file = file(1);
        let map = WritableMap::new(&file, 0..PAGE).unwrap();
        if map.seal().unwrap() {
            // MADV_DONTFORK is no change of the mapping's rights; mseal still allows it on shared files or refuses.
            map.atomic(0).unwrap().store(1, Ordering::Relaxed);
        }
        assert!(map.word(0) <= 1);
    }

    #[test]
    fn a_reopened_file_cannot_be_written() {
        let file = file(1);
        let readable = reopen_read_only(file.as_fd()).unwrap();
        assert!(WritableMap::new(&readable, 0..PAGE).is_err());
        assert!(ReadOnlyMap::new(&readable, 0..PAGE).is_ok());
    }
}
