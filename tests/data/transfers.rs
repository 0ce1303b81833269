//! Bytes both ways: whole, resumed, converted, cut short; and who may open a data connection.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;

use crate::harness::client::{connected_from, extended_port, port_line};
use crate::harness::ports::has_family;
use crate::harness::scale::skipped;
use crate::harness::{Daemon, Setup, eventually, patterned};
use ferryd::scoreboard::Direction;

#[test]
fn files_travel_whole_in_both_directions() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    for length in [0, 1, 4095, 4096, 65_537, 8 << 20] {
        let bytes = patterned(length);
        client.store("file", &bytes);
        assert_eq!(fs::read(daemon.setup.home("alice").join("file")).expect("stored"), bytes);
        assert!(client.retrieve("file") == bytes, "{length} bytes came back changed");
    }
    let totals = daemon.slot_of(&client).totals;
    assert_eq!((totals.uploads, totals.downloads), (6, 6));
    assert_eq!(totals.bytes_in, totals.bytes_out);
    daemon.stop();
}

#[test]
fn lines_end_as_each_side_wants_them() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("TYPE A").expect(200);
    client.store("text", b"one\r\ntwo\r\n\r\nfour");
    assert_eq!(fs::read(home.join("text")).expect("stored"), b"one\ntwo\n\nfour");
    assert_eq!(client.retrieve("text"), b"one\r\ntwo\r\n\r\nfour");
    let long: Vec<u8> = b"line\n".repeat(200_000);
    fs::write(home.join("long"), &long).expect("written");
    assert!(
        client.retrieve("long") == b"line\r\n".repeat(200_000),
        "a line end was lost between two buffers"
    );
}

#[test]
fn downloads_resume_where_they_stopped() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let bytes = patterned(300_000);
    client.store("file", &bytes);
    for offset in [0, 1, 299_999, 300_000] {
        client.command(&format!("REST {offset}")).expect(350);
        assert!(client.retrieve("file") == bytes[offset..], "from {offset}");
    }
    assert!(client.retrieve("file") == bytes, "an offset holds for one transfer");
}

#[test]
fn uploads_resume_and_append_where_that_is_allowed() {
    let daemon = Setup::new().line("AllowStoreRestart on").start();
    let path = daemon.setup.home("alice").join("file");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"0123456789");
    client.command("REST 4").expect(350);
    client.store("file", b"abcdefgh");
    assert_eq!(fs::read(&path).expect("stored"), b"0123abcdefgh");
    client.upload("APPE file", b"!");
    client.upload("APPE new", b"first");
    assert_eq!(fs::read(&path).expect("stored"), b"0123abcdefgh!");
    assert_eq!(fs::read(path.with_file_name("new")).expect("stored"), b"first");
}

#[test]
fn without_leave_nothing_is_overwritten_or_resumed() {
    let daemon = Setup::new().line("AllowOverwrite off").start();
    let path = daemon.setup.home("alice").join("file");
    let mut client = daemon.session();
    client.store("file", b"first");
    for (line, code) in [("STOR file", 550), ("APPE file", 451)] {
        let data = client.extended_passive();
        client.command(line).expect(code);
        drop(data);
    }
    client.command("TYPE I").expect(200);
    client.command("REST 2").expect(350);
    let data = client.extended_passive();
    let reply = client.command("STOR file");
    assert!([451, 550].contains(&reply.code), "{reply:?}");
    drop(data);
    assert_eq!(fs::read(&path).expect("stored"), b"first");
}

#[test]
fn new_files_and_folders_have_the_configured_modes() {
    let daemon = Setup::new().line("Umask 027 077").start();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("file", b"x");
    client.command("MKD folder").expect(257);
    let mode = |name: &str| fs::metadata(home.join(name)).expect("made").permissions().mode() & 0o777;
    assert_eq!((mode("file"), mode("folder")), (0o640, 0o700));
}

#[test]
fn data_connections_are_made_in_all_four_ways() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"some bytes");
    let mut received = Vec::new();
    let mut data = client.passive();
    client.command("RETR file").expect(150);
    data.read_to_end(&mut received).expect("bytes");
    client.reply().expect(226);
    for extended in [false, true] {
        let listener = client.active(extended);
        client.command("RETR file").expect(150);
        let (mut data, _) = listener.accept().expect("the server connects");
        data.read_to_end(&mut received).expect("bytes");
        client.reply().expect(226);
    }
    assert_eq!(received, b"some bytes".repeat(3));
}

#[test]
fn ipv6_serves_as_ipv4_does() {
    if !has_family(&Ipv6Addr::LOCALHOST.into()) {
        return skipped("needs IPv6", "ipv6_serves_as_ipv4_does");
    }
    let daemon = Setup::new().on(Ipv6Addr::LOCALHOST.into()).start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"six");
    assert_eq!(client.retrieve("file"), b"six");
    let listener = client.active(true);
    client.command("RETR file").expect(150);
    let (mut data, _) = listener.accept().expect("the server connects");
    let mut received = Vec::new();
    data.read_to_end(&mut received).expect("bytes");
    client.reply().expect(226);
    assert_eq!(received, b"six");
    let reply = client.command("PASV");
    assert_eq!(reply.code / 100, 5, "PASV cannot name an IPv6 address: {reply:?}");
}

#[test]
fn after_epsv_all_nothing_else_is_served() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("EPSV ALL").expect(200);
    for line in ["PASV", "PORT 127,0,0,1,200,200"] {
        let reply = client.command(line);
        assert_eq!(reply.code / 100, 5, "{line}: {reply:?}");
    }
    client.store("file", b"x");
}

