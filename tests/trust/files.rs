//! A session's files: what lies outside its root is reached by no path, no link and no descriptor.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::errno::Errno;
use nix::libc;

use crate::harness::puppet::{Outcome, Puppet};
use crate::harness::setup::Starter;
use crate::harness::{Client, Daemon, Setup, as_root, rounds};

const SECRET: &[u8] = b"nobody may read this";

/// Alice, who sees her home alone; beside it a world-writable folder with a secret, and in her home links to it.
fn fenced(setup: Setup) -> Daemon {
    let daemon = setup.line("DefaultRoot ~").start();
    let (home, outside) = (daemon.setup.home("alice"), daemon.setup.path("outside"));
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("secret"), SECRET).expect("written");
    nix::sys::stat::fchmodat(
        nix::fcntl::AT_FDCWD,
        &outside,
        nix::sys::stat::Mode::from_bits_truncate(0o777),
        nix::sys::stat::FchmodatFlags::FollowSymlink,
    )
    .expect("its mode");
    for (name, target) in [
        ("absolute", outside.as_path()),
        ("relative", Path::new("../../outside")),
        ("chained", Path::new("relative/../outside")),
        ("second", Path::new("absolute")),
        ("above", Path::new("../..")),
        ("proc", Path::new("/proc/self/root")),
        ("itself", Path::new("itself")),
    ] {
        symlink(target, home.join(name)).expect("a link");
    }
    symlink(outside.join("secret"), home.join("file")).expect("a link");
    daemon
}

/// Ways from alice's home to the folder outside, as a client may write them.
fn ways(daemon: &Daemon) -> Vec<String> {
    let outside = daemon.setup.path("outside").display().to_string();
    let mut ways: Vec<String> =
        ["absolute", "relative", "chained", "second", "above/outside", "/../../outside"]
            .map(str::to_owned)
            .into();
    ways.extend([
        "../../outside".into(),
        outside.clone(),
        format!("proc{outside}"),
        "./.././..//outside".into(),
    ]);
    ways.extend([format!("/proc/self/root{outside}"), format!("/proc/1/cwd/..{outside}"), "itself".into()]);
    ways
}

#[track_caller]
fn refused(client: &mut Client, line: &str) {
    let reply = client.command(line);
    assert!((500..600).contains(&reply.code), "{line}: {}", reply.text());
}

fn assert_shows_nothing(listing: &[u8], line: &str) {
    let text = String::from_utf8_lossy(listing);
    assert!(!text.contains("secret"), "{line}: {text}");
}

fn leaves_nothing_and_shows_nothing(daemon: Daemon) {
    let outside = daemon.setup.path("outside");
    let mut client = daemon.session();
    client.store("own", b"alice's");
    for way in ways(&daemon) {
        for verb in ["CWD", "MKD", "RMD", "SIZE", "MDTM", "DELE", "RNFR"] {
            let name = if verb == "CWD" { way.clone() } else { format!("{way}/secret") };
            refused(&mut client, &format!("{verb} {name}"));
        }
        refused(&mut client, &format!("MKD {way}/new"));
        client.command("RNFR own").expect(350);
        refused(&mut client, &format!("RNTO {way}/taken"));
        for verb in ["RETR", "STOR", "APPE"] {
            let name = if verb == "RETR" { "secret" } else { "new" };
            refused_a_transfer(&mut client, &format!("{verb} {way}/{name}"));
        }
        for verb in ["LIST", "LIST -aR", "NLST"] {
            for line in [format!("{verb} {way}"), format!("{verb} {way}/*")] {
                assert_shows_nothing(&listing(&mut client, &line), &line);
            }
        }
        let status = client.command(&format!("STAT {way}"));
        assert_shows_nothing(status.text().as_bytes(), "STAT");
    }
    refused(&mut client, "SIZE file");
    refused(&mut client, "MDTM file");
    refused_a_transfer(&mut client, "RETR file");
    assert_eq!(fs::read_dir(&outside).expect("the folder").count(), 1, "nothing new outside");
    assert_eq!(fs::read(outside.join("secret")).expect("the secret"), SECRET);
    drop(client);
    daemon.stop();
}

#[track_caller]
fn refused_a_transfer(client: &mut Client, line: &str) {
    let data = client.extended_passive();
    refused(client, line);
    drop(data);
}

/// What a listing sends; nothing where it is refused.
fn listing(client: &mut Client, line: &str) -> Vec<u8> {
    let mut data = client.extended_passive();
    let mut bytes = Vec::new();
    if client.command(line).code == 150 {
        data.read_to_end(&mut bytes).expect("the listing");
        drop(data);
        client.reply();
    }
    bytes
}

#[test]
fn no_command_reaches_outside_the_root() {
    leaves_nothing_and_shows_nothing(fenced(Setup::new()));
}

#[test]
fn no_command_reaches_outside_the_root_without_root() {
    if as_root("no_command_reaches_outside_the_root_without_root") {
        leaves_nothing_and_shows_nothing(fenced(Setup::new().started_as(Starter::Nobody)));
    }
}

/// Swaps a folder and a link to the folder outside, as fast as it can, under the name `swapped`.
fn swap_until(stop: &AtomicBool, home: &Path) {
    while !stop.load(Ordering::Relaxed) {
        for name in ["folder", "link"] {
            let _ = fs::rename(home.join(name), home.join("swapped"));
            let _ = fs::rename(home.join("swapped"), home.join(name));
        }
    }
}

