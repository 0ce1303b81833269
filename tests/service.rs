//! The daemon as its keeper sees it: what systemd hears, why a start failed, and that a stop is never slow.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::daemon::run;
use crate::harness::ports::has_family;
use crate::harness::scale::skipped;
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
fn systemd_hears_what_the_daemon_does() {
    let mut daemon = Setup::new().variable("WATCHDOG_USEC", "200000").start();
    let address = daemon.address();
    daemon.await_notice("WATCHDOG=1");
    daemon.await_notice("WATCHDOG=1");
    daemon.signal(Signal::SIGHUP);
    daemon.await_notice(&format!("STATUS=Generation 2 serves at {address}"));
    daemon.rewrite("NoSuchDirective on\n");
    daemon.signal(Signal::SIGHUP);
    let place = format!("{}:1:1", daemon.setup.config_file().display());
    let refused = format!("STATUS=Generation 2 serves at {address}; its last reload was refused: {place}");
    daemon.await_notice_that(&refused, |line| line.starts_with(refused.as_bytes()));
    daemon.signal(Signal::SIGQUIT);
    daemon.await_notice("STATUS=No new connections; sessions finish");
}

#[test]
fn a_client_that_came_before_the_daemon_is_served() {
    let setup = Setup::new();
    let listener = TcpListener::bind(setup.socket_address()).expect("a listener");
    let mut client = Client::connect(setup.socket_address()).expect("its backlog");
    let mut daemon = setup.handed(listener.try_clone().expect("another descriptor")).start();
    client.reply().expect(220);
    client.login("alice");
    client.command("QUIT").expect(221);
    daemon.signal(Signal::SIGHUP);
    daemon.await_log("generation 2 serves");
    daemon.session().store("file", b"after a reload");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.await_end().code(), Some(0));
    TcpStream::connect(listener.local_addr().expect("its address")).expect("what was handed over stays open");
}

#[test]
fn a_listener_that_nobody_would_serve_is_told() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = other.local_addr().expect("its address");
    let daemon = Setup::new().handed(other).start();
    let said = fs::read_to_string(daemon.setup.path("stderr")).expect("stderr");
    assert!(said.contains(&format!("passed a listener at {address}")), "{said}");
    daemon.session();
}

#[test]
fn a_listener_of_both_families_is_refused_where_ipv4_has_its_own() {
    if !has_family(&Ipv6Addr::LOCALHOST.into()) {
        return skipped("needs IPv6", "a listener of both families is refused where ipv4 has its own");
    }
    let setup = Setup::new().on(Ipv4Addr::UNSPECIFIED.into());
    let both = TcpListener::bind((Ipv6Addr::UNSPECIFIED, setup.port.number)).expect("a listener");
    let setup = setup.handed(both);
    setup.write();
    let output = run(&setup, &["-n", "-c", "ferryd.conf"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("BindIPv6Only=ipv6-only"), "{said}");
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
