//! The recorder at work in a thread, between real sockets and real files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use slog::{error, info};
use tempfile::TempDir;

use super::*;
use crate::logging::control::Control;
use crate::logging::{Channel, Facility, Kind, Links, LogNumber, Sorting, Voice, logger, open};
use crate::sys::socket;

const LONG: Duration = Duration::from_secs(20);
const XFERLOG: LogNumber = LogNumber(5);
const UTC: &TimeZone = &TimeZone::UTC;

struct House {
    folder: TempDir,
    channel: Arc<Channel>,
    ends: Ends,
    control: Control,
    recorder: JoinHandle<io::Result<()>>,
}

fn start(ends: &Ends) -> (Control, JoinHandle<io::Result<()>>) {
    let (control, recorders) = Control::pair().unwrap();
    let inheritance = Inheritance {
        ends: ends.try_clone().unwrap(),
        control: recorders,
        host: "web1".into(),
        server: "Main".into(),
        foreground: None,
        zone: UTC,
        identity: None,
    };
    let scribe = Scribe::new(inheritance.host.clone(), UTC, inheritance.foreground);
    (control, spawn(|| Recorder::new(inheritance, scribe).run()))
}

impl House {
    fn new() -> House {
        let house = House::unopened();
        house.control.begin().unwrap();
        house
    }

    /// What is sent to it stays queued until the recorder may begin.
    fn unopened() -> House {
        let (channel, ends) = Channel::pair().unwrap();
        let (control, recorder) = start(&ends);
        let folder = tempfile::tempdir().unwrap();
        let house = House { folder, channel: Arc::new(channel), ends, control, recorder };
        house.open(LogNumber::SYSTEM, Kind::Line, "system");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, log: LogNumber, kind: Kind, name: &str) {
        let path = self.path(name);
        let file = open(&path, kind, Links::Refused).unwrap();
        self.control.open(log, kind, &path, Some(file.as_fd())).unwrap();
    }

    fn log(&self) -> slog::Logger {
        logger(Arc::clone(&self.channel), Voice::usual("Main (h[::1])"))
    }

    fn evidence(&self, line: &[u8]) {
        self.channel.send_evidence(XFERLOG, line).unwrap();
    }

    /// What a log holds when everything sent before is written.
    fn flushed(&self, name: &str) -> String {
        self.control.flush(LONG).unwrap();
        read(&self.path(name))
    }
}

fn read(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap()).unwrap()
}

#[test]
fn lines_and_evidence_reach_their_files_in_order() {
    let house = House::new();
    house.open(XFERLOG, Kind::Raw, "xferlog");
    for number in 0..100 {
        info!(house.log(), "USER {}: Login successful.", number);
        house.evidence(format!("transfer {number}").as_bytes());
    }
    let system = house.flushed("system");
    let own = format!(" web1 proftpd[{}] Main (h[::1]): USER ", std::process::id());
    for (number, line) in system.lines().enumerate() {
        let (_, said) = line.split_once(&own).unwrap();
        assert_eq!(said, format!("{number}: Login successful."));
    }
    assert_eq!(system.lines().count(), 100);
    let transfers: String = (0..100).map(|number| format!("transfer {number}\n")).collect();
    assert_eq!(read(&house.path("xferlog")), transfers);
    house.control.stop(LONG).unwrap();
    house.recorder.join().unwrap().unwrap();
}

#[test]
fn a_hostile_line_stays_one_line_and_its_sender_is_the_kernels() {
    let house = House::new();
    info!(house.log(), "USER x\n2026-01-01 00:00:00,000 web1 proftpd[1] Main: forged\x1b[2J");
    let system = house.flushed("system");
    assert_eq!(system.lines().count(), 1);
    assert!(system.contains("USER x\\x0a2026"), "{system}");
    assert!(system.ends_with("forged\\x1b[2J\n"), "{system}");
}

#[test]
fn an_order_is_obeyed_before_the_record_that_needs_it() {
    let house = House::new();
    for number in 1..200 {
        let log = LogNumber(number);
        house.open(log, Kind::Raw, "xferlog");
        house.channel.send_evidence(log, b"line").unwrap();
        house.control.close(log).unwrap();
    }
    assert_eq!(house.flushed("xferlog").lines().count(), 199);
    assert_eq!(read(&house.path("system")), "");
}

#[test]
fn records_for_no_log_and_no_records_are_counted() {
    // Found one after the other, only the first would be told at once.
    let house = House::unopened();
    house.channel.send_evidence(LogNumber(99), b"line").unwrap();
    socket::send(house.channel.socket().as_fd(), b"?", &[], false).unwrap();
    house.control.begin().unwrap();
    let system = house.flushed("system");
    assert!(
        system.contains("] Main: log records lost: 0 unwritten, 1 for unknown logs, 1 malformed"),
        "{system}"
    );
}

