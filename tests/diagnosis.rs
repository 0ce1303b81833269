//! What the program tells of a configuration without serving it.

mod differences;
mod explanations;

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use crate::harness::daemon::run;
use crate::harness::setup::FIRST_UID;
use crate::harness::{Daemon, Setup, as_root};

/// A question about the usual configuration with these lines added.
fn asked(setup: &Setup, words: &[&str]) -> Output {
    setup.write();
    about_the_file(setup, words)
}

fn about_the_file(setup: &Setup, words: &[&str]) -> Output {
    let config = setup.config_file();
    run(setup, &[words, &["-c", config.to_str().expect("a plain name")]].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The number of the line that begins so.
#[track_caller]
fn line_of(setup: &Setup, start: &str) -> usize {
    let text = fs::read_to_string(setup.config_file()).expect("the configuration");
    1 + text.lines().position(|line| line.starts_with(start)).expect("the line")
}

#[test]
fn a_port_that_is_taken_now_is_told_and_no_error() {
    let setup = Setup::new();
    let _taken = TcpListener::bind(setup.socket_address()).expect("a port of our own");
    let output = asked(&setup, &["-t"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let place =
        format!("{}:{}:1: warning: cannot bind", setup.config_file().display(), line_of(&setup, "Port "));
    assert!(said.contains(&place), "{said}");
}

#[test]
fn a_running_daemon_has_its_own_ports() {
    let daemon = Daemon::usual();
    let output = about_the_file(&daemon.setup, &["-t"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!text(&output.stderr).contains("cannot bind"), "{}", text(&output.stderr));
    daemon.stop();
}

#[test]
fn what_a_start_would_miss_is_an_error_and_nothing_is_made() {
    for (line, wanted) in [
        ("PidFile /nowhere/at/all.pid", "PidFile cannot be made in /nowhere/at: "),
        ("TransferLog /nowhere/at/all/xferlog", "cannot open log /nowhere/at/all/xferlog: "),
        ("SystemLog /tmp/ferryd-nobody-makes-this", "everybody may write its folder"),
    ] {
        let directive = line.split(' ').next().expect("a name");
        let setup = Setup::new();
        setup.write();
        let own = fs::read_to_string(setup.config_file()).expect("the configuration");
        let others = own.lines().filter(|own| !own.starts_with(directive));
        let file = setup.config_file();
        fs::write(&file, others.chain([line]).collect::<Vec<_>>().join("\n")).expect("written");
        let before = fs::read_dir(file.parent().expect("a folder")).expect("a folder").count();
        let output = about_the_file(&setup, &["-t"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains(wanted) && said.contains(&format!("    {line}\n    ^")), "{line}: {said}");
        assert!(!text(&output.stdout).contains("complete"), "{line}");
        assert_eq!(
            fs::read_dir(file.parent().expect("a folder")).expect("a folder").count(),
            before,
            "{line}"
        );
    }
}

#[test]
fn a_log_in_a_folder_of_somebody_else_is_a_warning() {
    if !as_root("a_log_in_a_folder_of_somebody_else_is_a_warning") {
        return;
    }
    let setup = Setup::new();
    let theirs = setup.home("alice");
    let logs = format!("ExtendedLog {0}/access.log\nTraceLog {0}/trace.log", theirs.display());
    let output = asked(&setup.line(&logs), &["-t"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let wanted = format!("warning: {} belongs to uid {FIRST_UID}", theirs.display());
    assert_eq!(said.matches("belongs to uid").count(), 2, "{said}");
    assert!(said.contains(&wanted), "{wanted}: {said}");
}

#[test]
fn what_sessions_would_miss_is_a_warning() {
    let setup = Setup::new()
        .line("DefaultRoot /nowhere")
        .line("DisplayLogin /nowhere/welcome.msg")
        .line("MaxInstances 100")
        .line("PassivePorts 50000 50009");
    let output = asked(&setup, &["-t"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for wanted in [
        "warning: /nowhere is no folder",
        "warning: /nowhere/welcome.msg is not shown",
        "warning: PassivePorts has 10 ports for MaxInstances 100",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains(".ftpaccess"), "{said}");
}

/// What keeps a host from serving is status 1, what somebody would miss is told and 0; each with its line.
#[test]
fn what_a_host_lacks_and_what_can_never_hold_is_told_by_line() {
    let twice = "DefaultServer on\n<VirtualHost 127.0.0.9>\nPort 2999\nDefaultServer on\n</VirtualHost>";
    let in_a_folder = "<Directory /srv>\n<Limit LOGIN>\nDenyAll\n</Limit>\n</Directory>";
    for (lines, blamed, wanted, status) in [
        ("User nobody-here", "User nobody-here", "this host has no user 'nobody-here'", 1),
        ("Group nogroup-here", "Group nogroup-here", "this host has no group 'nogroup-here'", 1),
        ("AuthUserFile /nowhere/users", "AuthUserFile /nowhere/users", "cannot read /nowhere/users", 1),
        ("<VirtualHost a..b>\nPort 2999\n</VirtualHost>", "<VirtualHost a..b>", "cannot resolve 'a..b'", 1),
        ("MasqueradeAddress a..b", "MasqueradeAddress a..b", "cannot resolve 'a..b'", 0),
        ("ExtendedLog /nowhere/log", "ExtendedLog /nowhere/log", "cannot open log /nowhere/log", 1),
        (twice, "DefaultServer on", "another server is the default already", 1),
        (in_a_folder, "<Limit LOGIN>", "never holds", 0),
        ("VRootAlias / ~/all", "VRootAlias / ~/all", "nothing is shown without VRootEngine on", 0),
        (
            "VRootEngine on\nVRootAlias /nowhere a",
            "VRootAlias /nowhere a",
            "/nowhere is not shown: No such file",
            0,
        ),
        (
            "VRootEngine on\nVRootAlias /dev/null a",
            "VRootAlias /dev/null a",
            "neither a folder nor a file",
            0,
        ),
        (
            "VRootOptions allowSymlinks",
            "VRootOptions allowSymlinks",
            "no link leads out of a session's root",
            0,
        ),
        ("<Limit READ>\nDenyClass far\n</Limit>", "DenyClass far", "there is no <Class far>", 0),
        (
            "<Limit LOGIN>\nDenyUser OR bob,!al-ien\n</Limit>",
            "DenyUser OR bob,!al-ien",
            "nobody knows a user 'al-ien'",
            0,
        ),
        (
            "<Limit WRITE>\nAllowGroup al-iens\n</Limit>",
            "AllowGroup al-iens",
            "nobody knows a group 'al-iens'",
            0,
        ),
        (
            "<Directory /srv>\nUserOwner al-ien\n</Directory>",
            "UserOwner al-ien",
            "nobody knows a user 'al-ien'",
            0,
        ),
    ] {
        let setup = Setup::new();
        setup.write();
        let own = fs::read_to_string(setup.config_file()).expect("the configuration");
        let name = lines.split(' ').next().expect("a name");
        let others = own.lines().filter(|own| own.split(' ').next() != Some(name));
        let text_now = others.chain([lines]).collect::<Vec<_>>().join("\n");
        fs::write(setup.config_file(), text_now).expect("written");
        let output = about_the_file(&setup, &["-t"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{lines}: {said}");
        let complaint = said.split_once(wanted).unwrap_or_else(|| panic!("{lines}: {said}"));
        let shown = complaint.1.lines().nth(1).unwrap_or_default();
        assert_eq!(shown, format!("    {blamed}"), "{lines}: {said}");
    }
}

#[test]
fn a_test_for_machines_is_one_document() {
    let setup = Setup::new().line("Prot 2121");
    let output = asked(&setup, &["-t", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["would_start"], false);
    let complaints = document["complaints"].as_array().expect("a list");
    let wrong = complaints.iter().find(|complaint| complaint["severity"] == "error").expect("an error");
    assert_eq!(wrong["place"]["line"], line_of(&setup, "Prot"));
    assert_eq!(wrong["place"]["text"], "Prot 2121");
    assert_eq!(wrong["similar"][0], "Port");
}

#[test]
fn each_line_is_reported_and_the_status_tells_the_worst() {
    let report = |lines: &str| {
        let setup = Setup::new().line(lines);
        let output = asked(&setup, &["-t", "--report"]);
        (output.status.code(), text(&output.stdout))
    };
    let (code, all) = report("<IfModule mod_tls.c>\nTLSEngine off\n</IfModule>");
    assert_eq!(code, Some(0), "{all}");
    assert!(all.contains("supported       TLSEngine off\n") && all.contains(" 0 not supported\n"), "{all}");
    assert!(all.ends_with("The daemon would start with this configuration.\n"), "{all}");
    let (code, all) = report("UseSendfile on");
    assert_eq!(code, Some(2), "{all}");
    assert!(all.contains("  without effect  UseSendfile on\n"), "{all}");
    let (code, all) = report("<Directory />\nTLSEngine on\n</Directory>");
    assert_eq!(code, Some(1), "{all}");
    assert!(all.contains("  not supported   TLSEngine on\n"), "{all}");
    assert!(all.contains("  supported       <Directory />\n"), "{all}");
}

#[test]
fn a_report_for_machines_has_every_line() {
    let setup = Setup::new().line("<Limit WRITE>\nDenyAll\n</Limit>\nUseSendfile on");
    let output = asked(&setup, &["--report", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&document["would_start"], &document["without_effect"]),
        (&Value::from(true), &Value::from(1))
    );
    let lines = document["lines"].as_array().expect("a list");
    let named = |name: &str| lines.iter().find(|line| line["directive"] == name).expect("the line");
    assert_eq!(named("DenyAll")["line"], line_of(&setup, "DenyAll"));
    assert_eq!(named("<Limit>")["arguments"][0], "WRITE");
    assert_eq!(named("UseSendfile")["standing"], "without-effect");
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["line"].as_u64()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

#[test]
fn lines_of_sections_for_some_sessions_are_reported() {
    let lines = "<IfUser alice>\nUmask 077\nMaxInstances 5\n</IfUser>\n<IfClass nowhere>\n<Limit MKD>\nDenyAll\n</Limit>\n</IfClass>\n\
        <IfModule mod_ifsession.c>\n<IfGroup staff>\nUseSendfile on\n</IfGroup>\n<IfAuthenticated>\nTLSEngine on\n</IfAuthenticated>\n</IfModule>";
    let setup = Setup::new().line(lines);
    let output = asked(&setup, &["-t", "--report"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for wanted in [
        "supported       <IfUser alice>\n",
        "supported       Umask 077\n",
        "not supported   MaxInstances 5\n",
        "MaxInstances cannot stand in <IfUser>",
        "there is no <Class nowhere>, so nobody is of it\n",
        "without effect  UseSendfile on\n",
        "supported       <IfAuthenticated>\n",
        "not supported   TLSEngine on\n",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let document: Value =
        serde_json::from_slice(&asked(&setup, &["--report", "--json"]).stdout).expect("JSON");
    let lines = document["lines"].as_array().expect("a list");
    let denial = lines.iter().find(|line| line["directive"] == "DenyAll").expect("the line");
    assert_eq!((&denial["standing"], &document["not_supported"]), (&"supported".into(), &2.into()));
}

#[test]
fn every_directive_is_listed() {
    let setup = Setup::new();
    let output = asked(&setup, &["--list-directives"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = text(&output.stdout);
    assert!(
        listed.lines().any(|line| line.starts_with("DefaultRoot ") && line.ends_with(" mod_auth")),
        "{listed}"
    );
    let output = asked(&setup, &["--list-directives", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = document.as_array().expect("a list");
    assert_eq!(all.len(), listed.lines().count());
    let port = all.iter().find(|directive| directive["name"] == "Port").expect("Port");
    assert_eq!((&port["stands"], &port["default"]), (&Value::from("done"), &Value::from("21")));
}
