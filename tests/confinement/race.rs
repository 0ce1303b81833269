//! A folder and a link out of the root change places, as fast as they can, while a client names it: each command sees one or the other,
//! never a mixture.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use super::{Cage, assert_silent, attempt, every_verb, furnish};
use crate::harness::setup::{FIRST_UID, NOBODY, Starter};
use crate::harness::{Client, Daemon, Setup, as_root, rounds};

/// Swaps two names until it is dropped.
pub struct Racer {
    stop: Arc<AtomicBool>,
    swaps: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Racer {
    pub fn start(one: PathBuf, other: PathBuf) -> Racer {
        let (stop, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&swaps));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if renameat2(AT_FDCWD, &one, AT_FDCWD, &other, RenameFlags::RENAME_EXCHANGE).is_ok() {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Racer { stop, swaps, thread: Some(thread) }
    }

    pub fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }
}

impl Drop for Racer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What lies in the root, owned by whoever the session is: a real folder, and a link to the cage.
pub fn prepare(root: &Path, link: &Path, owner: u32) {
    furnish(&root.join("real"), "inside");
    symlink(link, root.join("trap")).expect("a link");
    fs::write(root.join("own"), "own").expect("a file");
    for path in super::everything(root) {
        if nix::unistd::geteuid().is_root() {
            lchown(&path, Some(owner), Some(owner)).expect("root gives files away");
        }
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        if !path.is_symlink() {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        }
    }
}

/// Goes through every verb, round after round.
pub fn attack(client: &mut Client, name: &str, outside: &Path, count: usize) -> (usize, usize) {
    client.command("TYPE I").expect(200);
    say(client, &every_verb(name), outside, count)
}

/// Says the lines, round after round. Gives how many commands were obeyed, and how many refused.
fn say(client: &mut Client, lines: &[String], outside: &Path, count: usize) -> (usize, usize) {
    let (mut obeyed, mut refused) = (0, 0);
    while obeyed + refused < count {
        for line in lines {
            match attempt(client, line, outside) {
                200..400 => obeyed += 1,
                _ => refused += 1,
            }
        }
    }
    (obeyed, refused)
}

fn race(daemon: Daemon, root: &Path, mut client: Client, what: &str) {
    let cage = Cage::build(&daemon.setup.path("outside"));
    let racer = Racer::start(root.join("real"), root.join("trap"));
    let heard = attack(&mut client, "real", &cage.folder, rounds(400, 10_000));
    settle(daemon, client, &cage, racer, heard, what);
}

/// There was a race, and nothing outside was touched by it.
pub fn settle(
    daemon: Daemon,
    client: Client,
    cage: &Cage,
    racer: Racer,
    (obeyed, refused): (usize, usize),
    what: &str,
) {
    println!("{what}: {obeyed} obeyed, {refused} refused, {} swaps", racer.swaps());
    assert!(racer.swaps() > 0 && obeyed > 0 && refused > 0, "there was no race");
    drop(racer);
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}

#[test]
fn a_folder_swapped_with_an_absolute_link_leads_nowhere() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    prepare(&home, &daemon.setup.path("outside"), FIRST_UID);
    let client = daemon.session();
    race(daemon, &home, client, "absolute link");
}

#[test]
fn a_folder_swapped_with_a_relative_link_leads_nowhere() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    prepare(&home, Path::new("../../outside"), FIRST_UID);
    let client = daemon.session();
    race(daemon, &home, client, "relative link");
}

#[test]
fn a_swapped_folder_leads_nowhere_without_root() {
    if !as_root("a_swapped_folder_leads_nowhere_without_root") {
        return;
    }
    let daemon = Setup::new().started_as(Starter::Nobody).line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    prepare(&home, Path::new("../../outside"), NOBODY);
    let client = daemon.session();
    race(daemon, &home, client, "without root");
}

#[test]
fn a_swapped_folder_leads_an_anonymous_session_nowhere() {
    if !as_root("a_swapped_folder_leads_an_anonymous_session_nowhere") {
        return;
    }
    let setup = Setup::new();
    let root = setup.path("anon");
    let section = format!("<Anonymous {}>\nUser nobody\nGroup nogroup\n</Anonymous>", root.display());
    let setup = setup.line(&section);
    setup.make_folder(&root, Some(NOBODY));
    chown(&root, Some(NOBODY), Some(NOBODY)).expect("root gives files away");
    prepare(&root, Path::new("../outside"), NOBODY);
    let daemon = setup.start();
    let mut client = daemon.client();
    client.command("USER nobody").expect(331);
    client.command("PASS a@b.example").expect(230);
    race(daemon, &root, client, "anonymous");
}

