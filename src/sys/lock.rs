//! Locks on whole files and on single bytes of them (fcntl(2)), of two kinds. A process's lock is gone at its death, not inherited by its
//! children, and lost when it closes *any* descriptor of that file: its holder opens it once. An open description's
//! lock is gone when the last descriptor of that description is closed, in children too: they close theirs at birth.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::ProcessId;

/// Takes the write lock on the whole file if nobody holds one; says whether it is ours now.
pub fn try_lock(file: impl AsFd) -> io::Result<bool> {
    granted(fcntl(file, FcntlArg::F_SETLK(&whole_file())))
}

/// Takes the write lock on the whole file as soon as nobody else holds one.
pub fn wait_for(file: impl AsFd) -> io::Result<()> {
    Ok(fcntl(file, FcntlArg::F_SETLKW(&whole_file())).map(drop)?)
}

/// Takes the write lock for the open description alone, if nobody holds one; says whether it has it now. Other
/// descriptors of the same file may be closed at will.
pub fn try_lock_description(file: impl AsFd) -> io::Result<bool> {
    granted(fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())))
}

/// Gives up what the open description holds.
pub fn unlock_description(file: impl AsFd) -> io::Result<()> {
    let lock = libc::flock { l_type: libc::F_UNLCK as libc::c_short, ..whole_file() };
    Ok(fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map(drop)?)
}

/// For tests: takes a read lock on the whole file for the open description; says whether it has it, which it has not while another
/// holds a write lock.
#[cfg(test)]
pub fn share_description(file: impl AsFd) -> io::Result<bool> {
    granted(fcntl(file, FcntlArg::F_OFD_SETLK(&shared())))
}

/// Takes the write lock on one byte for the open description alone, if nobody else holds one; says whether it has it now.
pub fn try_lock_byte(file: impl AsFd, at: u32) -> io::Result<bool> {
    granted(fcntl(file, FcntlArg::F_OFD_SETLK(&one_byte(at))))
}

/// Gives the lock on one byte up.
pub fn unlock_byte(file: impl AsFd, at: u32) -> io::Result<()> {
    let lock = libc::flock { l_type: libc::F_UNLCK as libc::c_short, ..one_byte(at) };
    Ok(fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map(drop)?)
}

/// Whether another description than this one holds a lock on one byte.
pub fn is_byte_locked(file: impl AsFd, at: u32) -> io::Result<bool> {
    let mut lock = one_byte(at);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

/// Whether the write lock of either kind is held on the file by another than this very description. Read locks do not count: whoever may
/// read a file may take one, and is no daemon for that.
pub fn is_locked(file: impl AsFd) -> io::Result<bool> {
    let mut lock = shared();
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

/// The other process that holds the write lock on the file, if any (needs no more than a descriptor open for reading).
pub fn holder(file: impl AsFd) -> io::Result<Option<ProcessId>> {
    let mut lock = shared();
    fcntl(file, FcntlArg::F_GETLK(&mut lock))?;
    Ok((i32::from(lock.l_type) != libc::F_UNLCK).then_some(ProcessId(lock.l_pid)))
}

fn granted(asked: nix::Result<libc::c_int>) -> io::Result<bool> {
    match asked {
        Ok(_) => Ok(true),
        Err(Errno::EACCES | Errno::EAGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn one_byte(at: u32) -> libc::flock {
    libc::flock { l_start: at.into(), l_len: 1, ..whole_file() }
}

/// A read lock on the whole file: only write locks stand against it.
fn shared() -> libc::flock {
    libc::flock { l_type: libc::F_RDLCK as libc::c_short, ..whole_file() }
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_descriptions_lock_outlives_other_descriptors() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let reopened = || file.reopen().unwrap();
        let held = reopened();
        assert!(try_lock_description(&held).unwrap());
        drop(reopened());
        assert!(is_locked(reopened()).unwrap() && !is_locked(&held).unwrap());
        assert!(!try_lock_description(reopened()).unwrap());
        drop(held);
        assert!(!is_locked(reopened()).unwrap());
        let reader = std::fs::File::open(file.path()).unwrap();
        assert!(share_description(&reader).unwrap());
        assert!(!is_locked(reopened()).unwrap() && holder(reopened()).unwrap().is_none());
        assert!(!try_lock_description(reopened()).unwrap());
    }

    #[test]
    fn bytes_are_locked_by_themselves() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let [one, other] = [(); 2].map(|()| file.reopen().unwrap());
        assert!(try_lock_byte(&one, 3).unwrap() && try_lock_byte(&other, 4).unwrap());
        assert!(!try_lock_byte(&other, 3).unwrap() && is_byte_locked(&other, 3).unwrap());
        assert!(!is_byte_locked(&one, 3).unwrap() && !share_description(&other).unwrap());
        unlock_byte(&one, 3).unwrap();
        assert!(try_lock_byte(&other, 3).unwrap());
        drop(other);
        assert!(share_description(&one).unwrap() && share_description(file.reopen().unwrap()).unwrap());
        assert!(!try_lock_description(file.reopen().unwrap()).unwrap());
    }

    #[test]
    fn a_lock_is_seen_by_others_with_its_holder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(holder(&file).unwrap(), None);
        let mut child = Command::new("python3")
            .args(["-c", "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f,2|4); sys.stdout.write('1'); sys.stdout.flush(); sys.stdin.read()"])
            .arg(file.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut ready).unwrap();
        assert_eq!(holder(&file).unwrap(), Some(ProcessId(child.id() as i32)));
        assert!(!try_lock(&file).unwrap() && is_locked(&file).unwrap());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(holder(&file).unwrap(), None);
        assert!(try_lock(&file).unwrap());
    }
}
