//! Auth ends at each step of a login: nobody hangs, nobody gets what was not granted by a living auth, and the next client is served.

use ferryd::scoreboard::SlotRecord;
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::follow::Followed;
use crate::harness::load::{Counts, Load};
use crate::harness::processes::{self, send};
use crate::harness::puppet::Puppet;
use crate::harness::{Client, Daemon, PASSWORD, Reply, Setup, as_root, eventually};

const ALICE: u64 = 52_001;

/// A daemon, and a client that has said USER to this worker.
fn half_way() -> (Daemon, Client, i32) {
    let daemon = Setup::new().with_account("bob").workers(3, 3, 6).start();
    daemon.await_spares(3);
    let (client, slot) = named(&daemon);
    (daemon, client, slot.pid.0)
}

fn named(daemon: &Daemon) -> (Client, SlotRecord) {
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    let slot = daemon.slot_of(&client);
    (client, slot)
}

fn give_password(client: &mut Client) {
    client.send(&format!("PASS {PASSWORD}"));
}

fn descriptors(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

fn end(auth: i32) {
    send(auth, Signal::SIGKILL);
}

/// Auth's successor keeps the door.
fn await_successor(daemon: &Daemon, auth: i32) {
    until("another auth", || daemon.auths().first().is_some_and(|found| *found != auth));
    daemon.door_keeper();
}

fn next_is_served(daemon: Daemon) {
    let mut next = daemon.client();
    next.login("bob");
    next.command("PWD").expect(257);
    drop(next);
    daemon.stop();
}

#[test]
fn a_question_that_auth_never_received_waits_for_the_next() {
    if !as_root("a_question_that_auth_never_received_waits_for_the_next") {
        return;
    }
    let (daemon, mut client, worker) = half_way();
    let (auth, before) = (daemon.auth(), descriptors(worker));
    send(auth, Signal::SIGSTOP);
    give_password(&mut client);
    // Auth's end of the answer's line has left with the question.
    until("the question", || descriptors(worker) == before + 1);
    end(auth);
    client.reply().expect(230);
    next_is_served(daemon);
}

#[test]
fn a_question_that_died_with_auth_is_asked_again() {
    if !as_root("a_question_that_died_with_auth_is_asked_again") {
        return;
    }
    let (daemon, mut client, worker) = half_way();
    let (auth, asking) = (daemon.auth(), descriptors(worker));
    let idle = descriptors(auth);
    // The master grants no place meanwhile, so that auth has the question in hand.
    send(daemon.pid(), Signal::SIGSTOP);
    give_password(&mut client);
    until("the question in auth's hand", || descriptors(worker) == asking + 1 && descriptors(auth) > idle);
    end(auth);
    send(daemon.pid(), Signal::SIGCONT);
    client.reply().expect(230);
    next_is_served(daemon);
}

#[test]
fn a_connections_question_that_died_with_auth_is_asked_again() {
    if !as_root("a_connections_question_that_died_with_auth_is_asked_again") {
        return;
    }
    let limit = "MaxConnectionsPerHost 1";
    let daemon = Setup::new().with_account("bob").workers(3, 3, 6).line(limit).start();
    daemon.await_spares(3);
    let auth = daemon.auth();
    let idle = descriptors(auth);
    send(daemon.pid(), Signal::SIGSTOP);
    let mut client = Client::connect(daemon.address()).expect("a connection");
    until("the question in auth's hand", || descriptors(auth) > idle);
    end(auth);
    send(daemon.pid(), Signal::SIGCONT);
    client.reply().expect(220);
    drop(client);
    next_is_served(daemon);
}

#[test]
fn a_grant_dies_with_its_auth() {
    if !as_root("a_grant_dies_with_its_auth") {
        return;
    }
    let (daemon, mut client, worker) = half_way();
    let auth = daemon.auth();
    let mut puppet = Puppet::hold_before(worker, libc::SYS_setgroups, || give_password(&mut client));
    end(auth);
    await_successor(&daemon, auth);
    puppet.refused("what was granted", libc::SYS_setresgid, &[ALICE; 3], Errno::EPERM);
    puppet.refused("what was granted", libc::SYS_setresuid, &[ALICE; 3], Errno::EPERM);
    puppet.release();
    client.reply().expect(421);
    client.expect_end();
    next_is_served(daemon);
}

/// The worker is in setresgid, and auth, which has received that, dies before it answers. Without its deadline the worker
/// would wait for ever.
fn auth_dies_with_the_notification(deadline: bool) -> (Daemon, Client) {
    let (daemon, mut client, worker) = half_way();
    let auth = daemon.auth();
    let mut puppet = Puppet::hold_before(worker, libc::SYS_setresgid, || give_password(&mut client));
    if !deadline {
        let never = puppet.put(&[0; 32]);
        puppet.call(libc::SYS_setitimer, &[libc::ITIMER_REAL as u64, never, 0]);
    }
    let keeper = Followed::hold(daemon.door_keeper());
    puppet.release();
    keeper.until_done(libc::SYS_ioctl, libc::SECCOMP_IOCTL_NOTIF_RECV);
    keeper.end(auth);
    await_successor(&daemon, auth);
    (daemon, client)
}

#[test]
fn a_worker_whose_answer_died_with_auth_gives_up_in_time() {
    if !as_root("a_worker_whose_answer_died_with_auth_gives_up_in_time") {
        return;
    }
    let (daemon, mut client) = auth_dies_with_the_notification(true);
    client.reply().expect(421);
    client.expect_end();
    daemon.await_log("identity refused at setresgid: Interrupted");
    next_is_served(daemon);
}

#[test]
fn auths_successor_refuses_whom_its_predecessor_left_waiting() {
    if !as_root("auths_successor_refuses_whom_its_predecessor_left_waiting") {
        return;
    }
    let (daemon, mut client) = auth_dies_with_the_notification(false);
    // Nobody has knocked at the successor's door yet: the next one's number tells it whom to release.
    daemon.session().command("QUIT").expect(221);
    client.reply().expect(421);
    client.expect_end();
    daemon.await_log("identity refused at setresgid: Operation not permitted");
    next_is_served(daemon);
}

/// Logs in, and takes whatever comes of it, as long as something does.
fn log_in_or_hear_why_not(daemon: std::net::SocketAddr, counts: &Counts) -> std::io::Result<()> {
    let outcome = Client::connect(daemon).and_then(|mut client| {
        client.try_reply()?;
        client.try_command("USER alice")?;
        client.try_command(&format!("PASS {PASSWORD}"))
    });
    match outcome {
        Ok(Reply { code: 230, .. }) => Counts::add(&counts.logins, 1),
        Ok(Reply { code: 421, .. }) => Counts::add(&counts.refused, 1),
        Ok(_) | Err(_) => Counts::add(&counts.cut, 1),
    }
    Ok(())
}

#[test]
fn under_load_no_login_hangs_when_auth_dies() {
    if !as_root("under_load_no_login_hangs_when_auth_dies") {
        return;
    }
    let daemon = Setup::new().with_account("bob").workers(8, 8, 16).start();
    let address = daemon.address();
    let load = Load::start(8, move |counts| log_in_or_hear_why_not(address, counts));
    for _ in 0..4 {
        let before = Counts::of(&load.counts.logins);
        until("logins go on", || Counts::of(&load.counts.logins) > before + 20);
        let auth = daemon.auth();
        end(auth);
        until("its end", || !processes::lives(auth));
        eventually("another", || daemon.auths().first().copied());
    }
    let counts = load.finish();
    assert_eq!(Counts::of(&counts.cut), 0, "{counts:?}");
    next_is_served(daemon);
}
