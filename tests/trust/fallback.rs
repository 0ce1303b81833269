//! Kernels and containers that give less: no seccomp user notification, no mseal. The daemon says so and still holds.

use std::fs;
use std::os::fd::OwnedFd;
use std::thread;

use ferryd::attack::{Filter, Row, Verdict, forbid_new_privileges};
use ferryd::scoreboard::GRANTS_ADDRESS;
use nix::errno::Errno;
use nix::libc;

use super::{NOBODY, SAME, SHADOW, goes_on, spare};
use crate::harness::daemon::run;
use crate::harness::events::until;
use crate::harness::host::{FIRST_HOST_UID, HostAccount};
use crate::harness::puppet::Puppet;
use crate::harness::{Daemon, Setup, as_root, processes};

const ALICE: u64 = 52_001;
/// mseal(2), on every architecture but Alpha.
const MSEAL: libc::c_long = 462;

/// Does something under a filter, as a container's processes do; the filter ends with what was started there. With a listener no
/// process below can have another.
fn under<T: Send>(rows: Vec<Row>, listening: bool, work: impl FnOnce() -> T + Send) -> (T, Option<OwnedFd>) {
    let confined = || {
        // Of this thread alone, and of its children.
        forbid_new_privileges().expect("prctl");
        let listener = Filter::new(rows).install(listening).expect("a filter");
        (work(), listener)
    };
    thread::scope(|scope| scope.spawn(confined).join().expect("it works there"))
}

fn without_notification(setup: Setup) -> (Daemon, Option<OwnedFd>) {
    under(Vec::new(), true, || setup.start())
}

#[test]
fn without_notification_workers_are_held_to_known_accounts() {
    if !as_root("without_notification_workers_are_held_to_known_accounts") {
        return;
    }
    let (daemon, _listener) = without_notification(Setup::new().with_account("bob").workers(2, 2, 4));
    daemon.await_log("no seccomp user notification");
    daemon.await_spares(2);
    let mut puppet = Puppet::hold(spare(&daemon));
    let list = puppet.put(&[SHADOW as u32, 52_001].map(u32::to_ne_bytes).concat());
    puppet.refused("groups of its own", libc::SYS_setgroups, &[2, list], Errno::EPERM);
    puppet.refused("any groups", libc::SYS_setgroups, &[1, GRANTS_ADDRESS as u64], Errno::EPERM);
    for ids in [
        [0; 3],
        [SAME, SAME, SAME],
        [1000; 3],
        [NOBODY; 3],
        [ALICE - 1; 3],
        [ALICE + 2; 3],
        [ALICE, ALICE, 0],
        [ALICE, SHADOW, ALICE],
        [SAME, ALICE, ALICE],
    ] {
        puppet.refused(&format!("uids {ids:?}"), libc::SYS_setresuid, &ids, Errno::EPERM);
        puppet.refused(&format!("gids {ids:?}"), libc::SYS_setresgid, &ids, Errno::EPERM);
    }
    goes_on(daemon, puppet);
}

#[test]
fn without_notification_any_account_of_the_host_comes_in_but_root() {
    if !as_root("without_notification_any_account_of_the_host_comes_in_but_root") {
        return;
    }
    let setup = Setup::new().line("AuthPAM off").with_host_account(HostAccount::new("dora"));
    let (daemon, _listener) = without_notification(setup.workers(2, 2, 4));
    let mut client = daemon.client();
    client.login("dora");
    assert_eq!(processes::uid_of(daemon.slot_of(&client).pid.0), Some(FIRST_HOST_UID));
    let mut puppet = Puppet::hold(spare(&daemon));
    for ids in [[0; 3], [SAME, SAME, SAME], [NOBODY, NOBODY, 0], [0, SAME, SAME]] {
        puppet.refused(&format!("uids {ids:?}"), libc::SYS_setresuid, &ids, Errno::EPERM);
        puppet.refused(&format!("gids {ids:?}"), libc::SYS_setresgid, &ids, Errno::EPERM);
    }
    puppet.refused("any groups", libc::SYS_setgroups, &[1, GRANTS_ADDRESS as u64], Errno::EPERM);
    goes_on(daemon, puppet);
}

#[test]
fn without_notification_sessions_have_no_supplementary_groups() {
    if !as_root("without_notification_sessions_have_no_supplementary_groups") {
        return;
    }
    let setup = Setup::new();
    setup.write();
    setup.write_file("groups", "alice:x:52001:\nstaff:x:52100:alice\n", 0o600);
    let (daemon, _listener) = under(Vec::new(), true, || Daemon::start(setup));
    let client = daemon.session();
    let pid = daemon.slot_of(&client).pid;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    for line in ["Uid:\t52001\t52001\t52001\t52001", "Groups:\t \n", "CapPrm:\t0000000000000000"] {
        assert!(status.contains(line), "{line:?} in {status}");
    }
    drop(client);
    daemon.stop();
}

