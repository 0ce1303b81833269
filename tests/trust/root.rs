//! root is nobody's identity: not the workers' before login, not an account's.

use std::fs;

use ferryd::scoreboard::State;

use crate::harness::daemon::run;
use crate::harness::{Daemon, PASSWORD, PASSWORD_HASH, Setup, as_root, processes};

const NOBODY: u32 = 65_534;

/// The usual configuration, changed.
fn written(change: impl Fn(String) -> String) -> Setup {
    let setup = Setup::new();
    setup.write();
    setup.write_file("ferryd.conf", &change(setup.text()), 0o644);
    setup
}

#[test]
fn where_user_is_root_or_missing_workers_are_nobody() {
    if !as_root("where_user_is_root_or_missing_workers_are_nobody") {
        return;
    }
    for user in ["User root\nGroup root\n", "User root\n", ""] {
        let daemon = Daemon::start(written(|text| text.replace("User nobody\nGroup nogroup\n", user)));
        daemon.await_spares(1);
        let spares = daemon.slots().into_iter().filter(|slot| slot.state == State::Spare);
        for spare in spares {
            assert_eq!(processes::uid_of(spare.pid.0), Some(NOBODY), "{user:?}");
        }
        let said = fs::read_to_string(daemon.setup.path("stderr")).expect("stderr") + &daemon.log();
        assert!(said.to_lowercase().contains("nobody"), "{user:?}: {said}");
        drop(daemon.session());
        daemon.stop();
    }
}

#[test]
fn accounts_of_roots_are_refused() {
    if !as_root("accounts_of_roots_are_refused") {
        return;
    }
    let setup = Setup::new().line("MaxLoginAttempts 9");
    setup.write();
    let accounts = [("toor", 0, 0), ("half", 0, 52_001), ("wheel", 52_001, 0)];
    let lines =
        accounts.map(|(name, uid, gid)| format!("{name}:{PASSWORD_HASH}:{uid}:{gid}::/tmp:/bin/sh\n"));
    setup.write_file("users", &lines.concat(), 0o600);
    let daemon = Daemon::start(setup);
    for (name, ..) in accounts {
        let mut client = daemon.client();
        client.command(&format!("USER {name}")).expect(331);
        client.command(&format!("PASS {PASSWORD}")).expect(530);
    }
    daemon.stop();
}

#[test]
fn root_logins_cannot_be_turned_on() {
    let setup = written(|text| text + "RootLogin on\n");
    let output = run(&setup, &["-n", "-q", "-c", "ferryd.conf"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("RootLogin"), "{said}");
    let daemon = Daemon::start(written(|text| text + "RootLogin off\n"));
    daemon.stop();
}
