//! `.ftpaccess` in the hands of somebody who wants more than he may: what it costs, and whose word holds while folders move.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::confinement::race::Racer;
use crate::harness::cost::Cost;
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup, rounds};

const CLOSED: &str = "<Limit MDTM>\nDenyAll\n</Limit>\n";
const OPEN: &str = "<Limit MDTM>\nAllowAll\n</Limit>\n";

/// A daemon whose alice is confined to her home, in which these files stand.
fn started(lines: &str, files: &[(&str, &str)]) -> Daemon {
    let setup = Setup::new().line("DefaultRoot ~").line("AllowOverwrite on").line(lines);
    setup.write();
    for (path, text) in files {
        put(&setup, &setup.home("alice").join(path), text);
    }
    setup.start()
}

fn put(setup: &Setup, path: &Path, text: &str) {
    let home = setup.home("alice");
    let folder = path.parent().expect("a file's");
    fs::create_dir_all(folder).expect("a folder");
    fs::write(path, text).expect("a file");
    for path in path.ancestors().take_while(|path| *path != home) {
        setup.give(path, Some(FIRST_UID));
    }
}

fn home(daemon: &Daemon) -> PathBuf {
    daemon.setup.home("alice")
}

fn is_told(client: &mut Client, path: &str) -> bool {
    client.command(&format!("MDTM {path}")).code == 213
}

fn cost(daemon: &Daemon, client: &Client) -> Cost {
    Cost::of(daemon.slot_of(client).pid.0)
}

#[test]
fn files_on_one_way_beyond_those_that_are_heard_cost_nothing() {
    let terms = (0..8).map(|at| format!("AllowUser regex (a[bc]d?){{80}}{at}\n")).collect::<String>();
    let daemon = started("", &[("x", "")]);
    let mut folder = home(&daemon);
    // As many as one line names.
    for _ in 0..rounds(200, 240) {
        folder.push("d");
        put(&daemon.setup, &folder.join(".ftpaccess"), &format!("<Limit MDTM>\n{terms}AllowAll\n</Limit>\n"));
    }
    let mut client = daemon.session();
    client.command("MDTM x").expect(213);
    let before = cost(&daemon, &client);
    let path = folder.strip_prefix(home(&daemon)).expect("below").display().to_string();
    for _ in 0..3 {
        client.command(&format!("MDTM {path}")).expect(550);
    }
    // Sixteen are heard; each has eight patterns of 32 KiB.
    cost(&daemon, &client).assert_grown_by_at_most(12 * 1024, before, "files on one way");
    daemon.stop();
}

#[test]
fn what_one_folder_said_does_not_stay_in_force_for_another_of_its_name() {
    let faulty = format!("Nonsense on\n{CLOSED}");
    for kept in [faulty.as_str(), &"#".repeat(20_000)] {
        let daemon = started(
            "",
            &[
                ("own/p/.ftpaccess", OPEN),
                ("own/p/x", "own"),
                ("kept/p/.ftpaccess", kept),
                ("kept/p/x", "kept"),
            ],
        );
        let (mut client, mut other) = (daemon.session(), daemon.session());
        assert!(!is_told(&mut client, "kept/p/x") && is_told(&mut client, "own/p/x"));
        for (line, code) in [("RNFR own", 350), ("RNTO away", 250), ("RNFR kept", 350), ("RNTO own", 250)] {
            other.command(line).expect(code);
        }
        assert!(!is_told(&mut client, "own/p/x"), "{kept:.20}");
        daemon.stop();
    }
}

