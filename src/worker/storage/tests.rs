//! Real folders: what a client may reach, and what it may not whatever it names.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::testing::Place;
use super::{Denied, FtpPath, Placement, Portion, Reason, Root};
use crate::config::settings::{Filter, Limit, ScopeRules};

fn text(denied: Denied) -> String {
    String::from_utf8_lossy(&denied.text()).into_owned()
}

fn store(place: &Place, name: &str, content: &[u8]) -> Result<(), Denied> {
    let mut target = place.store(&place.asked("STOR", name), Placement::Whole)?;
    target.write_all(content).unwrap();
    target.close().unwrap();
    Ok(())
}

#[test]
fn an_ornament_is_a_file_within_the_root() {
    let place = Place::open();
    fs::write(place.outside("secret"), "secret").unwrap();
    fs::write(place.path("welcome"), "hello").unwrap();
    symlink(place.outside("secret"), place.path("absolute")).unwrap();
    symlink("../secret", place.path("relative")).unwrap();
    symlink("welcome", place.path("inside")).unwrap();
    assert!(Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    let is_shown = |name: &str| {
        let path = FtpPath::root().join(name.as_bytes()).unwrap();
        place.storage().ornament(&path).is_some()
    };
    for name in ["absolute", "relative", "../secret", "pipe", "none", "/"] {
        assert!(!is_shown(name), "{name}");
    }
    assert!(is_shown("welcome") && is_shown("inside"));
}

#[test]
fn no_path_leads_out_of_the_root() {
    let place = Place::open();
    fs::write(place.outside("secret"), "secret").unwrap();
    fs::create_dir(place.path("dir")).unwrap();
    symlink(place.outside("secret"), place.path("absolute")).unwrap();
    symlink("../secret", place.path("relative")).unwrap();
    symlink("../../secret", place.path("dir/deeper")).unwrap();
    symlink("/", place.path("top")).unwrap();
    symlink("..", place.path("up")).unwrap();
    let root = place.path("").to_string_lossy().into_owned();
    let names = [
        "../secret",
        "/../secret",
        "dir/../../secret",
        "absolute",
        "relative",
        "dir/deeper",
        "top/../secret",
        "up/secret",
        "top/secret",
        &format!("{root}/../secret"),
    ];
    for name in names {
        let denied = text(place.storage().retrieve(&place.asked("RETR", name), Portion::Whole).unwrap_err());
        // A link that leads nowhere is there itself.
        let words = ["No such file or directory", "Not a regular file"];
        assert!(words.iter().any(|words| denied == format!("{name}: {words}")), "{denied}");
        assert!(place.storage().size(&place.asked("SIZE", name)).is_err(), "{name}");
    }
    assert!(store(&place, "absolute", b"x").is_err());
    assert!(store(&place, "up/made", b"x").is_ok(), "a link to above the root leads to the root");
    assert!(place.path("made").exists() && !place.outside("made").exists());
    assert_eq!(fs::read(place.outside("secret")).unwrap(), b"secret");
}

#[test]
fn links_inside_and_hard_links_are_followed() {
    let place = Place::open();
    fs::create_dir(place.path("dir")).unwrap();
    fs::write(place.path("dir/file"), "content").unwrap();
    fs::write(place.outside("other"), "hard").unwrap();
    symlink("/dir", place.path("link")).unwrap();
    fs::hard_link(place.outside("other"), place.path("hard")).unwrap();
    let source = place.storage().retrieve(&place.asked("RETR", "link/file"), Portion::Whole).unwrap();
    assert_eq!(source.canonical, place.path("dir/file").canonicalize().unwrap());
    assert_eq!(place.storage().size(&place.asked("SIZE", "hard")).unwrap(), 4);
    place.storage().delete(&place.asked("DELE", "link")).unwrap();
    assert!(place.path("dir/file").exists());
}

#[test]
fn a_link_swapped_in_between_never_leads_out() {
    let place = Place::open();
    fs::create_dir(place.path("a")).unwrap();
    fs::write(place.path("a/f"), "inside").unwrap();
    fs::create_dir(place.outside("out")).unwrap();
    fs::write(place.outside("out/f"), "outside").unwrap();
    symlink(place.outside("out"), place.path("b")).unwrap();
    let stop = AtomicBool::new(false);
    let names = ["a", "b", "c"].map(|name| place.path(name));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for (from, to) in [(0, 2), (1, 0), (0, 1), (2, 0)] {
                    fs::rename(&names[from], &names[to]).unwrap();
                }
            }
        });
        for _ in 0..500 {
            if let Ok(mut source) = place.storage().retrieve(&place.asked("RETR", "a/f"), Portion::Whole) {
                let content = std::io::read_to_string(source.reader().unwrap()).unwrap();
                assert_eq!(content, "inside");
            }
            let _ = store(&place, "a/new", b"x");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(!place.outside("out/new").exists());
}

