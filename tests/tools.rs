//! ftpwho and ftpcount, beside a daemon that runs, stands still, or is dead.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;

use crate::harness::scale::skipped;
use crate::harness::{Daemon, Setup, eventually};
use crate::reload::session_of_generation;

fn ftpwho(daemon: &Daemon, words: &[&str]) -> Output {
    tool(env!("CARGO_BIN_EXE_ftpwho"), daemon, words)
}

fn ftpcount(daemon: &Daemon, words: &[&str]) -> Output {
    tool(env!("CARGO_BIN_EXE_ftpcount"), daemon, words)
}

fn tool(program: &str, daemon: &Daemon, words: &[&str]) -> Output {
    Command::new(program).arg("-f").arg(daemon.board_file()).args(words).output().expect("the tool")
}

#[track_caller]
fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn ftpwho_shows_every_session_as_proftpd_does() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let empty = said(&ftpwho(&daemon, &[]));
    let head = format!("standalone FTP daemon [{}], up for ", daemon.pid());
    assert!(empty.starts_with(&head), "{empty}");
    assert!(empty.contains("no users connected"), "{empty}");
    let idle = daemon.session();
    let _waiting = daemon.client();
    let pid = daemon.slot_of(&idle).pid.0;
    let text = said(&ftpwho(&daemon, &[]));
    let line = text.lines().find(|line| line.contains("alice")).expect("the session");
    assert!(line.starts_with(&format!("{pid:5} {:<8} [", "alice")) && line.ends_with(" idle"), "{line:?}");
    assert!(text.contains("(none)") && text.contains("(authenticating)"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("Service class ")), "{text}");
    let verbose = said(&ftpwho(&daemon, &["-v"]));
    let address = daemon.address();
    for part in [
        "\tclient: 127.0.0.1 [127.0.0.1]",
        &format!("\tserver: {address} (Test)"),
        "\tprotocol: ftp",
        "\tlocation: /",
    ] {
        assert!(verbose.contains(part), "{part:?} in {verbose}");
    }
    assert!(
        said(&ftpwho(&daemon, &["-o", "oneline", "-v"]))
            .lines()
            .any(|line| line.contains("alice") && line.contains("client:"))
    );
    said(&ftpwho(&daemon, &["-o", "compat"]));
    let other = said(&ftpwho(&daemon, &["-S", "Other"]));
    assert!(other.contains("ProFTPD Server 'Other'") && !other.contains("alice"), "{other}");
    assert!(said(&ftpwho(&daemon, &["-S", "Test"])).contains("alice"));
}

#[test]
fn ftpwho_shows_a_transfer_while_it_runs() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 64 << 20]).expect("written");
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut vec![0; 4 << 20]).expect("bytes");
    let text = eventually("progress", || {
        let text = said(&ftpwho(&daemon, &["-v"]));
        let line = text.lines().find(|line| line.contains("RETR big"))?;
        (line.contains("%)") && !line.contains("(  0%)")).then(|| text.clone())
    });
    assert!(text.contains("\tKB/s: "), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&said(&ftpwho(&daemon, &["-o", "json"]))).expect("JSON");
    assert_eq!(json["server"]["server_type"], "standalone");
    assert_eq!(json["server"]["pid"], daemon.pid());
    let session = &json["connections"][0];
    assert_eq!((&session["user"], &session["command"]), (&"alice".into(), &"RETR".into()));
    assert_eq!(session["pid"], daemon.slot_of(&client).pid.0);
    assert!(session["transfer_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{json}");
}

