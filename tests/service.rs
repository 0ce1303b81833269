//! The daemon as its keeper sees it: what systemd hears, why a start failed, and that a stop is never slow.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::daemon::run;
use crate::harness::{Client, Daemon, Setup};

/// Far less than ShutdownTimeout, after which workers that missed the order are killed.
const SOON: Duration = Duration::from_secs(4);

#[test]
fn systemd_hears_of_reloads_and_of_the_end() {
    let mut daemon = Daemon::usual();
    let good = fs::read_to_string(daemon.setup.config_file()).expect("the configuration");
    for text in [format!("{good}NoSuchDirective on\n"), good] {
        daemon.rewrite(&text);
        daemon.signal(Signal::SIGHUP);
        daemon.await_notice("RELOADING=1");
        daemon.await_notice("READY=1");
    }
    daemon.signal(Signal::SIGTERM);
    daemon.await_notice("STOPPING=1");
    assert_eq!(daemon.await_end().code(), Some(0));
}

#[test]
fn a_failed_start_is_explained_in_the_system_log_too() {
    let daemon = Daemon::usual();
    let mut second = Setup::new();
    second.port.number = daemon.setup.port.number;
    second.write();
    let output = run(&second, &["-c", "ferryd.conf"]);
    assert_eq!(output.status.code(), Some(1));
    let log = fs::read_to_string(second.path("log/system.log")).expect("its log");
    for said in [String::from_utf8_lossy(&output.stderr).into_owned(), log] {
        assert!(said.contains("fatal: cannot bind"), "{said}");
    }
}

#[test]
fn a_stop_reaches_workers_that_were_just_born() {
    for _ in 0..8 {
        let mut daemon = Daemon::usual();
        drop(Client::greeted(daemon.address()));
        let told = Instant::now();
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.await_end().code(), Some(0));
        assert!(told.elapsed() < SOON, "{}", daemon.log());
    }
}
