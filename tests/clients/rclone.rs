//! rclone: several connections at once, and its own idea of what is the same.

use std::fs;

use super::stage::{Stage, plant, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Both;
use crate::harness::PASSWORD;
use crate::harness::scale::rounds;

pub const CLIENT: Client = Client {
    name: "rclone",
    package: "rclone",
    programs: &["rclone"],
    acts: &[
        (List, Both, list),
        (Download, Both, download),
        (Upload, Both, upload),
        (Rename, Both, rename),
        (Delete, Both, delete),
        (TreeDown, Both, tree_down),
        (TreeUp, Both, tree_up),
        (Passive, Both, passive),
    ],
};

/// Files in the tree that it keeps the same at both ends.
fn tree_files() -> usize {
    rounds(200, 2_000)
}

#[track_caller]
fn rclone(stage: &Stage, words: &[&str]) -> String {
    let obscured = stage.run("rclone", &["--config", "", "obscure", PASSWORD]);
    let login = format!(
        "[ftp]\ntype = ftp\nhost = {}\nport = {}\nuser = alice\npass = {obscured}\n",
        stage.host(),
        stage.port()
    );
    stage.keep("../rclone.conf", login.as_bytes());
    let usual = ["--config", "../rclone.conf", "--retries", "1", "--timeout", "30s"];
    stage.run("rclone", &[&usual[..], words].concat())
}

fn list(stage: &Stage) {
    stage.serve_samples();
    let said = rclone(stage, &["lsf", "--format", "sp", "ftp:"]);
    for (name, length) in samples() {
        assert!(said.lines().any(|line| line == format!("{length};{name}")), "{name} in:\n{said}");
    }
}

fn download(stage: &Stage) {
    stage.serve_samples();
    rclone(stage, &["copy", "ftp:", "."]);
    stage.assert_samples_at_both_ends();
}

fn upload(stage: &Stage) {
    stage.keep_samples();
    rclone(stage, &["copy", ".", "ftp:"]);
    stage.assert_samples_at_both_ends();
}

fn rename(stage: &Stage) {
    let bytes = stage.serve_file();
    let said = rclone(stage, &["moveto", "ftp:file", "ftp:folder/other name"]);
    stage.assert_renamed("folder/other name", &bytes, &said);
}

fn delete(stage: &Stage) {
    stage.serve_file();
    plant(&stage.home().join("tree"), 10);
    stage.give(&stage.home());
    rclone(stage, &["deletefile", "ftp:file"]);
    rclone(stage, &["purge", "ftp:tree"]);
    stage.assert_home_is_empty();
}

fn tree_down(stage: &Stage) {
    plant(&stage.home().join("tree"), tree_files());
    stage.give(&stage.home());
    rclone(stage, &["sync", "ftp:tree", "copy"]);
    stage.assert_same_trees("tree", "copy");
    fs::remove_dir_all(stage.home().join("tree/d1")).expect("a folder less");
    rclone(stage, &["sync", "ftp:tree", "copy"]);
    assert!(!stage.local.join("copy/d1").exists(), "what went is gone at the other end");
    stage.assert_same_trees("tree", "copy");
}

fn tree_up(stage: &Stage) {
    plant(&stage.local.join("tree"), tree_files());
    rclone(stage, &["sync", "tree", "ftp:copy"]);
    stage.assert_same_trees("copy", "tree");
    fs::remove_dir_all(stage.local.join("tree/d1")).expect("a folder less");
    stage.keep("tree/d2/e0/another", b"new");
    rclone(stage, &["sync", "tree", "ftp:copy"]);
    stage.assert_same_trees("copy", "tree");
    assert!(!rclone(stage, &["check", "--download", "tree", "ftp:copy"]).contains("ERROR"));
}

fn passive(stage: &Stage) {
    stage.serve_file();
    rclone(stage, &["copy", "ftp:", "."]);
    stage.assert_same_trees("", "");
}
