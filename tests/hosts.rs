//! Configurations such as real hosts have (`tests/hosts/`, written for this test after what panels, distributions, boxes and images
//! use): each starts unchanged on a machine of its own, and somebody works there.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::host::{FIRST_HOST_UID, HostAccount};
use crate::harness::machine::Machine;
use crate::harness::{Client, PASSWORD, PASSWORD_HASH, Setup, as_root, processes};

const FERRYD: &str = env!("CARGO_BIN_EXE_ferryd");
const CONFIGURATION: &str = "/etc/proftpd/proftpd.conf";

/// What somebody may do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Read and write.
    Work,
    /// Read what is there.
    Read,
    /// Write, and not even read what was written.
    Drop,
}

/// Somebody comes to a host.
struct Visit {
    address: &'static str,
    user: &'static str,
    may: May,
}

const fn visit(address: &'static str, user: &'static str, may: May) -> Visit {
    Visit { address, user, may }
}

const USUAL: &str = "127.0.0.1:21";

/// The host's files, and folders that its administrator has made.
fn machine(name: &str) -> Machine {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let uid = FIRST_HOST_UID;
    let virtual_line = format!("carol:{PASSWORD_HASH}:{uid}:{uid}::/srv/share:/bin/false\n");
    let new_line = format!("carol:{PASSWORD_HASH}:{uid}:{uid}::/srv/homes/carol:/bin/false\n");
    let setup = Setup::new()
        .with_host_account(HostAccount::new("carol"))
        .with_host_account(
            HostAccount::new("ftp").hash("!").shell("/usr/sbin/nologin").home(Path::new("/srv/ftp")),
        )
        .with_host_account(HostAccount::new("proftpd").hash("!").shell("/usr/sbin/nologin"))
        .with_host_file("proftpd/proftpd.conf", &read(&format!("{name}.conf")))
        .with_host_file("proftpd/modules.conf", "LoadModule mod_ctrls_admin.c\nLoadModule mod_tls.c\n")
        .with_host_file("proftpd/ftpd.group", "sites:x:70000:carol\n")
        .with_host_file("proftpd/ftpd.passwd", &virtual_line)
        .with_host_file("proftpd/new.passwd", &new_line)
        .with_host_file("proftpd/skel/welcome.html", "welcome\n")
        .with_host_file(
            "proftpd/conf.d/carol.conf",
            "<Directory ~carol>\n  AllowOverwrite on\n</Directory>\n",
        );
    let machine = Machine::start(setup);
    let mounted = machine.run("mount", &["-t", "tmpfs", "-o", "mode=755", "none", "/srv"]);
    assert!(mounted.status.success(), "{mounted:?}");
    for file in ["ftpd.passwd", "new.passwd"] {
        let path = machine.path("/etc/proftpd").join(file);
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode");
    }
    for (folder, mode) in [("/srv/share", 0o777), ("/srv/share/incoming", 0o777), ("/srv/ftp", 0o755)] {
        make(&machine, folder, mode);
    }
    for folder in ["/srv/homes", "/run/proftpd", "/var/log/proftpd"] {
        make(&machine, folder, 0o755);
    }
    for file in ["/srv/share/film", "/srv/ftp/film"] {
        fs::write(machine.path(file), "a film").expect("written");
    }
    machine
}

fn make(machine: &Machine, folder: &str, mode: u32) {
    let path = machine.path(folder);
    fs::create_dir(&path).unwrap_or_else(|error| panic!("{folder}: {error}"));
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
}

/// `-t`, a start, the visits, TERM.
fn serves(name: &str, words: &[&str], visits: &[Visit]) {
    if !as_root(&format!("hosts: {name}")) {
        return;
    }
    let machine = machine(name);
    let ran = |before: &[&str]| {
        let program = [words, &[FERRYD], before, &["-c", CONFIGURATION]].concat();
        let output = machine.run("env", &program);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{name} {before:?}: {said}");
    };
    ran(&["-t"]);
    ran(&[]);
    let pid = machine.daemon().expect("its PidFile");
    machine.within(|| visits.iter().for_each(|visit| called(name, visit)));
    processes::send(pid, Signal::SIGTERM);
    until("the daemon's end", || processes::in_group(pid).iter().all(processes::Process::is_zombie));
}

