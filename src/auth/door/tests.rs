//! The door under a real filter. A nursery (this test program again, with one test) installs the filter and bears a worker,
//! as the daemon's does; this process is master and auth. Only root can be nobody and anybody else.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use slog::{Drain, Logger, Never, OwnedKVList, Record, o};
use tempfile::TempDir;

use super::ledger::{Ledger, OFFENCES_MAX, Outcome};
use crate::auth::Account;
use crate::auth::door;
use crate::scoreboard::{AuthBoard, MasterBoard, NurseryBirths, SlotNumber, WorkerBoard, grant_address};
use crate::sys::notification::Listener;
use crate::sys::process::{Ending, Forked, Nest};
use crate::sys::seccomp::Filter;
use crate::sys::seccomp::table::{self, Shape};
use crate::sys::{Capability, GroupId, ProcessId, UserId, identity, process, signals, socket};

const SLOT: SlotNumber = SlotNumber(1);
const NEIGHBOUR: SlotNumber = SlotNumber(2);
const BOARD: &str = "FERRYD_TEST_BOARD";
const WORKER: &str = "FERRYD_TEST_WORKER";

/// What a worker does once it is told.
type Work = fn(&WorkerBoard);

/// What a worker may try, by name.
const WORKERS: [(&str, Work); 6] = [
    ("honest, then greedy", honest_then_greedy),
    ("without a grant", without_a_grant),
    ("knocking", knocking),
    ("honest", honest),
    ("two, patient", patient),
    ("with a deadline", with_a_deadline),
];

fn account() -> Account {
    let group = |gid: u32| (GroupId(gid), Vec::new());
    Account {
        name: b"demo".to_vec(),
        uid: UserId(4001),
        gid: GroupId(4002),
        groups: vec![group(4003), group(4004)],
        home: "/".into(),
    }
}

/// Who keeps the door.
enum Auth {
    /// The one that granted [`account`].
    Granting,
    /// One that granted nothing.
    Stern,
    /// The successor of one that granted [`account`] and died.
    Successor,
    /// The one that granted [`account`], slow: the worker's first call is received, and not answered.
    Dozing,
}

/// Workers that wait to be told, under their filter.
struct Stage {
    _folder: TempDir,
    master: MasterBoard,
    line: OwnedFd,
    listener: Listener,
    pids: Vec<ProcessId>,
}

impl Stage {
    /// With a worker; two of them where the name says so.
    fn set(worker: &str) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board");
        let master = MasterBoard::create(&path, 8).unwrap();
        [SLOT, NEIGHBOUR].iter().for_each(|slot| master.allocate(*slot).unwrap());
        let board = AuthBoard::map(master.descriptors().1).unwrap();
        board.grant(NEIGHBOUR, UserId(5001), GroupId(5001), &[GroupId(6), GroupId(42)]);

        let (line, theirs) = socket::seqpacket_pair().unwrap();
        let mut nursery = spawn_nursery(worker, &path, theirs);
        let mut told = socket::receive(line.as_fd(), &mut [0; 8], true).unwrap();
        let listener = Listener::new(told.descriptors.pop().expect("the nursery sends its listener"));
        assert!(nursery.wait().unwrap().success());
        // The kernel wrote them before the workers ran.
        let pids: Vec<_> = [SLOT, NEIGHBOUR].into_iter().filter_map(|slot| board.birth(slot)).collect();
        Stage { _folder: folder, master, line, listener, pids }
    }

    fn ledger(&self) -> Arc<Ledger> {
        Arc::new(Ledger::new(Box::new(AuthBoard::map(self.master.descriptors().1).unwrap())))
    }

    /// Tells the workers.
    fn begin(&self) {
        self.pids.iter().for_each(|_| socket::send(self.line.as_fd(), b"go", &[], true).unwrap());
    }
}

/// Runs a worker to its end; two of them where the name says so.
fn play(worker: &str, auth: &Auth) -> Ending {
    let stage = Stage::set(worker);
    let mut ledger = stage.ledger();
    if !matches!(auth, Auth::Stern) {
        let visit = ledger.admit(stage.pids[0]).unwrap();
        assert!(ledger.grant(&visit, (0, &account())).unwrap());
    }
    if matches!(auth, Auth::Successor) {
        ledger = stage.ledger();
    }
    stage.begin();
    let Stage { listener, pids, .. } = stage;
    if matches!(auth, Auth::Dozing) {
        listener.receive().unwrap();
    }
    let log = Logger::root(slog::Discard, o!());
    let keeper = thread::spawn(move || door::keep(&listener, &ledger, &log));
    let endings: Vec<Ending> = pids.iter().map(|pid| process::wait_for(*pid).unwrap()).collect();
    // With its last worker the filter goes, and the listener hangs up.
    keeper.join().unwrap();
    assert!(endings.iter().all(|ending| *ending == endings[0]), "{endings:?}");
    endings[0]
}

