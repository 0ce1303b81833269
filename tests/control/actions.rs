//! Each action, done and refused.

use std::fs;
use std::io::Read;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{data, refused, said, socket};
use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::{Client, Daemon, Setup, patterned, processes};

#[test]
fn status_tells_of_the_daemon_its_generations_and_its_servers() {
    let daemon = Daemon::usual();
    let _session = daemon.session();
    let text = said(&daemon, &["status"]);
    assert!(
        text.starts_with("ftpdctl: ferryd ") && text.contains("; 1 sessions; Generation 1 serves at "),
        "{text}"
    );
    assert!(text.contains("ftpdctl: generation 1 serves: 1 sessions, "), "{text}");
    assert!(text.contains(&format!("ftpdctl: {} 'Test': UP, 1 sessions", daemon.address())), "{text}");
    let values = data(&daemon, &["status"]);
    assert_eq!((&values["pid"], &values["sessions"]), (&daemon.pid().into(), &1.into()));
    assert_eq!(values["hosts"][0]["addresses"][0], daemon.address().to_string());
    assert!(!text.contains("refusals"), "nobody was refused anything: {text}");
    let mut refused_one = daemon.session();
    for line in ["MDTM missing", "DELE missing", "RNTO x"] {
        assert_eq!(refused_one.command(line).code / 100, 5, "{line}");
    }
    let text = said(&daemon, &["status"]);
    assert!(text.contains("\nftpdctl: refusals by reason: absent 2, sequence 1\n"), "{text}");
    assert_eq!(data(&daemon, &["status"])["refusals"]["absent"], 2);
    let one = said(&daemon, &["status", &format!("127.0.0.1#{}", daemon.address().port())]);
    assert_eq!(one.lines().count(), 1, "{one}");
    let unknown = refused(&daemon, &["status", "192.0.2.1"], 1);
    assert_eq!(unknown, "ftpdctl: no virtual host listens at 192.0.2.1:21\n");
    daemon.stop();
}

#[test]
fn help_lists_the_actions_and_mistakes_are_told() {
    let daemon = Daemon::usual();
    let help = said(&daemon, &["help"]);
    assert!(help.contains("kick user|host|class|pid|ip [-n COUNT] NAME … (mod_ctrls_admin): "), "{help}");
    assert_eq!(refused(&daemon, &["bogus"], 2), "ftpdctl: no action 'bogus' is known; help lists them\n");
    let said = refused(&daemon, &["kick", "all"], 2);
    assert!(
        said.starts_with("ftpdctl: kick: takes user, host, class, pid or ip, not 'all' (kick user|"),
        "{said}"
    );
}

#[test]
fn the_usage_needs_no_daemon_and_a_missing_one_is_told() {
    let run =
        |words: &[&str]| Command::new(env!("CARGO_BIN_EXE_ftpdctl")).args(words).output().expect("the tool");
    let usage = run(&["-h"]);
    assert_eq!(usage.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&usage.stdout)
            .starts_with("usage: ftpdctl [options] action [words]\n  -h, --help")
    );
    let nobody = run(&["-s", "/nonexistent/socket", "status"]);
    assert_eq!(nobody.status.code(), Some(4));
    let words = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(words.starts_with("ftpdctl: no server answers at /nonexistent/socket: No such file"), "{words}");
    assert_eq!(run(&["--bogus"]).status.code(), Some(2));
    assert_eq!(run(&[]).status.code(), Some(2));
}

#[test]
fn whoever_is_kicked_hears_421_and_others_do_not() {
    let daemon = Setup::new()
        .with_account("bob")
        .line("<Class local>\nFrom 127.0.0.1\n</Class>")
        .workers(6, 4, 8)
        .start();
    let mut bob = Client::greeted(daemon.address());
    bob.login("bob");
    let first = |words: &[&str]| {
        let mut alice = daemon.session();
        let pid = daemon.slot_of(&alice).pid.0.to_string();
        let words: Vec<&str> =
            words.iter().map(|word| if *word == "PID" { pid.as_str() } else { *word }).collect();
        assert_eq!(said(&daemon, &words), "ftpdctl: 1 sessions disconnected\n", "{words:?}");
        assert_eq!(alice.reply().code, 421, "{words:?}");
        alice.expect_end();
    };
    first(&["kick", "user", "nobody-else", "alice"]);
    first(&["kick", "pid", "PID"]);
    bob.command("NOOP").expect(200);
    // The longest connected go first.
    let mut alice = daemon.session();
    assert_eq!(data(&daemon, &["kick", "host", "-n", "1", "127.0.0.1"])["kicked"], 1);
    assert_eq!(bob.reply().code, 421);
    alice.command("NOOP").expect(200);
    let mut stranger = daemon.client();
    assert_eq!(data(&daemon, &["kick", "ip", "127.0.0.0/8"])["kicked"], 2);
    assert_eq!((alice.reply().code, stranger.reply().code), (421, 421));
    let mut alice = daemon.session();
    assert_eq!(data(&daemon, &["kick", "class", "local"])["killed"], 0);
    assert_eq!(alice.reply().code, 421);
    assert_eq!(refused(&daemon, &["kick", "user", "alice"], 1), "ftpdctl: no such session\n");
    daemon.session().command("QUIT").expect(221);
    daemon.stop();
}

