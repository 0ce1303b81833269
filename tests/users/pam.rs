//! PAM with real modules, the pleasant and the other ones: what they are told, and what it costs the others when one hangs or crashes.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::host::HostAccount;
use crate::harness::scale::{rounds, skipped};
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root, events, eventually, processes};

/// What a login may take that waits for nobody else's, on a busy machine.
const SOON: Duration = Duration::from_secs(4);

/// More than a worker waits for a conversation that is ended.
const ENDED: Duration = Duration::from_secs(40);

/// Children of a steward at once.
const CHILDREN_MOST: usize = 32;

fn can_run(test: &str) -> bool {
    let has_pam = fs::exists("/usr/lib/x86_64-linux-gnu/security/pam_exec.so").unwrap_or(false);
    if !has_pam {
        skipped("needs PAM's modules", test);
    }
    has_pam && as_root(test)
}

/// PAM has the only word about dora's and eve's passwords.
fn setup(service: &str) -> Setup {
    Setup::new()
        .line("AuthOrder mod_auth_pam.c* mod_auth_unix.c\nAuthPAMConfig ferrytest\nMaxLoginAttempts none")
        .with_host_account(HostAccount::new("dora"))
        .with_host_account(HostAccount::new("eve"))
        .with_host_file("pam.d/ferrytest", service)
}

/// A program in the test's folder, for pam_exec(8).
fn program(setup: &Setup, name: &str, text: &str) -> String {
    let path = setup.path(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    path.display().to_string()
}

/// A service in which eve meets a program first.
fn eve_meets(program: &str) -> String {
    format!(
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user != eve\nauth required pam_exec.so quiet {program}\n\
         auth required pam_unix.so\naccount required pam_unix.so\n"
    )
}

fn steward(daemon: &Daemon) -> i32 {
    let auth = daemon.auth();
    eventually("the steward", || processes::children_of(auth).first().map(|steward| steward.pid))
}

/// Nothing is left of a steward's children, dead or alive.
#[track_caller]
fn await_no_child(steward: i32) {
    events::within(ENDED, "the end of the children", || {
        processes::children_of(steward).is_empty().then_some(())
    });
}

fn attempt(client: &mut Client, name: &str, password: &str) -> u16 {
    client.command(&format!("USER {name}")).expect(331);
    client.command(&format!("PASS {password}")).code
}

#[test]
fn modules_are_told_who_comes_and_from_where() {
    if !can_run("modules_are_told_who_comes_and_from_where") {
        return;
    }
    let setup = setup("");
    let told = setup.path("told");
    let line = format!(
        "read -r said; echo \"$PAM_TYPE $PAM_SERVICE $PAM_USER $PAM_RHOST $PAM_TTY $said\" >> {}; ls -l /proc/self/fd >> {0}.fds",
        told.display()
    );
    let tells = program(&setup, "tells", &line);
    let service = format!(
        "auth required pam_unix.so\nauth required pam_exec.so expose_authtok {tells}\naccount required pam_unix.so\n"
    );
    let daemon = setup.with_host_file("pam.d/ferrytest", &service).start();
    let mut client = daemon.client();
    assert_eq!(attempt(&mut client, "dora", PASSWORD), 230);
    let pid = daemon.slot_of(&client).pid;
    let said = fs::read_to_string(daemon.setup.path("told")).expect("what the module was told");
    assert_eq!(said, format!("auth ferrytest dora 127.0.0.1 /dev/ftpd{pid} {PASSWORD}\n"));
    // No descriptor of ours comes along: what the program had open is its own, or nothing.
    let open = fs::read_to_string(daemon.setup.path("told.fds")).expect("its descriptors");
    assert!(!open.contains("socket") && !open.contains("anon_inode"), "{open}");
}

#[test]
fn a_module_that_hangs_holds_nobody_else_up_and_leaves_nothing() {
    if !can_run("a_module_that_hangs_holds_nobody_else_up_and_leaves_nothing") {
        return;
    }
    let setup = setup(&eve_meets(&format!("/bin/sleep {}", seconds())));
    let daemon = setup.workers(20, 20, 24).start();
    let address = daemon.address();
    let steward = steward(&daemon);
    let stuck: Vec<_> = (0..10)
        .map(|_| {
            thread::spawn(move || {
                let mut client = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 2), address);
                attempt(&mut client, "eve", PASSWORD)
            })
        })
        .collect();
    eventually("a module that hangs", || (!processes::children_of(steward).is_empty()).then_some(()));
    let begun = Instant::now();
    daemon.client().login("dora");
    assert!(begun.elapsed() < SOON, "dora waited {:?} for eve", begun.elapsed());
    assert!(processes::children_of(steward).len() < 10, "one address has as many as it likes");
    for stuck in stuck {
        assert_eq!(stuck.join().expect("an answer"), 421);
    }
    await_no_child(steward);
    daemon.await_log("took too long and was ended");
    assert!(!sleeps(seconds()), "what the module started lives on");
    daemon.stop();
}

