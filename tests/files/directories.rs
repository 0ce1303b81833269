//! `<Directory>` and `<Limit>`: what each command may do where, compared with what ProFTPD was seen to do with the same lines.

use std::fs;

use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup};

/// Folders of alice's home, each with a file `f`.
const FOLDERS: [&str; 7] = ["a", "a/b", "a/b/c", "up", "up/sub", "x", "x/cgi"];

/// A daemon with these lines; `@` is alice's home.
fn daemon(lines: &str) -> Daemon {
    let setup = Setup::new();
    let lines = lines.replace('@', &setup.home("alice").display().to_string());
    let setup = setup.line(&format!("DefaultRoot ~\n{lines}"));
    setup.write();
    for folder in FOLDERS {
        let path = setup.home("alice").join(folder);
        setup.make_folder(&path, Some(FIRST_UID));
        fs::write(path.join("f"), "hello").expect("written");
        setup.give(&path.join("f"), Some(FIRST_UID));
    }
    Daemon::start(setup)
}

/// Whether a command is done, all of it.
fn is_done(client: &mut Client, line: &str) -> bool {
    let verb = line.split(' ').next().unwrap_or_default();
    match verb {
        "STOR" | "APPE" => client.try_upload(line, b"x").is_ok(),
        "RETR" | "LIST" | "NLST" => client.try_download(line).is_ok(),
        "CWD" => {
            let done = client.command(line).code == 250;
            client.command("CWD /");
            done
        }
        _ => client.command(line).code < 400,
    }
}

fn section(folder: &str, commands: &str, what: &str) -> String {
    format!("<Directory {folder}>\n{}</Directory>\n", limit(commands, what))
}

fn limit(commands: &str, what: &str) -> String {
    format!("<Limit {commands}>\n{what}\n</Limit>\n")
}