#[test]
fn a_kick_ends_a_transfer() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), patterned(64 << 20)).expect("written");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let mut data_connection = client.passive();
    client.command("RETR big").expect(150);
    let mut bytes = [0; 1000];
    data_connection.read_exact(&mut bytes).expect("it begins");
    assert_eq!(said(&daemon, &["kick", "user", "alice"]), "ftpdctl: 1 sessions disconnected\n");
    assert_eq!(client.reply().code / 100, 4);
    daemon.await_log("disconnected by the operator's order");
    daemon.stop();
}

#[test]
fn who_does_not_obey_is_killed_and_only_he() {
    let daemon = Setup::new().line("ShutdownTimeout 1").start();
    let stuck = daemon.session();
    let mut other = daemon.session();
    let pid = daemon.slot_of(&stuck).pid.0;
    processes::send(pid, Signal::SIGSTOP);
    let words = said(&daemon, &["kick", "pid", &pid.to_string()]);
    assert_eq!(words, "ftpdctl: 1 sessions disconnected, 1 of them killed: they did not obey\n");
    daemon.await_log(&format!("worker {pid} did not leave when it was told to, killed"));
    other.command("NOOP").expect(200);
    until("the slot is free", || daemon.slots().iter().all(|slot| slot.pid.0 != pid));
    daemon.stop();
}

#[test]
fn restart_tells_what_came_of_it() {
    let daemon = Daemon::usual();
    let mut session = daemon.session();
    assert_eq!(
        said(&daemon, &["restart"]),
        "ftpdctl: generation 2 serves; generation 1 finishes its sessions\n"
    );
    assert_eq!(daemon.header().generation, 2);
    let usual = daemon.setup.text();
    daemon.rewrite(&format!("{usual}Bogus on\nPort x\n"));
    let words = refused(&daemon, &["restart"], 1);
    let line = usual.lines().count() + 1;
    let file = daemon.setup.config_file();
    assert!(words.starts_with("ftpdctl: configuration refused, generation 2 goes on\n"), "{words}");
    let complaint = format!("ftpdctl: {}:{line}:1: no directive 'Bogus' is known", file.display());
    assert!(words.contains(&complaint) && words.contains("\n    Bogus on\n    ^"), "{words}");
    assert!(words.contains(&format!("{}:{}:", file.display(), line + 1)), "each mistake: {words}");
    assert!(said(&daemon, &["status"]).contains("last reload refused: "));
    assert_eq!(
        said(&daemon, &["restart", "count"]),
        "ftpdctl: restarted 1 times; 1 configurations were refused\n"
    );
    daemon.rewrite(&usual);
    said(&daemon, &["restart"]);
    assert!(!said(&daemon, &["status"]).contains("refused: "));
    session.command("NOOP").expect(200);
    daemon.stop();
}

#[test]
fn restarts_at_once_all_hear_of_their_end() {
    let daemon = Daemon::usual();
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let config = daemon.setup.config_file();
            std::thread::spawn(move || {
                Command::new(env!("CARGO_BIN_EXE_ftpdctl")).arg("-c").arg(config).arg("restart").output()
            })
        })
        .collect();
    for asked in asking {
        let output = asked.join().expect("a thread").expect("the tool");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(daemon.header().generation >= 2);
    daemon.stop();
}

#[test]
fn shutdown_stops_the_daemon() {
    let mut daemon = Daemon::usual();
    let mut session = daemon.session();
    assert_eq!(said(&daemon, &["shutdown"]), "ftpdctl: shutting down\n");
    assert_eq!(session.reply().code, 421);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
    assert!(!socket(&daemon).exists(), "the socket is left");
}

#[test]
fn a_graceful_shutdown_lets_sessions_finish_for_so_long() {
    let mut daemon = Daemon::usual();
    let mut session = daemon.session();
    let words = said(&daemon, &["shutdown", "graceful", "600"]);
    assert!(words.starts_with("ftpdctl: no new connections; "), "{words}");
    session.command("NOOP").expect(200);
    assert!(said(&daemon, &["status"]).contains(" finishes its sessions; 1 sessions"));
    assert_eq!(refused(&daemon, &["restart"], 1), "ftpdctl: the daemon is stopping\n");
    session.command("QUIT").expect(221);
    assert_eq!(daemon.await_end().code(), Some(0));
    let mut daemon = Daemon::usual();
    let mut session = daemon.session();
    said(&daemon, &["shutdown", "graceful", "1"]);
    assert_eq!(session.reply().code, 421);
    assert_eq!(daemon.await_end().code(), Some(0));
}

