//! RLimitCPU, RLimitMemory, RLimitOpenFiles: a session's share of the host.

use std::fs::{self, File};
use std::time::Duration;

use crate::harness::events::within;
use crate::harness::{Daemon, Setup};

/// The soft and the hard limit of this name, as the kernel tells them (proc_pid_limits(5)).
fn limits(pid: i32, name: &str) -> (String, String) {
    let text = fs::read_to_string(format!("/proc/{pid}/limits")).expect("a living process");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("its line");
    let mut words = line.split_whitespace().map(str::to_owned);
    (words.next().expect("soft"), words.next().expect("hard"))
}

fn of_session(daemon: &Daemon, name: &str) -> (String, String) {
    let client = daemon.session();
    limits(daemon.slot_of(&client).pid.0, name)
}

#[test]
fn a_session_has_its_servers_limits_and_the_daemon_has_its_own() {
    let daemon = Setup::new()
        .line("RLimitOpenFiles session 40 50\nRLimitMemory 512M\nRLimitCPU session 1000 max\nRLimitCPU daemon 5")
        .start();
    let told = |name: &str| of_session(&daemon, name);
    assert_eq!(told("Max open files"), ("40".into(), "50".into()));
    let bytes = (512 << 20).to_string();
    assert_eq!(told("Max address space"), (bytes.clone(), bytes));
    let masters = |name: &str| limits(daemon.pid(), name);
    assert_eq!(told("Max cpu time"), ("1000".into(), masters("Max cpu time").1));
    assert_ne!(masters("Max open files").0, "40");
    assert_eq!(masters("Max cpu time").0, masters("Max cpu time").1);
    let mut client = daemon.session();
    client.store("file", &vec![b'x'; 1 << 20]);
    assert_eq!(client.retrieve("file").len(), 1 << 20);
}

#[test]
fn nothing_said_leaves_the_hosts_limits() {
    let daemon = Setup::new().line("RLimitOpenFiles none\nRLimitChroot off").start();
    let usual = limits(daemon.pid(), "Max open files");
    assert_eq!(of_session(&daemon, "Max open files"), usual);
}

#[test]
fn a_session_beyond_its_processor_time_is_ended_alone() {
    let daemon = Setup::new().line("RLimitCPU session 1 9").start();
    let path = daemon.setup.home("alice").join("large");
    File::create(&path).and_then(|file| file.set_len(16 << 30)).expect("a file");
    daemon.setup.give(&path, Some(52_001));
    let mut other = daemon.session();
    let mut client = daemon.session();
    client.send("XSHA512 large");
    // A second of the processor may be long in coming on a busy machine.
    within(Duration::from_secs(90), "its end", || daemon.log().contains("killed by SIGXCPU").then_some(()));
    client.expect_end();
    other.command("NOOP").expect(200);
}
