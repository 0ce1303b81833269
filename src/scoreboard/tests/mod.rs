//! The board as its processes use it together. Other processes are this test binary, run again.

mod files;
mod killed;

use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

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
        .args(["--exact", &format!("scoreboard::tests::{test}"), "--nocapture"])
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
    own.client_name(b"client.example");
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
    assert_eq!(record.client_name, b"client.example");
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
    let place = PlaceRecord {
        instance: true,
        account: 5,
        host: 6,
        server: 7,
        class: 8,
        anonymous: Some(0),
        address: Some([192, 0, 2, 1].into()),
        connection: Some(6),
        transfer: Some(PlaceTransfer { verb: 2, shares_rate: true }),
    };
    master.publish_place(SLOT, &place);
    assert_eq!(master.place(SLOT), place);
    master.publish_slot_order(SLOT, SlotOrder::Leave);
    assert_eq!(master.place(SLOT).account, 5);
    own.refused(ReasonCode::Rule);
    let before = reader.totals();
    let refusals = reader.census().unwrap().refusals;
    assert_eq!((refusals.of(ReasonCode::Rule), refusals.of(ReasonCode::Shutdown)), (1, 0));
    assert_eq!((before.uploads, reader.header().totals.uploads), (2, 0));
    master.settle(SLOT);
    assert_eq!(reader.totals(), before);
    assert_eq!(reader.census().unwrap().refusals, refusals);
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
    let schedule = Schedule {
        shutdown: 1_800_000_000,
        deny: -1,
        disconnect: 7,
        message: b"at %s".to_vec(),
        expires: Some(1_800_086_400),
        drain: Some(9),
        server: b"Second".to_vec(),
    };
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
    assert!(!auth.has_grant(SLOT));
    let bytes = &std::fs::read(folder.board()).unwrap()[grant..grant + 4 * GRANT_GROUPS];
    assert!(bytes.iter().all(|byte| *byte == 0xff), "a cleared group is root's");

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