#[test]
fn proc_is_no_place_for_files() {
    let root = Root::open(Path::new("/"), crate::sys::files::Links::Followed).unwrap();
    for name in
        ["proc/self/mem", "proc/self/environ", "proc/self/root/etc/passwd", "proc/self/fd/0", "proc/self/cwd"]
    {
        let path = super::FtpPath::root().join(name.as_bytes()).unwrap();
        assert!(root.find(&path).is_err(), "{name}");
    }
}

#[test]
fn names_are_bytes() {
    let place = Place::open();
    let longest = vec![b'n'; 255];
    for name in [&b"\xff\xfe\x80"[..], b" leading", b"new\nline", &longest] {
        let asked = place.asked_bytes("STOR", name);
        place.store(&asked, Placement::Whole).unwrap();
        assert!(place.path("").join(std::ffi::OsStr::from_bytes(name)).exists());
        assert_eq!(place.storage().size(&place.asked_bytes("SIZE", name)).unwrap(), 0);
        place.storage().delete(&place.asked_bytes("DELE", name)).unwrap();
    }
}

#[test]
fn the_deepest_tree_is_reached() {
    let place = Place::open();
    let mut path = String::new();
    while path.len() + 11 + place.path("").as_os_str().len() < 4_080 {
        path.push_str("/directory");
        place.storage().make_directory(&place.asked("MKD", &path)).unwrap();
    }
    store(&place, &format!("{path}/f"), b"deep").unwrap();
    assert_eq!(place.storage().size(&place.asked("SIZE", &format!("{path}/f"))).unwrap(), 4);
}

#[test]
fn only_files_have_data() {
    let place = Place::open();
    fs::create_dir(place.path("dir")).unwrap();
    assert!(Command::new("mkfifo").arg(place.path("fifo")).status().unwrap().success());
    for name in ["dir", "fifo"] {
        let denied = place.storage().retrieve(&place.asked("RETR", name), Portion::Whole).unwrap_err();
        assert_eq!(text(denied), format!("{name}: Not a regular file"));
        assert_eq!(text(store(&place, name, b"x").unwrap_err()), format!("{name}: Not a regular file"));
        let denied = place.storage().size(&place.asked("SIZE", name)).unwrap_err();
        assert_eq!(text(denied), format!("{name}: not a regular file"));
    }
}

#[test]
fn restarts_have_their_bounds() {
    let off = ScopeRules {
        allow_store_restart: Some(false),
        allow_retrieve_restart: Some(false),
        ..ScopeRules::default()
    };
    let place = Place::with(&[("ROOT/no", off)]);
    fs::create_dir(place.path("no")).unwrap();
    for name in ["f", "no/f"] {
        fs::write(place.path(name), "content").unwrap();
    }
    let retrieve = |name: &str, offset| {
        place.storage().retrieve(&place.asked("RETR", name), Portion::from(offset)).map(drop)
    };
    let store = |name: &str, how| place.store(&place.asked("STOR", name), how).map(drop);
    assert!(retrieve("f", 7).is_ok());
    assert_eq!(text(retrieve("f", 8).unwrap_err()), "REST: invalid f argument");
    assert_eq!(retrieve("no/f", 1).unwrap_err().code(), 451);
    assert_eq!(store("no/f", Placement::At(1)).unwrap_err().code(), 451);
    assert_eq!(store("no/f", Placement::End).unwrap_err().code(), 451);
    assert_eq!(store("f", Placement::At(8)).unwrap_err().code(), 554);
    assert_eq!(store("new", Placement::At(8)).unwrap_err().code(), 554);
    assert!(store("new", Placement::End).is_ok());
}

#[test]
fn rules_hold_for_the_place_a_path_leads_to() {
    let deny = |commands: &[&str]| ScopeRules {
        limits: vec![Limit::plain(commands.iter().map(|name| name.to_string()).collect(), Some(false))],
        ..ScopeRules::default()
    };
    let keep = ScopeRules { allow_overwrite: Some(false), ..ScopeRules::default() };
    let place = Place::with(&[
        ("ROOT/readonly", deny(&["WRITE"])),
        ("ROOT/dark", deny(&["READ", "DIRS"])),
        ("ROOT/keep", keep),
    ]);
    for name in ["readonly", "dark", "keep"] {
        fs::create_dir(place.path(name)).unwrap();
        fs::write(place.path(name).join("f"), "x").unwrap();
    }
    symlink("readonly", place.path("link")).unwrap();
    let storage = place.storage();
    assert_eq!(text(store(&place, "link/new", b"x").unwrap_err()), "link/new: Operation not permitted");
    assert_eq!(text(store(&place, "readonly/f", b"x").unwrap_err()), "readonly/f: Operation not permitted");
    assert_eq!(
        text(storage.delete(&place.asked("DELE", "link/f")).unwrap_err()),
        "link/f: Operation not permitted"
    );
    let made = storage.make_directory(&place.asked("MKD", "link/d"));
    assert_eq!(text(made.unwrap_err()), "link/d: Permission denied");
    assert_eq!(
        text(storage.enter(&place.asked("CWD", "dark")).unwrap_err()),
        "dark: No such file or directory"
    );
    assert!(storage.retrieve(&place.asked("RETR", "dark/f"), Portion::Whole).is_err());
    assert_eq!(text(store(&place, "keep/f", b"x").unwrap_err()), "keep/f: Overwrite permission denied");
    assert!(store(&place, "keep/new", b"x").is_ok());
    let source = storage.rename_from(&place.asked("RNFR", "keep/new")).unwrap();
    let renamed = storage.rename_to(&place.asked("RNTO", "keep/f"), source);
    assert_eq!(text(renamed.unwrap_err()), "keep/f: Rename permission denied");
    let source = storage.rename_from(&place.asked("RNFR", "keep/new")).unwrap();
    assert!(storage.rename_to(&place.asked("RNTO", "link/moved"), source).is_err());
}