#[test]
fn a_link_swapped_in_between_changes_nothing() {
    let daemon = fenced(Setup::new());
    let (home, outside) = (daemon.setup.home("alice"), daemon.setup.path("outside"));
    let mut client = daemon.session();
    client.command("MKD folder").expect(257);
    client.store("folder/secret", b"alice's");
    symlink(&outside, home.join("link")).expect("a link");
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = thread::spawn({
        let stop = Arc::clone(&stop);
        move || swap_until(&stop, &home)
    });
    let inode = outside.metadata().expect("the folder").ino();
    for _ in 0..rounds(300, 20_000) {
        if let Ok(bytes) = client.try_download("RETR swapped/secret") {
            assert_eq!(bytes, b"alice's");
        } else if client.try_command("NOOP").is_err() {
            panic!("the session ended");
        }
        let _ = client.try_upload("STOR swapped/planted", b"x");
        client.command("DELE swapped/secret.not");
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().expect("the swapper");
    assert_eq!(outside.metadata().expect("the folder").ino(), inode);
    assert_eq!(fs::read_dir(&outside).expect("the folder").count(), 1, "nothing planted outside");
    drop(client);
    daemon.stop();
}

#[test]
fn a_taken_over_session_opens_nothing_outside() {
    if !as_root("a_taken_over_session_opens_nothing_outside") {
        return;
    }
    let daemon = fenced(Setup::new());
    let client = daemon.session();
    let mut puppet = Puppet::hold(daemon.slot_of(&client).pid.0);
    let outside = daemon.setup.path("outside");
    let folders: Vec<u64> = puppet
        .descriptors()
        .into_iter()
        .filter(|(_, target)| target.starts_with('/'))
        .map(|(number, _)| number)
        .chain([libc::AT_FDCWD as u64])
        .collect();
    let above = "../".repeat(12);
    let secret = outside.join("secret").display().to_string();
    let paths = [
        secret.clone(),
        format!("/proc/self/root{secret}"),
        format!("/proc/self/cwd/{above}{secret}"),
        format!("{above}{secret}"),
        "absolute/secret".into(),
        "relative/secret".into(),
        "file".into(),
    ];
    for folder in folders {
        for path in &paths {
            opens_not(&mut puppet, folder, path);
        }
    }
    let (from, to) = (format!("{secret}\0"), format!("{}/link\0", daemon.setup.home("alice").display()));
    let at = puppet.put(&[from.as_bytes(), to.as_bytes()].concat());
    let second = at + from.len() as u64;
    puppet.fails("a second name for it", libc::SYS_link, &[at, second]);
    puppet.fails("taking it away", libc::SYS_rename, &[at, second]);
    puppet.fails("its end", libc::SYS_unlink, &[at]);
    puppet.fails("its length", libc::SYS_truncate, &[at, 0]);
    assert_eq!(fs::read(outside.join("secret")).expect("the secret"), SECRET);
    drop(puppet);
    drop(client);
    daemon.stop();
}

/// Neither for reading, nor for writing, nor as a place to go on from.
fn opens_not(puppet: &mut Puppet, folder: u64, path: &str) {
    let text = puppet.put_text(path);
    for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_WRONLY | libc::O_CREAT] {
        puppet.fails(path, libc::SYS_openat, &[folder, text, flags as u64, 0o600]);
    }
    let place = puppet.call(libc::SYS_openat, &[folder, text, libc::O_PATH as u64, 0]);
    // A place gives no access: to open it is to open a path.
    if let Outcome::Done(number) = place {
        let again = puppet.put_text(&format!("/proc/self/fd/{number}"));
        puppet.refused(path, libc::SYS_open, &[again, libc::O_RDONLY as u64], Errno::EACCES);
    }
}

/// The host's paths of a session's files are asked for at each command: whoever renames its root, or what is above, changes them.
#[test]
fn rules_hold_where_a_root_stands_by_now() {
    let setup = Setup::new().line("DefaultRoot ~");
    let (home, moved) = (setup.home("alice"), setup.path("moved"));
    let closed = format!("<Directory {}>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>", moved.display());
    let daemon = setup.line(&closed).start();
    fs::write(home.join("file"), b"content").expect("written");
    let mut client = daemon.session();
    assert_eq!(client.retrieve("file"), b"content");
    fs::rename(&home, &moved).expect("renamed");
    client.command("EPSV").expect(229);
    client.command("RETR file").expect(550);
    fs::rename(&moved, &home).expect("renamed");
    assert_eq!(client.retrieve("file"), b"content");
    fs::rename(&home, &moved).expect("renamed");
    fs::remove_dir_all(&moved).expect("removed");
    client.command("EPSV").expect(229);
    client.command("RETR file").expect(550);
}

/// What is unmounted below a session (umount -l) is told by the kernel as though it were the whole host: no rule is written for that.
#[test]
fn rules_hold_where_a_root_was_unmounted() {
    if !as_root("rules_hold_where_a_root_was_unmounted") {
        return;
    }
    let setup = Setup::new().line("DefaultRoot ~");
    let home = setup.home("alice");
    let closed = format!("<Directory {}>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>", home.display());
    let daemon = setup.line(&closed).start();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "none"]).arg(&home).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED rules_hold_where_a_root_was_unmounted: nothing may be mounted");
        return;
    }
    fs::write(home.join("file"), b"content").expect("written");
    let mut client = daemon.session();
    client.command("EPSV").expect(229);
    client.command("RETR file").expect(550);
    let unmounted = Command::new("umount").arg("-l").arg(&home).status().expect("umount");
    assert!(unmounted.success());
    client.command("EPSV").expect(229);
    client.command("RETR file").expect(550);
    client.command("NOOP").expect(200);
}
