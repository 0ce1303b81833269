//! The shutdown file between the two: what one's `ftpshut` writes, the other's daemon heeds, and either takes the other's away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::package::Package;
use super::plain::plain;
use super::server::{Program, Server, ZONE};
use crate::harness::as_root;
use crate::harness::client::{Client, Reply};
use crate::harness::events::{eventually, until};
use crate::harness::host::{self, Host};

/// What a file orders at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Clients come and stay.
    Open,
    /// New ones are refused.
    Refused,
    /// Sessions are sent away, too.
    Away,
}
use Order::{Away, Open, Refused};

/// Words for our `ftpshut`, and what its file orders of ferryd and of ProFTPD.
const OURS: &[(&[&str], Order, Order)] = &[
    (&["+30"], Open, Open),
    (&["-l", "0", "-d", "0", "+30", "soon"], Open, Open),
    (&["-l", "60", "-d", "0", "+30", "back", "at", "noon"], Refused, Refused),
    (&["-l", "60", "-d", "60", "+30", "bye %U of %V, from %R on %L: %r %d %s"], Away, Away),
    (&["-l", "5999", "-d", "0", "+5900", "%C 100% %% %z"], Refused, Refused),
    (&["now"], Away, Away),
    (&["--expires", "90", "-l", "60", "-d", "0", "+30"], Refused, Refused),
    (&["--expires", "never", "-l", "60", "-d", "0", "+30"], Refused, Refused),
    (&["--until", "+600", "-l", "60", "-d", "0", "+30"], Refused, Refused),
    (&["--until", "+600", "+30"], Open, Open),
    (&["--drain", "+40", "-l", "60", "-d", "60", "+30", "draining"], Away, Away),
    (&["--drain", "+40", "-l", "0", "-d", "0", "+30"], Open, Open),
    (&["--server", "Test", "-l", "60", "-d", "60", "+30"], Away, Away),
    // What only further lines say is for ferryd alone.
    (&["--server", "Other", "-l", "60", "-d", "60", "+30"], Open, Away),
    (&["--expires", "0", "now"], Open, Away),
];

/// Words for ProFTPD's own, and what its file orders of both.
const THEIRS: &[(&[&str], Order)] = &[
    (&["+30"], Open),
    (&["-l", "60", "-d", "0", "+30", "soon"], Refused),
    (&["-l", "60", "-d", "60", "+30", "bye %U of %V: %r %d %s"], Away),
    (&["-l", "90", "-d", "0", "+75", "one word"], Refused),
    (&["now"], Away),
];

/// Both servers, each with an /etc of its own, where ProFTPD looks for the file.
struct Pair {
    ours: Server,
    theirs: Server,
}

impl Pair {
    fn start(package: &Package) -> Pair {
        let furnish = |folder: &Path| {
            Host::default().write(folder);
            String::new()
        };
        let start = |program| Server::start_with(program, package, furnish);
        Pair { ours: start(Program::Ferryd), theirs: start(Program::Proftpd) }
    }

    fn both(&self) -> [&Server; 2] {
        [&self.ours, &self.theirs]
    }

    /// Has the same file heeded by both, as wanted of each; then has it taken away, and finds everybody served again.
    fn heed(&self, text: &str, wanted: [Order; 2], take_away: impl Fn(&Server)) {
        let sessions = self.both().map(session);
        for server in self.both() {
            host::put(&server.folder().join("etc"), "shutmsg", text, 0o644);
        }
        let mut said = Vec::new();
        for ((server, session), order) in self.both().into_iter().zip(sessions).zip(wanted) {
            said.push(heeded(server, session, order));
            take_away(server);
            assert!(!file_of(server).exists());
            served(server);
        }
        assert!(wanted[0] != wanted[1] || said[0] == said[1], "{text}: {said:#?}");
    }
}

fn file_of(server: &Server) -> PathBuf {
    shutmsg(server.folder())
}

fn shutmsg(folder: &Path) -> PathBuf {
    folder.join("etc/shutmsg")
}

/// A folder with an /etc that no server sees.
fn desk() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Host::default().write(folder.path());
    folder
}

fn session(server: &Server) -> Client {
    let mut client = Client::greeted(server.address());
    client.login("alice");
    client
}

/// None where the connection is closed without a word, as ProFTPD does to who comes while it sends everybody away.
fn greeting(server: &Server) -> Option<Reply> {
    Client::connect(server.address()).and_then(|mut client| client.try_reply()).ok()
}

