//! One program takes another's place in the same process (execve(2)): what goes along, and the way back while the successor has
//! not shown that it can serve.

use std::collections::BTreeSet;
use std::ffi::{CString, OsString, c_char};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use nix::libc;
use nix::sys::signal::Signal;

use super::signals::{self, FAULTS};
use super::{ProcessId, process};

/// Descriptors that outlive the program, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Luggage(BTreeSet<RawFd>);

impl Luggage {
    /// What a predecessor says that it has packed.
    pub fn of(numbers: &[i32]) -> Luggage {
        Luggage(numbers.iter().copied().collect())
    }

    /// Has it go along; gives the number by which the successor takes it. It stays the caller's, open until the program ends.
    pub fn pack(&mut self, descriptor: impl AsFd) -> i32 {
        let number = descriptor.as_fd().as_raw_fd();
        self.0.insert(number);
        number
    }

    /// What is packed.
    pub fn numbers(&self) -> Vec<i32> {
        self.0.iter().copied().collect()
    }

    /// A descriptor that the predecessor packed; each can be taken once, and goes no further by itself.
    pub fn take(&mut self, number: i32) -> io::Result<OwnedFd> {
        if !self.0.remove(&number) {
            return Err(io::Error::other(format!("descriptor {number} was not handed over")));
        }
        go_along(number, false)?;
        // SAFETY: it is open, as was seen just above. The program before this one owned it and has ended; this one owns what it
        // takes from its luggage, each number once, and opens nothing there itself.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }

    fn go_along(&self, along: bool) -> io::Result<()> {
        self.0.iter().try_for_each(|number| go_along(*number, along))
    }
}

/// A descriptor of this process by its number, as a word of the command line names it. To be asked once for each.
pub fn inherited(number: i32) -> io::Result<OwnedFd> {
    Luggage::of(&[number]).take(number)
}

fn go_along(number: RawFd, along: bool) -> io::Result<()> {
    let flags = if along { 0 } else { libc::FD_CLOEXEC };
    // SAFETY: the call takes three integers; it changes whether this number is closed by execve, and nothing else of it.
    if unsafe { libc::fcntl(number, libc::F_SETFD, flags) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Becomes another program, with this luggage and the same environment. The caller has blocked all signals; they stay blocked,
/// and what comes meanwhile waits for the successor. Returns only with an error; nothing has changed then.
pub fn become_program(program: BorrowedFd<'_>, words: &[OsString], luggage: &Luggage) -> io::Error {
    let tried = arguments(words)
        .and_then(|words| luggage.go_along(true).map(|()| words))
        .and_then(|words| Ok(nix::unistd::execv(&path_of(program)?, &words).map(drop)?));
    // Each is open still: it was a moment ago.
    let _ = luggage.go_along(false);
    tried.err().unwrap_or_else(|| io::Error::other("execve came back"))
}

/// The very file that is held, whatever its path has come to lead to.
fn path_of(program: BorrowedFd<'_>) -> io::Result<CString> {
    Ok(CString::new(format!("/proc/self/fd/{}", program.as_raw_fd()))?)
}

fn arguments(words: &[OsString]) -> io::Result<Vec<CString>> {
    words.iter().map(|word| Ok(CString::new(word.as_bytes())?)).collect()
}

/// How the program before this one is executed again, ready for a signal's handler.
struct WayBack {
    /// A child of this process that finds it inherited must not go it.
    process: ProcessId,
    program: CString,
    luggage: Vec<RawFd>,
    /// By failure; what they point to is never freed.
    words: Vec<(Failure, Vec<*const c_char>)>,
}

/// What ends a successor that cannot say so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not ready in time.
    Late,
    /// A fault.
    Fault(Signal),
    /// A panic of Rust's.
    Panic,
}

static WAY_BACK: AtomicPtr<WayBack> = AtomicPtr::new(null_mut());

/// Prepares the way back: a fault, a panic, and the end of so many seconds have the program before this one executed again, with
/// the words that `words` gives for each. The luggage must stay open.
pub fn prepare_way_back(
    program: BorrowedFd<'_>,
    luggage: &Luggage,
    seconds: u32,
    words: impl Fn(Failure) -> Vec<OsString>,
) -> io::Result<()> {
    let failures = FAULTS.map(Failure::Fault).into_iter().chain([Failure::Late, Failure::Panic]);
    let prepared = failures.map(|failure| {
        let words: &'static [CString] = arguments(&words(failure))?.leak();
        Ok((
            failure,
            words.iter().map(|word| word.as_ptr()).chain([null_mut::<c_char>().cast_const()]).collect(),
        ))
    });
    let way_back = WayBack {
        process: process::own(),
        program: path_of(program)?,
        luggage: luggage.numbers(),
        words: prepared.collect::<io::Result<_>>()?,
    };
    WAY_BACK.store(Box::into_raw(Box::new(way_back)), Ordering::Release);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |told| {
        usual(told);
        go_back(Failure::Panic);
    }));
    signals::come_back_on_faults_and_alarm()?;
    set_alarm(seconds);
    Ok(())
}

