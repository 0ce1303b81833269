//! Connections that are refused, and sessions that the server ends.

use std::fs;
use std::process::{Command, Stdio};

use ferryd::scoreboard::ReasonCode::{self, *};
use jiff::{ToSpan, Zoned};

use super::{assert_told, count, rule, talkative};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup};

pub const CAUSED: &[ReasonCode] = &[
    Shutdown,
    ServerDown,
    Ordered,
    Rule,
    Proxy,
    Foreign,
    Timeout,
    MaxInstances,
    MaxConnectionRate,
    MaxConnectionsPerHost,
];

/// A client that is sent away, with or without a word.
fn knocks(daemon: &Daemon) -> Option<u16> {
    let mut client = Client::connect(daemon.address()).expect("a connection");
    client.try_reply().ok().map(|reply| reply.code)
}

fn told_of(lines: &str, reason: ReasonCode) {
    let daemon = talkative(Setup::new()).line(lines).start();
    let _first = (reason != Rule && reason != Proxy).then(|| daemon.client());
    if reason == Proxy {
        let mut client = Client::connect(daemon.address()).expect("a connection");
        client.send("NOOP");
        assert!(client.try_reply().is_err());
    } else {
        assert_ne!(knocks(&daemon), Some(220), "{lines}");
    }
    assert_told(&daemon, &[reason]);
    if reason == Rule {
        daemon.await_log(&format!(
            "denied by <Limit LOGIN> rule={} reason=rule",
            rule(&daemon, "<Limit LOGIN>")
        ));
    }
    daemon.stop();
}

#[test]
fn each_refused_connection_has_its_reason() {
    told_of("MaxInstances 1", MaxInstances);
    told_of("MaxConnectionRate 1 3600", MaxConnectionRate);
    told_of("MaxConnectionsPerHost 1", MaxConnectionsPerHost);
    told_of("<Limit LOGIN>\nDeny from 127.0.0.1\n</Limit>", Rule);
    told_of("ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1", Proxy);
}

#[test]
fn other_protocols_and_silence_have_their_reasons() {
    let daemon = talkative(Setup::new()).line("TimeoutLogin 1").start();
    let mut silent = daemon.client();
    let mut browser = daemon.client();
    browser.send("GET / HTTP/1.0");
    browser.expect_end();
    silent.reply().expect(421);
    assert_told(&daemon, &[Foreign, Timeout]);
    daemon.stop();
}

#[test]
fn what_an_operator_orders_is_told_as_such() {
    let daemon = talkative(Setup::new()).start();
    let mut session = daemon.session();
    let ftpdctl = |words: &[&str]| {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_ftpdctl"));
        tool.arg("-c").arg(daemon.setup.config_file()).args(words).stdin(Stdio::null());
        let done = tool.output().expect("the tool");
        assert!(done.status.success(), "{done:?}");
    };
    ftpdctl(&["kick", "user", "alice"]);
    session.reply().expect(421);
    ftpdctl(&["down", "all"]);
    assert_eq!(knocks(&daemon), Some(421));
    ftpdctl(&["up", "all"]);
    let when = Zoned::now().checked_add(3600.seconds()).expect("a time");
    let lines = format!("{} 0200 0000\nlater\n", when.strftime("%Y %-m %-d %-H %-M %-S"));
    fs::write(daemon.shutdown_file(), lines).expect("written");
    until("the schedule is published", || daemon.header().schedule.is_some());
    assert_eq!(knocks(&daemon), Some(500));
    assert_told(&daemon, &[Ordered, ServerDown, Shutdown]);
    assert_eq!(count(&daemon, ServerDown), 1);
    daemon.stop();
}

/// What the board counts the tools tell.
#[test]
fn every_tool_tells_of_refusals() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("RETR missing").expect(550);
    let said = |program: &str, words: &[&str]| {
        let output = Command::new(program)
            .arg("-c")
            .arg(daemon.setup.config_file())
            .args(words)
            .output()
            .expect("the tool");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let (who, number) = (env!("CARGO_BIN_EXE_ftpwho"), env!("CARGO_BIN_EXE_ftpcount"));
    for program in [who, number] {
        let json: serde_json::Value = serde_json::from_str(&said(program, &["-o", "json"])).expect("JSON");
        assert_eq!(json["refusals"], serde_json::json!({ "absent": 1 }), "{program}");
        let page = said(program, &["-o", "prometheus"]);
        for line in
            ["ferryd_refusals_total{reason=\"absent\"} 1", "ferryd_refusals_total{reason=\"shell\"} 0"]
        {
            assert!(page.lines().any(|one| one == line), "{line} in\n{page}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&said(number, &["-o", "json"])).expect("JSON");
    assert_eq!((&json["users"], &json["server"]["pid"]), (&1.into(), &daemon.pid().into()));
    assert_eq!(said(number, &["-o", "oneline"]), "1 user: (none) 1\n");
    daemon.stop();
}
