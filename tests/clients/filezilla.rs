//! FileZilla on a screen that nobody sees: it is handed a URL, logs in, lists, and is ended. In long runs alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ferryd::scoreboard::{SlotRecord, State};

use super::stage::Stage;
use crate::harness::events::{until, within};
use crate::harness::ports::has_family;
use crate::harness::scale::{has_program, is_long, skipped};

/// It paints a window before it connects.
const START_MOST: Duration = Duration::from_secs(90);

const NAMES: usize = 2_000;

pub fn logs_in_and_lists() {
    let test = "filezilla_logs_in_and_lists";
    if !is_long() {
        return skipped("needs tests/run --long", test);
    }
    if !has_program("Xvfb", test) || !has_program("filezilla", test) {
        return;
    }
    let screen = Screen::open();
    for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        if has_family(&address) {
            session(&Stage::new(address, ""), &screen);
        }
    }
}

fn session(stage: &Stage, screen: &Screen) {
    // Enough names that the listing is seen while it goes over its data connection.
    for number in 0..NAMES {
        fs::write(stage.home().join(format!("a name as long as names are, {number}")), "").expect("written");
    }
    let _client = Running(client(stage, screen));
    let session = |slot: &SlotRecord| slot.user == b"alice";
    within(START_MOST, "FileZilla's listing", || {
        let is_listing = |slot: &SlotRecord| [&b"LIST"[..], b"MLSD"].contains(&slot.command.as_slice());
        stage.daemon.slots().into_iter().find(|slot| session(slot) && is_listing(slot))
    });
    until("its end", || stage.daemon.slots().iter().any(|slot| session(slot) && slot.state == State::Idle));
    stage.daemon.await_log("USER alice: Login successful.");
}

fn client(stage: &Stage, screen: &Screen) -> Child {
    let home = stage.daemon.setup.path("client");
    let folder = home.join(".config/filezilla");
    fs::create_dir_all(&folder).expect("its settings");
    // Asked for plain FTP it would ask back, and nobody is there to answer.
    let trusted = format!(
        "<FileZilla3><InsecureHosts><Host Port=\"{}\">{}</Host></InsecureHosts></FileZilla3>\n",
        stage.port(),
        stage.address
    );
    fs::write(folder.join("trustedcerts.xml"), trusted).expect("written");
    let mut command = Command::new("filezilla");
    command.arg(stage.url("")).current_dir(&stage.local).env("HOME", &home).env("DISPLAY", &screen.name);
    command.env_remove("XDG_CONFIG_HOME").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("filezilla")
}

/// A display server of the test's own.
struct Screen {
    name: String,
    _server: Running,
}

impl Screen {
    fn open() -> Screen {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Running(command.spawn().expect("Xvfb"));
        let mut number = String::new();
        let output = server.0.stdout.take().expect("its pipe");
        BufReader::new(output).read_line(&mut number).expect("the display's number");
        Screen { name: format!(":{}", number.trim()), _server: server }
    }
}

/// A program that is ended, by its pid, when it has done its part.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