/// Who comes has ProFTPD look at the file, and is judged by what it saw before: so more than one comes.
fn served(server: &Server) {
    let is_served = || greeting(server).is_some_and(|reply| reply.code == 220);
    until("service", || (0..4).all(|_| is_served()));
}

/// What a server makes of the file that is there: what the next client hears, and its session.
fn heeded(server: &Server, mut session: Client, order: Order) -> Vec<String> {
    let first = if order == Open {
        served(server);
        String::new()
    } else {
        let what = format!("{:?} refuses", server.program);
        eventually(&what, || greeting(server).filter(|reply| reply.code == 500)).text()
    };
    let second = if order == Away {
        let reply = session.reply().expect(421);
        session.expect_end();
        reply
    } else {
        session.command("NOOP").expect(200)
    };
    // An IPv4 address is told by ProFTPD as IPv6 has it.
    let text = |text: String| {
        plain(&text, server.folder(), server.address().port()).replace("::ffff:127.0.0.1", "127.0.0.1")
    };
    [first, second.text()].map(text).into()
}

/// Runs an `ftpshut` in the servers' zone; what it printed.
fn told(mut ftpshut: Command, words: &[&str]) -> String {
    let output = ftpshut.env("TZ", ZONE).args(words).output().expect("ftpshut");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Our `ftpshut`, on a file.
fn our_ftpshut(file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpshut"));
    command.arg("-f").arg(file);
    command
}

/// ProFTPD's own, which knows one file, in an /etc of this folder's.
fn their_ftpshut(package: &Package, folder: &Path) -> Command {
    let mut command = host::entering(folder);
    command.arg(package.tool("ftpshut"));
    command
}

#[test]
fn one_file_orders_the_same_of_both() {
    const TEST: &str = "one_file_orders_the_same_of_both";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let (pair, desk) = (Pair::start(&package), desk());
    let written = || fs::read_to_string(shutmsg(desk.path())).expect("what ftpshut wrote");
    for (words, ours, theirs) in OURS {
        told(our_ftpshut(&shutmsg(desk.path())), words);
        pair.heed(&written(), [*ours, *theirs], |server| {
            let said = told(their_ftpshut(&package, server.folder()), &["-R"]);
            assert!(said.ends_with("ftpshut: /etc/shutmsg removed\n"), "{said}");
        });
    }
    for (words, order) in THEIRS {
        told(their_ftpshut(&package, desk.path()), words);
        let way = if *order == Away { "--cancel" } else { "-R" };
        pair.heed(&written(), [*order; 2], |server| {
            let said = told(our_ftpshut(&file_of(server)), &[way]);
            assert!(said.ends_with("/etc/shutmsg removed\n"), "{said}");
        });
    }
}

/// A first line without its seconds: at an hour and a minute ProFTPD's has those of now, and ours none.
fn without_seconds(text: &str) -> String {
    let words = text.split(' ').enumerate().filter(|(at, _)| *at != 5).map(|(_, word)| word);
    words.collect::<Vec<_>>().join(" ")
}

/// The two lines that both know are the same, byte for byte.
#[test]
fn both_write_the_same_two_lines() {
    const TEST: &str = "both_write_the_same_two_lines";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let desk = desk();
    let written = |ftpshut: Command, words: &[&str]| {
        told(ftpshut, words);
        fs::read_to_string(shutmsg(desk.path())).expect("what ftpshut wrote")
    };
    for words in [
        &["2359"][..],
        &["00"],
        &["-l", "0", "-d", "5999", "23"],
        &["-l", "75", "-d", "5", "0001", "word"],
        &["+7", "at %s"],
        &["now"],
    ] {
        let mut last = Vec::new();
        // The clock may turn between the two.
        let is_same = (0..20).any(|_| {
            let ours = written(our_ftpshut(&shutmsg(desk.path())), words);
            let theirs = written(their_ftpshut(&package, desk.path()), words);
            let is_moment = words.iter().any(|word| word.starts_with('+') || *word == "now");
            let plain = |text: &str| if is_moment { text.to_owned() } else { without_seconds(text) };
            last = [ours, theirs].map(|text| plain(&text)).into();
            last[0].strip_prefix(&last[1]).is_some_and(|further| further.starts_with("utc "))
        });
        assert!(is_same, "{words:?}: {last:#?}");
    }
}
