//! DisplayReadme: who comes into a folder is told of the files that want to be read there, and since when they are as they are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::member::Member;
use super::storage::{Asked, Verb};
use crate::config::settings::Readme;

/// By which rules files are told of: who may not fetch one does not hear of it.
const FETCHED: Verb = Verb { name: "RETR", groups: &["READ"], also: &[] };
/// By which rules a folder is looked through.
const LISTED: Verb = Verb { name: "NLST", groups: &["DIRS"], also: &[] };
/// Names of a folder that are looked at; a larger one hardly says what to read.
const NAMES_MOST: usize = 4096;
/// Files told of.
const TOLD_MOST: usize = 16;
const DAY: i64 = 24 * 60 * 60;

/// The two lines about each file where the session stands, ProFTPD's words.
pub fn lines(member: &Member, zone: &TimeZone, now: i64) -> Vec<[Vec<u8>; 2]> {
    let names = match &member.rules.display_readme {
        None => return Vec::new(),
        Some(Readme::Path(path)) => vec![path.clone().into_bytes()],
        Some(Readme::Pattern(pattern)) => matching(member, |name| pattern.is_match(path_of(name))),
    };
    names.iter().filter_map(|name| told(member, name, zone, now)).collect()
}

fn path_of(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

fn matching(member: &Member, is_meant: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
    let found = Asked::new(LISTED, &member.cwd, b".").ok();
    let Some(directory) = found.and_then(|asked| member.storage.directory(&asked).ok()) else {
        return Vec::new();
    };
    let names = directory.names().into_iter().flatten().take(NAMES_MOST).flatten();
    let mut names: Vec<Vec<u8>> = names
        .filter(|name| !name.bytes.starts_with(b".") && is_meant(&name.bytes))
        .filter(|name| member.storage.shows(&directory, &name.bytes, name.kind))
        .map(|name| name.bytes)
        .collect();
    names.sort_unstable();
    names.truncate(TOLD_MOST);
    names
}

fn told(member: &Member, name: &[u8], zone: &TimeZone, now: i64) -> Option<[Vec<u8>; 2]> {
    let asked = Asked::new(FETCHED, &member.cwd, name).ok()?;
    let modified = member.storage.look_at(&asked, false).ok()?.status.modified;
    let since = Timestamp::from_second(modified).ok()?.to_zoned(zone.clone());
    let (date, days) = (since.strftime("%a %b %e %H:%M:%S %Y"), now.saturating_sub(modified).max(0) / DAY);
    let when = format!("   it was last modified on {date} - {days} days ago");
    Some([[b"Please read the file ", name].concat(), when.into_bytes()])
}
