//! `ServerType inetd`: others listen, and start the program for each connection; and `-X`, which serves one client and no other.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use ferryd::scoreboard::{Kind, Reader, State};
use nix::sys::signal::Signal;

use crate::harness::daemon::{Background, run};
use crate::harness::events::until;
use crate::harness::handed::{Handed, setup, slots};
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, PASSWORD, Setup, eventually, processes, rounds};

mod standing_still;
mod starters;

fn written(setup: Setup) -> Setup {
    setup.write();
    setup
}

fn log(setup: &Setup) -> String {
    fs::read_to_string(setup.path("log/system.log")).unwrap_or_default()
}

#[test]
fn a_connection_that_was_handed_over_is_served() {
    let setup = written(setup());
    let mut session = Handed::session(&setup);
    session.client.store("file", b"by inetd");
    assert_eq!(session.client.retrieve("file"), b"by inetd");
    let slot = session.slot(&setup);
    assert_eq!((slot.user.as_slice(), slot.state), (&b"alice"[..], State::Idle));
    let board = Reader::open(&setup.path("run/board")).expect("the board");
    assert!(board.is_held() && board.header().kind == Kind::Inetd);
    assert!(!setup.path("run/ferryd.pid").exists());
    session.quit();
    assert!(slots(&setup).is_empty());
    let totals = board.totals();
    assert_eq!((totals.connections, totals.logins, totals.uploads, totals.downloads), (1, 1, 1, 1));
    let lines = log(&setup);
    for line in ["FTP session opened.", "USER alice: Login successful.", "FTP session closed."] {
        assert!(lines.contains(line), "{lines}");
    }
    assert!(!lines.contains("STARTUP"), "{lines}");
    let transfers = fs::read_to_string(setup.path("log/xferlog")).expect("a log");
    assert_eq!(transfers.lines().count(), 2, "{transfers}");
}

/// The walls are those of a daemon's session: its own uid, no capability, the filter, no new privileges.
#[test]
fn its_worker_has_given_up_what_its_master_has() {
    let setup = written(setup());
    if !setup.has_identities() {
        return;
    }
    let session = Handed::session(&setup);
    let worker = session.slot(&setup).pid.0;
    assert_ne!(worker, session.pid());
    let status = fs::read_to_string(format!("/proc/{worker}/status")).expect("its status");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let uid = FIRST_UID.to_string();
    assert_eq!(field("Uid:"), [uid.as_str(); 4]);
    assert_eq!(field("Gid:"), [uid.as_str(); 4]);
    for name in ["CapPrm:", "CapEff:", "CapInh:"] {
        assert_eq!(field(name), ["0000000000000000"], "{name}");
    }
    assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), (vec!["2".to_owned()], vec!["1".to_owned()]));
    // The nursery has gone; nobody but the worker has the client's connection.
    until("four processes", || session.processes().len() == 4);
    session.quit();
}

