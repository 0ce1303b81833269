//! What ps(1) shows of the daemon's processes: ProFTPD's words, by which operators and their scripts know who is there.

use std::fs;

use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup};

/// As ps(1) has it: the words up to the NULs.
fn title(pid: i32) -> Option<String> {
    let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " "))
}

/// Of those who live: one of them may end meanwhile.
fn titles(daemon: &Daemon) -> Vec<String> {
    daemon.processes().iter().filter_map(|process| title(process.pid)).collect()
}

fn title_of(daemon: &Daemon, client: &Client) -> String {
    title(daemon.slot_of(client).pid.0).expect("a process that lives")
}

#[track_caller]
fn await_title(daemon: &Daemon, client: &Client, words: &str) {
    until(&format!("the title '{words}'"), || title_of(daemon, client) == words);
}

#[test]
fn a_sessions_title_tells_who_is_there_and_what_it_does() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    let address = client.local_address();
    // The 220 does not wait for it.
    await_title(&daemon, &client, &format!("proftpd: connected: 127.0.0.1 ({address})"));
    client.command("USER alice").expect(331);
    assert_eq!(title_of(&daemon, &client), format!("proftpd: {address}: USER alice"));
    client.command("PASS wrong").expect(530);
    assert_eq!(title_of(&daemon, &client), format!("proftpd: {address}: PASS (hidden)"));
    client.login("alice");
    assert_eq!(title_of(&daemon, &client), "proftpd: alice - 127.0.0.1: IDLE");
    // It asks for a data connection that nobody makes.
    client.command("EPSV").expect(229);
    client.send("STOR a\u{1b}b.txt");
    until("a command under way", || title_of(&daemon, &client).ends_with("STOR a?b.txt"));
    client.send("ABOR");
    until("the next command", || title_of(&daemon, &client) == "proftpd: alice - 127.0.0.1: IDLE");
    daemon.stop();
}

#[test]
fn an_anonymous_sessions_title_tells_what_it_called_itself() {
    let setup = Setup::new();
    let section = format!(
        "<Anonymous {}>\nUser nobody\nGroup nogroup\nUserAlias anonymous nobody\nRequireValidShell off\n</Anonymous>",
        setup.home("alice").display()
    );
    let daemon = setup.line(&section).start();
    let mut client = daemon.client();
    client.command("USER anonymous").expect(331);
    client.command("PASS me@there").expect(230);
    assert_eq!(title_of(&daemon, &client), "proftpd: nobody - 127.0.0.1: anonymous/me@there: IDLE");
    daemon.stop();
}

#[test]
fn terse_titles_tell_nobody() {
    let daemon = Setup::new().line("ProcessTitles terse").start();
    let mut client = daemon.client();
    let terse = "proftpd: processing connection";
    await_title(&daemon, &client, terse);
    client.login("alice");
    assert_eq!(title_of(&daemon, &client), terse);
    client.command("QUIT").expect(221);
    client.expect_end();
    until("the worker's end", || !titles(&daemon).contains(&terse.to_owned()));
    daemon.stop();
}

#[test]
fn the_daemons_own_processes_have_titles_and_one_alone_accepts_connections() {
    let daemon = Daemon::usual();
    daemon.await_spares(1);
    assert_eq!(title(daemon.pid()).as_deref(), Some("proftpd: (accepting connections)"));
    let titles = titles(&daemon);
    let count = |words: &str| titles.iter().filter(|title| *title == &format!("proftpd: ({words})")).count();
    for (words, wanted) in [("accepting connections", 1), ("auth", 1), ("recorder", 1), ("nursery", 1)] {
        assert_eq!(count(words), wanted, "{words}: {titles:?}");
    }
    assert!(count("spare") > 0, "{titles:?}");
    let name = fs::read_to_string(format!("/proc/{}/comm", daemon.pid())).expect("a name");
    assert_eq!(name.trim_end(), "ferryd", "pidof(8) and killall(1) know it by its program's name");
    daemon.stop();
}