#[test]
fn a_module_that_hangs_is_asked_once_for_each_password() {
    if !can_run("a_module_that_hangs_is_asked_once_for_each_password") {
        return;
    }
    let setup = setup("");
    let asked = setup.path("asked");
    let hangs = format!("echo >> {}\nexec /bin/sleep {}", asked.display(), seconds() + 2_000_000);
    let hangs = program(&setup, "hangs", &hangs);
    let daemon = setup.with_host_file("pam.d/ferrytest", &eve_meets(&hangs)).start();
    assert_eq!(attempt(&mut daemon.client(), "eve", PASSWORD), 421);
    assert_eq!(fs::read_to_string(&asked).expect("it was asked").lines().count(), 1);
    daemon.client().login("dora");
    daemon.stop();
}

/// A sleep that no other run of the test has.
fn seconds() -> u32 {
    100_000 + std::process::id()
}

/// Whether it runs anywhere.
fn sleeps(seconds: u32) -> bool {
    let sleep = format!("/bin/sleep\0{seconds}\0");
    let commands = fs::read_dir("/proc").expect("/proc").flatten();
    let commands = commands.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    commands.into_iter().any(|command| command == sleep.as_bytes())
}

#[test]
fn what_a_module_left_in_a_session_of_its_own_ends_with_the_daemon() {
    if !can_run("what_a_module_left_in_a_session_of_its_own_ends_with_the_daemon") {
        return;
    }
    let setup = setup("");
    // Another number than the other test's, which may run meanwhile.
    let seconds = seconds() + 1_000_000;
    let leaves =
        format!("setsid /bin/sleep {seconds} &\necho > {}\nexec /bin/sleep 5", setup.path("left").display());
    let leaves = program(&setup, "leaves", &leaves);
    let daemon = setup.with_host_file("pam.d/ferrytest", &eve_meets(&leaves)).start();
    let mut client = daemon.client();
    client.command("USER eve").expect(331);
    client.send(&format!("PASS {PASSWORD}"));
    eventually("the module's program", || {
        (daemon.setup.path("left").exists() && sleeps(seconds)).then_some(())
    });
    daemon.stop();
    eventually("the end of what it left", || (!sleeps(seconds)).then_some(()));
}

#[test]
fn a_module_that_crashes_is_a_login_that_was_not_possible() {
    if !can_run("a_module_that_crashes_is_a_login_that_was_not_possible") {
        return;
    }
    let setup = setup("");
    let crash = program(&setup, "crash", "kill -SEGV $PPID");
    let daemon = setup.with_host_file("pam.d/ferrytest", &eve_meets(&crash)).start();
    let steward = steward(&daemon);
    for _ in 0..3 {
        assert_eq!(attempt(&mut daemon.client(), "eve", PASSWORD), 421);
        daemon.client().login("dora");
    }
    daemon.await_log("failed: Killed(SIGSEGV)");
    await_no_child(steward);
    assert!(processes::lives(steward));
}

#[test]
fn a_hundred_logins_at_once_have_a_bounded_number_of_children() {
    let name = "a_hundred_logins_at_once_have_a_bounded_number_of_children";
    if !can_run(name) {
        return;
    }
    let number = rounds(100, 500);
    let setup = setup("auth required pam_unix.so\naccount required pam_unix.so\n");
    let spares = u32::try_from(number).expect("few") + 4;
    let daemon = setup.workers(spares, spares, spares + 8).start();
    daemon.await_spares(number);
    let (address, steward) = (daemon.address(), steward(&daemon));
    let begun = Instant::now();
    let clients: Vec<_> = (0..number)
        .map(|index| {
            let from = Ipv4Addr::new(127, 0, 1 + (index / 250) as u8, 1 + (index % 250) as u8);
            thread::spawn(move || {
                let mut client = Client::greeted_from(from, address);
                (attempt(&mut client, "dora", PASSWORD), client)
            })
        })
        .collect();
    let mut most = 0;
    while clients.iter().any(|client| !client.is_finished()) {
        most = most.max(processes::children_of(steward).len());
        thread::yield_now();
    }
    for client in clients {
        assert_eq!(client.join().expect("an answer").0, 230);
    }
    println!("{number} logins by PAM in {:?}, {most} children at once at most", begun.elapsed());
    assert!((1..=CHILDREN_MOST).contains(&most), "{most} children");
    await_no_child(steward);
}

