//! The board as its processes use it together. Other processes are this test binary, run again.

use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use proptest::prelude::*;

use super::layout::{self, header, slot};
use super::*;
use crate::shutmsg::Schedule;
use crate::sys::{GroupId, ProcessId, UserId};

const SLOT: SlotNumber = SlotNumber(2);

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn board(&self) -> PathBuf {
        self.0.path().join("scoreboard")
    }
}

/// Runs one of the ignored tests below in a process of its own.
fn other_process(test: &str, board: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("scoreboard::tests::{test}"), "--ignored", "--nocapture"])
        .env("FERRYD_TEST_BOARD", board)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits for what other processes do; the test's own time limit is its deadline.
fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

/// A worker's view made without the fixed address, which one process can have only once.
fn own_slot(master: &MasterBoard, slot: SlotNumber) -> OwnSlot {
    master.allocate(slot).unwrap();
    let (read_only, read_write) = master.descriptors();
    let geometry = worker::geometry_of(read_only).unwrap();
    let page = crate::sys::mapping::WritableMap::new(read_write, geometry.slot_range(slot)).unwrap();
    let stop = Reader::open(master.file().unwrap().path()).unwrap().stop_point();
    OwnSlot::new(page, stop)
}

fn address(text: &str) -> std::net::SocketAddr {
    text.parse().unwrap()
}

#[test]
fn a_session_is_seen_as_it_was_told() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let own = own_slot(&master, SLOT);
    let reader = Reader::open(&folder.board()).unwrap();
    assert!(reader.slots().is_empty());
    own.born(ProcessId(4711), 3);
    own.state(State::Spare);
    assert_eq!(master.state(SLOT), State::Spare);
    own.connected(address("192.0.2.7:50000"), address("[2001:db8::1]:21"), b"Example");
    own.user(b"demo");
    own.command(b"USER", b"demo");
    assert_eq!(master.state(SLOT), State::Login);
    own.state(State::Idle);
    own.cwd(b"/pub");
    own.command(b"RETR", b"big.iso");
    own.transfer_begins(Direction::Download, b"/pub/big.iso", Some(1000));
    own.transfer_progress(250);
    own.count(&Totals { logins: 1, bytes_out: 250, ..Totals::default() });

    let records = reader.slots();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((record.slot, record.pid, record.generation), (SLOT, ProcessId(4711), 3));
    assert_eq!(record.state, State::Busy);
    assert_eq!(record.client, Some(address("192.0.2.7:50000")));
    assert_eq!(record.client_name, b"192.0.2.7");
    assert_eq!(record.server, Some(address("[2001:db8::1]:21")));
    assert_eq!(record.server_name, b"Example");
    assert_eq!((&record.user[..], &record.protocol[..]), (&b"demo"[..], &b"ftp"[..]));
    assert_eq!((&record.cwd[..], &record.arguments[..]), (&b"/pub"[..], &b"big.iso"[..]));
    assert!(record.connected_ms > 0 && record.since_ms >= record.connected_ms);
    let transfer = record.transfer.as_ref().unwrap();
    assert_eq!((transfer.direction, transfer.size, transfer.done), (Direction::Download, Some(1000), 250));
    assert_eq!(record.totals.connections, 1);

    own.transfer_ends();
    own.state(State::Idle);
    assert!(reader.slots()[0].transfer.is_none());
}

#[test]
fn a_client_that_left_early_leaves_no_trace_but_its_count() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let own = own_slot(&master, SLOT);
    own.born(ProcessId(1), 1);
    own.connected(address("192.0.2.7:50000"), address("192.0.2.1:21"), b"Example");
    own.returned_to_pool();
    let record = Reader::open(&folder.board()).unwrap().slots().remove(0);
    assert_eq!((record.state, record.connected_ms, record.client), (State::Spare, 0, None));
    assert!(record.client_name.is_empty() && record.server_name.is_empty());
    assert_eq!(record.totals.connections, 1);
}

#[test]
fn what_a_dead_worker_did_goes_to_the_header() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let own = own_slot(&master, SLOT);
    own.born(ProcessId(1), 1);
    own.count(&Totals { uploads: 2, bytes_in: 9, ..Totals::default() });
    master.publish_place(SLOT, &PlaceRecord { instance: true, account: 5, host: 6, server: 7 });
    master.publish_slot_order(SLOT, SlotOrder::Leave);
    assert_eq!(master.place(SLOT).account, 5);
    let before = reader.totals();
    assert_eq!((before.uploads, reader.header().totals.uploads), (2, 0));
    master.settle(SLOT);
    assert_eq!(reader.totals(), before);
    assert_eq!(reader.header().totals, before);
    assert!(reader.slots().is_empty());
    assert_eq!(master.place(SLOT), PlaceRecord::default());
    assert_eq!((master.state(SLOT), master.birth(SLOT)), (State::Vacant, None));
}