#[test]
fn without_notification_a_new_account_waits_for_the_next_hup() {
    if !as_root("without_notification_a_new_account_waits_for_the_next_hup") {
        return;
    }
    let (daemon, _listener) = without_notification(Setup::new());
    let (users, home) = (daemon.setup.path("users"), daemon.setup.home("carol"));
    daemon.setup.make_folder(&home, Some(60_000));
    let mut text = fs::read_to_string(&users).expect("the accounts");
    text += &format!("carol:{}:60000:60000::{}:/bin/false\n", crate::harness::PASSWORD_HASH, home.display());
    daemon.setup.write_file("users", &text, 0o600);
    let mut early = daemon.client();
    early.command("USER carol").expect(331);
    early.command(&format!("PASS {}", crate::harness::PASSWORD)).expect(421);
    daemon.await_log("accounts added since the last HUP are not known");
    daemon.reload();
    // A spare of the old generation may be in the middle of accepting when the new one is published.
    let generation = daemon.header().generation;
    until("the old spares leave", || daemon.slots().iter().all(|slot| slot.generation == generation));
    daemon.client().login("carol");
    daemon.stop();
}

#[test]
fn an_operator_may_insist_on_the_door() {
    if !as_root("an_operator_may_insist_on_the_door") {
        return;
    }
    let setup = Setup::new().line("RequireIdentityDoor on");
    setup.write();
    let (output, _listener) = under(Vec::new(), true, || run(&setup, &["-n", "-q", "-c", "ferryd.conf"]));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("RequireIdentityDoor") && said.contains("busy"), "{said}");
    assert!(!setup.path("run/ferryd.pid").exists() && !setup.path("run/board").exists());
    let daemon = setup.start();
    drop(daemon.session());
    daemon.stop();
}

fn without_mseal(setup: Setup) -> Daemon {
    under(vec![Row::always(MSEAL, Verdict::Fail(libc::ENOSYS))], false, || setup.start()).0
}

#[test]
fn without_mseal_the_grants_stay_what_auth_wrote() {
    if !as_root("without_mseal_the_grants_stay_what_auth_wrote") {
        return;
    }
    let daemon = without_mseal(Setup::new().workers(2, 2, 4));
    daemon.await_log("no mseal");
    daemon.await_spares(2);
    let mut puppet = Puppet::hold(spare(&daemon));
    let before = puppet.mappings(daemon.board_file());
    let grants = GRANTS_ADDRESS as u64;
    let (_, end, _) = *before.iter().find(|(start, ..)| *start == grants).expect("the grants are mapped");
    let read_write = (libc::PROT_READ | libc::PROT_WRITE) as u64;
    let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    for (start, length) in [
        (grants, 4096),
        (grants, end - grants),
        (grants - 4096, 8192),
        (grants - 0x7fff_f000, 0x8000_1000),
        (0x1000_0000, grants),
        (end - 4096, 4096),
    ] {
        puppet.refused("munmap", libc::SYS_munmap, &[start, length], Errno::EPERM);
        puppet.refused("mprotect", libc::SYS_mprotect, &[start, length, read_write], Errno::EPERM);
        puppet.refused(
            "madvise",
            libc::SYS_madvise,
            &[start, length, libc::MADV_REMOVE as u64],
            Errno::EPERM,
        );
        puppet.fails("pkey_mprotect", libc::SYS_pkey_mprotect, &[start, length, read_write, SAME]);
        puppet.fails("mremap", libc::SYS_mremap, &[start, length, length, 3, 0x1000_0000]);
        let fixed = anonymous | libc::MAP_FIXED as u64;
        puppet.fails("mmap over it", libc::SYS_mmap, &[start, length, read_write, fixed, SAME, 0]);
        let careful = anonymous | libc::MAP_FIXED_NOREPLACE as u64;
        if start >= grants {
            puppet.fails("mmap beside it", libc::SYS_mmap, &[start, length, read_write, careful, SAME, 0]);
        }
    }
    puppet.fails("remap_file_pages", libc::SYS_remap_file_pages, &[grants, 4096, 0, 1, 0]);
    // A wish for an address that is taken is granted elsewhere.
    puppet.call(libc::SYS_mmap, &[grants, 4096, read_write, anonymous, SAME, 0]);
    assert_eq!(puppet.mappings(daemon.board_file()), before);
    goes_on(daemon, puppet);
}

#[test]
fn without_mseal_files_are_served_all_the_same() {
    if !as_root("without_mseal_files_are_served_all_the_same") {
        return;
    }
    let daemon = without_mseal(Setup::new());
    let mut client = daemon.session();
    let bytes = vec![7; 3 << 20];
    client.store("up", &bytes);
    assert_eq!(client.retrieve("up"), bytes);
    client.download("LIST");
    client.command("QUIT").expect(221);
    daemon.stop();
}
