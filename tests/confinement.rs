//! Attempts to leave a session's root, or to get where `<Limit>` forbids it. Outside lie canaries: whatever is read, written, listed,
//! renamed, asked for its status or named in a reply there, shows.

mod aliases;
mod limits;
mod mounts;
pub mod race;
mod shapes;
mod trees;

use std::fs::{self, File, FileTimes};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::harness::Client;

/// What stands in every canary, in their names, and nowhere else.
pub const SONG: &str = "canary-7f3a";
/// Bytes of a canary: no other file has so many.
const LENGTH: usize = 31_337;
/// When canaries were changed and read last. Reading moves the second: it is older than the first (relatime, mount(8)).
const CHANGED: u64 = 1_000_212_340;
const READ: u64 = 1_000_000_000;

/// Names that stand inside and outside alike, so that a path that leads astray finds something.
const FILES: [&str; 3] = ["secret", "victim", "log"];
const FOLDERS: [&str; 2] = ["hollow", "full"];

/// A folder outside, open to everybody, and what was seen of it before the attack.
pub struct Cage {
    folder: PathBuf,
    before: Vec<Seen>,
}

/// All that an attack could change of a file, or only by reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    inode: u64,
    mode: u32,
    links: u64,
    owner: (u32, u32),
    size: u64,
    times: [(i64, i64); 3],
}

impl Cage {
    /// Makes the folder and its canaries.
    pub fn build(folder: &Path) -> Cage {
        furnish(folder, &format!("{SONG} ").repeat(LENGTH / 12 + 1)[..LENGTH]);
        fs::write(folder.join(SONG), SONG).expect("a canary");
        for path in everything(folder) {
            let mode = if path.is_dir() { 0o777 } else { 0o666 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
            date(&path);
        }
        Cage { folder: folder.to_owned(), before: seen(folder) }
    }

    /// Nothing happened to any of it.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let now = seen(&self.folder);
        for (before, now) in self.before.iter().zip(&now) {
            assert_eq!(before, now, "touched");
        }
        assert_eq!(self.before.len(), now.len(), "{now:?}");
        for name in FILES {
            let content = fs::read(self.folder.join(name)).expect("a canary");
            assert!(content.len() == LENGTH && content.starts_with(SONG.as_bytes()), "{name} was written");
        }
    }
}

/// Files and folders as they stand inside and outside.
fn furnish(folder: &Path, content: &str) {
    fs::create_dir_all(folder).expect("a folder");
    for name in FILES {
        fs::write(folder.join(name), content).expect("a file");
    }
    for name in FOLDERS {
        fs::create_dir_all(folder.join(name)).expect("a folder");
    }
    fs::write(folder.join("full/within"), content).expect("a file");
}

fn date(path: &Path) {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let times = FileTimes::new().set_modified(at(CHANGED)).set_accessed(at(READ));
    File::open(path).and_then(|file| file.set_times(times)).expect("its times");
}

