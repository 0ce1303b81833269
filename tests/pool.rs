//! The pool: spares kept ready, one client to a worker, the limit of sessions, quiet when idle.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ferryd::scoreboard::State;
use nix::sys::signal::Signal;

use crate::harness::events::{until, within};
use crate::harness::scale::{has_program, is_long};
use crate::harness::{Client, Daemon, Setup, eventually, processes, rounds};

fn spares(daemon: &Daemon) -> BTreeSet<i32> {
    daemon.slots().iter().filter(|slot| slot.state == State::Spare).map(|slot| slot.pid.0).collect()
}

#[test]
fn spares_wait_before_the_first_client() {
    let daemon = Setup::new().workers(5, 2, 8).start();
    assert!(spares(&daemon).len() >= 2, "ready means that spares wait");
    daemon.await_spares(5);
    daemon.stop();
}

#[test]
fn a_taken_spare_is_replaced_at_once() {
    let daemon = Setup::new().workers(3, 3, 6).start();
    let clients: Vec<Client> = (0..10).map(|_| daemon.client()).collect();
    daemon.await_spares(3);
    let taken: BTreeSet<i32> = clients.iter().map(|client| daemon.slot_of(client).pid.0).collect();
    assert_eq!(taken.len(), clients.len(), "one client to a worker");
}

#[test]
fn too_many_spares_leave() {
    let daemon = Setup::new().workers(2, 2, 4).start();
    let clients: Vec<Client> = (0..20).map(|_| daemon.client()).collect();
    drop(clients);
    until("no more spares than MaxSpareWorkers", || {
        let slots = daemon.slots();
        slots.len() <= 4 && slots.iter().all(|slot| slot.state == State::Spare)
    });
}

/// Newborns say nothing, and the clients they were born for may have been the last.
#[test]
fn a_pool_that_nobody_needs_any_more_shrinks_to_what_it_was_at_the_start() {
    let daemon = Setup::new().workers(4, 4, 64).start();
    let mut clients: Vec<Client> = (0..40).map(|_| daemon.client()).collect();
    let last = clients.split_off(20);
    clients.iter_mut().for_each(|client| drop(client.command("NOOP").expect(200)));
    drop((daemon.client(), last, clients));
    // All is calm ten seconds after the last that was seen to be taken.
    within(Duration::from_secs(60), "as many spares as at the start", || {
        (daemon.slots().len() <= 4).then_some(())
    });
}

#[test]
fn a_worker_that_read_a_client_never_meets_another() {
    let daemon = Setup::new().workers(1, 1, 1).start();
    let mut seen = BTreeSet::new();
    for _ in 0..rounds(20, 200) {
        let mut client = daemon.client();
        client.command("NOOP").expect(200);
        assert!(seen.insert(daemon.slot_of(&client).pid.0), "a worker came back");
    }
}

#[test]
fn a_client_that_said_nothing_gives_its_worker_back() {
    let daemon = Setup::new().workers(1, 1, 4).start();
    daemon.await_spares(1);
    let client = daemon.client();
    let pid = daemon.slot_of(&client).pid.0;
    drop(client);
    until("the same worker, spare again", || {
        !spares(&daemon).is_disjoint(&[pid].into()) || !processes::lives(pid)
    });
    assert!(processes::lives(pid), "the worker left instead");
}

/// The kernel looks at every wait when somebody connects: at those of thousands of silent clients, if they kept theirs.
#[test]
fn a_worker_whose_client_stays_silent_leaves_the_queue_and_comes_back_to_it() {
    let name = "a_worker_whose_client_stays_silent_leaves_the_queue_and_comes_back_to_it";
    if !crate::harness::as_root(name) {
        return;
    }
    let daemon = Setup::new().workers(1, 1, 4).start();
    let client = daemon.client();
    let worker = daemon.slot_of(&client).pid.0;
    let waits = || {
        let links = fs::read_dir(format!("/proc/{worker}/fd")).expect("its descriptors").flatten();
        links.flat_map(|link| fs::read_link(link.path())).any(|link| link.ends_with("anon_inode:[eventpoll]"))
    };
    until("it has left the queue", || !waits());
    drop(client);
    until("it is back", || waits() && spares(&daemon).contains(&worker));
    drop(daemon.session());
}

