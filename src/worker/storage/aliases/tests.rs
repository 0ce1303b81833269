//! Aliases in a root: what they show, what stays where it is, and where their links lead.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::super::testing::Place;
use super::super::{CopyVerbs, Denied, Listable, Placement, Portion, Verb};
use crate::config::settings::{Limit, ScopeRules};
use crate::protocol::Permissions;

const DELE: Verb = Verb { name: "DELE", groups: &["WRITE"], also: &[] };

/// Beside the root: a folder `pub` and a file `note`; `pub` in the root as `up` and, deeper, as `sub/nest`.
fn furnish(folder: &Path) {
    for name in ["pub/d", "pub/more", "root/sub", "root/up", "secrets"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    for name in ["pub/f", "pub/d/x", "root/up/covered", "root/own", "secrets/s", "note"] {
        fs::write(folder.join(name), name).unwrap();
    }
}

fn place() -> Place {
    Place::showing(&[], &[("pub", "up"), ("pub", "sub/nest"), ("note", "note.txt")], furnish)
}

fn read(place: &Place, name: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut source = place.storage().retrieve(&place.asked("RETR", name), Portion::Whole).map_err(said)?;
    source.reader().unwrap().read_to_string(&mut text).unwrap();
    Ok(text)
}

fn said(denied: Denied) -> String {
    String::from_utf8(denied.text()).unwrap()
}

fn listed(place: &Place, folder: &str) -> Vec<String> {
    let asked = place.asked("LIST", folder);
    let Ok(Listable::Directory(directory)) = place.storage().listable(&asked, false) else {
        panic!("{folder}")
    };
    let names = directory.names().unwrap().map(|name| name.unwrap());
    let shown = names.filter(|name| place.storage().shows(&directory, &name.bytes, name.kind));
    let mut names: Vec<String> = shown
        .map(|name| String::from_utf8(name.bytes).unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn an_alias_is_a_folder_of_the_root() {
    let place = place();
    assert_eq!(listed(&place, "/"), ["note.txt", "own", "sub", "up"]);
    assert_eq!(listed(&place, "up"), ["d", "f", "more"]);
    assert_eq!(listed(&place, "sub"), ["nest"]);
    assert_eq!(read(&place, "up/d/x").as_deref(), Ok("pub/d/x"));
    assert_eq!(read(&place, "/sub/../sub/nest/./f").as_deref(), Ok("pub/f"));
    assert_eq!(read(&place, "up/../own").as_deref(), Ok("root/own"));
    assert_eq!(read(&place, "note.txt").as_deref(), Ok("note"));
    for name in ["up/covered", "up/../../secrets/s", "sub/nest/../f", "note.txt/x", "upper/f"] {
        assert!(read(&place, name).is_err(), "{name}");
    }
    let target = place.store(&place.asked("STOR", "up/new"), Placement::Whole).unwrap();
    assert_eq!(target.canonical, place.path("").canonicalize().unwrap().join("up/new"));
    assert!(place.outside("pub/new").exists() && !place.path("up/new").exists());
    place.store(&place.asked("STOR", "note.txt"), Placement::Whole).unwrap();
    assert_eq!(fs::metadata(place.outside("note")).unwrap().len(), 0);
}

#[test]
fn an_alias_and_what_it_stands_in_stay() {
    let place = place();
    let storage = place.storage();
    for name in ["up", "sub/nest", "sub", "note.txt"] {
        let asked = |verb| place.asked(verb, name);
        assert!(storage.remove_directory(&asked("RMD")).is_err(), "{name}");
        assert!(storage.delete(&asked("DELE")).is_err(), "{name}");
        assert!(storage.rename_from(&asked("RNFR")).is_err(), "{name}");
        assert!(storage.removal(&asked("SITE_RMDIR"), DELE).is_err(), "{name}");
        let own = storage.rename_from(&place.asked("RNFR", "own")).unwrap();
        assert!(storage.rename_to(&asked("RNTO"), own).is_err(), "{name}");
        assert!(storage.make_directory(&asked("MKD")).is_err(), "{name}");
        let inspected = place.asked("SITE_SYMLINK", "own");
        assert!(storage.make_link(&inspected, &asked("SITE_SYMLINK")).is_err(), "{name}");
    }
    assert!(place.outside("pub/d/x").exists() && place.path("own").exists());
    assert!(place.path("up/covered").exists());
}

#[test]
fn a_folder_that_is_removed_takes_no_alias_along() {
    let place = place();
    fs::create_dir(place.path("sub/nest")).unwrap();
    let mut steps = 0;
    let removed = place.storage().removal(&place.asked("SITE_RMDIR", "sub"), DELE).and_then(|mut removal| {
        while removal.step()? {
            steps += 1;
        }
        Ok(())
    });
    assert!(removed.is_err() && steps == 0);
    assert!(place.outside("pub/d/x").exists());
}

#[test]
fn nothing_is_renamed_from_one_into_another() {
    let place = place();
    let rename = |from: &str, to: &str| {
        let source = place.storage().rename_from(&place.asked("RNFR", from)).map_err(said)?;
        place.storage().rename_to(&place.asked("RNTO", to), source).map(drop).map_err(said)
    };
    for (from, to) in [("own", "up/own"), ("up/f", "f"), ("up/f", "sub/nest/g"), ("up/d", "/d")] {
        assert!(rename(from, to).unwrap_err().contains("cross-device"), "{from} {to}");
    }
    assert_eq!(rename("up/f", "up/d/g"), Ok(()));
    assert!(place.outside("pub/d/g").exists());
}

#[test]
fn a_folder_is_not_copied_into_itself_by_another_name() {
    let place = place();
    let verbs = CopyVerbs { from: DELE, to: DELE, to_folder: DELE };
    let copy = |from: &str, to: &str| {
        let (from, to) = (place.asked("SITE_CPFR", from), place.asked("SITE_CPTO", to));
        place.storage().copying(&from, &to, verbs).map(drop)
    };
    for (from, to) in [("up", "sub/nest/d"), ("sub/nest/d", "up"), ("up/d", "sub/nest/d/e")] {
        assert!(copy(from, to).is_err(), "{from} {to}");
    }
    assert!(copy("up/d", "sub/nest/e").is_ok());
}

fn with_links() -> Place {
    let aliases = [("pub", "up"), ("pub/more", "sub/nest")];
    Place::showing(&[], &aliases, |folder| {
        furnish(folder);
        fs::write(folder.join("pub/more/m"), "m").unwrap();
        for (text, name) in [
            ("d/x", "pub/within"),
            ("../pub/d/x", "pub/by_the_host"),
            ("../up/d/x", "pub/around"),
            ("../own", "pub/beside"),
            ("/own", "pub/from_the_top"),
            ("/up/f", "pub/to_itself"),
            ("/", "pub/root"),
            ("../sub/nest", "pub/other"),
            ("../../secrets/s", "pub/out"),
            ("loop", "pub/loop"),
            ("up/f", "root/into"),
            ("/sub/nest/m", "root/deeper"),
            ("sub", "root/way"),
            ("up/covered", "root/covered"),
        ] {
            symlink(text, folder.join(name)).unwrap();
        }
        symlink(folder.join("secrets/s"), folder.join("pub/absolute")).unwrap();
        symlink(folder.join("secrets"), folder.join("root/absolute")).unwrap();
    })
}

#[test]
fn links_within_an_alias_stay_in_it() {
    let place = with_links();
    for (name, text) in [
        ("up/within", "pub/d/x"),
        ("up/around", "pub/d/x"),
        ("up/to_itself", "pub/f"),
        ("into", "pub/f"),
        ("deeper", "m"),
        ("way/nest/m", "m"),
    ] {
        assert_eq!(read(&place, name).as_deref(), Ok(text), "{name}");
    }
    for name in [
        "up/by_the_host",
        "up/beside",
        "up/from_the_top",
        "up/root/own",
        "up/other/m",
        "up/out",
        "up/loop",
        "up/absolute",
        "absolute/s",
        "covered",
    ] {
        assert!(read(&place, name).is_err(), "{name}");
    }
}

#[test]
fn links_may_lead_to_other_places_of_the_root_where_that_is_said() {
    let place = with_links().leading_out();
    for (name, text) in [
        ("up/within", "pub/d/x"),
        ("up/beside", "root/own"),
        ("up/from_the_top", "root/own"),
        ("up/root/own", "root/own"),
        ("up/other/m", "m"),
    ] {
        assert_eq!(read(&place, name).as_deref(), Ok(text), "{name}");
    }
    for name in ["up/by_the_host", "up/out", "up/loop", "up/absolute", "absolute/s", "covered"] {
        assert!(read(&place, name).is_err(), "{name}");
    }
}

#[test]
fn rules_are_those_of_where_it_stands_in_the_root() {
    let deny = |name: &str| ScopeRules {
        limits: vec![Limit::plain(vec![name.to_owned()], Some(false))],
        ..ScopeRules::default()
    };
    let sections = [("ROOT/up/d", deny("RETR")), ("ROOT/sub/nest", deny("LIST"))];
    let place = Place::showing(&sections, &[("pub", "up"), ("pub", "sub/nest")], furnish);
    symlink("/up/d/x", place.path("link")).unwrap();
    assert!(read(&place, "up/d/x").is_err() && read(&place, "link").is_err());
    assert!(read(&place, "sub/nest/d/x").is_ok());
    assert_eq!(listed(&place, "sub"), [""; 0]);
    assert_eq!(listed(&place, "/"), ["link", "own", "sub", "up"]);
}

#[test]
fn folders_own_files_are_heard_in_an_alias_and_around_it() {
    let close = |verb: &str| format!("<Limit {verb}>\nDenyAll\n</Limit>\n");
    let place =
        Place::showing(&[], &[("pub", "up"), ("pub/d", "sub/nest"), ("note", "sub/note")], |folder| {
            furnish(folder);
            fs::write(folder.join("pub/.ftpaccess"), close("DELE")).unwrap();
            fs::write(folder.join("root/sub/.ftpaccess"), close("RETR")).unwrap();
            // Covered by an alias, or outside of all: neither is heard.
            fs::write(folder.join("root/up/.ftpaccess"), close("READ")).unwrap();
            fs::write(folder.join(".ftpaccess"), close("ALL")).unwrap();
        })
        .hearing();
    assert!(read(&place, "up/d/x").is_ok() && read(&place, "up/f").is_ok());
    assert!(place.storage().delete(&place.asked("DELE", "up/d/x")).is_err());
    assert!(read(&place, "sub/nest/x").is_err() && read(&place, "sub/note").is_err());
    assert!(place.storage().delete(&place.asked("DELE", "sub/nest/x")).is_ok());
    assert!(
        place
            .storage()
            .set_mode(&place.asked("SITE_CHMOD", "sub/nest"), Ok(&Permissions::read(b"755").unwrap()))
            .is_ok()
    );
}

#[test]
fn an_alias_stands_in_a_folder_that_is_there() {
    let place = Place::showing(&[], &[("pub", "new/up"), ("note", "up/more/note")], furnish);
    assert!(read(&place, "new/up/f").is_err() && read(&place, "up/more/note").is_err());
    fs::create_dir(place.path("new")).unwrap();
    fs::create_dir(place.path("up/more")).unwrap();
    assert!(read(&place, "new/up/f").is_ok() && read(&place, "up/more/note").is_ok());
    fs::remove_dir(place.path("new")).unwrap();
    symlink("up", place.path("new")).unwrap();
    assert!(read(&place, "new/up/f").is_err());
}

#[test]
fn no_client_makes_a_link_on_the_way_to_an_alias() {
    let place = Place::showing(&[], &[("pub", "new/way/up")], furnish);
    let link = |name: &str| {
        let (target, link) = (place.asked("SITE_SYMLINK", "sub"), place.asked("SITE_SYMLINK", name));
        place.storage().make_link(&target, &link).map_err(said)
    };
    assert!(link("new").is_err() && !place.path("new").exists());
    assert_eq!(link("newer"), Ok(()));
    place.storage().make_directory(&place.asked("MKD", "new")).unwrap();
    place.storage().make_directory(&place.asked("MKD", "new/way")).unwrap();
    assert_eq!(read(&place, "new/way/up/f").as_deref(), Ok("pub/f"));
}

#[test]
fn what_was_removed_is_gone() {
    let place = place();
    fs::remove_file(place.outside("note")).unwrap();
    fs::rename(place.outside("pub"), place.outside("moved")).unwrap();
    assert!(read(&place, "note.txt").is_err());
    assert!(place.store(&place.asked("STOR", "note.txt"), Placement::Whole).is_err());
    assert_eq!(read(&place, "up/f").as_deref(), Ok("pub/f"));
    assert!(!place.path("note.txt").exists());
}

#[test]
fn a_way_of_many_links_ends() {
    let place = Place::showing(&[], &[("pub", "up")], furnish);
    for number in 0..60 {
        symlink(format!("up/../l{}", number + 1), place.path(&format!("l{number}"))).unwrap();
    }
    symlink("/own", place.path("l60")).unwrap();
    assert!(read(&place, "l30").is_ok() && read(&place, "l0").is_err());
    symlink("x/../".repeat(800) + "own", place.path("turns")).unwrap();
    fs::create_dir(place.path("x")).unwrap();
    assert!(read(&place, "turns").is_err());
}
