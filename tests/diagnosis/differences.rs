//! `--diff`: what a HUP would change, and what of it wants a restart.

use std::net::TcpListener;

use serde_json::Value;

use super::{about_the_file, asked, text};
use crate::harness::{Daemon, Setup};

#[test]
fn what_a_hup_would_change_is_told_beforehand() {
    let daemon = Setup::new()
        .line("MaxClients 10\n<Directory />\n<Limit DELE>\nDenyAll\n</Limit>\n</Directory>")
        .start();
    let unchanged = about_the_file(&daemon.setup, &["--diff"]);
    assert_eq!(unchanged.status.code(), Some(0), "{}", text(&unchanged.stderr));
    assert!(text(&unchanged.stdout).starts_with("Nothing differs"), "{}", text(&unchanged.stdout));

    let now = daemon.setup.text().replace("MaxClients 10", "\nmaxclients  20").replace("DenyAll", "AllowAll");
    daemon.rewrite(&(now + "TCPBackLog 7\n"));
    let output = about_the_file(&daemon.setup, &["--diff"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for wanted in [
        "- MaxClients 10    (",
        "+ MaxClients 20    (",
        "- <Directory /> <Limit DELE> DenyAll    (",
        "+ <Directory /> <Limit DELE> AllowAll    (",
        "      wants a restart: listeners that are open",
        "5 lines differ from what process",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }

    let output = about_the_file(&daemon.setup, &["--diff", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["pid"], &document["generation"]), (&Value::from(daemon.pid()), &Value::from(1)));
    assert_eq!(document["changes"][0]["text"], "MaxClients 10");

    daemon.reload();
    let output = about_the_file(&daemon.setup, &["--diff"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("(generation 2)"), "{}", text(&output.stdout));
    daemon.stop();
}

#[test]
fn without_a_daemon_there_is_nothing_to_compare_with() {
    let setup = Setup::new();
    let output = asked(&setup, &["--diff"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).starts_with("fatal: no daemon runs with PidFile"),
        "{}",
        text(&output.stderr)
    );
}

/// A new configuration may name another PidFile: the daemon is found by the one that it holds.
#[test]
fn a_daemon_is_found_by_the_pid_file_that_is_named() {
    let daemon = Daemon::usual();
    let held = daemon.setup.path("run/ferryd.pid");
    let wanted = daemon.setup.path("run/other.pid");
    let line = format!("PidFile {}", held.display());
    let now = daemon.setup.text();
    assert!(now.contains(&line), "{now}");
    daemon.rewrite(&now.replace(&line, &format!("PidFile {}", wanted.display())));

    let output = about_the_file(&daemon.setup, &["--diff"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("no daemon runs with PidFile {}", wanted.display())), "{said}");
    assert!(said.contains("--pid-file"), "{said}");

    let named = ["--diff", "--pid-file", held.to_str().expect("a plain name")];
    let output = about_the_file(&daemon.setup, &named);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let moved = format!("found by PidFile {}; a HUP moves that to {}.\n", held.display(), wanted.display());
    assert!(said.contains(&moved) && said.contains("2 lines differ"), "{said}");
    let document = about_the_file(&daemon.setup, &[&named[..], &["--json"]].concat()).stdout;
    let document: Value = serde_json::from_slice(&document).expect("JSON");
    assert_eq!(document["pid_file"], held.to_str().expect("a plain name"));

    daemon.reload();
    let output = about_the_file(&daemon.setup, &["--diff"]);
    assert!(text(&output.stdout).starts_with("Nothing differs"), "{}", text(&output.stdout));
    daemon.stop();
}

#[test]
fn a_broken_configuration_is_not_compared() {
    let daemon = Daemon::usual();
    daemon.rewrite(&(daemon.setup.text() + "Prot 1\nDenyEverything\n"));
    let output = about_the_file(&daemon.setup, &["--diff"]);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.matches("fatal: ").count()), (Some(1), 2), "{said}");
    daemon.stop();
}

/// What differs, told and for machines.
fn compared(daemon: &Daemon, now: &str) -> (String, Value) {
    daemon.rewrite(now);
    let output = about_the_file(&daemon.setup, &["--diff"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let document = about_the_file(&daemon.setup, &["--diff", "--json"]).stdout;
    (text(&output.stdout), serde_json::from_slice(&document).expect("JSON"))
}

#[test]
fn what_holds_for_some_sessions_is_told_with_its_section() {
    let daemon = Setup::new()
        .line("<IfUser alice>\nUmask 077\n<Directory ~/in>\n<Limit RETR>\nDenyAll\n</Limit>\n</Directory>\n</IfUser>")
        .line("<IfGroup staff>\nUmask 027\n</IfGroup>\n<IfAuthenticated>\nUmask 002\n</IfAuthenticated>")
        .line("<Class near>\nFrom 127.0.0.1\n</Class>\n<IfClass near>\nTimeoutIdle 20\n</IfClass>")
        .start();
    let text = daemon.setup.text();
    let now = text
        .replace("Umask 077", "Umask 007")
        .replace("RETR", "RETR STOR")
        .replace("<IfGroup staff>\nUmask 027", "<IfGroup staff,!guests>\nUmask 027")
        .replace("Umask 002", "Umask 022")
        .replace("From 127.0.0.1", "From 127.0.0.2")
        .replace("TimeoutIdle 20", "TimeoutIdle 30");
    let (said, document) = compared(&daemon, &now);
    for wanted in [
        "- <IfUser alice> Umask 077    (",
        "+ <IfUser alice> Umask 007    (",
        "+ <IfUser alice> <Directory ~/in> <Limit RETR STOR> DenyAll    (",
        "+ <IfGroup staff,!guests> Umask 027    (",
        "- <IfAuthenticated> Umask 002    (",
        "+ <Class near> From 127.0.0.2    (",
        "+ <IfClass near> TimeoutIdle 30    (",
        "A HUP brings them about, for new sessions.",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let changes = document["changes"].as_array().expect("a list");
    let idle = changes.iter().find(|change| change["text"] == "TimeoutIdle 30").expect("the change");
    assert_eq!((&idle["within"][0], &idle["restart"]), (&Value::from("<IfClass near>"), &Value::Null));
    assert_eq!(document["refused"], Value::Array(Vec::new()));
    daemon.stop();
}

/// HUP refuses what it was said to refuse, and changes nothing.
#[track_caller]
fn is_refused(daemon: &Daemon, now: &str, why: &str) {
    let (said, document) = compared(daemon, now);
    assert!(said.contains("A HUP would be refused and nothing would change") && said.contains(why), "{said}");
    assert!(document["refused"][0].as_str().is_some_and(|refused| refused.contains(why)), "{document}");
    daemon.reload_in_vain();
}

#[test]
fn what_a_hup_would_refuse_is_told_beforehand() {
    let daemon = Daemon::usual();
    let text = daemon.setup.text();
    let address = daemon.address();
    let board = daemon.setup.path("other-board").display().to_string();
    let line = text.lines().find(|line| line.starts_with("ScoreboardFile ")).expect("its line");
    is_refused(
        &daemon,
        &text.replace(line, &format!("ScoreboardFile {board}")),
        "a HUP with another is refused",
    );
    let line = text.lines().find(|line| line.starts_with("DefaultAddress ")).expect("its line");
    let beside = format!("0.0.0.0:{} cannot be opened beside {address}", address.port());
    is_refused(&daemon, &text.replace(line, "DefaultAddress 0.0.0.0"), &beside);
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = other.local_addr().expect("its address").port();
    let host = format!("{text}<VirtualHost 127.0.0.1>\nPort {port}\n</VirtualHost>\n");
    is_refused(&daemon, &host, &format!("cannot bind 127.0.0.1:{port}: "));
    daemon.stop();
}

#[test]
fn what_only_a_start_takes_is_told_beside_what_a_hup_brings() {
    let daemon = Daemon::usual();
    let now = daemon.setup.text()
        + "SetEnv TZ Asia/Tokyo\nSetEnv COLOUR green\nMaxInstances 20000\nTimeoutIdle 77\n";
    let (said, document) = compared(&daemon, &now);
    for wanted in [
        "SetEnv TZ Asia/Tokyo    (",
        "wants a restart: times are told in the zone of the start",
        "wants a restart: the scoreboard keeps its size",
        "A HUP brings about the others",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let changes = document["changes"].as_array().expect("a list");
    let wanting = changes.iter().filter(|change| !change["restart"].is_null());
    let wanting: Vec<&str> = wanting.filter_map(|change| change["directive"].as_str()).collect();
    assert_eq!(wanting, ["SetEnv", "MaxInstances"]);
    daemon.stop();
}
