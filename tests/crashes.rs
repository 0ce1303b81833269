//! A process of the daemon's crashes, is killed or hangs: what is left, and that the others go on.

use std::fs;
use std::io::Write;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::harness::daemon::Background;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Setup, eventually, processes};

#[track_caller]
fn nursery(daemon: &Daemon) -> i32 {
    eventually("the nursery", || daemon.nursery())
}

#[test]
fn sessions_outlive_a_killed_master_and_the_next_start_takes_over() {
    let mut daemon = Daemon::usual();
    let mut client = daemon.session();
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    until("PidFile and board are removed", || !daemon.pid_file().exists() && !daemon.board_file().exists());
    client.command("NOOP").expect(200);
    let session = client.local_address();
    until("the spares have left", || {
        Client::connect(daemon.address()).and_then(|mut client| client.try_reply()).is_err()
    });
    let _second = Background::start(&daemon.setup);
    daemon.session();
    client.command("NOOP").expect(200);
    assert_eq!(client.local_address(), session);
}

#[test]
fn a_client_that_says_nothing_does_not_keep_the_next_start_from_its_port() {
    let mut daemon = Daemon::usual();
    let mut silent = daemon.client();
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    until("the address is free", || std::net::TcpListener::bind(daemon.address()).is_ok());
    let _second = Background::start(&daemon.setup);
    daemon.session();
    // Auth has left with its master; this client still has somebody to talk to.
    silent.command("NOOP").expect(200);
}

/// As after a loss of power, where the files outlive it.
#[test]
fn what_is_left_when_all_are_killed_is_replaced_and_told() {
    let daemon = Setup::new().line("HiddenStores on").start();
    let mut client = daemon.session();
    let mut data = client.passive();
    client.command("STOR big").expect(150);
    data.write_all(b"half of it").expect("written");
    until("the upload has begun", || {
        daemon.slots().iter().any(|slot| slot.transfer.as_ref().is_some_and(|transfer| transfer.done > 0))
    });
    let number = daemon.pid();
    let stray = daemon.setup.path("run/.board.4194305.new");
    fs::write(&stray, b"of a start that was killed").expect("written");
    let mut daemon = daemon;
    // Stopped first, so that nobody has time to clear up.
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        daemon.processes().iter().for_each(|process| processes::send(process.pid, signal));
    }
    daemon.await_end();
    assert!(daemon.pid_file().exists() && daemon.board_file().exists(), "there is something to find");
    let second = Background::start(&daemon.setup);
    daemon.await_log(&format!("the last daemon (pid {number}) ended without a word"));
    let named = daemon.await_log("the upload of alice from 127.0.0.1 was cut short");
    assert!(named.contains("/.in.big. may be left") && named.contains("10 bytes"), "{named}");
    let left = daemon.setup.home("alice").join(".in.big.");
    assert_eq!(fs::read(&left).expect("the half"), b"half of it");
    assert!(!stray.exists());
    assert_eq!(daemon.header().master.map(|master| master.0), Some(second.pid));
    daemon.session().store("other", b"goes on");
    // A daemon that ended well leaves nothing to tell of.
    let told = |log: &str| log.matches("ended without a word").count();
    processes::send(second.pid, Signal::SIGTERM);
    until("its end", || !daemon.pid_file().exists());
    let _third = Background::start(&daemon.setup);
    assert_eq!(told(&daemon.log()), 1, "{}", daemon.log());
}

/// The number in it is for people: only as many bytes as one has are read.
#[test]
fn a_pid_file_without_end_holds_up_no_start() {
    let setup = Setup::new();
    setup.write();
    let path = setup.path("run/ferryd.pid");
    fs::File::create(&path).expect("a file").set_len(1 << 40).expect("its size");
    let daemon = setup.start();
    assert_eq!(fs::read_to_string(daemon.pid_file()).expect("a PidFile"), format!("{}\n", daemon.pid()));
    assert!(!daemon.log().contains("ended without a word"));
    daemon.stop();
}

#[test]
fn a_crashed_master_leaves_no_files() {
    for signal in [Signal::SIGSEGV, Signal::SIGABRT] {
        let mut daemon = Daemon::usual();
        daemon.signal(signal);
        let status = daemon.await_end();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32));
        until("PidFile and board are removed", || {
            !daemon.pid_file().exists() && !daemon.board_file().exists()
        });
        let said = fs::read_to_string(daemon.setup.path("stderr")).expect("a file") + &daemon.log();
        assert!(said.contains("signal") || said.contains("SIG"), "one line about it: {said}");
    }
}

