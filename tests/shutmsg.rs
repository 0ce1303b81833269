//! The shutdown file: who hears what, and when.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::Command;

use jiff::{ToSpan, Zoned};

use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Setup, eventually};

/// The file's two lines for a shutdown so many seconds from now, with its two offsets.
fn lines(seconds: i64, deny: &str, disconnect: &str, message: &str) -> String {
    let when = Zoned::now().checked_add(seconds.seconds()).expect("a time");
    format!("{} {deny} {disconnect}\n{message}\n", when.strftime("%Y %-m %-d %-H %-M %-S"))
}

fn greeting(daemon: &Daemon) -> crate::harness::Reply {
    Client::connect(daemon.address()).expect("a connection").reply()
}

#[test]
fn from_the_deny_time_on_clients_are_refused_with_the_words() {
    let daemon = Daemon::usual();
    let mut session = daemon.session();
    let mut waiting = daemon.client();
    fs::write(daemon.shutdown_file(), lines(3600, "0200", "0000", "maintenance of %V")).expect("written");
    until("the schedule is published", || daemon.header().schedule.is_some());
    let mut refused = Client::connect(daemon.address()).expect("a connection");
    let reply = refused.reply().expect(500);
    assert_eq!(reply.text(), "500 FTP server shut down (maintenance of Test) -- please try again later");
    refused.expect_end();
    let reply = waiting.command("USER alice");
    let reply = if reply.code == 331 { waiting.command(&format!("PASS {PASSWORD}")) } else { reply };
    assert!(reply.expect(530).text().contains("maintenance of Test"));
    session.command("NOOP").expect(200);
    fs::remove_file(daemon.shutdown_file()).expect("there");
    eventually("service again", || (greeting(&daemon).code == 220).then_some(()));
    session.command("NOOP").expect(200);
}

#[test]
fn at_the_disconnect_time_everybody_is_sent_away() {
    let setup = Setup::new().line("DefaultRoot ~");
    let section = format!(
        "<Anonymous {}>\nUser nobody\nUserAlias ftp nobody\nRequireValidShell off\n</Anonymous>",
        setup.home("alice").display()
    );
    let daemon = setup.line(&section).start();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 64 << 20]).expect("written");
    let mut idle = daemon.session();
    let mut anonymous = daemon.client();
    anonymous.command("USER ftp").expect(331);
    anonymous.command("PASS guest@example").expect(230);
    let mut loading = daemon.session();
    let mut data = loading.extended_passive();
    loading.command("RETR big").expect(150);
    data.read_exact(&mut [0; 1000]).expect("bytes");
    fs::write(daemon.shutdown_file(), lines(2, "0000", "0000", "bye %U")).expect("written");
    until("the schedule is published", || daemon.header().schedule.is_some());
    idle.command("NOOP").expect(200);
    assert_eq!(idle.reply().expect(421).text(), "421 FTP server shutting down - bye alice");
    idle.expect_end();
    assert_eq!(anonymous.reply().expect(421).text(), "421 FTP server shutting down - bye ftp");
    anonymous.expect_end();
    let reply = eventually("the loading session's 421", || {
        loading.try_reply().ok().filter(|reply| reply.code == 421)
    });
    assert!(reply.text().contains("bye alice"));
    loading.expect_end();
    greeting(&daemon).expect(500);
}

#[test]
fn an_empty_or_garbled_file_locks_nobody_out() {
    let daemon = Daemon::usual();
    for text in ["", "nonsense\n", "2026 13 45 99 99 99 0010 0005\n"] {
        fs::write(daemon.shutdown_file(), text).expect("written");
        daemon.await_log("shutmsg");
        greeting(&daemon).expect(220);
        fs::remove_file(daemon.shutdown_file()).expect("there");
    }
    assert!(daemon.header().schedule.is_none());
}

#[test]
fn a_file_found_at_the_start_holds_at_once() {
    let setup = Setup::new();
    setup.write();
    fs::write(setup.path("run/shutmsg"), lines(600, "0010", "0000", "closed")).expect("written");
    let daemon = setup.start();
    greeting(&daemon).expect(500);
}

