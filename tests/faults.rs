//! What goes wrong around a daemon: too many of it, too many orders, a file that changes under its eyes, limits that are reached, workers
//! that hang. Afterwards no slot is leaked, no worker lost, no zombie left, and no session of others was cut.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ferryd::scoreboard::{State, layout};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::cost::Cost;
use crate::harness::daemon::{end_group, program};
use crate::harness::events::until;
use crate::harness::load::{Counts, Load, visitor, wanted};
use crate::harness::processes::{self, Process};
#[cfg(target_arch = "x86_64")]
use crate::harness::puppet::Puppet;
use crate::harness::scale::{has_program, rounds};
use crate::harness::{Client, Daemon, Setup, eventually};

/// Everything is as a daemon without clients has it: one generation, one auth, spares and no other slot, nothing unreaped.
#[track_caller]
fn assert_whole(daemon: &Daemon) {
    until("spares of one generation alone", || {
        let generation = daemon.header().generation;
        daemon.slots().iter().all(|slot| slot.state == State::Spare && slot.generation == generation)
    });
    until("one auth", || daemon.auths().len() == 1);
    until("no zombie", || !daemon.processes().iter().any(Process::is_zombie));
    let spares = daemon.count(State::Spare);
    // master, auth, recorder, nursery
    until("no process too many", || daemon.processes().len() == daemon.count(State::Spare) + 4);
    assert!(spares > 0);
    daemon.session().store("whole", b"bytes");
}

#[test]
fn of_masters_started_at_once_one_serves() {
    for _ in 0..rounds(3, 50) {
        let setup = Setup::new();
        setup.write();
        let start = || {
            let mut command = program(&setup);
            command.args(["-n", "-q", "-c", "ferryd.conf"]).stdout(Stdio::null()).stderr(Stdio::piped());
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
            command.spawn().expect("the daemon's program")
        };
        let mut masters: Vec<Child> = (0..6).map(|_| start()).collect();
        let ended = |master: &mut Child| master.try_wait().expect("a child of ours").is_some();
        until("the end of all but one", || {
            masters.iter_mut().filter_map(|one| ended(one).then_some(())).count() >= 5
        });
        Client::greeted(setup.socket_address()).login("alice");
        let at = masters.iter_mut().position(|master| !ended(master)).expect("one serves");
        let mut master = masters.swap_remove(at);
        for master in masters {
            let output = master.wait_with_output().expect("it has ended");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("running already") || said.contains("another server"), "{said}");
        }
        let pid = i32::try_from(master.id()).expect("a pid");
        // A spare may have a client before its master has seen that all are ready.
        until("the PidFile", || {
            let text = fs::read_to_string(setup.path("run/ferryd.pid")).unwrap_or_default();
            text.trim() == pid.to_string()
        });
        processes::send(pid, Signal::SIGTERM);
        eventually("its end", || master.try_wait().expect("a child of ours"));
        end_group(pid);
        assert!(!setup.path("run/ferryd.pid").exists() && !setup.path("run/board").exists());
    }
}

/// Clients that come, move a file and leave, without pause.
fn visits(daemon: &Daemon) -> Load {
    fs::write(daemon.setup.home("alice").join("small"), b"small").expect("written");
    let address = daemon.address();
    Load::start(4, move |counts| {
        let mut client = visitor(address, "alice", counts)?;
        let cut = |_: &std::io::Error| Counts::add(&counts.cut, 1);
        assert_eq!(client.try_download("RETR small").inspect_err(cut)?, b"small");
        Counts::add(&counts.downloads, 1);
        wanted(client.try_command("QUIT"), 221).inspect_err(cut)
    })
}

#[test]
fn a_storm_of_reloads_harms_nobody() {
    let daemon = Setup::new().workers(4, 2, 16).line("MaxInstances none").start();
    let mut session = daemon.session();
    let load = visits(&daemon);
    let (storm, began) = (rounds(30, 100), Instant::now());
    for number in 1..=storm {
        daemon.signal(Signal::SIGHUP);
        // Ten a second: their pace is what is tested.
        let next = began + Duration::from_millis(100) * u32::try_from(number).expect("few");
        while Instant::now() < next {
            std::thread::park_timeout(next - Instant::now());
        }
    }
    load.finish_unharmed(&format!("{storm} HUPs in {:?}", began.elapsed()));
    session.store("file", b"bytes");
    session.command("QUIT").expect(221);
    let header = daemon.header();
    assert!(header.generation > 1 && header.refused_reloads == 0, "{header:?}");
    assert_whole(&daemon);
    daemon.stop();
}

