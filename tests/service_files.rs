//! The files of conf/ as a host uses them: the init script, the units of systemd, what rotates the logs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;

use crate::harness::daemon::{end_group, finished, program};
use crate::harness::events::{eventually, until};
use crate::harness::host::HostAccount;
use crate::harness::machine::Machine;
use crate::harness::scale::{has_program, skipped};
use crate::harness::{Client, PASSWORD, Setup, as_root, processes};

const FERRYD: &str = env!("CARGO_BIN_EXE_ferryd");
const CONFIGURATION: &str = "/etc/proftpd/proftpd.conf";
const PID_FILE: &str = "/run/proftpd.pid";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conf").join(name)
}

/// A machine with a small configuration, an account of its own, and the program where /etc/default/ferryd says.
fn machine() -> Machine {
    let text = "ServerName \"Init\"\nUseIPv6 off\nUser nobody\nGroup nogroup\nAuthPAM off\n";
    let setup = Setup::new().with_host_account(HostAccount::new("carol"));
    Machine::start(
        setup
            .with_host_file("proftpd/proftpd.conf", text)
            .with_host_file("pam.d/proftpd", "auth required pam_unix.so\naccount required pam_unix.so\n")
            .with_host_file("default/ferryd", &format!("DAEMON={FERRYD}\n")),
    )
}