#[test]
fn the_header_tells_what_the_master_published() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let header = reader.header();
    assert_eq!((header.generation, header.order, header.ready), (0, Order::Run, false));
    assert_eq!(header.master, Some(ProcessId(std::process::id() as i32)));
    assert!(header.schedule.is_none() && header.started_ms > 0);
    let schedule = Schedule { shutdown: 1_800_000_000, deny: -1, disconnect: 7, message: b"at %s".to_vec() };
    master.publish_schedule(Some(&schedule));
    master.publish_generation(4);
    master.publish_order(Order::Drain);
    master.count_refused_reload();
    master.publish_ready();
    let header = reader.header();
    assert_eq!((header.generation, header.order, header.refused_reloads), (4, Order::Drain, 1));
    assert_eq!(header.schedule, Some(schedule));
    assert!(header.ready);
    master.publish_schedule(None);
    assert_eq!(reader.header().schedule, None);
    master.remove().unwrap();
    assert_eq!(reader.header().master, None);
    assert!(!folder.board().exists());
}

#[test]
fn a_board_is_made_readable_for_all_and_anew() {
    let folder = Folder::new();
    std::fs::write(folder.board(), b"").unwrap();
    let old = std::fs::metadata(folder.board()).unwrap();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let new = std::fs::metadata(folder.board()).unwrap();
    assert_eq!(new.permissions().mode() & 0o7777, 0o644);
    assert_ne!(new.ino(), old.ino());
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1);
    // Another's board at our path is not ours to remove.
    std::fs::rename(folder.board(), folder.0.path().join("elsewhere")).unwrap();
    std::fs::write(folder.board(), b"another").unwrap();
    master.remove().unwrap();
    assert!(folder.board().exists());
}

#[test]
fn a_board_goes_only_where_it_is_safe() {
    let folder = Folder::new();
    let create = |path: &std::path::Path| MasterBoard::create(path, 8).err().map(|error| error.to_string());
    std::fs::write(folder.board(), b"somebody's letter").unwrap();
    assert!(create(&folder.board()).unwrap().ends_with("is not a scoreboard"));
    assert_eq!(std::fs::read(folder.board()).unwrap(), b"somebody's letter");
    let link = folder.0.path().join("link");
    std::os::unix::fs::symlink(folder.board(), &link).unwrap();
    assert!(create(&link).is_some());
    assert!(create(&folder.0.path().join("missing/board")).unwrap().contains("no such folder"));
    assert!(create(folder.0.path()).is_some());
    let open = folder.0.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(create(&open.join("board")).unwrap().contains("world-writable"));
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o1777)).unwrap();
    assert!(create(&open.join("board")).is_none());
    // Proftpd's leftover may be replaced.
    let theirs = folder.0.path().join("theirs");
    std::fs::write(&theirs, [&0xdead_beef_u64.to_le_bytes()[..], &[7; 40]].concat()).unwrap();
    assert!(create(&theirs).is_none());
    assert!(matches!(MasterBoard::create(&folder.board(), 0), Err(BoardError::Slots(0))));
}

#[test]
fn a_second_master_touches_nothing() {
    let folder = Folder::new();
    let first = other_process("hold_a_board", &folder.board());
    until(|| Reader::open(&folder.board()).is_ok_and(|reader| reader.header().ready));
    let before = std::fs::read(folder.board()).unwrap();
    assert!(matches!(MasterBoard::create(&folder.board(), 8), Err(BoardError::Held(_))));
    assert_eq!(std::fs::read(folder.board()).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1);
    let reader = Reader::open(&folder.board()).unwrap();
    assert!(reader.is_held());
    end(first);
    assert!(!reader.is_held());
    assert!(MasterBoard::create(&folder.board(), 8).is_ok());
}

#[test]
#[ignore = "run by a_second_master_touches_nothing"]
fn hold_a_board() {
    let Some(path) = std::env::var_os("FERRYD_TEST_BOARD") else { return };
    let master = MasterBoard::create(path.as_ref(), 8).unwrap();
    master.publish_ready();
    // Until the other end of stdin is closed, or we are killed.
    let _ = std::io::read_to_string(std::io::stdin());
}

