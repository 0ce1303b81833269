//! Who may ask for what; and where the socket is.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use nix::unistd::geteuid;

use super::{said, socket};
use crate::harness::setup::NOBODY;
use crate::harness::{Daemon, Setup, eventually};

/// A copy of ftpdctl that nobody may run, and how nobody fares with it. Needs root.
fn as_nobody(daemon: &Daemon, words: &[&str]) -> Output {
    let copy = daemon.setup.path("ftpdctl");
    if !copy.exists() {
        fs::copy(env!("CARGO_BIN_EXE_ftpdctl"), &copy).expect("a copy of the program");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    let run =
        || Command::new(&copy).arg("-s").arg(socket(daemon)).args(words).uid(NOBODY).gid(NOBODY).output();
    eventually("the tool", || match run() {
        // Another test's child may still hold what the copy was written through.
        Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
        ran => Some(ran.expect("the tool")),
    })
}

fn is_root(test: &str) -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        println!("{test} skipped: it needs root");
    }
    is_root
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the socket").permissions().mode() & 0o777
}

#[track_caller]
fn assert_refused(output: &Output, status: i32, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    assert!(stderr.contains(words), "{stderr}");
}

#[test]
fn without_a_list_only_root_can_connect() {
    if !is_root("without_a_list_only_root_can_connect") {
        return;
    }
    let daemon = Daemon::usual();
    assert_eq!(mode(&socket(&daemon)), 0o600);
    assert_refused(&as_nobody(&daemon, &["status"]), 4, "Permission denied");
    said(&daemon, &["status"]);
}

#[test]
fn lists_say_who_may_ask_for_what() {
    if !is_root("lists_say_who_may_ask_for_what") {
        return;
    }
    let daemon = Setup::new()
        .line("ControlsSocketACL allow user root,nobody")
        .line("ControlsACLs all allow user nobody")
        .line("AdminControlsACLs status,kick allow group nogroup")
        .start();
    assert_eq!(mode(&socket(&daemon)), 0o666);
    for words in [&["help"][..], &["status"]] {
        let output = as_nobody(&daemon, words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    }
    assert_refused(&as_nobody(&daemon, &["kick", "user", "alice"]), 1, "no such session");
    assert_refused(&as_nobody(&daemon, &["shutdown"]), 3, "no AdminControlsACLs lets you ask for 'shutdown'");
    let line = daemon.await_log("control: shutdown refused");
    assert!(line.contains(&format!("uid={NOBODY} pid=")), "{line}");
    daemon.await_log("control: status uid=65534 pid=");
    said(&daemon, &["restart"]);
    daemon.stop();
}

#[test]
fn a_list_of_the_socket_keeps_others_out() {
    if !is_root("a_list_of_the_socket_keeps_others_out") {
        return;
    }
    let daemon = Setup::new()
        .line("ControlsSocketACL allow user root")
        .line("AdminControlsACLs all allow user nobody")
        .start();
    assert_refused(&as_nobody(&daemon, &["status"]), 3, "no ControlsSocketACL lets you in");
    let line = daemon.await_log("control: refused: no ControlsSocketACL lets it in");
    assert!(line.contains(&format!("uid={NOBODY} pid=")), "{line}");
}

#[test]
fn the_sockets_owner_and_group_can_connect() {
    if !is_root("the_sockets_owner_and_group_can_connect") {
        return;
    }
    let daemon = Setup::new()
        .line("ControlsSocketOwner root nogroup")
        .line("AdminControlsACLs status allow group nogroup")
        .start();
    let meta = fs::metadata(socket(&daemon)).expect("the socket");
    assert_eq!((meta.uid(), meta.gid(), mode(&socket(&daemon))), (0, NOBODY, 0o660));
    assert_eq!(as_nobody(&daemon, &["status"]).status.code(), Some(0));
    assert_refused(&as_nobody(&daemon, &["help"]), 3, "no ControlsACLs lets you ask for 'help'");
}

#[test]
fn actions_can_be_left_out_and_the_socket_too() {
    let daemon = Setup::new().line("AdminControlsEngine status,restart").start();
    said(&daemon, &["status"]);
    let words = super::refused(&daemon, &["shutdown"], 3);
    assert_eq!(words, "ftpdctl: AdminControlsEngine leaves 'shutdown' out\n");
    assert!(!said(&daemon, &["help"]).contains("shutdown"));
    let text = daemon.setup.text();
    daemon.rewrite(&format!("{text}ControlsEngine off\n"));
    said(&daemon, &["-s", &socket(&daemon).display().to_string(), "restart"]);
    assert!(!socket(&daemon).exists());
    let words = super::refused(&daemon, &["status"], 4);
    assert!(words.contains("this configuration has no control socket (ControlsEngine off)"), "{words}");
    daemon.rewrite(&format!("{text}ControlsSocket {}\n", daemon.setup.path("run/other").display()));
    daemon.reload();
    crate::harness::events::until("the other socket", || daemon.setup.path("run/other").exists());
    said(&daemon, &["status"]);
    daemon.stop();
}

#[test]
fn a_socket_that_cannot_be_had_stops_nobody() {
    let setup = Setup::new();
    let path = setup.path("nowhere/socket");
    let daemon = setup.line(&format!("ControlsSocket {}", path.display())).start();
    daemon.await_log("no control socket, ftpdctl has nobody to speak to: cannot listen at ");
    daemon.session();
    daemon.stop();
}

#[test]
fn a_killed_daemons_socket_is_taken_over() {
    let daemon = Daemon::usual();
    let path = socket(&daemon);
    let left = std::os::unix::net::UnixListener::bind(daemon.setup.path("run/left")).expect("a socket");
    drop(left);
    fs::rename(daemon.setup.path("run/left"), daemon.setup.path("run/later")).expect("renamed");
    let text = daemon.setup.text();
    daemon.rewrite(&format!("{text}ControlsSocket {}\n", daemon.setup.path("run/later").display()));
    said(&daemon, &["-s", &path.display().to_string(), "restart"]);
    assert!(!path.exists());
    said(&daemon, &["status"]);
    daemon.stop();
}