#[test]
fn strangers_get_no_data() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"not for strangers");
    let reply = client.command("EPSV").expect(229);
    let port = extended_port(&reply).expect("a port");
    let mut stranger = connected_from([127, 0, 0, 2], port);
    let mut own = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)));
    let reply = client.command("RETR file");
    let mut received = Vec::new();
    let _ = stranger.read_to_end(&mut received);
    assert_eq!(received, b"", "a stranger was served");
    if reply.code == 150
        && let Ok(own) = &mut own
    {
        own.read_to_end(&mut received).expect("bytes");
        assert_eq!(received, b"not for strangers");
    } else {
        assert_eq!(reply.code / 100, 4, "{reply:?}");
    }
}

#[test]
fn the_server_connects_to_nobody_else() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    for address in ["127.0.0.2:4000", "192.0.2.1:4000", "127.0.0.1:22"] {
        let reply = client.command(&port_line(address.parse().expect("an address")));
        assert_eq!(reply.code / 100, 5, "{address}: {reply:?}");
    }
    client.command("EPRT |1|127.0.0.2|4000|");
}

#[test]
fn without_a_data_connection_a_transfer_is_refused() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"x");
    let reply = client.command("RETR file");
    assert!([425, 503].contains(&reply.code) || reply.code == 150, "{reply:?}");
}

#[test]
fn abor_and_stat_are_heard_during_a_download() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 64 << 20]).expect("written");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    let mut first = [0; 1000];
    data.read_exact(&mut first).expect("bytes");
    let reply = client.command("STAT");
    assert!([211, 213].contains(&reply.code), "{reply:?}");
    let record = daemon.slot_of(&client).transfer.expect("a transfer is shown");
    assert_eq!((record.direction, record.size), (Direction::Download, Some(64 << 20)));
    client.command("ABOR").expect(426);
    client.reply().expect(226);
    client.command("NOOP").expect(200);
    assert!(daemon.slot_of(&client).transfer.is_none());
    client.store("after", b"the session goes on");
}

#[test]
fn abor_ends_an_upload_and_keeps_what_came() {
    let daemon = Daemon::usual();
    let path = daemon.setup.home("alice").join("part");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let mut data = client.extended_passive();
    client.command("STOR part").expect(150);
    data.write_all(&patterned(100_000)).expect("sent");
    eventually("the bytes on the disk", || (fs::metadata(&path).ok()?.len() == 100_000).then_some(()));
    client.command("ABOR").expect(426);
    client.reply().expect(226);
    assert_eq!(fs::read(&path).expect("stored"), patterned(100_000));
}

#[test]
fn abor_without_a_transfer_is_no_error() {
    let daemon = Daemon::usual();
    daemon.session().command("ABOR").expect(226);
}

#[test]
fn a_client_that_closes_its_data_connection_is_told() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 64 << 20]).expect("written");
    let mut client = daemon.session();
    let data = client.extended_passive();
    client.command("RETR big").expect(150);
    drop(data);
    client.reply().expect(426);
    client.command("NOOP").expect(200);
    assert_eq!(daemon.slot_of(&client).totals.aborted, 1);
}

#[test]
fn listings_show_what_is_there() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    for number in 0..3000 {
        fs::write(home.join(format!("file-{number:04}")), "x").expect("written");
    }
    daemon.setup.make_folder(&home.join("folder"), None);
    let mut client = daemon.session();
    let long = String::from_utf8(client.download("LIST")).expect("text");
    assert_eq!(long.lines().count(), 3001);
    assert!(long.ends_with("\r\n"));
    assert!(long.lines().any(|line| line.starts_with('d') && line.ends_with(" folder")), "{long}");
    assert!(long.lines().any(|line| line.starts_with("-rw") && line.ends_with(" file-2999")));
    let names = String::from_utf8(client.download("NLST")).expect("text");
    assert!(names.lines().any(|line| line == "file-0000"));
    let one = String::from_utf8(client.download("LIST file-0007")).expect("text");
    assert_eq!(one.lines().count(), 1, "{one}");
    let globbed = String::from_utf8(client.download("NLST file-000*")).expect("text");
    assert_eq!(globbed.lines().count(), 10, "{globbed}");
    let data = client.extended_passive();
    let reply = client.command("NLST missing");
    assert!([226, 450, 550, 150].contains(&reply.code), "{reply:?}");
    drop(data);
}

#[test]
fn transfers_are_recorded_in_the_transfer_log() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("with blank", b"12345");
    client.retrieve("with blank");
    let path = daemon.setup.path("log/xferlog");
    let lines = eventually("two lines of xferlog", || {
        let text = fs::read_to_string(&path).ok()?;
        (text.lines().count() == 2).then_some(text)
    });
    let fields: Vec<Vec<&str>> = lines.lines().map(|line| line.split(' ').collect()).collect();
    for (fields, direction) in fields.iter().zip(["i", "o"]) {
        let fields: Vec<&&str> = fields.iter().filter(|field| !field.is_empty()).collect();
        assert_eq!(fields.len(), 18, "{lines}");
        assert_eq!(*fields[7], "5", "{lines}");
        assert!(fields[8].ends_with("/with_blank"), "{lines}");
        assert_eq!([fields[9], fields[10], fields[11]].map(|field| *field), ["b", "_", direction], "{lines}");
        assert_eq!((*fields[13], *fields[17]), ("alice", "c"), "{lines}");
    }
}

#[test]
fn passive_ports_keep_to_their_range() {
    let low = crate::harness::ports::Port::reserve();
    let daemon = Setup::new().line(&format!("PassivePorts {0} {0}", low.number)).start();
    let mut client = daemon.session();
    let port = extended_port(&client.command("EPSV").expect(229)).expect("a port");
    assert_eq!(port, low.number);
}
