//! Whole sessions of commands in any order, against a real daemon: whatever a client says, the replies are replies, the session ends
//! when it is told to, no worker panics, and nothing outside the root changes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use ferryd::protocol::verbs::VERBS;
use ferryd::scoreboard::State;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::confinement::{Cage, SONG};
use crate::harness::client::{data_connection, port_line};
use crate::harness::events::until;
use crate::harness::{Daemon, PASSWORD, Setup, rounds};

/// What a client does next.
#[derive(Clone, Debug)]
enum Step {
    /// A line, sent without waiting for what came of the last.
    Line(Vec<u8>),
    /// Bytes that may be anything.
    Bytes(Vec<u8>),
    /// EPSV, and somebody who connects.
    Passive(Peer),
    /// PORT, and somebody who listens.
    Active,
    /// Replies are read until there are none for a moment.
    Read,
}

/// What the other end of a data connection does.
#[derive(Clone, Copy, Debug)]
enum Peer {
    /// Sends a few bytes and closes.
    Sends,
    /// Closes at once.
    Leaves,
    /// Stays, and neither sends nor reads until the end.
    Stays,
}

/// Arguments that mean something to one verb or another, and some that should mean nothing to any.
const ARGUMENTS: [&[u8]; 36] = [
    b"",
    b"file",
    b"dir",
    b"dir/sub",
    b"..",
    b"../../outside/secret",
    b"link/secret",
    b"link",
    b"/",
    b"~",
    b"~/x",
    b"*",
    b"[a-z]*",
    b"{a,b}*",
    b"-laR",
    b"-a link",
    b"-R /",
    b"A",
    b"I",
    b"S",
    b"F",
    b"E",
    b"0",
    b"3",
    b"18446744073709551615",
    b"127,0,0,1,4,1",
    b"127,0,0,9,200,1",
    b"|1|127.0.0.1|5000|",
    b"|2|::1|5000|",
    b"ALL",
    b"20200101000000 file",
    b"CHMOD 644 file",
    b"CHMOD 777 link/secret",
    b"MLST size;type;",
    b"UTF8 ON",
    b"a\tb \x1b[2J",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // What ends a session early is said at its end.
    let names: Vec<&str> = VERBS.iter().map(|verb| verb.name).filter(|name| *name != "QUIT").collect();
    let argument = prop_oneof![
        8 => select(ARGUMENTS.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (0..600_usize).prop_map(|length| b"x".repeat(length)),
        1 => (0..200_usize).prop_map(|times| b"../".repeat(times)),
    ];
    let line = (select(names), argument)
        .prop_map(|(verb, argument)| Step::Line([verb.as_bytes(), b" ", &argument].concat()));
    let peer = prop_oneof![Just(Peer::Sends), Just(Peer::Leaves), Just(Peer::Stays)];
    let raw = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..80),
        select(vec![&b"\xff\xf4\xff\xf2ABOR\r\n"[..], b"\xff\xfd\x01", b"\r\n\r\n\n", b"\0", b"\xff\xfa"])
            .prop_map(<[u8]>::to_vec),
    ];
    let step = prop_oneof![
        12 => line,
        1 => raw.prop_map(Step::Bytes),
        2 => peer.prop_map(Step::Passive),
        1 => Just(Step::Active),
        3 => Just(Step::Read),
    ];
    prop::collection::vec(step, 1..40)
}

/// A session as the fuzz leads it.
struct Fuzzed {
    control: TcpStream,
    address: SocketAddr,
    heard: Vec<u8>,
    data: Vec<TcpStream>,
    listeners: Vec<TcpListener>,
}

impl Fuzzed {
    fn open(address: SocketAddr) -> Fuzzed {
        let control = TcpStream::connect(address).expect("a connection");
        control.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        control.set_nodelay(true).expect("a setting");
        Fuzzed { control, address, heard: Vec::new(), data: Vec::new(), listeners: Vec::new() }
    }

