//! USR2: another program takes the master's place, and nobody notices; or it cannot, and the one before goes on.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::process::Command;

use ferryd::scoreboard::layout::header;
use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::load::{Counts, HeldDownload, Load, visitor, wanted};
use crate::harness::processes::{self, Process, children_of};
use crate::harness::scale::rounds;
use crate::harness::{Client, Daemon, Setup, patterned};

/// Puts another file in the place of the daemon's program, as a package manager does: by a rename. A shell writes it, for a descriptor
/// that is open for writing would go to children of other tests, and nobody may execute such a file.
pub fn replace_program(daemon: &Daemon, content: &str, mode: &str) {
    let script =
        format!("rm -f \"$1\"; {{ {content}; }} > \"$1\" && chmod {mode} \"$1\" && mv \"$1\" \"$2\"");
    let program = daemon.setup.program.clone().expect("a program of its own");
    let beside = program.with_extension("new");
    let done = Command::new("sh").args(["-c", &script, "sh"]).args([beside, program]).status();
    assert!(done.expect("a shell").success(), "{script}");
}

/// The same program with other bytes, and another inode.
fn next_build(daemon: &Daemon) {
    replace_program(daemon, concat!("cat ", env!("CARGO_BIN_EXE_ferryd"), "; echo another build"), "755");
}

/// The file that the master runs.
fn running(daemon: &Daemon) -> u64 {
    fs::metadata(format!("/proc/{}/exe", daemon.pid())).expect("the master's program").ino()
}

/// USR2, and waits until another generation serves.
#[track_caller]
fn upgrade(daemon: &Daemon) {
    let before = daemon.header().generation;
    daemon.signal(Signal::SIGUSR2);
    until("the upgrade", || daemon.header().generation > before);
}

fn own() -> Setup {
    Setup::new().with_own_program()
}

#[test]
fn another_program_takes_the_masters_place() {
    let mut daemon = own().start();
    let (pid, inode) = (daemon.pid(), running(&daemon));
    let text = fs::read_to_string(daemon.pid_file()).expect("a PidFile");
    let board = fs::metadata(daemon.board_file()).expect("the board").ino();
    let mut session = daemon.session();
    session.store("file", b"before");
    let logins = daemon.header().totals.logins;
    next_build(&daemon);
    daemon.signal(Signal::SIGUSR2);
    daemon.await_notice("RELOADING=1");
    daemon.await_notice("READY=1");
    assert_ne!(running(&daemon), inode, "it runs the new file");
    assert_eq!(fs::read_to_string(daemon.pid_file()).expect("a PidFile"), text);
    assert_eq!(fs::metadata(daemon.board_file()).expect("the board").ino(), board);
    assert_eq!((daemon.header().generation, daemon.slot_of(&session).generation), (2, 1));
    assert!(daemon.header().totals.logins >= logins, "totals go on");
    session.store("file", b"after");
    daemon.session().store("other", b"new");
    daemon.await_log("upgraded from ferryd");
    session.command("QUIT").expect(221);
    daemon.await_log("generation 1 has ended");
    assert_eq!(daemon.pid(), pid);
    let refused = crate::harness::daemon::run(&daemon.setup, &["-n", "-c", "ferryd.conf"]);
    assert_ne!(refused.status.code(), Some(0), "the PidFile is locked, the port taken");
    until("no zombie", || zombies(&daemon) == 0);
    daemon.stop();
}

fn zombies(daemon: &Daemon) -> usize {
    daemon.processes().iter().filter(|process| process.is_zombie()).count()
}

#[test]
fn hup_and_another_upgrade_work_after_an_upgrade() {
    let daemon = own().start();
    for generation in [2, 4, 6] {
        next_build(&daemon);
        upgrade(&daemon);
        assert_eq!(daemon.header().generation, generation);
        daemon.reload();
        daemon.session().store("file", b"bytes");
    }
    daemon.stop();
}

const CLIENTS: usize = 8;
const TRANSFERS: usize = 4;
const SIZE: usize = 24 << 20;

