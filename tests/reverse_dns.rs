//! The names of clients: where they show, that nobody can choose his own, and that a name service which hangs holds nobody up.

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::dns::{NameServer, Words};
use crate::harness::scale::as_root;
use crate::harness::{Client, Setup, eventually};

/// What a login may take where the name service says nothing: the worker's patience and something for a busy machine.
const WITHOUT_NAMES: Duration = Duration::from_secs(4);

fn asking(words: Words) -> (NameServer, Setup) {
    let server = NameServer::start(words);
    let services = "passwd: files\ngroup: files\nshadow: files\nhosts: dns\n";
    let setup = Setup::new()
        .line("UseReverseDNS on")
        .with_host_file("nsswitch.conf", services)
        .with_host_file("resolv.conf", &server.line());
    (server, setup)
}

#[test]
fn a_clients_name_is_in_the_log_and_in_ftpwho() {
    if !as_root("a_clients_name_is_in_the_log_and_in_ftpwho") {
        return;
    }
    let setup = Setup::new()
        .line("UseReverseDNS on")
        .with_host_file("hosts", "127.0.0.1 Client.Example\n127.0.0.1 other.example\n");
    let welcome = setup.path("welcome");
    std::fs::write(&welcome, "you are %R\n").expect("written");
    let daemon = setup.line(&format!("DisplayLogin {}", welcome.display())).start();
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    let welcome = client.command("PASS wonderland").expect(230);
    assert!(welcome.text().contains("you are client.example"), "{}", welcome.text());
    daemon.await_log("(client.example[127.0.0.1]): FTP session opened");
    assert_eq!(daemon.slot_of(&client).client_name, b"client.example");
    client.store("file", b"x");
    eventually("a line", || {
        let log = std::fs::read_to_string(daemon.setup.path("log/xferlog")).ok()?;
        log.contains(" client.example ").then_some(())
    });
}

#[test]
fn a_name_that_does_not_lead_back_is_nobodys() {
    if !as_root("a_name_that_does_not_lead_back_is_nobodys") {
        return;
    }
    for (name, address, is_believed) in [
        ("bank.example", Ipv4Addr::new(127, 0, 0, 2), false),
        ("client.example", Ipv4Addr::LOCALHOST, true),
        ("x]y.example", Ipv4Addr::LOCALHOST, false),
        ("10.9.8.7", Ipv4Addr::LOCALHOST, false),
    ] {
        let (_server, setup) = asking(Some((name, address)));
        let daemon = setup.start();
        let client = daemon.session();
        let shown = if is_believed { name } else { "127.0.0.1" };
        assert_eq!(daemon.slot_of(&client).client_name, shown.as_bytes(), "{name}");
        daemon.await_log(&format!("({shown}[127.0.0.1]): FTP session opened"));
    }
}

#[test]
fn a_name_service_that_hangs_holds_nobody_up() {
    if !as_root("a_name_service_that_hangs_holds_nobody_up") {
        return;
    }
    let (server, setup) = asking(None);
    let daemon = setup.workers(24, 24, 30).start();
    daemon.await_spares(24);
    let address = daemon.address();
    let clients: Vec<_> = (1..=20)
        .map(|last| {
            thread::spawn(move || {
                let begun = Instant::now();
                let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 1, last), address);
                client.command("USER alice").expect(331);
                let greeted = begun.elapsed();
                client.command("PASS wonderland").expect(230);
                (client, greeted, begun.elapsed())
            })
        })
        .collect();
    let sessions: Vec<_> = clients.into_iter().map(|client| client.join().expect("a login")).collect();
    for (_, greeted, logged_in) in &sessions {
        assert!(*greeted < Duration::from_secs(1), "USER waited {greeted:?}");
        assert!(*logged_in < WITHOUT_NAMES, "login took {logged_in:?}");
    }
    assert!(server.asked() > 0);
    daemon.await_log("(127.0.1.1[127.0.1.1]): FTP session opened");
}

#[test]
fn whoever_says_nothing_costs_no_lookup() {
    if !as_root("whoever_says_nothing_costs_no_lookup") {
        return;
    }
    let (server, setup) = asking(Some(("client.example", Ipv4Addr::LOCALHOST)));
    let daemon = setup.start();
    for _ in 0..5 {
        drop(daemon.client());
    }
    assert_eq!(server.asked(), 0);
    // Two questions for the first session: its name, and the name's address; what the second needs is known by then.
    daemon.session();
    let asked = server.asked();
    assert!(asked > 0);
    daemon.session();
    assert_eq!(server.asked(), asked);
}

#[test]
fn without_reverse_dns_nobody_is_asked() {
    if !as_root("without_reverse_dns_nobody_is_asked") {
        return;
    }
    let (server, setup) = asking(Some(("client.example", Ipv4Addr::LOCALHOST)));
    let daemon = setup.line("UseReverseDNS off").start();
    daemon.session();
    assert_eq!(server.asked(), 0);
    daemon.await_log("(127.0.0.1[127.0.0.1]): FTP session opened");
}
