//! The seccomp filter's machinery: a table of system calls becomes a tree of classic BPF (seccomp(2)). What the table says stands in
//! `table.rs`. A tree, because the kernel runs it for each call whose arguments matter, and a chain of
//! comparisons costs five times as much.

pub mod table;

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::libc::{self, sock_filter, sock_fprog};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs.
    Allow,
    /// It fails with this errno.
    Fail(i32),
    /// The listener's holder decides (seccomp_unotify(2)).
    Ask,
}

/// A question about one argument, its low 32 bits unless it says otherwise: the kernel's own types of ids, flags and descriptors are no wider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is one of these.
    Is(u8, Vec<u32>),
    /// All these bits are set in it.
    Has(u8, u32),
    /// It lies in none of these ranges (first, last).
    Outside(u8, Vec<(u32, u32)>),
    /// Its high 32 bits are one of these.
    HighIs(u8, Vec<u32>),
    /// Its high 32 bits are not this.
    HighIsNot(u8, u32),
}

/// One system call's row: the first test that holds decides, `otherwise` holds if none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The call's number.
    pub call: u32,
    /// In order.
    pub tests: Vec<(Test, Verdict)>,
    /// When no test holds.
    pub otherwise: Verdict,
}

impl Row {
    /// A call that always ends the same way.
    pub fn always(call: libc::c_long, verdict: Verdict) -> Row {
        Row { call: call as u32, tests: Vec::new(), otherwise: verdict }
    }

    /// A call whose arguments decide.
    pub fn when(call: libc::c_long, tests: Vec<(Test, Verdict)>, otherwise: Verdict) -> Row {
        Row { call: call as u32, tests, otherwise }
    }
}

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// Numbers from here on are x32's calls on x86_64 (syscall(2)); nobody has any elsewhere.
const FOREIGN_CALLS: u32 = 0x4000_0000;

