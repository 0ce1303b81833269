//! Whoever watches a server with thousands of sessions: the tools, the page and a browser. How long each takes is told, never judged.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ferryd::scoreboard::State;

use crate::harness::cost::Cost;
use crate::harness::events::{until, within};
use crate::harness::scale::{has_program, is_long, rounds};
use crate::harness::terminal::Terminal;
use crate::harness::{Client, Daemon, Setup, processes};
use crate::status::Status;
use crate::status::browser::{browse, narrow, picture};

const USERS: [&str; 8] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

/// Of so many sessions one downloads, and one waits for its login.
const DOWNLOADING: usize = 20;
const WAITING: usize = 50;

/// A daemon with many clients, who stay as they are.
struct Crowd {
    daemon: Daemon,
    clients: Vec<(Client, Option<TcpStream>)>,
}

impl Crowd {
    fn gather(count: usize) -> Crowd {
        let setup = Setup::new().workers(20, 20, 200).line("MaxInstances none");
        let daemon = USERS[1..].iter().fold(setup, |setup, name| setup.with_account(name)).start();
        for name in USERS {
            let file = fs::File::create(daemon.setup.home(name).join("holiday.iso")).expect("a file");
            file.set_len(64 << 20).expect("its size");
        }
        let began = Instant::now();
        let arrive = |share: usize| {
            let daemon = &daemon;
            move || (share..count).step_by(4).map(|number| arrival(daemon, number)).collect::<Vec<_>>()
        };
        let clients = thread::scope(|scope| {
            let shares: Vec<_> = (0..4).map(|share| scope.spawn(arrive(share))).collect();
            shares.into_iter().flat_map(|share| share.join().expect("clients")).collect()
        });
        println!("{count} sessions in {:.1?}", began.elapsed());
        Crowd { daemon, clients }
    }

    fn count(&self) -> usize {
        self.clients.len()
    }
}

fn arrival(daemon: &Daemon, number: usize) -> (Client, Option<TcpStream>) {
    let mut client = daemon.client();
    if number % WAITING == 1 {
        return (client, None);
    }
    client.login(USERS[number % USERS.len()]);
    if number % DOWNLOADING != 2 {
        return (client, None);
    }
    let mut data = client.extended_passive();
    client.command("RETR holiday.iso").expect(150);
    data.read_exact(&mut vec![0; (number % 61) << 20]).expect("bytes");
    (client, Some(data))
}

fn board(crowd: &Crowd) -> String {
    crowd.daemon.board_file().to_string_lossy().into_owned()
}

/// What a tool prints, and how long it took in the best of some runs.
fn timed(what: &str, program: &str, words: &[&str]) -> String {
    let run = || {
        let began = Instant::now();
        let output = Command::new(program).args(words).output().expect("a tool");
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        (began.elapsed(), output.stdout)
    };
    let runs: Vec<_> = (0..5).map(|_| run()).collect();
    let best = runs.iter().map(|(took, _)| *took).min().unwrap_or_default();
    let text = String::from_utf8_lossy(&runs[0].1).into_owned();
    println!("{what}: {:.1} ms, {} KiB", best.as_secs_f64() * 1e3, text.len() >> 10);
    text
}

fn tools(crowd: &Crowd) {
    let (board, count) = (board(crowd), crowd.count());
    let ftpwho = |words: &[&str]| {
        timed(
            &format!("ftpwho {}", words.join(" ")),
            env!("CARGO_BIN_EXE_ftpwho"),
            &[&["-f", &board], words].concat(),
        )
    };
    let text = ftpwho(&[]);
    assert!(text.contains(&format!("{count} users")), "{}", text.lines().last().unwrap_or_default());
    assert_eq!(ftpwho(&["-v"]).matches("\tclient: ").count(), count);
    assert_eq!(ftpwho(&["-o", "json"]).matches("\"remote_name\"").count(), count);
    ftpwho(&["-o", "prometheus"]);
    timed("ftpcount", env!("CARGO_BIN_EXE_ftpcount"), &["-f", &board]);
    let ftptop = env!("CARGO_BIN_EXE_ftptop");
    let frame = timed("ftptop -b -n 1", ftptop, &["-b", "-n", "1", "-f", &board]);
    assert!(frame.contains(&format!("\n{count} Total FTP Sessions: ")), "{}", &frame[..200]);
    timed("ftptop -b -n 11 -d 0", ftptop, &["-b", "-n", "11", "-d", "0", "-f", &board]);
}

