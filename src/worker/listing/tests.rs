//! Listings of real folders.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use jiff::tz::TimeZone;

use super::*;
use crate::config::listings::USUAL;
use crate::config::settings::{Limit, ScopeRules};
use crate::protocol::Facts;
use crate::sys::{GroupId, UserId};
use crate::worker::data::Interrupt;
use crate::worker::storage::testing::Place;

/// Everybody is called the same.
struct Demo;

impl Names for Demo {
    fn user(&mut self, _: UserId) -> Vec<u8> {
        b"demo".to_vec()
    }

    fn group(&mut self, _: GroupId) -> Vec<u8> {
        Vec::new()
    }
}

#[derive(Default)]
struct Written(Vec<String>);

impl Output for Written {
    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        self.0.push(String::from_utf8_lossy(line).into_owned());
        Ok(())
    }

    fn glance(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

fn try_listed(place: &Place, verb: &'static str, argument: &str) -> Result<Vec<String>, Denied> {
    let command = if verb == "NLST" { Command::Names } else { Command::List };
    let (options, path) = Options::read(command, &USUAL, argument.as_bytes());
    let asked = place.asked_bytes(verb, path);
    let listing = match Listing::of(place.storage(), &asked, options, &mut || Ok(())) {
        Ok(listing) => listing,
        Err(Unlisted::Denied(denied)) => return Err(denied),
        Err(Unlisted::Stopped(stop)) => panic!("{stop:?}"),
    };
    Ok(written(place, listing))
}

fn written(place: &Place, listing: Listing) -> Vec<String> {
    let mut written = Written::default();
    let mut owners = Owners::default();
    let surroundings =
        Surroundings { owners: &mut owners, names: &mut Demo, zone: &TimeZone::UTC, now: 1_000_000_000 };
    listing.write(place.storage(), surroundings, &mut written).unwrap();
    written.0
}

fn facts_of(place: &Place, folder: &str) -> Vec<String> {
    let telling = Telling { facts: Facts::USUAL, link_targets: false };
    let asked = place.asked("MLSD", folder);
    written(place, Listing::of_directory(place.storage(), &asked, telling).unwrap())
}

/// What follows the date in each line.
fn listed(place: &Place, verb: &'static str, argument: &str) -> Vec<String> {
    let lines = try_listed(place, verb, argument).unwrap();
    lines.iter().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Gives a file a time that does not pass.
fn dated(place: &Place, name: &str) {
    let file = fs::File::options().write(true).open(place.path(name)).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
}

fn place() -> Place {
    let deny = Limit::plain(vec!["DIRS".to_owned()], Some(false));
    let place = Place::with(&[("ROOT/dark", ScopeRules { limits: vec![deny], ..ScopeRules::default() })]);
    for name in ["dir", "dir/sub", "dark"] {
        fs::create_dir(place.path(name)).unwrap();
    }
    for (name, content) in [("b", "22"), (".hidden", ""), ("dir/inside", "1"), ("a[1]", "333")] {
        fs::write(place.path(name), content).unwrap();
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    dated(&place, "b");
    place
}

#[test]
fn directories_files_and_patterns_are_listed() {
    let place = place();
    let table: [(&'static str, &str, &[&str]); 17] = [
        ("LIST", "", &["a[1]", "b", "dir"]),
        ("LIST", "-a", &[".", "..", ".hidden", "a[1]", "b", "dir"]),
        ("LIST", "-A", &[".hidden", "a[1]", "b", "dir"]),
        ("LIST", "-r", &["dir", "b", "a[1]"]),
        ("LIST", "-1F", &["a[1]", "b", "dir/"]),
        ("LIST", "-CF", &["a[1]\tb\tdir/"]),
        ("LIST", "-1 dir", &["inside", "sub"]),
        ("NLST", "-1 dir/i*", &["inside"]),
        ("LIST", "./b", &["./b"]),
        ("LIST", "a[1]", &["a[1]"]),
        ("LIST", "d*", &["dir"]),
        ("LIST", "nothing*", &[]),
        ("LIST", "-d dir", &["dir"]),
        ("LIST", "-d", &["."]),
        ("LIST", "-R", &["a[1]", "b", "dir", "", "dir:", "inside", "sub", "", "dir/sub:"]),
        ("NLST", "dir/", &["dir/inside", "dir/sub"]),
        ("NLST", "dir/*s*", &["dir/inside", "dir/sub"]),
    ];
    for (verb, argument, expected) in table {
        let mut names = listed(&place, verb, argument);
        if verb == "NLST" {
            names.sort();
        }
        assert_eq!(names, expected, "{verb} {argument}");
    }
}

/// A folder's names without dots, as the file system has them, each with this before it.
fn as_read(place: &Place, folder: &str, prefix: &str) -> Vec<String> {
    let names = fs::read_dir(place.path(folder)).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).map(|name| format!("{prefix}{name}")).collect()
}

fn filled(place: &Place, folder: &str, count: usize) {
    fs::create_dir(place.path(folder)).unwrap();
    // In an order that is neither that of the names nor its reverse.
    for number in 0..count {
        fs::File::create(place.path(folder).join(format!("f{:05}", number * 7_919 % count))).unwrap();
    }
}

#[test]
fn names_and_facts_stand_as_the_folder_has_them() {
    let place = Place::open();
    filled(&place, "d", 2_000);
    assert_ne!(as_read(&place, "d", ""), listed(&place, "LIST", "d"));
    for (verb, argument, prefix) in [
        ("NLST", "d", "d/"),
        ("NLST", "-1 d", ""),
        ("NLST", "-rtS d/", "d/"),
        ("LIST", "-U d", ""),
        ("LIST", "-1U d", ""),
    ] {
        assert_eq!(listed(&place, verb, argument), as_read(&place, "d", prefix), "{verb} {argument}");
    }
    let facts = facts_of(&place, "d");
    let told: Vec<&str> =
        facts.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name).collect();
    let (own, others): (Vec<&str>, Vec<&str>) = told.into_iter().partition(|name| name.starts_with('.'));
    assert_eq!(own.len(), 2);
    assert_eq!(others, as_read(&place, "d", ""));
}

#[test]
fn what_matches_a_pattern_is_sorted() {
    let place = Place::open();
    filled(&place, "d", 500);
    for (verb, argument) in [("NLST", "d/*"), ("NLST", "d/f*"), ("LIST", "d/*"), ("LIST", "-U d/*")] {
        let mut sorted = as_read(&place, "d", "d/");
        sorted.sort();
        assert_eq!(listed(&place, verb, argument), sorted, "{verb} {argument}");
    }
}

#[test]
fn names_stand_in_the_order_of_their_bytes() {
    for names in [
        vec!["name", "name-0000000001", "name-0000000001a", "name-000000001", "name-00000001"],
        vec!["a", "b", "ab", "long-beginning-1", "long-beginning-2", "ä", "Z"],
        vec!["only"],
    ] {
        let place = Place::open();
        names.iter().for_each(|name| fs::write(place.path(name), b"").unwrap());
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(listed(&place, "LIST", ""), sorted);
        sorted.reverse();
        assert_eq!(listed(&place, "LIST", "-r"), sorted);
    }
}

#[test]
fn patterns_may_stand_anywhere_in_a_path() {
    let place = place();
    fs::create_dir_all(place.path("e/sub/end")).unwrap();
    fs::write(place.path("e/inside"), "").unwrap();
    let table: [(&'static str, &str, &[&str]); 8] = [
        ("LIST", "*/inside", &["dir/inside", "e/inside"]),
        ("NLST", "[de]*/i*", &["dir/inside", "e/inside"]),
        ("NLST", "/?/s*", &["/e/sub"]),
        ("NLST", "dir/../?/*/e*", &["dir/../e/sub/end"]),
        ("NLST", "*/sub/e*", &["e/sub/end"]),
        ("NLST", "-1 */sub/e*", &["end"]),
        ("LIST", "-1 */*/", &["dir/inside", "dir/sub", "e/inside", "e/sub"]),
        ("LIST", "dark/*/*", &[]),
    ];
    for (verb, argument, expected) in table {
        let found = try_listed(&place, verb, argument).unwrap_or_default();
        let names: Vec<&str> = found.iter().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(names, expected, "{verb} {argument}");
    }
    assert!(try_listed(&place, "NLST", "*/nothing").is_err());
    assert!(try_listed(&place, "NLST", &"*/".repeat(200)).is_err());
}

#[test]
fn lines_have_their_shape() {
    let place = place();
    let line = try_listed(&place, "LIST", "b").unwrap().remove(0);
    let group = fs::metadata(place.path("b")).map(|file| std::os::unix::fs::MetadataExt::gid(&file)).unwrap();
    assert_eq!(line, format!("-rw-r--r--   1 demo     {group:<8}        2 Sep  9 01:46 b"));
}

#[test]
fn what_is_not_there_is_said() {
    let place = place();
    for (verb, argument, text) in [
        ("LIST", "nothing", "nothing: No such file or directory"),
        ("NLST", "nothing*", "No files found"),
        ("LIST", "dark", "dark: No such file or directory"),
    ] {
        let denied = try_listed(&place, verb, argument).unwrap_err();
        assert_eq!(String::from_utf8(denied.text()).unwrap(), text);
    }
}

#[test]
fn links_show_where_they_lead_but_nothing_from_outside() {
    let place = Place::open();
    fs::write(place.outside("secret"), "1234567").unwrap();
    fs::write(place.path("f"), "22").unwrap();
    symlink("f", place.path("in")).unwrap();
    symlink("../secret", place.path("out")).unwrap();
    let lines = try_listed(&place, "LIST", "").unwrap();
    assert!(lines[1].starts_with('l') && lines[1].ends_with("in -> f"));
    let lines = try_listed(&place, "LIST", "-L").unwrap();
    assert!(lines[1].starts_with('-') && lines[1].ends_with("in"));
    assert!(lines[2].starts_with('l'), "the file outside is not followed to: {}", lines[2]);
    let lines = try_listed(&place, "LIST", "-a").unwrap();
    assert_eq!(lines[0][..40], lines[1][..40], "above the root is the root");
}

#[test]
fn links_are_not_descended_into() {
    let place = Place::open();
    fs::create_dir(place.path("dir")).unwrap();
    for name in ["one", "two", "dir/three", "dir/four"] {
        symlink("/", place.path(name)).unwrap();
    }
    assert_eq!(listed(&place, "LIST", "-LR"), ["dir", "one", "two", "", "dir:", "four", "three"]);
}

#[test]
fn large_directories_are_whole() {
    let place = Place::open();
    filled(&place, "d", batch::BATCH + 500);
    let mut expected = as_read(&place, "d", "");
    expected.sort();
    for (verb, argument) in [("NLST", "-1 d"), ("LIST", "d"), ("LIST", "-1r d"), ("LIST", "-U d")] {
        let mut names = listed(&place, verb, argument);
        names.sort();
        assert_eq!(names, expected, "{verb} {argument}");
    }
}

/// A session that has something else to do at its first look.
struct Busy;

impl Output for Busy {
    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        panic!("written before it was stopped: {line:?}")
    }

    fn glance(&mut self) -> Result<(), Stop> {
        Err(Interrupt::Disconnect.into())
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_not_looked_for_to_the_end() {
    let place = Place::open();
    for number in 0..5_000 {
        fs::File::create(place.path(&format!("f{number:05}"))).unwrap();
    }
    let asked = place.asked_bytes("NLST", b"*x");
    let (names, _) = Options::read(Command::Names, &USUAL, b"");
    let stopped = Listing::of(place.storage(), &asked, names, &mut || Busy.glance());
    assert!(matches!(stopped, Err(Unlisted::Stopped(Stop::Interrupted(Interrupt::Disconnect)))));
    let (lines, _) = Options::read(Command::List, &USUAL, b"");
    let listing = Listing::of(place.storage(), &asked, lines, &mut || Ok(())).unwrap();
    let mut owners = Owners::default();
    let surroundings =
        Surroundings { owners: &mut owners, names: &mut Demo, zone: &TimeZone::UTC, now: 1_000_000_000 };
    let written = listing.write(place.storage(), surroundings, &mut Busy);
    assert!(matches!(written, Err(Stop::Interrupted(Interrupt::Disconnect))));
}

#[test]
fn folders_that_are_searched_in_vain_are_not_all_entered() {
    let place = Place::open();
    for number in 0..200 {
        fs::create_dir(place.path(&format!("d{number:03}"))).unwrap();
    }
    let asked = place.asked_bytes("NLST", b"*/nothing");
    let (options, _) = Options::read(Command::Names, &USUAL, b"");
    let mut looks = 0;
    let whole = Listing::of(place.storage(), &asked, options, &mut || {
        looks += 1;
        Ok(())
    });
    assert!(matches!(whole, Err(Unlisted::Denied(_))));
    // One before the names, and then one for every sixty-four folders.
    assert_eq!(looks, 4);
    for most in 1..=looks {
        let mut left = most;
        let stopped = Listing::of(place.storage(), &asked, options, &mut || {
            left -= 1;
            if left == 0 { Busy.glance() } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(Unlisted::Stopped(Stop::Interrupted(Interrupt::Disconnect)))));
    }
}

#[test]
fn a_folder_is_not_sorted_to_the_end_for_a_session_that_has_to_leave() {
    let place = Place::open();
    for number in 0..600 {
        fs::File::create(place.path(&format!("f{number:03}"))).unwrap();
    }
    let asked = place.asked_bytes("LIST", b"");
    for letters in [b"-t", b"-S"] {
        let (options, _) = Options::read(Command::List, &USUAL, letters);
        let listing = Listing::of(place.storage(), &asked, options, &mut || Ok(())).unwrap();
        let mut owners = Owners::default();
        let surroundings =
            Surroundings { owners: &mut owners, names: &mut Demo, zone: &TimeZone::UTC, now: 1_000_000_000 };
        let written = listing.write(place.storage(), surroundings, &mut Busy);
        assert!(matches!(written, Err(Stop::Interrupted(Interrupt::Disconnect))));
    }
}
