//! `limit` while bytes move: what moved before is not paid for, what comes moves in small steps, and a rate that is lifted is lifted at
//! once.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::{self, JoinHandle};

use super::said;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, patterned};

const SIZE: usize = 16 << 20;
/// By then a binary upload goes through its pipe.
const BEGINNING: usize = 2 << 20;
/// Steps that a transfer under a rate is watched for: what is charged for a block of before makes none for a minute.
const STEPS: usize = 6;

/// The slowest there is: a quarter of a KiB at once.
fn slow_down(daemon: &Daemon) {
    said(daemon, &["limit", "user", "alice", "rate", "1"]);
}

fn lift(daemon: &Daemon) {
    said(daemon, &["limit", "user", "alice", "rate", "none"]);
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.size())
}

/// Something grows, again and again, in the end by little; what was under way at the order may still come as one large block.
#[track_caller]
fn assert_small_steps(mut look: impl FnMut() -> u64) {
    let (mut now, mut step) = (look(), 0);
    for _ in 0..STEPS {
        let before = now;
        until("another step", || {
            now = look();
            now > before
        });
        step = now - before;
    }
    assert!(step < 64 << 10, "{step} bytes at once");
}

fn transfer(daemon: &Daemon, line: &str) -> (Client, TcpStream) {
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let data = client.passive();
    client.command(line).expect(150);
    (client, data)
}

#[test]
fn an_upload_that_runs_goes_on_in_small_steps_and_at_once_without_a_rate() {
    let daemon = Daemon::usual();
    let bytes = patterned(SIZE);
    let file = daemon.setup.home("alice").join("new");
    let (mut client, mut data) = transfer(&daemon, "STOR new");
    data.write_all(&bytes[..BEGINNING]).expect("the beginning");
    until("the beginning", || length(&file) == BEGINNING as u64);
    slow_down(&daemon);
    let rest = bytes[BEGINNING..].to_vec();
    let sending: JoinHandle<()> = thread::spawn(move || {
        data.write_all(&rest).and_then(|()| data.shutdown(Shutdown::Write)).expect("the rest");
    });
    assert_small_steps(|| length(&file));
    lift(&daemon);
    sending.join().expect("sent");
    client.reply().expect(226);
    assert!(fs::read(&file).expect("the file") == bytes);
    daemon.stop();
}

#[test]
fn a_download_that_runs_goes_on_in_small_steps_and_at_once_without_a_rate() {
    let daemon = Daemon::usual();
    let bytes = patterned(SIZE);
    fs::write(daemon.setup.home("alice").join("big"), &bytes).expect("written");
    let (mut client, mut data) = transfer(&daemon, "RETR big");
    let mut beginning = [0; 1000];
    data.read_exact(&mut beginning).expect("the beginning");
    slow_down(&daemon);
    let receiving = thread::spawn(move || {
        let mut rest = Vec::new();
        data.read_to_end(&mut rest).expect("the rest");
        rest
    });
    assert_small_steps(|| daemon.slot_of(&client).transfer.expect("a transfer").done);
    lift(&daemon);
    let rest = receiving.join().expect("received");
    client.reply().expect(226);
    assert!([&beginning, &rest[..]].concat() == bytes);
    daemon.stop();
}

#[test]
fn a_copy_is_made_in_small_steps_too() {
    let daemon = Daemon::usual();
    let bytes = patterned(SIZE);
    let home = daemon.setup.home("alice");
    fs::write(home.join("big"), &bytes).expect("written");
    slow_down(&daemon);
    let mut client = daemon.session();
    client.command("SITE CPFR big").expect(350);
    client.send("SITE CPTO copy");
    assert_small_steps(|| length(&home.join("copy")));
    lift(&daemon);
    client.reply().expect(250);
    assert!(fs::read(home.join("copy")).expect("the copy") == bytes);
    daemon.stop();
}