/// What the init script says to one word, and its status.
fn init(machine: &Machine, word: &str) -> (Option<i32>, String) {
    let script = shipped("init/ferryd");
    let output = machine.run("sh", &[script.to_str().expect("text"), word]);
    (output.status.code(), said(&output))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn greeted(machine: &Machine) -> Client {
    machine.within(|| Client::greeted(([127, 0, 0, 1], 21).into()))
}

#[test]
fn the_init_script_starts_reloads_and_stops() {
    if !as_root("the init script starts reloads and stops") {
        return;
    }
    let machine = machine();
    assert_eq!(init(&machine, "status").0, Some(3));
    assert_eq!(init(&machine, "start").0, Some(0));
    let first = machine.daemon().expect("its number");
    let again = init(&machine, "start");
    assert!(again.0 == Some(0) && again.1.contains("runs already"), "{again:?}");
    assert_eq!(init(&machine, "status").0, Some(0));
    let mut client = greeted(&machine);
    assert_eq!(init(&machine, "reload").0, Some(0));
    client.command("USER carol").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    assert_eq!(init(&machine, "restart").0, Some(0));
    assert_ne!(machine.daemon(), Some(first));
    assert_eq!(init(&machine, "stop").0, Some(0));
    assert!(!machine.path(PID_FILE).exists());
    let idle = init(&machine, "stop");
    assert!(idle.0 == Some(0) && idle.1.contains("does not run"), "{idle:?}");
    assert_eq!(init(&machine, "reload").0, Some(7));
    assert_eq!(init(&machine, "try-restart").0, Some(0));
    assert_eq!(init(&machine, "status").0, Some(3));
    assert_eq!(init(&machine, "nonsense").0, Some(2));
}

/// One line of an operator's: a word for the script, or a line of the shell.
fn typed(machine: &Machine, line: &str) -> String {
    let Some(word) = line.strip_prefix("service ferryd ") else {
        machine.run("sh", &["-c", line]);
        return format!("# {line}\n");
    };
    let pid = machine.daemon();
    let (status, said) = init(machine, word);
    let pids = [pid, machine.daemon()].into_iter().flatten();
    let said = pids.fold(said, |said, pid| said.replace(&format!("({pid})"), "(PID)"));
    let said = said.replace(shipped("init/ferryd").to_str().expect("text"), "/etc/init.d/ferryd");
    let status = status.filter(|status| *status != 0).map(|status| format!("(status {status})\n"));
    format!("# {line}\n{said}{}", status.unwrap_or_default())
}

#[test]
fn the_init_script_says_what_its_page_says() {
    if !as_root("the init script says what its page says") {
        return;
    }
    let machine = machine();
    let page = page();
    let transcript = page.split("```\n").nth(1).expect("a transcript");
    let lines = transcript.lines().filter_map(|line| line.strip_prefix("# "));
    let found: String = lines.map(|line| typed(&machine, line)).collect();
    assert_eq!(found, transcript, "\n{found}");
}

#[test]
fn the_init_script_takes_no_running_server_away_for_a_broken_file() {
    if !as_root("the init script takes no running server away for a broken file") {
        return;
    }
    let machine = machine();
    assert_eq!(init(&machine, "start").0, Some(0));
    let pid = machine.daemon();
    fs::write(machine.path(CONFIGURATION), "NoSuchDirective on\n").expect("written");
    for word in ["restart", "reload", "try-restart"] {
        let (status, said) = init(&machine, word);
        assert!(status == Some(1) && said.contains("NoSuchDirective"), "{word}: {said}");
        assert_eq!(machine.daemon(), pid, "{word}");
        greeted(&machine);
    }
    let checked = init(&machine, "check");
    assert!(checked.0 == Some(1) && checked.1.contains("proftpd.conf:1:1"), "{checked:?}");
}

#[test]
fn the_init_script_believes_no_stale_pid_file() {
    if !as_root("the init script believes no stale pid file") {
        return;
    }
    let machine = machine();
    // Nobody's number, no number at all, and that of a process which is no daemon.
    for text in ["4194304\n", "nonsense\n", "", "1\n"] {
        fs::write(machine.path(PID_FILE), text).expect("written");
        assert_eq!(init(&machine, "status").0, Some(1), "{text:?}");
        assert_eq!(init(&machine, "stop").0, Some(0), "{text:?}");
    }
    assert_eq!(init(&machine, "start").0, Some(0));
    greeted(&machine);
}

/// Scripts of many hosts know the program, its configuration and the PidFile, and nothing else.
#[test]
fn a_classic_script_works_unchanged() {
    if !as_root("a classic script works unchanged") {
        return;
    }
    let machine = machine();
    let started = machine
        .run("sh", &["-c", "FTPD_BIN=$0; FTPD_CONF=$1; $FTPD_BIN -c $FTPD_CONF", FERRYD, CONFIGURATION]);
    assert!(started.status.success(), "{}", said(&started));
    let pid = machine.daemon().expect("its number");
    greeted(&machine);
    assert!(machine.run("sh", &["-c", "kill -HUP `cat /run/proftpd.pid`"]).status.success());
    greeted(&machine);
    assert!(machine.run("sh", &["-c", "kill -TERM `cat /run/proftpd.pid`"]).status.success());
    until("the daemon's end", || !Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn logs_are_rotated_and_written_on() {
    if !as_root("logs are rotated and written on")
        || !has_program("logrotate", "logs are rotated and written on")
    {
        return;
    }
    let machine = machine();
    let configuration = machine.read(CONFIGURATION) + "SystemLog /var/log/proftpd/proftpd.log\n";
    fs::create_dir(machine.path("/var/log/proftpd")).expect("a folder");
    fs::write(machine.path(CONFIGURATION), configuration).expect("written");
    assert_eq!(init(&machine, "start").0, Some(0));
    let log = || fs::read_to_string(machine.path("/var/log/proftpd/proftpd.log")).unwrap_or_default();
    until("a line to rotate", || log().contains("STARTUP"));
    let rules = shipped("logrotate/ferryd");
    let words = ["--force", "--state", "/run/logrotate.state", rules.to_str().expect("text")];
    let rotated = machine.run("logrotate", &words);
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert!(machine.path("/var/log/proftpd/proftpd.log.1").exists(), "{}", said(&rotated));
    until("the new log's first line", || log().contains("logs reopened"));
}

/// One of the shipped units, with the program as it was built in the place of the installed one.
fn unit(folder: &Path, name: &str) -> PathBuf {
    let text = fs::read_to_string(shipped("systemd").join(name)).expect("a unit");
    let path = folder.join(name);
    fs::write(&path, text.replace("/usr/sbin/ferryd", FERRYD).replace("/usr/bin/ferryd-status", FERRYD))
        .expect("written");
    path
}

#[test]
fn systemd_finds_nothing_to_say_of_the_units() {
    if !has_program("systemd-analyze", "systemd finds nothing to say of the units") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let units = [
        "ferryd.service",
        "ferryd.socket",
        "ferryd-inetd@.service",
        "ferryd-inetd.socket",
        "ferryd-status.service",
    ];
    for name in units {
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .arg(unit(folder.path(), name))
            .output()
            .expect("systemd-analyze");
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert!(!said(&output).contains("ferryd"), "{name}: {}", said(&output));
    }
}

#[test]
fn the_units_sandbox_is_tight() {
    if !has_program("systemd-analyze", "the units sandbox is tight") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=40", "--no-pager"])
        .arg(unit(folder.path(), "ferryd.service"))
        .output()
        .expect("systemd-analyze");
    assert!(output.status.success(), "{}", said(&output));
}

fn page() -> String {
    fs::read_to_string(shipped("../docs/service.md")).expect("the page")
}

/// Programs and files are those that are built and shipped.
#[test]
fn what_the_page_installs_is_there() {
    let page = page();
    let lines = page.lines().filter_map(|line| line.strip_prefix("    install -m "));
    let words: Vec<&str> =
        lines.flat_map(|line| line.split(" && ").next().unwrap_or_default().split(' ')).collect();
    let programs: Vec<&str> = words.iter().copied().filter(|word| word.starts_with("f")).collect();
    let built = fs::read_dir(shipped("../src/bin")).expect("src/bin").count();
    assert_eq!(programs.len(), built, "{programs:?}");
    for name in programs {
        assert!(shipped("../src/bin").join(name).with_extension("rs").exists(), "{name}");
    }
    let files: Vec<&str> =
        words.into_iter().filter(|word| word.contains('/') && !word.starts_with('/')).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    assert!(files.iter().all(|file| shipped(file).exists()), "{files:?}");
}

/// Of the version that the page was written with: others look at more, or weigh it otherwise.
#[test]
fn what_the_units_sandbox_leaves_open_is_told() {
    const TEST: &str = "what_the_units_sandbox_leaves_open_is_told";
    if !has_program("systemd-analyze", TEST) {
        return;
    }
    let version = Command::new("systemd-analyze").arg("--version").output().expect("systemd-analyze");
    if !said(&version).starts_with("systemd 252 ") {
        skipped("needs systemd 252", TEST);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let analyzed = |words: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager"]).args(words);
        let output = command.arg(unit(folder.path(), "ferryd.service")).output().expect("systemd-analyze");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let findings: serde_json::Value = serde_json::from_str(&analyzed(&["--json=short"])).expect("JSON");
    let exposed: Vec<&str> = findings
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["set"] == false)
        .filter_map(|finding| finding["name"].as_str())
        .collect();
    let page = page().replace("\\|", "|");
    let untold: Vec<_> = exposed.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(exposed.len() > 10 && untold.is_empty(), "docs/service.md does not tell of {untold:?}");
    let rated = analyzed(&[]);
    let figure = rated.split("ferryd.service: ").nth(1).and_then(|text| text.split(' ').next());
    let figure = figure.expect("a figure");
    assert!(page.contains(&format!("rates it {figure} ")), "it is {figure}");
}

/// Processes of a group, which end with the test.
struct Ended(i32);

impl Drop for Ended {
    fn drop(&mut self) {
        end_group(self.0);
    }
}

/// A real service manager's own tool listens, and starts the daemon with the first client.
#[test]
fn the_first_client_starts_the_daemon() {
    if !has_program("systemd-socket-activate", "the first client starts the daemon") {
        return;
    }
    let setup = Setup::new();
    setup.write();
    let mut command = Command::new("systemd-socket-activate");
    command.arg(format!("--listen={}", setup.socket_address())).args([FERRYD, "-n", "-q", "-c"]);
    command.arg(setup.config_file()).stderr(Stdio::null()).process_group(0);
    let activator = command.spawn().expect("the activator");
    let group = i32::try_from(activator.id()).expect("a pid");
    let _ended = Ended(group);
    let mut client = eventually("a listener", || Client::connect(setup.socket_address()).ok());
    client.reply().expect(220);
    client.login("alice");
    processes::send(group, Signal::SIGTERM);
    client.reply().expect(421);
    finished(activator);
}

#[test]
fn the_journal_is_told_how_grave_a_line_is() {
    let setup = Setup::new();
    setup.write();
    let journal = fs::File::create(setup.path("journal")).expect("a file");
    let found = journal.metadata().expect("its inode");
    let stream = format!("{}:{}", found.dev(), found.ino());
    let mut command = program(&setup);
    command.args(["-n", "-c"]).arg(setup.config_file()).env("JOURNAL_STREAM", stream);
    let daemon = command.stderr(journal).process_group(0).spawn().expect("the daemon");
    let group = i32::try_from(daemon.id()).expect("a pid");
    let _ended = Ended(group);
    let read = || fs::read_to_string(setup.path("journal")).unwrap_or_default();
    until("its start", || read().contains(&format!("<6>proftpd[{group}] 127.0.0.1: ProFTPD")));
    let mut client = Client::greeted(setup.socket_address());
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    until("a warning", || {
        read().lines().any(|line| line.starts_with("<4>proftpd[") && line.contains("alice"))
    });
    processes::send(group, Signal::SIGTERM);
    finished(daemon);
}

#[test]
fn accounts_and_folders_are_made_as_systemd_is_told() {
    let test = "accounts and folders are made as systemd is told";
    if !as_root(test) || !has_program("systemd-sysusers", test) || !has_program("systemd-tmpfiles", test) {
        return;
    }
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir(root.path().join("etc")).expect("a folder");
    fs::write(root.path().join("etc/group"), "root:x:0:\nadm:x:4:\n").expect("written");
    fs::write(root.path().join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("written");
    for (program, words, name) in [
        ("systemd-sysusers", &[][..], "systemd/ferryd.sysusers"),
        ("systemd-tmpfiles", &["--create"][..], "systemd/ferryd.tmpfiles"),
    ] {
        let mut command = Command::new(program);
        command.arg(format!("--root={}", root.path().display())).args(words).arg(shipped(name));
        let output = command.output().expect("the program");
        assert!(output.status.success(), "{program}: {}", said(&output));
    }
    let accounts = fs::read_to_string(root.path().join("etc/passwd")).expect("accounts");
    assert!(accounts.contains("\nproftpd:") && accounts.contains("\nftp:"), "{accounts}");
    let logs = fs::metadata(root.path().join("var/log/proftpd")).expect("a folder");
    assert_eq!((logs.mode() & 0o7777, logs.gid()), (0o750, 4));
}

/// What the unit takes away is not missed: with its capabilities alone, and no new privileges, accounts of every kind log in.
#[test]
fn the_units_capabilities_are_enough() {
    if !as_root("the units capabilities are enough")
        || !has_program("setpriv", "the units capabilities are enough")
    {
        return;
    }
    let text = fs::read_to_string(shipped("systemd/ferryd.service")).expect("the unit");
    let kept = text.lines().find_map(|line| line.strip_prefix("CapabilityBoundingSet=")).expect("its line");
    let kept: Vec<String> = kept.split(' ').map(|name| name.replace("CAP_", "+").to_lowercase()).collect();
    let bounds = format!("--bounding-set=-all,{}", kept.join(","));
    let machine = machine();
    let lines = "AuthPAM on\nCreateHome on\n<Directory ~>\nUserOwner nobody\n</Directory>\nDefaultRoot ~\nUseLastlog on\nWtmpLog on\n";
    fs::write(machine.path(CONFIGURATION), machine.read(CONFIGURATION).replace("AuthPAM off\n", lines))
        .expect("written");
    let output = machine.run("setpriv", &[&bounds, "--no-new-privs", "--inh-caps=-all", FERRYD]);
    assert!(output.status.success(), "{}", said(&output));
    let mut client = greeted(&machine);
    client.command("USER carol").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    machine.within(|| client.store("file", b"given to nobody"));
    processes::send(machine.daemon().expect("its number"), Signal::SIGHUP);
    greeted(&machine);
}