fn called(name: &str, visit: &Visit) {
    let Visit { address, user, may } = visit;
    let mut client = Client::greeted(address.parse::<SocketAddr>().expect("an address"));
    client.command(&format!("USER {user}")).expect(331);
    let password = if *user == "anonymous" { "guest@example.net" } else { PASSWORD };
    client.command(&format!("PASS {password}")).expect(230);
    client.command("TYPE I").expect(200);
    match may {
        May::Work => {
            client.store("letter", b"dear carol");
            assert_eq!(client.retrieve("letter"), b"dear carol", "{name}");
            client.command("DELE letter").expect(250);
        }
        May::Read => {
            if client.command("SIZE film").code == 213 {
                assert_eq!(client.retrieve("film"), b"a film", "{name}");
            }
            client.command("MKD made").expect(550);
            client.command("DELE film").expect(550);
        }
        May::Drop => {
            client.store("scan.dat", b"a picture");
            client.command("PASV").expect(227);
            client.command("RETR scan.dat").expect(550);
            client.command("DELE scan.dat").expect(550);
        }
    }
    client.command("QUIT").expect(221);
}

/// A test for each host: its file, and who comes.
macro_rules! hosts {
    ($($test:ident: $file:literal, $($visit:expr),+;)+) => { $(
        #[test]
        fn $test() {
            serves($file, &[], &[$($visit),+]);
        }
    )+ };
}

hosts! {
    alpine: "alpine", visit(USUAL, "carol", May::Work);
    ansible: "ansible", visit(USUAL, "carol", May::Work);
    audit: "audit", visit(USUAL, "carol", May::Work);
    create_homes: "create-homes", visit(USUAL, "carol", May::Work);
    debian_anonymous: "debian-anonymous", visit(USUAL, "anonymous", May::Read), visit("[::1]:21", "carol", May::Work);
    drop_box: "drop-box", visit(USUAL, "carol", May::Drop);
    fedora: "fedora", visit(USUAL, "carol", May::Work);
    home_lab: "home-lab", visit("127.0.0.1:2121", "carol", May::Work);
    intranet: "intranet", visit(USUAL, "carol", May::Work);
    mirror: "mirror", visit(USUAL, "anonymous", May::Read);
    name_based: "name-based", visit(USUAL, "carol", May::Work);
    nas: "nas", visit(USUAL, "carol", May::Work);
    nas_read_only: "nas-read-only", visit(USUAL, "carol", May::Read);
    old_habits: "old-habits", visit(USUAL, "carol", May::Work);
    panel_includes: "panel-includes", visit(USUAL, "carol", May::Work);
    panel_virtual_hosts: "panel-virtual-hosts",
        visit(USUAL, "carol", May::Work), visit("127.0.0.2:21", "carol", May::Work), visit("127.0.0.3:2121", "carol", May::Read);
    panel_virtual_users: "panel-virtual-users", visit(USUAL, "carol", May::Work);
    puppet: "puppet", visit(USUAL, "carol", May::Work);
    quiet: "quiet", visit(USUAL, "carol", May::Work);
    two_ports: "two-ports", visit(USUAL, "carol", May::Work), visit("127.0.0.1:2100", "carol", May::Work);
    university: "university", visit(USUAL, "carol", May::Work);
}

/// Its image says nothing: whoever runs it does.
#[test]
fn docker_environment() {
    let variables = [
        "FTP_SERVER_NAME=container",
        "FTP_PORT=2121",
        "FTP_ROOT=~",
        "FTP_PASSIVE_FIRST=21000",
        "FTP_PASSIVE_LAST=21010",
    ];
    serves("docker-environment", &variables, &[visit("127.0.0.1:2121", "carol", May::Work)]);
}