/// Below `end`, and another each time.
fn random(end: usize) -> usize {
    usize::try_from(RandomState::new().hash_one(end) % end as u64).expect("below a usize")
}

#[test]
fn whoever_is_killed_under_load_the_others_go_on() {
    let daemon = Setup::new().workers(4, 4, 16).line("MaxInstances none").start();
    let mut held = [daemon.session(), daemon.session()];
    let spared: Vec<i32> = held.iter().map(|session| daemon.slot_of(session).pid.0).collect();
    let load = visits(&daemon);
    // Auth, its steward, recorder, nursery; and those that have a client, or wait for one.
    let mut killed = [0, 0];
    for _ in 0..rounds(15, 300) {
        let servants: Vec<i32> = daemon.servants().into_iter().collect();
        let workers: Vec<i32> = daemon.slots().iter().map(|slot| slot.pid.0).collect();
        let workers = workers.into_iter().filter(|pid| !spared.contains(pid)).collect();
        let kind = random(2);
        let among: &Vec<i32> = [&servants, &workers][kind];
        if among.is_empty() {
            continue;
        }
        let victim = among[random(among.len())];
        // It may have left by itself meanwhile.
        if kill(Pid::from_raw(victim), Signal::SIGKILL).is_ok() {
            killed[kind] += 1;
        }
        until("its end", || !processes::lives(victim));
        let before = Counts::of(&load.counts.downloads);
        until("clients that are served", || Counts::of(&load.counts.downloads) > before);
        held[0].command("NOOP").expect(200);
    }
    let counts = load.finish();
    let [connections, refused, cut] = [&counts.connections, &counts.refused, &counts.cut].map(Counts::of);
    let [servants, workers] = killed;
    println!(
        "killed {servants} servants and {workers} workers: connections {connections}, refused {refused}, cut {cut}"
    );
    assert!(servants > 0 && workers > 0);
    assert!(refused + cut <= workers + 4 * servants, "more were harmed than those killed can have served");
    held[1].store("file", b"bytes");
    for mut session in held {
        session.command("QUIT").expect(221);
    }
    assert_whole(&daemon);
    daemon.stop();
}

#[test]
fn a_configuration_replaced_while_it_is_read_is_refused_or_whole() {
    let daemon = Setup::new().start();
    let good = daemon.setup.text();
    // Half of it is broken in its last line alone.
    let broken = format!("{good}{}NoSuchDirective on\n", "# padding\n".repeat(20_000));
    let load = visits(&daemon);
    let is_over = Arc::new(AtomicBool::new(false));
    let path = daemon.setup.config_file();
    let writer = {
        let (is_over, good, path) = (Arc::clone(&is_over), good.clone(), path.clone());
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                for text in [&good, &broken] {
                    // In place, so that a reader may find the half of it.
                    fs::write(&path, text).expect("written");
                }
            }
        })
    };
    for _ in 0..rounds(20, 200) {
        let before = daemon.header();
        daemon.signal(Signal::SIGHUP);
        until("the end of the reload", || {
            let now = daemon.header();
            now.generation + now.refused_reloads > before.generation + before.refused_reloads
        });
    }
    is_over.store(true, Ordering::Relaxed);
    writer.join().expect("the writer");
    load.finish_unharmed("reloads of a file that changes");
    fs::write(&path, &good).expect("written");
    daemon.reload();
    assert_whole(&daemon);
    daemon.stop();
}

/// prlimit(1) of a running process.
fn limit(pid: i32, what: &str) {
    let done = Command::new("prlimit").args(["--pid", &pid.to_string(), what]).status();
    assert!(done.expect("prlimit").success(), "{what}");
}

#[test]
fn a_master_without_descriptors_refuses_a_reload_and_goes_on() {
    if !has_program("prlimit", "a_master_without_descriptors_refuses_a_reload_and_goes_on") {
        return;
    }
    let daemon = Setup::new().start();
    let mut session = daemon.session();
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).expect("its descriptors").count();
    for more in 1..12 {
        limit(daemon.pid(), &format!("--nofile={}:", open + more));
        let before = daemon.header();
        daemon.signal(Signal::SIGHUP);
        until("the end of the reload", || {
            let now = daemon.header();
            now.refused_reloads > before.refused_reloads || now.generation > before.generation
        });
        session.store("file", b"bytes");
    }
    limit(daemon.pid(), "--nofile=1024:");
    assert!(daemon.header().refused_reloads > 0, "the limit was never reached");
    daemon.await_log("configuration refused");
    daemon.reload();
    session.command("QUIT").expect(221);
    assert_whole(&daemon);
    daemon.stop();
}

