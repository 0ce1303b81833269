//! ProFTPD as Debian ships it, side by side with ferryd: both are sent the same lines, and their replies are compared, code and
//! text. What differs on purpose is marked in the scripts, and told in docs/differences.md. Only in a long run: it fetches packages.

mod original;
mod scripts;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::harness::scale::{is_long, skipped};
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Setup, as_root};

use original::Original;
use scripts::{SCRIPTS, Script};

#[test]
fn replies_are_those_of_proftpd() {
    const TEST: &str = "differential::replies_are_those_of_proftpd";
    if !is_long() {
        return skipped("tests/run --long", TEST);
    }
    let Some(program) = as_root(TEST).then(|| original::program(TEST)).flatten() else { return };
    let original = Original::start(program, usual());
    let daemon = usual().start();
    let mut report = String::new();
    for script in SCRIPTS {
        let theirs = played(script, &original.setup);
        let ours = played(script, &daemon.setup);
        for ((line, is_same), (theirs, ours)) in script.lines().zip(theirs.iter().zip(&ours)) {
            if is_same && theirs != ours {
                let _ = writeln!(report, "{}: {line}\n  ProFTPD {theirs:?}\n  ferryd  {ours:?}", script.name);
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
    let lines = || SCRIPTS.iter().flat_map(Script::lines);
    println!(
        "{} lines, {} of them answered alike",
        lines().count(),
        lines().filter(|(_, same)| *same).count()
    );
}

fn usual() -> Setup {
    Setup::new().line("AllowStoreRestart on\nDefaultRoot ~\nServerAdmin admin@example.org")
}

/// What each line of a script is answered with, in a session of its own and a home in its first state.
fn played(script: &Script, setup: &Setup) -> Vec<Vec<String>> {
    furnish(setup);
    let mut client = Client::greeted(setup.socket_address());
    if script.is_member {
        client.login("alice");
    }
    script.lines().map(|(line, _)| exchange(&mut client, line)).collect()
}

/// Sends a line, with a data connection where it wants one.
fn exchange(client: &mut Client, line: &str) -> Vec<String> {
    let verb = line.split(' ').next().unwrap_or_default();
    let is_upload = ["STOR", "STOU", "APPE"].contains(&verb);
    if !is_upload && !["RETR", "LIST", "NLST", "MLSD"].contains(&verb) {
        return vec![plain(&client.command(line).text())];
    }
    let data = client.try_passive();
    let opening = client.command(line);
    let mut answers = vec![plain(&opening.text())];
    if opening.code == 150 {
        let mut data = data.expect("a passive data connection");
        let mut bytes = Vec::new();
        match is_upload {
            true => data.write_all(b"DATA\n").expect("an upload"),
            false => drop(data.read_to_end(&mut bytes)),
        }
        drop(data);
        // The order of a listing is each server's own.
        let mut lines: Vec<String> = String::from_utf8_lossy(&bytes).lines().map(plain).collect();
        lines.sort();
        answers.extend(lines);
        answers.push(plain(&client.reply().text()));
    }
    answers
}

/// A reply without what is different each time: ports, names drawn by lot, numbers of files.
fn plain(text: &str) -> String {
    let changing = [("(|||", "|)"), ("(127,", ")"), ("unique=", ";"), ("FILE: ftp", "\n")];
    changing.iter().fold(format!("{text}\n"), |text, (begin, end)| match text.split_once(begin) {
        Some((before, rest)) => {
            let after = rest.split_once(end).map_or("", |(_, after)| after);
            format!("{before}{begin}…{end}{after}")
        }
        None => text,
    })
}

/// The same home for everybody.
fn furnish(setup: &Setup) {
    let home = setup.home("alice");
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(home.join("d/e")).expect("folders");
    for (name, content) in
        [("f", "hello\nworld\n"), ("two words", "x"), ("q\"uote", "qq"), ("d/inner", "inn")]
    {
        fs::write(home.join(name), content).expect("a file");
    }
    fs::write(home.join("n".repeat(255)), "long").expect("a file");
    for (name, target) in [("link", "f"), ("dangling", "nowhere")] {
        symlink(target, home.join(name)).expect("a link");
        lchown(home.join(name), Some(FIRST_UID), Some(FIRST_UID)).expect("root gives links away");
    }
    for name in ["f", "two words", "q\"uote", "d/inner", "d/e", "d", "."] {
        settle(setup, &home.join(name));
    }
}

/// Gives a file to the account, and a time that does not pass.
fn settle(setup: &Setup, path: &Path) {
    setup.give(path, Some(FIRST_UID));
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::File::open(path).and_then(|file| file.set_modified(then)).expect("a time");
}
