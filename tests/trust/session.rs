//! A session, by system calls of its own.

use std::fs;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;

use super::{NOBODY, client_is_gone_or_served, held_session};
use crate::harness::puppet::Puppet;
use crate::harness::{Setup, as_root};

#[test]
fn a_session_stays_who_it_is() {
    if !as_root("a_session_stays_who_it_is") {
        return;
    }
    let (daemon, mut client, mut puppet) = held_session();
    let status = fs::read_to_string(format!("/proc/{}/status", puppet.pid())).expect("its status");
    for none in [
        "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000",
        "CapInh:\t0000000000000000",
        "NoNewPrivs:\t1",
    ] {
        assert!(status.contains(none), "{none} in {status}");
    }
    puppet.refused("back to User", libc::SYS_setresuid, &[NOBODY, NOBODY, NOBODY], Errno::EPERM);
    client_is_gone_or_served(&mut client, puppet);
    daemon.stop();
}

#[test]
fn a_session_opens_nothing_outside_its_root() {
    if !as_root("a_session_opens_nothing_outside_its_root") {
        return;
    }
    let daemon = Setup::new().with_account("bob").line("DefaultRoot ~").start();
    let mut client = daemon.session();
    let mut puppet = Puppet::hold(daemon.slot_of(&client).pid.0);
    let here = libc::AT_FDCWD as u64;
    for path in [
        "/etc/passwd",
        "/etc/shadow",
        "/",
        "/proc/self/status",
        "/proc/1/root/etc/passwd",
        "/dev/null",
        "/tmp",
    ] {
        let text = puppet.put_text(path);
        puppet.fails(path, libc::SYS_openat, &[here, text, libc::O_RDONLY as u64, 0]);
    }
    let roots: Vec<(u64, String)> = puppet
        .descriptors()
        .into_iter()
        .filter(|(_, target)| target.starts_with('/') && !target.starts_with("/dev/"))
        .collect();
    for (descriptor, target) in &roots {
        for path in ["..", "../bob", "../../ferryd.conf"] {
            let text = puppet.put_text(path);
            puppet.fails(
                &format!("{path} from {target}"),
                libc::SYS_openat,
                &[*descriptor, text, libc::O_RDONLY as u64, 0],
            );
        }
    }
    let homes = daemon.setup.home("alice");
    for (_, target) in &roots {
        assert!(
            target.starts_with(&homes.display().to_string()) || target == "/proc",
            "left open: {roots:?}"
        );
    }
    let link = puppet.put_text("/etc/passwd");
    puppet.fails("a pipe", libc::SYS_mknodat, &[here, link, libc::S_IFIFO as u64, 0]);
    puppet.release();
    client.command("PWD").expect(257);
    daemon.stop();
}

#[test]
fn a_session_holds_no_listener() {
    if !as_root("a_session_holds_no_listener") {
        return;
    }
    let (daemon, mut client, puppet) = held_session();
    let sockets = puppet.descriptors().iter().filter(|(_, target)| target.starts_with("socket:")).count();
    // The client, auth, and the recorder's two.
    assert!(sockets <= 4, "{:?}", puppet.descriptors());
    assert!(client.stream().as_raw_fd() >= 0);
    client_is_gone_or_served(&mut client, puppet);
    daemon.stop();
}