#[test]
fn the_tools_show_such_sessions_as_proftpds_do() {
    let setup = written(setup());
    let tool = |program: &str, words: &[&str]| {
        let output = Command::new(program).arg("-f").arg(setup.path("run/board")).args(words).output();
        let output = output.expect("the tool");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let session = Handed::session(&setup);
    let pid = session.slot(&setup).pid.0;
    let shown = tool(env!("CARGO_BIN_EXE_ftpwho"), &[]);
    assert!(shown.starts_with("inetd FTP daemon:\n") && shown.contains(&pid.to_string()), "{shown}");
    assert!(tool(env!("CARGO_BIN_EXE_ftpwho"), &["-o", "json"]).contains("\"server_type\": \"inetd\""));
    let counted = tool(env!("CARGO_BIN_EXE_ftpcount"), &[]);
    assert!(counted.starts_with("inetd FTP connections:\n") && counted.contains("1 user"), "{counted}");
    session.quit();
    assert_eq!(tool(env!("CARGO_BIN_EXE_ftpcount"), &[]), "inetd FTP connections:\n0 users\n");
}

#[test]
fn a_client_that_says_nothing_and_leaves_leaves_nothing() {
    let setup = written(setup());
    let mut session = Handed::greeted(&setup);
    let _ = session.client.stream().shutdown(std::net::Shutdown::Both);
    assert_eq!(session.await_end().code(), Some(0));
    assert!(slots(&setup).is_empty());
}

#[test]
fn limits_count_the_sessions_of_all() {
    let lines = "MaxClients 3\nMaxClientsPerUser 2\nMaxTransfersPerUser STOR 1";
    let setup = written(setup().with_account("bob").line(lines));
    let mut first = Handed::session(&setup);
    let second = Handed::session(&setup);
    let mut third = Handed::greeted(&setup);
    third.client.command("USER alice").expect(331);
    third.client.command(&format!("PASS {PASSWORD}")).expect(530);
    let mut other = Handed::greeted(&setup);
    other.client.login("bob");
    let mut fourth = Handed::greeted(&setup);
    fourth.client.command("USER bob").expect(331);
    fourth.client.command(&format!("PASS {PASSWORD}")).expect(530);
    other.quit();
    second.quit();
    let mut second = Handed::session(&setup);
    let data = first.client.passive();
    first.client.command("STOR one").expect(150);
    let _unused = second.client.passive();
    let refused = second.client.command("STOR two");
    assert!(refused.code >= 400, "{}", refused.text());
    drop(data);
    first.client.reply().expect(226);
    second.client.store("two", b"now");
}

#[test]
fn a_host_has_as_many_connections_as_it_may() {
    let setup = written(setup().line("MaxConnectionsPerHost 2"));
    let both = [(); 2].map(|()| Handed::greeted(&setup));
    let mut third = Handed::start(&setup);
    assert_ne!(third.client.reply().code, 220);
    assert_eq!(third.await_end().code(), Some(0));
    both.into_iter().for_each(Handed::quit);
    Handed::greeted(&setup).quit();
}

/// Never one more, and always that many, though no process knows of the others but by the board.
#[test]
fn limits_are_exact_when_all_come_at_once() {
    const MOST: usize = 3;
    let many = rounds(8, 40);
    let setup = written(setup().line(&format!("MaxClients {MOST}")));
    let barrier = Barrier::new(many);
    let codes: Vec<(u16, Handed)> = std::thread::scope(|scope| {
        let login = || {
            let mut session = Handed::greeted(&setup);
            session.client.command("USER alice").expect(331);
            barrier.wait();
            (session.client.command(&format!("PASS {PASSWORD}")).code, session)
        };
        let all: Vec<_> = (0..many).map(|_| scope.spawn(login)).collect();
        all.into_iter().map(|login| login.join().expect("a login")).collect()
    });
    assert_eq!(codes.iter().filter(|(code, _)| *code == 230).count(), MOST);
    assert_eq!(codes.iter().filter(|(code, _)| *code == 530).count(), many - MOST);
}

#[test]
fn what_was_killed_holds_no_place() {
    let setup = written(setup().line("MaxClients 1"));
    for _ in 0..3 {
        let session = Handed::session(&setup);
        session.slot(&setup);
        session.kill();
    }
    let last = Handed::session(&setup);
    assert_eq!(slots(&setup).len(), 1);
    last.quit();
    let totals = Reader::open(&setup.path("run/board")).expect("the board").totals();
    assert_eq!((totals.connections, totals.logins), (4, 4));
}

#[test]
fn what_was_killed_is_scrubbed_and_nobody_else() {
    let setup = written(setup());
    let ftpscrub = |board: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftpscrub"));
        let output = command.arg("-v").arg("-f").arg(board).output().expect("ftpscrub");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let board = setup.path("run/board");
    let sessions: Vec<Handed> = (0..3).map(|_| Handed::session(&setup)).collect();
    let mut sessions = sessions.into_iter();
    let living = sessions.next().expect("a session");
    sessions.for_each(Handed::kill);
    assert_eq!(ftpscrub(&board), "2 dead sessions cleared\n");
    assert_eq!(slots(&setup).len(), 1);
    assert_eq!(ftpscrub(&board), "0 dead sessions cleared\n");
    living.quit();
    let daemon = Daemon::usual();
    assert_eq!(ftpscrub(&daemon.board_file()), "this is a daemon's scoreboard, which needs no scrubbing\n");
}

#[test]
fn a_session_outlives_its_master_and_keeps_its_place() {
    let setup = written(setup().line("MaxClients 1"));
    let mut session = Handed::session(&setup);
    session.slot(&setup);
    session.signal(Signal::SIGKILL);
    until("its master's end", || !session.processes().iter().any(|process| process.pid == session.pid()));
    session.client.command("NOOP").expect(200);
    let mut next = Handed::greeted(&setup);
    next.client.command("USER alice").expect(331);
    next.client.command(&format!("PASS {PASSWORD}")).expect(530);
    let worker = session.slot(&setup).pid;
    assert!(slots(&setup).iter().any(|slot| slot.pid == worker));
    session.client.command("QUIT").expect(221);
    until("its end", || session.processes().is_empty());
    Handed::session(&setup).quit();
}

#[test]
fn a_session_is_told_that_it_is_ended() {
    let setup = written(setup());
    let mut session = Handed::session(&setup);
    session.signal(Signal::SIGTERM);
    session.client.reply().expect(421);
    assert_eq!(session.await_end().code(), Some(0));
    assert!(slots(&setup).is_empty());
}

#[test]
fn a_shutdown_file_holds_for_them_too() {
    let setup = written(setup());
    let mut session = Handed::session(&setup);
    let shut = |word: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ftpshut"))
            .args(["-c".as_ref(), setup.config_file().as_os_str(), word.as_ref()])
            .output()
            .expect("ftpshut");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    };
    shut("now");
    let told = session.client.reply().expect(421);
    assert!(told.text().contains("going down"), "{}", told.text());
    assert_eq!(session.await_end().code(), Some(0));
    let mut refused = Handed::start(&setup);
    refused.client.reply().expect(500);
    refused.client.expect_end();
    assert_eq!(refused.await_end().code(), Some(0));
    shut("-R");
    Handed::session(&setup).quit();
}