#[test]
fn a_master_killed_after_its_pid_file_moved_leaves_no_files() {
    let mut daemon = Daemon::usual();
    daemon.rewrite(&daemon.setup.text().replace("run/ferryd.pid", "run/other.pid"));
    daemon.reload();
    let moved = daemon.setup.path("run/other.pid");
    assert!(moved.exists() && !daemon.pid_file().exists());
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    until("PidFile and board are removed", || !moved.exists() && !daemon.board_file().exists());
}

#[test]
fn auth_recorder_and_nursery_are_started_again() {
    let daemon = Daemon::usual();
    let mut old = daemon.session();
    let first =
        eventually("auth, recorder and nursery", || Some(daemon.servants()).filter(|found| found.len() == 3));
    for pid in first.clone() {
        processes::send(pid, Signal::SIGKILL);
        until("a successor", || {
            let now = daemon.servants();
            now.len() == 3 && !now.contains(&pid)
        });
        eventually("a login", || {
            let mut client = Client::connect(daemon.address()).ok()?;
            client.try_reply().ok()?;
            client.try_command("USER alice").ok()?;
            client.try_command(&format!("PASS {PASSWORD}")).ok().filter(|reply| reply.code == 230)
        });
        old.command("NOOP").expect(200);
    }
    old.store("after", b"all three");
    daemon.stop();
}

#[test]
fn a_recorder_that_dies_young_is_started_again_a_moment_later() {
    let daemon = Daemon::usual();
    if !daemon.setup.has_identities() {
        return;
    }
    let recorder_but =
        |gone: i32| eventually("a recorder", || Some(daemon.recorder()).filter(|pid| *pid != gone));
    let first = recorder_but(0);
    processes::send(first, Signal::SIGKILL);
    let second = recorder_but(first);
    let killed = std::time::Instant::now();
    processes::send(second, Signal::SIGKILL);
    recorder_but(second);
    assert!(killed.elapsed().as_millis() >= 50, "not at once");
    daemon.session().command("QUIT").expect(221);
    daemon.await_log("session closed");
    daemon.stop();
}

#[test]
fn an_auth_that_ends_while_the_daemon_drains_is_started_again() {
    let mut daemon = Daemon::usual();
    if !daemon.setup.has_identities() {
        return;
    }
    let auth = daemon.auth();
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    daemon.signal(Signal::SIGQUIT);
    daemon.await_log("received SIGQUIT");
    processes::send(auth, Signal::SIGKILL);
    daemon.await_log("another takes its place");
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    client.command("QUIT").expect(221);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

/// Real-time signals have no names; whom they end is reaped like others.
#[test]
fn an_auth_that_a_nameless_signal_ended_is_started_again() {
    let daemon = Daemon::usual();
    let auth = daemon.auth();
    let killed = Command::new("kill").args(["-40", &auth.to_string()]).status().expect("kill");
    assert!(killed.success());
    daemon.await_log("killed by signal 40");
    assert_ne!(daemon.auth(), auth);
    drop(daemon.session());
}

#[test]
fn a_nursery_that_hangs_holds_up_no_stop() {
    let mut daemon = Setup::new().line("ShutdownTimeout 1").start();
    if !daemon.setup.has_identities() {
        return;
    }
    let nursery = nursery(&daemon);
    daemon.await_spares(2);
    processes::send(nursery, Signal::SIGSTOP);
    // Each takes a spare, which nobody replaces.
    let _clients = [daemon.client(), daemon.client()];
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

#[test]
fn a_retired_nursery_that_hangs_holds_up_no_stop() {
    let mut daemon = Setup::new().line("ShutdownTimeout 1").start();
    if !daemon.setup.has_identities() {
        return;
    }
    let nursery = nursery(&daemon);
    daemon.await_spares(2);
    processes::send(nursery, Signal::SIGSTOP);
    let clients = [daemon.client(), daemon.client()];
    daemon.reload();
    drop(clients);
    processes::send(nursery, Signal::SIGKILL);
    daemon.await_log("generation 1 has ended");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}
