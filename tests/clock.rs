//! A wall clock that is set forward and back while a daemon runs: no timer ends anything too soon or too late, and what is meant for a
//! moment follows the clock. The clock is the daemon's alone: a library before the C library's tells it so (`clock/set_clock.c`).

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use ferryd::scoreboard::State;
use jiff::{Timestamp, ToSpan};
use nix::sys::signal::Signal;

use crate::faults::hasten_watchdog;
use crate::harness::events::until;
use crate::harness::scale::has_program;
use crate::harness::{Client, Daemon, Setup, processes};

const DAY: i64 = 86_400;

/// A day forward, two back, and right again.
const STEPS: [i64; 3] = [DAY, -DAY, 0];

/// The daemon's wall clock.
struct Clock(File);

impl Clock {
    /// From now on it is so many seconds ahead of everybody else's.
    fn set(&self, ahead: i64) {
        self.0.write_all_at(&ahead.to_ne_bytes(), 0).expect("the clock's file");
    }
}

/// The library, built once; None, loudly, without a compiler.
fn library(test: &str) -> Option<&'static Path> {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    if !has_program("cc", test) {
        return None;
    }
    Some(LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clock/set_clock.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("set_clock.so");
        let mut compiler = Command::new("cc");
        let built = compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
        assert!(built.expect("cc").success(), "the library was not built");
        library
    }))
}

/// A daemon with a clock of its own.
fn started(setup: Setup, library: &Path) -> (Daemon, Clock) {
    let path = setup.path("clock");
    fs::write(&path, 0_i64.to_ne_bytes()).expect("the clock's file");
    let clock = Clock(OpenOptions::new().write(true).open(&path).expect("the clock's file"));
    let path = path.display().to_string();
    let setup = setup.variable("CLOCK_OFFSET", &path).variable("LD_PRELOAD", &library.display().to_string());
    (setup.start(), clock)
}

#[test]
fn nobody_is_ended_by_a_clock_that_is_set() {
    let Some(library) = library("nobody_is_ended_by_a_clock_that_is_set") else { return };
    let (daemon, clock) = started(Setup::new().line("TransferRate RETR 20000"), library);
    hasten_watchdog(&daemon, Duration::from_millis(50));
    let content = vec![7; 60 << 20];
    fs::write(daemon.setup.home("alice").join("big"), &content).expect("written");
    let mut idle = daemon.session();
    let mut not_yet = daemon.client();
    let mut loading = daemon.session();
    let mut data = loading.extended_passive();
    loading.command("RETR big").expect(150);
    let mut received = vec![0; 1 << 20];
    data.read_exact(&mut received).expect("bytes");
    for ahead in STEPS {
        clock.set(ahead);
        a_hanging_worker_is_ended(&daemon);
        idle.store("file", b"bytes");
        // The configuration is younger than the clock, or older by a day.
        daemon.reload();
        assert_eq!(daemon.session().retrieve("file"), b"bytes");
        until("a line of a day by this clock", || {
            transfers(&daemon).last().is_some_and(|line| line.0 == day(ahead))
        });
    }
    not_yet.login("alice");
    data.read_to_end(&mut received).expect("the rest");
    assert_eq!(received, content);
    loading.reply().expect(226);
    for mut client in [idle, not_yet, loading] {
        client.command("QUIT").expect(221);
    }
    until("no session", || daemon.slots().iter().all(|slot| slot.state == State::Spare));
    daemon.stop();
}

/// By then the watchdog has looked at everybody else more than twice.
fn a_hanging_worker_is_ended(daemon: &Daemon) {
    let hanging = daemon.session();
    let pid = daemon.slot_of(&hanging).pid.0;
    processes::send(pid, Signal::SIGSTOP);
    daemon.await_log(&format!("worker {pid} spins or hangs"));
    until("its end", || !processes::lives(pid));
}

/// The day and the seconds of each line of TransferLog (xferlog(5)).
fn transfers(daemon: &Daemon) -> Vec<(String, u64)> {
    let log = fs::read_to_string(daemon.setup.path("log/xferlog")).unwrap_or_default();
    let told = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (format!("{} {}", words[1], words[2]), words[5].parse().expect("seconds"))
    };
    log.lines().map(told).collect()
}

fn day(ahead: i64) -> String {
    let moment = Timestamp::now().checked_add(ahead.seconds()).expect("a moment");
    moment.to_zoned(jiff::tz::TimeZone::system()).strftime("%b %-d").to_string()
}

/// Begins what a timer bounds.
type Begin = fn(&Daemon) -> Client;

/// What a session waits for, told by the directive that bounds it to two seconds.
const TIMERS: [(&str, Begin); 5] = [
    ("TimeoutLogin", Daemon::client),
    ("TimeoutIdle", Daemon::session),
    ("TimeoutNoTransfer", Daemon::session),
    ("TimeoutSession", Daemon::session),
    ("TimeoutStalled", stalled),
];

