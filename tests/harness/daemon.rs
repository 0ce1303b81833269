//! One running daemon: how it is started, watched, told and ended.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ferryd::scoreboard::{HeaderRecord, Reader, SlotRecord, State};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::client::Client;
use super::events::{DEADLINE, eventually, until, within};
use super::host;
use super::processes::{self, Process};
use super::setup::{NOBODY, Setup, Starter};

/// Lines of its log that a failed test shows.
const LOG_SHOWN: usize = 40;

/// A daemon in the foreground. Dropped, it is ended by force, process by process.
pub struct Daemon {
    pub setup: Setup,
    child: Child,
    group: i32,
    notices: UnixDatagram,
}

impl Daemon {
    /// Starts what `setup` has written and waits for READY=1 (sd_notify(3)).
    #[track_caller]
    pub fn start(setup: Setup) -> Daemon {
        let notices = notice_socket(&setup);
        let child = foreground(&setup).spawn().expect("the daemon's program");
        let group = i32::try_from(child.id()).expect("a pid");
        let mut daemon = Daemon { setup, child, group, notices };
        daemon.await_notice("READY=1");
        daemon
    }

    /// The usual daemon.
    #[track_caller]
    pub fn usual() -> Daemon {
        Setup::new().start()
    }

    /// Waits for a line of the service manager's protocol.
    #[track_caller]
    pub fn await_notice(&mut self, line: &str) {
        self.await_notice_that(line, |found| found == line.as_bytes());
    }

    /// The same for a line that `is_it`; it is told as `line` if it does not come.
    #[track_caller]
    pub fn await_notice_that(&mut self, line: &str, is_it: impl Fn(&[u8]) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut buffer = [0; 1024];
        loop {
            match self.notices.recv(&mut buffer) {
                Ok(length) if buffer[..length].split(|byte| *byte == b'\n').any(&is_it) => return,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => panic!("notices: {error}"),
            }
            if let Some(status) = self.ended() {
                panic!("the daemon ended ({status}) before {line}");
            }
            assert!(Instant::now() < end, "no {line} in time");
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.setup.socket_address()
    }

    /// A client that has read the greeting.
    #[track_caller]
    pub fn client(&self) -> Client {
        Client::greeted(self.address())
    }

    /// A client that is logged in as alice.
    #[track_caller]
    pub fn session(&self) -> Client {
        let mut client = self.client();
        client.login("alice");
        client
    }

    pub fn pid(&self) -> i32 {
        self.group
    }

    pub fn signal(&self, signal: Signal) {
        processes::send(self.group, signal);
    }

    pub fn processes(&self) -> Vec<Process> {
        processes::in_group(self.group)
    }

    pub fn board_file(&self) -> PathBuf {
        self.setup.path("run/board")
    }

    pub fn pid_file(&self) -> PathBuf {
        self.setup.path("run/ferryd.pid")
    }

    pub fn shutdown_file(&self) -> PathBuf {
        self.setup.path("run/shutmsg")
    }

    #[track_caller]
    pub fn board(&self) -> Reader {
        Reader::open(&self.board_file()).expect("the board")
    }

    #[track_caller]
    pub fn header(&self) -> HeaderRecord {
        self.board().header()
    }

    #[track_caller]
    pub fn slots(&self) -> Vec<SlotRecord> {
        self.board().slots()
    }

    /// The slot of the session at the other end of a client's connection.
    #[track_caller]
    pub fn slot_of(&self, client: &Client) -> SlotRecord {
        let address = client.local_address();
        eventually("the client's slot", || self.slots().into_iter().find(|slot| slot.client == Some(address)))
    }

    #[track_caller]
    pub fn await_spares(&self, at_least: usize) {
        until(&format!("{at_least} spares"), || self.count(State::Spare) >= at_least);
    }

    pub fn count(&self, state: State) -> usize {
        self.slots().iter().filter(|slot| slot.state == state).count()
    }

    /// Writes a configuration in the place of the one that was read.
    pub fn rewrite(&self, text: &str) {
        self.setup.write_file("ferryd.conf", text, 0o644);
    }

    /// HUP, and waits until the next generation stands.
    #[track_caller]
    pub fn reload(&self) {
        let before = self.header();
        self.signal(Signal::SIGHUP);
        until("the next generation", || {
            let header = self.header();
            assert_eq!(header.refused_reloads, before.refused_reloads, "refused");
            header.generation > before.generation
        });
    }

    /// HUP, and waits until it was refused.
    #[track_caller]
    pub fn reload_in_vain(&self) {
        let before = self.header();
        self.signal(Signal::SIGHUP);
        until("the refusal", || self.header().refused_reloads > before.refused_reloads);
        assert_eq!(self.header().generation, before.generation);
    }

    /// SystemLog.
    pub fn log(&self) -> String {
        read(&self.setup.path("log/system.log"))
    }

    #[track_caller]
    pub fn await_log(&self, text: &str) -> String {
        let look = || self.log().lines().find(|line| line.contains(text)).map(str::to_owned);
        within(DEADLINE, &format!("{text:?} in the log"), look)
    }

    /// All that the daemon said, for a failed test's report.
    fn words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LOG_SHOWN)..].join("\n");
        format!("--- stderr\n{}--- log\n{last}\n---", read(&self.setup.path("stderr")))
    }

    /// TERM; the daemon must end well, and leave nothing behind.
    #[track_caller]
    pub fn stop(self) {
        self.stop_and(|_| ());
    }

    /// The same; then looks at what it has written.
    #[track_caller]
    pub fn stop_and(mut self, look: impl FnOnce(&Daemon)) {
        self.signal(Signal::SIGTERM);
        let status = self.await_end();
        assert_eq!(status.code(), Some(0), "after TERM");
        self.assert_gone();
        look(&self);
    }

    /// Waits for the master's end.
    #[track_caller]
    pub fn await_end(&mut self) -> ExitStatus {
        eventually("the master's end", || self.ended())
    }

    /// Nothing of the daemon is left: no process, no PidFile, no board.
    #[track_caller]
    pub fn assert_gone(&self) {
        let look = || self.processes().iter().all(Process::is_zombie);
        until("the end of the daemon's processes", look);
        assert!(!self.pid_file().exists(), "the PidFile is left");
        assert!(!self.board_file().exists(), "the board is left");
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the daemon is our child")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.words());
        }
        end_group(self.group);
        let _ = self.child.wait();
    }
}