#[test]
fn clients_that_wait_for_auth_leave_enough_spares() {
    let daemon = Setup::new().workers(2, 2, 8).line("MaxConnectionsPerHost 50").start();
    daemon.await_spares(2);
    processes::send(daemon.auth(), Signal::SIGSTOP);
    let mut clients: Vec<Client> =
        (0..6).map(|_| Client::connect(daemon.address()).expect("a connection")).collect();
    until("all are met, and others wait", || {
        daemon.count(State::Greeting) == 6 && daemon.count(State::Spare) >= 2
    });
    processes::send(daemon.auth(), Signal::SIGCONT);
    clients.iter_mut().for_each(|client| drop(client.reply().expect(220)));
}

/// More questions than the socket to auth holds (SO_SNDBUF's usual size).
const CROWD: usize = 350;

/// All are met while auth is stopped, and greeted once it has got this signal.
fn a_crowd_is_greeted_after(signal: Signal) {
    let most = format!("MaxInstances none\nMaxConnectionsPerHost {CROWD}");
    let daemon = Setup::new().workers(16, 16, 64).line(&most).start();
    daemon.await_spares(16);
    let auth = daemon.auth();
    processes::send(auth, Signal::SIGSTOP);
    let mut clients: Vec<Client> =
        (0..CROWD).map(|_| Client::connect(daemon.address()).expect("a connection")).collect();
    until("all are met", || daemon.count(State::Greeting) == CROWD);
    processes::send(auth, signal);
    clients.iter_mut().for_each(|client| drop(client.reply().expect(220)));
    daemon.stop();
}

#[test]
fn a_crowd_that_waits_for_auth_is_greeted_when_it_goes_on() {
    a_crowd_is_greeted_after(Signal::SIGCONT);
}

#[test]
fn a_crowd_that_waits_for_auth_is_greeted_by_the_next() {
    a_crowd_is_greeted_after(Signal::SIGKILL);
}

#[test]
fn at_the_limit_a_client_is_told() {
    let daemon = Setup::new().line("MaxInstances 3").start();
    let held: Vec<Client> = (0..3).map(|_| daemon.session()).collect();
    for _ in 0..5 {
        let mut client = Client::connect(daemon.address()).expect("a connection");
        client.reply().expect(421);
        client.expect_end();
    }
    daemon.await_log("MaxInstances (3) reached");
    drop(held);
    eventually("a place again", || {
        Client::connect(daemon.address()).ok()?.try_reply().ok().filter(|r| r.code == 220)
    });
}

#[test]
fn at_the_limit_silence_can_be_had() {
    let daemon = Setup::new().line("MaxInstances 1\nMaxInstancesReply off").start();
    let _held = daemon.session();
    let mut client = Client::connect(daemon.address()).expect("a connection");
    client.expect_end();
}

#[test]
fn a_burst_is_answered_to_the_last_client() {
    let most = rounds(200, 1000);
    let daemon = Setup::new().workers(8, 4, 64).line("MaxInstances none").start();
    let mut clients: Vec<Client> =
        (0..most).map(|_| Client::connect(daemon.address()).expect("no connection is refused")).collect();
    for client in &mut clients {
        client.reply().expect(220);
    }
    let workers: BTreeSet<i32> =
        daemon.slots().iter().filter(|slot| slot.client.is_some()).map(|slot| slot.pid.0).collect();
    assert_eq!(workers.len(), most);
    drop(clients);
    daemon.stop();
}

#[test]
fn workers_are_the_masters_children_and_none_is_left_unreaped() {
    let daemon = Daemon::usual();
    for _ in 0..rounds(20, 100) {
        drop(daemon.session());
    }
    until("all sessions are over", || daemon.slots().iter().all(|slot| slot.state == State::Spare));
    until("no zombie", || processes::children_of(daemon.pid()).iter().all(|child| !child.is_zombie()));
    let children: BTreeSet<i32> =
        processes::children_of(daemon.pid()).iter().map(|child| child.pid).collect();
    assert!(spares(&daemon).is_subset(&children));
    assert_eq!(fs::read_dir(format!("/proc/{}/task", daemon.pid())).expect("alive").count(), 1, "one thread");
}

