//! Several generations at once, each with its auth, its filter and its listener.

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::processes::{self, send};
use crate::harness::puppet::Puppet;
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root, eventually};

/// Somebody who has connected and said nothing: their worker belongs to the generation of that moment.
fn silent(daemon: &Daemon) -> (Client, i32) {
    let client = daemon.client();
    let pid = daemon.slot_of(&client).pid.0;
    (client, pid)
}

/// The same with a worker of this generation; for a moment after a HUP spares of the one before may accept, too.
fn silent_of(daemon: &Daemon, generation: u32) -> (Client, i32) {
    eventually("a worker of the generation", || {
        let client = daemon.client();
        let slot = daemon.slot_of(&client);
        (slot.generation == generation).then_some((client, slot.pid.0))
    })
}

fn assert_is_alice(pid: i32) {
    assert_eq!(processes::uid_of(pid), Some(52_001), "worker {pid}");
}

#[test]
fn workers_of_three_generations_log_in_after_two_hups() {
    if !as_root("workers_of_three_generations_log_in_after_two_hups") {
        return;
    }
    let daemon = Setup::new().workers(4, 4, 8).start();
    let mut early = Vec::new();
    for generation in 1..=3 {
        if generation > 1 {
            daemon.reload();
        }
        early.extend([silent_of(&daemon, generation), silent_of(&daemon, generation)]);
    }
    assert_eq!(daemon.auths().len(), 3, "an auth for each");
    // The oldest last: each auth keeps the door of its own workers.
    while let Some((mut client, pid)) = early.pop() {
        client.login("alice");
        assert_is_alice(pid);
        client.command("QUIT").expect(221);
    }
    until("one generation", || daemon.auths().len() == 1);
    daemon.stop();
}

#[test]
fn a_dead_nurserys_workers_have_a_door_still() {
    if !as_root("a_dead_nurserys_workers_have_a_door_still") {
        return;
    }
    let daemon = Setup::new().workers(2, 2, 4).start();
    let (mut old, old_pid) = silent(&daemon);
    let nursery = eventually("the nursery", || daemon.nursery());
    send(nursery, Signal::SIGKILL);
    until("another nursery", || daemon.nursery().is_some_and(|found| found != nursery));
    // The dead one's spares are served first; then come the new one's.
    let mut clients: Vec<(Client, i32)> = (0..6).map(|_| silent(&daemon)).collect();
    let (mut last, last_pid) = clients.pop().expect("six of them");
    for (client, pid) in &mut clients {
        client.login("alice");
        assert_is_alice(*pid);
    }
    let auth = daemon.auth();
    send(auth, Signal::SIGKILL);
    until("another auth", || daemon.auths().first().is_some_and(|found| *found != auth));
    // It was handed the listeners of both.
    old.login("alice");
    assert_is_alice(old_pid);
    last.login("alice");
    assert_is_alice(last_pid);
    drop(clients);
    daemon.stop();
}

#[test]
fn a_grant_of_one_generation_opens_no_door_of_another() {
    if !as_root("a_grant_of_one_generation_opens_no_door_of_another") {
        return;
    }
    let daemon = Setup::new().workers(2, 2, 4).start();
    let (mut old, old_pid) = silent(&daemon);
    daemon.reload();
    let (_new, new_pid) = silent_of(&daemon, 2);
    old.command("USER alice").expect(331);
    let prompt = || old.send(&format!("PASS {PASSWORD}"));
    let granted = Puppet::hold_before(old_pid, libc::SYS_setgroups, prompt);
    let mut other = Puppet::hold(new_pid);
    other.refused("the other's grant", libc::SYS_setresgid, &[52_001; 3], Errno::EPERM);
    other.refused("the other's grant", libc::SYS_setresuid, &[52_001; 3], Errno::EPERM);
    drop(other);
    granted.release();
    old.reply().expect(230);
    daemon.stop();
}
