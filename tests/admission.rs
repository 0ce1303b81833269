//! Limits are exact: as many as the limit says come in, everybody else hears why not.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::thread;

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Reply, Setup, processes, rounds};

mod classes;
mod commands;
mod connections;
mod hosts;
mod resources;
mod transfers;

const LIMIT: usize = 10;

/// Parallel logins of one round.
fn crowd() -> usize {
    rounds(120, 500)
}

/// What came of one login.
enum Outcome {
    In(Client),
    Refused(Reply),
}

impl Outcome {
    fn client(self) -> Option<Client> {
        match self {
            Outcome::In(client) => Some(client),
            Outcome::Refused(_) => None,
        }
    }
}

#[test]
fn exactly_as_many_as_max_clients_come_in() {
    let daemon = limited("MaxClients 10 \"Sorry, %m are in already\"");
    for round in 0..rounds(3, 20) {
        let held = one_round(&daemon, "Sorry, 10 are in already");
        drop(held);
        until(&format!("everybody has left after round {round}"), || sessions(&daemon) == 0);
    }
}

#[test]
fn max_clients_holds_after_kills() {
    let daemon = limited("MaxClients 10");
    let mut held = one_round(&daemon, "10");
    for client in held.drain(..5) {
        processes::send(daemon.slot_of(&client).pid.0, Signal::SIGKILL);
    }
    until("five are left", || sessions(&daemon) == 5);
    let outcomes = parallel(daemon.address(), 40);
    assert_eq!(count_in(&outcomes), 5, "the killed ones' places are free, and no more");
}

/// Also while clients come and go, of whom the master hears a moment later. Anonymous sessions ask for their place at once.
#[test]
fn a_place_is_free_as_soon_as_its_session_has_ended() {
    let section = "<Anonymous /tmp>\nUser nobody\nGroup nogroup\nUserAlias ftp nobody\nRequireValidShell off\nMaxClients 1\n</Anonymous>";
    let daemon = Setup::new().workers(16, 8, 64).line(section).start();
    let mut inside = visitor(&daemon);
    inside.command("PASS a@b").expect(230);
    for _ in 0..rounds(50, 500) {
        let worker = daemon.slot_of(&inside).pid.0;
        let mut next = visitor(&daemon);
        drop(daemon.client());
        processes::send(worker, Signal::SIGKILL);
        until("it has ended", || !processes::lives(worker));
        next.command("PASS a@b").expect(230);
        inside = next;
    }
}

fn visitor(daemon: &Daemon) -> Client {
    let mut client = daemon.client();
    client.command("USER ftp").expect(331);
    client
}

#[test]
fn max_clients_holds_across_a_reload() {
    let daemon = limited("MaxClients 10");
    let held = one_round(&daemon, "10");
    daemon.reload();
    assert_eq!(count_in(&parallel(daemon.address(), 30)), 0, "sessions of the old generation count");
    drop(held);
    until("everybody has left", || sessions(&daemon) == 0);
    let _held = one_round(&daemon, "10");
}

#[test]
fn limits_by_user_and_by_host_are_exact_too() {
    for line in ["MaxClientsPerUser 10", "MaxClientsPerHost 10"] {
        let daemon = limited(line);
        let outcomes = parallel(daemon.address(), 60);
        assert_eq!(count_in(&outcomes), LIMIT, "{line}");
    }
}

#[test]
fn max_instances_is_exact() {
    let daemon = Setup::new().workers(16, 8, 64).line("MaxInstances 10").start();
    let address = daemon.address();
    let greetings = at_once(60, move || {
        let mut client = Client::connect(address)?;
        let reply = client.try_reply()?;
        Ok((client, reply))
    });
    let served = greetings.iter().flatten().filter(|(_, reply)| reply.code == 220).count();
    let refused = greetings.iter().flatten().filter(|(_, reply)| reply.code == 421).count();
    assert_eq!((served, refused), (LIMIT, 50));
}

fn limited(line: &str) -> Daemon {
    Setup::new().workers(16, 8, 64).line("MaxInstances none").line(line).start()
}

/// Everybody logs in at once: ten are in, the others hear the words. Returns those who are in.
fn one_round(daemon: &Daemon, words: &str) -> Vec<Client> {
    let outcomes = parallel(daemon.address(), crowd());
    assert_eq!(outcomes.len(), crowd(), "every login is answered");
    let mut held = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::In(client) => held.push(client),
            Outcome::Refused(reply) => {
                assert_eq!(reply.code, 530, "{reply:?}");
                assert!(reply.text().contains(words), "{reply:?}");
            }
        }
    }
    assert_eq!(held.len(), LIMIT);
    held
}

fn parallel(address: SocketAddr, clients: usize) -> Vec<Outcome> {
    let outcomes = at_once(clients, move || {
        let mut client = Client::connect(address)?;
        client.try_reply()?;
        client.try_command("USER alice")?;
        let reply = client.try_command(&format!("PASS {PASSWORD}"))?;
        Ok(if reply.code == 230 { Outcome::In(client) } else { Outcome::Refused(reply) })
    });
    outcomes.into_iter().map(|outcome| outcome.expect("a login is answered")).collect()
}

/// Runs the same thing in so many threads, all let go at once; their names are their numbers.
fn at_once<T: Send + 'static>(
    number: usize,
    act: impl Fn() -> io::Result<T> + Send + Sync + 'static,
) -> Vec<io::Result<T>> {
    let (act, barrier) = (Arc::new(act), Arc::new(Barrier::new(number)));
    let threads: Vec<_> = (0..number)
        .map(|number| {
            let (act, barrier) = (Arc::clone(&act), Arc::clone(&barrier));
            thread::Builder::new().name(number.to_string()).stack_size(128 * 1024).spawn(move || {
                barrier.wait();
                act()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.expect("a thread").join().expect("no panic")).collect()
}

fn count_in(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::In(_))).count()
}

fn sessions(daemon: &Daemon) -> usize {
    daemon.slots().iter().filter(|slot| slot.client.is_some()).count()
}
