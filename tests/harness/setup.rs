//! A daemon's folder before the daemon runs: configuration, accounts, homes.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::PASSWORD_HASH;
use super::daemon::Daemon;
use super::host::{self, Host, HostAccount};
use super::ports::Port;

/// Whom the daemon is started as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// Whoever runs the tests.
    Caller,
    /// nobody, by a root that lets go of itself first.
    Nobody,
}

/// The first account's uid and gid where the daemon runs as root; each account has the next.
pub const FIRST_UID: u32 = 52_001;
/// nobody and nogroup on Debian.
pub const NOBODY: u32 = 65_534;

/// What a test changes of the usual configuration, and where it lies.
pub struct Setup {
    pub folder: TempDir,
    pub port: Port,
    pub address: IpAddr,
    pub starter: Starter,
    pub accounts: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// An /etc of the daemon's own, where a test has one.
    pub host: Option<Host>,
    /// What a shell does in a mount namespace of the daemon's own, before the daemon.
    pub mounts: Option<String>,
    /// A copy of the program that is this daemon's alone, where a test puts others in its place.
    pub program: Option<PathBuf>,
    /// What the service manager listens to for the daemon.
    pub passed: Option<TcpListener>,
    lines: Vec<String>,
}

impl Setup {
    /// The usual one: one server on IPv4, the account alice, a small pool.
    pub fn new() -> Setup {
        let folder = tempfile::Builder::new().prefix("ferryd-").tempdir().expect("a temporary folder");
        let mut setup = Setup {
            folder,
            port: Port::reserve(),
            address: Ipv4Addr::LOCALHOST.into(),
            starter: Starter::Caller,
            accounts: Vec::new(),
            variables: Vec::new(),
            host: None,
            mounts: None,
            program: None,
            passed: None,
            lines: Vec::new(),
        };
        setup.pool(2, 1, 4);
        setup.account("alice");
        setup
    }

    /// Adds a line, or a whole section, to the configuration.
    pub fn line(mut self, text: &str) -> Setup {
        self.lines.push(text.to_owned());
        self
    }

    /// StartWorkers, MinSpareWorkers, MaxSpareWorkers in place of the small ones.
    pub fn workers(mut self, start: u32, min: u32, max: u32) -> Setup {
        self.lines.retain(|line| !line.contains("Workers "));
        self.pool(start, min, max);
        self
    }

    /// Another account, with the usual password.
    pub fn with_account(mut self, name: &str) -> Setup {
        self.account(name);
        self
    }

    /// An account of the host, in an /etc of the daemon's own (needs root). AuthOrder is then `mod_auth_unix.c mod_auth_file.c`, unless
    /// a line says otherwise.
    pub fn with_host_account(mut self, account: HostAccount) -> Setup {
        self.host.get_or_insert_default().add(account);
        self
    }

    /// A file of the daemon's own /etc: `shells`, `ftpusers`, `pam.d/proftpd` (needs root).
    pub fn with_host_file(mut self, name: &str, text: &str) -> Setup {
        self.host.get_or_insert_default().put(name, text, 0o644);
        self
    }

    /// Replaces a file of the daemon's own /etc while it runs.
    pub fn replace_host_file(&self, name: &str, text: &str, mode: u32) {
        host::put(&self.path("etc"), name, text, mode);
    }

    /// The daemon sees these mounts, and nobody else does (needs root): commands of a shell.
    pub fn with_mounts(mut self, commands: &str) -> Setup {
        self.mounts = Some(commands.to_owned());
        self
    }

    /// The daemon is executed from a copy of the program in its own folder.
    pub fn with_own_program(mut self) -> Setup {
        let path = self.path("ferryd");
        // By another process: one of other tests could hold it open for writing, and nobody could execute it then.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_ferryd")).arg(&path).status();
        assert!(copied.expect("cp").success());
        self.program = Some(path);
        self
    }

    /// The daemon is handed this listener, as by a socket unit of systemd.
    pub fn handed(mut self, listener: TcpListener) -> Setup {
        self.passed = Some(listener);
        self
    }

    pub fn on(mut self, address: IpAddr) -> Setup {
        self.address = address;
        self
    }

    pub fn started_as(mut self, starter: Starter) -> Setup {
        self.starter = starter;
        self
    }

    /// A variable of the daemon's environment.
    pub fn variable(mut self, name: &str, value: &str) -> Setup {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes everything and starts the daemon in the foreground; returns when it says that it is ready.
    #[track_caller]
    pub fn start(self) -> Daemon {
        self.write();
        Daemon::start(self)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config_file(&self) -> PathBuf {
        self.path("ferryd.conf")
    }

    pub fn home(&self, account: &str) -> PathBuf {
        self.path("homes").join(account)
    }

    pub fn socket_address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port.number)
    }