// Offsets in struct seccomp_data (seccomp(2)).
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
const JUMP_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const JUMP_GREATER_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const JUMP_GREATER: u16 = (libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

fn step(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

/// Skips `jt` instructions when it holds, `jf` when not.
fn branch(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

/// A filter ready to be installed.
pub struct Filter {
    program: Vec<sock_filter>,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({} instructions)", self.program.len())
    }
}

impl Filter {
    /// Compiles the rows; a call that no row names is allowed. A foreign architecture or x32 ends the process.
    pub fn new(mut rows: Vec<Row>) -> Filter {
        rows.sort_by_key(|row| row.call);
        rows.dedup_by_key(|row| row.call);
        let mut program = vec![
            step(LOAD, ARCH),
            branch(JUMP_EQUAL, ARCHITECTURE, 1, 0),
            step(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
            step(LOAD, NUMBER),
            branch(JUMP_GREATER_EQUAL, FOREIGN_CALLS, 0, 1),
            step(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        ];
        program.extend(tree(&rows));
        Filter { program }
    }

    /// Installs it for this process and all it bears, for life. Asks for no privilege but no_new_privs. With `listening`, gives
    /// the descriptor that [`Verdict::Ask`] asks; `EBUSY` when an ancestor's filter has one already.
    pub fn install(&self, listening: bool) -> io::Result<Option<OwnedFd>> {
        let flags = if listening { libc::SECCOMP_FILTER_FLAG_NEW_LISTENER } else { 0 };
        let program = sock_fprog {
            len: u16::try_from(self.program.len()).map_err(io::Error::other)?,
            filter: self.program.as_ptr().cast_mut(),
        };
        // SAFETY: the program outlives the call, which copies and verifies it and writes nothing back.
        let result = unsafe {
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
        };
        match result {
            failed if failed < 0 => Err(io::Error::last_os_error()),
            // SAFETY: with the flag, the kernel has just made this descriptor; nobody else knows it.
            fd if listening => Ok(Some(unsafe { OwnedFd::from_raw_fd(fd as i32) })),
            _ => Ok(None),
        }
    }
}

/// A binary search over the sorted rows; every path ends in a return.
fn tree(rows: &[Row]) -> Vec<sock_filter> {
    match rows {
        [] => vec![returning(Verdict::Allow)],
        [row] => leaf(row),
        _ => {
            let (below, above) = rows.split_at(rows.len() / 2);
            let below = tree(below);
            let mut program =
                vec![branch(JUMP_GREATER_EQUAL, above[0].call, 0, 1), step(JUMP, below.len() as u32)];
            program.extend(below);
            program.extend(tree(above));
            program
        }
    }
}

fn leaf(row: &Row) -> Vec<sock_filter> {
    let mut program = vec![branch(JUMP_EQUAL, row.call, 1, 0), returning(Verdict::Allow)];
    for (test, verdict) in &row.tests {
        program.extend(question(test, *verdict));
    }
    program.push(returning(row.otherwise));
    program
}

fn returning(verdict: Verdict) -> sock_filter {
    step(
        RETURN,
        match verdict {
            Verdict::Allow => libc::SECCOMP_RET_ALLOW,
            Verdict::Fail(errno) => libc::SECCOMP_RET_ERRNO | (errno as u32 & libc::SECCOMP_RET_DATA),
            Verdict::Ask => libc::SECCOMP_RET_USER_NOTIF,
        },
    )
}

/// Returns the verdict when the test holds, else falls through.
fn question(test: &Test, verdict: Verdict) -> Vec<sock_filter> {
    match test {
        Test::Is(argument, values) => equal(low_word(*argument), values, verdict),
        Test::HighIs(argument, values) => equal(high_word(*argument), values, verdict),
        Test::HighIsNot(argument, value) => {
            vec![step(LOAD, high_word(*argument)), branch(JUMP_EQUAL, *value, 1, 0), returning(verdict)]
        }
        Test::Has(argument, bits) => vec![
            step(LOAD, low_word(*argument)),
            step(AND, *bits),
            branch(JUMP_EQUAL, *bits, 0, 1),
            returning(verdict),
        ],
        Test::Outside(argument, ranges) => {
            let mut program = vec![step(LOAD, low_word(*argument))];
            for (at, (first, last)) in ranges.iter().enumerate() {
                // Inside this range: over what is left of this test.
                let left = 3 * (ranges.len() - at - 1) + 1;
                program.push(branch(JUMP_GREATER_EQUAL, *first, 0, 2));
                program.push(branch(JUMP_GREATER, *last, 1, 0));
                program.push(step(JUMP, left as u32));
            }
            program.push(returning(verdict));
            program
        }
    }
}

fn equal(word: u32, values: &[u32], verdict: Verdict) -> Vec<sock_filter> {
    let mut program = vec![step(LOAD, word)];
    for value in values {
        program.push(branch(JUMP_EQUAL, *value, 0, 1));
        program.push(returning(verdict));
    }
    program
}

/// Where an argument's low word stands; the architectures above are little-endian.
fn low_word(argument: u8) -> u32 {
    ARGUMENTS + 8 * u32::from(argument)
}

fn high_word(argument: u8) -> u32 {
    low_word(argument) + 4
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would, on a call and its arguments.
    fn run(filter: &Filter, call: u32, arguments: [u64; 6]) -> u32 {
        let load = |offset: u32| match offset {
            NUMBER => call,
            ARCH => ARCHITECTURE,
            _ => (arguments[((offset - ARGUMENTS) / 8) as usize] >> (8 * (offset % 8))) as u32,
        };
        let (mut at, mut word) = (0usize, 0u32);
        loop {
            let step = &filter.program[at];
            at += 1;
            let taken = match step.code {
                LOAD => {
                    word = load(step.k);
                    continue;
                }
                AND => {
                    word &= step.k;
                    continue;
                }
                JUMP => {
                    at += step.k as usize;
                    continue;
                }
                RETURN => return step.k,
                JUMP_EQUAL => word == step.k,
                JUMP_GREATER_EQUAL => word >= step.k,
                JUMP_GREATER => word > step.k,
                code => panic!("no such instruction: {code}"),
            };
            at += usize::from(if taken { step.jt } else { step.jf });
        }
    }

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

    #[test]
    fn each_row_decides_its_own_call_and_no_other() {
        let named: Vec<u32> = (0..200).map(|n| n * 3).collect();
        let rows = named.iter().map(|call| Row::always((*call).into(), Verdict::Fail(libc::EPERM))).collect();
        let filter = Filter::new(rows);
        for call in 0..700 {
            let expected = if named.contains(&call) { EPERM } else { ALLOW };
            assert_eq!(run(&filter, call, [0u64; 6]), expected, "call {call}");
        }
    }

    #[test]
    fn arguments_decide_in_order() {
        let tests = vec![
            (Test::Is(1, vec![5, 6]), Verdict::Fail(libc::EPERM)),
            (Test::Has(2, 0x30), Verdict::Ask),
            (Test::Outside(0, vec![(10, 19), (30, 39)]), Verdict::Fail(libc::EPERM)),
        ];
        let filter = Filter::new(vec![Row::when(77, tests, Verdict::Allow)]);
        let cases = [
            ([10, 5, 0], EPERM),
            ([10, 6, 0x30], EPERM),
            ([10, 7, 0x70], libc::SECCOMP_RET_USER_NOTIF),
            ([10, 7, 0x10], ALLOW),
            ([19, 7, 0], ALLOW),
            ([20, 7, 0], EPERM),
            ([9, 7, 0], EPERM),
            ([30, 7, 0], ALLOW),
            ([39, 7, 0], ALLOW),
            ([40, 7, 0], EPERM),
        ];
        for ([a, b, c], expected) in cases {
            assert_eq!(run(&filter, 77, [a, b, c, 0, 0, 0]), expected, "{a} {b} {c}");
        }
    }

    #[test]
    fn high_words_decide_for_themselves() {
        let tests = vec![
            (Test::HighIs(0, vec![5, 6]), Verdict::Fail(libc::EPERM)),
            (Test::HighIsNot(1, 0), Verdict::Ask),
        ];
        let filter = Filter::new(vec![Row::when(77, tests, Verdict::Allow)]);
        let cases = [
            ([5 << 32, 0], EPERM),
            ([(7 << 32) - 1, 0], EPERM),
            ([7 << 32, 0], ALLOW),
            ([5, u64::from(u32::MAX)], ALLOW),
            ([5, 1 << 32], libc::SECCOMP_RET_USER_NOTIF),
        ];
        for ([a, b], expected) in cases {
            assert_eq!(run(&filter, 77, [a, b, 0, 0, 0, 0]), expected, "{a:x} {b:x}");
        }
    }

    #[test]
    fn foreign_calls_end_the_process() {
        let filter = Filter::new(Vec::new());
        assert_eq!(run(&filter, 0x4000_0000 + 117, [0; 6]), libc::SECCOMP_RET_KILL_PROCESS);
    }
}