fn spawn_nursery(worker: &str, board: &Path, line: OwnedFd) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "auth::door::tests::nursery", "--nocapture", "--test-threads=1"])
        .env(BOARD, board)
        .env(WORKER, worker)
        .stdin(Stdio::from(line))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn is_root() -> bool {
    if !identity::is_root() {
        eprintln!("SKIPPED: only root can be somebody else");
    }
    identity::is_root()
}

#[test]
fn the_granted_identity_is_taken_once_and_no_other() {
    if is_root() {
        assert_eq!(play("honest, then greedy", &Auth::Granting), Ending::Exited(0));
    }
}

#[test]
fn without_a_grant_every_identity_is_refused() {
    if is_root() {
        assert_eq!(play("without a grant", &Auth::Stern), Ending::Exited(0));
    }
}

#[test]
fn grants_die_with_their_auth() {
    if is_root() {
        assert_eq!(play("without a grant", &Auth::Successor), Ending::Exited(0));
        assert_eq!(play("honest", &Auth::Granting), Ending::Exited(0));
    }
}

#[test]
fn a_call_that_nobody_answers_ends_at_the_workers_deadline() {
    if is_root() {
        assert_eq!(play("with a deadline", &Auth::Dozing), Ending::Exited(0));
    }
}

#[test]
fn a_successor_releases_whom_its_predecessor_left_waiting() {
    if is_root() {
        assert_eq!(play("two, patient", &Auth::Dozing), Ending::Exited(0));
    }
}

#[test]
fn a_worker_that_goes_on_knocking_is_killed() {
    if is_root() {
        assert_eq!(play("knocking", &Auth::Stern), Ending::Killed(signals::KILL));
    }
}

/// Its death is heard of by nobody yet, so that it is to be ended by a pid that names no process any more.
#[test]
fn a_worker_that_dies_while_it_is_refused_has_gone() {
    if is_root() {
        let stage = Stage::set("knocking");
        let (ledger, pid) = (stage.ledger(), stage.pids[0]);
        (1..OFFENCES_MAX).for_each(|_| assert!(!ledger.note_offence(pid).unwrap()));
        stage.begin();
        let asked = stage.listener.receive().unwrap();
        signals::tell(pid, signals::KILL).unwrap();
        process::wait_for(pid).unwrap();
        let outcome = ledger.answer(&stage.listener, &asked);
        assert!(matches!(outcome, Ok(Outcome::Gone)), "{outcome:?}");
    }
}

/// Counts what is logged.
struct Counting(Arc<AtomicUsize>);

impl Drain for Counting {
    type Ok = ();
    type Err = Never;

