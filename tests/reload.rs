//! Reload under load: no connection is refused and no transfer cut, whatever the new configuration says.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::load::{Counts, HeldDownload, Load, visitor, wanted};
use crate::harness::ports::Port;
use crate::harness::{Client, Daemon, Setup, eventually, patterned};

const CLIENTS: usize = 8;
const TRANSFERS: usize = 4;
const RELOADS: usize = 20;
const SIZE: usize = 24 << 20;

/// What the next HUP finds.
#[derive(Clone, Copy, Debug)]
enum Change {
    Broken,
    Directive,
    Port,
    Logs,
}

const CHANGES: [Change; 4] = [Change::Broken, Change::Directive, Change::Port, Change::Logs];

#[test]
fn under_load_no_connection_is_refused_and_no_transfer_cut() {
    let daemon = Setup::new().workers(8, 4, 32).line("MaxInstances none").start();
    let bytes = patterned(SIZE);
    fs::write(daemon.setup.home("alice").join("big"), &bytes).expect("written");
    fs::write(daemon.setup.home("alice").join("small"), b"small").expect("written");
    let address = daemon.address();
    let visits = Load::start(CLIENTS, move |counts| {
        let mut client = visitor(address, "alice", counts)?;
        let cut = |_: &std::io::Error| Counts::add(&counts.cut, 1);
        let small = client.try_download("RETR small").inspect_err(cut)?;
        assert_eq!(small, b"small");
        Counts::add(&counts.downloads, 1);
        wanted(client.try_command("QUIT"), 221).inspect_err(cut)
    });
    let expected = sum(&bytes);
    let mut whole = 0;
    let mut reloads = 0;
    // Each round of transfers spans two reloads: it is begun before the first and let go after the second.
    while reloads < RELOADS {
        let transfers: Vec<_> = (0..TRANSFERS).map(|_| HeldDownload::begin(address, "big")).collect();
        for _ in 0..2 {
            reload(&daemon, CHANGES[reloads % CHANGES.len()], reloads);
            reloads += 1;
        }
        for transfer in transfers {
            assert_eq!(sum(&transfer.finish()), expected, "a checksum differs");
            whole += 1;
        }
    }
    let connections = visits.finish_unharmed(&format!("reloads {reloads}, equal transfers {whole}"));
    assert!(connections > 100, "there was no load");
    let header = daemon.header();
    assert_eq!((header.generation, header.refused_reloads), (16, 5));
    daemon.stop();
}

/// Sends one HUP and waits until the header tells what came of it.
fn reload(daemon: &Daemon, change: Change, number: usize) {
    let usual = daemon.setup.text();
    let added = Port::reserve();
    let text = match change {
        Change::Broken => format!("{usual}Bogus {number}\n"),
        Change::Directive => format!("{usual}TimeoutIdle {}\n", 100 + number),
        Change::Port => format!("{usual}<VirtualHost 127.0.0.1>\nPort {}\n</VirtualHost>\n", added.number),
        Change::Logs => usual.replace("/log/", "/log/other-"),
    };
    daemon.rewrite(&text);
    let before = daemon.header();
    daemon.signal(Signal::SIGHUP);
    until(&format!("the end of reload {number} ({change:?})"), || {
        let now = daemon.header();
        match change {
            Change::Broken => now.refused_reloads == before.refused_reloads + 1,
            _ => now.generation == before.generation + 1,
        }
    });
}

fn sum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn a_log_that_cannot_be_opened_is_a_refusal() {
    let daemon = Setup::new().start();
    let usual = daemon.setup.text();
    daemon.rewrite(&usual.replace("SystemLog ", "SystemLog /nowhere"));
    daemon.reload_in_vain();
    daemon.await_log("configuration refused, generation 1 goes on: ");
    daemon.session();
}

