//! Data connections that do not come, come late, end early or fall silent.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use nix::sys::socket::{setsockopt, sockopt};

use crate::harness::client::{SilentHost, connected_from, extended_line, extended_port, port_line};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup, eventually};

fn big(daemon: &Daemon) -> usize {
    let length = 32 << 20;
    fs::write(daemon.setup.home("alice").join("big"), vec![1; length]).expect("written");
    length
}

/// Closes with a reset (SO_LINGER of zero, socket(7)).
fn reset(stream: TcpStream) {
    let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    setsockopt(&stream, sockopt::Linger, &linger).expect("an option");
}

/// A client in a data connection's first steps.
fn session(daemon: &Daemon) -> Client {
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client
}

#[test]
fn a_client_that_never_comes_is_told_and_may_try_again() {
    let daemon = Setup::new().line("TimeoutStalled 1").start();
    let mut client = session(&daemon);
    client.store("file", b"x");
    for line in ["RETR file", "STOR other", "LIST"] {
        let port = extended_port(&client.command("EPSV").expect(229)).expect("a port");
        assert_eq!(client.command(line).text(), "425 Unable to build data connection: Connection timed out");
        let late = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)));
        assert!(late.is_err(), "who comes too late meets nobody");
    }
    assert_eq!(client.retrieve("file"), b"x");
}

#[test]
fn a_client_that_cannot_be_reached_is_told() {
    let daemon = Daemon::usual();
    let mut client = session(&daemon);
    client.store("file", b"x");
    drop(client.active(false));
    let reply = client.command("RETR file");
    assert_eq!(reply.text(), "425 Unable to build data connection: Connection refused");
    assert_eq!(client.retrieve("file"), b"x");
}

#[test]
fn a_client_that_does_not_answer_is_not_awaited_for_long() {
    let daemon = Setup::new().line("TimeoutStalled 1").start();
    let mut client = session(&daemon);
    client.store("file", b"x");
    let silent = SilentHost::new();
    for form in [port_line, extended_line] {
        client.command(&form(silent.address)).expect(200);
        let reply = client.command("RETR file");
        assert_eq!(reply.text(), "425 Unable to build data connection: Connection timed out");
    }
    assert_eq!(client.retrieve("file"), b"x");
}

#[test]
fn a_download_goes_on_when_the_client_says_that_it_will_send_nothing() {
    let daemon = Daemon::usual();
    let length = big(&daemon);
    let mut client = session(&daemon);
    let mut data = client.extended_passive();
    data.shutdown(Shutdown::Write).expect("half a connection");
    client.command("RETR big").expect(150);
    let mut received = Vec::new();
    data.read_to_end(&mut received).expect("bytes");
    assert_eq!(received.len(), length);
    client.reply().expect(226);
}

#[test]
fn half_a_close_ends_an_upload_well() {
    let daemon = Daemon::usual();
    let mut client = session(&daemon);
    let mut data = client.extended_passive();
    client.command("STOR file").expect(150);
    data.write_all(b"whole").expect("sent");
    data.shutdown(Shutdown::Write).expect("half a connection");
    client.reply().expect(226);
    assert_eq!(data.read(&mut [0; 1]).expect("the server closes"), 0);
    assert_eq!(fs::read(daemon.setup.home("alice").join("file")).expect("stored"), b"whole");
}

#[test]
fn a_connection_that_breaks_ends_its_transfer_alone() {
    let daemon = Daemon::usual();
    big(&daemon);
    let path = daemon.setup.home("alice").join("part");
    let mut client = session(&daemon);
    for break_off in [reset, drop] {
        let mut data = client.extended_passive();
        client.command("RETR big").expect(150);
        data.read_exact(&mut [0; 1000]).expect("bytes");
        break_off(data);
        assert_eq!(client.reply().text(), "426 Transfer aborted. Data connection closed");
    }
    let mut data = client.extended_passive();
    client.command("STOR part").expect(150);
    data.write_all(&[7; 1000]).expect("sent");
    until("bytes on the disk", || fs::metadata(&path).is_ok_and(|found| found.len() == 1000));
    reset(data);
    client.reply().expect(426);
    assert_eq!(fs::metadata(&path).expect("kept").len(), 1000);
    client.store("after", b"the session goes on");
    assert_eq!(daemon.slot_of(&client).totals.aborted, 3);
}

