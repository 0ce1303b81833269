//! MaxHostsPerUser: from how many addresses one user is logged in at once.

use std::net::Ipv4Addr;

use super::{at_once, crowd, sessions};
use crate::harness::events::until;
use crate::harness::{Client, PASSWORD, Setup, rounds};

const HOSTS: usize = 3;

#[test]
fn a_user_comes_from_so_many_hosts_and_any_number_of_times_from_each() {
    let setup = Setup::new().workers(16, 8, 64).line("MaxInstances none").with_account("bob");
    let daemon = setup.line(&format!("MaxHostsPerUser {HOSTS}")).start();
    let address = daemon.address();
    for round in 0..rounds(3, 20) {
        let outcomes = at_once(crowd(), move || {
            let last = std::thread::current().name().and_then(|name| name.parse::<usize>().ok()).unwrap_or(0);
            let source = Ipv4Addr::new(127, 0, 0, (1 + last % 12) as u8);
            let mut client = Client::greeted_from(source, address);
            client.try_command("USER alice")?;
            let reply = client.try_command(&format!("PASS {PASSWORD}"))?;
            Ok((source, client, reply))
        });
        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("an answer")).collect();
        let mut inside: Vec<Ipv4Addr> =
            outcomes.iter().filter(|(_, _, reply)| reply.code == 230).map(|(source, ..)| *source).collect();
        let logins = inside.len();
        inside.sort_unstable();
        inside.dedup();
        assert_eq!(inside.len(), HOSTS, "round {round}");
        let expected = outcomes.iter().filter(|(source, ..)| inside.contains(source)).count();
        assert_eq!(logins, expected, "a host that is in is in as often as it likes");
        let words = "530 Sorry, the maximum number of hosts (3) for this user are already connected.";
        assert!(outcomes.iter().all(|(.., reply)| reply.code == 230 || reply.text() == words));
        let mut other = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 200), address);
        other.login("bob");
        daemon.await_log("Connection refused (MaxHostsPerUser 3)");
        drop((outcomes, other));
        until("everybody has left", || sessions(&daemon) == 0);
    }
}
