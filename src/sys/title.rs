//! What ps(1) shows of a process: the kernel reads its command line from where it was told to (PR_SET_MM_MAP, prctl(2)).

use std::cell::Cell;
use std::io;

use nix::libc;

/// Room for a title and the NUL behind it.
const ROOM: usize = 256;

thread_local! {
    // Beside the thread's id, which the kernel writes into every newborn: a title copies no page of its own.
    static TITLE: [Cell<u8>; ROOM] = const { [const { Cell::new(0) }; ROOM] };
    static KEPT: Cell<usize> = const { Cell::new(0) };
}

/// Has this process and all that it forks be shown by their titles; for the thread that forks them, and lives as long. Where the kernel
/// refuses, the command line stays and titles are shown to nobody.
pub fn claim(words: &str) -> io::Result<()> {
    show(&[words.as_bytes()]);
    let start = TITLE.with(|title| title.as_ptr() as u64);
    let map = Map { arg_start: start, arg_end: start + ROOM as u64, ..Map::of_this_process()? };
    // SAFETY: the kernel reads a structure of that size, which is here. It notes where the parts of the address space are: all but the
    // command line are as it told them itself. The title is the thread's for life, as asked of the caller; later, or in another thread,
    // the kernel would show what stands there then, and touch nothing.
    let done = unsafe {
        libc::prctl(libc::PR_SET_MM, libc::PR_SET_MM_MAP, &raw const map, size_of::<Map>() as u64, 0_u64)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Shows these words, one behind the other.
pub fn show(words: &[&[u8]]) {
    keep(&[]);
    go_on(words);
}

/// Shows these words, and lets what comes follow them.
pub fn keep(words: &[&[u8]]) {
    KEPT.set(0);
    KEPT.set(go_on(words));
}

/// Shows these words behind those that are kept; gives where they end.
pub fn go_on(words: &[&[u8]]) -> usize {
    TITLE.with(|title| {
        // The last byte stays NUL: without one the kernel reads on into the environment (proc_pid_cmdline(5)).
        let room = &title[..ROOM - 1];
        let text =
            words.iter().copied().flatten().map(|byte| if byte.is_ascii_control() { b'?' } else { *byte });
        let mut end = KEPT.get();
        for (cell, byte) in room[end..].iter().zip(text) {
            cell.set(byte);
            end += 1;
        }
        for cell in room[end..].iter().take_while(|cell| cell.get() != 0) {
            cell.set(0);
        }
        end
    })
}

/// `struct prctl_mm_map` of linux/prctl.h.
#[repr(C)]
#[derive(Default)]
struct Map {
    start_code: u64,
    end_code: u64,
    start_data: u64,
    end_data: u64,
    start_brk: u64,
    brk: u64,
    start_stack: u64,
    arg_start: u64,
    arg_end: u64,
    env_start: u64,
    env_end: u64,
    auxv: u64,
    auxv_size: u32,
    exe_fd: u32,
}

impl Map {
    /// As the kernel has it (proc_pid_stat(5), which counts fields from 1); no other auxiliary vector, no other program.
    fn of_this_process() -> io::Result<Map> {
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
        let field = |number: usize| {
            let text = fields.get(number - 3).and_then(|text| text.parse::<u64>().ok());
            text.ok_or(io::ErrorKind::InvalidData)
        };
        // SAFETY: sbrk(2) with 0 moves nothing and says where the break is.
        let brk = unsafe { libc::sbrk(0) } as u64;
        Ok(Map {
            start_code: field(26)?,
            end_code: field(27)?,
            start_stack: field(28)?,
            start_data: field(45)?,
            end_data: field(46)?,
            start_brk: field(47)?,
            brk,
            env_start: field(50)?,
            env_end: field(51)?,
            exe_fd: u32::MAX,
            ..Map::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Vec<u8> {
        TITLE.with(|title| title.iter().map(Cell::get).take_while(|byte| *byte != 0).collect())
    }

    #[test]
    fn words_follow_those_that_are_kept() {
        keep(&[b"proftpd: ", b"alice: "]);
        go_on(&[b"RETR ", b"a\nb"]);
        assert_eq!(shown(), b"proftpd: alice: RETR a?b");
        go_on(&[b"IDLE"]);
        assert_eq!(shown(), b"proftpd: alice: IDLE");
        show(&[b"spare"]);
        assert_eq!(shown(), b"spare");
    }

    #[test]
    fn a_long_title_is_cut() {
        show(&[&[b'x'; 2 * ROOM]]);
        assert_eq!(shown(), [b'x'; ROOM - 1]);
        keep(&[&[b'y'; 2 * ROOM]]);
        go_on(&[b"IDLE"]);
        assert_eq!(shown(), [b'y'; ROOM - 1]);
    }
}
