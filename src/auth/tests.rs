//! Auth as a whole within this process: questions come from here, the master is a thread, the births say that this
//! process is a worker.

use std::fs;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::bounded;
use slog::{Logger, o};

use super::door::ledger::{Grants, Ledger};
use super::login::order::{Module, Ordered};
use super::login::proof::Hasher;
use super::office::desk::{self, Desk};
use super::office::name_desk;
use super::office::place_desk::PlaceDesk;
use super::office::post::post;
use super::office::reception::{Ending, Reception};
use super::office::{Office, bounds};
use super::secret::Secret;
use super::steward::attendance::Attendance;
use super::wire::control::Note;
use super::wire::places::{LimitKind, PLACE_RECORD_MAX, PlaceAnswer, PlaceKind, PlaceQuestion};
use super::wire::question::Question;
use super::wire::{Answer, Denial, Request};
use super::{Bound, ClientTerms, LimitPolicy, Policy, ServerPolicy};
use crate::scoreboard::SlotNumber;
use crate::sys::poll::{self, Waiting};
use crate::sys::{GroupId, ProcessId, UserId, process, socket};

const SLOT: SlotNumber = SlotNumber(3);

/// Every process is the worker in slot 3; remembers what was granted.
#[derive(Clone, Default)]
struct Board {
    granted: Arc<Mutex<Option<(UserId, GroupId)>>>,
}

impl Grants for Board {
    fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber> {
        (pid == process::own()).then_some(SLOT)
    }

    fn write(&self, slot: SlotNumber, uid: UserId, gid: GroupId, _: &[GroupId]) {
        assert_eq!(slot, SLOT);
        *self.granted.lock().unwrap() = Some((uid, gid));
    }

    fn clear(&self, _: SlotNumber, _: ProcessId) {
        *self.granted.lock().unwrap() = None;
    }

    fn stands(&self, _: SlotNumber) -> bool {
        self.granted.lock().unwrap().is_some()
    }
}

/// Takes a password for its own hash.
struct Plain;

impl Hasher for Plain {
    fn hash(&mut self, password: &[u8], _: &[u8]) -> Option<Vec<u8>> {
        Some(password.to_vec())
    }
}

/// A running auth.
struct Auth {
    requests: OwnedFd,
    control: OwnedFd,
    board: Board,
    ending: thread::JoinHandle<Ending>,
}

fn policy(folder: &Path) -> Policy {
    let users = folder.join("users");
    fs::write(&users, "demo:right:1001:1002::/srv/demo:\nfull:right:1003:1003::/srv:\n").unwrap();
    let clients = Bound { most: Some(10), text: Some("no more than %m".into()) };
    let limits = LimitPolicy { clients, ..LimitPolicy::default() };
    let terms = ClientTerms { limits, ..ClientTerms::default() }.into();
    let order = vec![Ordered::passing(Module::File)];
    let server = ServerPolicy { user_file: Some(users.into()), order, terms, ..ServerPolicy::default() };
    Policy { servers: vec![server], ..Policy::default() }
}

/// The master's side of the limits: full for one account, and for connections.
fn answer_places(master: OwnedFd) {
    let mut buffer = [0; PLACE_RECORD_MAX];
    while let Ok(received) = socket::receive(master.as_fd(), &mut buffer, true) {
        let Ok(question) = PlaceQuestion::decode(&buffer[..received.length]) else { return };
        assert_eq!((question.slot, question.pid), (SLOT, process::own()));
        let answer = match question.kind {
            PlaceKind::Transfer(_) | PlaceKind::TransferEnd => PlaceAnswer::Granted,
            PlaceKind::Connection(_) => PlaceAnswer::Full(LimitKind::Instances, 7),
            PlaceKind::Login(login) if login.name == b"full" => {
                PlaceAnswer::Full(LimitKind::Clients, login.limits.clients.unwrap())
            }
            PlaceKind::Login(_) => PlaceAnswer::Granted,
        };
        socket::send(master.as_fd(), &answer.encode(), &[], true).unwrap();
    }
}

fn line_to_master() -> OwnedFd {
    let (line, master) = socket::seqpacket_pair().unwrap();
    thread::spawn(move || answer_places(master));
    line
}

fn start(folder: &Path) -> Auth {
    let board = Board::default();
    let (requests, incoming) = socket::datagram_pair().unwrap();
    socket::pass_credentials(incoming.as_fd()).unwrap();
    let (control, notes) = socket::seqpacket_pair().unwrap();
    let (connections, errands) = bounded(16);
    let (names, waiting_names) = bounded(16);
    let (letters, postman) = post();
    let ledger = Ledger::new(Box::new(board.clone()));
    let log = Logger::root(slog::Discard, o!());
    let asked = (connections, names, None);
    let office: &'static Office = Box::leak(Box::new(Office::new(
        policy(folder),
        ledger,
        bounds(1024, 1),
        asked,
        letters,
        (None, None, Attendance::default()),
        log,
    )));
    thread::spawn(move || postman.deliver_for_life());
    thread::spawn(move || desk::ask_master_for_life(office, &errands, line_to_master()));
    thread::spawn(move || name_desk::tell_for_life(office, &waiting_names));
    thread::spawn(move || {
        Desk::new(office, PlaceDesk::new(line_to_master()), Plain).work_for_life(&office.queue)
    });
    let ending = thread::spawn(move || Reception::new(office, incoming, notes).receive_for_life());
    Auth { requests, control, board, ending }
}