/// The successor serves: it stays.
pub fn close_way_back() {
    set_alarm(0);
    // What it points to is never freed: a handler may be reading it.
    WAY_BACK.store(null_mut(), Ordering::Release);
}

fn set_alarm(seconds: u32) {
    // SAFETY: the call takes an integer, and has this process's own timer set.
    unsafe { libc::alarm(seconds) };
}

unsafe extern "C" {
    /// environ(7).
    static environ: *const *const c_char;
}

/// Goes the way back, if there is one; returns if there is none or the kernel refuses. For handlers of signals too: it calls
/// getpid(2), fcntl(2) and execve(2) alone, which signal-safety(7) allows, and allocates nothing.
pub fn go_back(failure: Failure) {
    let way_back = WAY_BACK.load(Ordering::Acquire);
    // SAFETY: null, or what prepare_way_back has made and nobody changes or frees.
    let Some(way_back) = (unsafe { way_back.as_ref() }) else { return };
    if process::own() != way_back.process {
        return;
    }
    let Some((_, words)) = way_back.words.iter().find(|(known, _)| *known == failure) else { return };
    for number in &way_back.luggage {
        // SAFETY: three integers; a number that is closed by now gives an error, which nobody needs.
        unsafe { libc::fcntl(*number, libc::F_SETFD, 0) };
    }
    // SAFETY: a path and words that end with NUL, behind the last word null, none of them ever freed; the environment as it is.
    unsafe { libc::execve(way_back.program.as_ptr(), words.as_ptr(), environ) };
}

/// A file without a name that nobody can change any more, holding these bytes.
pub fn sealed(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    use nix::fcntl::{FcntlArg, SealFlag, fcntl};
    use nix::sys::memfd::{MFdFlags, memfd_create};
    use std::io::Write;
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut file = std::fs::File::from(memfd_create(name, flags)?);
    file.write_all(bytes)?;
    fcntl(&file, FcntlArg::F_ADD_SEALS(all_seals()))?;
    return Ok(file.into());

    fn all_seals() -> SealFlag {
        SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL
    }
}

/// What [`sealed`] holds, at most so many bytes; an error where it is something else.
pub fn unsealed(file: BorrowedFd<'_>, most: usize) -> io::Result<Vec<u8>> {
    use nix::fcntl::{FcntlArg, SealFlag, fcntl};
    use std::os::unix::fs::FileExt;
    let seals = SealFlag::from_bits_truncate(fcntl(file, FcntlArg::F_GET_SEALS)?);
    let file = std::fs::File::from(file.try_clone_to_owned()?);
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if !seals.contains(SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK) || length > most {
        return Err(io::Error::other("it is not what a predecessor leaves"));
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// Shows ps(1) and pgrep(1) the program's own name, not the number by which it was executed.
pub fn take_name(name: &str) -> io::Result<()> {
    Ok(nix::sys::prctl::set_name(&CString::new(name)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luggage_is_taken_once() {
        let (reader, _writer) = io::pipe().unwrap();
        let mut packed = Luggage::default();
        let number = packed.pack(&reader);
        let mut taken = Luggage::of(&packed.numbers());
        let copy = reader.try_clone().unwrap();
        // What the test leaves behind is the luggage's.
        std::mem::forget(reader);
        drop(taken.take(number).unwrap());
        assert!(taken.take(number).is_err());
        assert!(packed.take(number).is_err(), "it is closed");
        drop(copy);
    }

    #[test]
    fn what_is_sealed_is_read_and_nothing_else_is() {
        let file = sealed("test", b"state").unwrap();
        assert_eq!(unsealed(file.as_fd(), 100).unwrap(), b"state");
        assert!(unsealed(file.as_fd(), 4).is_err());
        assert!(std::fs::File::from(file.try_clone().unwrap()).set_len(0).is_err());
        let (reader, _writer) = io::pipe().unwrap();
        assert!(unsealed(reader.as_fd(), 100).is_err());
    }

    #[test]
    fn what_cannot_be_executed_is_an_error_and_changes_nothing() {
        let file = sealed("test", b"no program").unwrap();
        let (reader, _writer) = io::pipe().unwrap();
        let mut luggage = Luggage::default();
        luggage.pack(&reader);
        let error = become_program(file.as_fd(), &["test".into()], &luggage);
        assert!(error.raw_os_error().is_some(), "{error}");
        // SAFETY: it reads the flags of a descriptor that is open.
        assert_eq!(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_GETFD) }, libc::FD_CLOEXEC);
    }
}