#[test]
fn figures_for_a_monitor_are_openmetrics() {
    let daemon = Daemon::usual();
    let _session = daemon.session();
    let page = said(&ftpwho(&daemon, &["-o", "prometheus"]));
    for line in ["ferryd_up 1.0", "ferryd_sessions{state=\"idle\"} 1.0", "ferryd_logins_total 1"] {
        assert!(page.lines().any(|one| one == line), "{line} in\n{page}");
    }
    let reader = "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                  print(sum(len(family.samples) for family in read(sys.stdin.read())))";
    let python = |line: &str| {
        Command::new("/usr/bin/python3")
            .args(["-c", line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
    };
    if !python("import prometheus_client").expect("python3").wait().expect("its end").success() {
        skipped("needs python3-prometheus-client", "figures_for_a_monitor_are_openmetrics");
        return;
    }
    let mut child = python(reader).expect("python3");
    child.stdin.take().expect("its input").write_all(page.as_bytes()).expect("written");
    let count = child.wait_with_output().expect("its word");
    assert!(count.status.success(), "the page is not OpenMetrics:\n{page}");
    let count: usize = String::from_utf8_lossy(&count.stdout).trim().parse().expect("a number");
    assert_eq!(count, page.lines().filter(|line| !line.starts_with('#')).count());
}

#[test]
fn ftpcount_counts() {
    let daemon = Daemon::usual();
    let empty = said(&ftpcount(&daemon, &[]));
    assert!(empty.starts_with(&format!("Master proftpd process {}:\n", daemon.pid())), "{empty}");
    assert!(empty.contains("0 users"), "{empty}");
    let _sessions = [daemon.session(), daemon.session(), daemon.session()];
    let text = said(&ftpcount(&daemon, &[]));
    let line = text.lines().find(|line| line.starts_with("Service class")).expect("a class");
    assert!(line.ends_with(" -   3 users"), "{line:?}");
}

/// After a reload or an upgrade.
#[test]
fn ftpwho_tells_who_began_with_an_older_configuration() {
    let daemon = Daemon::usual();
    let old = daemon.session();
    assert!(!said(&ftpwho(&daemon, &["-v"])).contains("generation"), "there is one");
    daemon.reload();
    let new = session_of_generation(&daemon, 2);
    assert!(said(&ftpwho(&daemon, &["-v"])).contains("\tgeneration: 1 (2 serves)\n"));
    let told: serde_json::Value =
        serde_json::from_str(&said(&ftpwho(&daemon, &["-o", "json"]))).expect("JSON");
    let generation = |client| {
        let pid = daemon.slot_of(client).pid.0;
        let sessions = told["connections"].as_array().expect("sessions");
        sessions.iter().find(|session| session["pid"] == pid).expect("the session")["generation"].clone()
    };
    assert_eq!((generation(&old), generation(&new)), (1.into(), serde_json::Value::Null));
    daemon.stop();
}

#[test]
fn the_tools_need_no_answer_from_the_daemon() {
    let mut daemon = Daemon::usual();
    let _session = daemon.session();
    let copy = daemon.setup.path("copy");
    daemon.signal(Signal::SIGSTOP);
    assert!(said(&ftpwho(&daemon, &[])).contains("alice"));
    assert!(said(&ftpcount(&daemon, &[])).contains("1 user"));
    fs::copy(daemon.board_file(), &copy).expect("readable");
    daemon.signal(Signal::SIGCONT);
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    let output = Command::new(env!("CARGO_BIN_EXE_ftpwho")).arg("-f").arg(&copy).output().expect("the tool");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("its server is not running"), "{output:?}");
    assert!(!output.stdout.contains(&0x1b), "there is no terminal for colours");
}

#[test]
fn the_tools_find_the_board_by_the_configuration() {
    let daemon = Daemon::usual();
    let _session = daemon.session();
    for program in [env!("CARGO_BIN_EXE_ftpwho"), env!("CARGO_BIN_EXE_ftpcount")] {
        let output =
            Command::new(program).arg("-c").arg(daemon.setup.config_file()).output().expect("the tool");
        assert!(said(&output).contains("1 user"));
    }
}

#[test]
fn without_a_board_the_tools_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for program in [env!("CARGO_BIN_EXE_ftpwho"), env!("CARGO_BIN_EXE_ftpcount")] {
        for words in [vec!["-f".into(), folder.path().join("none")], vec!["--bogus".into()]] {
            let output = Command::new(program).args(&words).output().expect("the tool");
            assert_eq!(output.status.code(), Some(1), "{words:?}");
            assert!(!output.stderr.is_empty());
        }
        assert_eq!(Command::new(program).arg("-h").output().expect("the tool").status.code(), Some(0));
    }
}