impl Auth {
    fn ask(&self, request: &Request) -> Answer {
        answer(&Question::ask(self.requests.as_fd(), request).unwrap())
    }

    fn log_in(&self, name: &str, password: &str) -> Answer {
        self.ask(&login(name, password))
    }
}

fn answer(question: &Question) -> Answer {
    poll::wait(&mut [Waiting::to_read(question.reply())], None).unwrap();
    question.answer().unwrap()
}

fn connection() -> Request {
    Request::Connection { server: 0, peer: IpAddr::from([192, 0, 2, 1]) }
}

fn login(name: &str, password: &str) -> Request {
    Request::Login {
        server: 0,
        peer: IpAddr::from([192, 0, 2, 1]),
        class: 0,
        name: name.as_bytes().to_vec(),
        password: Secret::new(password.as_bytes().to_vec()),
    }
}

fn names() -> Request {
    Request::Names { server: 0, users: vec![UserId(1001), UserId(0)], groups: vec![GroupId(0)] }
}

#[test]
fn a_right_password_is_granted_once_for_life() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    // Before a login nobody hears a name.
    assert_eq!(auth.ask(&names()), Answer::TryAgain);
    match auth.log_in("demo", "right") {
        Answer::Granted { account, anonymous: None } => {
            assert_eq!((account.name, account.uid), (b"demo".to_vec(), UserId(1001)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(*auth.board.granted.lock().unwrap(), Some((UserId(1001), GroupId(1002))));
    assert_eq!(auth.log_in("demo", "right"), Answer::TryAgain);
    let root = b"root".to_vec();
    let known = Answer::Names { users: vec![b"demo".to_vec(), root.clone()], groups: vec![root] };
    assert_eq!(auth.ask(&names()), known);
}

#[test]
fn a_reaped_workers_grant_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    assert!(matches!(auth.log_in("demo", "right"), Answer::Granted { .. }));
    let note = Note::Forget { slot: SLOT, pid: process::own() };
    socket::send(auth.control.as_fd(), &note.encode(), &[], true).unwrap();
    // The next worker with this pid is another one.
    assert!(matches!(auth.log_in("demo", "right"), Answer::Granted { .. }));
}

#[test]
fn a_wrong_guess_waits_and_a_limit_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    for denial in [Denial::WrongPassword, Denial::NoSuchUser] {
        let name = if denial == Denial::NoSuchUser { "none" } else { "demo" };
        let began = Instant::now();
        assert_eq!(auth.log_in(name, "wrong"), Answer::Denied(denial));
        assert!(began.elapsed() >= Duration::from_millis(100));
    }
    let text = Some(b"no more than %m".to_vec());
    let full = Denial::Limit { kind: LimitKind::Clients, most: 10, text };
    assert_eq!(auth.log_in("full", "right"), Answer::Denied(full));
    assert_eq!(auth.ask(&connection()), Answer::Full(LimitKind::Instances, 7));
    assert!(auth.board.granted.lock().unwrap().is_none());
}

#[test]
fn a_worker_that_names_another_peer_each_time_waits_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    let guess = |host: u8| Request::Login {
        server: 0,
        peer: IpAddr::from([192, 0, 2, host]),
        class: 0,
        name: b"demo".to_vec(),
        password: Secret::new(b"wrong".to_vec()),
    };
    let began = Instant::now();
    for host in 1..=3 {
        assert_eq!(auth.ask(&guess(host)), Answer::Denied(Denial::WrongPassword));
    }
    assert!(began.elapsed() >= Duration::from_millis(100 + 200 + 400));
}

#[test]
fn one_question_of_a_worker_is_in_flight_and_others_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    let first = Question::ask(auth.requests.as_fd(), &login("demo", "wrong")).unwrap();
    let second = Question::ask(auth.requests.as_fd(), &login("demo", "right")).unwrap();
    assert_eq!(answer(&second), Answer::TryAgain);
    assert_eq!(answer(&first), Answer::Denied(Denial::WrongPassword));
}

#[test]
fn what_is_no_question_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    let (reply, theirs) = socket::seqpacket_pair().unwrap();
    let file = fs::File::open(folder.path().join("users")).unwrap();
    let flood = connection().encode();
    let send = |bytes: &[u8], with: &[std::os::fd::BorrowedFd<'_>]| {
        socket::send(auth.requests.as_fd(), bytes, with, true).unwrap();
    };
    send(b"?", &[theirs.as_fd()]);
    send(b"", &[theirs.as_fd()]);
    send(flood.reveal(), &[]);
    send(flood.reveal(), &[file.as_fd()]);
    send(flood.reveal(), &[theirs.as_fd(), theirs.as_fd()]);
    send(&vec![b'L'; 20_000], &[theirs.as_fd()]);
    // Its end means that auth holds no copy either.
    drop(theirs);
    assert_eq!(socket::receive(reply.as_fd(), &mut [0; 8], true).unwrap().length, 0);
    assert_eq!(auth.ask(&connection()), Answer::Full(LimitKind::Instances, 7));
}

#[test]
fn auth_ends_with_the_master_or_by_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let auth = start(folder.path());
    socket::send(auth.control.as_fd(), &Note::Leave.encode(), &[], true).unwrap();
    assert_eq!(auth.ending.join().unwrap(), Ending::Dismissed);
    let auth = start(folder.path());
    drop(auth.control);
    assert_eq!(auth.ending.join().unwrap(), Ending::Orphaned);
}
