//! Signals to the master and to a worker, and what is left after each end; starts, at a terminal and in the background.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use ferryd::scoreboard::State;
use nix::sys::signal::Signal;

use crate::harness::daemon::{Background, run};
use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::{Client, Daemon, Setup, eventually, processes};

#[test]
fn term_tells_everybody_and_leaves_nothing() {
    let mut daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 64 << 20]).expect("written");
    let mut idle = daemon.session();
    let mut waiting = daemon.client();
    let mut loading = daemon.session();
    let mut data = loading.extended_passive();
    loading.command("RETR big").expect(150);
    data.read_exact(&mut [0; 1000]).expect("bytes");
    daemon.signal(Signal::SIGTERM);
    for client in [&mut idle, &mut waiting] {
        client.reply().expect(421);
        client.expect_end();
    }
    let reply = eventually("421", || loading.try_reply().ok().filter(|reply| reply.code == 421));
    assert_eq!(reply.code, 421);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
    daemon.await_log("killed (signal 15)");
}

#[test]
fn quit_lets_sessions_finish() {
    let mut daemon = Daemon::usual();
    let mut client = daemon.session();
    daemon.signal(Signal::SIGQUIT);
    until("no more connections", || {
        Client::connect(daemon.address()).and_then(|mut client| client.try_reply()).is_err()
    });
    client.store("late", b"still served");
    assert!(daemon.ended().is_none());
    client.command("QUIT").expect(221);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

/// Its worker has listeners as long as it may meet another client.
#[test]
fn a_client_that_says_nothing_keeps_no_door_open_after_quit() {
    let mut daemon = Daemon::usual();
    let mut silent = daemon.client();
    daemon.signal(Signal::SIGQUIT);
    until("the address is free", || std::net::TcpListener::bind(daemon.address()).is_ok());
    silent.login("alice");
    silent.command("QUIT").expect(221);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

#[test]
fn quit_waits_for_sessions_as_long_as_drain_timeout_says() {
    let mut daemon = Setup::new().line("DrainTimeout 1").start();
    let mut client = daemon.session();
    daemon.signal(Signal::SIGQUIT);
    client.reply().expect(421);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
    assert!(daemon.log().contains("DrainTimeout: the sessions that are left are disconnected"));
}

#[test]
fn interrupt_ends_as_term_does() {
    let mut daemon = Daemon::usual();
    let mut client = daemon.session();
    daemon.signal(Signal::SIGINT);
    client.reply().expect(421);
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

#[test]
fn interrupt_to_the_whole_group_is_the_masters_business() {
    let mut daemon = Daemon::usual();
    let mut client = daemon.session();
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(daemon.pid()), Signal::SIGINT)
        .expect("our own daemon's");
    client.reply().expect(421);
    client.expect_end();
    assert_eq!(daemon.await_end().code(), Some(0));
    daemon.assert_gone();
}

#[test]
fn term_to_a_worker_ends_its_session_alone() {
    let daemon = Daemon::usual();
    let mut ended = daemon.session();
    let mut other = daemon.session();
    processes::send(daemon.slot_of(&ended).pid.0, Signal::SIGTERM);
    ended.reply().expect(421);
    ended.expect_end();
    other.command("NOOP").expect(200);
    daemon.session();
}

#[test]
fn workers_leave_hup_and_int_to_the_master() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    processes::send(pid, Signal::SIGINT);
    processes::send(pid, Signal::SIGHUP);
    client.command("NOOP").expect(200);
}

#[test]
fn hup_makes_the_next_generation_and_sessions_finish_under_the_old() {
    let daemon = Setup::new().line("AllowStoreRestart on").start();
    let mut old = daemon.session();
    let pid = daemon.slot_of(&old).pid.0;
    daemon.rewrite(&daemon.setup.text().replace("\"Test\"", "\"Renamed\""));
    daemon.reload();
    assert_eq!(daemon.header().generation, 2);
    // A spare of the old generation may be the one that a client wakes before it has heard the bell.
    let new = eventually("a worker of the new generation", || {
        let mut client = Client::connect(daemon.address()).ok()?;
        client.try_reply().ok()?.text().contains("Renamed").then_some(client)
    });
    assert_eq!(daemon.slot_of(&new).generation, 2);
    let slot = daemon.slot_of(&old);
    assert_eq!((slot.pid.0, slot.generation), (pid, 1));
    old.store("still", b"served");
    until("no spare of the old generation", || {
        daemon.slots().iter().all(|slot| slot.state != State::Spare || slot.generation == 2)
    });
    daemon.stop();
}

#[test]
fn hup_with_a_broken_file_changes_nothing() {
    let daemon = Daemon::usual();
    let usual = daemon.setup.text();
    daemon.rewrite(&format!("{usual}Bogus directive\n"));
    daemon.reload_in_vain();
    let line = usual.lines().count() + 1;
    daemon.await_log(&format!("ferryd.conf:{line}:1"));
    daemon.session();
    daemon.rewrite(&usual);
    daemon.signal(Signal::SIGHUP);
    until("the next generation", || daemon.header().generation == 2);
    daemon.session();
}

#[test]
fn hup_opens_and_closes_ports_and_keeps_what_stays() {
    let daemon = Daemon::usual();
    let other = Port::reserve();
    let section = format!("<VirtualHost 127.0.0.1>\nPort {}\n</VirtualHost>\n", other.number);
    let address = (std::net::Ipv4Addr::LOCALHOST, other.number).into();
    assert!(Client::connect(address).is_err());
    daemon.rewrite(&format!("{}{section}", daemon.setup.text()));
    daemon.reload();
    Client::greeted(address);
    daemon.client();
    daemon.rewrite(&daemon.setup.text());
    daemon.reload();
    until("the port is closed", || Client::connect(address).is_err());
    daemon.client();
}

#[test]
fn hup_with_a_port_that_is_taken_changes_nothing() {
    let daemon = Daemon::usual();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let section = format!("<VirtualHost 127.0.0.1>\nPort {port}\n</VirtualHost>\n");
    daemon.rewrite(&format!("{}{section}", daemon.setup.text()));
    daemon.reload_in_vain();
    daemon.await_log(&format!("127.0.0.1:{port}"));
    daemon.session();
}

#[test]
fn a_removed_directive_falls_back_to_its_default() {
    let daemon = Setup::new().line("MaxInstances 1").start();
    let held = daemon.session();
    Client::connect(daemon.address()).expect("a connection").reply().expect(421);
    daemon.rewrite(&daemon.setup.text().replace("MaxInstances 1\n", ""));
    daemon.reload();
    daemon.session();
    drop(held);
}

#[test]
fn usr1_reopens_the_logs_for_running_sessions_too() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("one", b"1");
    let lines =
        |name: &str| fs::read_to_string(daemon.setup.path(name)).map_or(0, |text| text.lines().count());
    until("the first line", || lines("log/xferlog") == 1);
    for name in ["log/xferlog", "log/system.log"] {
        fs::rename(daemon.setup.path(name), daemon.setup.path(&format!("{name}.1"))).expect("rotated");
    }
    daemon.signal(Signal::SIGUSR1);
    until("new files", || {
        ["log/xferlog", "log/system.log"].iter().all(|name| daemon.setup.path(name).exists())
    });
    // The recorder may hear of a new file a little after it is there: what it hears before goes to the old one.
    let mut stored = 1;
    until("a line in the new file", || {
        client.store("two", b"2");
        stored += 1;
        lines("log/xferlog") > 0
    });
    until("every line in one of the two", || lines("log/xferlog.1") + lines("log/xferlog") == stored);
    assert_eq!(daemon.header().generation, 1);
    client.command("QUIT").expect(221);
    daemon.await_log("FTP session closed");
}

