//! Clients that mean harm: each costs bounded memory and processor time, and never another client's session.

mod floods;
mod foreign;
mod names;
mod patterns;
mod slow;

use crate::harness::cost::Cost;
use crate::harness::{Client, Daemon};

/// What a session may grow by, whatever its client does: buffers of a transfer and of a listing included.
const GROWTH_KIB: u64 = 4_096;

/// The worker of a client, and what it costs now.
fn worker(daemon: &Daemon, client: &Client) -> (i32, Cost) {
    let pid = daemon.slot_of(client).pid.0;
    (pid, Cost::of(pid))
}

/// Another client's session works while `what` goes on.
#[track_caller]
fn others_are_served(daemon: &Daemon, what: &str) {
    let mut other = daemon.session();
    other.store("other", what.as_bytes());
    assert_eq!(other.retrieve("other"), what.as_bytes());
    other.command("DELE other").expect(250);
    other.command("QUIT").expect(221);
}

/// After all of it: no worker has ended but by itself, none has panicked, and the daemon ends well.
#[track_caller]
fn ends_well(daemon: Daemon) {
    others_are_served(&daemon, "afterwards");
    assert_nothing_broke(&daemon);
    daemon.stop();
}

#[track_caller]
fn assert_nothing_broke(daemon: &Daemon) {
    for line in daemon.log().lines() {
        let is_defect = line.contains("panicked") || line.contains(" ended (");
        assert!(!is_defect, "{line}");
    }
}
