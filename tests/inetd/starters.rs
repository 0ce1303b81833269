//! Those who listen on a host's behalf: inetd, xinetd, and systemd in both of its ways. Each is a program that others wrote.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::harness::daemon::end_group;
use crate::harness::events::until;
use crate::harness::handed::{setup, slots};
use crate::harness::scale::has_program;
use crate::harness::{Client, Setup, as_root, debian, eventually};

const FERRYD: &str = env!("CARGO_BIN_EXE_ferryd");

/// One of them. Dropped, it is ended with all that it has started.
struct Starter {
    setup: Setup,
    group: i32,
    child: std::process::Child,
}

impl Starter {
    fn start(setup: Setup, command: &mut Command) -> Starter {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = child.spawn().expect("the program");
        Starter { setup, group: i32::try_from(child.id()).expect("a pid"), child }
    }

    fn address(&self) -> SocketAddr {
        self.setup.socket_address()
    }

    /// Two clients at once, and what is left of them.
    #[track_caller]
    fn serves(&self) {
        let mut first = eventually("a listener", || Client::connect(self.address()).ok());
        first.reply().expect(220);
        let mut second = Client::greeted(self.address());
        first.login("alice");
        second.login("alice");
        first.store("file", b"by somebody else's leave");
        assert_eq!(second.retrieve("file"), b"by somebody else's leave");
        assert_eq!(slots(&self.setup).len(), 2);
        for client in [&mut first, &mut second] {
            client.command("QUIT").expect(221);
            client.expect_end();
        }
        until("their slots are free", || slots(&self.setup).is_empty());
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        end_group(self.group);
        let _ = self.child.wait();
    }
}

fn written() -> Setup {
    let setup = setup();
    setup.write();
    setup
}

fn unpacked(package: &str, program: &str, test: &str) -> Option<PathBuf> {
    let path = debian::unpacked(package, test)?.join(program);
    assert!(path.is_file(), "{}", path.display());
    Some(path)
}

#[test]
fn inetd_starts_a_session_for_each_connection() {
    let test = "inetd starts a session for each connection";
    if !as_root(test) {
        return;
    }
    let Some(program) = unpacked("inetutils-inetd", "usr/sbin/inetutils-inetd", test) else { return };
    let setup = written();
    let (address, file) = (setup.socket_address(), setup.path("inetd.conf"));
    let line = format!(
        "{}:{} stream tcp nowait root {FERRYD} ferryd -c {}\n",
        address.ip(),
        address.port(),
        setup.config_file().display()
    );
    fs::write(&file, line).expect("written");
    let mut command = Command::new(program);
    command.arg("-d").arg(format!("--pidfile={}", setup.path("inetd.pid").display())).arg(&file);
    Starter::start(setup, &mut command).serves();
}

#[test]
fn xinetd_starts_a_session_for_each_connection() {
    let test = "xinetd starts a session for each connection";
    if !as_root(test) {
        return;
    }
    let Some(program) = unpacked("xinetd", "usr/sbin/xinetd", test) else { return };
    let Some(library) = debian::unpacked("libwrap0", test) else { return };
    let folder =
        fs::read_dir(library.join("usr/lib")).expect("a folder").flatten().next().expect("the library's");
    let setup = written();
    let (address, file) = (setup.socket_address(), setup.path("xinetd.conf"));
    let text = format!(
        "service ferryd\n{{\ntype = UNLISTED\nsocket_type = stream\nprotocol = tcp\nwait = no\nuser = root\n\
         bind = {}\nport = {}\nserver = {FERRYD}\nserver_args = -c {}\n}}\n",
        address.ip(),
        address.port(),
        setup.config_file().display()
    );
    fs::write(&file, text).expect("written");
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", folder.path());
    command.args(["-dontfork", "-f"]).arg(&file).arg("-pidfile").arg(setup.path("xinetd.pid"));
    Starter::start(setup, &mut command).serves();
}

/// What is shipped for xinetd and systemd says what it takes to be handed a connection.
#[test]
fn shipped_files_hand_connections_over() {
    let shipped = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("conf").join(name);
        fs::read_to_string(path)
            .expect("a file")
            .lines()
            .map(str::trim)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let has = |lines: &[String], wanted: &str| {
        let squeezed = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(lines.iter().map(squeezed).any(|line| line == wanted), "{wanted}");
    };
    has(&shipped("xinetd/ferryd"), "wait = no");
    has(&shipped("systemd/ferryd-inetd.socket"), "Accept=yes");
    let unit = shipped("systemd/ferryd-inetd@.service");
    has(&unit, "StandardInput=socket");
    // Its sandbox is the daemon's.
    let confined = |line: &&String| {
        ["Protect", "Private", "Restrict", "SystemCall", "Capability", "Lock", "MemoryDeny", "NoNew"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let daemon = shipped("systemd/ferryd.service");
    let walls = |lines: &[String]| lines.iter().filter(confined).cloned().collect::<Vec<_>>();
    assert_eq!(walls(&unit), walls(&daemon));
}

/// Accept=yes, with the connection as stdin (StandardInput=socket) or as the first descriptor that was passed.
#[test]
fn systemd_starts_a_session_for_each_connection() {
    if !has_program("systemd-socket-activate", "systemd starts a session for each connection") {
        return;
    }
    for words in [&["--accept", "--inetd"][..], &["--accept"]] {
        let setup = written();
        let mut command = Command::new("systemd-socket-activate");
        command.arg(format!("--listen={}", setup.socket_address())).args(words);
        command.args([FERRYD, "-c"]).arg(setup.config_file());
        Starter::start(setup, &mut command).serves();
    }
}
