//! Clients that are slow, silent, endless, or do not read.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use ferryd::scoreboard::State;

use super::{GROWTH_KIB, ends_well, others_are_served, worker};
use crate::harness::cost::Cost;
use crate::harness::events::{until, within};
use crate::harness::{Client, Daemon, Setup, rounds};

/// What a worker may need for all that waits in the kernel, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Processor time that a worker may take for nothing but waiting.
const NEXT_TO_NOTHING: Duration = Duration::from_millis(1);

#[test]
fn a_byte_at_a_time_is_heard_and_costs_nothing() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    for _ in 0..rounds(20, 500) {
        for byte in b"NOOP\r\n" {
            client.send_bytes(&[*byte]);
        }
        client.reply().expect(200);
    }
    Cost::of(pid).assert_grown_by_at_most(256, before, "a byte at a time");
    client.send_bytes(b"NO");
    others_are_served(&daemon, "half a command");
    client.send_bytes(b"OP\r\n");
    client.reply().expect(200);
    ends_well(daemon);
}

#[test]
fn bytes_are_no_commands_to_the_timers() {
    let daemon = Setup::new().line("TimeoutLogin 2").start();
    let mut client = daemon.client();
    // It never ends a line; only the timer ends it.
    let mut writer = client.stream().try_clone().expect("a second handle");
    within(Duration::from_secs(30), "the end of the connection", || writer.write_all(b"x").err().map(drop));
    client.reply().expect(421);
    ends_well(daemon);
}

#[test]
fn a_gigabyte_without_a_line_end_is_one_refusal() {
    // Bytes without a command count for no timer, and so many of them take their time.
    let lines = "TimeoutLogin 3600\nTimeoutIdle 3600\nTimeoutNoTransfer 3600";
    let daemon = Setup::new().line(lines).start();
    for mut client in [daemon.client(), daemon.session()] {
        let (pid, before) = worker(&daemon, &client);
        let count = rounds(8, 512);
        let first = endless_line(&mut client, pid, count);
        others_are_served(&daemon, "an endless line");
        let second = endless_line(&mut client, pid, count);
        Cost::of(pid).assert_grown_by_at_most(256, before, "an endless line");
        // What comes later costs no more than what came first.
        assert!(second <= first * 2 + Duration::from_millis(100), "{first:?}, then {second:?}");
        println!("{count} MiB without a line end: {first:?} of a processor");
        client.command("NOOP").expect(200);
    }
    ends_well(daemon);
}

/// So many MiB before the line ends; gives the processor time they took.
fn endless_line(client: &mut Client, pid: i32, count: usize) -> Duration {
    let before = Cost::of(pid);
    let block = vec![b'a'; 1 << 20];
    for _ in 0..count {
        client.send_bytes(&block);
    }
    assert_eq!(client.command("").expect(500).text(), "500 Command line too long");
    Cost::of(pid).cpu_since(before)
}

/// Sends as much as the connection takes while nobody reads; gives how many bytes that were.
fn stuff(client: &Client, line: &[u8]) -> usize {
    let mut stream = client.stream();
    stream.set_nonblocking(true).expect("a setting");
    let block = line.repeat(64 * 1024 / line.len() + 1);
    let mut sent = 0;
    let mut refusals = 0;
    while refusals < 40 && sent < 64 << 20 {
        match stream.write(&block) {
            Ok(count) => {
                sent += count;
                refusals = 0;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refusals += 1;
                std::thread::park_timeout(Duration::from_millis(5));
            }
            Err(error) => panic!("the connection is gone: {error}"),
        }
    }
    stream.set_nonblocking(false).expect("a setting");
    sent
}

#[test]
fn replies_that_nobody_reads_stop_the_commands() {
    let daemon = Daemon::usual();
    let folder = daemon.setup.home("alice");
    for number in 0..500 {
        std::fs::write(folder.join(format!("file-with-some-name-{number}")), "").expect("written");
    }
    for line in ["HELP\r\n", "STAT /\r\n", "\u{7f}\r\n", "NOOP\r\n"] {
        let client = daemon.session();
        let (pid, before) = worker(&daemon, &client);
        let sent = stuff(&client, line.as_bytes());
        assert!(sent < 64 << 20, "{line:?}: {sent} bytes were taken");
        within(PATIENCE, &format!("the end of work on {line:?}"), || rests(&daemon, pid, line).then_some(()));
        Cost::of(pid).assert_grown_by_at_most(GROWTH_KIB, before, line);
    }
    // The last session's client is gone, and so is its worker: none is left that waits for room.
    until("their workers' ends", || daemon.count(State::Idle) == 0);
    let client = daemon.session();
    stuff(&client, b"HELP\r\n");
    // TERM is heard by one that cannot be told.
    daemon.stop();
}

