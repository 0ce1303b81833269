//! The control socket while another program takes the master's place: whoever asks is answered or told that nobody is there, and what was
//! ordered holds.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::sys::signal::Signal;

use super::{data, ftpdctl, refused, said};
use crate::harness::events::until;
use crate::harness::processes::{self, children_of};
use crate::harness::scale::skipped;
use crate::harness::{Daemon, Setup, rounds};
use crate::upgrade::{is_asked, replace_program, stranger};

#[test]
fn an_upgrade_keeps_what_was_ordered() {
    let setup = Setup::new();
    let path = setup.path("log/trace");
    let daemon = setup.line(&format!("TraceLog {}\nTrace config:3", path.display())).start();
    let trace = || fs::read_to_string(&path).unwrap_or_default();
    let mut session = daemon.session();
    said(&daemon, &["limit", "user", "alice", "rate", "100"]);
    said(&daemon, &["debug", "level", "5"]);
    said(&daemon, &["trace", "command:7"]);
    let words = said(&daemon, &["upgrade"]);
    assert!(words.starts_with("ftpdctl: the upgrade has begun; "), "{words}");
    daemon.await_log("upgraded from ferryd ");
    until("the socket", || ftpdctl(&daemon, &["help"]).status.success());
    assert_eq!(said(&daemon, &["limit"]), "ftpdctl: user alice: 102400 bytes a second\n");
    assert_eq!(said(&daemon, &["debug"]), "ftpdctl: debug level 5: debugging\n");
    daemon.session().command("SYST").expect(215);
    daemon.await_log("command SYST of 0 bytes");
    until("the trace of a later session", || trace().contains("<command:7>: 'SYST'"));
    session.command("STAT").expect(211);
    until("the trace of a session from before", || trace().contains("<command:7>: 'STAT'"));
    assert_eq!(data(&daemon, &["trace"])["channels"]["config"], "3");
    said(&daemon, &["trace", "configured"]);
    session.command("FEAT").expect(211);
    session.command("QUIT").expect(221);
    until("the end of both", || daemon.log().matches("FTP session closed").count() == 2);
    assert!(!trace().contains("'FEAT'"), "{}", trace());
    daemon.stop();
}

/// The program that is asked whether it can take over answers nothing; the daemon does.
#[test]
fn while_a_program_is_asked_whether_it_can_everybody_is_answered() {
    let daemon = Setup::new().with_own_program().start();
    let Some(program) = stranger(&daemon, "for (;;) pause();") else {
        return skipped("no C compiler", "while_a_program_is_asked_whether_it_can_everybody_is_answered");
    };
    replace_program(&daemon, &format!("cat {}", program.display()), "755");
    let mut session = daemon.session();
    said(&daemon, &["upgrade"]);
    until("the question", || children_of(daemon.pid()).iter().any(is_asked));
    assert_eq!(refused(&daemon, &["upgrade"], 1), "ftpdctl: another upgrade is under way\n");
    assert!(said(&daemon, &["status"]).contains("; 1 sessions; Generation 1 serves"));
    assert_eq!(said(&daemon, &["kick", "user", "alice"]), "ftpdctl: 1 sessions disconnected\n");
    session.reply().expect(421);
    assert!(children_of(daemon.pid()).iter().any(is_asked), "it is still asked");
    daemon.stop();
}

/// Asks for the status again and again; gives how often it was told, and how often nobody was there.
fn asking(daemon: &Daemon, is_over: &Arc<AtomicBool>) -> JoinHandle<(u32, u32)> {
    let (config, is_over) = (daemon.setup.config_file(), Arc::clone(is_over));
    std::thread::spawn(move || {
        let (mut told, mut unreachable) = (0, 0);
        while !is_over.load(Ordering::Relaxed) {
            let mut asked = Command::new(env!("CARGO_BIN_EXE_ftpdctl"));
            let output = asked.arg("-c").arg(&config).arg("status").output().expect("the tool");
            match output.status.code() {
                Some(0) if output.stdout.starts_with(b"ftpdctl: ferryd ") => told += 1,
                Some(4) => unreachable += 1,
                _ => panic!("{output:?}"),
            }
        }
        (told, unreachable)
    })
}

#[test]
fn whoever_asks_during_upgrades_is_answered_whole_or_finds_nobody() {
    let daemon = Setup::new().with_own_program().start();
    let is_over = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..2).map(|_| asking(&daemon, &is_over)).collect();
    let upgrades = rounds(5, 100);
    for _ in 0..upgrades {
        let before = daemon.header().generation;
        until("an answer", || ftpdctl(&daemon, &["upgrade"]).status.success());
        until("the upgrade", || daemon.header().generation > before);
    }
    is_over.store(true, Ordering::Relaxed);
    let (mut told, mut unreachable) = (0, 0);
    for asker in askers {
        let (answers, silences) = asker.join().expect("whole answers");
        (told, unreachable) = (told + answers, unreachable + silences);
    }
    println!("{upgrades} upgrades: {told} answers, {unreachable} times nobody was there");
    assert!(told > upgrades as u32, "{told}");
    until("the socket", || ftpdctl(&daemon, &["status"]).status.success());
    daemon.stop();
}

fn begin(daemon: &Daemon, words: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpdctl"));
    command.arg("-c").arg(daemon.setup.config_file()).args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool")
}

/// Who was told to leave before the upgrade and does not is killed after it, by the new program.
#[test]
fn a_kick_outlives_an_upgrade_and_who_asked_is_told_that_its_answer_is_lost() {
    let daemon = Setup::new().line("ShutdownTimeout 4").start();
    let stuck = daemon.session();
    let mut other = daemon.session();
    let pid = daemon.slot_of(&stuck).pid.0;
    processes::send(pid, Signal::SIGSTOP);
    let asked = begin(&daemon, &["kick", "pid", &pid.to_string()]);
    daemon.await_log(&format!("control: kick pid {pid}"));
    said(&daemon, &["upgrade"]);
    daemon.await_log("upgraded from ferryd ");
    let output = asked.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(!daemon.log().contains("killed"), "it had its time still");
    daemon.await_log(&format!("worker {pid} did not leave when it was told to, killed"));
    until("the slot is free", || daemon.slots().iter().all(|slot| slot.pid.0 != pid));
    other.command("NOOP").expect(200);
    assert_eq!(data(&daemon, &["kick", "user", "alice"])["kicked"], 1);
    other.reply().expect(421);
    daemon.stop();
}
