//! Which ports and addresses a data connection may have, and who is told of them.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use crate::harness::client::{Client, extended_line, extended_port, passive_address, port_line};
use crate::harness::events::until;
use crate::harness::ports::{Range, has_family};
use crate::harness::scale::skipped;
use crate::harness::{Daemon, Setup, rounds};

/// The port of an EPSV.
#[track_caller]
fn passive_port(client: &mut Client) -> u16 {
    extended_port(&client.command("EPSV").expect(229)).expect("a port")
}

fn reach(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[test]
fn sessions_at_the_same_time_never_share_a_passive_port() {
    let range = Range::reserve(12);
    let daemon = Setup::new().workers(12, 12, 24).line("MaxInstances 30").line(&range.line()).start();
    let held = Mutex::new(HashSet::new());
    let rounds = rounds(15, 400);
    thread::scope(|scope| {
        for number in 0..8 {
            let (daemon, held, range) = (&daemon, &held, &range);
            scope.spawn(move || {
                let mut client = daemon.session();
                client.command("TYPE I").expect(200);
                let name = format!("of-{number}");
                for round in 0..rounds {
                    let text = format!("{number} in round {round}");
                    client.store(&name, text.as_bytes());
                    let port = passive_port(&mut client);
                    assert!(range.holds(port), "{port} is outside");
                    assert!(held.lock().expect("held").insert(port), "{port} was given to two");
                    let data = reach(port).expect("a listener");
                    held.lock().expect("held").remove(&port);
                    client.command(&format!("RETR {name}")).expect(150);
                    assert_eq!(std::io::read_to_string(data).expect("bytes"), text, "another's file");
                    client.reply().expect(226);
                }
            });
        }
    });
}

#[test]
fn a_range_of_one_port_serves_one_client_again_and_again() {
    let range = Range::reserve(1);
    let daemon = Setup::new().line(&range.line()).start();
    let mut client = daemon.session();
    for text in ["one", "two", "three"] {
        client.store("file", text.as_bytes());
        assert_eq!(client.retrieve("file"), text.as_bytes());
        assert_eq!(passive_port(&mut client), range.first);
    }
}

#[test]
fn where_a_range_is_full_any_port_is_taken_and_the_log_says_so() {
    let range = Range::reserve(3);
    let daemon = Setup::new().line(&range.line()).workers(6, 2, 6).start();
    let mut sessions: Vec<Client> = (0..4).map(|_| daemon.session()).collect();
    let ports: Vec<u16> = sessions.iter_mut().map(passive_port).collect();
    let inside: HashSet<u16> = ports.iter().copied().filter(|port| range.holds(*port)).collect();
    assert_eq!((inside.len(), range.holds(ports[3])), (3, false), "{ports:?}");
    daemon.await_log("no port of PassivePorts is free");
    sessions[3].command("TYPE I").expect(200);
    let data = reach(ports[3]).expect("a listener outside the range");
    sessions[3].command("NLST").expect(150);
    drop(data);
    sessions[3].reply();
    sessions.truncate(1);
    until("a port of the range", || range.holds(passive_port(&mut sessions[0])));
}

#[test]
fn thousands_of_passive_ports_can_be_asked_for() {
    let range = Range::reserve(50);
    let daemon = Setup::new().line(&range.line()).start();
    let mut client = daemon.session();
    let rounds = rounds(200, 20_000);
    let ports: HashSet<u16> = (0..rounds).map(|_| passive_port(&mut client)).collect();
    assert!(ports.iter().all(|port| range.holds(*port)));
    assert!(ports.len() > 25, "only {} ports of 50 were used", ports.len());
    let worker = daemon.slot_of(&client).pid;
    let open = std::fs::read_dir(format!("/proc/{worker}/fd")).map(Iterator::count);
    assert!(open.is_ok_and(|open| open < 20), "listeners were left open");
}

#[test]
fn a_second_wish_replaces_the_first() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"once");
    let first = passive_port(&mut client);
    let early = reach(first).expect("the first listener");
    let second = passive_port(&mut client);
    assert!(reach(first).is_err(), "a late client of the first listener was let in");
    assert_eq!(std::io::read_to_string(early).ok().unwrap_or_default(), "", "an early one was served");
    let data = reach(second).expect("the second listener");
    client.command("RETR file").expect(150);
    assert_eq!(std::io::read_to_string(data).expect("bytes"), "once");
    client.reply().expect(226);
    let third = passive_port(&mut client);
    let listener = client.active(true);
    assert!(reach(third).is_err(), "PORT left the passive listener open");
    client.command("RETR file").expect(150);
    let (data, _) = listener.accept().expect("the server connects");
    assert_eq!(std::io::read_to_string(data).expect("bytes"), "once");
    client.reply().expect(226);
    client.command("RETR file").expect(425);
}