/// A worker does nothing while others are served for a while. At first it may work on: megabytes of commands wait in the kernel,
/// which tells their sender of room for more in large steps only.
fn rests(daemon: &Daemon, pid: i32, what: &str) -> bool {
    let before = Cost::of(pid);
    (0..5).for_each(|_| others_are_served(daemon, what));
    let waiting = Cost::of(pid).cpu_since(before);
    waiting < NEXT_TO_NOTHING
}

#[test]
fn a_listing_that_nobody_reads_is_ended_by_its_timer() {
    let daemon = Setup::new().line("TimeoutStalled 1").start();
    let folder = daemon.setup.home("alice");
    for number in 0..rounds(3_000, 30_000) {
        std::fs::write(folder.join(format!("{number:0>200}")), "").expect("written");
    }
    let mut client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    let data = client.extended_passive();
    socket_of_few_bytes(&data);
    client.send("LIST -lR");
    client.reply().expect(150);
    others_are_served(&daemon, "an unread listing");
    Cost::of(pid).assert_grown_by_at_most(GROWTH_KIB, before, "an unread listing");
    let reply = client.reply();
    assert!([226, 421].contains(&reply.code), "{reply:?}");
    ends_well(daemon);
}

fn socket_of_few_bytes(data: &std::net::TcpStream) {
    nix::sys::socket::setsockopt(data, nix::sys::socket::sockopt::RcvBuf, &4096).expect("a setting");
}

#[test]
fn connections_that_say_nothing_are_workers_and_nothing_more() {
    let count = rounds(150, 10_000);
    if !many_descriptors(count as u64 + 200, "connections_that_say_nothing_are_workers_and_nothing_more") {
        return;
    }
    let daemon = Setup::new().workers(4, 2, 8).line(&format!("MaxInstances {}", count + 50)).start();
    let mut silent = Vec::with_capacity(count);
    for number in 0..count {
        silent.push(daemon.client());
        if number % (count / 5) == count / 10 {
            others_are_served(&daemon, "silence");
        }
    }
    let workers: Vec<i32> = silent.iter().take(100).map(|client| daemon.slot_of(client).pid.0).collect();
    let most = workers.iter().map(|pid| Cost::of(*pid).kib).max().unwrap_or(0);
    println!("{count} silent connections: at most {most} KiB of its own each");
    assert!(most < 2_048, "{most} KiB for a client that says nothing");
    drop(silent);
    let only_spares = || {
        let slots = daemon.slots();
        slots.len() <= 16 && slots.iter().all(|slot| matches!(slot.state, State::Spare | State::Starting))
    };
    within(Duration::from_secs(rounds(60, 120) as u64), "only a few spares", || only_spares().then_some(()));
    ends_well(daemon);
}

/// Raises the limit of descriptors for this process; says what is skipped where that may not be.
fn many_descriptors(count: u64, test: &str) -> bool {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    if soft >= count {
        return true;
    }
    let raised = setrlimit(Resource::RLIMIT_NOFILE, count.max(soft), hard.max(count)).is_ok();
    if !raised {
        crate::harness::scale::skipped("needs more descriptors", test);
    }
    raised
}

#[test]
fn a_hundred_thousand_commands_at_once_are_each_answered() {
    let daemon = Daemon::usual();
    let client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    let count = rounds(20_000, 100_000);
    let mut writer = client.stream().try_clone().expect("a second handle");
    let sending = std::thread::spawn(move || writer.write_all(&b"NOOP\r\n".repeat(count)));
    let mut stream = client.stream();
    let mut buffer = vec![0; 1 << 16];
    let mut answers = 0;
    while answers < count {
        let length = stream.read(&mut buffer).unwrap_or_else(|error| panic!("{error} after {answers}"));
        assert_ne!(length, 0, "the session ended after {answers}");
        answers += buffer[..length].iter().filter(|byte| **byte == b'\n').count();
    }
    sending.join().expect("the sender").expect("all was taken");
    assert_eq!(answers, count);
    Cost::of(pid).assert_grown_by_at_most(512, before, "commands at once");
    ends_well(daemon);
}