#[test]
fn after_rotation_the_new_file_is_written() {
    let house = House::new();
    house.open(XFERLOG, Kind::Raw, "xferlog");
    house.evidence(b"before");
    info!(house.log(), "before");
    house.control.flush(LONG).unwrap();
    for (log, kind, name) in [(XFERLOG, Kind::Raw, "xferlog"), (LogNumber::SYSTEM, Kind::Line, "system")] {
        fs::rename(house.path(name), house.path(name).with_extension("1")).unwrap();
        house.control.reopened(log, open(&house.path(name), kind, Links::Refused).unwrap().as_fd()).unwrap();
    }
    house.evidence(b"after");
    info!(house.log(), "after");
    assert_eq!(house.flushed("xferlog"), "after\n");
    assert_eq!(read(&house.path("xferlog.1")), "before\n");
    assert!(read(&house.path("system")).ends_with(": after\n"));
    assert!(read(&house.path("system.1")).ends_with(": before\n"));
}

#[test]
fn a_full_disk_holds_evidence_back_while_lines_go_on() {
    let house = House::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    house.control.open(XFERLOG, Kind::Raw, Path::new("/dev/full"), Some(full.as_fd())).unwrap();
    let mut sent = 0;
    let refused = loop {
        match house.channel.send_evidence(XFERLOG, &[b'x'; 8000]) {
            Ok(()) => sent += 1,
            Err(error) if house.control.flush(LONG).is_ok() => {
                // Once more: the recorder has had its turn and still leaves no room.
                if house.channel.send_evidence(XFERLOG, b"x").is_err() {
                    break error;
                }
                sent += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    error!(house.log(), "still heard");
    let system = house.flushed("system");
    assert!(system.contains("cannot write /dev/full: No space left on device"), "{system}");
    assert!(system.ends_with("still heard\n"), "{system}");
    let file = open(&house.path("xferlog"), Kind::Raw, Links::Refused).unwrap();
    house.control.reopened(XFERLOG, file.as_fd()).unwrap();
    assert_eq!(house.flushed("xferlog").lines().count(), sent);
    assert!(house.flushed("system").contains("is written again"));
}

#[test]
fn records_wait_for_the_recorder_that_takes_anothers_place() {
    let mut house = House::new();
    let (control, recorder) = start(&house.ends);
    // While both live either may read; the first is told to end before anything is sent.
    std::mem::replace(&mut house.control, control).stop(LONG).unwrap();
    std::mem::replace(&mut house.recorder, recorder).join().unwrap().unwrap();
    info!(house.log(), "in between");
    house.open(LogNumber::SYSTEM, Kind::Line, "system");
    house.control.begin().unwrap();
    assert!(house.flushed("system").ends_with("in between\n"));
}

#[test]
fn sessions_outlive_the_master_and_their_recorder_outlives_them() {
    let house = House::new();
    house.open(XFERLOG, Kind::Raw, "xferlog");
    let House { folder, channel, ends, control, recorder } = house;
    drop((control, ends));
    channel.send_evidence(XFERLOG, b"after the master").unwrap();
    let life = File::from(channel.descriptors()[2].try_clone_to_owned().unwrap());
    (&life).write_all(b"a hostile byte ends nothing").unwrap();
    channel.send_evidence(XFERLOG, b"and after that").unwrap();
    drop((channel, life));
    recorder.join().unwrap().unwrap();
    assert_eq!(read(&folder.path().join("xferlog")), "after the master\nand after that\n");
}

#[test]
fn lines_go_to_the_hosts_syslog_in_its_own_shape() {
    let house = House::new();
    let path = house.path("devlog");
    let daemon = UnixDatagram::bind(&path).unwrap();
    let sorting = Sorting { facility: Facility::USUAL, severity: None };
    house.control.open(LogNumber::SYSTEM, Kind::Syslog(sorting), &path, None).unwrap();
    error!(house.log(), "cannot bind"; "port" => 21);
    let mut buffer = [0; 300];
    let length = daemon.recv(&mut buffer).unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(text.starts_with("<27>"), "{text}");
    assert!(
        text.ends_with(&format!(" proftpd[{}]: Main (h[::1]) - cannot bind port=21", std::process::id()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_datagram_and_no_order_ends_the_recorder(
        records in vec(vec(any::<u8>(), 0..40), 0..40),
        orders in vec((1u8..4, any::<u16>(), any::<u8>(), vec(any::<u8>(), 0..9)), 0..9),
    ) {
        let house = House::new();
        for (order, log, kind, path) in orders {
            let [low, high] = log.to_le_bytes();
            let message = [&[order, low, high, kind], &path[..]].concat();
            socket::send(house.control.socket.as_fd(), &message, &[], false).unwrap();
        }
        for record in records {
            socket::send(house.channel.descriptors()[0], &record, &[], false).unwrap();
            socket::send(house.channel.descriptors()[1], &record, &[house.ends.life.as_fd()], false).unwrap();
        }
        house.control.stop(LONG).unwrap();
        house.recorder.join().unwrap().unwrap();
    }
}

#[test]
fn a_system_log_that_is_none_loses_nothing_that_counts() {
    let (channel, ends) = Channel::pair().unwrap();
    let (control, recorder) = start(&ends);
    info!(logger(Arc::new(channel), Voice::usual("Main")), "for nobody");
    control.stop(LONG).unwrap();
    recorder.join().unwrap().unwrap();
}
