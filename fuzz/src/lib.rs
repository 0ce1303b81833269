//! What is done with hostile bytes, and what must hold whatever they are. cargo-fuzz feeds these from
//! `fuzz_targets/`; `tests/fuzz.rs` feeds them on the stable toolchain.

mod session;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

pub use session::{argument, listing, path, text};

use ferryd::config::{LoadOptions, ftpaccess, load};
use ferryd::protocol::line::{Line, LineReader};
use ferryd::protocol::options::Choice;
use ferryd::protocol::{Command, Fact, Permissions, Reply, Site, time, verbs};
use ferryd::shutmsg;
use jiff::tz::TimeZone;

/// A command line may have so many bytes.
const LIMIT: usize = 512;

/// The reader of command lines: bounded lines, the same however the bytes are cut.
pub fn line(bytes: &[u8]) {
    let whole = lines(bytes, bytes.len().max(1));
    for line in &whole {
        if let Line::Whole(line) = line {
            assert!(line.len() <= LIMIT, "a line above the limit");
            assert!(!line.contains(&b'\n') && !line.contains(&0), "a line with its end, or a NUL, inside");
        }
    }
    for cut in [1, 3, 7] {
        assert_eq!(lines(bytes, cut), whole, "cut into pieces of {cut}");
    }
}

fn lines(bytes: &[u8], cut: usize) -> Vec<Line> {
    let mut reader = LineReader::new(LIMIT);
    let mut found = Vec::new();
    for mut piece in bytes.chunks(cut) {
        while !piece.is_empty() {
            let (taken, line) = reader.take(piece);
            assert!(taken > 0, "the reader stands still");
            piece = &piece[taken..];
            found.extend(line);
        }
    }
    found
}

/// Verbs and their arguments: a command, or a permanent refusal.
pub fn verb(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| line.len() <= LIMIT) {
        command(line);
    }
}

fn command(line: &[u8]) {
    match verbs::read(line).and_then(|request| request.command) {
        Ok(command) => values(&command),
        Err(reply) => refusal(&reply),
    }
}

/// What arguments came to keeps its bounds.
fn values(command: &Command) {
    match command {
        Command::Mfmt(seconds, _) => moment(*seconds),
        Command::Mff(changes, _, path) => {
            assert!(!path.is_empty(), "facts of nothing");
            changes.modified.into_iter().for_each(moment);
            changes.permissions.iter().for_each(bits);
        }
        Command::Site(Site::Chmod(Ok(permissions), _)) => bits(permissions),
        Command::Site(Site::Utime((read, changed), _)) => [*read, *changed].into_iter().for_each(moment),
        Command::Rang(Some(range)) => {
            assert!(range.first() <= range.last() && range.length() > 0, "a range of nothing");
        }
        Command::Port(address) => {
            assert!(address.is_ipv4() && !address.ip().is_unspecified() && address.port() != 0, "{address}");
        }
        Command::Opts(Choice::Facts(Some(facts))) => {
            let told: String = facts.iter().map(|fact| format!("{};", fact.name())).collect();
            assert_eq!(Fact::list(told.as_bytes()), *facts, "another choice");
        }
        _ => {}
    }
}

fn moment(seconds: i64) {
    assert_eq!(time::read(time::text(seconds).as_bytes()), Some(seconds), "another time");
}

fn bits(permissions: &Permissions) {
    for before in [0, 0o644, 0o7777] {
        assert!(permissions.apply(before, true, 0o022) <= 0o7777, "more bits than there are");
    }
}

fn refusal(reply: &Reply) {
    assert!((500..600).contains(&reply.code), "{}", reply.code);
    let mut wire = Vec::new();
    reply.write(&mut wire);
    let text = wire.strip_suffix(b"\r\n").expect("a reply ends its last line");
    let code = reply.code.to_string().into_bytes();
    for line in text.split(|byte| *byte == b'\n') {
        assert!(line.starts_with(&code), "a client wrote a line of the reply");
    }
}

/// A configuration: settings or complaints, never both missing.
pub fn configuration(bytes: &[u8]) {
    // What a fuzzer includes might be a device that never ends.
    if bytes.to_ascii_lowercase().windows(7).any(|word| word == b"include") {
        return;
    }
    let Ok(folder) = tempfile::tempdir() else { return };
    let file = folder.path().join("fuzzed.conf");
    if fs::write(&file, bytes).is_err() {
        return;
    }
    let loaded = load(&file, &LoadOptions { rootless: true, ..LoadOptions::default() });
    let errors = loaded.complaints.iter().filter(|complaint| complaint.is_error()).count();
    assert_eq!(loaded.settings.is_none(), errors > 0, "settings and errors exclude each other");
    for complaint in &loaded.complaints {
        assert!(!complaint.to_string().is_empty());
        assert_eq!(complaint.one_line().lines().count(), 1, "{:?}", complaint.one_line());
    }
}

/// A folder's own file, which a client may have written: rules and complaints in its own name, or nothing; and not for long.
pub fn ftpaccess(bytes: &[u8]) {
    let file = Path::new("/srv/.ftpaccess");
    let began = Instant::now();
    if let Ok(heard) = ftpaccess::read(file, bytes, &|_| true) {
        assert!(bytes.len() <= ftpaccess::BYTES_MOST, "more than is taken");
        assert!(heard.is_sound || !heard.complaints.is_empty(), "a fault without a word");
        assert!(heard.complaints.iter().all(|said| said.lines().count() == 1), "{:?}", heard.complaints);
    }
    assert!(ftpaccess::statements(file, bytes).len() <= bytes.len());
    assert!(began.elapsed() < Duration::from_secs(10), "a client can make it take so long");
}

/// A request to the control socket, whole and without its end: what it means, or a sentence of one line.
pub fn control(bytes: &[u8]) {
    match ferryd::control::asked(bytes) {
        Ok(asked) => {
            assert!(bytes.len() <= ferryd::control::LINE_MOST, "more than is taken");
            let clean = |word: &String| !word.is_empty() && !word.chars().any(char::is_control);
            assert!(asked.words.iter().all(clean), "a word that could be taken for a line");
            let again = ferryd::control::line(asked.action.name, &asked.words);
            if again.len() <= ferryd::control::LINE_MOST {
                let again =
                    ferryd::control::asked(again.trim_end_matches('\n').as_bytes()).expect("its own line");
                assert_eq!(again.request, asked.request);
            }
        }
        Err(mistake) => assert_eq!(mistake.to_string().lines().count(), 1, "{mistake:?}"),
    }
    let _ = ferryd::control::Reply::read(bytes);
}

/// The shutdown file: a schedule in order, or nothing.
pub fn shutdown_file(bytes: &[u8]) {
    for zone in [TimeZone::UTC, TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)] {
        if let Ok(schedule) = shutmsg::parse(bytes, &zone) {
            assert!(schedule.deny <= schedule.shutdown && schedule.disconnect <= schedule.shutdown);
            assert!(schedule.message.len() <= shutmsg::MESSAGE_MAX);
            assert!(!schedule.message.iter().any(u8::is_ascii_control), "a control byte in the message");
        }
    }
}
