//! ftptop, on a real terminal and without one.

use std::fs;
use std::io::Read;
use std::process::{Command, Output};

use nix::sys::signal::Signal;

use crate::harness::scale::has_program;
use crate::harness::terminal::Terminal;
use crate::harness::{Client, Daemon, processes};

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_ftptop")
}

fn batch(daemon: &Daemon, words: &[&str]) -> String {
    let output = ftptop(&[&["-b", "-n", "1", "-f", &daemon.board_file().to_string_lossy()], words].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn ftptop(words: &[&str]) -> Output {
    Command::new(program()).args(words).output().expect("ftptop")
}

/// On a terminal of so many columns; what it says at its end stays on the screen.
fn on_terminal(daemon: &Daemon, columns: u16, words: &str) -> Terminal {
    let board = daemon.board_file();
    let line = format!("{} -f {} {words}; echo ended with $?; read line", program(), board.display());
    Terminal::run(&daemon.setup.path(""), columns, 20, &line)
}

/// A session in the midst of a download.
fn downloading(daemon: &Daemon) -> (Client, std::net::TcpStream) {
    // More than the sockets between us hold.
    let file = fs::File::create(daemon.setup.home("alice").join("big")).expect("a file");
    file.set_len(256 << 20).expect("its size");
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    data.read_exact(&mut vec![0; 4 << 20]).expect("bytes");
    (client, data)
}

#[test]
fn without_a_terminal_frames_are_printed() {
    let daemon = Daemon::usual();
    let _idle = daemon.session();
    let _waiting = daemon.client();
    let _transfer = downloading(&daemon);
    let text = batch(&daemon, &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("ftptop/1.0: ") && lines[0].contains(", up for "), "{text}");
    assert_eq!(lines[1], "3 Total FTP Sessions: 1 downloading, 0 uploading, 1 idle");
    let titles: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(titles, ["PID", "S", "USER", "CLIENT", "SERVER", "TIME", "COMMAND"]);
    assert!(lines.iter().any(|line| line.contains(" D alice ") && line.ends_with("RETR big")), "{text}");
    assert!(
        lines.iter().any(|line| line.contains(" A (none) ") && line.ends_with("(authenticating)")),
        "{text}"
    );
    for (words, count) in [
        (vec!["-A"], 1),
        (vec!["-a"], 2),
        (vec!["-D"], 1),
        (vec!["-U"], 0),
        (vec!["-I"], 1),
        (vec!["-i"], 2),
        (vec!["-S", "Test"], 3),
        (vec!["-S", "Other"], 0),
        (vec!["-D", "-I"], 2),
    ] {
        let text = batch(&daemon, &words);
        assert!(text.contains(&format!("\n{count} Total FTP Sessions: ")), "{words:?}: {text}");
        assert_eq!(text.lines().count(), 5 + count, "{words:?}: {text}");
    }
}

#[test]
fn a_batch_ends_when_its_reader_leaves() {
    let daemon = Daemon::usual();
    let line = format!("{} -b -d 0 -f {} | head -n 1", program(), daemon.board_file().display());
    let output = Command::new("sh").args(["-c", &line]).output().expect("sh");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("ftptop/1.0: "));
}

#[test]
fn mistakes_are_told_as_proftpd_tells_them() {
    for (words, said) in [
        (vec!["-d", "16"], "ftptop: delay of 0-15 seconds only supported"),
        (vec!["-d", "x"], "ftptop: delay of 0-15 seconds only supported"),
        (vec!["-b", "-n", "0"], "ftptop: bad iterations argument '0'"),
        (vec!["-b", "-n", "x"], "ftptop: bad iterations argument 'x'"),
        (vec!["-z"], "unknown option: z"),
        (vec![], "ftptop: this is no terminal; -b prints without one"),
        (vec!["-b", "-f", "/nonexistent"], "/nonexistent: No such file or directory"),
    ] {
        let output = ftptop(&words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with(said), "{words:?}: {stderr}");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
    }
    assert_eq!(ftptop(&["-V"]).stdout, b"ftptop/1.0\n");
    assert!(ftptop(&["-h"]).stdout.starts_with(b"usage: ftptop [options]\n"));
}

#[test]
fn the_screen_obeys_its_keys() {
    if !has_program("tmux", "the_screen_obeys_its_keys") {
        return;
    }
    let daemon = Daemon::usual();
    let _idle = daemon.session();
    let _waiting = daemon.client();
    let (_client, mut data) = downloading(&daemon);
    let terminal = on_terminal(&daemon, 80, "-d 1");
    let shown = |what: &str, part: &str| terminal.await_screen(what, |screen| screen.contains(part));
    let screen = shown("the sessions", "3 Total FTP Sessions: 1 downloading, 0 uploading, 1 idle");
    assert!(screen.contains("PID S USER     CLIENT"), "{screen}");
    assert!(screen.contains("q end") && screen.contains("1-3 of 3"), "{screen}");
    let coloured = terminal.coloured();
    assert!(coloured.contains("[32m") || coloured.contains("[38;5;2m"), "a download is green: {coloured:?}");
    terminal.press(&["t"]);
    let screen = shown("the speeds", "KB/s %DONE");
    assert!(screen.contains("1 Total FTP Sessions: ") && screen.contains(" D alice "), "{screen}");
    terminal.resize(130, 20);
    shown("a bar", "PROGRESS");
    data.read_exact(&mut vec![0; 120 << 20]).expect("bytes");
    shown("progress", "#######");
    terminal.press(&["t", "g"]);
    shown("users together", "SESSIONS     DOWN       UP     IDLE");
    terminal.press(&["g", "g", "g", "/", "alice", "Enter"]);
    shown("alice's alone", "2 Total FTP Sessions");
    terminal.press(&["0", "s", "r"]);
    shown("another order", "by user reversed");
    terminal.press(&["h"]);
    shown("the help", "order by pid, user, client");
    terminal.press(&["h", "q"]);
    shown("the end", "ended with 0");
}

#[test]
fn the_screen_tells_when_the_server_has_gone_and_come_back() {
    if !has_program("tmux", "the_screen_tells_when_the_server_has_gone_and_come_back") {
        return;
    }
    let mut daemon = Daemon::usual();
    let terminal = on_terminal(&daemon, 120, "-d 1");
    terminal.await_screen("the server", |screen| screen.contains("0 Total FTP Sessions"));
    daemon.signal(Signal::SIGKILL);
    daemon.await_end();
    terminal.await_screen("its end", |screen| screen.contains("its server is not running"));
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    if !has_program("tmux", "a_signal_leaves_the_terminal_as_it_was") {
        return;
    }
    let daemon = Daemon::usual();
    let line = format!(
        "cd {}; stty -g >before; {} -d 15 -f {}; stty -g >after; cmp before after && echo alike; read line",
        daemon.setup.path("").display(),
        program(),
        daemon.board_file().display()
    );
    let terminal = Terminal::run(&daemon.setup.path(""), 80, 20, &line);
    terminal.await_screen("the sessions", |screen| screen.contains("Total FTP Sessions"));
    let ftptop = processes::children_of(terminal.pid()).first().expect("ftptop").pid;
    processes::send(ftptop, Signal::SIGTERM);
    terminal.await_screen("the terminal", |screen| screen.contains("alike"));
}
