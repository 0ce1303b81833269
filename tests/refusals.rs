//! Why clients are refused: each reason caused for real, and seen in the log, in ExtendedLog's JSON and in the board's counters.

mod breakdowns;
mod commands;
mod connections;
mod logins;

use std::fs;

use ferryd::scoreboard::ReasonCode;
use serde_json::Value;

use crate::harness::events::until;
use crate::harness::{Daemon, Setup};

/// A daemon that tells everything, with these lines.
fn talkative(setup: Setup) -> Setup {
    let json = format!("ExtendedLog {} ALL json", setup.path("log/all.json").display());
    setup.line("DebugLevel 5").line(&json)
}

fn count(daemon: &Daemon, reason: ReasonCode) -> u64 {
    daemon.board().census().expect("the board").refusals.of(reason)
}

/// Each of them is counted, and told in SystemLog at the end of a line.
#[track_caller]
fn assert_told(daemon: &Daemon, reasons: &[ReasonCode]) {
    for reason in reasons {
        let end = format!(" reason={}", reason.word());
        until(&format!("{reason:?} in the log"), || daemon.log().lines().any(|line| line.ends_with(&end)));
        until(&format!("{reason:?} counted"), || count(daemon, *reason) > 0);
    }
}

/// Each of them is the reason of a refused command in ExtendedLog's JSON.
#[track_caller]
fn assert_in_json(daemon: &Daemon, reasons: &[ReasonCode]) {
    for reason in reasons {
        until(&format!("{reason:?} in JSON"), || {
            objects(daemon).iter().any(|object| object["reason"] == reason.word())
        });
    }
    for object in objects(daemon).iter().filter(|object| object["event"] == "command") {
        let is_refused = object["status"].as_u64().is_some_and(|status| status >= 400);
        assert_eq!(is_refused, object.get("reason").is_some(), "{object}");
    }
}

fn objects(daemon: &Daemon) -> Vec<Value> {
    let text = fs::read_to_string(daemon.setup.path("log/all.json")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Where a text stands in the configuration, as `rule` names it.
fn rule(daemon: &Daemon, text: &str) -> String {
    let file = daemon.setup.config_file();
    let configuration = fs::read_to_string(&file).expect("the configuration");
    let line = configuration.lines().position(|line| line == text).expect("the line");
    format!("{}:{}", file.display(), line + 1)
}

#[test]
fn every_reason_is_caused() {
    let logins = [logins::CAUSED, logins::LIMITS_CAUSED].concat();
    let caused = [connections::CAUSED, &logins, commands::CAUSED, breakdowns::CAUSED].concat();
    let missing: Vec<_> = ReasonCode::ALL.iter().filter(|reason| !caused.contains(reason)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
