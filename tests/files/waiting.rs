//! Listings that wait for the names of owners.

use std::fs;
use std::io::Read;
use std::os::unix::fs::chown;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::processes::send;
use crate::harness::{Daemon, as_root};

/// How long a listing waits for a name that auth does not tell.
const PATIENCE: Duration = Duration::from_secs(1);
/// Waits that are tried: on a busy host one may last longer than its patience whatever is heard.
const TRIES: usize = 20;

fn sockets(pid: i32) -> usize {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return 0 };
    let targets = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter(|target| target.as_os_str().as_encoded_bytes().starts_with(b"socket:")).count()
}

/// How long a session that waits for a name takes to leave when it is told to, from before it asked.
fn time_to_leave(daemon: &Daemon) -> Duration {
    let mut client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    let auth = daemon.auth();
    let at_rest = sockets(pid);
    send(auth, Signal::SIGSTOP);
    let began = Instant::now();
    client.send("STAT foreign");
    // The one on which the answer would come.
    until("a question", || sockets(pid) > at_rest || began.elapsed() > PATIENCE);
    send(pid, Signal::SIGTERM);
    let mut told = String::new();
    let end = client.stream().read_to_string(&mut told);
    let took = began.elapsed();
    send(auth, Signal::SIGCONT);
    assert!(end.is_ok() && told.contains("\n421 "), "{end:?}: {told}");
    took
}

#[test]
fn a_session_that_waits_for_a_name_hears_an_order_to_leave() {
    if !as_root("a_session_that_waits_for_a_name_hears_an_order_to_leave") {
        return;
    }
    let daemon = Daemon::usual();
    let file = daemon.setup.home("alice").join("foreign");
    fs::write(&file, b"x").expect("a file");
    chown(&file, Some(59_999), Some(59_999)).expect("given");
    // A session that did not hear it would not leave before its patience ends, however often that is tried.
    assert!(
        (0..TRIES).any(|_| time_to_leave(&daemon) < PATIENCE),
        "no session left while it waited for a name"
    );
    daemon.session().command("STAT foreign").expect(213);
    daemon.stop();
}
