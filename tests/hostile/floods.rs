//! Commands without end: each is answered, and nothing of it stays.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::Arc;

use super::{GROWTH_KIB, assert_nothing_broke, ends_well, others_are_served, worker};
use crate::harness::cost::Cost;
use crate::harness::load::{Counts, Load, wanted};
use crate::harness::scale::skipped;
use crate::harness::{Client, Daemon, PASSWORD, Setup, rounds};

#[test]
fn no_flood_of_commands_leaves_anything_open() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"content");
    client.command("TYPE I").expect(200);
    let (pid, before) = worker(&daemon, &client);
    let nul = "NOOP \0".to_owned();
    let huge = format!("REST {}", u64::MAX);
    for line in [
        "PASV",
        "EPSV",
        "RNFR file",
        "REST 9",
        &huge,
        "STAT file",
        "SIZE file",
        "CWD .",
        "TYPE I",
        "XYZ",
        "",
        &nul,
    ] {
        for _ in 0..4 {
            client.command(line);
        }
        let first = Cost::of(pid);
        for _ in 0..rounds(100, 2_000) {
            client.command(line);
        }
        let now = Cost::of(pid);
        now.assert_grown_by_at_most(512, before, line);
        assert_eq!(now.descriptors, first.descriptors, "{line} leaves something open");
    }
    client.command("RNFR file").expect(350);
    client.command("RNTO other").expect(250);
    client.command("RNTO third").expect(503);
    ends_well(daemon);
}

#[test]
fn no_offset_is_too_large_to_be_refused() {
    let daemon = Setup::new().line("AllowStoreRestart on\nAllowRetrieveRestart on").start();
    let mut client = daemon.session();
    client.store("file", b"content");
    client.command("TYPE I").expect(200);
    for offset in [8, i64::MAX as u64 - 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        for verb in ["RETR file", "STOR file", "STOR new"] {
            let _data = client.extended_passive();
            client.command(&format!("REST {offset}")).expect(350);
            assert_eq!(client.command(verb).expect(554).code, 554, "{offset} {verb}");
        }
    }
    // What no number holds stands for the largest, as in ProFTPD.
    client.command("REST 18446744073709551616").expect(350);
    client.command("STOR new").expect(554);
    assert_eq!(client.retrieve("file"), b"content");
    assert!(!daemon.setup.home("alice").join("new").exists());
    ends_well(daemon);
}

#[test]
fn names_and_passwords_of_a_hundred_kilobytes_are_refused() {
    let daemon = Setup::new().line("CommandBufferSize 4096").start();
    let mut client = daemon.client();
    let (pid, before) = worker(&daemon, &client);
    for (verb, length, code) in [("USER", 100_000, 500), ("USER", 4_000, 331), ("PASS", 100_000, 500)] {
        client.command(&format!("{verb} {}", "x".repeat(length))).expect(code);
    }
    // As long as a line may be: auth's business, and wrong.
    client.command(&format!("PASS {}", "x".repeat(4_000))).expect(530);
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    Cost::of(pid).assert_grown_by_at_most(512, before, "long names");
    ends_well(daemon);
}

/// The kernel maps large blocks below the heap where it is told to (personality(2), ADDR_COMPAT_LAYOUT), or where the stack has no limit.
#[test]
fn listings_leave_nothing_where_large_blocks_lie_below_the_heap() {
    let upwards = |program: &str| Command::new("setarch").args(["-L", program]).status();
    if !upwards("true").is_ok_and(|status| status.success()) {
        return skipped(
            "setarch -L does not work",
            "listings_leave_nothing_where_large_blocks_lie_below_the_heap",
        );
    }
    let mut setup = Setup::new();
    let program = setup.path("upwards");
    // By another process: one of other tests could hold it open for writing, and nobody could execute it then.
    let script = format!("#!/bin/sh\nexec setarch -L {} \"$@\"", env!("CARGO_BIN_EXE_ferryd"));
    let written = Command::new("sh")
        .args(["-c", "echo \"$1\" > \"$2\"; chmod 755 \"$2\"", "sh", &script])
        .arg(&program)
        .status();
    assert!(written.expect("a shell").success());
    setup.program = Some(program);
    let daemon = setup.start();
    let folder = daemon.setup.home("alice").join("many");
    daemon.setup.make_folder(&folder, None);
    for number in 0..5_000 {
        fs::write(folder.join(format!("{number:0>80}")), b"").expect("written");
    }
    let mut client = daemon.session();
    let list = |client: &mut Client| assert!(client.download("LIST many").len() > 5_000 * 80);
    (0..4).for_each(|_| list(&mut client));
    let (pid, before) = worker(&daemon, &client);
    (0..rounds(20, 200)).for_each(|_| list(&mut client));
    Cost::of(pid).assert_grown_by_at_most(512, before, "many names");
    ends_well(daemon);
}

