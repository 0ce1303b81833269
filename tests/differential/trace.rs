//! TraceLog between the two: which commands stand there, and how each line begins. What else it tells is each one's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::package::Package;
use super::server::{Program, Server};
use crate::harness::client::Client;
use crate::harness::events::until;
use crate::harness::{PASSWORD, as_root};

/// Lines of a configuration, and whether commands are traced by them.
const TRACES: &[(&str, bool)] = &[
    ("TraceLog {folder}/trace\nTrace command:7", true),
    ("TraceLog {folder}/trace\nTrace DEFAULT:10", true),
    ("TraceLog {folder}/trace\nTrace command:7-9", true),
    ("TraceLog {folder}/trace\nTrace command:7\nTraceOptions -TimestampMillis", true),
    ("TraceLog {folder}/trace\nTrace command:7\nTraceOptions -Timestamp", true),
    ("TraceLog {folder}/trace\nTrace command:7\nTraceOptions +ConnIPs", true),
    ("TraceLog {folder}/trace\nTrace DEFAULT:10 command:0", false),
    ("TraceLog {folder}/trace\nTrace command:6", false),
    ("TraceLog {folder}/trace\nTrace command:8-9", false),
    ("TraceLog {folder}/trace", false),
    ("Trace command:7", false),
];

const TEST: &str = "the_same_commands_are_traced_in_lines_of_the_same_form";

#[test]
fn the_same_commands_are_traced_in_lines_of_the_same_form() {
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    for (lines, is_told) in TRACES {
        let [ours, theirs] = [Program::Ferryd, Program::Proftpd].map(|program| {
            let server = Server::start_with(program, &package, |folder| {
                lines.replace("{folder}", &folder.display().to_string())
            });
            converse(&server);
            if *is_told {
                until("the last command", || read(server.folder()).contains("'QUIT'"));
            }
            told(&read(server.folder()))
        });
        assert_eq!(ours, theirs, "{lines}");
        assert_eq!(!ours.is_empty(), *is_told, "{lines}: {ours:?}");
    }
}

/// A session, of which one login fails.
fn converse(server: &Server) {
    let mut client = Client::greeted(server.address());
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    client.command("uSeR alice").expect(331);
    client.command(&format!("pass {PASSWORD}")).expect(230);
    client.command("NOOP").expect(200);
    client.command("CWD no where").expect(550);
    client.command("SITE HELP").expect(214);
    client.command("QUIT").expect(221);
    client.expect_end();
}

fn read(folder: &Path) -> String {
    fs::read_to_string(folder.join("trace")).unwrap_or_default()
}

/// Each command that stands there, behind the beginning of its line, digits aside.
fn told(trace: &str) -> BTreeSet<String> {
    let line = Regex::new(r"(?m)^(.*<command:\d+>: ).*'(.*)'").expect("a pattern");
    let digits = Regex::new(r"\d+").expect("a pattern");
    let form = |head: &str| digits.replace_all(&head.replace("::ffff:", ""), "0").into_owned();
    line.captures_iter(trace).map(|found| format!("{}{}", form(&found[1]), &found[2])).collect()
}
