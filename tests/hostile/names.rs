//! Names that would be more than names: ends of lines, control bytes, what is no UTF-8. They forge no reply, no line of a listing
//! or of a log, and reach no terminal.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use super::ends_well;
use crate::harness::client::data_connection;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup};

/// Names that a host's own users may have made.
const NAMES: [&[u8]; 8] = [
    b"two\r\n226 Transfer complete",
    b"line\n230 User root logged in",
    b"return\ronly",
    b"\x1b[2J\x1b]0;title\x07",
    "c1 \u{9b}2J".as_bytes(),
    b"eight bits \x9b2J \xff\xfe",
    b" blanks and \"quotes\" ",
    b"-la",
];

/// No control byte but line ends and the tools' own tabs, whichever way a terminal reads the text.
#[track_caller]
fn assert_plain(bytes: &[u8], what: &str) {
    for chunk in bytes.utf8_chunks() {
        let control = chunk
            .valid()
            .chars()
            .find(|character| character.is_control() && !['\n', '\t'].contains(character));
        assert_eq!(control, None, "{what}: {}", bytes.escape_ascii());
        assert!(
            chunk.invalid().iter().all(|byte| !(0x80..0xa0).contains(byte)),
            "{what}: {}",
            bytes.escape_ascii()
        );
    }
}

#[track_caller]
fn logs_are_plain(daemon: &Daemon) {
    for name in ["log/system.log", "log/xferlog"] {
        assert_plain(&fs::read(daemon.setup.path(name)).unwrap_or_default(), name);
    }
}

fn ftpwho(daemon: &Daemon, words: &[&str]) -> Vec<u8> {
    let program = env!("CARGO_BIN_EXE_ftpwho");
    let output = Command::new(program).arg("-f").arg(daemon.board_file()).args(words).output();
    output.expect("the tool").stdout
}

/// A download's raw bytes.
fn listing(client: &mut Client, line: &[u8]) -> Vec<u8> {
    let port = crate::harness::client::extended_port(&client.command("EPSV")).expect("a port");
    let address = std::net::SocketAddr::new(client.local_address().ip(), port);
    let mut data = data_connection(address).expect("a data connection");
    client.send_bytes(&[line, b"\r\n"].concat());
    client.reply().expect(150);
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("the listing");
    client.reply().expect(226);
    bytes
}

fn with_names() -> Daemon {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    for name in NAMES {
        let path = daemon.setup.home("alice").join(OsStr::from_bytes(name));
        fs::create_dir(&path).expect("a folder");
        fs::write(path.join(OsStr::from_bytes(name)), "x").expect("a file");
        daemon.setup.give(&path, Some(crate::harness::setup::FIRST_UID));
    }
    daemon
}

#[test]
fn names_forge_no_line_of_a_listing() {
    let daemon = with_names();
    let mut client = daemon.session();
    for (line, count) in
        [("LIST", NAMES.len()), ("NLST", NAMES.len()), ("NLST *", NAMES.len()), ("LIST -a", NAMES.len() + 2)]
    {
        let bytes = listing(&mut client, line.as_bytes());
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), count + 1, "{line}: {}", bytes.escape_ascii());
        let whole = |line: &&[u8]| line.strip_suffix(b"\r").is_some_and(|text| !text.contains(&b'\r'));
        assert!(lines[..count].iter().all(whole), "{line}: {}", bytes.escape_ascii());
    }
    // The harness takes a reply apart line by line: a forged one would be another reply.
    let status = client.command("STAT /").expect(212);
    assert_eq!(status.lines.len(), NAMES.len() + 4, "{}", status.text());
    client.command("NOOP").expect(200);
    ends_well(daemon);
}