    /// Whether the session has not ended; bytes of one that has go nowhere.
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.control.write_all(bytes);
    }

    /// Reads what comes, until nothing does for a moment; false at the end of the session.
    fn hear(&mut self) -> bool {
        let mut block = [0; 4096];
        loop {
            match self.control.read(&mut block) {
                Ok(0) => return false,
                Ok(length) => self.heard.extend_from_slice(&block[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return true;
                }
                Err(_) => return false,
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Line(line) => self.say(&[line.as_slice(), b"\r\n"].concat()),
            Step::Bytes(bytes) => self.say(bytes),
            Step::Passive(peer) => {
                self.say(b"\r\nEPSV\r\n");
                self.hear();
                if let Some(port) = last_port(&self.heard)
                    && let Ok(data) = data_connection(SocketAddr::new(self.address.ip(), port))
                {
                    self.meet(data, *peer);
                }
            }
            Step::Active => {
                let listener = TcpListener::bind((self.address.ip(), 0)).expect("a listener");
                let line = port_line(listener.local_addr().expect("bound"));
                self.say(format!("\r\n{line}\r\n").as_bytes());
                self.listeners.push(listener);
            }
            Step::Read => drop(self.hear()),
        }
    }

    fn meet(&mut self, mut data: TcpStream, peer: Peer) {
        match peer {
            Peer::Sends => drop(data.write_all(b"some bytes\r\nof a file")),
            Peer::Leaves => {}
            Peer::Stays => self.data.push(data),
        }
    }

    /// Says goodbye and hears the end. What it says would be lost in a Telnet command that was not ended.
    fn close(mut self) -> Vec<u8> {
        self.data.clear();
        self.listeners.clear();
        self.say(b"\xff\xf0\xff\xf0\r\nABOR\r\nQUIT\r\n");
        let _ = self.control.shutdown(Shutdown::Write);
        until("the session's end", || !self.hear());
        self.heard
    }
}

/// The port of the last 229 that was heard.
fn last_port(heard: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(heard);
    let (_, rest) = text.rsplit_once("(|||")?;
    rest.split_once("|)")?.0.parse().ok()
}

/// Telnet's answers taken out, and its doubled bytes made single (RFC 854).
fn without_telnet(heard: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut bytes = heard.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            0xff => match bytes.next() {
                Some(0xff) => text.push(0xff),
                _ => drop(bytes.next()),
            },
            byte => text.push(*byte),
        }
    }
    text
}

/// Replies in the form of RFC 959 §4.2, one after the other, each whole.
fn well_formed(heard: &[u8]) -> Result<(), String> {
    let text = without_telnet(heard);
    let Some(text) = text.strip_suffix(b"\r\n") else { return Err("the last line has no end".to_owned()) };
    let mut open: Option<Vec<u8>> = None;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            return Err(format!("{}", line.escape_ascii()));
        }
        let code = line.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit)).map(<[u8]>::to_vec);
        open = match (open, code, line.get(3)) {
            (None, Some(_), Some(b' ')) => None,
            (None, Some(code), Some(b'-')) => Some(code),
            (Some(begun), Some(code), Some(b' ')) if begun == code => None,
            (Some(begun), _, _) => Some(begun),
            (None, ..) => return Err(format!("no reply: {}", line.escape_ascii())),
        };
    }
    open.map_or(Ok(()), |code| Err(format!("{} was not closed", code.escape_ascii())))
}

fn seed() -> u64 {
    let asked = std::env::var("FERRYD_SEED").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or_else(|| u64::from(std::process::id()))
}

#[test]
fn any_session_ends_well() {
    let seed = seed();
    println!("FERRYD_SEED={seed}");
    let daemon = Setup::new().line("DefaultRoot ~\nAllowStoreRestart on\nTimeoutStalled 5").start();
    let cage = Cage::build(&daemon.setup.path("outside"));
    let home = daemon.setup.home("alice");
    std::os::unix::fs::symlink("../../outside", home.join("link")).expect("a link");
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    for number in 0..rounds(40, 3_000) {
        let steps = steps().new_tree(&mut runner).expect("steps").current();
        let heard = lead(&daemon, &steps, number % 4 != 0);
        let what = || format!("FERRYD_SEED={seed}, session {number}: {steps:?}\n{}", heard.escape_ascii());
        if let Err(why) = well_formed(&heard) {
            panic!("{why}\n{}", what());
        }
        let text = String::from_utf8_lossy(&heard).into_owned();
        assert!(!text.contains(SONG), "{}", what());
    }
    until("the sessions' ends", || {
        daemon.slots().iter().all(|slot| matches!(slot.state, State::Spare | State::Vacant | State::Starting))
    });
    for line in daemon.log().lines() {
        assert!(!line.contains("panicked") && !line.contains(" ended ("), "{line}");
    }
    cage.assert_untouched();
    daemon.stop();
}

fn lead(daemon: &Daemon, steps: &[Step], logs_in: bool) -> Vec<u8> {
    let mut session = Fuzzed::open(daemon.address());
    if logs_in {
        session.say(format!("USER alice\r\nPASS {PASSWORD}\r\nMKD dir\r\nTYPE I\r\n").as_bytes());
    }
    steps.iter().for_each(|step| session.step(step));
    session.close()
}