    /// Whether sessions take an identity of their own.
    pub fn has_identities(&self) -> bool {
        nix::unistd::geteuid().is_root() && self.starter == Starter::Caller
    }

    /// The whole configuration. What a test says of its own stands in place of the usual line.
    pub fn text(&self) -> String {
        let own = self.lines.join("\n");
        let said = outside_sections(&own);
        let usual = self.usual();
        let mut text = String::new();
        for line in usual.lines().filter(|line| !said.contains(&directive(line))).chain(own.lines()) {
            text += line;
            text.push('\n');
        }
        text
    }

    /// What every test's daemon is told.
    fn usual(&self) -> String {
        let at = |name: &str| self.path(name).display().to_string();
        let mut text = format!(
            "ServerName \"Test\"\nServerType standalone\nDefaultAddress {}\nPort {}\n",
            self.address, self.port.number
        );
        text += &format!("PidFile {}\nScoreboardFile {}\n", at("run/ferryd.pid"), at("run/board"));
        text += &format!("ShutdownMessageFile {}\n", at("run/shutmsg"));
        text += &format!("SystemLog {}\nTransferLog {}\n", at("log/system.log"), at("log/xferlog"));
        text += &format!("AuthUserFile {}\nAuthGroupFile {}\n", at("users"), at("groups"));
        let order = if self.host.is_some() { "mod_auth_unix.c mod_auth_file.c" } else { "mod_auth_file.c" };
        text += &format!("AuthOrder {order}\nRequireValidShell off\nUseReverseDNS off\nWtmpLog off\n");
        text += "User nobody\nGroup nogroup\nUmask 022\nAllowOverwrite on\nMaxLoginAttempts 3\n";
        text
    }

    /// Puts folders, accounts and configuration on the disk, as whoever will read them.
    pub fn write(&self) {
        self.make_folder(self.folder.path(), None);
        for name in ["run", "log", "homes"] {
            self.make_folder(&self.path(name), None);
        }
        for (number, account) in (FIRST_UID..).zip(&self.accounts) {
            self.make_folder(&self.home(account), Some(number));
        }
        if let Some(host) = &self.host {
            host.homes().for_each(|(account, uid)| self.make_folder(&self.home(account), Some(uid)));
            host.write(self.folder.path());
        }
        self.write_file("users", &self.password_lines(), 0o600);
        self.write_file("groups", &self.group_lines(), 0o600);
        self.write_file("ferryd.conf", &self.text(), 0o644);
    }

    pub fn write_file(&self, name: &str, text: &str, mode: u32) {
        let path = self.path(name);
        fs::write(&path, text).expect("a file in the test's folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        self.give(&path, None);
    }

    /// Makes a folder that the account's session owns (or the daemon, for None).
    pub fn make_folder(&self, path: &Path, account: Option<u32>) {
        fs::create_dir_all(path).expect("a folder in the test's folder");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
        self.give(path, account);
    }

    /// Makes a file's owner the session's account, as far as there are identities.
    pub fn give(&self, path: &Path, account: Option<u32>) {
        let owner = match (self.starter, account) {
            (Starter::Nobody, _) => Some(NOBODY),
            (Starter::Caller, account) => account.filter(|_| self.has_identities()),
        };
        if let Some(owner) = owner {
            chown(path, Some(owner), Some(owner)).expect("root gives files away");
        }
    }

    fn pool(&mut self, start: u32, min: u32, max: u32) {
        self.lines.push(format!("StartWorkers {start}\nMinSpareWorkers {min}\nMaxSpareWorkers {max}"));
    }

    fn account(&mut self, name: &str) {
        self.accounts.push(name.to_owned());
    }

    fn password_lines(&self) -> String {
        (FIRST_UID..)
            .zip(&self.accounts)
            .map(|(number, name)| {
                let home = self.home(name);
                format!("{name}:{PASSWORD_HASH}:{number}:{number}::{}:/bin/false\n", home.display())
            })
            .collect()
    }

    fn group_lines(&self) -> String {
        (FIRST_UID..)
            .zip(&self.accounts)
            .map(|(number, name)| format!("{name}:x:{number}:{name}\n"))
            .collect()
    }
}

fn directive(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

/// The directives of a text that stand in no section.
fn outside_sections(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut said = Vec::new();
    for name in text.lines().map(directive) {
        match name {
            _ if name.starts_with("</") => depth = depth.saturating_sub(1),
            _ if name.starts_with('<') => depth += 1,
            _ if depth == 0 => said.push(name),
            _ => {}
        }
    }
    said
}
