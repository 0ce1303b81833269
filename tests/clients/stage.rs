//! What a client acts on: a daemon, alice's home at its end, a folder at the client's, and the files that must survive the journey.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::harness::events::within;
use crate::harness::scale::is_long;
use crate::harness::setup::FIRST_UID;
use crate::harness::{Daemon, PASSWORD, Setup, patterned};

/// How long one run of a client may take.
const RUN_MOST: Duration = Duration::from_secs(300);

/// Names and lengths of single files: plain, with spaces, UTF-8, and nothing in it.
pub const SAMPLES: [(&str, usize); 4] =
    [("plain", 70_000), ("two words.txt", 1), ("größe 漢字", 5_000), ("empty", 0)];

/// The file that is renamed, resumed, deleted; long enough that a half of it is still something.
pub const FILE: &str = "file";
pub const FILE_LENGTH: usize = 200_000;
/// Where a resumed transfer goes on.
pub const HALF: usize = 120_000;

const ROW: [&str; 4] = ["row-1a", "row-1b", "row-2a", "row-2b"];

pub struct Stage {
    pub daemon: Daemon,
    pub address: IpAddr,
    /// The folder where the client runs.
    pub local: PathBuf,
}

impl Stage {
    /// One whose daemon has these lines, too.
    #[track_caller]
    pub fn new(address: IpAddr, lines: &str) -> Stage {
        let setup = Setup::new().on(address).line("DefaultRoot ~\nAllowStoreRestart on").line(lines);
        let daemon = setup.start();
        let stage = Stage { address, local: daemon.setup.path("local"), daemon };
        fs::create_dir(&stage.local).expect("the client's folder");
        fs::create_dir(stage.daemon.setup.path("client")).expect("its HOME");
        stage
    }

    /// alice's folder, as the daemon's host sees it.
    pub fn home(&self) -> PathBuf {
        self.daemon.setup.home("alice")
    }

