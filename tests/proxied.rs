//! Clients that come through a proxy (PROXY protocol): who they are taken for, and what becomes of connections that do not say it.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ferryd::scoreboard::State;

use crate::harness::client::connected_from;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Setup};

const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 5000 21\r\n";

/// 192.0.2.9, with something else behind the addresses.
const BINARY: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x10\xc0\x00\x02\x09\x0a\x00\x00\x01\x13\x88\x00\x15\x04\x00\x01\x00";

fn daemon(lines: &str) -> Daemon {
    Setup::new().line(lines).start()
}

/// A connection that begins with these bytes.
fn begun(daemon: &Daemon, bytes: &[u8]) -> Client {
    let mut client = Client::connect(daemon.address()).expect("a connection");
    client.send_bytes(bytes);
    client
}

#[track_caller]
fn is_taken_for(daemon: &Daemon, header: &[u8], address: &str) {
    let mut client = begun(daemon, header);
    client.reply().expect(220);
    client.login("alice");
    let shown = daemon.slots().into_iter().find(|slot| slot.state == State::Idle).expect("a session");
    assert_eq!(shown.client.map(|client| client.ip().to_string()).as_deref(), Some(address));
    daemon.await_log(&format!("({address}[{address}]): USER alice: Login successful"));
    client.command("QUIT").expect(221);
    client.expect_end();
    until("the worker's end", || daemon.count(State::Idle) == 0);
}

/// Closed without a word.
#[track_caller]
fn is_closed(client: &Client) {
    let mut stream = client.stream();
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
    let mut said = Vec::new();
    // What it had sent and nobody read may reset the connection.
    let _ = stream.read_to_end(&mut said);
    assert_eq!(String::from_utf8_lossy(&said), "");
}

#[test]
fn a_client_is_who_its_proxy_says() {
    let daemon = daemon("ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1 10.0.0.0/8");
    is_taken_for(&daemon, LINE, "192.0.2.7");
    is_taken_for(&daemon, BINARY, "192.0.2.9");
    is_taken_for(&daemon, b"PROXY UNKNOWN\r\n", "127.0.0.1");
    let mut client = begun(&daemon, b"PROXY TCP6 2001:db8::7 2001:d");
    client.send_bytes(b"b8::1 5000 21\r\nUSER alice\r\n");
    client.reply().expect(220);
    client.reply().expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    daemon.await_log("(2001:db8::7[2001:db8::7]): USER alice: Login successful");
    daemon.stop();
}

#[test]
fn rules_and_limits_go_by_what_the_proxy_says() {
    let daemon = daemon(
        "ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1\nMaxConnectionsPerHost 1\n\
         <Limit LOGIN>\nDeny 192.0.2.9\n</Limit>",
    );
    is_closed(&begun(&daemon, BINARY));
    daemon.await_log("denied by <Limit LOGIN>");
    let mut client = begun(&daemon, LINE);
    client.reply().expect(220);
    client.login("alice");
    begun(&daemon, LINE).reply().expect(530);
    begun(&daemon, b"PROXY TCP4 192.0.2.8 10.0.0.1 5000 21\r\n").reply().expect(220);
    let refused = client.command("PORT 127,0,0,1,200,1");
    assert_eq!(refused.code, 500, "a data connection goes to the client, not to its proxy");
    daemon.stop();
}

#[test]
fn who_does_not_say_who_he_is_is_not_greeted() {
    let daemon = daemon("ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.0/8\nProxyProtocolTimeout 1");
    is_closed(&begun(&daemon, b"USER alice\r\n"));
    daemon.await_log("no header of the PROXY protocol from 127.0.0.1: what came first was none");
    is_closed(&begun(&daemon, &LINE[..20]));
    daemon.await_log("no header of the PROXY protocol from 127.0.0.1: ProxyProtocolTimeout reached");
    let before = daemon.log().lines().count();
    for _ in 0..20 {
        drop(begun(&daemon, b""));
    }
    is_taken_for(&daemon, LINE, "192.0.2.7");
    let told = daemon.log().lines().skip(before).filter(|line| line.contains("PROXY")).count();
    assert_eq!(told, 0, "a health check fills no log: {}", daemon.log());
    daemon.stop();
}