#[test]
fn under_load_no_connection_is_refused_and_no_transfer_cut() {
    let daemon = own().workers(8, 4, 32).line("MaxInstances none").start();
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
    let (upgrades, mut whole, mut both) = (rounds(10, 100), 0, 0);
    for number in 0..upgrades {
        let transfers: Vec<_> = (0..TRANSFERS).map(|_| HeldDownload::begin(address, "big")).collect();
        if number % 2 == 0 {
            next_build(&daemon);
        }
        upgrade(&daemon);
        let generations: BTreeSet<u32> = daemon.slots().iter().map(|slot| slot.generation).collect();
        both += usize::from(generations.len() > 1);
        for transfer in transfers {
            assert!(transfer.finish() == bytes, "a checksum differs");
            whole += 1;
        }
    }
    let connections = visits
        .finish_unharmed(&format!("upgrades {upgrades}, equal transfers {whole}, two generations {both}"));
    assert!(connections > 20, "there was no load");
    assert_eq!(both, upgrades);
    until("no zombie", || zombies(&daemon) == 0);
    daemon.stop();
}

#[test]
fn ten_in_a_row_leave_one_program_and_one_generation() {
    let daemon = own().start();
    for _ in 0..10 {
        daemon.signal(Signal::SIGUSR2);
    }
    until("an upgrade", || daemon.header().generation > 1);
    // While one is under way others are refused; each that begins ends.
    until("the last upgrade", || {
        let log = daemon.log();
        log.matches("upgrading from").count() == log.matches("upgraded from").count()
            && children_of(daemon.pid()).iter().all(|child| !is_asked(child))
    });
    for _ in 0..9 {
        upgrade(&daemon);
    }
    until("one generation", || {
        daemon.slots().iter().all(|slot| slot.generation == daemon.header().generation)
    });
    until("no zombie", || zombies(&daemon) == 0);
    daemon.session().store("file", b"bytes");
    daemon.stop();
}

#[test]
fn limits_hold_across_an_upgrade() {
    let daemon = own().line("MaxClientsPerUser 1").start();
    let mut session = daemon.session();
    upgrade(&daemon);
    daemon.client().command("USER alice").expect(331);
    assert!(Client::greeted(daemon.address()).try_login("alice").is_err(), "one is in already");
    session.command("QUIT").expect(221);
    until("a login", || Client::greeted(daemon.address()).try_login("alice").is_ok());
    daemon.stop();
}

#[test]
fn what_the_programs_before_have_borne_is_served_when_auth_dies() {
    let daemon = own().start();
    let mut session = daemon.session();
    let auths = daemon.auths();
    upgrade(&daemon);
    auths.iter().for_each(|auth| processes::send(*auth, Signal::SIGKILL));
    daemon.await_log("auth of generation 1 ended");
    until("two auths", || daemon.auths().len() == 2);
    session.store("file", b"bytes");
    session.command("QUIT").expect(221);
    daemon.await_log("generation 1 has ended");
    daemon.stop();
}

#[test]
fn a_daemon_without_root_is_upgraded_too() {
    let mut setup = Setup::new();
    setup.starter = crate::harness::setup::Starter::Nobody;
    let daemon = setup.start();
    upgrade(&daemon);
    daemon.session().store("file", b"bytes");
    daemon.stop();
}

#[test]
fn in_the_background_the_pid_stays() {
    let setup = own();
    setup.write();
    let background = crate::harness::daemon::Background::start(&setup);
    let log = || fs::read_to_string(setup.path("log/system.log")).unwrap_or_default();
    for count in 1..4 {
        processes::send(background.pid, Signal::SIGUSR2);
        until("the upgrade", || log().matches("upgraded from ferryd").count() == count);
    }
    let text = fs::read_to_string(setup.path("run/ferryd.pid")).expect("a PidFile");
    assert_eq!(text.trim(), background.pid.to_string());
    processes::send(background.pid, Signal::SIGTERM);
    until("its end", || !setup.path("run/ferryd.pid").exists());
}

/// USR2, and waits until the log tells of a failure with these words; nothing else has changed.
#[track_caller]
fn upgrade_in_vain(daemon: &mut Daemon, why: &str) {
    let (inode, generation) = (running(daemon), daemon.header().generation);
    let mut session = daemon.session();
    daemon.signal(Signal::SIGUSR2);
    daemon.await_log(why);
    until("the old program", || running(daemon) == inode);
    assert_eq!(daemon.header().generation, generation);
    session.store("file", b"bytes");
    daemon.session().store("file", b"bytes");
}