/// Ends what is left of a daemon, process by process.
pub fn end_group(group: i32) {
    for process in processes::in_group(group).iter().filter(|process| !process.is_zombie()) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(process.pid), Signal::SIGKILL);
    }
}

/// A daemon in the background, known by its PidFile. Dropped, it is ended by force.
pub struct Background {
    pub pid: i32,
}

impl Background {
    /// Runs the command without `-n`; it returns when clients are served, and nothing of the daemon holds what it wrote to.
    #[track_caller]
    pub fn start(setup: &Setup) -> Background {
        let mut command = program(setup);
        command.args(["-q", "-c", "ferryd.conf"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        assert_eq!(finished(command.spawn().expect("the daemon's program")).status.code(), Some(0));
        let text = fs::read_to_string(setup.path("run/ferryd.pid")).expect("a PidFile: the daemon is ready");
        Background { pid: text.trim().parse().expect("a pid") }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        end_group(self.pid);
    }
}

/// Runs the daemon's program to its end, which must come soon.
#[track_caller]
pub fn run(setup: &Setup, words: &[&str]) -> Output {
    let mut command = program(setup);
    let child =
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    finished(child)
}

/// Waits for a short-lived child, and ends it when it turns out not to be one.
#[track_caller]
pub fn finished(mut child: Child) -> Output {
    // What it prints may be more than a pipe holds.
    let stdout = child.stdout.take().map(gather);
    let stderr = child.stderr.take().map(gather);
    let end = Instant::now() + DEADLINE;
    let status = loop {
        match child.try_wait().expect("a child of ours") {
            Some(status) => break status,
            None if Instant::now() >= end => {
                let _ = child.kill();
                break child.wait().expect("a child of ours");
            }
            None => std::thread::park_timeout(Duration::from_millis(3)),
        }
    };
    assert_ne!(status.signal(), Some(Signal::SIGKILL as i32), "the program did not end by itself");
    let text = |printed: Option<JoinHandle<Vec<u8>>>| {
        printed.map(|printed| printed.join().expect("its output")).unwrap_or_default()
    };
    Output { status, stdout: text(stdout), stderr: text(stderr) }
}

fn gather(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut printed = Vec::new();
        stream.read_to_end(&mut printed).expect("its output");
        printed
    })
}

/// The daemon's program, as whoever the setup says.
pub fn program(setup: &Setup) -> Command {
    let program = match setup.starter {
        _ if setup.program.is_some() => setup.program.clone().unwrap_or_default(),
        Starter::Caller => PathBuf::from(env!("CARGO_BIN_EXE_ferryd")),
        Starter::Nobody => program_for_nobody(),
    };
    let mut command = match (&setup.host, &setup.mounts) {
        (None, None) if setup.passed.is_some() => activated(program),
        (None, None) => Command::new(program),
        (None, Some(mounts)) => {
            let mut command = host::mounting(mounts);
            command.arg(program);
            command
        }
        (Some(_), _) => {
            let mut command = host::entering(setup.folder.path());
            command.arg(program);
            command
        }
    };
    if setup.starter == Starter::Nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    let stdin = setup.passed.as_ref().map_or_else(Stdio::null, |listener| {
        OwnedFd::from(listener.try_clone().expect("another descriptor")).into()
    });
    command.current_dir(setup.folder.path()).stdin(stdin).envs(setup.variables.clone());
    command
}

/// As a service manager starts it that listens already (sd_listen_fds(3)): stdin becomes descriptor 3.
fn activated(program: PathBuf) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&0 </dev/null", "sh"]).arg(program);
    command
}

fn foreground(setup: &Setup) -> Command {
    let mut command = program(setup);
    let stderr = File::create(setup.path("stderr")).expect("a file in the test's folder");
    let words: [OsString; 4] = ["-n".into(), "-q".into(), "-c".into(), setup.config_file().into()];
    command.args(words).env("NOTIFY_SOCKET", setup.path("notices")).process_group(0);
    command.stdout(Stdio::null()).stderr(stderr);
    command
}

fn notice_socket(setup: &Setup) -> UnixDatagram {
    let path = setup.path("notices");
    let socket = UnixDatagram::bind(&path).expect("a socket in the test's folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("its mode");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    socket
}

/// A copy of the program where nobody may run it: the build may lie in a folder that is closed to others.
fn program_for_nobody() -> PathBuf {
    static COPY: OnceLock<TempDir> = OnceLock::new();
    let folder = COPY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        fs::copy(env!("CARGO_BIN_EXE_ferryd"), folder.path().join("ferryd")).expect("a copy of the program");
        folder
    });
    folder.path().join("ferryd")
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
