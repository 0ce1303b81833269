//! Commands that are refused.

use std::fs;
use std::io::{Read, Write};

use ferryd::scoreboard::ReasonCode::{self, *};

use super::{assert_in_json, assert_told, count, objects, rule, talkative};
use crate::harness::{Client, Daemon, Setup};

pub const CAUSED: &[ReasonCode] = &[
    NotLoggedIn,
    Protocol,
    Sequence,
    Encoding,
    Rule,
    Filter,
    PathFilter,
    Overwrite,
    Restart,
    HiddenStore,
    Hidden,
    Digest,
    Absent,
    Permission,
    Unsuited,
    Space,
    Range,
    DataAddress,
    DataConnection,
    MaxRetrieveFileSize,
    MaxStoreFileSize,
    NoServer,
];

const CLOSED: &str = "<Directory ~/closed>\n<Limit STOR>\nDenyAll\n</Limit>\nAllowRetrieveRestart off\nDigestEnable off\n</Directory>";
const OTHERS: &str = "<Directory ~/hidden>\nHiddenStores on\nHideFiles ^secret\n</Directory>\n\
                      <Directory ~/small>\nMaxRetrieveFileSize 10 B\nMaxStoreFileSize 10 B\n</Directory>";

fn daemon() -> Daemon {
    let setup = talkative(Setup::new()).line(CLOSED).line(OTHERS);
    let setup = setup.line("DenyFilter forbidden\nPathDenyFilter \\.exe$\nUseEncoding off");
    let setup = setup.line("LangOptions RequireValidEncoding\nAllowOverwrite off");
    setup.write();
    let home = setup.home("alice");
    for folder in ["closed", "hidden", "small"] {
        setup.make_folder(&home.join(folder), Some(crate::harness::setup::FIRST_UID));
    }
    for name in ["file", "closed/file", "hidden/secret", "hidden/.in.x.", "small/file", "mine"] {
        fs::write(home.join(name), [b'x'; 100]).expect("written");
        setup.give(&home.join(name), Some(crate::harness::setup::FIRST_UID));
    }
    setup.write_file("homes/alice/mine", "nobody's", 0o000);
    Daemon::start(setup)
}

/// A transfer's replies, and whatever comes of it.
fn transfer(client: &mut Client, line: &str) {
    let mut data = client.extended_passive();
    if client.command(line).code == 150 {
        match line.starts_with("STOR") {
            true => _ = data.write_all(&[b'y'; 100]),
            false => _ = data.read_to_end(&mut Vec::new()),
        }
        drop(data);
        client.reply();
    }
}

#[test]
fn each_refused_command_has_its_reason() {
    let daemon = daemon();
    let mut client = daemon.client();
    client.command("HOST nobody.example").expect(504);
    client.command("PWD").expect(530);
    client.login("alice");
    client.command("TYPE I").expect(200);
    for (line, code) in [
        ("XYZZY", 500),
        ("RNTO new", 503),
        ("MKD forbidden", 550),
        ("DELE a.exe", 550),
        ("RETR missing", 550),
        ("MLST hidden/secret", 550),
        ("XMD5 closed/file", 550),
        ("ALLO 9000000000000000000", 552),
        ("PORT 127,0,0,2,100,100", 500),
        ("RETR file", 425),
        ("RETR mine", 550),
        ("RETR closed", 550),
        ("STOR closed/new", 550),
        ("STOR file", 550),
    ] {
        client.command(line).expect(code);
    }
    client.send_bytes(b"DELE \xc3x\r\n");
    client.reply().expect(550);
    for (offset, line, code) in [("1", "RETR closed/file", 451), ("999", "RETR file", 554)] {
        client.command(&format!("REST {offset}")).expect(350);
        client.command(line).expect(code);
    }
    for line in ["RETR small/file", "STOR small/new", "STOR hidden/x"] {
        transfer(&mut client, line);
    }
    assert_told(&daemon, CAUSED);
    assert_in_json(&daemon, CAUSED);
    let ruled = |word: &str| {
        let object = objects(&daemon).into_iter().find(|object| object["reason"] == word).expect("refused");
        object["rule"].as_str().map(str::to_owned)
    };
    assert_eq!(ruled("rule"), Some(rule(&daemon, "<Limit STOR>")));
    assert_eq!(ruled("filter"), Some(rule(&daemon, "DenyFilter forbidden")));
    assert_eq!(ruled("path-filter"), Some(rule(&daemon, "PathDenyFilter \\.exe$")));
    assert_eq!(ruled("absent"), None);
    let line = format!("STOR refused (550) rule={} reason=rule", rule(&daemon, "<Limit STOR>"));
    daemon.await_log(&line);
    daemon.stop();
}

/// What a session was refused is counted once, whether it lives or not.
#[test]
fn counts_outlive_their_sessions() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    for _ in 0..3 {
        client.command("RETR missing").expect(550);
    }
    client.command("DELE missing").expect(550);
    client.command("NOOP").expect(200);
    assert_eq!(count(&daemon, Absent), 4);
    client.command("QUIT").expect(221);
    drop(client);
    crate::harness::events::until("the worker is settled", || daemon.header().totals.connections == 1);
    assert_eq!(count(&daemon, Absent), 4);
    let told: u64 = daemon.board().census().expect("the board").refusals.each().map(|(_, count)| count).sum();
    assert_eq!(told, 4);
    daemon.stop();
}