#[test]
fn what_is_no_program_is_refused() {
    let mut daemon = own().start();
    replace_program(&daemon, "echo '#!/bin/sh'; echo exec sleep 1000", "755");
    upgrade_in_vain(&mut daemon, "upgrade refused: cannot execute");
    replace_program(&daemon, "cat /bin/true", "644");
    upgrade_in_vain(&mut daemon, "ermission denied");
    fs::remove_file(daemon.setup.program.clone().expect("a program")).expect("removed");
    upgrade_in_vain(&mut daemon, "No such file");
    daemon.stop();
}

#[test]
fn another_program_is_refused_by_its_answer() {
    let mut daemon = own().start();
    replace_program(&daemon, "cat /bin/true", "755");
    upgrade_in_vain(&mut daemon, "does not answer (status 0): it said nothing");
    daemon.stop();
}

/// A program that answers as `body` says, in C.
pub fn stranger(daemon: &Daemon, body: &str) -> Option<PathBuf> {
    let (source, program) = (daemon.setup.path("stranger.c"), daemon.setup.path("stranger"));
    fs::write(&source, format!("#include <stdio.h>\n#include <unistd.h>\nint main() {{ {body} }}\n"))
        .expect("written");
    let compiled = Command::new("cc").arg("-o").arg(&program).arg(&source).status();
    compiled.is_ok_and(|status| status.success()).then_some(program)
}

#[test]
fn a_program_of_another_layout_wants_a_restart() {
    let mut daemon = own().start();
    let Some(program) = stranger(&daemon, "puts(\"ferryd-upgrade 99 1 9.9.9\"); return 0;") else {
        return crate::harness::scale::skipped("no C compiler", "upgrade");
    };
    replace_program(&daemon, &format!("cat {}", program.display()), "755");
    upgrade_in_vain(&mut daemon, "speaks another language (99 1 9.9.9): restart needed");
    daemon.stop();
}

#[test]
fn a_program_that_hangs_is_given_up() {
    let mut daemon = own().start();
    let Some(program) = stranger(&daemon, "for (;;) pause();") else {
        return crate::harness::scale::skipped("no C compiler", "upgrade");
    };
    replace_program(&daemon, &format!("cat {}", program.display()), "755");
    daemon.signal(Signal::SIGUSR2);
    until("the question", || children_of(daemon.pid()).iter().any(is_asked));
    daemon.signal(Signal::SIGUSR2);
    daemon.await_log("upgrade refused: another upgrade is under way");
    upgrade_in_vain(&mut daemon, "had no answer within 10 s");
    until("the end of who was asked", || !children_of(daemon.pid()).iter().any(is_asked));
    daemon.stop();
}

/// Whether this is a program that is asked whether it can take over.
pub fn is_asked(process: &Process) -> bool {
    let words = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
    String::from_utf8_lossy(&words).contains("--upgrade-check")
}

#[test]
fn a_broken_configuration_is_refused_before_anything_is_given_up() {
    let mut daemon = own().start();
    let good = daemon.setup.text();
    daemon.rewrite(&format!("{good}NoSuchDirective on\n"));
    next_build(&daemon);
    upgrade_in_vain(&mut daemon, "does not answer (status 1): ");
    daemon.rewrite(&good);
    upgrade(&daemon);
    daemon.stop();
}

#[test]
fn a_program_that_cannot_serve_gives_the_place_back() {
    let mut daemon = own().start();
    let good = daemon.setup.text();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    daemon.rewrite(&format!("{good}<VirtualHost 127.0.0.1>\nPort {port}\n</VirtualHost>\n"));
    next_build(&daemon);
    upgrade_in_vain(&mut daemon, "goes on with generation 1: ferryd");
    daemon.await_log("another server listens there");
    daemon.rewrite(&good);
    daemon.reload();
    upgrade(&daemon);
    until("no zombie", || zombies(&daemon) == 0);
    daemon.stop();
}

/// An upgrade, or one that fails, between the line that says until when sessions may last and the moment itself.
fn a_session_is_disconnected_in_time(pass_on: impl FnOnce(&mut Daemon)) {
    let mut daemon = own().start();
    let usual = daemon.setup.text();
    let mut old = daemon.session();
    daemon.rewrite(&format!("{usual}MaxSessionAge 10\n"));
    daemon.reload();
    daemon.await_log("MaxSessionAge: sessions of generation 1 that are left in 10 s are disconnected");
    // Or the next program would say it anew.
    daemon.rewrite(&usual);
    pass_on(&mut daemon);
    old.command("NOOP").expect(200);
    old.reply().expect(421);
    old.expect_end();
    daemon.await_log("generation 1 has ended");
    daemon.stop();
}