#[test]
fn filters_look_at_arguments_and_at_names_being_made() {
    let filter = |pattern: &str| Some(Filter::Pattern(regex::bytes::Regex::new(pattern).unwrap().into()));
    let scope = ScopeRules {
        deny_filter: filter("evil"),
        path_deny_filter: filter(r"\.bad$"),
        ..ScopeRules::default()
    };
    let place = Place::with(&[("ROOT", scope)]);
    fs::write(place.path("old.bad"), "x").unwrap();
    assert_eq!(text(store(&place, "new.bad", b"x").unwrap_err()), "new.bad: Forbidden filename");
    assert_eq!(text(store(&place, "evil", b"x").unwrap_err()), "evil: Forbidden command argument");
    assert!(place.storage().retrieve(&place.asked("RETR", "old.bad"), Portion::Whole).is_ok());
}

#[test]
fn modes_follow_the_folders_umask() {
    let scope = ScopeRules { umask: Some((0o077, 0o027)), ..ScopeRules::default() };
    let place = Place::with(&[("ROOT", scope)]);
    store(&place, "f", b"x").unwrap();
    place.storage().make_directory(&place.asked("MKD", "d")).unwrap();
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("f"), 0o600);
    assert_eq!(mode("d") & 0o027, 0);
}

#[test]
fn everything_is_accounted_for() {
    let place = Place::open();
    let tally = || (place.storage().accounting().files(), place.storage().accounting().bytes());
    store(&place, "f", b"12345").unwrap();
    place.storage().make_directory(&place.asked("MKD", "d")).unwrap();
    assert_eq!(tally(), (2, 5));
    store(&place, "f", b"123").unwrap();
    assert_eq!(tally(), (2, 3));
    store(&place, "d/g", b"12").unwrap();
    let source = place.storage().rename_from(&place.asked("RNFR", "d/g")).unwrap();
    place.storage().rename_to(&place.asked("RNTO", "f"), source).unwrap();
    assert_eq!(tally(), (2, 2));
    place.storage().delete(&place.asked("DELE", "f")).unwrap();
    place.storage().remove_directory(&place.asked("RMD", "d")).unwrap();
    assert_eq!(tally(), (0, 0));
}

#[test]
fn the_root_itself_stays() {
    let place = Place::open();
    let storage = place.storage();
    assert_eq!(text(storage.delete(&place.asked("DELE", "/")).unwrap_err()), "/: Is a directory");
    assert_eq!(text(storage.make_directory(&place.asked("MKD", ".")).unwrap_err()), ".: File exists");
    assert_eq!(
        text(storage.remove_directory(&place.asked("RMD", "/")).unwrap_err()),
        "/: Device or resource busy"
    );
    let denied = storage.enter(&place.asked("CWD", "nothere")).unwrap_err();
    assert!(matches!(denied.reason, Reason::System(_)));
}

#[test]
fn where_the_root_stands_is_known_again_after_it_was_moved() {
    let place = Place::open();
    fs::create_dir(place.path("d")).unwrap();
    fs::write(place.path("d/f"), "f").unwrap();
    symlink("d", place.path("way")).unwrap();
    let (old, new) = (place.path("").canonicalize().unwrap(), place.outside("moved"));
    let new = new.parent().unwrap().canonicalize().unwrap().join("moved");
    let stands = |path: &str, root: &Path| {
        place.storage().turn();
        let way = FtpPath::root().join(path.as_bytes()).unwrap();
        let found = place.storage().root().find(&way).unwrap();
        assert_eq!(found.canonical, root.join("d/f"));
        assert_eq!(*place.storage().root().canonical().unwrap(), *root);
    };
    for path in ["d/f", "way/f", "d/f"] {
        stands(path, &old);
    }
    fs::rename(&old, &new).unwrap();
    for path in ["d/f", "way/f", "d/f"] {
        stands(path, &new);
    }
    // Below where it stood before: the way alone does not tell it.
    fs::create_dir_all(old.join("d")).unwrap();
    fs::rename(&new, old.join("d/d")).unwrap();
    stands("d/f", &old.join("d/d"));
}
