//! The program in memory. After a fork the child faults for every few pages of code that it runs, for Linux leaves out the page tables
//! of what can be read from a file again; it copies those of a mapping that has a page of its own, piece by piece of the file in
//! memory. So the daemon runs from a copy of its code in few large pieces, made once by the master; and nurseries have a page of their own
//! in each mapping: their children begin with all code there, and their tables are copied and cleared hundreds of entries at a time.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::ptr::{null_mut, without_provenance, without_provenance_mut};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};

/// Smaller mappings cost a child fewer faults than their copied tables would.
const LARGE: usize = 1024 * 1024;
/// All of them together: a program for debugging has more, of which its workers run little.
const LARGEST: usize = 16 * 1024 * 1024;
/// What the kernel keeps in one piece (transparent huge pages of x86_64 and aarch64).
const PIECE: usize = 2 * 1024 * 1024;
/// MADV_COLLAPSE (madvise(2), Linux 6.1), which libc does not know everywhere.
const COLLAPSE: libc::c_int = 25;

/// A private mapping of a file, only read or run: large code, and whatever is only read, also what was written when the program was
/// loaded, whose pages each child would have copied one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Constant {
    range: Range<usize>,
    is_code: bool,
}

/// The name of the copy,
const NAME: &str = "code";
/// and that by which mappings of it are known (proc_pid_maps(5)).
const MAPPED: &str = "/memfd:code";

/// Master, before its first child and with one thread: goes on in a copy of its code and constants that births cost less of. An error
/// leaves everything, or the rest, as it was; but where the kernel has no memory for the very step that lays a piece over another, the
/// process ends there.
pub fn gather() -> io::Result<()> {
    gather_up_to(LARGEST)
}

fn gather_up_to(largest: usize) -> io::Result<()> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let (placed, length) = placed(maps.lines().filter_map(constant));
    if placed.is_empty() || length > largest {
        return Ok(());
    }
    let copy = copied(&placed, length)?;
    placed.iter().try_for_each(|(constant, at)| replace(constant, &copy, *at))
}

/// Nursery, before the first birth: children find the large pieces of the copy in their tables. An error leaves some out.
pub fn hand_on() -> io::Result<()> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let memory = OpenOptions::new().read(true).write(true).open("/proc/self/mem")?;
    let is_large = |constant: &Constant| constant.range.len() >= LARGE;
    let copies = maps.lines().filter(|line| line.contains(MAPPED)).filter_map(constant);
    copies.filter(is_large).try_for_each(|Constant { range, .. }| {
        own_a_page(&memory, range.start)?;
        bring_in(&range)
    })
}

/// What a line of /proc/self/maps (proc_pid_maps(5)) tells of.
fn constant(line: &str) -> Option<Constant> {
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let range = usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?;
    let is_code = match words.next()? {
        "r-xp" => true,
        "r--p" => false,
        _ => return None,
    };
    let is_of_a_file = words.nth(2)? != "0";
    (is_of_a_file && (range.len() >= LARGE || !is_code)).then_some(Constant { range, is_code })
}

/// Where in the file each stands, and how long that is. What has whole pieces within stands as far from a piece's beginning as in
/// memory: such a piece is one entry of a process's tables, wherever the program was loaded.
fn placed(constants: impl Iterator<Item = Constant>) -> (Vec<(Constant, usize)>, usize) {
    let mut end: usize = 0;
    let mut place = |constant: Constant| {
        let Range { start, end: last } = constant.range;
        let has_pieces = start.next_multiple_of(PIECE) + PIECE <= last;
        let at = if has_pieces { end + (start.wrapping_sub(end) % PIECE) } else { end };
        end = at + constant.range.len();
        (constant, at)
    };
    let placed = constants.map(&mut place).collect();
    (placed, end.next_multiple_of(PIECE))
}

