//! The board tells the truth: to a reader in another language, and after any worker was killed at any point.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ferryd::scoreboard::{Reader, SlotRecord, State, Totals, layout};
use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::load::{Counts, Load, wanted};
use crate::harness::scale::has_program;
use crate::harness::{Client, Daemon, Setup, patterned, processes, rounds};

#[test]
fn a_reader_in_another_language_sees_the_same() {
    if !has_program("python3", "a_reader_in_another_language_sees_the_same") {
        return;
    }
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"12345");
    client.command("CWD /").expect(250);
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scoreboard_reader.py");
    let output = Command::new("python3").arg(reader).arg(daemon.board_file()).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(seen["master"], daemon.pid());
    assert_eq!(seen["generation"], 1);
    let port = client.local_address().port();
    let slots = seen["slots"].as_array().expect("a list");
    let slot = slots.iter().find(|slot| slot["port"] == port).expect("the session");
    assert_eq!((&slot["user"], &slot["state"], &slot["cwd"]), (&"alice".into(), &"idle".into(), &"/".into()));
    assert_eq!(slot["pid"], daemon.slot_of(&client).pid.0);
    assert_eq!((&slot["totals"]["uploads"], &slot["totals"]["bytes_in"]), (&1.into(), &5.into()));
}

#[test]
fn readers_refuse_what_is_no_board_of_ours() {
    let setup = Setup::new();
    setup.write();
    let path = setup.path("board");
    assert!(Reader::open(&path).is_err());
    for bytes in [&b""[..], b"ferrydSB", &[0; 8192], &b"ferrydSB\x01".repeat(2000)] {
        fs::write(&path, bytes).expect("written");
        assert!(Reader::open(&path).is_err());
    }
}

#[test]
fn nobody_but_the_master_may_write_the_board() {
    let daemon = Daemon::usual();
    let meta = fs::metadata(daemon.board_file()).expect("there");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777, 0o644);
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&meta), nix::unistd::geteuid().as_raw());
}

#[test]
fn totals_equal_what_the_clients_did() {
    let daemon = Daemon::usual();
    let mut expected = Totals::default();
    for number in 0..10_u64 {
        let mut client = daemon.session();
        let bytes = patterned(1000 * usize::try_from(number).expect("small"));
        client.command("TYPE I").expect(200);
        client.store("file", &bytes);
        client.retrieve("file");
        client.command("QUIT").expect(221);
        expected.connections += 1;
        expected.logins += 1;
        expected.uploads += 1;
        expected.downloads += 1;
        expected.bytes_in += bytes.len() as u64;
        expected.bytes_out += bytes.len() as u64;
    }
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    expected.connections += 1;
    expected.refused += 1;
    assert_eq!(daemon.board().totals(), expected);
    drop(client);
    until("all sessions are settled", || daemon.slots().iter().all(|slot| slot.state == State::Spare));
    assert_eq!(daemon.board().totals(), expected);
}

/// Whom a round kills.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Spare,
    Login,
    Download,
    Upload,
    MidPublish,
}

const VICTIMS: [Victim; 5] =
    [Victim::Spare, Victim::Login, Victim::Download, Victim::Upload, Victim::MidPublish];