/// The same of a nursery, while nobody comes: its channel tells that something has ended.
#[test]
fn a_nursery_whose_end_was_not_told_is_replaced() {
    let name = "a_nursery_whose_end_was_not_told_is_replaced";
    if !has_program("prlimit", name) {
        return;
    }
    let daemon = Daemon::usual();
    let nursery = daemon.nursery().expect("a nursery");
    let master = daemon.pid().to_string();
    let lowered = Command::new("prlimit").args(["--pid", &master, "--sigpending=0"]).status();
    assert!(lowered.expect("prlimit").success());
    processes::send(nursery, Signal::SIGKILL);
    daemon.await_log("the nursery ended");
}

/// A worker's end is told by a signal that is queued, and lost where the user's limit is used up.
#[test]
fn ends_that_were_not_told_are_found() {
    let name = "ends_that_were_not_told_are_found";
    if !has_program("prlimit", name) {
        return;
    }
    let daemon = Daemon::usual();
    let client = daemon.session();
    let worker = daemon.slot_of(&client).pid.0;
    let master = daemon.pid().to_string();
    let lowered = Command::new("prlimit").args(["--pid", &master, "--sigpending=0"]).status();
    assert!(lowered.expect("prlimit").success());
    drop(client);
    until("it is reaped", || {
        let is_child = processes::children_of(daemon.pid()).iter().any(|child| child.pid == worker);
        !is_child && daemon.slots().iter().all(|slot| slot.pid.0 != worker)
    });
}

#[test]
fn an_idle_daemon_makes_no_system_call() {
    let name = "an_idle_daemon_makes_no_system_call";
    if !has_program("strace", name) || !crate::harness::as_root(name) {
        return;
    }
    let daemon = Setup::new().workers(4, 4, 8).start();
    daemon.await_spares(4);
    drop(daemon.session());
    daemon.await_log("FTP session closed");
    // A while after the last client surplus spares leave; then there is nothing left to do.
    until("only the spares of the start", || {
        let slots = daemon.slots();
        slots.len() == 4 && slots.iter().all(|slot| slot.state == State::Spare)
    });
    let trace = daemon.setup.path("trace");
    let pids: Vec<String> = daemon.processes().iter().map(|process| format!("-p{}", process.pid)).collect();
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&trace)
        .args(&pids)
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace");
    // Each attached thread shows the call it waits in, unfinished; what comes after that is work.
    let threads: usize = daemon
        .processes()
        .iter()
        .map(|process| fs::read_dir(format!("/proc/{}/task", process.pid)).map_or(0, Iterator::count))
        .sum();
    until("strace has seen every thread wait", || {
        fs::File::open(&trace).is_ok_and(|file| BufReader::new(file).lines().count() >= threads)
    });
    let before = settled(&trace);
    let end = Instant::now() + Duration::from_secs(if is_long() { 30 } else { 4 });
    // The time itself is what is tested here: nothing happens in it.
    while Instant::now() < end {
        std::thread::park_timeout(end - Instant::now());
    }
    let after = fs::read_to_string(&trace).expect("written");
    processes::send(i32::try_from(strace.id()).expect("a pid"), Signal::SIGINT);
    strace.wait().expect("strace ends");
    let more = after.strip_prefix(&before).unwrap_or(&after);
    assert_eq!(more, "", "the daemon did something");
    daemon.stop();
}

/// What strace has written once nothing is added any more: whoever was attached in the middle of something has
/// finished it.
fn settled(trace: &Path) -> String {
    let read = || fs::read_to_string(trace).expect("written");
    let mut last = read();
    eventually("an end of what was under way", || {
        std::thread::park_timeout(Duration::from_millis(300));
        let now = read();
        let is_settled = now == last;
        last = now;
        is_settled.then(|| last.clone())
    })
}
