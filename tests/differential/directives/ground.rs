//! What a row finds in its folder: a home, accounts, groups, and texts to display.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::differential::server::{OWNER, write};
use crate::harness::PASSWORD_HASH;

/// bob, who is not in `club`.
const BOB: u32 = 52_002;
/// alice is in it.
const CLUB: u32 = 52_003;
/// carol has no home yet.
const CAROL: u32 = 52_004;
/// dora's password is empty.
const DORA: u32 = 52_005;
const EMPTY_HASH: &str = "$1$ferry$ZkOyW0djUUOrDvnP6SZ0h/";
/// www-data, which every Debian has.
const STRANGER: u32 = 33;

/// When all of it was last changed: 2001-02-03 04:05:06 UTC.
const CHANGED: u64 = 981_173_106;

enum Thing {
    Text(&'static str),
    Folder,
    Link(&'static str),
}

use Thing::{Folder, Link, Text};

/// Name, what it is, mode, owner, group; folders come before what is in them.
const THINGS: &[(&str, Thing, u32, u32, u32)] = &[
    ("plain", Text("twelve bytes"), 0o644, OWNER, OWNER),
    ("lines", Text("one\ntwo\nthree\n"), 0o644, OWNER, OWNER),
    ("old.txt", Text("what was there before"), 0o644, OWNER, OWNER),
    (".hidden", Text("unseen"), 0o644, OWNER, OWNER),
    ("bobs", Text("bob's"), 0o640, BOB, BOB),
    ("clubs", Text("the club's"), 0o660, BOB, CLUB),
    ("closed", Text("nobody's"), 0o600, 0, OWNER),
    ("folder", Folder, 0o755, OWNER, OWNER),
    ("folder/inside", Text("inside"), 0o644, OWNER, OWNER),
    ("folder/.dot", Text("dot"), 0o644, OWNER, OWNER),
    ("folder/below", Folder, 0o755, OWNER, OWNER),
    ("folder/below/far", Text("far"), 0o644, OWNER, OWNER),
    ("folder/.message", Text("You are in %C\n"), 0o644, OWNER, OWNER),
    ("folder/link", Link("inside"), 0, OWNER, OWNER),
    ("folder/up", Link("../plain"), 0, OWNER, OWNER),
    ("incoming", Folder, 0o777, OWNER, OWNER),
    ("incoming/old", Text("twenty bytes of old."), 0o666, OWNER, OWNER),
    ("theirs", Folder, 0o755, BOB, BOB),
    ("theirs/file", Text("theirs"), 0o644, BOB, BOB),
    ("theirs/theirs", Folder, 0o700, BOB, BOB),
    ("skel", Folder, 0o755, 0, OWNER),
    ("skel/hello", Text("welcome"), 0o644, 0, OWNER),
    ("skel/sub", Folder, 0o750, 0, OWNER),
    ("people", Folder, 0o755, 0, OWNER),
    ("people/linked", Link("../folder"), 0, 0, OWNER),
];

/// To be displayed, beside the home.
const TEXTS: &[(&str, &str)] = &[
    ("one", "Only this line\n"),
    ("two", "The first line\nThe second one, for %u\n"),
    ("no-end", "No line end"),
    ("empty", ""),
    ("blank", "Before\n\n  after, indented\n"),
    ("who", "user %u given %U class %x\n"),
    ("where", "cwd %C address %R here %L host %V\nadmin %E name %v\n"),
    ("counts", "most %M up %i down %o all %t\n"),
    ("odd", "100%% %q %{nosuch} %\n"),
    ("limits", "class %x of %M\n"),
    ("environment", "said %{env:SPOKEN} or %{env:NOSUCH}\n"),
    ("included.conf", "AllowOverwrite on\n"),
    ("ftpusers.conf", "# empty\n"),
];

/// Of the files that were made before today.
pub fn since() -> SystemTime {
    SystemTime::now() - Duration::from_secs(86_400)
}

/// Makes all of it, in the place of whatever is there.
#[track_caller]
pub fn make(here: &Path) {
    fs::create_dir_all(here).expect("a folder");
    for (name, text) in TEXTS {
        fs::write(here.join(name), text).expect("a text");
    }
    write(here, "users", &accounts(here));
    write(
        here,
        "groups",
        &format!(
            "alice:x:{OWNER}:\nbob:x:{BOB}:\nclub:x:{CLUB}:alice\ncarol:x:{CAROL}:\nwww-data:x:33:\ngames:x:60:\n"
        ),
    );
    let bob = format!("bob:{PASSWORD_HASH}:{BOB}:{BOB}::{}/home:/bin/sh\n", here.display());
    write(here, "other-users", &bob);
    write(here, "other-groups", &format!("people:x:{OWNER}:\nclub:x:{CLUB}:bob\n"));
    chown(here, None, Some(OWNER)).expect("root gives folders away");
    home(&here.join("home"));
}

fn accounts(here: &Path) -> String {
    let here = here.display();
    let line = |name: &str, hash: &str, number: u32, home: &str, shell: &str| {
        format!("{name}:{hash}:{number}:{number}::{here}/{home}:{shell}\n")
    };
    line("alice", PASSWORD_HASH, OWNER, "home", "/bin/nosuch")
        + &line("bob", PASSWORD_HASH, BOB, "home", "/bin/sh")
        + &line("carol", PASSWORD_HASH, CAROL, "home/people/carol", "/bin/sh")
        + &line("dora", EMPTY_HASH, DORA, "home", "/bin/sh")
        + &line("www-data", PASSWORD_HASH, STRANGER, "home", "/bin/sh")
        + &line("daemon", PASSWORD_HASH, 1, "home", "/bin/sh")
        + &line("games", PASSWORD_HASH, 5, "home", "/bin/sh")
        + &line("root", PASSWORD_HASH, 0, "home", "/bin/sh")
}

fn home(home: &Path) {
    let _ = fs::remove_dir_all(home);
    fs::create_dir(home).expect("a home");
    for (name, thing, ..) in THINGS {
        let path = home.join(name);
        let made = match thing {
            Text(text) => fs::write(&path, text),
            Folder => fs::create_dir(&path),
            Link(to) => symlink(to, &path),
        };
        made.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    // The deepest first: what is in a folder changes its time.
    for (name, thing, mode, owner, group) in THINGS.iter().rev() {
        let path = home.join(name);
        lchown(&path, Some(*owner), Some(*group)).expect("root gives files away");
        if !matches!(thing, Link(_)) {
            fs::set_permissions(&path, Permissions::from_mode(*mode)).expect("its mode");
            let time = UNIX_EPOCH + Duration::from_secs(CHANGED);
            let times = FileTimes::new().set_modified(time).set_accessed(time);
            File::open(&path).and_then(|file| file.set_times(times)).expect("its time");
        }
    }
    chown(home, Some(OWNER), Some(OWNER)).expect("root gives files away");
}