#[test]
fn another_path_to_the_same_pid_file_changes_nothing() {
    let daemon = Daemon::usual();
    std::os::unix::fs::symlink(daemon.setup.path("run"), daemon.setup.path("alias")).expect("a link");
    let text = daemon.setup.text();
    daemon.rewrite(&text.replace("run/ferryd.pid", "alias/ferryd.pid"));
    daemon.reload();
    assert_eq!(
        std::fs::read_to_string(daemon.pid_file()).expect("still there").trim(),
        daemon.pid().to_string()
    );
    // Refused with the lock it found, whatever else would refuse it.
    let other = Setup::new();
    other.write();
    other.write_file(
        "ferryd.conf",
        &other.text().replace(
            &other.path("run/ferryd.pid").display().to_string(),
            &daemon.pid_file().display().to_string(),
        ),
        0o644,
    );
    let refused = crate::harness::daemon::run(&other, &["-n", "-c", "ferryd.conf"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is running already"), "{refused:?}");
    daemon.rewrite(&text);
    daemon.reload();
    daemon.stop();
}

/// The nursery of a generation that is being raised, held still while it serves beside the running one; None where it was faster.
fn nursery_held_while_it_is_raised(daemon: &Daemon) -> Option<i32> {
    let confined = |pid: i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.contains("Seccomp:\t2")
    };
    let born = |pid: i32| daemon.slots().iter().any(|slot| slot.pid.0 == pid);
    let before: Vec<i32> = daemon.processes().iter().map(|process| process.pid).collect();
    daemon.signal(Signal::SIGHUP);
    let found = crate::harness::eventually("the new nursery", || {
        let mut all = daemon.processes();
        all.retain(|process| !before.contains(&process.pid) && confined(process.pid) && !born(process.pid));
        all.iter().map(|process| process.pid).min()
    });
    crate::harness::processes::send(found, Signal::SIGSTOP);
    let is_raised = daemon.header().generation > 1;
    if is_raised {
        crate::harness::processes::send(found, Signal::SIGCONT);
    }
    (!is_raised).then_some(found)
}

#[test]
fn no_worker_of_a_refused_generation_serves_a_second_client() {
    for _ in 0..10 {
        let daemon = Setup::new().start();
        if !daemon.setup.has_identities() {
            return;
        }
        let text: String = daemon
            .setup
            .text()
            .lines()
            .filter(|line| !line.contains("Workers "))
            .fold(String::new(), |all, line| all + line + "\n");
        daemon.rewrite(&(text + "StartWorkers 200\nMinSpareWorkers 200\nMaxSpareWorkers 200\n"));
        let Some(nursery) = nursery_held_while_it_is_raised(&daemon) else { continue };
        let clients: Vec<_> = (0..8).map(|_| daemon.client()).collect();
        let of_new = || daemon.slots().iter().filter(|slot| slot.generation == 2).count();
        let busy = daemon
            .slots()
            .iter()
            .any(|slot| slot.generation == 2 && slot.state == ferryd::scoreboard::State::Greeting);
        crate::harness::processes::send(nursery, Signal::SIGKILL);
        // It may have borne all of them before it was held.
        let serves = || daemon.header().generation == 2;
        until("the refusal", || daemon.header().refused_reloads == 1 || serves());
        drop(clients);
        if serves() {
            continue;
        }
        until("the end of whoever it bore", || of_new() == 0);
        daemon.session().command("QUIT").expect(221);
        daemon.stop();
        if busy {
            return;
        }
    }
}

#[test]
fn sessions_of_an_older_configuration_last_as_long_as_they_may() {
    let daemon = Setup::new().start();
    let mut old = daemon.session();
    daemon.reload();
    daemon.rewrite(&(daemon.setup.text() + "MaxSessionAge 1\n"));
    let mut newer = session_of_generation(&daemon, 2);
    daemon.reload();
    daemon.await_log("MaxSessionAge: sessions of generation 2 that are left in 1 s are disconnected");
    let mut newest = session_of_generation(&daemon, 3);
    for session in [&mut old, &mut newer] {
        session.reply().expect(421);
        session.expect_end();
    }
    for number in [1, 2] {
        daemon.await_log(&format!("generation {number} has ended"));
        let log = daemon.log();
        let [told, done] = ["that are left in 1 s are disconnected", "are disconnected"].map(|end| {
            let line = format!("sessions of generation {number} {end}");
            log.find(&line).expect("a line")
        });
        assert!(told < done, "{log}");
    }
    newest.command("NOOP").expect(200);
    daemon.stop();
}

/// A session of generation `number`: a spare of an older one may meet a client before it has heard that it is to leave.
pub fn session_of_generation(daemon: &Daemon, number: u32) -> Client {
    eventually(&format!("a session of generation {number}"), || {
        let session = daemon.session();
        (daemon.slot_of(&session).generation == number).then_some(session)
    })
}