#[test]
fn killed_workers_leave_a_whole_board() {
    let daemon = Setup::new().workers(6, 4, 12).line("MaxInstances none").start();
    let home = daemon.setup.home("alice");
    fs::write(home.join("big"), patterned(32 << 20)).expect("written");
    fs::write(home.join("small"), b"small").expect("written");
    let watcher = Watcher::start(&daemon);
    let load = visits(&daemon);
    let most = rounds(50, 1000);
    for round in 0..most {
        let victim = VICTIMS[round % VICTIMS.len()];
        kill_one(&daemon, victim, round, &load.counts);
        await_whole(&daemon, &format!("round {round}, {victim:?}"));
    }
    let counts = load.finish();
    until("only spares are left", || daemon.slots().iter().all(|slot| slot.state == State::Spare));
    let checked = watcher.finish();
    let totals = daemon.board().totals();
    println!("{most} kills, {checked} boards read, {counts:?}, {totals:?}");
    // A client whose worker was killed cannot know how far that had counted.
    let between = |counted: u64, total: u64, cut: u64| counted <= total && total <= counted + cut;
    let (refused, cut) = (Counts::of(&counts.refused), Counts::of(&counts.cut));
    assert!(between(Counts::of(&counts.connections), totals.connections, refused));
    assert!(between(Counts::of(&counts.logins), totals.logins, refused + cut));
    assert!(between(Counts::of(&counts.downloads), totals.downloads, cut));
    assert!(between(Counts::of(&counts.uploads), totals.uploads, cut));
    daemon.stop();
}

/// Clients that come and go while workers are killed.
fn visits(daemon: &Daemon) -> Load {
    let address = daemon.address();
    Load::start(3, move |counts| {
        let mut client = counted_login(address, counts)?;
        let cut = |_: &std::io::Error| Counts::add(&counts.cut, 1);
        let small = client.try_download("RETR small").inspect_err(cut)?;
        assert_eq!(small, b"small");
        Counts::add(&counts.downloads, 1);
        client.try_upload("STOR upload", b"bytes").inspect_err(cut)?;
        Counts::add(&counts.uploads, 1);
        wanted(client.try_command("QUIT"), 221)
    })
}

fn counted_login(address: std::net::SocketAddr, counts: &Counts) -> std::io::Result<Client> {
    crate::harness::load::visitor(address, "alice", counts)
}

fn kill_one(daemon: &Daemon, victim: Victim, round: usize, counts: &Counts) {
    match victim {
        Victim::Spare => {
            let spares = pids(daemon, |slot| slot.state == State::Spare);
            if let Some(pid) = spares.iter().nth(round % spares.len().max(1)) {
                kill(*pid);
            }
        }
        Victim::Login => {
            let Ok(mut client) = Client::connect(daemon.address()) else { panic!("a connection is refused") };
            if wanted(client.try_reply(), 220).is_ok() {
                Counts::add(&counts.connections, 1);
                let _ = client.try_command("USER alice");
                kill_worker_of(daemon, &client);
            }
        }
        Victim::Download => with_transfer(daemon, counts, "RETR big", |data| {
            data.read_exact(&mut [0; 1000]).expect("bytes");
        }),
        Victim::Upload => with_transfer(daemon, counts, "STOR part", |data| {
            data.write_all(&[1; 100_000]).expect("sent");
        }),
        Victim::MidPublish => kill_in_mid_publish(daemon, round),
    }
}

fn with_transfer(daemon: &Daemon, counts: &Counts, line: &str, act: impl FnOnce(&mut TcpStream)) {
    let Ok(mut client) = counted_login(daemon.address(), counts) else { return };
    let mut data = client.extended_passive();
    client.command(line).expect(150);
    act(&mut data);
    kill_worker_of(daemon, &client);
}

/// Arms every worker born from now on to stop in the middle of a publish, until new ones have come; those are
/// killed where they stop.
fn kill_in_mid_publish(daemon: &Daemon, round: usize) {
    let before = pids(daemon, |_| true);
    set_stop_point(daemon, 1 + (round / VICTIMS.len()) as u64 % 6);
    for pid in pids(daemon, |slot| slot.state == State::Spare).iter().take(2) {
        kill(*pid);
    }
    let mut armed = BTreeSet::new();
    until("a worker was born armed", || {
        armed.extend(births(daemon).difference(&before).copied());
        !armed.is_empty()
    });
    set_stop_point(daemon, 0);
    armed.extend(births(daemon).difference(&before).copied());
    // Spares wait in the order of their birth: the load brings the armed ones to their point.
    until("every armed worker stopped and was killed", || {
        for pid in stopped(daemon) {
            kill(pid);
        }
        armed.retain(|pid| processes::lives(*pid));
        armed.is_empty()
    });
}

