//! wtmp and lastlog: who came and who left, however he left. Each daemon has a /var/log of its own.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::harness::scale::{as_root, has_program};
use crate::harness::{Daemon, Setup, eventually, processes};

const RECORD: usize = 384;
const CAME: u16 = 7;
const LEFT: u16 = 8;

/// A record of wtmp (utmp(5), x86_64 and its like).
#[derive(Debug, PartialEq, Eq)]
struct Record {
    kind: u16,
    pid: i32,
    line: String,
    user: String,
    host: String,
}

fn setup() -> Setup {
    let setup = Setup::new().with_host_file("hosts", "127.0.0.1 client.example\n");
    let folder = setup.path("var-log");
    fs::create_dir(&folder).expect("a folder for the daemon's /var/log");
    fs::write(folder.join("wtmp"), "").expect("wtmp");
    fs::write(folder.join("lastlog"), "").expect("lastlog");
    setup
}

fn records(daemon: &Daemon) -> Vec<Record> {
    let bytes = fs::read(daemon.setup.path("var-log/wtmp")).expect("wtmp");
    assert_eq!(bytes.len() % RECORD, 0);
    bytes.chunks(RECORD).map(Record::read).collect()
}

impl Record {
    fn read(bytes: &[u8]) -> Record {
        let text = |from: usize, length: usize| {
            let field = &bytes[from..from + length];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        Record {
            kind: u16::from_ne_bytes([bytes[0], bytes[1]]),
            pid: i32::from_ne_bytes(bytes[4..8].try_into().expect("four bytes")),
            line: text(8, 32),
            user: text(44, 32),
            host: text(76, 256),
        }
    }
}

#[track_caller]
fn await_records(daemon: &Daemon, number: usize) -> Vec<Record> {
    eventually("records in wtmp", || Some(records(daemon)).filter(|records| records.len() >= number))
}

fn came(pid: i32, user: &str, host: &str) -> Record {
    Record { kind: CAME, pid, line: format!("ftpd{pid}"), user: user.into(), host: host.into() }
}

fn left(pid: i32) -> Record {
    Record { kind: LEFT, pid, line: format!("ftpd{pid}"), user: String::new(), host: String::new() }
}

#[test]
fn a_session_comes_and_goes_in_wtmp() {
    if !as_root("a_session_comes_and_goes_in_wtmp") {
        return;
    }
    let daemon = setup().line("WtmpLog on").line("UseReverseDNS on").start();
    let mut client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    assert_eq!(await_records(&daemon, 1), [came(pid, "alice", "client.example")]);
    client.command("QUIT").expect(221);
    assert_eq!(await_records(&daemon, 2)[1], left(pid));
    if has_program("last", "a_session_comes_and_goes_in_wtmp") {
        let file = daemon.setup.path("var-log/wtmp");
        let told = Command::new("last").arg("-f").arg(file).output().expect("last(1)");
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let line = told.lines().next().unwrap_or_default();
        assert!(line.starts_with("alice") && line.contains("client.example"), "{told}");
    }
    // A wrong password is nobody's coming.
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    drop(client);
    daemon.stop_and(|daemon| assert_eq!(records(daemon).len(), 2));
}

#[test]
fn a_wtmp_that_takes_nothing_is_told_and_keeps_nobody_out() {
    if !as_root("a_wtmp_that_takes_nothing_is_told_and_keeps_nobody_out") {
        return;
    }
    let setup = setup().line("WtmpLog on");
    let wtmp = setup.path("var-log/wtmp");
    fs::remove_file(&wtmp).expect("the empty one");
    std::os::unix::fs::symlink("/dev/full", &wtmp).expect("a full disk's stand-in");
    let daemon = setup.start();
    daemon.session().command("QUIT").expect(221);
    daemon.await_log("writing of wtmp and lastlog (process");
    daemon.stop();
}

#[test]
fn records_follow_whole_ones() {
    if !as_root("records_follow_whole_ones") {
        return;
    }
    let setup = setup().line("WtmpLog on");
    // Half a record, as a crash may leave it.
    fs::write(setup.path("var-log/wtmp"), [b'x'; 100]).expect("wtmp");
    let daemon = setup.start();
    let client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    let wtmp = daemon.setup.path("var-log/wtmp");
    eventually("a whole record", || {
        fs::metadata(&wtmp).is_ok_and(|about| about.len() == RECORD as u64).then_some(())
    });
    assert_eq!(records(&daemon), [came(pid, "alice", "127.0.0.1")]);
}

#[test]
fn whoever_is_killed_has_left() {
    if !as_root("whoever_is_killed_has_left") {
        return;
    }
    let daemon = setup().line("WtmpLog on").start();
    let client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    await_records(&daemon, 1);
    processes::send(pid, Signal::SIGKILL);
    assert_eq!(await_records(&daemon, 2)[1], left(pid));
}

#[test]
fn a_session_that_outlives_its_auth_leaves_all_the_same() {
    if !as_root("a_session_that_outlives_its_auth_leaves_all_the_same") {
        return;
    }
    let daemon = setup().line("WtmpLog on").start();
    let mut client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    await_records(&daemon, 1);
    let auth = daemon.auth();
    processes::send(auth, Signal::SIGKILL);
    eventually("another auth", || daemon.auths().into_iter().find(|other| *other != auth));
    daemon.session();
    client.command("QUIT").expect(221);
    let records = eventually("the end of the session", || {
        Some(records(&daemon)).filter(|records| records.contains(&left(pid)))
    });
    assert_eq!(records.iter().filter(|record| record.kind == CAME).count(), 2);
}

#[test]
fn all_have_left_when_the_daemon_has() {
    if !as_root("all_have_left_when_the_daemon_has") {
        return;
    }
    let daemon = setup().line("WtmpLog on").start();
    let clients: Vec<_> = (0..8).map(|_| daemon.session()).collect();
    daemon.stop_and(|daemon| {
        let records = await_records(daemon, 16);
        for kind in [CAME, LEFT] {
            assert_eq!(records.iter().filter(|record| record.kind == kind).count(), clients.len());
        }
    });
}

#[test]
fn an_anonymous_session_is_noted_as_its_user_unless_it_is_not_to_be() {
    if !as_root("an_anonymous_session_is_noted_as_its_user_unless_it_is_not_to_be") {
        return;
    }
    for (line, expected) in [("", 2), ("WtmpLog NONE\n", 0)] {
        let setup = setup();
        let root = setup.home("alice");
        let section = format!(
            "<Anonymous {}>\nUser nobody\nGroup nogroup\nUserAlias anonymous nobody\n{line}</Anonymous>",
            root.display()
        );
        let daemon = setup.line("WtmpLog on").line(&section).start();
        let mut client = daemon.client();
        client.command("USER anonymous").expect(331);
        client.command("PASS me@example.com").expect(230);
        client.command("QUIT").expect(221);
        daemon.stop_and(|daemon| {
            let records = await_records(daemon, expected);
            assert_eq!(records.len(), expected);
            assert!(records.first().is_none_or(|record| record.user == "nobody"), "{records:?}");
        });
    }
}

#[test]
fn lastlog_knows_the_last_login_of_an_account() {
    if !as_root("lastlog_knows_the_last_login_of_an_account") {
        return;
    }
    let daemon = setup().line("UseLastlog on").start();
    daemon.session();
    let size = 292;
    let uid = usize::try_from(crate::harness::setup::FIRST_UID).expect("a number");
    let bytes = eventually("lastlog", || {
        let bytes = fs::read(daemon.setup.path("var-log/lastlog")).expect("lastlog");
        (bytes.len() == (uid + 1) * size).then_some(bytes)
    });
    let record = &bytes[uid * size..];
    assert!(record[4..].starts_with(b"ftpd"));
    assert!(record[36..].starts_with(b"127.0.0.1\0"));
    assert!(records(&daemon).is_empty());
}