#[test]
fn a_refused_port_command_changes_nothing() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("file", b"once");
    let port = passive_port(&mut client);
    for line in ["PORT 127,0,0,2,100,100", "PORT 127,0,0,1,0,22", "PORT 1,2,3", "EPRT |1|127.0.0.2|4000|"] {
        assert_eq!(client.command(line).code / 100, 5, "{line}");
    }
    let data = reach(port).expect("the listener is still there");
    client.command("RETR file").expect(150);
    assert_eq!(std::io::read_to_string(data).expect("bytes"), "once");
    client.reply().expect(226);
}

#[test]
fn addresses_that_are_refused_are_refused_in_known_words() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    for (line, reply) in [
        ("PORT 127,0,0,2,100,100", "500 Illegal PORT command"),
        ("PORT 127,0,0,1,3,255", "500 Illegal PORT command"),
        ("PORT 0,0,0,0,100,100", "501 Illegal PORT command"),
        ("PORT 127,0,0,1,0,0", "501 Illegal PORT command"),
        ("PORT 256,0,0,1,100,100", "501 Illegal PORT command"),
        ("EPRT |1|127.0.0.2|4000|", "500 Illegal EPRT command"),
        ("EPRT |1|127.0.0.1|22|", "500 Illegal EPRT command"),
        ("EPRT |2|::1|4000|", "522 Network protocol not supported, use (1)"),
        ("EPSV 2", "522 Network protocol not supported, use (1)"),
        ("EPSV 3", "522 Network protocol not supported, use (1,2)"),
        ("EPSV foo", "501 EPSV: unknown network protocol"),
    ] {
        assert_eq!(client.command(line).text(), reply, "{line}");
    }
    assert_eq!(client.command("EPRT |3|::1|4000|").code, 522);
    client.command("EPSV 1").expect(229);
    for line in [
        "Refused PORT 127,0,0,2,100,100 (address mismatch)",
        "Refused PORT 127,0,0,1,3,255 (port 1023 below 1024, possible bounce attack)",
        "Refused EPRT |1|127.0.0.2|4000| (address mismatch)",
        "Refused EPRT |1|127.0.0.1|22| (port 22 below 1024, possible bounce attack)",
    ] {
        daemon.await_log(line);
    }
}

#[test]
fn after_epsv_all_each_other_word_is_refused() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("EPSV ALL").expect(200);
    for (line, verb) in
        [("PASV", "PASV"), ("PORT 127,0,0,1,200,200", "PORT"), ("EPRT |1|127.0.0.1|4000|", "EPRT")]
    {
        let text = format!("500 Illegal {verb} command, EPSV ALL in effect");
        assert_eq!(client.command(line).text(), text);
    }
    client.store("file", b"x");
    assert_eq!(client.retrieve("file"), b"x");
}

#[test]
fn with_leave_other_hosts_may_have_the_data() {
    let daemon = Setup::new().line("AllowForeignAddress on").start();
    let mut client = daemon.session();
    client.store("file", b"for another");
    let elsewhere = TcpListener::bind(("127.0.0.9", 0)).expect("a listener elsewhere");
    client.command(&port_line(elsewhere.local_addr().expect("bound"))).expect(200);
    client.command("RETR file").expect(150);
    let (data, _) = elsewhere.accept().expect("the server connects");
    assert_eq!(std::io::read_to_string(data).expect("bytes"), "for another");
    client.reply().expect(226);
    client.command("PORT 127,0,0,9,0,22").expect(500);
}

