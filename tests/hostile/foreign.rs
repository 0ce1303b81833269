//! Other protocols on the port are ended at once, and what they carry is not obeyed.

use std::io::{Read, Write};

use ferryd::scoreboard::State;

use super::{ends_well, others_are_served};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD};

#[test]
fn other_protocols_are_ended_at_once() {
    let daemon = Daemon::usual();
    let long = format!("POST /{} HTTP/1.1\r\n\r\n", "x".repeat(9_000));
    for (spoken, name) in [
        ("GET / HTTP/1.1\r\nHost: ftp.example\r\n\r\n", "HTTP"),
        ("OPTIONS * HTTP/1.1\r\n\r\n", "HTTP"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP"),
        (long.as_str(), "HTTP"),
        ("EHLO mail.example\r\n", "SMTP"),
        ("mail from:<a@b.example>\r\n", "SMTP"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
    ] {
        let before = daemon.log().matches(&format!("client speaks {name}, disconnecting")).count();
        let mut client = daemon.client();
        client.send_bytes(spoken.as_bytes());
        client.expect_end();
        until("a line of the log", || {
            daemon.log().matches(&format!("client speaks {name}, disconnecting")).count() > before
        });
    }
    ends_well(daemon);
}

#[test]
fn nothing_after_a_request_of_http_is_obeyed() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    let path = "x".repeat(600);
    let body = format!("USER alice\r\nPASS {PASSWORD}\r\nMKD taken\r\n");
    client.send_bytes(format!("POST /{path} HTTP/1.1\r\nHost: x\r\n\r\n{body}").as_bytes());
    client.expect_end();
    daemon.await_log("client speaks HTTP");
    daemon.await_log("FTP session closed");
    assert!(!daemon.log().contains("Login successful"));
    assert!(!daemon.setup.home("alice").join("taken").exists());
    ends_well(daemon);
}

#[test]
fn a_session_ends_with_a_foreign_line_too() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.send("GET /a HTTP/1.0");
    client.expect_end();
    ends_well(daemon);
}

#[test]
fn a_tls_hello_costs_no_worker() {
    let daemon = Daemon::usual();
    daemon.await_spares(1);
    let mut client = Client::connect(daemon.address()).expect("a connection");
    client.reply().expect(220);
    let pid = daemon.slot_of(&client).pid;
    let mut stream = client.stream();
    // A record of the handshake: type, version, length, and no line end in it.
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").expect("the socket takes it");
    let mut rest = Vec::new();
    // Reset or closed: nothing was read of it.
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{rest:?}");
    daemon.await_log("client speaks TLS, disconnecting");
    until("its worker is a spare again", || {
        daemon.slots().iter().any(|slot| slot.pid == pid && slot.state == State::Spare)
    });
    others_are_served(&daemon, "afterwards");
    ends_well(daemon);
}
