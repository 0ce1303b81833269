//! ferryd-status: what it answers, to whom, and what it looks like in a browser.

pub mod browser;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::Uid;

use crate::harness::scale::{has_program, is_long};
use crate::harness::{Daemon, Setup, eventually};

/// A running ferryd-status; ended when dropped.
pub struct Status {
    child: Child,
    pub address: SocketAddr,
}

impl Status {
    /// Of a daemon's board, as an ordinary user.
    pub fn of(daemon: &Daemon, words: &[&str]) -> Status {
        let folder = daemon.setup.path("");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("a folder others may enter");
        let mut child = program(&["-f", &daemon.board_file().to_string_lossy(), "-l", "127.0.0.1:0"])
            .args(words)
            .stderr(Stdio::piped())
            .spawn()
            .expect("ferryd-status");
        let mut line = String::new();
        BufReader::new(child.stderr.take().expect("its stderr")).read_line(&mut line).expect("its address");
        let address = line.trim().trim_start_matches("ferryd-status: http://").trim_end_matches('/');
        Status { address: address.parse().unwrap_or_else(|_| panic!("no address: {line}")), child }
    }

    fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").expect("a body").1.to_owned();
        (status, body)
    }

    pub fn fetch(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program; where we are root, as nobody.
fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferryd-status"));
    command.args(words);
    if Uid::effective().is_root() {
        command.uid(65534).gid(65534);
    }
    command
}

#[test]
fn every_path_answers_about_the_running_server() {
    let mut daemon = Daemon::usual();
    let _session = daemon.session();
    let status = Status::of(&daemon, &[]);
    let (code, page) = status.fetch("/");
    assert_eq!(code, 200);
    assert!(page.contains("<td>alice</td>") && page.contains(&format!("Process {}", daemon.pid())), "{page}");
    assert!(status.fetch("/?text=nobody-has-this").1.contains("Nobody."));
    assert!(status.fetch("/part?view=users").1.contains("<td>alice</td><td>1</td>"));
    let (_, metrics) = status.fetch("/metrics");
    assert!(
        metrics.contains("\nferryd_sessions{state=\"idle\"} 1.0\n") && metrics.ends_with("# EOF\n"),
        "{metrics}"
    );
    let told: serde_json::Value = serde_json::from_str(&status.fetch("/status.json").1).expect("JSON");
    let (pid, user) = (&told["server"]["pid"], &told["connections"][0]["user"]);
    assert_eq!((pid, user), (&daemon.pid().into(), &"alice".into()));
    assert_eq!((status.fetch("/healthz").0, status.fetch("/readyz").0), (200, 200));
    assert_eq!(status.fetch("/../etc/passwd").0, 404);
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    eventually("its end in the board", || (status.fetch("/healthz").0 == 503).then_some(()));
    assert_eq!(status.fetch("/readyz").0, 503);
    let gone = status.fetch("/").1;
    assert!(gone.contains("The server is not running") || gone.contains("No such file"), "{gone}");
}

#[test]
fn nothing_can_be_changed_and_strangers_names_are_not_served() {
    let daemon = Daemon::usual();
    let status = Status::of(&daemon, &["-H", "ftp.example.org"]);
    for (request, code) in [
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: ftp.example.org\r\nConnection: close\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\n\r\n", 200),
        ("HEAD /metrics HTTP/1.1\r\nHost: [::1]:1\r\nConnection: close\r\n\r\n", 200),
        ("\x16\x03\x01 no HTTP\r\n\r\n", 400),
    ] {
        assert_eq!(status.ask(request).0, code, "{request:?}");
    }
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(1 << 20));
    let mut stream = TcpStream::connect(status.address).expect("connected");
    // It may break off while we write.
    let _ = stream.write_all(endless.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn who_says_nothing_keeps_nobody_out() {
    let daemon = Daemon::usual();
    let status = Status::of(&daemon, &[]);
    let _silent: Vec<TcpStream> =
        (0..63).map(|_| TcpStream::connect(status.address).expect("connected")).collect();
    assert_eq!(status.fetch("/healthz").0, 200);
}

#[test]
fn it_serves_the_loopback_alone_and_not_as_root() {
    for (words, said) in [
        (vec!["-l", "0.0.0.0:0"], "is not of the loopback"),
        (vec!["-l", "nowhere"], "'nowhere' is no address and port"),
        (vec!["-l", "127.0.0.1:0", "-f", "/nonexistent"], "/nonexistent: No such file or directory"),
        (vec!["-z"], "unknown option: z"),
    ] {
        let output = program(&words).output().expect("its end");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(said) && output.status.code() == Some(1), "{words:?}: {stderr}");
    }
    if Uid::effective().is_root() {
        let output = Command::new(env!("CARGO_BIN_EXE_ferryd-status")).output().expect("its end");
        assert!(String::from_utf8_lossy(&output.stderr).contains("start it as an ordinary user"));
    }
}

/// What visitors are refused, for bars of several lengths.
fn be_refused(daemon: &Daemon) {
    let mut client = daemon.session();
    for (line, count) in [("RETR missing", 40), ("XYZZY", 13), ("RNTO new", 5), ("STOR a.exe", 1)] {
        (0..count).for_each(|_| _ = client.command(line));
    }
    client.command("QUIT").expect(221);
    let mut stranger = daemon.client();
    for _ in 0..2 {
        stranger.command("USER alice").expect(331);
        stranger.command("PASS wrong").expect(530);
    }
}

#[test]
fn a_browser_shows_it_light_dark_and_on_a_phone() {
    let name = "a_browser_shows_it_light_dark_and_on_a_phone";
    if !is_long() || !has_program("chromium", name) {
        return;
    }
    let daemon = Setup::new().line("MaxInstances 400\nPathDenyFilter \\.exe$").start();
    let mut reader = daemon.session();
    let file = fs::File::create(daemon.setup.home("alice").join("holiday.iso")).expect("a file");
    file.set_len(256 << 20).expect("its size");
    let mut data = reader.extended_passive();
    reader.command("RETR holiday.iso").expect(150);
    data.read_exact(&mut vec![0; 90 << 20]).expect("bytes");
    be_refused(&daemon);
    let _sessions: Vec<_> = (0..199).map(|_| daemon.session()).collect();
    let status = Status::of(&daemon, &[]);
    let url = format!("http://{}/?sort=rate", status.address);
    let narrow = browser::narrow(&status);
    let (wide, phone) = ("--window-size=1280,900", "--window-size=500,900");
    let dark = "--blink-settings=preferredColorScheme=0";
    for (name, url, words) in [
        ("light", &url, [wide, "--force-color-profile=srgb"]),
        ("dark", &url, [wide, dark]),
        ("phone", &narrow, [phone, "--force-device-scale-factor=2"]),
        ("phone-dark", &narrow, [phone, dark]),
    ] {
        let picture = browser::picture(url, name, &words);
        assert!(fs::metadata(&picture).expect("a picture").len() > 20_000, "an empty page");
    }
    let page = browser::browse(&url, &["--dump-dom"]);
    assert_eq!(page.matches("<tr class=").count(), 200);
    assert_eq!(page.matches("<meter ").count(), 5, "a bar for each reason");
    assert!(!page.contains("does not answer"), "the script could not renew the page");
}