/// Their bytes, in a file without a name that nobody can change any more.
fn copied(placed: &[(Constant, usize)], length: usize) -> io::Result<File> {
    let copy = File::from(memfd_create(NAME, MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?);
    copy.set_len(length as u64)?;
    for (Constant { range, .. }, at) in placed {
        write(&copy, range, *at)?;
    }
    collapse(&copy, length)?;
    let seals =
        SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
    fcntl(&copy, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(copy)
}

/// Writes what lies there to the file.
fn write(copy: &File, range: &Range<usize>, at: usize) -> io::Result<()> {
    let mut done = 0;
    while done < range.len() {
        let (from, place) = (without_provenance(range.start + done), (at + done) as libc::off_t);
        // SAFETY: the kernel reads mapped memory of this process, or fails; nothing here takes it for a Rust value.
        let written = unsafe { libc::pwrite(copy.as_raw_fd(), from, range.len() - done, place) };
        match usize::try_from(written) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => done += written,
            Err(_) => return Err(io::Error::last_os_error()),
        }
    }
    Ok(())
}

/// Has the kernel put the file together in pieces of [`PIECE`], for which it must be mapped at an address of their kind.
fn collapse(copy: &File, length: usize) -> io::Result<()> {
    let (rights, room) = (libc::PROT_READ | libc::PROT_WRITE, length + PIECE);
    let reserved = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping where nothing is, which nobody else knows.
    let start = mapped(unsafe { libc::mmap(null_mut(), room, libc::PROT_NONE, reserved, -1, 0) })?;
    let aligned = without_provenance_mut(start.addr().next_multiple_of(PIECE));
    let shared = libc::MAP_SHARED | libc::MAP_FIXED;
    // SAFETY: the range lies within the one just made, whose first aligned address is less than a piece away.
    let file = mapped(unsafe { libc::mmap(aligned, length, rights, shared, copy.as_raw_fd(), 0) });
    // SAFETY: collapsing changes no byte.
    let collapsed = file.and_then(|file| done(unsafe { libc::madvise(file, length, COLLAPSE) }));
    // SAFETY: it was made above, and nothing refers to it.
    collapsed.and(done(unsafe { libc::munmap(start, room) }))
}

/// Lays the copy's bytes over the mapping.
fn replace(Constant { range, is_code }: &Constant, copy: &File, at: usize) -> io::Result<()> {
    let rights = if *is_code { libc::PROT_READ | libc::PROT_EXEC } else { libc::PROT_READ };
    let (length, file, at) = (range.len(), copy.as_raw_fd(), at as libc::off_t);
    // SAFETY: a new mapping where nothing is.
    let new = mapped(unsafe { libc::mmap(null_mut(), length, rights, libc::MAP_PRIVATE, file, at) })?;
    let (flags, place) =
        (libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED, without_provenance_mut::<libc::c_void>(range.start));
    // SAFETY: the same bytes come to lie there with the same rights, in one step, and no other thread runs: whoever reads or runs
    // them, this function too, finds what was there before.
    let moved = mapped(unsafe { libc::mremap(new, length, length, flags, place) });
    if moved.is_err() {
        // SAFETY: it was made above, and nothing refers to it.
        unsafe { libc::munmap(new, length) };
    }
    moved.map(drop)
}

/// Writes a byte over itself: the page that holds it is this process's own from then on, with the rights that it had.
fn own_a_page(memory: &File, at: usize) -> io::Result<()> {
    let mut byte = [0];
    memory.read_exact_at(&mut byte, at as u64)?;
    memory.write_all_at(&byte, at as u64)
}

/// Has every page of it in this process's tables.
fn bring_in(range: &Range<usize>) -> io::Result<()> {
    let start = without_provenance_mut(range.start);
    // SAFETY: populating maps what is there already, and changes no byte of it.
    done(unsafe { libc::madvise(start, range.len(), libc::MADV_POPULATE_READ) })
}

fn mapped(address: *mut libc::c_void) -> io::Result<*mut libc::c_void> {
    if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(address) }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_files_are_found() {
        let found = |rights: &str, length: usize, inode: &str| {
            constant(&format!("10000000-{:x} {rights} 0 fe:00 {inode}  /a program", 0x1000_0000 + length))
        };
        let range = 0x1000_0000..0x1010_0000;
        assert_eq!(found("r-xp", LARGE, "7"), Some(Constant { range: range.clone(), is_code: true }));
        assert_eq!(found("r--p", LARGE, "7"), Some(Constant { range, is_code: false }));
        assert!(found("r--p", LARGE - 0x1000, "7").is_some());
        for (rights, length, inode) in
            [("rw-p", LARGE, "7"), ("r--s", LARGE, "7"), ("r-xp", LARGE, "0"), ("r-xp", LARGE - 1, "7")]
        {
            assert_eq!(found(rights, length, inode), None, "{rights} {length} {inode}");
        }
        assert_eq!(constant("nonsense"), None);
    }

    #[test]
    fn whole_pieces_stand_in_the_file_as_in_memory() {
        type Row<'a> = (&'a [Range<usize>], &'a [usize], usize);
        let table: [Row<'_>; 4] = [
            (&[], &[], 0),
            (&[0x1000..0x3000, 0x5000..0x6000], &[0, 0x2000], PIECE),
            // The second has a piece within, and the third, a page from the end of one, nearly.
            (
                &[0x10_0000..0x10_1000, 0x1f_f000..0x40_0000, 0x40_1000..0x7f_f000],
                &[0, 0x1f_f000, 0x40_0000],
                4 * PIECE,
            ),
            (&[0x80_0000..0x80_2000, 0x80_2000..0xc0_2000], &[0, 0x2000], 3 * PIECE),
        ];
        for (ranges, at, length) in table {
            let constants = ranges.iter().map(|range| Constant { range: range.clone(), is_code: true });
            let (found, total) = placed(constants);
            assert_eq!(found.iter().map(|(_, at)| *at).collect::<Vec<_>>(), at);
            assert_eq!(total, length);
        }
    }

    /// What a release does and a program for debugging is too large for: tried in a child, which goes on in the copy.
    #[test]
    fn a_process_goes_on_in_its_copy_which_nobody_can_write_to() {
        // SAFETY: the child calls what takes no lock of another thread's but malloc(3)'s, which fork(2) of glibc keeps whole.
        let child = match unsafe { nix::unistd::fork() }.unwrap() {
            nix::unistd::ForkResult::Parent { child } => child,
            nix::unistd::ForkResult::Child => {
                let code = i32::from(!goes_on_in_a_copy().unwrap_or(false));
                // SAFETY: ends the process, and runs nothing of the parent's.
                unsafe { libc::_exit(code) }
            }
        };
        let ended = nix::sys::wait::waitpid(child, None).unwrap();
        assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
    }

    fn goes_on_in_a_copy() -> io::Result<bool> {
        let here = goes_on_in_a_copy as fn() -> io::Result<bool> as usize;
        let before = rights_at(here)?;
        // Another test, which runs meanwhile, may have made a copy just before the fork.
        let inherited = copies_held()?;
        // A kernel that gives no copy leaves everything as it was.
        let is_gathered = gather_up_to(usize::MAX).and_then(|()| hand_on()).is_ok();
        let (rights, file) = rights_at(here)?;
        let is_copy = file.contains("memfd:code");
        let text = fs::read_to_string("/proc/self/maps")?;
        let is_writable_code =
            text.lines().any(|line| line.split(' ').nth(1).is_some_and(|rights| rights.contains("wx")));
        let is_held = copies_held()? > inherited;
        Ok(rights == before.0 && rights == "r-xp" && is_copy == is_gathered && !is_writable_code && !is_held)
    }

    /// Descriptors of copies.
    fn copies_held() -> io::Result<usize> {
        let names = fs::read_dir("/proc/self/fd")?.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        Ok(names.filter(|name| name.to_string_lossy().contains("memfd:code")).count())
    }

    fn rights_at(address: usize) -> io::Result<(String, String)> {
        let text = fs::read_to_string("/proc/self/maps")?;
        let is_there = |line: &&str| {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let number = |text| usize::from_str_radix(text, 16).ok();
            range.is_some_and(|(from, to)| {
                number(from).zip(number(to)).is_some_and(|(from, to)| (from..to).contains(&address))
            })
        };
        let line = text.lines().find(is_there).ok_or(io::ErrorKind::NotFound)?;
        let mut words = line.split_ascii_whitespace();
        Ok((words.nth(1).unwrap_or_default().into(), words.nth(3).unwrap_or_default().into()))
    }

    #[test]
    fn a_copy_is_to_the_byte_and_nobodys_to_change() {
        let memory = OpenOptions::new().read(true).write(true).open("/proc/self/mem").unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let mut code = maps.lines().filter_map(constant).find(|constant| constant.is_code).unwrap();
        code.range.end = code.range.start + LARGE;
        // A kernel without huge pages has no copy.
        let Ok(copy) = copied(&[(code.clone(), 0)], PIECE) else { return };
        let (mut here, mut there) = (vec![0; LARGE], vec![1; LARGE]);
        memory.read_exact_at(&mut here, code.range.start as u64).unwrap();
        copy.read_exact_at(&mut there, 0).unwrap();
        assert!(here == there);
        assert!(copy.write_all_at(b"x", 0).is_err());
    }
}
