//! A machine of a test's own: namespaces of mounts and of the network, in which the daemon has /etc, /run, /var/log and every port for
//! itself. Needs root.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use nix::sched::{CloneFlags, setns};

use super::daemon::{end_group, finished};
use super::setup::Setup;

/// Makes the machine of the folder in `$1`, says so, and holds it until the test ends. The machine's own /etc stands beside the test's, for
/// what the test does not say (see the harness's `host`).
const HOLD: &str = r#"set -e
mount --bind -o ro /etc "$1/host-etc"
mount --bind "$1/etc" /etc
mount -t tmpfs none /run
mount --bind "$1/var-log" /var/log
ip link set lo up
echo up
exec cat"#;

pub struct Machine {
    /// Keeps the folder.
    _setup: Setup,
    holder: Child,
}

impl Machine {
    /// A machine with the accounts and files of /etc that the setup has.
    pub fn start(setup: Setup) -> Machine {
        setup.write();
        fs::create_dir(setup.path("var-log")).expect("a folder in the test's folder");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "--propagation", "private", "sh", "-c", HOLD, "sh"]);
        command.arg(setup.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("unshare");
        let mut said = String::new();
        let output = holder.stdout.take().expect("its pipe");
        BufReader::new(output).read_line(&mut said).expect("its word");
        let machine = Machine { _setup: setup, holder };
        assert_eq!(said, "up\n", "the machine does not stand");
        machine
    }

    /// What the machine has at a path, as seen from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.holder.id()))
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Runs a program on the machine to its end, which must come soon.
    #[track_caller]
    pub fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--net", "--wd=/", "--target", &self.holder.id().to_string(), program]);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finished(command.spawn().expect("nsenter"))
    }

    /// Does something with the machine's network.
    pub fn within<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let network = fs::File::open(format!("/proc/{}/ns/net", self.holder.id())).expect("its network");
        let done = std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                setns(network, CloneFlags::CLONE_NEWNET).expect("root enters");
                act()
            });
            thread.join()
        });
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// The daemon's pid, where Debian's scripts look for it.
    pub fn daemon(&self) -> Option<i32> {
        fs::read_to_string(self.path("/run/proftpd.pid")).ok()?.trim().parse().ok()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(pid) = self.daemon() {
            end_group(pid);
        }
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
