//! Sums of files: HASH and the older verbs, in ProFTPD's words, for whom the configuration lets ask.

use std::fs::{self, File};

use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup};

const MD5: &str = "0f723ae7f9bf07744445e93ac5595156";
const SHA1: &str = "58853e8a5e8272b1012f9a52a80758b27bd0d3cb";
const SHA256: &str = "4a1e67f2fe1d1cc7b31d0ca2ec441da4778203a036a77da10344c85e24ff0f92";

fn furnished(setup: Setup) -> Daemon {
    let daemon = setup.start();
    let home = daemon.setup.home("alice");
    fs::create_dir(home.join("d")).expect("a folder");
    for (name, content) in [("f", "hello\nworld\n"), ("two words", "x"), ("empty", "")] {
        fs::write(home.join(name), content).expect("a file");
    }
    daemon
}

/// Lines as they are sent, each with what is answered; lines of one reply joined by `|`.
fn answers(client: &mut Client, table: &[(&str, &str)]) {
    for (line, answer) in table {
        let lines = client.command(line).text();
        assert_eq!(lines.replace("\r\n", "|").replace('\n', "|"), *answer, "{line}");
    }
}

#[test]
fn sums_are_told_in_the_words_that_clients_know() {
    let daemon = furnished(Setup::new());
    let mut client = daemon.session();
    answers(
        &mut client,
        &[
            ("HASH f", &format!("213-Computing SHA-1 digest|213 SHA-1 0-12 {SHA1} f")),
            ("OPTS HASH", "200 SHA-1"),
            ("OPTS HASH sha-256", "200 sha-256"),
            ("HASH f", &format!("213-Computing SHA-256 digest|213 SHA-256 0-12 {SHA256} f")),
            ("OPTS HASH BOGUS", "501 BOGUS: Unsupported algorithm"),
            ("OPTS HASH CRC32", "200 CRC32"),
            ("HASH empty", "213-Computing CRC32 digest|213 CRC32 0-0 00000000 empty"),
            ("HASH two words", "213-Computing CRC32 digest|213 CRC32 0-1 8cdc1683 two words"),
            ("HASH nope", "550 nope: No such file or directory"),
            ("HASH d", "553 d: Not a regular file"),
            ("MD5 d", "504 d: Not a regular file"),
            ("XCRC d", "550 d: Not a regular file"),
            ("MD5 f", &format!("251-Computing MD5 digest|251 f {}", MD5.to_uppercase())),
            ("XMD5 f", &format!("250-Computing MD5 digest|250 {}", MD5.to_uppercase())),
            ("XMD5 f 0 5", "250-Computing MD5 digest|250 5D41402ABC4B2A76B9719D911017C592"),
            ("XCRC f 6 11", "250-Computing CRC32 digest|250 3A771143"),
            ("XCRC \"two words\" 0 1", "250-Computing CRC32 digest|250 8CDC1683"),
            ("XSHA f", &format!("250-Computing SHA1 digest|250 {}", SHA1.to_uppercase())),
            ("XSHA1 f", &format!("250-Computing SHA1 digest|250 {}", SHA1.to_uppercase())),
            ("XSHA256 f", &format!("250-Computing SHA256 digest|250 {}", SHA256.to_uppercase())),
            ("XCRC f 0", "501 Invalid number of parameters"),
            ("XCRC f 0 13", "501 XCRC: end exceeds file size"),
            ("XCRC f 5 5", "501 XCRC requires end (5) greater than start (5)"),
            ("XCRC empty", "501 XCRC requires end (0) greater than start (0)"),
        ],
    );
    assert!(client.command("XSHA512 f").expect(250).text().contains("250 595BEEB13E543B7107C1"));
    daemon.stop();
}

#[test]
fn hash_tells_of_the_range_that_was_asked_for() {
    let daemon = furnished(Setup::new());
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.command("OPTS HASH MD5").expect(200);
    client.command("RANG 0 4").expect(350);
    answers(
        &mut client,
        &[
            ("HASH f", "213-Computing MD5 digest|213 MD5 0-4 5d41402abc4b2a76b9719d911017c592 f"),
            ("HASH f", &format!("213-Computing MD5 digest|213 MD5 0-12 {MD5} f")),
        ],
    );
    client.command("RANG 3 12").expect(350);
    assert_eq!(client.command("HASH f").text(), "554 f: invalid RANG argument");
    daemon.stop();
}

#[test]
fn sums_are_made_of_what_may_be_read_alone() {
    let daemon = furnished(
        Setup::new().line("<Directory ~/d>\nDigestEnable off\n</Directory>\n<Limit XMD5>\nDenyAll\n</Limit>"),
    );
    fs::write(daemon.setup.home("alice").join("d/f"), "x").expect("a file");
    let mut stranger = Client::greeted(daemon.setup.socket_address());
    stranger.command("HASH f").expect(530);
    stranger.command("XCRC f").expect(530);
    let mut client = daemon.session();
    for (line, answer) in [
        ("XMD5 f", "550 f: Operation not permitted"),
        ("XCRC d/f", "550 d/f: Operation not permitted"),
        ("XCRC ../../etc/passwd", "550 ../../etc/passwd: No such file or directory"),
    ] {
        assert_eq!(client.command(line).text(), answer);
    }
    client.command("XCRC f").expect(250);
    daemon.stop();
}

#[test]
fn the_configuration_says_which_sums_and_of_how_much() {
    let setup = Setup::new().line("DigestAlgorithms crc32 sha256\nDigestMaxSize 10");
    let daemon = furnished(setup);
    let mut client = daemon.session();
    let features = client.command("FEAT").expect(211).text();
    for (line, is_there) in [("HASH CRC32;SHA-256*;", true), ("XCRC", true), ("XMD5", false), ("MD5", false)]
    {
        assert_eq!(features.lines().any(|own| own.trim() == line), is_there, "{line}");
    }
    answers(
        &mut client,
        &[
            ("HASH f", "556 f: Operation not permitted"),
            ("XCRC f", "550 f: Operation not permitted"),
            ("XCRC f 0 10", "250-Computing CRC32 digest|250 A360FC6D"),
            ("XMD5 f", "500 XMD5 not understood"),
            ("OPTS HASH MD5", "501 MD5: Unsupported algorithm"),
        ],
    );
    daemon.stop();
    let daemon = furnished(Setup::new().line("DigestEngine off"));
    let mut client = daemon.session();
    assert!(!client.command("FEAT").expect(211).text().contains("HASH"));
    for line in ["HASH f", "MD5 f", "XCRC f", "OPTS HASH"] {
        assert!(client.command(line).expect(500).text().ends_with("not understood"), "{line}");
    }
    daemon.stop();
}

#[test]
fn a_sum_of_a_file_without_end_is_broken_off() {
    let daemon = furnished(Setup::new());
    let path = daemon.setup.home("alice").join("sparse");
    File::create(&path).and_then(|file| file.set_len(8 << 40)).expect("a sparse file");
    daemon.setup.give(&path, Some(FIRST_UID));
    let mut client = daemon.session();
    client.send("HASH sparse");
    client.send("STAT");
    let status = client.reply().expect(213).text();
    assert!(status.starts_with("213 HASH sparse: "), "{status}");
    client.send("ABOR");
    client.reply().expect(426);
    client.reply().expect(226);
    client.command("NOOP").expect(200);
    client.send("HASH sparse");
    client.send("STAT");
    client.reply().expect(213);
    // Nobody goes on summing for a client that is gone.
    let pid = daemon.slot_of(&client).pid;
    drop(client);
    crate::harness::eventually("the worker is gone", || {
        (!std::path::Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    });
    daemon.stop();
}