/// Writes the word that only tests write (docs/scoreboard.md).
fn set_stop_point(daemon: &Daemon, publishes: u64) {
    let board = OpenOptions::new().write(true).open(daemon.board_file()).expect("ours to write");
    board.write_all_at(&publishes.to_le_bytes(), layout::header::STOP as u64).expect("written");
}

fn births(daemon: &Daemon) -> BTreeSet<i32> {
    let board = daemon.board();
    (0..board.header().high_water)
        .filter_map(|slot| board.birth(ferryd::scoreboard::SlotNumber(slot)))
        .map(|pid| pid.0)
        .collect()
}

fn stopped(daemon: &Daemon) -> Vec<i32> {
    let board = daemon.board();
    // A publish takes less than a microsecond: who is in it twice in a row stands there.
    let first: BTreeSet<_> = board.unfinished().into_iter().collect();
    board
        .unfinished()
        .into_iter()
        .filter(|slot| first.contains(slot))
        .filter_map(|slot| board.birth(slot))
        .map(|pid| pid.0)
        .collect()
}

fn kill_worker_of(daemon: &Daemon, client: &Client) {
    let address = client.local_address();
    let found = pids(daemon, |slot| slot.client == Some(address));
    for pid in found {
        kill(pid);
    }
}

fn kill(pid: i32) {
    // It may just have ended by itself.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
}

fn pids(daemon: &Daemon, wanted: impl Fn(&SlotRecord) -> bool) -> BTreeSet<i32> {
    daemon.slots().iter().filter(|slot| wanted(slot)).map(|slot| slot.pid.0).collect()
}

/// The pool is full again; every slot seen now is the master's or a living worker's, and every zombie seen now is
/// reaped. Workers come and go meanwhile, so that it is these that are followed.
fn await_whole(daemon: &Daemon, when: &str) {
    until(&format!("a full pool after {when}"), || {
        pids(daemon, |slot| slot.state == State::Spare).len() >= 4
    });
    let zombies = || -> BTreeSet<i32> {
        let children = processes::children_of(daemon.pid());
        children.iter().filter(|child| child.is_zombie()).map(|child| child.pid).collect()
    };
    let (mut unreaped, mut dead) = (zombies(), births(daemon));
    until(&format!("a whole board after {when}"), || {
        unreaped = &unreaped & &zombies();
        dead = &dead & &births(daemon);
        dead.retain(|pid| !processes::lives(*pid));
        unreaped.is_empty() && dead.is_empty()
    });
}

/// Reads the board all the time and looks for records that nobody wrote.
struct Watcher {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<u64>,
}

impl Watcher {
    fn start(daemon: &Daemon) -> Watcher {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, path) = (Arc::clone(&stop), daemon.board_file());
        let thread = thread::spawn(move || {
            let board = Reader::open(&path).expect("the board");
            let mut read = 0;
            while !stopped.load(Ordering::Relaxed) {
                board.slots().iter().for_each(check);
                read += 1;
                thread::park_timeout(std::time::Duration::from_millis(1));
            }
            read
        });
        Watcher { stop, thread }
    }

    fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("no record is torn")
    }
}

/// What cannot be together in one record.
fn check(slot: &SlotRecord) {
    let fresh = matches!(slot.state, State::Starting | State::Spare);
    assert_eq!(slot.client.is_none(), fresh, "{slot:?}");
    assert!([&b""[..], b"alice"].contains(&slot.user.as_slice()), "{slot:?}");
    assert!(slot.generation == 1 && slot.pid.0 > 1, "{slot:?}");
    if let Some(transfer) = &slot.transfer {
        assert!(transfer.started_ms > 0 && !slot.user.is_empty(), "{slot:?}");
        assert!(
            [&b"small"[..], b"upload", b"big", b"part"].iter().any(|name| transfer.path.ends_with(name)),
            "{slot:?}"
        );
    }
}
