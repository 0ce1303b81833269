//! The host's syslog: what goes there, as what part of the host, and how grave.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::harness::daemon::Background;
use crate::harness::{Client, Setup, as_root};

/// A /dev of the daemon's own, in which `log` leads to the test's socket.
const DEVICES: &str = "mkdir @/dev\nmount -t tmpfs none @/dev\n\
    for name in null zero random urandom; do touch @/dev/$name; mount --bind /dev/$name @/dev/$name; done\n\
    ln -s @/syslog @/dev/log\nmount --rbind @/dev /dev";

/// A syslog daemon that keeps what it is told.
struct Syslog {
    socket: UnixDatagram,
}

impl Syslog {
    fn of(setup: Setup) -> (Syslog, Setup) {
        let folder = setup.folder.path().display().to_string();
        let path = setup.path("syslog");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .expect("its mode");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
        (Syslog { socket }, setup.with_mounts(&DEVICES.replace('@', &folder)))
    }

    /// The next line that holds this, and its priority; `others` has those before it.
    #[track_caller]
    fn line_with(&self, text: &str, mut others: impl FnMut(&str)) -> (u8, String) {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("no {text}: {error}"));
            let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if !line.contains(text) {
                others(&line);
                continue;
            }
            let (priority, rest) = line.strip_prefix('<').and_then(|line| line.split_once('>')).expect("<n>");
            return (priority.parse().expect("a number"), rest.to_owned());
        }
    }
}

fn refuse_alice(address: std::net::SocketAddr) {
    let mut client = Client::greeted(address);
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    client.command("QUIT").expect(221);
}

/// Facility and severity, as RFC 5424 §6.2.1 packs them.
const fn priority(facility: u8, severity: u8) -> u8 {
    facility * 8 + severity
}

const DAEMON: u8 = 3;
const AUTHPRIV: u8 = 10;
const FTP: u8 = 11;
const LOCAL3: u8 = 19;
const WARNING: u8 = 4;
const NOTICE: u8 = 5;
const INFO: u8 = 6;

/// A daemon that has no SystemLog, and its syslog.
fn without_a_system_log(lines: &str) -> (Syslog, Setup) {
    let (syslog, setup) = Syslog::of(Setup::new().line(lines));
    setup.write();
    let said = setup.text();
    let kept: Vec<&str> = said.lines().filter(|line| !line.starts_with("SystemLog")).collect();
    std::fs::write(setup.config_file(), kept.join("\n") + "\n").expect("written");
    (syslog, setup)
}

#[test]
fn a_daemon_without_a_system_log_tells_syslog() {
    if !as_root("a_daemon_without_a_system_log_tells_syslog") {
        return;
    }
    let (syslog, setup) = without_a_system_log("SyslogFacility FTP\nSyslogLevel notice");
    let daemon = Background::start(&setup);
    refuse_alice(setup.socket_address());
    let mut before = Vec::new();
    let (found, line) = syslog.line_with("Incorrect password", |line| before.push(line.to_owned()));
    assert_eq!(found, priority(FTP, WARNING), "{line}");
    assert!(
        line.contains(" proftpd[")
            && line.ends_with("USER alice (Login failed): Incorrect password reason=password"),
        "{line}"
    );
    assert!(!before.iter().any(|line| line.contains("FTP session opened")), "{before:?}");
    drop(daemon);
}

#[test]
fn what_is_said_of_logins_is_not_for_every_reader() {
    if !as_root("what_is_said_of_logins_is_not_for_every_reader") {
        return;
    }
    let (syslog, setup) = without_a_system_log("");
    let daemon = Background::start(&setup);
    let of = |text: &str| syslog.line_with(text, |_| {}).0;
    refuse_alice(setup.socket_address());
    assert_eq!(of("FTP session opened"), priority(DAEMON, INFO));
    assert_eq!(of("Incorrect password"), priority(AUTHPRIV, WARNING));
    assert_eq!(of("FTP session closed"), priority(DAEMON, INFO));
    Client::greeted(setup.socket_address()).login("alice");
    assert_eq!(of("Login successful"), priority(AUTHPRIV, INFO));
    drop(daemon);
}

#[test]
fn an_extended_log_may_go_to_syslog_with_a_level_of_its_own() {
    if !as_root("an_extended_log_may_go_to_syslog_with_a_level_of_its_own") {
        return;
    }
    let setup = Setup::new();
    let second = format!(
        "<VirtualHost 127.0.0.2>\nPort {}\nAuthUserFile {}\nAuthOrder mod_auth_file.c\nRequireValidShell off\nExtendedLog syslog:info INFO brief\n</VirtualHost>",
        setup.port.number,
        setup.path("users").display()
    );
    let lines = "SyslogFacility LOCAL3\nLogFormat brief \"brief %m of %U at %a\"\nExtendedLog syslog:notice AUTH brief";
    let (syslog, setup) = Syslog::of(setup.line(lines).line(&second));
    let daemon = setup.start();
    let mut client = daemon.session();
    client.command("PWD").expect(257);
    let (found, line) = syslog.line_with("brief PASS", |_| {});
    assert_eq!(found, priority(LOCAL3, NOTICE), "{line}");
    assert!(line.ends_with("brief PASS of alice at 127.0.0.1"), "{line}");
    let mut elsewhere = Client::greeted(([127, 0, 0, 2], daemon.setup.port.number).into());
    elsewhere.login("alice");
    elsewhere.command("PWD").expect(257);
    let mut others = Vec::new();
    let (found, line) = syslog.line_with("brief PWD", |line| others.push(line.to_owned()));
    assert_eq!(found, priority(LOCAL3, INFO), "the first server logs no PWD: {line}");
    assert!(!others.iter().any(|line| line.contains("brief")), "the second one logs no AUTH: {others:?}");
    daemon.stop();
}