/// The file itself is swapped, not what holds it.
#[test]
fn a_file_swapped_with_a_link_is_the_one_or_refused() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    let cage = Cage::build(&daemon.setup.path("outside"));
    prepare(&home, &cage.folder.join("secret"), FIRST_UID);
    fs::write(home.join("file"), "inside").expect("a file");
    chown(home.join("file"), Some(FIRST_UID), Some(FIRST_UID)).expect("root gives files away");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let racer = Racer::start(home.join("file"), home.join("trap"));
    let lines = [
        "RETR file",
        "SIZE file",
        "MDTM file",
        "STOR file",
        "APPE file",
        "LIST -L file",
        "STAT file",
        "NLST file",
        "MLST file",
        "MFMT 20020202020202 file",
        "SITE CHMOD 644 file",
        "SITE UTIME 202002020202 file",
        "SITE COPY file copied",
        "SITE SYMLINK file linked",
        "SITE RMDIR file",
        "XCRC file",
    ]
    .map(str::to_owned);
    let heard = say(&mut client, &lines, &cage.folder, rounds(480, 12_000));
    settle(daemon, client, &cage, racer, heard, "a file");
}

/// A folder moves out of the root and back while paths are followed through it: what says `..` in it means the root at most.
#[test]
fn a_folder_moved_out_of_the_root_takes_no_path_along() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    let cage = Cage::build(&daemon.setup.path("outside"));
    prepare(&home, &cage.folder, FIRST_UID);
    let elsewhere = daemon.setup.path("homes/elsewhere");
    fs::create_dir_all(elsewhere.join("away")).expect("a folder");
    fs::create_dir(home.join("real/deep")).expect("a folder");
    // From the folder moved out, each of these is the cage; from the root they are nothing.
    for (name, target) in [
        ("up", "../../../outside"),
        ("deep/up", "../../../../outside"),
        ("around", "deep/../../../../outside"),
    ] {
        symlink(target, home.join("real").join(name)).expect("a link");
    }
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let racer = Racer::start(home.join("real"), elsewhere.join("away"));
    for _ in 0..rounds(20, 500) {
        for way in ["real/up", "real/deep/up", "real/around"] {
            for line in [
                format!("RETR {way}/secret"),
                format!("SIZE {way}/secret"),
                format!("STOR {way}/log"),
                format!("STOR {way}/new"),
                format!("LIST {way}"),
                format!("STAT {way}"),
                format!("DELE {way}/victim"),
                format!("MKD {way}/made"),
                format!("RMD {way}/hollow"),
                format!("CWD {way}"),
                format!("RNFR {way}/secret"),
            ] {
                let code = attempt(&mut client, &line, &cage.folder);
                assert!(
                    code >= 400 || line.starts_with("LIST") || line.starts_with("STAT"),
                    "{line}: {code}"
                );
            }
        }
    }
    println!("moved out: {} swaps", racer.swaps());
    assert!(racer.swaps() > 0, "there was no race");
    drop(racer);
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}

/// A working directory that becomes a link.
#[test]
fn a_working_directory_that_becomes_a_link_is_left() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    let cage = Cage::build(&daemon.setup.path("outside"));
    prepare(&home, &cage.folder, FIRST_UID);
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.command("CWD real").expect(250);
    renameat2(AT_FDCWD, &home.join("real"), AT_FDCWD, &home.join("trap"), RenameFlags::RENAME_EXCHANGE)
        .expect("a swap");
    for line in [
        "RETR secret",
        "SIZE secret",
        "STOR log",
        "STOR new",
        "DELE victim",
        "MKD made",
        "RMD hollow",
        "RNFR secret",
        "CWD full",
    ] {
        assert!(attempt(&mut client, line, &cage.folder) >= 500, "{line}");
    }
    for line in ["LIST", "NLST", "LIST -aR", "STAT ."] {
        attempt(&mut client, line, &cage.folder);
    }
    assert_silent(client.command("PWD").expect(257).text().as_bytes(), "PWD", &cage.folder);
    client.command("CDUP").expect(250);
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}
