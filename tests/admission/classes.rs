//! Classes of clients: who is of which, and how many of one come in.

use std::net::Ipv4Addr;

use super::{Outcome, count_in, crowd, parallel, sessions};
use crate::harness::events::until;
use crate::harness::scale::as_root;
use crate::harness::{Client, Daemon, PASSWORD, Setup, processes, rounds};

const CLASSES: &str = "\
<Class never>
From 127.0.0.2 !127.0.0.2
Satisfy all
</Class>
<Class office>
From 127.0.0.2,127.0.0.4
</Class>
<Class lab>
From 127.0.0.4
From 127.0.0.8/30
From !127.0.0.0/8
</Class>";

fn class_of(daemon: &Daemon, last: u8) -> String {
    let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 0, last), daemon.address());
    client.command("USER alice").expect(331);
    String::from_utf8(daemon.slot_of(&client).class).expect("text")
}

#[test]
fn a_client_is_of_the_first_class_that_has_it() {
    let daemon = Setup::new().line(CLASSES).start();
    for (last, class) in [(1, ""), (2, "office"), (4, "office"), (9, "lab"), (11, "lab"), (12, "")] {
        assert_eq!(class_of(&daemon, last), class, "127.0.0.{last}");
    }
    let daemon = Setup::new().start();
    assert_eq!(class_of(&daemon, 2), "");
}

#[test]
fn a_class_may_go_by_names() {
    if !as_root("a_class_may_go_by_names") {
        return;
    }
    let named = |class: &str| {
        let hosts = "127.0.0.1 Client.Example\n127.0.0.2 other.test\n";
        let setup = Setup::new().line("UseReverseDNS on").with_host_file("hosts", hosts);
        setup.line(&format!("<Class named>\nFrom {class}\n</Class>")).start()
    };
    for (class, first, second) in [
        (".example", "named", ""),
        ("client.example", "named", ""),
        ("*.test", "", "named"),
        ("!.example", "", "named"),
    ] {
        let daemon = named(class);
        for (last, wanted) in [(1, first), (2, second)] {
            let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 0, last), daemon.address());
            client.login("alice");
            assert_eq!(daemon.slot_of(&client).class, wanted.as_bytes(), "{class} and 127.0.0.{last}");
        }
    }
}

#[test]
fn max_clients_per_class_speaks_of_its_class_alone() {
    let lines =
        "MaxClientsPerClass office 1\nMaxClientsPerClass lab 1 \"The lab has %m\"\nMaxClientsPerClass lab 9";
    let daemon = Setup::new().line(CLASSES).line(lines).start();
    let from = |last| Client::greeted_from(Ipv4Addr::new(127, 0, 0, last), daemon.address());
    let refused = |last| {
        let mut client = from(last);
        client.command("USER alice").expect(331);
        let words = client.command(&format!("PASS {PASSWORD}")).expect(530).text();
        client.expect_end();
        words
    };
    let mut held: Vec<Client> = [2, 9, 1, 1].map(from).into();
    held.iter_mut().for_each(|client| client.login("alice"));
    let office = "530 Sorry, the maximum number of clients (1) from your class are already connected.";
    assert_eq!(refused(4), office);
    assert_eq!(refused(10), "530 The lab has 1");
    daemon.await_log("Connection refused (MaxClientsPerClass lab 1)");
    held.swap_remove(0).command("QUIT").expect(221);
    until("the office has left", || sessions(&daemon) == 3);
    from(4).login("alice");
}

#[test]
fn max_clients_per_class_is_exact_across_kills_and_a_reload_that_names_another_class_first() {
    let class = |name: &str, origin: &str| format!("<Class {name}>\nFrom {origin}\n</Class>\n");
    let limit = "MaxClientsPerClass here 10";
    let setup = Setup::new().workers(16, 8, 64).line("MaxInstances none").line(limit);
    let daemon = setup.line(&class("here", "127.0.0.1")).start();
    for round in 0..rounds(2, 10) {
        let outcomes = parallel(daemon.address(), crowd());
        assert_eq!(count_in(&outcomes), 10, "round {round}");
        let held: Vec<Client> = outcomes.into_iter().filter_map(Outcome::client).collect();
        for client in held.iter().take(4) {
            processes::send(daemon.slot_of(client).pid.0, nix::sys::signal::Signal::SIGKILL);
        }
        until("six are left", || sessions(&daemon) == 6);
        let others = daemon.setup.text() + &class(&format!("other{round}"), "10.0.0.0/8");
        daemon.rewrite(&(class(&format!("first{round}"), "10.0.0.1") + &others));
        daemon.reload();
        assert_eq!(count_in(&parallel(daemon.address(), 40)), 4, "round {round}");
        drop(held);
        until("everybody has left", || sessions(&daemon) == 0);
    }
}
