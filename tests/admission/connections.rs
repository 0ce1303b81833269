//! Limits on connections, before anybody logs in: MaxConnectionsPerHost and MaxConnectionRate.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::{LIMIT, at_once, crowd, sessions};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Reply, Setup, processes, rounds};

const WORDS: &str = "530 Sorry, the maximum number of connections (10) for your host are already connected.";

fn limited(line: &str) -> Daemon {
    Setup::new().workers(16, 8, 64).line("MaxInstances none").line(line).start()
}

/// So many connections at once: those that are greeted, and what the others hear (nothing, perhaps).
fn knock(address: SocketAddr, clients: usize) -> (Vec<Client>, Vec<Option<Reply>>) {
    let greeted = at_once(clients, move || {
        let mut client = Client::connect(address)?;
        match client.try_reply() {
            Ok(reply) if reply.code == 220 => Ok((Some(client), None)),
            Ok(reply) => Ok((None, Some(reply))),
            Err(error) if is_end(&error) => Ok((None, None)),
            Err(error) => Err(error),
        }
    });
    let mut in_and_out = (Vec::new(), Vec::new());
    for outcome in greeted {
        match outcome.expect("every connection is answered") {
            (Some(client), _) => in_and_out.0.push(client),
            (None, reply) => in_and_out.1.push(reply),
        }
    }
    in_and_out
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

fn assert_refused(refused: &[Option<Reply>]) {
    for reply in refused {
        assert_eq!(reply.as_ref().map(Reply::text).as_deref(), Some(WORDS));
    }
}

#[test]
fn exactly_as_many_connections_of_a_host_are_greeted() {
    let daemon = limited("MaxConnectionsPerHost 10");
    for round in 0..rounds(3, 20) {
        let (mut held, refused) = knock(daemon.address(), crowd());
        assert_eq!((held.len(), refused.len()), (LIMIT, crowd() - LIMIT), "round {round}");
        assert_refused(&refused);
        let mut elsewhere = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 2), daemon.address());
        elsewhere.login("alice");
        // Logged in they count as before; who leaves without a word and who is killed counts no more.
        held[0].login("alice");
        held[1].login("alice");
        processes::send(daemon.slot_of(&held[0]).pid.0, nix::sys::signal::Signal::SIGKILL);
        held.truncate(7);
        until("the killed one and three that said nothing are gone", || sessions(&daemon) == 7);
        let (more, refused) = knock(daemon.address(), 40);
        assert_eq!(more.len(), 4, "round {round}");
        assert_refused(&refused);
        drop((held, more, elsewhere));
        until("everybody has left", || sessions(&daemon) == 0);
    }
}

#[test]
fn max_connections_per_host_holds_across_a_reload() {
    let daemon = limited("MaxConnectionsPerHost 10");
    let (mut held, _) = knock(daemon.address(), crowd());
    held.iter_mut().for_each(|client| client.login("alice"));
    daemon.reload();
    let (more, refused) = knock(daemon.address(), 40);
    assert_eq!(more.len(), 0);
    assert_refused(&refused);
}

#[test]
fn max_connections_per_host_has_the_operators_words() {
    let daemon = limited("MaxConnectionsPerHost 1 \"No more than %m\"");
    let mut first = daemon.client();
    let mut second = Client::connect(daemon.address()).expect("a connection");
    assert_eq!(second.reply().text(), "530 No more than 1");
    second.expect_end();
    daemon.await_log("Connection refused (MaxConnectionsPerHost 1)");
    first.login("alice");
    let mut third = Client::connect(daemon.address()).expect("a connection");
    third.reply().expect(530);
}

#[test]
fn max_connection_rate_closes_the_others_without_a_word() {
    let daemon = limited("MaxConnectionRate 10 3600");
    let (held, refused) = knock(daemon.address(), crowd());
    assert_eq!(held.len(), LIMIT);
    assert!(refused.iter().all(Option::is_none), "nothing is said");
    daemon.await_log("MaxConnectionRate (10/3600 secs) reached, new connection denied");
    drop(held);
    until("everybody has left", || sessions(&daemon) == 0);
    let (held, _) = knock(daemon.address(), 20);
    assert_eq!(held.len(), 0, "who has left has come all the same");
    daemon.reload();
    assert_eq!(knock(daemon.address(), 20).0.len(), 0, "so has who came before the reload");
}

#[test]
fn a_rate_that_is_not_reached_lets_everybody_in() {
    let daemon = limited("MaxConnectionRate 60");
    assert_eq!(knock(daemon.address(), 50).0.len(), 50);
}