#[test]
fn readers_say_what_is_wrong_with_a_file() {
    let folder = Folder::new();
    let said = |bytes: &[u8]| {
        std::fs::write(folder.board(), bytes).unwrap();
        Reader::open(&folder.board()).err().unwrap()
    };
    assert!(matches!(Reader::open(&folder.board()), Err(BoardError::Io(..))));
    assert!(matches!(said(b""), BoardError::NotABoard(_)));
    assert!(matches!(said(&[0; 8192]), BoardError::NotABoard(_)));
    let master = MasterBoard::create(&folder.0.path().join("good"), 8).unwrap();
    let good = std::fs::read(master.file().unwrap().path()).unwrap();
    let with = |at: usize, value: u64| {
        let mut bytes = good.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    assert!(matches!(said(&with(header::VERSION, 9)), BoardError::Version(_, 9)));
    assert!(matches!(said(&with(header::SLOTS, u64::MAX)), BoardError::NotABoard(_)));
    assert!(matches!(said(&with(header::SLOTS, 1 << 19)), BoardError::NotABoard(_)));
    assert!(matches!(said(&with(header::SLOTS_AT, 1 << 40)), BoardError::NotABoard(_)));
    assert!(matches!(said(&good[..good.len() - 1]), BoardError::Truncated(_)));
    assert!(matches!(said(&good[..100]), BoardError::Truncated(_)));
    std::fs::write(folder.board(), &good).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    file.set_len(4096).unwrap();
    assert!(reader.slots().is_empty() && matches!(reader.census(), Err(BoardError::Truncated(_))));
    file.set_len(0).unwrap();
    assert!(reader.header().master.is_none());
}

proptest! {
    /// Whatever a file holds where a board's header should be, it is refused, or read without harm.
    #[test]
    fn no_header_harms_its_reader(
        words in proptest::collection::vec((0..512_usize, prop_oneof![any::<u64>(), 0..40_u64]), 0..12),
        size in prop_oneof![Just(None), (0..100_000_u64).prop_map(Some)],
    ) {
        let folder = Folder::new();
        let path = MasterBoard::create(&folder.board(), 8).unwrap().file().unwrap().path().to_owned();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (word, value) in words {
            file.write_all_at(&value.to_le_bytes(), word as u64 * 8).unwrap();
        }
        if let Some(size) = size {
            file.set_len(size).unwrap();
        }
        if let Ok(reader) = Reader::open(&path) {
            let _ = (reader.census(), reader.unfinished(), reader.birth(SlotNumber(u32::MAX)));
        }
    }
}

#[test]
fn auth_writes_grants_and_knows_workers_by_their_births() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    master.allocate(SLOT).unwrap();
    let (read_only, read_write) = master.descriptors();
    // What children are handed is closed here after the fork, and the board stays held.
    drop(read_write.try_clone_to_owned().unwrap());
    assert!(Reader::open(&folder.board()).unwrap().is_held());
    let auth = AuthBoard::map(read_write).unwrap();
    assert_eq!(auth.slot_of(ProcessId(4711)), None);
    let geometry = worker::geometry_of(read_only).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    file.write_all_at(&4711_u32.to_le_bytes(), geometry.birth(SLOT) as u64).unwrap();
    assert_eq!(auth.slot_of(ProcessId(4711)), Some(SLOT));
    assert_eq!(auth.slot_of(ProcessId(0)), None);
    assert_eq!((auth.birth(SLOT), master.birth(SLOT)), (Some(ProcessId(4711)), Some(ProcessId(4711))));

    // The one test that maps the grants at their address.
    let worker = WorkerBoard::map(read_only).unwrap();
    assert_eq!(worker.granted_groups(SLOT), (grant_address(SLOT), 0));
    auth.grant(SLOT, UserId(1000), GroupId(1001), &[GroupId(7), GroupId(8), GroupId(9)]);
    assert_eq!(worker.granted_groups(SLOT), (grant_address(SLOT), 3));
    let grant = geometry.grant(SLOT);
    let bytes = &std::fs::read(folder.board()).unwrap()[grant..grant + 16];
    assert_eq!(bytes, [7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    auth.grant(SLOT, UserId(1000), GroupId(1001), &[GroupId(5); 70]);
    assert_eq!(worker.granted_groups(SLOT).1, GRANT_GROUPS);
    auth.revoke(SLOT);
    assert_eq!(worker.granted_groups(SLOT).1, 0);

    assert!(!worker.may_serve(SLOT));
    master.publish_may_serve(SLOT, true);
    master.publish_slot_order(SLOT, SlotOrder::Retire);
    master.publish_generation(2);
    assert!(worker.may_serve(SLOT));
    assert_eq!(
        (worker.slot_order(SLOT), worker.order(), worker.generation()),
        (SlotOrder::Retire, Order::Run, 2)
    );
    assert!(worker.own_slot(read_write, SlotNumber(8)).is_err());
    let own = worker.own_slot(read_write, SLOT).unwrap();
    own.born(ProcessId(1), 1);
    assert_eq!(master.state(SLOT), State::Starting);
    assert!(
        worker.own_slot(read_only, SLOT).is_err(),
        "a page was mapped for writing from a read-only descriptor"
    );
    let births = NurseryBirths::map(read_write).unwrap();
    assert!(births.birth_cell(SLOT).is_some() && births.birth_cell(SlotNumber(8)).is_none());
}

#[test]
fn a_private_board_works_without_a_path() {
    let master = MasterBoard::create_private(4).unwrap();
    master.allocate(SlotNumber(3)).unwrap();
    let (read_only, read_write) = master.descriptors();
    assert!(AuthBoard::map(read_only.as_fd()).is_err());
    assert!(AuthBoard::map(read_write.as_fd()).is_ok());
    assert!(master.file().is_none());
    master.remove().unwrap();
}

#[test]
fn a_worker_killed_while_it_writes_costs_nothing_but_its_slot() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    master.allocate(SLOT).unwrap();
    for round in 1..=20 {
        let writer = other_process("write_without_pause", &folder.board());
        until(|| !reader.slots().is_empty());
        for _ in 0..round * 5 {
            for record in reader.slots() {
                assert_is_whole(&record);
            }
        }
        end(writer);
        reader.slots().iter().for_each(assert_is_whole);
        master.settle(SLOT);
        assert!(reader.slots().is_empty() && reader.unfinished().is_empty());
    }
}

/// Everything in a record that `write_without_pause` wrote has the same first byte.
fn assert_is_whole(record: &SlotRecord) {
    let first = |text: &[u8]| text.first().copied();
    assert_eq!(first(&record.command), first(&record.arguments), "{record:?}");
    assert!(record.arguments.iter().all(|&byte| Some(byte) == first(&record.arguments)), "{record:?}");
}

#[test]
#[ignore = "run by a_worker_killed_while_it_writes_costs_nothing_but_its_slot"]
fn write_without_pause() {
    let Some(path) = std::env::var_os("FERRYD_TEST_BOARD") else { return };
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let geometry = worker::geometry_of(&file).unwrap();
    let page = crate::sys::mapping::WritableMap::new(&file, geometry.slot_range(SLOT)).unwrap();
    let own = OwnSlot::new(page, 0);
    own.born(ProcessId(std::process::id() as i32), 1);
    for round in 0_u32.. {
        let letter = b'a' + (round % 26) as u8;
        own.command(&[letter; 4], &vec![letter; 1 + (round % 1000) as usize]);
        // Readers get a word in edgeways, as between the commands of a session.
        std::thread::yield_now();
    }
}

#[test]
fn the_stop_point_leaves_a_record_unfinished() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    file.write_all_at(&2_u64.to_le_bytes(), header::STOP as u64).unwrap();
    assert_eq!(reader.stop_point(), 2);
    let own = own_slot(&master, SLOT);
    own.born(ProcessId(1), 1);
    assert_eq!(reader.slots().len(), 1);
    // The thread stays where a process would be killed.
    std::thread::spawn(move || own.state(State::Spare));
    until(|| reader.unfinished() == [SLOT] && master.state(SLOT) == State::Spare);
    assert!(reader.slots().is_empty());
    master.settle(SLOT);
    assert!(reader.unfinished().is_empty());
}

#[test]
fn a_slot_full_of_rubbish_is_read_without_harm() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    master.allocate(SLOT).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    let at = layout::Geometry::new(8).unwrap().slot(SLOT) as u64;
    for byte in 0..=255 {
        file.write_all_at(&[byte; layout::SLOT_SIZE], at).unwrap();
        file.write_all_at(&2_u64.to_le_bytes(), at).unwrap();
        file.write_all_at(&1_u64.to_le_bytes(), at + slot::PID as u64).unwrap();
        file.write_all_at(&u64::from(byte % 9).to_le_bytes(), at + slot::STATE as u64).unwrap();
        let _ = reader.census().unwrap();
    }
    master.settle(SLOT);
    assert!(reader.slots().is_empty());
}
