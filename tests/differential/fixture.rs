//! The files that both servers serve, made afresh for each of them, and what has become of them after a script.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::server::OWNER;

/// What stands at a name.
#[derive(Clone, Copy, Debug)]
pub enum Thing {
    /// A file of so many bytes.
    File(usize),
    /// A file with these bytes.
    Text(&'static [u8]),
    Folder,
    /// A symbolic link.
    Link(&'static str),
}

use Thing::{File as Sized, Folder, Link, Text};

/// Everything: name, what it is, its mode. Folders come before what is in them.
const THINGS: &[(&[u8], Thing, u32)] = &[
    (b"plain", Text(b"twelve bytes"), 0o644),
    (b"empty", Sized(0), 0o644),
    (b"lines", Text(b"one\ntwo\r\nthree\rfour\n\n\xff\xfe\nend"), 0o644),
    (b"big", Sized(70_000), 0o640),
    (b"large", Sized(300_000), 0o644),
    (b"program", Sized(100), 0o755),
    (b".hidden", Sized(10), 0o644),
    (b"folder", Folder, 0o755),
    (b"folder/inside", Sized(5), 0o644),
    (b"folder/.dot", Sized(6), 0o644),
    (b"folder/below", Folder, 0o755),
    (b"folder/below/far", Sized(7), 0o644),
    (b"emptied", Folder, 0o755),
    (b"incoming", Folder, 0o777),
    (b"incoming/old", Sized(20), 0o666),
    (b"secret", Sized(30), 0o000),
    (b"foreign", Sized(40), 0o600),
    (b"theirs", Folder, 0o755),
    (b"theirs/file", Sized(50), 0o644),
    (b"locked", Folder, 0o000),
    (b"locked/file", Sized(60), 0o644),
    (b"unwritable", Folder, 0o555),
    (b"unwritable/file", Sized(70), 0o644),
    (b"to-file", Link("plain"), 0),
    (b"to-folder", Link("folder"), 0),
    (b"to-secret", Link("secret"), 0),
    (b"dangling", Link("nowhere"), 0),
    (b"circle", Link("circle"), 0),
    (b"outside", Link("/etc/passwd"), 0),
    (b"upward", Link("../users"), 0),
    (b"two words", Sized(11), 0o644),
    (b" leading", Sized(12), 0o644),
    (b"trailing ", Sized(13), 0o644),
    (b"quo\"te", Sized(14), 0o644),
    (b"quoted\"folder", Folder, 0o755),
    (b"odd", Folder, 0o755),
    (b"odd/new\nline", Sized(15), 0o644),
    (b"f", Text(b"hello\nworld\n"), 0o644),
    (b"d", Folder, 0o755),
    (b"d/e", Folder, 0o755),
    (b"d/inner", Text(b"inn"), 0o644),
    (b"link", Link("f"), 0),
    (b"q\"uote", Text(b"qq"), 0o644),
    (b"bytes\xfe\xe9\x80", Sized(16), 0o644),
    (b"iac\xff", Sized(17), 0o644),
    ("r\u{e9}sum\u{e9}".as_bytes(), Sized(18), 0o644),
    (b"-dash", Sized(19), 0o644),
    (b"star*", Sized(20), 0o644),
    (b"[bracket]", Sized(21), 0o644),
    (b"~tilde", Sized(22), 0o644),
    (b"back\\slash", Sized(23), 0o644),
    (b"per%cent", Sized(24), 0o644),
    (b"tab\there", Sized(25), 0o644),
    (LONGEST, Sized(26), 0o644),
];

/// As long as a name may be.
pub const LONGEST: &[u8] = &[b'n'; 255];
/// Folders of the deep path, one within the other.
const DEPTH: usize = 40;

/// Names of the deep path, joined.
pub fn deep() -> Vec<u8> {
    let mut path = b"deep".to_vec();
    for _ in 0..DEPTH {
        path.extend_from_slice(b"/down");
    }
    path
}

/// When everything of the fixture was last changed: 2001-02-03 04:05:06 UTC.
const CHANGED: u64 = 981_173_106;
/// What is shown with the time of day, for it is not half a year old: the same for both servers.
static RECENT: LazyLock<SystemTime> = LazyLock::new(|| SystemTime::now() - Duration::from_secs(30 * 86_400));

/// Makes the fixture, in the place of whatever is there.
#[track_caller]
pub fn make(home: &Path) {
    let _ = fs::remove_dir_all(home);
    fs::create_dir_all(home).expect("a folder");
    for (name, thing, _) in THINGS {
        put(&home.join(OsStr::from_bytes(name)), *thing);
    }
    let deep = home.join(OsStr::from_bytes(&deep()));
    fs::create_dir_all(&deep).expect("a deep folder");
    put(&deep.join("bottom"), Sized(9));
    own(home);
    for (name, thing, mode) in THINGS.iter().rev() {
        settle(&home.join(OsStr::from_bytes(name)), *thing, *mode);
    }
    set_time(&home.join("program"), *RECENT);
    for name in ["foreign", "theirs", "theirs/file"] {
        chown(home.join(name), Some(0), Some(0)).expect("root gives files away");
    }
}

fn put(path: &Path, thing: Thing) {
    let made = match thing {
        Sized(size) => fs::write(path, content(size)),
        Text(bytes) => fs::write(path, bytes),
        Folder => fs::create_dir(path),
        Link(to) => symlink(to, path),
    };
    made.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Bytes of every kind, line ends among them.
fn content(size: usize) -> Vec<u8> {
    (0..size).map(|index| u8::try_from(index * 7 % 251).expect("less than 251")).collect()
}

fn own(path: &Path) {
    lchown(path, Some(OWNER), Some(OWNER)).expect("root gives files away");
    let is_folder = fs::symlink_metadata(path).is_ok_and(|about| about.is_dir());
    if is_folder {
        fs::read_dir(path).expect("a folder of ours").flatten().for_each(|entry| own(&entry.path()));
    }
}

/// Mode and time, the deepest first: what is in a folder changes its time.
fn settle(path: &Path, thing: Thing, mode: u32) {
    if !matches!(thing, Link(_)) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
        set_time(path, UNIX_EPOCH + Duration::from_secs(CHANGED));
    }
}

fn set_time(path: &Path, time: SystemTime) {
    let file = File::open(path).expect("a thing of ours");
    file.set_times(FileTimes::new().set_modified(time).set_accessed(time)).expect("its time");
}

/// What stands on the disk: each name, and all that can be said of it.
pub type Snapshot = BTreeMap<String, String>;

/// Looks at everything below a folder. A time after `since` is told as such alone.
pub fn snapshot(home: &Path, since: SystemTime) -> Snapshot {
    let mut found = Snapshot::new();
    look(home, home, since, &mut found);
    found
}

fn look(home: &Path, folder: &Path, since: SystemTime, found: &mut Snapshot) {
    for entry in fs::read_dir(folder).expect("a folder of ours").flatten() {
        let path = entry.path();
        let about = fs::symlink_metadata(&path).expect("a thing of ours");
        let name = path.strip_prefix(home).unwrap_or(&path);
        found.insert(name.as_os_str().as_bytes().escape_ascii().to_string(), told(&path, &about, since));
        if about.is_dir() {
            look(home, &path, since, found);
        }
    }
}

fn told(path: &Path, about: &Metadata, since: SystemTime) -> String {
    let mode = about.mode();
    let owner = format!("{mode:o} {}:{}", about.uid(), about.gid());
    let modified = about.modified().unwrap_or(UNIX_EPOCH);
    let time = if modified >= since { "new".to_owned() } else { about.mtime().to_string() };
    match about.file_type() {
        kind if kind.is_symlink() => {
            format!("link {owner} {}", fs::read_link(path).unwrap_or_default().display())
        }
        kind if kind.is_dir() => format!("folder {owner}"),
        kind if kind.is_file() => {
            let bytes = fs::read(path).unwrap_or_default();
            let start = bytes[..bytes.len().min(40)].escape_ascii();
            format!("file {owner} {time} {} bytes, sum {}: {start}", bytes.len(), sum(&bytes))
        }
        _ => format!("other {owner}"),
    }
}

/// FNV-1a: enough to tell two contents from each other.
fn sum(bytes: &[u8]) -> String {
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016x}")
}
