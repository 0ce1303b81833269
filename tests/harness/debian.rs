//! Debian's package of ProFTPD: its files, unpacked and never installed, and what its installation makes of a machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::host::HostAccount;
use super::machine::Machine;
use super::scale::skipped;
use super::setup::Setup;

const PACKAGE: &str = "proftpd-core";

/// The package's files, fetched once and kept among what the build makes; says what is skipped where they cannot be had.
pub fn files(test: &str) -> Option<&'static Path> {
    static FILES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FILES.get_or_init(|| fetch(PACKAGE)) {
        Ok(folder) => Some(folder),
        Err(why) => {
            skipped(&format!("needs Debian's package {PACKAGE}: {why}"), test);
            None
        }
    }
}

/// The files of another of Debian's packages, for a program that watches or speaks to the daemon.
pub fn unpacked(package: &str, test: &str) -> Option<PathBuf> {
    let found = fetch(package);
    found.map_err(|why| skipped(&format!("needs Debian's package {package}: {why}"), test)).ok()
}

fn fetch(package: &str) -> Result<PathBuf, String> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(package);
    if kept.is_dir() {
        return Ok(kept);
    }
    let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    let here = fresh.path();
    // A bare machine has no lists of packages yet.
    ran(here, "apt-get", &["download", package]).or_else(|_| {
        ran(here, "apt-get", &["update"]).and_then(|()| ran(here, "apt-get", &["download", package]))
    })?;
    ran(here, "sh", &["-c", "dpkg-deb -x *.deb root"])?;
    // Another run of the tests may have been quicker.
    let moved = fs::rename(here.join("root"), &kept).map_err(|error| error.to_string());
    moved.or_else(|why| if kept.is_dir() { Ok(()) } else { Err(why) })?;
    Ok(kept)
}

/// Runs a program of the host in a folder, and says why it failed.
pub fn ran(folder: &Path, program: &str, words: &[&str]) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = || format!("{program}: {}", said.lines().last().unwrap_or_default());
    output.status.success().then_some(()).ok_or_else(why)
}

/// A configuration file as the package ships it.
pub fn template(files: &Path, name: &str) -> String {
    let path = files.join("usr/share/proftpd/templates").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What useradd(8) and groupadd(8) write besides the accounts: their lock, backups, and files that may be empty.
const WRITTEN: [&str; 10] = [
    ".pwd.lock",
    "passwd-",
    "shadow-",
    "group-",
    "gshadow",
    "gshadow-",
    "subuid",
    "subuid-",
    "subgid",
    "subgid-",
];

/// What the package's installation leaves in /etc: the files of its templates and of PAM, and both accounts. That of anonymous sessions has
/// its home in the test's folder instead of /srv.
pub fn installed(setup: Setup, files: &Path) -> Setup {
    let account = HostAccount::new("proftpd").ids(998, 65_534).hash("!").shell("/usr/sbin/nologin");
    let ftp = HostAccount::new("ftp").ids(997, 65_534).hash("!").shell("/usr/sbin/nologin");
    let setup = setup.with_host_account(account.home(Path::new("/run/proftpd"))).with_host_account(ftp);
    let setup = WRITTEN.iter().fold(setup, |setup, name| setup.with_host_file(name, ""));
    let setup = with_pam(setup, files);
    let names = ["proftpd", "modules", "sql", "ldap", "tls", "virtuals", "sftp", "geoip", "snmp", "dnsbl"];
    names.iter().map(|name| format!("{name}.conf")).fold(setup, |setup, name| {
        let text = template(files, &name);
        setup.with_host_file(&format!("proftpd/{name}"), &text)
    })
}

/// The package's service of PAM beside the machine's own, which it includes.
fn with_pam(setup: Setup, files: &Path) -> Setup {
    let folders = [PathBuf::from("/etc/pam.d"), files.join("etc/pam.d")];
    let services = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    services.fold(setup, |setup, service| match fs::read_to_string(service.path()) {
        Ok(text) => setup.with_host_file(&format!("pam.d/{}", service.file_name().display()), &text),
        Err(_) => setup,
    })
}

/// A machine on which the package has been installed, but for its programs.
pub fn machine(setup: Setup, files: &Path) -> Machine {
    let machine = Machine::start(installed(setup, files));
    for folder in ["/etc/proftpd/conf.d", "/run/proftpd", "/var/log/proftpd"] {
        fs::create_dir(machine.path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    }
    machine
}