#[test]
fn only_proxies_are_believed() {
    let daemon = daemon("ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.2");
    let mut client = daemon.session();
    client.command("PWD").expect(257);
    let mut client = begun(&daemon, LINE);
    client.reply().expect(220);
    client.expect_end();
    daemon.await_log("client speaks the PROXY protocol, disconnecting");
    let stream = connected_from([127, 0, 0, 2], daemon.address().port());
    assert_eq!(stream.local_addr().expect("an address").ip(), Ipv4Addr::new(127, 0, 0, 2));
    std::io::Write::write_all(&mut &stream, LINE).expect("sent");
    let mut greeting = [0; 4];
    (&stream).read_exact(&mut greeting).expect("a greeting");
    assert_eq!(&greeting, b"220 ");
    daemon.stop();
}

#[test]
fn the_header_may_be_taken_and_not_believed_and_its_form_be_held_to() {
    let ignoring = daemon("ProxyProtocolEngine on\nProxyProtocolIgnore on");
    is_taken_for(&ignoring, LINE, "127.0.0.1");
    is_taken_for(&ignoring, BINARY, "127.0.0.1");
    ignoring.stop();
    let strict =
        daemon("ProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1\nProxyProtocolVersion haproxyV2");
    is_taken_for(&strict, BINARY, "192.0.2.9");
    is_closed(&begun(&strict, LINE));
    strict.stop();
}

#[test]
fn the_server_is_that_of_the_address_that_the_proxys_client_means_where_that_is_asked_for() {
    let host = |setup: &Setup| {
        let port = setup.port.number;
        format!(
            "<VirtualHost 127.0.0.2>\nPort {port}\nServerAlias b.example\nServerIdent on theirs\n</VirtualHost>"
        )
    };
    let to =
        |port: u16, address: &str| format!("PROXY TCP4 192.0.2.7 {address} 5000 {port}\r\n").into_bytes();
    let proxies = "ServerIdent on ours\n<Global>\nProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1";
    for (option, theirs) in [("", "ours"), ("\nProxyProtocolOptions UseProxiedServerAddress", "theirs")] {
        let setup = Setup::new().line(&format!("{proxies}{option}\n</Global>"));
        let lines = host(&setup);
        let daemon = setup.line(&lines).start();
        let port = daemon.setup.port.number;
        for (address, wanted) in [("127.0.0.2", theirs), ("127.0.0.1", "ours")] {
            let mut client = begun(&daemon, &to(port, address));
            let greeting = client.reply().expect(220).text();
            assert!(greeting.contains(wanted), "{option} {address}: {greeting}");
        }
        let mut client = begun(&daemon, &to(port, "127.0.0.2"));
        client.reply().expect(220);
        client.command("HOST b.example").expect(if theirs == "theirs" { 220 } else { 504 });
        daemon.stop();
    }
}

#[test]
fn each_server_has_proxies_of_its_own() {
    let setup = Setup::new();
    let host = format!(
        "<VirtualHost 127.0.0.2>\nPort {}\nProxyProtocolEngine off\n</VirtualHost>",
        setup.port.number
    );
    let daemon = setup
        .line("<Global>\nProxyProtocolEngine on\nProxyProtocolFrom 127.0.0.1\n</Global>")
        .line(&host)
        .start();
    Client::greeted(SocketAddr::from(([127, 0, 0, 2], daemon.setup.port.number))).command("NOOP").expect(200);
    is_closed(&begun(&daemon, b"NOOP\r\n"));
    is_taken_for(&daemon, LINE, "192.0.2.7");
    daemon.stop();
}