/// Lines, what is done with them, and what is not.
fn table() -> Vec<(String, &'static [&'static str], &'static [&'static str])> {
    let all = |parts: &[String]| parts.concat();
    vec![
        (limit("WRITE", "DenyAll"), &["RETR a/f", "CWD a"], &["STOR new", "MKD m", "DELE a/f"]),
        // Both names of a command are one.
        (limit("XMKD XPWD", "DenyAll"), &["STOR new"], &["MKD m", "XMKD m", "PWD", "XPWD"]),
        (all(&[limit("WRITE", "DenyAll"), limit("XMKD", "AllowAll")]), &["MKD m"], &["STOR new"]),
        (limit("STAT", "DenyAll"), &["STOR new"], &["STAT", "STAT a"]),
        (section("~alice/a", "WRITE", "DenyAll"), &["STOR up/new"], &["STOR a/new", "STOR a/b/c/new"]),
        (section("@/../%u/a", "WRITE", "DenyAll"), &["STOR up/new"], &["STOR a/new", "STOR a/b/c/new"]),
        (section("@/../bob%u/a", "WRITE", "DenyAll"), &["STOR a/new"], &[]),
        (section("@/*/c", "WRITE", "DenyAll"), &["STOR a/b/new"], &["STOR a/b/c/new"]),
        (section("~/*/c", "WRITE", "DenyAll"), &["STOR a/b/new"], &["STOR a/b/c/new"]),
        (
            all(&[section("@/*/b", "WRITE", "AllowAll"), section("@/a", "WRITE", "DenyAll")]),
            &["STOR x/new"],
            &["STOR a/new", "STOR a/b/new"],
        ),
        (
            all(&[section("@/a", "WRITE", "DenyAll"), section("@/*/b", "WRITE", "AllowAll")]),
            &["STOR a/b/new", "STOR a/b/c/new"],
            &["STOR a/new"],
        ),
        (section("@/a", "WRITE", "DenyAll"), &["STOR up/new"], &["STOR a/new", "STOR a/b/c/new", "MKD a/m"]),
        (
            all(&[section("@/a", "WRITE", "DenyAll"), section("@/a/b", "STOR", "AllowAll")]),
            &["STOR a/b/new", "STOR a/b/c/new"],
            &["STOR a/new", "MKD a/b/m", "DELE a/b/f"],
        ),
        (
            all(&[section("@/a", "ALL", "DenyAll"), section("@/a/b", "READ", "AllowAll")]),
            &["RETR a/b/f", "SIZE a/b/f", "STOR up/new"],
            &["RETR a/f", "STOR a/b/new", "CWD a"],
        ),
        // A command weighs more than a group, however near the group stands.
        (
            all(&[section("@/a", "STOR", "DenyAll"), section("@/a/b", "WRITE", "AllowAll")]),
            &["MKD a/b/m", "DELE a/b/f"],
            &["STOR a/b/new", "STOR a/new"],
        ),
        (
            all(&[section("~", "WRITE", "DenyAll"), section("~/up", "WRITE", "AllowAll")]),
            &["STOR up/new", "MKD up/sub/m"],
            &["STOR new", "STOR a/new"],
        ),
        (
            all(&[section("@/*", "WRITE", "DenyAll"), section("@/up/*", "STOR", "AllowAll")]),
            &["STOR up/new", "STOR up/sub/new"],
            &["STOR new", "STOR a/new", "MKD up/m"],
        ),
        // What lies within, and not the folder itself.
        (section("@/a/*", "ALL", "DenyAll"), &["CWD a"], &["RETR a/f", "CWD a/b", "STOR a/new"]),
        (section("@/*/cgi", "STOR", "DenyAll"), &["STOR x/new", "STOR up/sub/new"], &["STOR x/cgi/new"]),
        (section("@/a/f", "READ", "DenyAll"), &["RETR a/b/f"], &["RETR a/f"]),
        (
            format!("<Global>\n{}</Global>\n", section("@/a", "WRITE", "DenyAll")),
            &["STOR up/new"],
            &["STOR a/new"],
        ),
        (
            all(&[section("@/a", "CWD", "DenyAll"), section("@/up", "DIRS", "DenyAll")]),
            &["STOR up/new", "RETR up/f", "LIST a"],
            &["CWD a", "CWD a/b", "CWD up", "LIST up"],
        ),
        (
            format!(
                "<Directory @/up>\n{}{}</Directory>\n",
                limit("ALL", "DenyAll"),
                limit("CWD STOR", "AllowAll")
            ),
            &["CWD up", "STOR up/new"],
            &["LIST up", "RETR up/f", "DELE up/new", "MKD up/m"],
        ),
        // ALL around a folder leaves it what the folder allows: data connections are nobody's folder.
        (
            all(&[limit("ALL", "DenyAll"), section("~/a", "READ", "AllowAll")]),
            &["RETR a/f", "RETR a/b/f", "TYPE I"],
            &["RETR up/f", "STOR a/new", "PWD", "NOOP", "CWD a"],
        ),
        (
            all(&[limit("STOR", "DenyAll"), section("~/a", "STOR", "AllowAll")]),
            &["STOR a/new", "MKD m"],
            &["STOR new", "STOR up/new"],
        ),
        (
            all(&[section("@/a", "WRITE", "AllowAll"), section("@", "STOR", "DenyAll")]),
            &["MKD a/m"],
            &["STOR a/new", "STOR new"],
        ),
        (
            "AllowOverwrite off\n<Directory ~/a>\nAllowOverwrite on\n</Directory>\n".to_owned(),
            &["STOR a/f", "STOR up/new"],
            &["STOR up/f"],
        ),
        (
            all(&[section("@/up", "APPE", "DenyAll"), section("@/a", "SIZE MDTM", "DenyAll")]),
            &["STOR up/new", "SIZE up/f"],
            &["APPE up/f", "SIZE a/f", "MDTM a/f"],
        ),
        // The host's path is meant, not the client's.
        (section("/up", "WRITE", "DenyAll"), &["STOR up/new"], &[]),
        (
            all(&[section("@/a", "RNFR", "DenyAll"), section("@/up", "DELE", "DenyAll")]),
            &["RETR a/f"],
            &["RNFR a/f", "DELE up/f"],
        ),
    ]
}

#[test]
fn each_command_may_do_what_the_folder_allows() {
    for (lines, done, refused) in table() {
        let daemon = daemon(&lines);
        let mut client = daemon.session();
        client.command("TYPE I").expect(200);
        for line in refused {
            assert!(!is_done(&mut client, line), "{line} is done with\n{lines}");
        }
        for line in done {
            assert!(is_done(&mut client, line), "{line} is refused with\n{lines}");
        }
    }
}

#[test]
fn a_virtual_hosts_folders_are_its_own() {
    let daemon = daemon(&format!(
        "{}<VirtualHost 127.0.0.2>\nPort 0\n{}</VirtualHost>",
        section("@/a", "STOR", "DenyAll"),
        section("@/up", "STOR", "DenyAll")
    ));
    let mut client = daemon.session();
    assert!(!is_done(&mut client, "STOR a/new"));
    assert!(is_done(&mut client, "STOR up/new"));
}