fn terminal(crowd: &Crowd) {
    let line =
        format!("{} -d 1 -f {}; echo ended with $?; read line", env!("CARGO_BIN_EXE_ftptop"), board(crowd));
    let terminal = Terminal::run(&crowd.daemon.setup.path(""), 160, 50, &line);
    let shown = |what: &str, part: &str| terminal.await_screen(what, |screen| screen.contains(part));
    let count = crowd.count();
    shown("everybody", &format!("{count} Total FTP Sessions: "));
    let pid = processes::children_of(terminal.pid()).first().expect("ftptop").pid;
    let (began, before) = (Instant::now(), Cost::of(pid));
    terminal.press(&["End"]);
    shown("the last", &format!("{count} of {count}"));
    terminal.press(&["Home"]);
    shown("the first", "\n1-44 of ");
    for key in ["s", "s", "s", "r"] {
        terminal.press(&[key]);
    }
    shown("another order", "reversed");
    terminal.press(&["t"]);
    let screen = shown("transfers", "PROGRESS");
    terminal.press(&["t", "g"]);
    shown("users together", "SESSIONS");
    let cost = Cost::of(pid);
    println!(
        "ftptop: {:.0?} of processor in {:.1?} with 11 keys, {} KiB\n{screen}",
        cost.cpu_since(before),
        began.elapsed(),
        cost.kib
    );
    terminal.press(&["q"]);
    shown("the end", "ended with 0");
}

fn page(crowd: &Crowd, has_browser: bool) {
    let status = Status::of(&crowd.daemon, &[]);
    for path in ["/", "/part", "/?view=transfers&sort=rate", "/?view=users", "/status.json", "/metrics"] {
        let fetch = || {
            let began = Instant::now();
            let (code, body) = status.fetch(path);
            assert_eq!(code, 200, "{path}");
            (began.elapsed(), body.len())
        };
        let (best, length) = (0..5).map(|_| fetch()).min().expect("five");
        println!("{path}: {:.1} ms, {} KiB", best.as_secs_f64() * 1e3, length >> 10);
    }
    if !has_browser {
        return;
    }
    let url = |asked: &str| format!("http://{}/{asked}", status.address);
    for (name, size, more) in [
        ("many-light", "1280,1000", "--force-color-profile=srgb"),
        ("many-dark", "1280,1000", "--blink-settings=preferredColorScheme=0"),
    ] {
        picture(&url("?sort=rate"), name, &[&format!("--window-size={size}"), more]);
    }
    let narrow = narrow(&status);
    picture(&narrow, "many-phone", &["--window-size=500,900", "--force-device-scale-factor=2"]);
    picture(
        &narrow,
        "many-phone-dark",
        &["--window-size=500,900", "--blink-settings=preferredColorScheme=0"],
    );
    picture(&url("?view=transfers"), "many-transfers", &["--window-size=1280,1000"]);
    picture(&url("?view=users"), "many-users", &["--window-size=1280,1000"]);
    let began = Instant::now();
    let document = browse(&url(""), &["--dump-dom"]);
    println!("the browser: {:.1?}, {} rows", began.elapsed(), document.matches("<tr class=").count());
    assert!(!document.contains("does not answer"), "the script could not renew the page");
}

#[test]
fn thousands_of_sessions_are_watched() {
    let crowd = Crowd::gather(rounds(60, 5000));
    let daemon = &crowd.daemon;
    let is_there = || sessions(daemon) == crowd.count();
    within(Duration::from_secs(60), "everybody in the board", || is_there().then_some(()));
    tools(&crowd);
    if has_program("tmux", "thousands_of_sessions_are_watched: ftptop") {
        terminal(&crowd);
    }
    page(&crowd, is_long() && has_program("chromium", "thousands_of_sessions_are_watched: the page"));
    let Crowd { daemon, clients } = crowd;
    drop(clients);
    until("nobody", || sessions(&daemon) == 0);
    daemon.stop();
}

fn sessions(daemon: &Daemon) -> usize {
    let board = daemon.slots();
    board
        .iter()
        .filter(|slot| matches!(slot.state, State::Greeting | State::Login | State::Idle | State::Busy))
        .count()
}