#[test]
fn a_client_that_comes_and_goes_before_the_command_has_sent_an_empty_file() {
    let daemon = Daemon::usual();
    let mut client = session(&daemon);
    drop(client.extended_passive());
    client.command("STOR empty").expect(150);
    client.reply().expect(226);
    assert_eq!(fs::metadata(daemon.setup.home("alice").join("empty")).expect("made").len(), 0);
}

#[test]
fn a_client_that_falls_silent_is_sent_away() {
    let daemon = Setup::new().line("TimeoutStalled 1").start();
    big(&daemon);
    for line in ["RETR big", "STOR part"] {
        let mut client = session(&daemon);
        let data = client.extended_passive();
        client.command(line).expect(150);
        let reply = client.reply().expect(421);
        assert_eq!(reply.text(), "421 Data transfer stall timeout (1 second): closing control connection");
        client.expect_end();
        drop(data);
    }
    daemon.await_log("TimeoutStalled reached");
}

#[test]
fn a_slow_client_is_not_a_silent_one() {
    let daemon =
        Setup::new().line("TimeoutStalled 2").line("TimeoutIdle 1").line("TimeoutNoTransfer 1").start();
    let path = daemon.setup.home("alice").join("slow");
    let mut client = session(&daemon);
    let mut data = client.extended_passive();
    client.command("STOR slow").expect(150);
    for length in 1..=4 {
        data.write_all(b"x").expect("sent");
        until("a byte on the disk", || fs::metadata(&path).is_ok_and(|found| found.len() == length));
        std::thread::park_timeout(std::time::Duration::from_millis(700));
    }
    drop(data);
    client.reply().expect(226);
}

#[test]
fn without_transfers_a_session_ends() {
    let daemon = Setup::new().line("TimeoutNoTransfer 1").start();
    let mut client = session(&daemon);
    client.command("EPSV").expect(229);
    let reply = client.reply().expect(421);
    assert_eq!(reply.text(), "421 No transfer timeout (1 second): closing control connection");
    client.expect_end();
}

#[test]
fn strangers_are_sent_away_and_the_client_is_awaited_still() {
    let daemon = Daemon::usual();
    let mut client = session(&daemon);
    client.store("file", b"not for strangers");
    let port = extended_port(&client.command("EPSV").expect(229)).expect("a port");
    let mut strangers: Vec<TcpStream> = (2..6).map(|last| connected_from([127, 0, 0, last], port)).collect();
    client.send("RETR file");
    for stranger in &mut strangers {
        let mut seen = Vec::new();
        let _ = stranger.read_to_end(&mut seen);
        assert_eq!(seen, b"");
    }
    let own = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).expect("the listener");
    client.reply().expect(150);
    assert_eq!(std::io::read_to_string(own).expect("bytes"), "not for strangers");
    client.reply().expect(226);
    daemon.await_log("Passive connection from 127.0.0.5 refused");
}

#[test]
fn a_control_connection_that_is_gone_takes_its_transfer_with_it() {
    let daemon = Daemon::usual();
    big(&daemon);
    let path = daemon.setup.home("alice").join("part");
    let mut client = session(&daemon);
    let mut data = client.extended_passive();
    client.command("STOR part").expect(150);
    data.write_all(&[7; 1000]).expect("sent");
    until("bytes on the disk", || fs::metadata(&path).is_ok_and(|found| found.len() == 1000));
    drop(client);
    let mut rest = Vec::new();
    let _ = data.read_to_end(&mut rest);
    assert_eq!(rest, b"", "the server closes an upload's connection");
    let log = daemon.setup.path("log/xferlog");
    eventually("the transfer in the log", || {
        let text = fs::read_to_string(&log).ok()?;
        (text.contains(" i ") && text.trim_end().ends_with(" i")).then_some(())
    });
    let mut client = session(&daemon);
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut [0; 1000]).expect("bytes");
    client.stream().shutdown(Shutdown::Write).expect("half a connection");
    client.expect_end();
}