/// In an upload that brings nothing.
fn stalled(daemon: &Daemon) -> Client {
    let mut client = daemon.session();
    let data = client.extended_passive();
    client.command("STOR stalls").expect(150);
    // The other end stays open for as long as the daemon has it.
    std::mem::forget(data);
    client
}

#[test]
fn every_timer_ends_its_session_in_time_whatever_the_clock_says() {
    let Some(library) = library("every_timer_ends_its_session_in_time_whatever_the_clock_says") else {
        return;
    };
    const TIME: Duration = Duration::from_secs(2);
    let ends = |directive: &str, begin: Begin| {
        let (daemon, clock) = started(Setup::new().line(&format!("{directive} {}", TIME.as_secs())), library);
        for ahead in STEPS {
            let began = Instant::now();
            let mut client = begin(&daemon);
            clock.set(ahead);
            let code = client.reply().code;
            assert!([421, 426].contains(&code), "{directive}: {code}");
            // Timers of whole seconds may end one so much sooner; a day ahead is long past, and a day back is never.
            let waited = began.elapsed();
            assert!(waited + Duration::from_millis(20) >= TIME, "{directive}: after {waited:?}");
        }
        daemon.stop();
    };
    thread::scope(|scope| {
        for (directive, begin) in TIMERS {
            scope.spawn(move || ends(directive, begin));
        }
    });
}

#[test]
fn a_rate_stays_what_it_is_when_the_clock_is_set() {
    let Some(library) = library("a_rate_stays_what_it_is_when_the_clock_is_set") else { return };
    let (daemon, clock) = started(Setup::new().line("TransferRate RETR 200"), library);
    fs::write(daemon.setup.home("alice").join("file"), vec![1; 300 << 10]).expect("written");
    for (number, ahead) in STEPS.into_iter().enumerate() {
        let began = Instant::now();
        let mut client = daemon.session();
        let mut data = client.extended_passive();
        client.command("RETR file").expect(150);
        data.read_exact(&mut [0; 10 << 10]).expect("bytes");
        clock.set(ahead);
        let mut rest = Vec::new();
        data.read_to_end(&mut rest).expect("the rest");
        client.reply().expect(226);
        let took = began.elapsed();
        assert_eq!(rest.len(), 290 << 10);
        assert!(took >= Duration::from_millis(1300), "{took:?}: a day is no time to make up for");
        until("a line of it", || transfers(&daemon).len() == number + 1);
        let (_, seconds) = transfers(&daemon)[number];
        assert!((1..=took.as_secs() + 1).contains(&seconds), "{seconds} seconds logged for {took:?}");
    }
    daemon.stop();
}

/// So long after the daemon's clock as it stands now.
fn order(daemon: &Daemon, seconds: i64) {
    let when = jiff::Zoned::now().checked_add(seconds.seconds()).expect("a time");
    let text = format!("{} 0000 0000\nclosed\n", when.strftime("%Y %-m %-d %-H %-M %-S"));
    fs::write(daemon.shutdown_file(), text).expect("written");
}

/// A kernel whose clock is set says so to whoever waits for a moment (TFD_TIMER_CANCEL_ON_SET). The daemon's own clock is no kernel's: here
/// another word in the file has the master look, and everybody else.
fn set(daemon: &Daemon, clock: &Clock, ahead: i64) {
    clock.set(ahead);
    let text = fs::read_to_string(daemon.shutdown_file()).expect("the file");
    fs::write(daemon.shutdown_file(), format!("{}.\n", text.trim_end())).expect("written");
}

#[test]
fn a_shutdown_comes_when_the_clock_says_so() {
    let Some(library) = library("a_shutdown_comes_when_the_clock_says_so") else { return };
    let (daemon, clock) = started(Setup::new(), library);
    let greeting = || Client::connect(daemon.address()).ok().and_then(|mut one| one.try_reply().ok());
    let is_greeted = |code| move || greeting().is_some_and(|reply| reply.code == code);
    order(&daemon, DAY / 2);
    until("the schedule is published", || daemon.header().schedule.is_some());
    let mut session = daemon.session();
    assert!(is_greeted(220)());
    set(&daemon, &clock, -DAY);
    until("service", is_greeted(220));
    session.command("NOOP").expect(200);
    set(&daemon, &clock, DAY);
    session.reply().expect(421);
    session.expect_end();
    until("refusal", is_greeted(500));
    set(&daemon, &clock, 0);
    until("service again", is_greeted(220));
    // A moment that is near by the daemon's clock alone; the one before must not have come by that clock.
    let before = daemon.header().schedule;
    order(&daemon, 3 * DAY);
    until("another schedule", || daemon.header().schedule != before);
    let mut session = daemon.session();
    clock.set(DAY);
    order(&daemon, DAY + 2);
    session.command("NOOP").expect(200);
    session.reply().expect(421);
    until("refusal", is_greeted(500));
    daemon.stop();
}