#[test]
fn names_forge_no_reply_and_no_line_of_a_log() {
    let daemon = with_names();
    let mut client = daemon.session();
    for name in NAMES.iter().filter(|name| !name.contains(&b'\n')) {
        let name: Vec<u8> = telnet(name);
        for verb in ["CWD /", "SIZE ", "MDTM ", "DELE ", "XRMD ", "RNFR ", "STAT ", "MKD new "] {
            client.send_bytes(&[verb.as_bytes(), &name, b"\r\n"].concat());
            let reply = client.reply();
            assert_eq!(reply.lines.iter().filter(|line| line.contains('\r')).count(), 0, "{reply:?}");
            client.command("NOOP").expect(200);
        }
        client.command("PWD").expect(257);
        assert_plain(&ftpwho(&daemon, &["-v"]), "ftpwho -v");
        assert_plain(&ftpwho(&daemon, &["-v", "-o", "oneline"]), "ftpwho -o oneline");
        assert_plain(&ftpwho(&daemon, &["-o", "json"]), "ftpwho -o json");
        upload(&mut client, &[b"STOR /up ", name.as_slice()].concat());
    }
    let lines = || fs::read(daemon.setup.path("log/xferlog")).unwrap_or_default();
    until("the transfers' lines", || {
        lines().iter().filter(|byte| **byte == b'\n').count() >= NAMES.len() - 2
    });
    logs_are_plain(&daemon);
    ends_well(daemon);
}

/// As it travels: IAC doubled, a lone CR followed by NUL (RFC 854).
fn telnet(name: &[u8]) -> Vec<u8> {
    let byte = |byte: &u8| match byte {
        0xff => vec![0xff, 0xff],
        b'\r' => vec![b'\r', 0],
        byte => vec![*byte],
    };
    name.iter().flat_map(byte).collect()
}

fn upload(client: &mut Client, line: &[u8]) {
    let data = client.extended_passive();
    client.send_bytes(&[line, b"\r\n"].concat());
    client.reply().expect(150);
    drop(data);
    client.reply().expect(226);
}

#[test]
fn a_user_is_called_in_logs_what_a_terminal_may_show() {
    let daemon = Daemon::usual();
    for name in
        [&b"\x1b[2Jroot"[..], b"a\r\0b USER alice: Login successful.", "\u{9b}31m".as_bytes(), b"\x9b\xf0"]
    {
        let mut client = daemon.client();
        client.send_bytes(&[b"USER ", name, b"\r\n"].concat());
        client.reply().expect(331);
        let who = ftpwho(&daemon, &["-v"]);
        assert_plain(&who, "ftpwho");
        client.command("PASS wrong").expect(530);
    }
    until("the refusals", || daemon.log().matches("no such user found").count() == 4);
    logs_are_plain(&daemon);
    // Whoever counts lines counts four.
    assert_eq!(daemon.log().lines().filter(|line| line.contains("no such user")).count(), 4);
    ends_well(daemon);
}

#[test]
fn an_anonymous_password_forges_no_line_of_the_transfer_log() {
    if !crate::harness::as_root("an_anonymous_password_forges_no_line_of_the_transfer_log") {
        return;
    }
    let setup = Setup::new();
    let root = setup.path("anon");
    let section = format!(
        "<Anonymous {}>\nUser nobody\nGroup nogroup\nUserAlias anonymous nobody\nRequireValidShell off\n</Anonymous>",
        root.display()
    );
    let setup = setup.line(&section);
    setup.make_folder(&root, None);
    fs::write(root.join("file"), "x").expect("written");
    let daemon = setup.start();
    let mut client = daemon.client();
    client.command("USER nobody").expect(331);
    client.send_bytes(b"PASS a@b ftp 0 * c\r\0\x1b[2J \xc2\x9b\r\n");
    client.reply().expect(230);
    client.retrieve("file");
    let log = || fs::read(daemon.setup.path("log/xferlog")).unwrap_or_default();
    until("the transfer's line", || !log().is_empty());
    logs_are_plain(&daemon);
    let line = String::from_utf8_lossy(&log()).into_owned();
    assert_eq!(line.split_whitespace().count(), 18, "{line}");
    assert!(Path::new(&root).join("file").exists());
    ends_well(daemon);
}
