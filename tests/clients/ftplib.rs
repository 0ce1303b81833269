//! Python's ftplib, by a script of ours.

use std::path::Path;

use super::stage::{FILE, Stage, plant, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Both;
use crate::harness::PASSWORD;
use crate::harness::scale::rounds;

pub const CLIENT: Client = Client {
    name: "ftplib",
    package: "python3",
    programs: &["python3"],
    acts: &[
        (List, Both, list),
        (Download, Both, download),
        (Upload, Both, upload),
        (ResumeDownload, Both, resume_download),
        (ResumeUpload, Both, resume_upload),
        (Rename, Both, rename),
        (Delete, Both, delete),
        (TreeDown, Both, tree_down),
        (TreeUp, Both, tree_up),
        (Passive, Both, |stage| fetch(stage, "passive")),
        (Active, Both, |stage| fetch(stage, "active")),
        (Facts, Both, facts),
    ],
};

/// The whole path of a script beside this file.
pub fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name).display().to_string()
}

#[track_caller]
fn ftplib(stage: &Stage, action: &str, names: &[&str]) -> String {
    let (script, host, port) = (script("ftplib_client.py"), stage.address.to_string(), stage.port());
    stage.run("python3", &[&[&script, action, &host, &port, PASSWORD][..], names].concat())
}

fn names() -> Vec<&'static str> {
    samples().map(|(name, _)| name).collect()
}

fn list(stage: &Stage) {
    stage.serve_samples();
    let said = ftplib(stage, "list", &[]);
    stage.assert_listed(&said);
    stage.assert_named(&said);
}

fn facts(stage: &Stage) {
    stage.serve_samples();
    stage.assert_listed(&ftplib(stage, "facts", &[]));
}

fn download(stage: &Stage) {
    stage.serve_samples();
    ftplib(stage, "get", &names());
    stage.assert_samples_at_both_ends();
}

fn upload(stage: &Stage) {
    stage.keep_samples();
    ftplib(stage, "put", &names());
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage) {
    stage.interrupt_download();
    ftplib(stage, "reget", &[FILE]);
    stage.assert_same_trees("", "");
}

fn resume_upload(stage: &Stage) {
    stage.interrupt_upload();
    ftplib(stage, "reput", &[FILE]);
    stage.assert_same_trees("", "");
}

fn rename(stage: &Stage) {
    let bytes = stage.serve_file();
    let said = ftplib(stage, "rename", &[FILE]);
    stage.assert_renamed("folder/other name", &bytes, &said);
}

fn delete(stage: &Stage) {
    stage.serve_file();
    ftplib(stage, "delete", &[FILE]);
    stage.assert_home_is_empty();
}

fn tree_down(stage: &Stage) {
    plant(&stage.home().join("tree"), rounds(50, 500));
    stage.give(&stage.home());
    ftplib(stage, "tree-down", &[]);
    stage.assert_same_trees("tree", "tree");
}

fn tree_up(stage: &Stage) {
    plant(&stage.local.join("tree"), rounds(50, 500));
    ftplib(stage, "tree-up", &[]);
    stage.assert_same_trees("tree", "tree");
}

fn fetch(stage: &Stage, mode: &str) {
    stage.serve_file();
    ftplib(stage, mode, &[FILE]);
    stage.assert_same_trees("", "");
}
