//! One of the two servers, on its own folder and port, with the configuration that the other has, too.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::fixture;
use super::package::Package;
use crate::harness::client::Client;
use crate::harness::events::until;
use crate::harness::host;
use crate::harness::ports::Port;
use crate::harness::{PASSWORD_HASH, processes};

/// The account whose home the fixture is.
pub const OWNER: u32 = 52_001;
/// So that local times show; listings are told in UTC where TimesGMT is not off.
pub const ZONE: &str = "America/New_York";
/// Whom `<Anonymous>` is: www-data, which every Debian has.
const STRANGER: u32 = 33;

/// What both servers read; `{...}` is each one's own.
const CONFIGURATION: &str = "\
ServerName \"Test\"
ServerType standalone
ServerAdmin admin@example.org
DefaultAddress {address}
Port {port}
PidFile {folder}/pid
ScoreboardFile {folder}/board
SystemLog {folder}/system.log
TransferLog {folder}/xferlog
AuthUserFile {folder}/users
AuthGroupFile {folder}/groups
AuthOrder mod_auth_file.c
RequireValidShell off
UseReverseDNS off
ModulePath {modules}
LoadModule mod_digest.c
LoadModule mod_copy.c
LoadModule mod_deflate.c
LoadModule mod_site_misc.c
User nobody
Group nogroup
Umask 022
MaxInstances 60
<IfModule mod_delay.c>
DelayEngine off
</IfModule>
";

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Ferryd,
    Proftpd,
}

/// A running server. Dropped, it is ended, process by process.
pub struct Server {
    pub program: Program,
    folder: TempDir,
    address: SocketAddr,
    _port: Port,
    child: Child,
}

impl Server {
    /// Starts it on `lines` besides the usual configuration; returns when it greets.
    #[track_caller]
    pub fn start(program: Program, package: &Package, lines: &str) -> Server {
        Server::start_with(program, package, |_| lines.to_owned())
    }

    /// The same, on the lines that `furnish` gives when it has put what it wants into the server's folder.
    #[track_caller]
    pub fn start_with(program: Program, package: &Package, furnish: impl FnOnce(&Path) -> String) -> Server {
        // Both names have one length, for what is cut or counted by length.
        let prefix = if program == Program::Ferryd { "ferryd-ours-" } else { "ferryd-peer-" };
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let port = Port::reserve();
        write(folder.path(), "users", &accounts(folder.path()));
        write(
            folder.path(),
            "groups",
            &format!("alice:x:{OWNER}:alice\nwww-data:x:{STRANGER}:\nclub:x:52003:alice\n"),
        );
        fixture::make(&folder.path().join("home"));
        let lines = furnish(folder.path());
        let address = SocketAddr::new(address_of(&lines), port.number);
        let text = filled(&format!("{CONFIGURATION}{lines}"), folder.path(), address, package);
        write(folder.path(), "server.conf", &text);
        let child = started(program, package, folder.path());
        let mut server = Server { program, folder, address, _port: port, child };
        server.await_greeting();
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The fixture.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    #[track_caller]
    fn await_greeting(&mut self) {
        until(&format!("{:?}'s greeting", self.program), || {
            let ended = self.child.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "{:?} ended: {}", self.program, self.words());
            Client::connect(self.address()).is_ok_and(|mut client| client.try_reply().is_ok())
        });
    }

    fn words(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("stderr") + &read("system.log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = self.child.id().cast_signed();
        for process in processes::in_group(group).iter().filter(|process| !process.is_zombie()) {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

fn started(program: Program, package: &Package, folder: &Path) -> Child {
    let program = match program {
        Program::Ferryd => Command::new(env!("CARGO_BIN_EXE_ferryd")),
        Program::Proftpd => package.command(),
    };
    // An /etc that the test has furnished is the server's own.
    let mut command =
        if folder.join("etc").is_dir() { within(program, host::entering(folder)) } else { program };
    let stderr = File::create(folder.join("stderr")).expect("a file in the test's folder");
    command.arg("-n").arg("-c").arg(folder.join("server.conf")).current_dir(folder).process_group(0);
    // ProFTPD tells it in FEAT.
    command.env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8");
    command.env("TZ", ZONE);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().expect("the server's program")
}

/// A program, run by another that takes it as its words.
fn within(program: Command, mut outer: Command) -> Command {
    outer.arg(program.get_program()).args(program.get_args());
    outer.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer
}

/// Where both listen: lines that begin with `# ::1` are for a pair on IPv6.
fn address_of(lines: &str) -> IpAddr {
    if lines.starts_with("# ::1") { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
}

fn filled(text: &str, folder: &Path, address: SocketAddr, package: &Package) -> String {
    text.replace("{folder}", &folder.display().to_string())
        .replace("{address}", &address.ip().to_string())
        .replace("{port}", &address.port().to_string())
        .replace("{modules}", &package.modules().display().to_string())
}

fn accounts(folder: &Path) -> String {
    let line = |name: &str, number: u32| {
        format!("{name}:{PASSWORD_HASH}:{number}:{number}::{}/home:/bin/false\n", folder.display())
    };
    line("alice", OWNER) + &line("bob", 52_002) + &line("www-data", STRANGER)
}

/// A file that only the server's owner reads: it may hold passwords.
pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file in the test's folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
}
