//! MasqueradeAddress as a name or a device: what is told, when it changes, and when nobody knows the name.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::harness::client::passive_address;
use crate::harness::dns::NameServer;
use crate::harness::events::until;
use crate::harness::scale::as_root;
use crate::harness::{Daemon, Setup};

const SERVICES: &str = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n";
const NOBODY: &str = "127.0.0.1 localhost\n";
const KNOWN: &str = "127.0.0.1 localhost\n192.0.2.8 router.example\n";
const MOVED: &str = "127.0.0.1 localhost\n192.0.2.9 router.example\n";

fn named(hosts: &str, name_server: &str) -> Setup {
    Setup::new()
        .line("MasqueradeAddress router.example")
        .with_host_file("nsswitch.conf", SERVICES)
        .with_host_file("hosts", hosts)
        .with_host_file("resolv.conf", name_server)
}

/// What a new session is told.
fn told(daemon: &Daemon) -> IpAddr {
    passive_address(&daemon.session().command("PASV").expect(227)).ip()
}

fn is_told(daemon: &Daemon, address: &str) -> bool {
    told(daemon).to_string() == address
}

#[test]
fn a_devices_address_is_told() {
    let daemon = Setup::new().line("MasqueradeAddress lo").start();
    assert!(is_told(&daemon, "127.0.0.1"));
}

#[test]
fn a_name_is_asked_for_at_the_start_and_at_every_hup() {
    if !as_root("a_name_is_asked_for_at_the_start_and_at_every_hup") {
        return;
    }
    let daemon = named(KNOWN, "").start();
    assert!(is_told(&daemon, "192.0.2.8"));
    let mut before = daemon.session();
    daemon.setup.replace_host_file("hosts", MOVED, 0o644);
    assert!(is_told(&daemon, "192.0.2.8"), "nobody asks in between");
    daemon.reload();
    // A spare of the old generation may still have taken a client.
    until("the new address", || is_told(&daemon, "192.0.2.9"));
    assert_eq!(passive_address(&before.command("PASV").expect(227)).ip().to_string(), "192.0.2.8");
}

#[test]
fn a_name_that_moves_is_followed_where_that_is_asked_for() {
    if !as_root("a_name_that_moves_is_followed_where_that_is_asked_for") {
        return;
    }
    let daemon = named(KNOWN, "").line("DynMasqRefresh 1").start();
    assert!(is_told(&daemon, "192.0.2.8"));
    daemon.setup.replace_host_file("hosts", MOVED, 0o644);
    until("the new address", || is_told(&daemon, "192.0.2.9"));
    let generation = daemon.header().generation;
    daemon.setup.replace_host_file("hosts", NOBODY, 0o644);
    std::thread::park_timeout(Duration::from_millis(1500));
    assert!(is_told(&daemon, "192.0.2.9"), "a name that is not known for the moment keeps its address");
    assert_eq!(daemon.header().generation, generation);
    daemon.stop();
}

#[test]
fn a_name_service_that_hangs_holds_up_no_start_and_no_reload() {
    if !as_root("a_name_service_that_hangs_holds_up_no_start_and_no_reload") {
        return;
    }
    let server = NameServer::start(None);
    let began = Instant::now();
    let daemon = named(NOBODY, &server.line()).line("DynMasqRefresh 1").start();
    let said = std::fs::read_to_string(daemon.setup.path("stderr")).expect("what the start said");
    assert!(
        said.contains("cannot resolve 'router.example': the host's name service does not answer"),
        "{said}"
    );
    assert!(server.asked() > 0);
    assert!(is_told(&daemon, "127.0.0.1"), "the real address, until the name is known");
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?} is more than the master's patience",
        began.elapsed()
    );
    daemon.setup.replace_host_file("hosts", KNOWN, 0o644);
    crate::harness::events::within(Duration::from_secs(40), "the name's address", || {
        is_told(&daemon, "192.0.2.8").then_some(())
    });
    daemon.stop();
}