#[test]
fn a_server_that_is_down_sends_clients_away_and_keeps_its_sessions() {
    let other = Port::reserve();
    let host = format!(
        "<VirtualHost 127.0.0.1>\nServerName Second\nPort {}\nAuthUserFile %USERS%\n</VirtualHost>",
        other.number
    );
    let setup = Setup::new();
    let users = setup.path("users").display().to_string();
    let daemon = setup.line(&host.replace("%USERS%", &users)).start();
    let mut session = daemon.session();
    assert_eq!(said(&daemon, &["down", "Test"]), "ftpdctl: 1 virtual hosts are down; 1 are down in all\n");
    let mut refused_one = Client::connect(daemon.address()).expect("a connection");
    assert_eq!(refused_one.reply().code, 421);
    refused_one.expect_end();
    session.command("NOOP").expect(200);
    let second = std::net::SocketAddr::new(daemon.setup.address, other.number);
    Client::greeted(second).command("QUIT").expect(221);
    let status = said(&daemon, &["status", "all"]);
    assert!(
        status.contains("'Test': DOWN, 1 sessions") && status.contains("'Second': UP, 0 sessions"),
        "{status}"
    );
    assert_eq!(said(&daemon, &["up", "all"]), "ftpdctl: 2 virtual hosts are up; 0 are down in all\n");
    daemon.client();
    said(&daemon, &["down", "all"]);
    assert_eq!(Client::connect(second).expect("a connection").reply().code, 421);
    said(&daemon, &["restart"]);
    daemon.client();
    daemon.await_log("2 virtual hosts that were down are up again");
    assert_eq!(
        refused(&daemon, &["down", "Third"], 1),
        "ftpdctl: no virtual host has the ServerName 'Third'\n"
    );
    daemon.stop();
}

#[test]
fn a_rate_holds_for_a_transfer_that_runs_and_for_later_sessions() {
    let daemon = Daemon::usual();
    let bytes = patterned(64 << 20);
    fs::write(daemon.setup.home("alice").join("big"), &bytes).expect("written");
    fs::write(daemon.setup.home("alice").join("small"), &bytes[..200 << 10]).expect("written");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let mut connection = client.passive();
    client.command("RETR big").expect(150);
    connection.read_exact(&mut [0; 1000]).expect("it begins");
    assert_eq!(
        said(&daemon, &["limit", "user", "alice", "rate", "100"]),
        "ftpdctl: user alice: 102400 bytes a second\n"
    );
    let mut later = daemon.session();
    later.command("TYPE I").expect(200);
    let began = Instant::now();
    assert_eq!(later.retrieve("small").len(), 200 << 10);
    assert!(began.elapsed() > Duration::from_millis(1200), "{:?}", began.elapsed());
    assert_eq!(said(&daemon, &["limit"]), "ftpdctl: user alice: 102400 bytes a second\n");
    assert_eq!(
        said(&daemon, &["limit", "user", "alice", "rate", "none"]),
        "ftpdctl: user alice: as configured\n"
    );
    let mut rest = Vec::new();
    connection.read_to_end(&mut rest).expect("the rest");
    assert_eq!(rest.len() + 1000, bytes.len());
    client.reply().expect(226);
    assert_eq!(said(&daemon, &["limit"]), "ftpdctl: no limits stand\n");
    said(&daemon, &["limit", "host", "127.0.0.1", "rate", "100K"]);
    let began = Instant::now();
    assert_eq!(later.retrieve("small").len(), 200 << 10);
    assert!(began.elapsed() > Duration::from_millis(1200), "{:?}", began.elapsed());
    assert_eq!(
        refused(&daemon, &["limit", "user", "bob", "rate", "none"], 1),
        "ftpdctl: no limit of user bob stands\n"
    );
    daemon.stop();
}

#[test]
fn dumps_tell_all() {
    let daemon = Setup::new().line("<Class local>\nFrom 127.0.0.1\n</Class>").start();
    let _session = daemon.session();
    let configuration = said(&daemon, &["dump", "config"]);
    assert!(configuration.contains("ServerName Test  # "), "{configuration}");
    assert!(
        configuration.contains("<Class local>  # ") && configuration.contains("\n  From 127.0.0.1  # "),
        "{configuration}"
    );
    assert_eq!(said(&daemon, &["get", "config"]), configuration);
    assert_eq!(said(&daemon, &["dump", "classes"]), "class local: 1 sessions\n");
    let board: serde_json::Value =
        serde_json::from_str(&said(&daemon, &["dump", "scoreboard"])).expect("JSON");
    assert_eq!(board["connections"][0]["user"], "alice");
    said(&daemon, &["scoreboard", "scrub"]);
    daemon.stop();
}