#[test]
fn folders_that_move_meanwhile_take_what_their_files_say_along() {
    let daemon = started(
        "",
        &[
            ("p/a/.ftpaccess", CLOSED),
            ("p/a/x", "kept"),
            ("q/a/y", "own"),
            ("r/.ftpaccess", CLOSED),
            ("r/b/x", "kept"),
            ("s/y", ""),
        ],
    );
    let home = home(&daemon);
    let racers = [Racer::start(home.join("p"), home.join("q")), Racer::start(home.join("r"), home.join("s"))];
    let mut client = daemon.session();
    client.command("MDTM r/b/x").expect(550);
    for _ in 0..rounds(1_000, 20_000) {
        for path in ["p/a/x", "q/a/x", "r/b/x", "s/b/x"] {
            assert!(!is_told(&mut client, path), "{path}");
        }
    }
    assert!(racers.iter().all(|racer| racer.swaps() > 100));
    drop(racers);
    assert_ne!(is_told(&mut client, "p/a/y"), is_told(&mut client, "q/a/y"));
    daemon.stop();
}

#[test]
fn what_moves_nowhere_is_judged_by_all_folders_around_it() {
    // Nobody may enter it, and what is said around it holds all the same.
    let daemon = started("", &[("p/.ftpaccess", "<Limit RMD>\nDenyAll\n</Limit>\n"), ("p/shut/x", "")]);
    let shut = home(&daemon).join("p/shut");
    fs::remove_file(shut.join("x")).expect("gone");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).expect("its mode");
    let mut client = daemon.session();
    client.command("RMD p/shut").expect(550);
    client.command("SITE CHMOD 700 p/shut").expect(200);
    client.command("RMD p/shut").expect(550);
    client.command("DELE p/.ftpaccess").expect(250);
    client.command("RMD p/shut").expect(250);
    daemon.stop();
}

#[test]
fn no_name_leads_past_a_filter_of_names() {
    let daemon =
        started("PathDenyFilter \\.ftpaccess$", &[(".ftpaccess", "Umask 022\n"), ("d/x", "x"), ("z", "z")]);
    let home = home(&daemon);
    symlink(".ftpaccess", home.join("link")).expect("a link");
    symlink(".ftpaccess", home.join("d/link")).expect("a link");
    let mut client = daemon.session();
    for path in [
        ".ftpaccess",
        "d//.ftpaccess",
        "d/.ftpaccess/",
        "d/.ftpaccess/.",
        "d/z/../.ftpaccess",
        "d/../.ftpaccess",
        "link",
        "d/link",
    ] {
        assert!(client.try_upload(&format!("STOR {path}"), b"Umask 077\n").is_err(), "{path}");
    }
    client.command("SITE SYMLINK .ftpaccess other");
    assert!(client.try_upload("STOR other", b"Umask 077\n").is_err());
    for lines in [
        &["MKD d/.ftpaccess"][..],
        &["RNFR z", "RNTO d/.ftpaccess"],
        &["SITE SYMLINK z .ftpaccess"],
        &["SITE CPFR z", "SITE CPTO d/.ftpaccess"],
        &["SITE CPFR z", "SITE CPTO link"],
        &["SITE CHMOD 777 link"],
    ] {
        let codes: Vec<u16> = lines.iter().map(|line| client.command(line).code).collect();
        assert_eq!(codes.last(), Some(&550), "{lines:?}");
    }
    assert_eq!(fs::read(home.join(".ftpaccess")).expect("there"), b"Umask 022\n");
    assert!(fs::symlink_metadata(home.join("d/.ftpaccess")).is_err());
    daemon.stop();
}

#[test]
fn a_folder_full_of_faults_fills_no_log() {
    let files: Vec<String> = (0..50).map(|at| format!("d/{at}/.ftpaccess")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "Nonsense\nRubbish\n")).collect();
    let daemon = started("", &files);
    let mut client = daemon.session();
    for verb in ["LIST d", "MLSD d"] {
        assert!(client.download(verb).split(|byte| *byte == b'\n').count() > 50, "{verb}");
    }
    daemon.stop_and(|daemon| {
        let log = daemon.log();
        assert_eq!(log.matches("there is more to tell").count(), 2, "{log}");
        assert_eq!(log.matches(".ftpaccess:").count(), 20, "{log}");
    });
}
