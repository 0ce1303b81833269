//! UserOwner and GroupOwner: whose the new files of a session are.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::harness::{Daemon, Setup, as_root};

const ALICE: u32 = 52_001;
const BOB: u32 = 52_002;
const WEB: u32 = 52_101;
const DISK: u32 = 52_103;

/// Alice is in `web`, bob in `disk`; what `lines` say holds in alice's folder `in`.
fn started(lines: &str) -> Daemon {
    let setup = Setup::new().with_account("bob").line("AllowStoreRestart on");
    let folder = setup.home("alice").join("in");
    let setup = setup.line(&format!("<Directory {}>\n{lines}\n</Directory>", folder.display()));
    setup.write();
    setup.make_folder(&folder, Some(ALICE));
    let groups = "alice:x:52001:\nbob:x:52002:\nweb:x:52101:alice\ndisk:x:52103:bob\n";
    setup.write_file("groups", groups, 0o600);
    Daemon::start(setup)
}

fn owner(path: &Path) -> (u32, u32) {
    let found = fs::symlink_metadata(path).expect("there");
    (found.uid(), found.gid())
}

#[test]
fn new_files_and_folders_are_given_away() {
    if !as_root("new_files_and_folders_are_given_away") {
        return;
    }
    for (lines, expected) in [
        ("UserOwner bob", (BOB, ALICE)),
        ("GroupOwner web", (ALICE, WEB)),
        ("UserOwner bob\nGroupOwner disk", (BOB, DISK)),
        ("UserOwner bob\nGroupOwner ~", (BOB, ALICE)),
        ("UserOwner bob\nHiddenStores on", (BOB, ALICE)),
        // Alice is not in it, and nobody but UserOwner lifts that.
        ("GroupOwner disk", (ALICE, ALICE)),
        ("UserOwner nobody-of-that-name", (ALICE, ALICE)),
        ("UserOwner bob\nGroupOwner nobody-of-that-name", (ALICE, ALICE)),
    ] {
        let daemon = started(lines);
        let home = daemon.setup.home("alice");
        fs::write(home.join("in/old"), b"there before").expect("written");
        daemon.setup.give(&home.join("in/old"), Some(ALICE));
        let mut client = daemon.session();
        client.store("out", b"outside the section");
        client.store("in/new", b"new");
        client.store("in/old", b"over what was there");
        client.upload("APPE in/appended", b"new");
        client.command("MKD in/folder").expect(257);
        assert_eq!(owner(&home.join("out")), (ALICE, ALICE), "{lines}");
        for name in ["new", "appended", "folder"] {
            assert_eq!(owner(&home.join("in").join(name)), expected, "{name}: {lines}");
        }
        if !lines.contains("HiddenStores") {
            assert_eq!(owner(&home.join("in/old")), (ALICE, ALICE), "{lines}");
        }
        assert_eq!(fs::read(home.join("in/new")).expect("there"), b"new");
        daemon.stop();
    }
}

#[test]
fn no_session_holds_a_capability_for_it() {
    if !as_root("no_session_holds_a_capability_for_it") {
        return;
    }
    let chown = 1;
    for (lines, auths) in [("UserOwner bob", chown), ("GroupOwner web", 0), ("Umask 022", 0)] {
        let daemon = started(lines);
        let client = daemon.session();
        assert_eq!(permitted(daemon.slot_of(&client).pid.0), 0, "{lines}");
        assert_eq!(permitted(daemon.auth()) & chown, auths, "{lines}");
        drop(client);
        daemon.stop();
    }
}

fn permitted(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a living process");
    let line = status.lines().find_map(|line| line.strip_prefix("CapPrm:")).expect("its capabilities");
    u64::from_str_radix(line.trim(), 16).expect("a number")
}