#[test]
fn without_leave_two_servers_have_nothing_from_each_other() {
    let [one, other] = [1, 2].map(|last| Setup::new().on(Ipv4Addr::new(127, 0, 0, last).into()).start());
    let [mut one, mut other] = [&one, &other].map(distant_session);
    for (passive, active) in [(1, 2), (2, 1)] {
        let (passive, active) =
            if passive < active { (&mut one, &mut other) } else { (&mut other, &mut one) };
        let told = passive_address(&passive.command("PASV").expect(227));
        active.command(&port_line(told)).expect(500);
        active.command(&extended_line(told)).expect(500);
        std::mem::swap(passive, active);
    }
}

/// The leave of the one that connects is not enough: who waits for a client sends all others away.
#[test]
fn one_servers_leave_is_not_the_others() {
    let waiting = Daemon::usual();
    let leaving = Setup::new().on(Ipv4Addr::new(127, 0, 0, 2).into()).line("AllowForeignAddress on").start();
    let (mut from, mut to) = (distant_session(&waiting), distant_session(&leaving));
    std::fs::write(waiting.setup.home("alice").join("file"), "for alice alone").expect("a file");
    let told = passive_address(&from.command("PASV").expect(227));
    from.send("RETR file");
    to.command(&port_line(told)).expect(200);
    to.command("STOR stolen").expect(150);
    to.reply();
    from.command("ABOR").expect(426);
    from.reply().expect(226);
    waiting.await_log("Passive connection from 127.0.0.2 refused");
    let stolen = std::fs::read(leaving.setup.home("alice").join("stolen"));
    assert_eq!(stolen.unwrap_or_default(), b"");
}

/// Logged in from an address that no server has.
#[track_caller]
fn distant_session(daemon: &Daemon) -> Client {
    let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 9), daemon.address());
    client.login("alice");
    client
}

#[test]
fn that_leave_may_be_a_sections_alone() {
    for (inside, around, code) in [("on", "off", 200), ("off", "on", 500)] {
        let setup = Setup::new();
        let root = setup.path("anon").display().to_string();
        let lines = format!(
            "AllowForeignAddress {around}\n<Anonymous {root}>\nUser games\nUserAlias anonymous games\nRequireValidShell off\n\
             AllowForeignAddress {inside}\n</Anonymous>"
        );
        let setup = setup.line(&lines);
        setup.write();
        setup.make_folder(&setup.path("anon"), None);
        let daemon = Daemon::start(setup);
        let mut anonymous = daemon.client();
        anonymous.command("USER anonymous").expect(331);
        anonymous.command("PASS me@x").expect(230);
        anonymous.command("PORT 127,0,0,9,200,22").expect(code);
        daemon.session().command("PORT 127,0,0,9,200,22").expect(700 - code);
    }
}

#[test]
fn the_masquerade_address_is_told_by_pasv_alone() {
    let daemon = Setup::new().line("MasqueradeAddress 192.0.2.7").start();
    let mut client = daemon.session();
    let told = passive_address(&client.command("PASV").expect(227));
    assert_eq!(told.ip().to_string(), "192.0.2.7");
    reach(told.port()).expect("a listener on the real address");
    client.store("file", b"EPSV names no address");
}

#[test]
fn an_ipv6_server_can_tell_the_ipv4_address_of_a_router() {
    if !has_family(&Ipv6Addr::LOCALHOST.into()) {
        return skipped("needs IPv6", "an_ipv6_server_can_tell_the_ipv4_address_of_a_router");
    }
    let setup = Setup::new().on(Ipv6Addr::LOCALHOST.into());
    let daemon = setup.line("MasqueradeAddress 192.0.2.7").start();
    let mut client = daemon.session();
    let told = passive_address(&client.command("PASV").expect(227));
    assert_eq!(told.ip().to_string(), "192.0.2.7");
    assert_eq!(client.command("EPSV 1").text(), "522 Network protocol not supported, use (2)");
    client.store("file", b"six");
}