/// A folder and all below it; the folder's own reading is not counted, so it is looked at before.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let is_folder = path.is_dir() && !path.is_symlink();
        if is_folder { found.extend(everything(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn seen(folder: &Path) -> Vec<Seen> {
    let paths = known(folder);
    let seen = paths.iter().map(|path| see(path)).collect::<Vec<_>>();
    // Looking for what is new reads the folders, so it comes last, and their times are put back.
    let now = everything(folder);
    now.iter().filter(|path| path.is_dir()).for_each(|path| date(path));
    assert_eq!(paths, now, "names came or went");
    seen
}

fn known(folder: &Path) -> Vec<PathBuf> {
    let within = ["full/within", SONG];
    let names = FILES.iter().chain(&FOLDERS).chain(&within);
    let mut paths: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
    paths.push(folder.to_owned());
    paths.sort();
    paths
}

fn see(path: &Path) -> Seen {
    let about = path.symlink_metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Seen {
        path: path.to_owned(),
        inode: about.ino(),
        mode: about.mode(),
        links: about.nlink(),
        owner: (about.uid(), about.gid()),
        size: about.size(),
        times: [
            (about.mtime(), about.mtime_nsec()),
            (about.atime(), about.atime_nsec()),
            // The change of times above changes a folder's: a rename within it shows in the first.
            if about.is_dir() { (0, 0) } else { (about.ctime(), about.ctime_nsec()) },
        ],
    }
}

/// Sends a command, has its data connection read or fed, and hears all its replies. None of what comes back may be of a canary.
#[track_caller]
fn attempt(client: &mut Client, line: &str, outside: &Path) -> u16 {
    let needs_data =
        ["RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"].iter().any(|verb| line.starts_with(verb));
    let data = needs_data.then(|| client.extended_passive());
    let mut reply = client.command(line);
    if reply.code == 150 || reply.code == 125 {
        assert_silent(reply.text().as_bytes(), line, outside);
        let mut data = data.expect("a transfer");
        let is_upload = ["STOR", "APPE", "STOU"].iter().any(|verb| line.starts_with(verb));
        if !is_upload {
            let mut bytes = Vec::new();
            data.read_to_end(&mut bytes).expect("what it sends");
            assert_silent(&bytes, line, outside);
        }
        drop(data);
        reply = client.reply();
    }
    assert_silent(reply.text().as_bytes(), line, outside);
    reply.code
}

/// Nothing of a canary: neither its words nor its length nor its time, and no path of it but as what a link in the root says.
#[track_caller]
fn assert_silent(bytes: &[u8], line: &str, outside: &Path) {
    let text = String::from_utf8_lossy(bytes);
    for sign in [SONG, "31337", "20010911", "Sep 11  2001"] {
        assert!(!text.contains(sign), "{line}: {text}");
    }
    let path = outside.display().to_string();
    for shown in text.lines().filter(|shown| !shown.contains(" -> ") && !line.contains(&path)) {
        assert!(!shown.contains(&path), "{line}: {shown}");
    }
}

/// One of each verb that names a path, at a folder that may not be what it seems.
fn every_verb(folder: &str) -> Vec<String> {
    let mut lines: Vec<String> = [
        "RETR F/secret",
        "STOR F/log",
        "STOR F/new",
        "APPE F/log",
        "LIST F",
        "LIST -laR F",
        "LIST F/*",
        "LIST -L F/secret",
        "NLST F",
        "NLST F/*",
        "STAT F",
        "STAT F/secret",
        "SIZE F/secret",
        "MDTM F/secret",
        "DELE F/victim",
        "DELE F/new",
        "MKD F/made",
        "RMD F/made",
        "RMD F/hollow",
        "RNFR F/secret",
        "RNTO F/moved",
        "RNFR F/moved",
        "RNTO F/secret",
        "RNFR own",
        "RNTO F/brought",
        "RNFR F/brought",
        "RNTO own",
        "CWD F",
        "LIST",
        "SIZE secret",
        "STOR planted",
        "CWD /",
        "MLSD F",
        "MLST F/secret",
        "MFMT 20020202020202 F/secret",
        "SITE CHMOD 000 F/secret",
        "SITE UTIME 202002020202 F/secret",
        "SITE cpfr F/secret",
        "SITE CPTO copied",
        "SITE cpfr own",
        "SITE CPTO F/log",
        "SITE COPY F/secret copied",
        "SITE COPY F copied",
        "SITE COPY own F/planted",
        "SITE SYMLINK F/secret linked",
        "SITE SYMLINK F/secret F/linked",
        "SITE MKDIR F/deep/er",
        "SITE RMDIR F/hollow",
        "MFF modify=20020202020202;UNIX.mode=000; F/secret",
        "AVBL F",
        "STOU F/once",
        "RETR F/full/within",
        "RNFR F/full",
        "RNTO taken",
        "RNFR taken",
        "RNTO F/full",
    ]
    .iter()
    .map(|line| line.replace('F', "\u{0}"))
    .collect();
    // Verbs have that letter, too.
    for line in &mut lines {
        let (verb, rest) =
            line.split_once(' ').map_or((line.as_str(), None), |(verb, rest)| (verb, Some(rest)));
        let verb = verb.replace('\u{0}', "F");
        *line = rest.map_or(verb.clone(), |rest| format!("{verb} {}", rest.replace('\u{0}', folder)));
    }
    lines
}