#[test]
fn a_daemon_and_such_sessions_have_no_board_in_common() {
    let setup = written(setup());
    let session = Handed::session(&setup);
    let daemon = fs::read_to_string(setup.config_file()).expect("text").replace("ServerType inetd", "");
    setup.write_file("daemon.conf", &daemon, 0o644);
    let output = run(&setup, &["-n", "-c", "daemon.conf"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("sessions of inetd"), "{said}");
    session.quit();
    let started = run(&setup, &["-q", "-c", "daemon.conf"]);
    assert_eq!(started.status.code(), Some(0), "{}", String::from_utf8_lossy(&started.stderr));
    let pid = fs::read_to_string(setup.path("run/ferryd.pid")).expect("a PidFile");
    let _daemon = Background { pid: pid.trim().parse().expect("a pid") };
    let mut refused = Handed::start(&setup);
    refused.client.reply().expect(421);
    Client::greeted(setup.socket_address());
}

#[test]
fn without_a_connection_there_is_nothing_to_serve() {
    let setup = written(setup());
    let output = run(&setup, &["-c", "ferryd.conf"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("ServerType standalone"), "{said}");
}

#[test]
fn nobody_reads_in_a_client_what_is_wrong_with_the_configuration() {
    let setup = written(setup());
    setup.write_file("ferryd.conf", "NoSuchDirective on\n", 0o644);
    let mut session = Handed::start(&setup);
    let reply = session.client.reply().expect(421);
    assert!(!reply.text().contains("NoSuchDirective"), "{}", reply.text());
    session.client.expect_end();
    assert_eq!(session.await_end().code(), Some(1));
}

#[test]
fn one_client_is_served_and_no_other() {
    let setup = written(Setup::new());
    let mut command = crate::harness::daemon::program(&setup);
    command.args(["-X", "-c", "ferryd.conf"]).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("the program");
    let mut client = eventually("a listener", || Client::connect(setup.socket_address()).ok());
    client.reply().expect(220);
    client.login("alice");
    until("the listener's end", || Client::connect(setup.socket_address()).is_err());
    client.store("file", b"alone");
    assert_eq!(
        fs::read_to_string(setup.path("run/ferryd.pid")).expect("a PidFile").trim(),
        child.id().to_string()
    );
    client.command("QUIT").expect(221);
    assert_eq!(crate::harness::daemon::finished(child).status.code(), Some(0));
    assert!(!setup.path("run/ferryd.pid").exists() && !setup.path("run/board").exists());
    // The next one is served as well.
    let daemon: Daemon = setup.start();
    assert!(processes::lives(daemon.pid()));
    daemon.stop();
}