#[test]
fn the_pid_file_is_written_when_ready_and_named_by_its_lock() {
    let daemon = Daemon::usual();
    let text = fs::read_to_string(daemon.pid_file()).expect("written when ready");
    assert_eq!(text, format!("{}\n", daemon.pid()));
    let meta = fs::metadata(daemon.pid_file()).expect("written");
    assert_eq!(meta.permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_second_start_touches_nothing_of_the_first() {
    let daemon = Daemon::usual();
    let inode = |path: &std::path::Path| fs::metadata(path).expect("there").ino();
    let before = (inode(&daemon.pid_file()), inode(&daemon.board_file()));
    let pid = fs::read_to_string(daemon.pid_file()).expect("there");
    let second = run(&daemon.setup, &["-q", "-c", "ferryd.conf"]);
    assert_eq!(second.status.code(), Some(1));
    let other = Port::reserve();
    daemon.rewrite(
        &daemon
            .setup
            .text()
            .replace(&format!("Port {}\n", daemon.setup.port.number), &format!("Port {}\n", other.number)),
    );
    let third = run(&daemon.setup, &["-n", "-c", "ferryd.conf"]);
    assert_eq!(third.status.code(), Some(1), "the PidFile is held");
    assert!(String::from_utf8_lossy(&third.stderr).contains("ferryd.pid"));
    let moved =
        daemon.setup.text().replace("run/ferryd.pid", "run/other.pid").replace("run/board", "run/other");
    daemon.rewrite(&moved);
    let fourth = run(&daemon.setup, &["-n", "-c", "ferryd.conf"]);
    assert_eq!(fourth.status.code(), Some(1), "the port is held");
    assert!(String::from_utf8_lossy(&fourth.stderr).contains(&daemon.address().to_string()));
    assert!(!daemon.setup.path("run/other.pid").exists() && !daemon.setup.path("run/other").exists());
    assert_eq!((inode(&daemon.pid_file()), inode(&daemon.board_file())), before);
    assert_eq!(fs::read_to_string(daemon.pid_file()).expect("there"), pid);
    daemon.session();
}

#[test]
fn in_the_background_the_command_returns_when_clients_are_served() {
    let setup = Setup::new();
    setup.write();
    let daemon = Background::start(&setup);
    let mut client = Client::greeted(setup.socket_address());
    client.login("alice");
    processes::send(daemon.pid, Signal::SIGTERM);
    client.reply().expect(421);
    until("its end", || !processes::lives(daemon.pid));
    assert!(!setup.path("run/ferryd.pid").exists() && !setup.path("run/board").exists());
}

#[test]
fn in_the_background_a_failed_start_says_why() {
    let taken = Port::reserve();
    let listener = TcpListener::bind(("127.0.0.1", taken.number)).expect("reserved");
    let setup = Setup::new();
    let port = format!("Port {}\n", setup.port.number);
    setup.write();
    setup.write_file("ferryd.conf", &setup.text().replace(&port, &format!("Port {}\n", taken.number)), 0o644);
    let output = run(&setup, &["-c", "ferryd.conf"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&listener.local_addr().expect("bound").to_string()), "{said}");
    assert!(!setup.path("run/ferryd.pid").exists() && !setup.path("run/board").exists());
}
