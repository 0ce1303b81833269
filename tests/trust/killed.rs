//! Nursery and recorder end under load: no session notices.

use std::io;
use std::net::SocketAddr;

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::load::{Counts, Load, visitor, wanted};
use crate::harness::processes::{lives, send};
use crate::harness::{Daemon, Setup, as_root, eventually, rounds};

fn visit(address: SocketAddr, counts: &Counts) -> io::Result<()> {
    let mut client = visitor(address, "alice", counts)?;
    wanted(client.try_command("QUIT"), 221).inspect_err(|_| Counts::add(&counts.cut, 1))
}

fn upload(address: SocketAddr, counts: &Counts) -> io::Result<()> {
    let mut client = visitor(address, "alice", counts)?;
    for _ in 0..4 {
        client.try_upload("STOR drop", b"payload").inspect_err(|_| Counts::add(&counts.cut, 1))?;
        Counts::add(&counts.uploads, 1);
    }
    wanted(client.try_command("QUIT"), 221).inspect_err(|_| Counts::add(&counts.cut, 1))
}

fn assert_nobody_noticed(counts: &Counts) {
    assert_eq!((Counts::of(&counts.cut), Counts::of(&counts.refused)), (0, 0), "{counts:?}");
}

fn logged_transfers(daemon: &Daemon) -> u64 {
    let log = std::fs::read_to_string(daemon.setup.path("log/xferlog")).unwrap_or_default();
    log.lines().count() as u64
}

#[test]
fn under_load_no_session_notices_that_the_nursery_dies() {
    if !as_root("under_load_no_session_notices_that_the_nursery_dies") {
        return;
    }
    let daemon = Setup::new().workers(8, 8, 32).start();
    let address = daemon.address();
    let load = Load::start(8, move |counts| visit(address, counts));
    for _ in 0..rounds(6, 12) {
        let before = Counts::of(&load.counts.logins);
        until("logins go on", || Counts::of(&load.counts.logins) > before + 10);
        let nursery = eventually("the nursery", || daemon.nursery());
        send(nursery, Signal::SIGKILL);
        until("its end", || !lives(nursery));
    }
    let before = Counts::of(&load.counts.logins);
    until("logins go on after the last", || Counts::of(&load.counts.logins) > before + 10);
    assert_nobody_noticed(&load.finish());
    daemon.stop();
}

#[test]
fn under_load_no_session_notices_that_the_recorder_dies() {
    if !as_root("under_load_no_session_notices_that_the_recorder_dies") {
        return;
    }
    let kills = rounds(4, 12) as u64;
    let daemon = Setup::new().line("MaxSpareWorkers 16").workers(8, 8, 16).start();
    let address = daemon.address();
    let load = Load::start(8, move |counts| upload(address, counts));
    for _ in 0..kills {
        let before = logged_transfers(&daemon);
        until("lines go on", || logged_transfers(&daemon) > before + 100);
        let recorder = daemon.recorder();
        send(recorder, Signal::SIGKILL);
        until("its end", || !lives(recorder));
    }
    let counts = load.finish();
    assert_nobody_noticed(&counts);
    let uploads = Counts::of(&counts.uploads);
    // docs/logging.md: what a killed recorder had read and not yet written; on a busy machine it reads many at a time.
    let lost = 64 * kills;
    assert!(uploads > 100 * kills);
    until("their lines", || logged_transfers(&daemon) + lost >= uploads);
    assert!(logged_transfers(&daemon) <= uploads, "no line twice");
    daemon.stop();
}

#[test]
fn what_waits_for_a_recorder_is_written_by_the_next() {
    if !as_root("what_waits_for_a_recorder_is_written_by_the_next") {
        return;
    }
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("first", b"x");
    until("its line", || logged_transfers(&daemon) == 1);
    let recorder = daemon.recorder();
    send(recorder, Signal::SIGSTOP);
    for _ in 0..20 {
        client.store("more", b"x");
    }
    assert_eq!(logged_transfers(&daemon), 1, "nobody writes");
    send(recorder, Signal::SIGKILL);
    until("every line", || logged_transfers(&daemon) == 21);
    client.command("QUIT").expect(221);
    daemon.stop();
}
