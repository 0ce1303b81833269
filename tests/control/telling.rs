//! What an operator may have told: the level of the log, the trace, and the control socket's own log.

use std::fs;

use nix::sys::signal::Signal;

use super::{answered, data, ftpdctl, refused, said};
use crate::harness::events::until;
use crate::harness::{Daemon, PASSWORD, Setup, eventually, processes};

#[test]
fn the_level_of_the_log_changes_while_sessions_run() {
    let daemon = Daemon::usual();
    let mut session = daemon.session();
    session.command("NOOP").expect(200);
    assert_eq!(said(&daemon, &["debug", "level", "5"]), "ftpdctl: debug level 5: debugging\n");
    session.command("SYST").expect(215);
    daemon.await_log("command SYST of 0 bytes");
    assert_eq!(refused(&daemon, &["trace", "info"], 1), "ftpdctl: there is no TraceLog: nothing is traced\n");
    assert_eq!(said(&daemon, &["trace", "0"]), "ftpdctl: debug level 0: as configured\n");
    session.command("NOOP").expect(200);
    session.command("QUIT").expect(221);
    daemon.await_log("FTP session closed.");
    assert!(!daemon.log().contains("command NOOP") && !daemon.log().contains("command QUIT"));
    assert_eq!(said(&daemon, &["debug"]), "ftpdctl: debug level 0: as configured\n");
    daemon.stop();
}

#[test]
fn the_trace_changes_while_sessions_run() {
    let setup = Setup::new();
    let path = setup.path("log/trace");
    let daemon = setup.line(&format!("TraceLog {}\nTrace data:3", path.display())).start();
    let trace = || fs::read_to_string(&path).unwrap_or_default();
    let mut session = daemon.session();
    session.command("NOOP").expect(200);
    let told = data(&daemon, &["trace", "command:7", "directory:2"]);
    assert_eq!(
        ["command", "directory", "data", "auth"].map(|name| told["channels"][name].as_str()),
        [Some("7"), Some("2"), Some("3"), Some("0")]
    );
    session.command("SYST").expect(215);
    until("the trace of a session that runs", || trace().contains("<command:7>: 'SYST'"));
    daemon.reload();
    daemon.await_log("generation 2 serves");
    daemon.session().command("FEAT").expect(211);
    until("the trace of a later generation's", || trace().contains("<command:7>: 'FEAT'"));
    assert!(said(&daemon, &["trace", "configured"]).contains("ftpdctl: command   0 "));
    session.command("STAT").expect(211);
    said(&daemon, &["trace", "ctrls:1"]);
    said(&daemon, &["status"]);
    until("the trace of the master", || {
        trace().contains("client (pid ") && trace().contains(" asks: status")
    });
    assert!(!trace().contains("NOOP") && !trace().contains("STAT"), "{}", trace());
    assert!(
        refused(&daemon, &["trace", "fsio:3"], 2).contains("no channel 'fsio' is known; there are auth, ")
    );
    daemon.stop();
}

#[test]
fn the_log_of_the_control_socket_tells_who_asked_what_and_heard_what() {
    let setup = Setup::new();
    let path = setup.path("log/controls");
    let daemon = setup.line(&format!("ControlsLog {}", path.display())).start();
    let log = || fs::read_to_string(&path).unwrap_or_default();
    said(&daemon, &["debug", "level", "0"]);
    refused(&daemon, &["down", "nowhere"], 1);
    until("the second answer", || log().contains("return value: 1"));
    let first = log().lines().next().unwrap_or_default().to_owned();
    assert!(first.contains(" mod_ctrls/") && first.contains("]: accepted connection from "), "{first}");
    for text in [
        " client (pid ",
        "): 'debug level 0'",
        "): return value: 0",
        "): 'debug level 0: as configured'",
        "): 'down nowhere'",
        "no virtual host has the ServerName 'nowhere'",
    ] {
        assert!(log().contains(text), "{text}: {}", log());
    }
    assert!(!daemon.log().contains("mod_ctrls/") && !log().contains("FTP session"));
    daemon.stop();
}

#[test]
fn auth_heeds_an_ordered_level_when_it_is_next_born() {
    let setup = Setup::new();
    if !setup.has_identities() {
        return;
    }
    let path = setup.path("log/trace");
    let daemon = setup.line(&format!("TraceLog {}", path.display())).start();
    let trace = || fs::read_to_string(&path).unwrap_or_default();
    said(&daemon, &["debug", "level", "5"]);
    said(&daemon, &["trace", "auth:7"]);
    daemon.session().command("QUIT").expect(221);
    until("the trace of the worker", || trace().contains("<auth:3>: 'alice' is 'alice'"));
    assert!(!daemon.log().contains("auth is ready") && !trace().contains("AuthOrder"), "{}", trace());
    processes::send(daemon.auth(), Signal::SIGKILL);
    daemon.await_log("auth is ready");
    daemon.session().command("QUIT").expect(221);
    until("the trace of auth", || trace().contains("<auth:7>: step 1 of AuthOrder knows 'alice'"));
    said(&daemon, &["debug", "level", "0"]);
    said(&daemon, &["trace", "DEFAULT:0"]);
    processes::send(daemon.auth(), Signal::SIGKILL);
    eventually("another login", || {
        let mut client = daemon.client();
        client.command("USER alice").expect(331);
        (client.command(&format!("PASS {PASSWORD}")).code == 230).then_some(())
    });
    assert_eq!(daemon.log().matches("auth is ready").count(), 1);
    assert_eq!(trace().matches("step 1 of AuthOrder").count(), 1, "{}", trace());
    daemon.stop();
}

#[test]
fn no_log_of_the_control_socket_and_one_that_cannot_be_opened_keep_nobody_from_asking() {
    let daemon = Setup::new().line("ControlsLog none").start();
    said(&daemon, &["status"]);
    daemon.rewrite(&daemon.setup.text().replace("ControlsLog none", "ControlsLog /nowhere/at/all/controls"));
    daemon.reload();
    daemon.await_log("generation 2 serves");
    until("the socket", || ftpdctl(&daemon, &["status"]).status.success());
    assert!(daemon.log().contains("/nowhere/at/all/controls") && !daemon.log().contains("mod_ctrls/"));
    daemon.stop();
}

#[test]
fn the_log_of_the_control_socket_has_the_refused_too_and_nobody_forges_a_line_of_it() {
    let setup = Setup::new();
    let path = setup.path("log/controls");
    let lines = format!("ControlsLog {}\nAdminControlsEngine down", path.display());
    let daemon = setup.line(&lines).start();
    let log = || fs::read_to_string(&path).unwrap_or_default();
    let request = r#"{"action":"down","words":["x\u001b[2J\ny'\u0085"]}"#;
    answered(&daemon, format!("{request}\n").as_bytes());
    until("the answer", || log().contains("return value: "));
    refused(&daemon, &["status"], 3);
    until("the refusal", || log().contains("'status'") && log().contains("return value: 3"));
    assert!(log().lines().all(|line| line.contains(" mod_ctrls/")), "{}", log());
    assert!(!log().contains(|letter: char| letter.is_control() && letter != '\n'), "{}", log());
    fs::rename(&path, daemon.setup.path("log/controls.1")).expect("rotated");
    daemon.signal(Signal::SIGUSR1);
    until("a line in the new file", || {
        said(&daemon, &["help"]);
        log().contains("'help'")
    });
    daemon.stop();
}
