//! The first of the two commands of README: a server that needs nothing installed or created before.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::setup::NOBODY;
use crate::harness::{Client, as_root, eventually, processes};

/// A copy of what the quickstart uses of the repository, with a port of the test's own.
struct Copy {
    folder: tempfile::TempDir,
    port: Port,
}

impl Copy {
    fn make(owner: Option<u32>) -> Copy {
        let folder = tempfile::tempdir().expect("a folder");
        let port = Port::reserve();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy_tree(&root.join("conf"), &folder.path().join("conf"));
        fs::copy(env!("CARGO_BIN_EXE_ferryd"), folder.path().join("ferryd")).expect("a copy of the program");
        let config = folder.path().join("conf/quickstart.conf");
        let text = fs::read_to_string(&config).expect("conf/quickstart.conf");
        assert!(text.contains("2121"), "the quickstart serves on 2121");
        fs::write(&config, text.replace("2121", &port.number.to_string())).expect("written");
        open_up(folder.path(), owner);
        Copy { folder, port }
    }

    fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port.number).into()
    }

    fn start(&self, uid: Option<u32>) -> Running {
        let mut command = Command::new(self.folder.path().join("ferryd"));
        command.args(["-n", "-c", "conf/quickstart.conf"]).current_dir(self.folder.path()).process_group(0);
        let said = fs::File::create(self.folder.path().join("said")).expect("a file");
        command.stdin(Stdio::null()).stdout(said.try_clone().expect("a descriptor")).stderr(said);
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        Running(command.spawn().expect("the program"))
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

/// The daemon; dropped, it is told to end.
struct Running(Child);

impl Running {
    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("a pid")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            processes::send(self.pid(), Signal::SIGTERM);
        }
        let _ = self.0.wait();
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder of the repository").flatten() {
        let (source, target): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_tree(&source, &target);
        } else {
            fs::copy(&source, &target).expect("copied");
        }
    }
}

/// The folder as a checkout of whoever starts the daemon.
fn open_up(path: &Path, owner: Option<u32>) {
    if let Some(owner) = owner {
        std::os::unix::fs::chown(path, Some(owner), Some(owner)).expect("root gives away");
    }
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            open_up(&entry.path(), owner);
        }
    }
}

fn serves(copy: &Copy, running: &mut Running, session_uid: u32) {
    let mut client = eventually("the greeting", || {
        if let Some(status) = running.0.try_wait().expect("our child") {
            panic!("it ended ({status}):\n{}", copy.said());
        }
        let mut client = Client::connect(copy.address()).ok()?;
        client.try_reply().ok().filter(|reply| reply.code == 220)?;
        Some(client)
    });
    client.command("USER anonymous").expect(331);
    client.command("PASS me@example.org").expect(230);
    let names = String::from_utf8(client.download("NLST")).expect("text");
    let first = names.lines().next().expect("the sample folder has something to offer").to_owned();
    client.command("CWD missing").expect(550);
    for line in ["MKD new", &format!("DELE {first}")] {
        client.command(line).expect(550);
    }
    let mut demo = Client::greeted(copy.address());
    demo.command("USER demo").expect(331);
    demo.command("PASS demo").expect(230);
    demo.store("hello", b"hello");
    assert_eq!(demo.retrieve("hello"), b"hello");
    let workers: Vec<u32> = processes::children_of(running.pid())
        .iter()
        .filter_map(|child| processes::uid_of(child.pid))
        .filter(|uid| *uid == session_uid)
        .collect();
    assert!(workers.len() >= 2, "sessions run as {session_uid}");
    // Who would write the host's wtmp, ask PAM or make homes.
    let stewards = processes::children_of(running.pid())
        .iter()
        .flat_map(|child| processes::children_of(child.pid))
        .count();
    assert_eq!(stewards, 0, "the quickstart touches nothing of the host's");
    assert!(copy.folder.path().join("target/quickstart").is_dir());
    processes::send(running.pid(), Signal::SIGTERM);
    until("its end", || running.0.try_wait().expect("our child").is_some());
    assert_eq!(running.0.wait().expect("ended").code(), Some(0), "{}", copy.said());
}

#[test]
fn the_caller_can_start_it() {
    let copy = Copy::make(None);
    let caller = nix::unistd::geteuid();
    let session_uid = if caller.is_root() { NOBODY } else { caller.as_raw() };
    for _ in 0..2 {
        serves(&copy, &mut copy.start(None), session_uid);
    }
}

#[test]
fn nobody_can_start_it() {
    if !as_root("nobody_can_start_it") {
        return;
    }
    let copy = Copy::make(Some(NOBODY));
    serves(&copy, &mut copy.start(Some(NOBODY)), NOBODY);
}
