//! Disks without room: what must be written down waits for it, and nobody dies of it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ferryd::scoreboard::State;
use tempfile::TempDir;

use crate::harness::events::until;
use crate::harness::scale::skipped;
use crate::harness::{Daemon, Setup, as_root, eventually};

/// Stores whose records together are larger than a page, which a full tmpfs may have left over.
const STORES: usize = 100;

/// A small disk of its own, gone with its guard.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// None where the test may not mount, which is said.
    fn mount(size: &str, test: &str) -> Option<Disk> {
        if !as_root(test) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = format!("mode=755,size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path());
        if !mount.status().is_ok_and(|status| status.success()) {
            skipped("needs mount(8) to be allowed", test);
            return None;
        }
        Some(Disk { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves room for nothing; `filler` gives it back when it is removed.
    fn fill(&self) -> PathBuf {
        let path = self.path("filler");
        let mut file = fs::File::create(&path).expect("a file");
        while file.write_all(&[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A mount that stays behind is seen in the folder that cannot be removed.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[test]
fn records_of_transfers_wait_for_room() {
    let Some(disk) = Disk::mount("64k", "records_of_transfers_wait_for_room") else { return };
    let log = disk.path("xferlog");
    let daemon = Setup::new().line(&format!("TransferLog {}", log.display())).start();
    let filler = disk.fill();
    let mut client = daemon.session();
    for _ in 0..STORES {
        client.store("a-file-with-a-long-name-so-that-its-record-is-long", b"x");
    }
    daemon.await_log("No space left on device");
    fs::remove_file(filler).expect("there");
    until("every record", || lines(&log) == STORES);
    daemon.stop();
}

#[test]
fn an_upload_without_room_is_told_so_and_the_session_goes_on() {
    let Some(disk) = Disk::mount("1m", "an_upload_without_room_is_told_so_and_the_session_goes_on") else {
        return;
    };
    fs::set_permissions(disk.folder.path(), fs::Permissions::from_mode(0o777)).expect("its mode");
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let stor = format!("STOR {}", disk.path("large").display());
    for _ in 0..3 {
        let refusal = client.try_upload(&stor, &vec![1; 4 << 20]).expect_err("there is no room").to_string();
        assert!(refusal.contains("No space left on device"), "{refusal}");
        client.command("NOOP").expect(200);
    }
    fs::remove_file(disk.path("large")).expect("the beginning of it is there");
    client.upload(&stor, &vec![1; 64 << 10]);
    let log = daemon.setup.path("log/xferlog");
    let endings = || -> Vec<String> {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect()
    };
    until("a record of each", || endings() == ["i", "i", "i", "c"]);
    daemon.stop();
}

#[test]
fn a_board_without_room_ends_no_process() {
    let Some(disk) = Disk::mount("1m", "a_board_without_room_ends_no_process") else { return };
    let board = disk.path("board");
    let setup = Setup::new().workers(2, 2, 4);
    setup.write();
    let old = format!("ScoreboardFile {}", setup.path("run/board").display());
    let new = format!("ScoreboardFile {}", board.display());
    setup.write_file("ferryd.conf", &setup.text().replace(&old, &new), 0o644);
    let mut daemon = Daemon::start(setup);
    let reader = ferryd::scoreboard::Reader::open(&board).expect("the board");
    let spares = || reader.slots().iter().filter(|slot| slot.state == State::Spare).count();
    until("two spares", || spares() >= 2);
    let filler = disk.fill();
    let mut clients = [daemon.session(), daemon.session()];
    daemon.await_log("no room in the scoreboard");
    clients.iter_mut().for_each(|client| drop(client.command("NOOP").expect(200)));
    assert!(daemon.ended().is_none());
    fs::remove_file(filler).expect("there");
    until("spares again", || spares() >= 1);
    eventually("a session", || daemon.client().try_login("alice").ok());
    assert_eq!(fs::metadata(&board).expect("the board").permissions().mode() & 0o777, 0o644);
}