/// Many guess from one address; somebody from another logs in meanwhile.
#[test]
fn guesses_from_one_address_hold_nobody_else_up() {
    let daemon = Setup::new().workers(8, 4, 16).start();
    let address = daemon.address();
    let load = Load::start(8, move |counts| {
        let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 7), address);
        loop {
            wanted(client.try_command("USER alice"), 331)?;
            wanted(client.try_command("PASS guess"), 530)?;
            Counts::add(&counts.refused, 1);
        }
    });
    let counts = Arc::clone(&load.counts);
    let mut logins = 0;
    while Counts::of(&counts.refused) < rounds(8, 400) as u64 {
        daemon.session().command("QUIT").expect(221);
        logins += 1;
    }
    println!("{logins} logins while {} guesses were refused", Counts::of(&counts.refused));
    assert!(logins > 0);
    load.finish();
    ends_well(daemon);
}

#[test]
fn telnet_is_answered_within_bounds() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    let spread: Vec<u8> = b"NOOP".iter().flat_map(|byte| [0xff, 0xf1, *byte]).chain(*b"\r\n").collect();
    client.send_bytes(&spread);
    client.reply().expect(200);
    // A subnegotiation that is never closed, and one that is.
    for _ in 0..rounds(64, 4_096) {
        client.send_bytes(&[&b"\xff\xfa"[..], &[0x18; 4_094], b"\xff\xf0"].concat());
    }
    client.command("NOOP").expect(200);
    // Questions that are answered with three bytes each as long as the client reads them.
    client.send_bytes(&b"\xff\xfd\x01\xff\xfb\x01".repeat(rounds(20_000, 200_000)));
    client.send_bytes(b"NOOP\r\n");
    let mut stream = client.stream();
    let (mut answers, mut block) = (Vec::new(), [0; 4_096]);
    while !answers.ends_with(b"200 NOOP command successful\r\n") {
        let length = stream.read(&mut block).expect("answers");
        assert_ne!(length, 0, "the session ended");
        answers.extend_from_slice(&block[..length]);
    }
    let declined = &answers[..answers.len() - 29];
    for answer in declined.chunks(3) {
        assert!([&[0xff, 0xfc, 1], &[0xff, 0xfe, 1]].contains(&answer.try_into().expect("three bytes")));
    }
    Cost::of(pid).assert_grown_by_at_most(512, before, "Telnet");
    ends_well(daemon);
}

#[test]
fn no_data_connection_goes_to_a_third_party() {
    let daemon = Daemon::usual();
    let third = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 9), 0)).expect("a listener");
    third.set_nonblocking(true).expect("a setting");
    let port = third.local_addr().expect("bound").port();
    let (high, low) = (port >> 8, port & 0xff);
    let mut client = daemon.session();
    for line in [
        format!("PORT 127,0,0,9,{high},{low}"),
        format!("EPRT |1|127.0.0.9|{port}|"),
        format!("EPRT |2|::ffff:127.0.0.9|{port}|"),
        "PORT 127,0,0,1,0,25".to_owned(),
        "EPRT |1|127.0.0.1|80|".to_owned(),
        "PORT 255,255,255,255,9,9".to_owned(),
        "EPRT |1|224.0.0.1|9999|".to_owned(),
    ] {
        let reply = client.command(&line);
        assert!((500..=522).contains(&reply.code), "{line}: {}", reply.text());
        // What was said before is forgotten with it.
        client.command("LIST").expect(425);
    }
    assert!(third.accept().is_err(), "the third party was called");
    daemon.await_log("possible bounce attack");
    ends_well(daemon);
}

/// Whoever connects to a passive port from elsewhere gets nothing, and the client still gets its file.
#[test]
fn a_stranger_steals_no_data_connection() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"alice's");
    let port = crate::harness::client::extended_port(&client.command("EPSV")).expect("a port");
    let stranger = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 8), daemon.address());
    let mut thief = from_elsewhere(port);
    client.send("RETR file");
    let address = std::net::SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    let mut data = crate::harness::client::data_connection(address).expect("a data connection");
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("the file");
    assert_eq!(bytes, b"alice's");
    let mut stolen = Vec::new();
    let _ = thief.read_to_end(&mut stolen);
    assert!(stolen.is_empty(), "{stolen:?}");
    drop(stranger);
    ends_well(daemon);
}

fn from_elsewhere(port: u16) -> std::net::TcpStream {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("a socket");
    bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 8, 0)).expect("a source");
    connect(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, port)).expect("the passive port");
    fd.into()
}

#[test]
fn status_asked_without_end_during_a_transfer_stays_bounded() {
    let daemon = Daemon::usual();
    std::fs::write(daemon.setup.home("alice").join("big"), vec![7; 32 << 20]).expect("written");
    let mut client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    let count = rounds(5_000, 50_000);
    let mut writer = client.stream().try_clone().expect("a second handle");
    let asking = std::thread::spawn(move || {
        use std::io::Write;
        writer.write_all(&b"STAT\r\n".repeat(count))
    });
    others_are_served(&daemon, "status without end");
    Cost::of(pid).assert_grown_by_at_most(GROWTH_KIB, before, "status without end");
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("the file");
    assert_eq!(bytes.len(), 32 << 20);
    let mut codes = Vec::new();
    while codes.len() < count + 1 {
        codes.push(client.reply().code);
    }
    asking.join().expect("the asker").expect("all was taken");
    assert_eq!(codes.iter().filter(|code| **code == 226).count(), 1, "one end of the transfer");
    assert!(codes.iter().all(|code| [211, 213, 226].contains(code)));
    assert_nothing_broke(&daemon);
    daemon.stop();
}