#[test]
fn modules_hear_nothing_of_root_whoever_has_the_name_in_a_file() {
    if !can_run("modules_hear_nothing_of_root_whoever_has_the_name_in_a_file") {
        return;
    }
    let setup = Setup::new().line("AuthOrder mod_auth_pam.c mod_auth_file.c\nAuthPAMConfig ferrytest");
    let tells = program(&setup, "tells", &format!("echo $PAM_USER >> {}", setup.path("told").display()));
    let service = format!("auth required pam_exec.so quiet {tells}\naccount required pam_permit.so\n");
    let daemon = setup.with_host_file("pam.d/ferrytest", &service).with_account("root").start();
    assert_eq!(attempt(&mut daemon.client(), "root", "wrong"), 530);
    assert_eq!(attempt(&mut daemon.client(), "nobody-here", "wrong"), 530);
    let told = fs::read_to_string(daemon.setup.path("told")).expect("what the module was told");
    assert_eq!(told, "nobody-here\n");
    daemon.client().login("root");
}

#[test]
fn a_delay_for_wrong_passwords_is_no_delay_for_the_steward() {
    if !can_run("a_delay_for_wrong_passwords_is_no_delay_for_the_steward") {
        return;
    }
    let service = "auth optional pam_faildelay.so delay=9000000\nauth required pam_deny.so\naccount required pam_permit.so\n";
    let daemon = setup(service).start();
    let begun = Instant::now();
    assert_eq!(attempt(&mut daemon.client(), "dora", PASSWORD), 530);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_steward_that_dies_is_made_again() {
    if !can_run("a_steward_that_dies_is_made_again") {
        return;
    }
    let daemon = setup("auth required pam_unix.so\naccount required pam_unix.so\n").start();
    let mut before = daemon.client();
    before.login("dora");
    let killed = steward(&daemon);
    processes::send(killed, Signal::SIGKILL);
    daemon.await_log("auth's helper for PAM, homes and login records has ended; auth is restarted");
    eventually("another steward", || (steward(&daemon) != killed).then_some(()));
    daemon.client().login("dora");
    before.command("PWD").expect(257);
    let last = steward(&daemon);
    daemon.stop();
    eventually("the steward's end", || (!processes::lives(last)).then_some(()));
}

#[test]
fn the_steward_holds_its_lines_and_what_its_work_needs() {
    if !can_run("the_steward_holds_its_lines_and_what_its_work_needs") {
        return;
    }
    let daemon = setup("auth required pam_unix.so\naccount required pam_unix.so\n").start();
    daemon.client().login("dora");
    let steward = steward(&daemon);
    await_no_child(steward);
    let open = fs::read_dir(format!("/proc/{steward}/fd")).expect("its descriptors").flatten();
    let open: Vec<_> = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    let standard = |target: &&PathBuf| target.starts_with("/dev") || target.ends_with("stderr");
    let lines: Vec<_> = open.iter().filter(|target| !standard(target)).collect();
    // To auth; evidence, lines and the life of the recorder.
    assert_eq!(lines.len(), 4, "{open:?}");
    assert!(lines.iter().all(|line| is_line(line)), "{open:?}");
    // SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, NET_ADMIN, NET_RAW, MKNOD of capabilities(7).
    let held = capabilities(steward);
    for forbidden in [16, 17, 19, 21, 22, 12, 13, 27] {
        assert_eq!(held & (1 << forbidden), 0, "capability {forbidden} in {held:x}");
    }
    let auths = capabilities(daemon.auth());
    assert_eq!(auths & !((1 << 2) | (1 << 5)), 0, "auth holds {auths:x}");
}

fn is_line(target: &Path) -> bool {
    ["socket:", "pipe:"].iter().any(|kind| target.to_string_lossy().starts_with(kind))
}

fn capabilities(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a living process");
    let line = status.lines().find_map(|line| line.strip_prefix("CapPrm:")).expect("its capabilities");
    u64::from_str_radix(line.trim(), 16).expect("a number")
}

#[test]
fn a_host_without_pam_is_told_what_to_install() {
    if !can_run("a_host_without_pam_is_told_what_to_install") {
        return;
    }
    let setup = setup("auth required pam_permit.so\n");
    let folder = setup.path("lib");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("libpam.so.0"), "").expect("no library");
    let folder = folder.display().to_string();
    let daemon = setup.variable("LD_LIBRARY_PATH", &folder).start();
    assert_eq!(attempt(&mut daemon.client(), "dora", PASSWORD), 421);
    daemon.await_log("apt install libpam0g");
}
