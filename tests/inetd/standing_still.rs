//! One of many sessions, or ftpscrub, is stopped while it has the lock of all: others give it up in time.

use std::fs::File;
use std::process::Command;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::written;
use crate::harness::events::until;
use crate::harness::handed::{Handed, setup};

/// Takes the lock of all, or lets it go, as a process of the daemon's does.
fn lock(locks: &File, kind: libc::c_int) -> bool {
    let range = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(locks, FcntlArg::F_OFD_SETLK(&range)).is_ok()
}

#[test]
fn who_is_stopped_with_the_lock_of_all_keeps_others_for_a_few_seconds() {
    let setup = written(setup());
    let mut there = Handed::session(&setup);
    let path = setup.path("run/board.lck");
    let locks = File::options().read(true).write(true).open(&path).expect("the locks");
    until("the lock of all", || lock(&locks, libc::F_WRLCK));
    // Readers need no lock.
    let shown = Command::new(env!("CARGO_BIN_EXE_ftpwho")).arg("-f").arg(setup.path("run/board")).output();
    assert!(String::from_utf8_lossy(&shown.expect("ftpwho").stdout).contains("alice"));
    there.client.store("file", b"bytes");
    let mut newcomer = Handed::start(&setup);
    newcomer.client.reply().expect(421);
    assert_ne!(newcomer.await_end().code(), Some(0));
    let mut scrub = Command::new(env!("CARGO_BIN_EXE_ftpscrub"));
    let scrubbed = scrub.arg("-f").arg(setup.path("run/board")).output().expect("ftpscrub");
    assert_eq!(scrubbed.status.code(), Some(1), "{scrubbed:?}");
    assert!(lock(&locks, libc::F_UNLCK));
    Handed::session(&setup).quit();
    there.quit();
}