    /// Empties both ends.
    pub fn clear(&self) {
        for folder in [self.home(), self.local.clone()] {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.expect("removed");
            }
        }
    }

    /// The address as hosts stand in URLs.
    pub fn host(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        }
    }

    pub fn port(&self) -> String {
        self.daemon.address().port().to_string()
    }

    /// A path of alice's as a URL, with her name and password.
    pub fn url(&self, path: &str) -> String {
        format!("ftp://alice:{PASSWORD}@{}:{}/{}", self.host(), self.port(), escaped(path))
    }

    /// The file at alice's end, in full.
    pub fn serve_file(&self) -> Vec<u8> {
        let bytes = patterned(FILE_LENGTH);
        self.serve(FILE, &bytes);
        bytes
    }

    pub fn serve_samples(&self) {
        samples().for_each(|(name, length)| self.serve(name, &long_pattern(length)));
    }

    pub fn keep_samples(&self) {
        samples().for_each(|(name, length)| self.keep(name, &long_pattern(length)));
    }

    /// Files that a pattern finds, and two that it does not.
    pub fn serve_row(&self) {
        ROW.iter().chain(&["row-3a", "a row"]).for_each(|name| self.serve(name, name.as_bytes()));
    }

    /// What the pattern finds is here, and nothing else.
    #[track_caller]
    pub fn assert_row(&self) {
        let here = contents(&self.local);
        assert_eq!(here.len(), ROW.len(), "{:?}", here.keys());
        ROW.iter().for_each(|name| assert_eq!(here[Path::new(name)].as_deref(), Some(name.as_bytes())));
    }

    /// The whole file at alice's end, the first part of it at the client's.
    pub fn interrupt_download(&self) {
        let bytes = self.serve_file();
        self.keep(FILE, &bytes[..HALF]);
    }

    /// The whole file at the client's end, the first part of it at alice's.
    pub fn interrupt_upload(&self) {
        let bytes = patterned(FILE_LENGTH);
        self.serve(FILE, &bytes[..HALF]);
        self.keep(FILE, &bytes);
    }

    /// Puts a file of alice's where the daemon serves it.
    pub fn serve(&self, name: &str, bytes: &[u8]) {
        write(&self.home().join(name), bytes);
        self.give(&self.home());
    }

    /// Puts a file where the client runs.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        write(&self.local.join(name), bytes);
    }

    /// Makes everything below a folder alice's own.
    pub fn give(&self, folder: &Path) {
        if self.daemon.setup.has_identities() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                chown(entry.path(), Some(FIRST_UID), Some(FIRST_UID)).expect("root gives files away");
                if entry.path().is_dir() {
                    self.give(&entry.path());
                }
            }
        }
    }

    /// Runs a client to its end, which must be a good one; what it said on both outputs.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, words: &[S]) -> String {
        self.talk(program, words, "")
    }

    /// As [`Stage::run`], for a client that reads what to do.
    #[track_caller]
    pub fn talk<S: AsRef<OsStr>>(&self, program: &str, words: &[S], script: &str) -> String {
        let (status, said) = self.tried(program, words, script);
        assert!(status.success(), "{program} {status}\n{script}\n{said}");
        said
    }

    /// As [`Stage::talk`], however it ends.
    #[track_caller]
    pub fn tried<S: AsRef<OsStr>>(&self, program: &str, words: &[S], script: &str) -> (ExitStatus, String) {
        let mut input = tempfile::tempfile().expect("a file");
        input.write_all(script.as_bytes()).and_then(|()| input.seek(SeekFrom::Start(0))).expect("a script");
        let mut output = tempfile::tempfile().expect("a file");
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(&self.local)
            .env("HOME", self.daemon.setup.path("client"))
            .env("LC_ALL", "C.UTF-8");
        command.stdin(input).stdout(twin(&output)).stderr(twin(&output));
        let status = ended(command.spawn().expect("the client"), program);
        let mut said = Vec::new();
        output.seek(SeekFrom::Start(0)).and_then(|_| output.read_to_end(&mut said)).expect("its words");
        (status, String::from_utf8_lossy(&said).into_owned())
    }

    /// Both ends hold the samples.
    #[track_caller]
    pub fn assert_samples_at_both_ends(&self) {
        for (name, length) in samples() {
            for end in [self.home(), self.local.clone()] {
                let path = end.join(name);
                let found = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(found == long_pattern(length), "{} is another", path.display());
            }
        }
    }

    /// A long listing shows every sample with its length.
    #[track_caller]
    pub fn assert_listed(&self, said: &str) {
        for (name, length) in samples() {
            let shown =
                |line: &str| line.ends_with(&format!(" {name}")) && line.contains(&format!(" {length} "));
            assert!(said.lines().any(shown), "{name} in:\n{said}");
        }
    }

    /// A short listing names every sample.
    #[track_caller]
    pub fn assert_named(&self, said: &str) {
        for (name, _) in samples() {
            assert!(said.lines().any(|line| line == name), "{name} in:\n{said}");
        }
    }

    /// FILE has another name now.
    #[track_caller]
    pub fn assert_renamed(&self, name: &str, bytes: &[u8], said: &str) {
        assert!(fs::read(self.home().join(name)).unwrap_or_default() == bytes, "{said}");
        assert!(!self.home().join(FILE).exists(), "{said}");
    }

    #[track_caller]
    pub fn assert_home_is_empty(&self) {
        assert_eq!(fs::read_dir(self.home()).expect("the home").count(), 0);
    }

    #[track_caller]
    pub fn assert_same_trees(&self, remote: &str, local: &str) {
        let (there, here) = (contents(&self.home().join(remote)), contents(&self.local.join(local)));
        let names = |tree: &BTreeMap<PathBuf, Option<Vec<u8>>>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&there), names(&here), "the names of both trees");
        assert!(!there.is_empty(), "an empty tree shows nothing");
        for (name, bytes) in &there {
            assert!(here.get(name) == Some(bytes), "{} differs", name.display());
        }
    }
}

/// As [`patterned`], quick for what is large.
fn long_pattern(length: usize) -> Vec<u8> {
    let period = patterned(length.min(1_000_003));
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        bytes.extend_from_slice(&period[..period.len().min(length - bytes.len())]);
    }
    bytes
}

/// The samples, and one file that is large.
pub fn samples() -> impl Iterator<Item = (&'static str, usize)> {
    let large = if is_long() { 64 << 20 } else { 3 << 20 };
    SAMPLES.into_iter().chain([("large", large)])
}

/// Puts a tree of about so many files into a folder: names with spaces and UTF-8, empty files, an empty folder.
pub fn plant(folder: &Path, files: usize) {
    for (name, length) in samples() {
        write(&folder.join("first level/zweite Stufe").join(name), &long_pattern(length));
    }
    for number in SAMPLES.len()..files {
        let name = format!("d{}/e{}/file {number}", number % 7, number % 3);
        write(&folder.join(name), &patterned(number % 50 * 40));
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
    fs::write(path, bytes).expect("written");
}

/// Every path below a folder, with what the files hold.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(&open).unwrap_or_else(|error| panic!("{}: {error}", open.display())) {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("it stands below").to_owned();
            if path.is_dir() {
                found.insert(name, None);
                folders.push(path);
            } else {
                found.insert(name, Some(fs::read(&path).expect("a file")));
            }
        }
    }
    found
}

/// A name as URLs carry it.
pub fn escaped(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn twin(file: &File) -> Stdio {
    file.try_clone().expect("a second descriptor").into()
}

/// Waits for a client, and ends it when it takes too long.
#[track_caller]
fn ended(child: Child, program: &str) -> ExitStatus {
    struct Ended(Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let mut child = Ended(child);
    within(RUN_MOST, program, || child.0.try_wait().expect("a child of ours"))
}