#[test]
fn a_reload_without_processes_is_refused_and_the_daemon_goes_on() {
    let name = "a_reload_without_processes_is_refused_and_the_daemon_goes_on";
    if !has_program("prlimit", name) || !crate::harness::as_root(name) {
        return;
    }
    let daemon = Setup::new().start();
    let mut session = daemon.session();
    // What it bears inherits the limit, which root is above.
    limit(daemon.pid(), "--nproc=0:");
    daemon.reload_in_vain();
    session.store("file", b"bytes");
    daemon.session().store("file", b"bytes");
    limit(daemon.pid(), "--nproc=1000:");
    daemon.reload();
    session.command("QUIT").expect(221);
    assert_whole(&daemon);
    daemon.stop();
}

/// A clock that is set forward or back ends no wait too soon and none too late: nothing that waits reads it.
#[test]
fn timers_read_no_clock_that_can_be_set() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = ["master", "master/upgrade", "master/admission", "worker/watch", "nursery"];
    let listed =
        folders.iter().flat_map(|folder| fs::read_dir(source.join(folder)).expect("a source folder"));
    let files = listed.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let more = ["worker/timeouts.rs", "worker/orders.rs", "sys/poll.rs"].map(|name| source.join(name));
    for file in files.chain(more) {
        let text = fs::read_to_string(&file).expect("a source file");
        // The moments that the shutdown file names are the wall clock's, and its timer hears of a clock that is set.
        let is_told_by_clock = file.ends_with("shutdown_file.rs");
        assert!(
            is_told_by_clock || !(text.contains("SystemTime") || text.contains("clock::")),
            "{}",
            file.display()
        );
    }
}

/// The watchdog's turns follow one another soon.
pub fn hasten_watchdog(daemon: &Daemon, turn: Duration) {
    let turn = u64::try_from(turn.as_millis()).expect("short");
    let board = OpenOptions::new().write(true).open(daemon.board_file()).expect("ours to write");
    board.write_all_at(&turn.to_le_bytes(), layout::header::WATCHDOG_TURN as u64).expect("written");
}

#[test]
fn a_worker_that_hangs_is_ended_and_those_at_rest_are_not() {
    let daemon = Setup::new().start();
    hasten_watchdog(&daemon, Duration::from_millis(20));
    let (mut resting, mut hanging) = (daemon.session(), daemon.session());
    let pid = daemon.slot_of(&hanging).pid.0;
    processes::send(pid, Signal::SIGSTOP);
    daemon.await_log(&format!("worker {pid} spins or hangs"));
    until("its end", || !processes::lives(pid));
    assert!(hanging.try_command("NOOP").is_err());
    resting.store("file", b"bytes");
    resting.command("QUIT").expect(221);
    assert_whole(&daemon);
    daemon.stop();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_worker_that_spins_is_ended_and_others_are_not() {
    if !crate::harness::as_root("a_worker_that_spins_is_ended_and_others_are_not") {
        return;
    }
    let daemon = Setup::new().workers(4, 2, 16).line("MaxInstances none").start();
    let load = visits(&daemon);
    let (mut resting, mut spinning) = (daemon.session(), daemon.session());
    let pid = daemon.slot_of(&spinning).pid.0;
    Puppet::hold(pid).spin();
    let before = Cost::of(pid);
    until("it does nothing but run", || Cost::of(pid).cpu_since(before) > Duration::from_millis(50));
    // Whoever is kept from the processor by this one and the load must have his turn in a round.
    hasten_watchdog(&daemon, Duration::from_millis(100));
    daemon.await_log(&format!("worker {pid} spins or hangs"));
    until("its end", || !processes::lives(pid));
    assert!(spinning.try_command("NOOP").is_err());
    load.finish_unharmed("a worker that spins");
    resting.store("file", b"bytes");
    resting.command("QUIT").expect(221);
    assert_whole(&daemon);
    daemon.stop();
}

#[test]
fn a_spare_that_does_not_retire_is_ended() {
    let daemon = Setup::new().start();
    hasten_watchdog(&daemon, Duration::from_millis(20));
    let spare = eventually("a spare", || daemon.slots().into_iter().find(|slot| slot.state == State::Spare));
    processes::send(spare.pid.0, Signal::SIGSTOP);
    daemon.reload();
    daemon.await_log(&format!("worker {} spins or hangs", spare.pid));
    daemon.await_log("generation 1 has ended");
    assert_whole(&daemon);
    daemon.stop();
}
