//! MaxCommandRate: commands beyond it wait, and nothing else does.

use std::time::{Duration, Instant};

use crate::harness::{Client, Setup};

fn took(client: &mut Client, commands: usize) -> Duration {
    let began = Instant::now();
    for _ in 0..commands {
        client.command("NOOP").expect(200);
    }
    began.elapsed()
}

#[test]
fn commands_beyond_the_rate_wait_their_turn() {
    // Two for the login, three at once, five that wait 0.4 s each.
    let daemon = Setup::new().line("MaxCommandRate 5 2").start();
    let mut client = daemon.session();
    let waited = took(&mut client, 8);
    assert!((Duration::from_millis(1500)..Duration::from_secs(8)).contains(&waited), "{waited:?}");
    // Each session has its own.
    let mut other = daemon.session();
    let waited = took(&mut other, 3);
    assert!(waited < Duration::from_millis(900), "{waited:?}");
}

#[test]
fn a_rate_that_is_not_reached_and_none_at_all_let_nobody_wait() {
    for line in ["MaxCommandRate 200", "MaxCommandRate 0"] {
        let daemon = Setup::new().line(line).start();
        let waited = took(&mut daemon.session(), 100);
        assert!(waited < Duration::from_secs(2), "{line}: {waited:?}");
    }
}

#[test]
fn who_waits_his_turn_hears_the_daemons_end() {
    let daemon = Setup::new().line("MaxCommandRate 2 3600").start();
    let mut client = daemon.session();
    client.send("NOOP");
    client.send("NOOP");
    daemon.stop();
    client.reply().expect(421);
}
