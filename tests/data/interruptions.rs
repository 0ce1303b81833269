//! What is said on the control connection while data moves: ABOR in every state, STAT, QUIT, commands sent ahead.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use nix::sys::socket::{MsgFlags, send};

use crate::harness::client::{SilentHost, extended_port, port_line};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup};

const ABORTED: &str = "426 Transfer aborted. Data connection closed.";
const DONE: &str = "226 Abort successful";

/// How a client says ABOR.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    /// Telnet's IP and Synch before it, the data mark urgent (RFC 959 §4.1.3, RFC 854).
    Synch,
    /// The same bytes without urgency.
    Inline,
}

fn abort(client: &mut Client, way: Way) {
    match way {
        Way::Plain => {}
        Way::Inline => client.send_bytes(b"\xff\xf4\xff\xf2"),
        Way::Synch => {
            client.send_bytes(b"\xff\xf4\xff");
            let urgent = std::os::fd::AsRawFd::as_raw_fd(client.stream());
            assert_eq!(send(urgent, b"\xf2", MsgFlags::MSG_OOB).expect("urgent data"), 1);
        }
    }
    client.send("ABOR");
}

/// A daemon with a file that fills any socket.
fn daemon() -> Daemon {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    fs::write(home.join("big"), b"a line\n".repeat(5 << 20)).expect("written");
    fs::write(home.join("small"), "x").expect("written");
    daemon
}

/// A folder whose listing does.
fn fill_folder(daemon: &Daemon) {
    let folder = daemon.setup.home("alice").join("many");
    daemon.setup.make_folder(&folder, None);
    for number in 0..30_000 {
        fs::write(folder.join(format!("{number:05}-{}", "a-long-name".repeat(20))), "").expect("written");
    }
}

/// The two replies of a transfer that was aborted, and a session that goes on.
#[track_caller]
fn expect_aborted(client: &mut Client) {
    assert_eq!(client.reply().text(), ABORTED);
    assert_eq!(client.reply().text(), DONE);
    assert_eq!(client.retrieve("small"), b"x");
}

#[test]
fn abor_is_heard_during_every_kind_of_transfer() {
    let daemon = daemon();
    fill_folder(&daemon);
    let mut client = daemon.session();
    for form in ["TYPE I", "TYPE A"] {
        client.command(form).expect(200);
        for way in [Way::Plain, Way::Synch, Way::Inline] {
            for line in ["RETR big", "LIST many", "NLST many", "MLSD many"] {
                let mut data = client.extended_passive();
                client.command(line).expect(150);
                data.read_exact(&mut [0; 100]).expect("bytes");
                abort(&mut client, way);
                expect_aborted(&mut client);
                let mut rest = Vec::new();
                let _ = data.read_to_end(&mut rest);
                assert!(rest.len() < 30 << 20, "{line}, {way:?}: all of it came");
            }
            let path = daemon.setup.home("alice").join("part");
            let _ = fs::remove_file(&path);
            let mut data = client.extended_passive();
            client.command("STOR part").expect(150);
            data.write_all(&[7; 1000]).expect("sent");
            until("bytes on the disk", || fs::metadata(&path).is_ok_and(|found| found.len() == 1000));
            abort(&mut client, way);
            expect_aborted(&mut client);
            assert_eq!(fs::metadata(&path).expect("kept").len(), 1000);
        }
    }
    assert_eq!(daemon.slot_of(&client).totals.aborted, 12);
}

#[test]
fn abor_while_nothing_moves_is_answered_once() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    client.command("ABOR").expect(530);
    client.login("alice");
    for way in [Way::Plain, Way::Synch, Way::Inline] {
        for _ in 0..2 {
            abort(&mut client, way);
            assert_eq!(client.reply().text(), DONE, "{way:?}");
        }
    }
    client.command("NOOP").expect(200);
}

#[test]
fn abor_closes_a_passive_port_before_its_transfer() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("small", b"x");
    for comes_early in [false, true] {
        let port = extended_port(&client.command("EPSV").expect(229)).expect("a port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let early = comes_early.then(|| TcpStream::connect(address).expect("a listener"));
        assert_eq!(client.command("ABOR").text(), DONE);
        assert!(TcpStream::connect(address).is_err(), "the listener is still there");
        drop(early);
        client.command("RETR small").expect(425);
        assert_eq!(client.retrieve("small"), b"x");
    }
    let listener = client.active(false);
    client.command("ABOR").expect(226);
    client.command("RETR small").expect(150);
    listener.accept().expect("what PORT named stands");
    client.reply().expect(226);
}

