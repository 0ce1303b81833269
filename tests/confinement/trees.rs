//! A folder within a tree and a link out of the root change places while the tree is copied or removed: what lies outside is
//! neither taken along nor touched.

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::{Path, PathBuf};

use super::race::Racer;
use super::{Cage, SONG, everything, furnish};
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup, rounds};

/// Folders beside the one that is swapped: they keep the command busy.
const BESIDE: usize = 8;

/// A tree of the session's own, and a link to the cage that may take the place of a folder in it.
fn plant(home: &Path, number: usize, outside: &Path) -> (PathBuf, PathBuf) {
    let (tree, trap) = (home.join(format!("tree{number}")), home.join(format!("trap{number}")));
    for beside in 0..BESIDE {
        furnish(&tree.join(format!("f{beside}")), "inside");
    }
    furnish(&tree.join("full"), "inside");
    symlink(outside, &trap).expect("a link");
    if nix::unistd::geteuid().is_root() {
        for path in everything(&tree).iter().chain([&trap]) {
            lchown(path, Some(FIRST_UID), Some(FIRST_UID)).expect("root gives files away");
        }
    }
    (tree, trap)
}

/// Says each round's line while its folder is swapped; gives the swaps.
fn race(client: &mut Client, home: &Path, outside: &Path, line: &str) -> u64 {
    let mut swaps = 0;
    for number in 0..rounds(30, 1_000) {
        let (tree, trap) = plant(home, number, outside);
        let racer = Racer::start(tree.join("full"), trap);
        client.command(&line.replace('N', &number.to_string()));
        swaps += racer.swaps();
    }
    swaps
}

fn begun() -> (Daemon, PathBuf, Cage) {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    let cage = Cage::build(&daemon.setup.path("outside"));
    (daemon, home, cage)
}

#[test]
fn a_folder_swapped_while_its_tree_is_removed_takes_nothing_along() {
    let (daemon, home, cage) = begun();
    let mut client = daemon.session();
    let swaps = race(&mut client, &home, &cage.folder, "SITE RMDIR treeN");
    println!("trees removed: {swaps} swaps");
    assert!(swaps > 0, "there was no race");
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}

#[test]
fn a_folder_swapped_while_its_tree_is_copied_brings_nothing_in() {
    let (daemon, home, cage) = begun();
    let mut client = daemon.session();
    let swaps = race(&mut client, &home, &cage.folder, "SITE COPY treeN copyN");
    println!("trees copied: {swaps} swaps");
    assert!(swaps > 0, "there was no race");
    cage.assert_untouched();
    for copy in fs::read_dir(&home).expect("a folder").flatten().map(|entry| entry.path()) {
        let is_copy = copy.file_name().is_some_and(|name| name.to_string_lossy().starts_with("copy"));
        for path in everything(&copy).into_iter().filter(|path| is_copy && path.is_file()) {
            let content = fs::read_to_string(&path).expect("a file");
            assert!(!path.is_symlink() && !content.contains(SONG), "{}", path.display());
        }
    }
    drop(client);
    daemon.stop();
}