    fn log(&self, _: &Record<'_>, _: &OwnedKVList) -> Result<(), Never> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn a_door_stays_open_when_an_answer_fails_and_closes_with_its_last_worker() {
    // Always readable, and never a notification.
    let (door, workers) = socket::seqpacket_pair().unwrap();
    socket::send(workers.as_fd(), b"x", &[], true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let master = MasterBoard::create(&folder.path().join("board"), 8).unwrap();
    let ledger = Ledger::new(Box::new(AuthBoard::map(master.descriptors().1).unwrap()));
    let told = Arc::new(AtomicUsize::new(0));
    let log = Logger::root(Counting(Arc::clone(&told)), o!());
    let keeper = thread::spawn(move || door::keep(&Listener::new(door), &ledger, &log));
    while told.load(Ordering::Relaxed) == 0 {
        assert!(!keeper.is_finished(), "the door is closed");
        thread::yield_now();
    }
    drop(workers);
    keeper.join().unwrap();
    assert!(told.load(Ordering::Relaxed) <= 2, "it does not pause");
}

/// The nursery, which ends once it has borne the worker; nothing but where a test above has started it.
#[test]
fn nursery() {
    let Ok(wanted) = std::env::var(WORKER) else { return };
    let (_, work) = WORKERS.iter().find(|(name, _)| *name == wanted).unwrap();
    let path = std::env::var_os(BOARD).unwrap();
    let line = io::stdin().as_fd().try_clone_to_owned().unwrap();
    let board = WorkerBoard::map(File::open(&path).unwrap()).unwrap();
    let births = NurseryBirths::map(OpenOptions::new().read(true).write(true).open(&path).unwrap()).unwrap();
    let listener = confined(&board);
    let slots = if wanted.starts_with("two") { &[SLOT, NEIGHBOUR][..] } else { &[SLOT] };
    for slot in slots {
        if let Forked::Child = Nest::new().bear(&births.birth_cell(*slot).unwrap()).unwrap() {
            // Its supervisor must not be itself.
            drop(listener);
            let failed = catch_unwind(AssertUnwindSafe(|| when_told(line, || work(&board)))).is_err();
            process::exit_now(u8::from(failed));
        }
    }
    socket::send(line.as_fd(), b"door", &[listener.as_fd()], true).unwrap();
}

/// Nobody, with what a worker needs at its login, under the real table of calls.
fn confined(board: &WorkerBoard) -> OwnedFd {
    process::forbid_new_privileges().unwrap();
    identity::keep_capabilities().unwrap();
    identity::leave_groups().unwrap();
    identity::take_group(GroupId(65534)).unwrap();
    identity::take_user(UserId(65534)).unwrap();
    identity::hold_capabilities(&[Capability::CAP_SETUID, Capability::CAP_SETGID]).unwrap();
    let shape = Shape { notified: true, uids: &[], gids: &[], unsealed: board.unsealed(), shared: &[] };
    Filter::new(table::rows(&shape)).install(true).unwrap().unwrap()
}

fn when_told(line: OwnedFd, work: impl FnOnce()) {
    // Not recvmsg, which the filter refuses.
    assert_eq!(File::from(line).read(&mut [0; 8]).unwrap(), 2);
    work();
}

fn refused(what: &str, outcome: io::Result<()>) {
    let error = outcome.expect_err(what);
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{what}: {error}");
}

fn honest(board: &WorkerBoard) {
    let (address, count) = board.granted_groups(SLOT);
    identity::take_groups(address, count).unwrap();
    identity::take_group(GroupId(4002)).unwrap();
    identity::take_user(UserId(4001)).unwrap();
}

fn honest_then_greedy(board: &WorkerBoard) {
    let (address, count) = board.granted_groups(SLOT);
    assert_eq!((address, count), (grant_address(SLOT), 2));
    refused("out of order", identity::take_user(UserId(4001)));
    refused("one group less", identity::take_groups(address, 1));
    refused("one group more", identity::take_groups(address, 3));
    refused("the neighbour's groups", identity::take_groups(grant_address(NEIGHBOUR), 2));
    let own = [4003_u32, 4004];
    refused("a list of its own", identity::take_groups(own.as_ptr() as usize, 2));
    identity::take_groups(address, count).unwrap();
    refused("groups twice", identity::take_groups(address, count));
    refused("another group", identity::take_group(GroupId(42)));
    identity::take_group(GroupId(4002)).unwrap();
    refused("another user", identity::take_user(UserId(5001)));
    identity::take_user(UserId(4001)).unwrap();
    refused("a second identity", identity::take_user(UserId(4001)));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    assert!(status.contains("Uid:\t4001\t4001\t4001\t4001\n"), "{status}");
    assert!(status.contains("Gid:\t4002\t4002\t4002\t4002\n"), "{status}");
    assert!(status.contains("Groups:\t4003 4004 \n"), "{status}");
}

/// Two of them, neither with a deadline: one's call is left without an answer, the other's wakes the successor.
fn patient(_: &WorkerBoard) {
    refused("group before groups", identity::take_group(GroupId(4002)));
}

fn with_a_deadline(board: &WorkerBoard) {
    signals::become_worker().unwrap();
    let (address, count) = board.granted_groups(SLOT);
    let first = identity::within(Duration::from_millis(50), || identity::take_groups(address, count));
    assert_eq!(first.unwrap().unwrap_err().kind(), io::ErrorKind::Interrupted);
    honest(board);
}

fn without_a_grant(_: &WorkerBoard) {
    refused("an account", identity::take_user(UserId(4001)));
    refused("a group", identity::take_group(GroupId(4002)));
    refused("the neighbour's groups", identity::take_groups(grant_address(NEIGHBOUR), 2));
    refused("root", identity::take_user(UserId::ROOT));
    refused("itself", identity::take_user(UserId(65534)));
}

fn knocking(_: &WorkerBoard) {
    for _ in 0..=OFFENCES_MAX {
        refused("an account", identity::take_user(UserId(4001)));
    }
}
