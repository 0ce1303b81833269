//! Refusals that are the daemon's or the host's fault.

use std::os::unix::process::CommandExt;
use std::process::Command;

use ferryd::scoreboard::ReasonCode::{self, *};
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use super::{assert_in_json, assert_told, talkative};
use crate::harness::events::until;
use crate::harness::processes::{send, uid_of};
use crate::harness::puppet::Puppet;
use crate::harness::scale::has_program;
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root};

pub const CAUSED: &[ReasonCode] = &[Service, Failure];

/// Auth dies between its answer and what it grants.
#[test]
fn a_login_whose_auth_dies_is_refused_for_the_service() {
    if !as_root("a_login_whose_auth_dies_is_refused_for_the_service") {
        return;
    }
    let daemon = talkative(Setup::new()).start();
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    let (auth, worker) = (daemon.auth(), daemon.slot_of(&client).pid.0);
    let give_password = || client.send(&format!("PASS {PASSWORD}"));
    let puppet = Puppet::hold_before(worker, libc::SYS_setgroups, give_password);
    send(auth, Signal::SIGKILL);
    until("another auth", || daemon.auths().first().is_some_and(|found| *found != auth));
    puppet.release();
    client.reply().expect(421);
    // Half another already, it writes no more lines of its own.
    assert_told(&daemon, &[Service]);
    daemon.stop();
}

/// A worker that may open nothing more (getrlimit(2)).
#[test]
fn a_file_that_the_kernel_does_not_open_is_refused_as_a_failure() {
    if !has_program("prlimit", "a_file_that_the_kernel_does_not_open_is_refused_as_a_failure") {
        return;
    }
    let daemon = talkative(Setup::new()).start();
    let mut client = daemon.session();
    client.store("file", b"bytes");
    let limit = first_free(daemon.slot_of(&client).pid.0);
    prlimit(&daemon, &client, limit);
    client.command("MLST file").expect(550);
    assert_told(&daemon, &[Failure]);
    assert_in_json(&daemon, &[Failure]);
    prlimit(&daemon, &client, 64);
    client.command("MLST file").expect(250);
    daemon.stop();
}

/// The number that the next descriptor would have.
fn first_free(pid: i32) -> u32 {
    let is_open = |number: &u32| std::fs::symlink_metadata(format!("/proc/{pid}/fd/{number}")).is_ok();
    (0..).find(|number| !is_open(number)).expect("a number")
}

/// As the session's account, who may do that to his own processes.
fn prlimit(daemon: &Daemon, client: &Client, most: u32) {
    let pid = daemon.slot_of(client).pid.0;
    let uid = uid_of(pid).expect("a living worker");
    let mut command = Command::new("prlimit");
    command.args(["--pid", &pid.to_string(), &format!("--nofile={most}:")]);
    if Uid::effective().is_root() {
        command.uid(uid).gid(uid);
    }
    assert!(command.status().expect("prlimit").success());
}