#[test]
fn abor_ends_the_waiting_for_a_data_connection() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("small", b"x");
    for line in ["RETR small", "STOR other", "LIST"] {
        for way in [Way::Plain, Way::Synch] {
            let port = extended_port(&client.command("EPSV").expect(229)).expect("a port");
            client.send(line);
            until("a transfer that waits", || daemon.slot_of(&client).transfer.is_some());
            abort(&mut client, way);
            expect_aborted(&mut client);
            assert!(TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err());
        }
    }
}

#[test]
fn abor_ends_the_waiting_for_a_client_that_does_not_answer() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("small", b"x");
    let silent = SilentHost::new();
    client.command(&port_line(silent.address)).expect(200);
    client.send("RETR small");
    until("a transfer that waits", || daemon.slot_of(&client).transfer.is_some());
    client.send("ABOR");
    expect_aborted(&mut client);
}

#[test]
fn abor_after_the_last_byte_finds_nothing_to_abort() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("small", b"x");
    let mut data = client.extended_passive();
    client.command("RETR small").expect(150);
    data.read_to_end(&mut Vec::new()).expect("bytes");
    client.send("ABOR");
    client.reply().expect(226);
    assert_eq!(client.reply().text(), DONE);
    assert_eq!(daemon.slot_of(&client).totals.aborted, 0);
}

#[test]
fn abor_said_twice_is_answered_twice() {
    let daemon = daemon();
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut [0; 100]).expect("bytes");
    client.send_bytes(b"ABOR\r\nABOR\r\n");
    assert_eq!(client.reply().text(), ABORTED);
    assert_eq!(client.reply().text(), DONE);
    assert_eq!(client.reply().text(), DONE);
    assert_eq!(client.retrieve("small"), b"x");
}

#[test]
fn stat_tells_how_far_a_transfer_is() {
    let daemon = daemon();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let mut data = client.extended_passive();
    client.command("STOR part").expect(150);
    for sent in [1000, 2000] {
        data.write_all(&[7; 1000]).expect("sent");
        let shown = || daemon.slot_of(&client).transfer.is_some_and(|moving| moving.done == sent);
        until("the bytes on the board", shown);
        let reply = client.command("STAT").expect(213);
        assert!(reply.text().contains(&format!("{sent} bytes transferred")), "{reply:?}");
    }
    drop(data);
    client.reply().expect(226);
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut [0; 100]).expect("bytes");
    let reply = client.command("STAT").expect(213);
    let words = reply.text();
    let done = words.split(' ').rev().nth(4).and_then(|number| number.parse::<u64>().ok());
    assert!(done.is_some_and(|done| (100..35 << 20).contains(&done)), "{words}");
    assert!(words.ends_with(&format!("of {} bytes transferred", 35 << 20)), "{words}");
}

#[test]
fn commands_sent_ahead_wait_for_the_transfer() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.send_bytes(b"STOR file\r\nNOOP\r\nPWD\r\nSIZE file\r\nQUIT\r\nNOOP\r\n");
    client.reply().expect(150);
    data.write_all(b"12345").expect("sent");
    drop(data);
    for code in [226, 200, 257] {
        client.reply().expect(code);
    }
    client.reply();
    client.reply().expect(221);
    client.expect_end();
    assert_eq!(fs::read(daemon.setup.home("alice").join("file")).expect("stored"), b"12345");
}

#[test]
fn a_long_line_of_commands_sent_ahead_can_still_be_aborted() {
    let daemon = daemon();
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut [0; 100]).expect("bytes");
    client.send_bytes(&b"NOOP\r\n".repeat(20));
    client.send("ABOR");
    assert_eq!(client.reply().text(), ABORTED);
    assert_eq!(client.reply().text(), DONE);
    for _ in 0..20 {
        client.reply().expect(200);
    }
    assert_eq!(client.retrieve("small"), b"x");
}

#[test]
fn what_comes_after_quit_is_not_obeyed() {
    let daemon = Setup::new().start();
    let mut client = daemon.session();
    client.send_bytes(b"QUIT\r\nMKD made\r\nNOOP\r\n");
    client.reply().expect(221);
    client.expect_end();
    assert!(!daemon.setup.home("alice").join("made").exists());
}