#[test]
fn ftpshut_closes_and_opens_the_server() {
    let daemon = Daemon::usual();
    let file = daemon.shutdown_file();
    let ftpshut = |words: &[&str]| {
        let program = Command::new(env!("CARGO_BIN_EXE_ftpshut")).arg("-f").arg(&file).args(words).output();
        program.expect("ftpshut")
    };
    let mut session = daemon.session();
    let output = ftpshut(&["-l", "60", "-d", "0", "+30", "back", "at", "noon"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let reply = eventually("the refusal", || Some(greeting(&daemon)).filter(|reply| reply.code == 500));
    assert!(reply.text().contains("(back at noon)"), "{reply:?}");
    session.command("NOOP").expect(200);
    let output = ftpshut(&["-R"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // As ProFTPD's, it calls itself what it was called.
    assert_eq!(said, format!("{}: {} removed\n", env!("CARGO_BIN_EXE_ftpshut"), file.display()));
    eventually("service again", || (greeting(&daemon).code == 220).then_some(()));
    let output = ftpshut(&["--help"]);
    let help = String::from_utf8(output.stdout).expect("text");
    assert!(
        output.status.success() && help.contains("--until") && help.contains("%r the time from which"),
        "{help}"
    );

    let output = ftpshut(&["now"]);
    assert_eq!(output.status.code(), Some(0));
    session.reply().expect(421);
    for words in [&["2561"][..], &["-l", "x", "now"], &["-d", "6000", "now"], &[], &["-Z"]] {
        assert_eq!(ftpshut(words).status.code(), Some(1), "{words:?}");
    }
}

/// Nobody waits for the other end of a pipe that lies in its place, neither the daemon nor the tool, and a new order replaces it.
#[test]
fn what_is_no_file_holds_nobody_up() {
    let daemon = Daemon::usual();
    let file = daemon.shutdown_file();
    let pipe = file.with_extension("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    fs::rename(&pipe, &file).expect("in its place");
    daemon.await_log("not a regular file");
    greeting(&daemon).expect(220);
    let ftpshut = |words: &[&str]| {
        let mut program = Command::new("timeout");
        program.args(["20", env!("CARGO_BIN_EXE_ftpshut"), "-f"]).arg(&file);
        program.arg("-c").arg(daemon.setup.config_file()).args(words).output().expect("ftpshut")
    };
    let output = ftpshut(&["--status"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = format!(
        "{}: not a regular file; nobody is refused\nThe running server takes clients.\n",
        file.display()
    );
    assert_eq!(told, line);
    assert_eq!(ftpshut(&["+5"]).status.code(), Some(0));
    until("the schedule is published", || daemon.header().schedule.is_some());
    daemon.stop();
}

/// A file as `ftpshut` writes it, with further lines.
fn order(daemon: &Daemon, seconds: i64, further: &str) {
    let text = lines(seconds, "0000", "0000", "closed") + further;
    fs::write(daemon.shutdown_file(), text).expect("written");
    until("the schedule is published", || daemon.header().schedule.is_some());
}

#[test]
fn a_forgotten_file_expires() {
    let daemon = Daemon::usual();
    order(&daemon, -1, "expires 3\n");
    greeting(&daemon).expect(500);
    eventually("service again", || (greeting(&daemon).code == 220).then_some(()));
    daemon.await_log("it expired at");
    assert!(daemon.header().schedule.is_none() && daemon.shutdown_file().exists());
}

#[test]
fn a_file_that_never_expires_is_told_loudly() {
    let daemon = Daemon::usual();
    order(&daemon, 0, "");
    daemon.await_log("never expires: from ");
    until("another word of it", || {
        greeting(&daemon).expect(500);
        daemon.log().contains(" more clients refused, and never expires")
    });
    let mut ftpwho = Command::new(env!("CARGO_BIN_EXE_ftpwho"));
    let told = ftpwho.arg("-c").arg(daemon.setup.config_file()).output().expect("ftpwho");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.lines().nth(1).is_some_and(|line| line.contains("until its file is removed")), "{told}");
}

#[test]
fn one_server_is_closed_and_the_others_serve() {
    let setup = Setup::new();
    let section =
        format!("<VirtualHost 127.0.0.2>\nServerName Second\nPort {}\n</VirtualHost>", setup.port.number);
    let daemon = setup.line(&section).start();
    let second = SocketAddr::from(([127, 0, 0, 2], daemon.setup.port.number));
    let mut there = Client::greeted(second);
    let mut here = daemon.session();
    order(&daemon, -60, "server Second\n");
    there.reply().expect(421);
    Client::connect(second).expect("a connection").reply().expect(500);
    here.command("NOOP").expect(200);
    daemon.session();
}

#[test]
fn transfers_end_before_their_sessions_do_where_they_may() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![1; 32 << 20]).expect("written");
    let (mut idle, mut loading) = (daemon.session(), daemon.session());
    let mut data = loading.extended_passive();
    loading.command("RETR big").expect(150);
    data.read_exact(&mut [0; 1000]).expect("bytes");
    order(&daemon, -60, "drain 3600\n");
    idle.reply().expect(421);
    let mut rest = Vec::new();
    data.read_to_end(&mut rest).expect("the rest");
    assert_eq!(rest.len(), (32 << 20) - 1000);
    loading.reply().expect(226);
    loading.reply().expect(421);
}

#[test]
fn ftpshut_tells_what_is_ordered_and_who_follows() {
    let daemon = Daemon::usual();
    let file = daemon.shutdown_file();
    let ftpshut = |words: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ftpshut"));
        program.arg("-c").arg(daemon.setup.config_file()).args(words);
        String::from_utf8(program.output().expect("ftpshut").stdout).expect("text")
    };
    assert!(ftpshut(&["--status"]).contains("no shutdown is ordered\nThe running server takes clients."));
    ftpshut(&["-l", "0", "--until", "+600", "--server", "Other", "+60", "soon"]);
    let followed = || ftpshut(&["--status", "--json"]).contains("\"server\": \"obeys\"");
    until("the server has looked", followed);
    let told = ftpshut(&["--status"]);
    assert!(
        told.contains("clients are still taken") && told.contains("The running server follows it."),
        "{told}"
    );
    assert!(ftpshut(&["--cancel"]).contains("removed") && !file.exists());
}

#[test]
fn sessions_are_warned_where_that_is_asked_for() {
    for (line, warned) in [("ShutdownWarnings on", 2), ("ShutdownWarnings off", 1)] {
        let daemon = Setup::new().line(line).start();
        let mut client = daemon.session();
        let mut said = |command: &str, code| client.command(command).expect(code).lines;
        assert_eq!(said("NOOP", 200).len(), 1);
        order(&daemon, 1800, "");
        assert_eq!(said("PWD", 257).len(), 1);
        let told = said("CWD /", 250);
        assert_eq!(told.len(), warned, "{told:?}");
        assert_eq!(said("NOOP", 200).len(), 1, "once is enough for a while");
        let first = daemon.header().schedule;
        order(&daemon, 900, "");
        until("the new schedule", || daemon.header().schedule != first);
        let told = said("NOOP", 200);
        assert_eq!(told.len(), warned, "a disconnection that was moved is another one");
        let is_warning = told[0].starts_with("200-FTP server shutting down, sessions end at ");
        assert_eq!(is_warning, warned == 2, "{told:?}");
        let before = daemon.header().schedule;
        order(&daemon, 450, "");
        until("the third schedule", || daemon.header().schedule != before);
        drop(client.extended_passive());
        let told = client.command("EPSV").expect(229).lines;
        assert_eq!(told.len(), 1, "a program reads that: {told:?}");
        let mut data = client.extended_passive();
        client.command(&format!("STOR {}/file", daemon.setup.home("alice").display())).expect(150);
        data.write_all(b"bytes").expect("written");
        drop(data);
        assert_eq!(client.reply().expect(226).lines.len(), warned);
    }
}