#[test]
fn how_long_sessions_may_last_is_handed_on() {
    a_session_is_disconnected_in_time(|daemon| upgrade(daemon));
}

#[test]
fn how_long_sessions_may_last_comes_back_with_the_old_program() {
    a_session_is_disconnected_in_time(|daemon| {
        let usual = daemon.setup.text();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = taken.local_addr().expect("its address").port();
        daemon.rewrite(&format!("{usual}<VirtualHost 127.0.0.1>\nPort {port}\n</VirtualHost>\n"));
        upgrade_in_vain(daemon, "goes on with generation 2: ferryd");
    });
}

/// The new program on trial: its nursery is held still before its first worker is ready.
fn held_on_trial(daemon: &Daemon) -> Option<i32> {
    let inode = running(daemon);
    let born = |pid: i32| daemon.slots().iter().any(|slot| slot.pid.0 == pid);
    let confined = |pid: i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.contains("Seccomp:\t2")
    };
    let before: Vec<i32> = daemon.processes().iter().map(|process| process.pid).collect();
    daemon.signal(Signal::SIGUSR2);
    let nursery = crate::harness::eventually("the new nursery", || {
        let mut all = daemon.processes();
        all.retain(|process| !before.contains(&process.pid) && !is_asked(process));
        all.retain(|process| confined(process.pid) && !born(process.pid));
        all.iter().map(|process| process.pid).min()
    });
    processes::send(nursery, Signal::SIGSTOP);
    let is_held = daemon.header().generation == 1 && running(daemon) != inode;
    if !is_held {
        processes::send(nursery, Signal::SIGCONT);
    }
    is_held.then_some(nursery)
}

/// What a program on trial meets, and what the one before says of it then.
fn fails_on_trial(signal: Signal, why: &str) {
    for _ in 0..20 {
        // So many workers that their births take a moment.
        let daemon = own().workers(100, 50, 200).start();
        if !daemon.setup.has_identities() {
            return crate::harness::scale::skipped("root is needed for a confined nursery", "upgrade");
        }
        let inode = running(&daemon);
        let mut session = daemon.session();
        next_build(&daemon);
        let Some(nursery) = held_on_trial(&daemon) else { continue };
        // It may have come so far as to say that its generation serves.
        let board = fs::OpenOptions::new().write(true).open(daemon.board_file()).expect("the board");
        board.write_all_at(&2_u64.to_ne_bytes(), header::GENERATION as u64).expect("written");
        daemon.signal(signal);
        daemon.await_log(why);
        until("the end of the new nursery", || !processes::lives(nursery));
        assert_eq!((running(&daemon), daemon.header().generation), (inode, 1));
        session.store("file", b"bytes");
        // Who met a worker of the program that failed, and was not logged in yet, is told 421.
        until("a login", || Client::greeted(daemon.address()).try_login("alice").is_ok());
        assert!(daemon.board_file().exists() && daemon.pid_file().exists());
        until("no worker of the generation that failed", || {
            daemon.slots().iter().all(|slot| slot.generation <= 1)
        });
        until("no zombie", || zombies(&daemon) == 0);
        // It is whole: it loses auth and nursery, and starts them again; it reloads, and is upgraded.
        daemon.reload();
        upgrade(&daemon);
        return daemon.stop();
    }
    panic!("the nursery was never held in time");
}

#[test]
fn a_fault_of_the_new_program_brings_the_old_one_back() {
    fails_on_trial(Signal::SIGSEGV, "it died of SIGSEGV");
}

#[test]
fn a_new_program_that_is_late_gives_the_place_back() {
    fails_on_trial(Signal::SIGALRM, "it did not serve within 20 s");
}

#[test]
fn a_stop_while_the_new_program_is_on_trial_is_a_stop() {
    for _ in 0..20 {
        let daemon = own().workers(100, 50, 200).start();
        if !daemon.setup.has_identities() {
            return crate::harness::scale::skipped("root is needed for a confined nursery", "upgrade");
        }
        next_build(&daemon);
        if held_on_trial(&daemon).is_some() {
            return daemon.stop();
        }
    }
    panic!("the nursery was never held in time");
}
