//! lftp: a script of commands; it mirrors over ten connections at once. On IPv6 it is always passive.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};

use super::stage::{FILE, Stage, plant, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::{Both, Ipv4};
use crate::harness::PASSWORD;
use crate::harness::scale::rounds;

pub const CLIENT: Client = Client {
    name: "lftp",
    package: "lftp",
    programs: &["lftp"],
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
        (Passive, Both, |stage| fetch(stage, "yes")),
        (Active, Ipv4, |stage| fetch(stage, "no")),
        (Pattern, Both, pattern),
        (Part, Both, part),
        (Facts, Both, facts),
        (Compressed, Both, compressed),
        (Between, Both, between),
    ],
};

/// Files in the tree that it mirrors.
fn tree_files() -> usize {
    rounds(200, 2_000)
}

#[track_caller]
fn lftp(stage: &Stage, commands: &str) -> String {
    let script = format!(
        "set cmd:fail-exit yes; set net:timeout 20; set net:max-retries 2; open -u alice,{PASSWORD} -p {} {}\n{commands}\n",
        stage.port(),
        stage.address
    );
    stage.keep("../script", script.as_bytes());
    stage.run("lftp", &["--norc", "-f", "../script"])
}

fn list(stage: &Stage) {
    stage.serve_samples();
    let (long, names) = (lftp(stage, "ls"), lftp(stage, "nlist"));
    stage.assert_listed(&long);
    stage.assert_named(&names);
}

fn download(stage: &Stage) {
    stage.serve_samples();
    lftp(stage, &samples().map(|(name, _)| format!("get \"{name}\"\n")).collect::<String>());
    stage.assert_samples_at_both_ends();
}

fn upload(stage: &Stage) {
    stage.keep_samples();
    lftp(stage, &samples().map(|(name, _)| format!("put \"{name}\"\n")).collect::<String>());
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage) {
    stage.interrupt_download();
    lftp(stage, "get -c file");
    stage.assert_same_trees("", "");
}

fn resume_upload(stage: &Stage) {
    stage.interrupt_upload();
    lftp(stage, "put -c file");
    stage.assert_same_trees("", "");
}

fn rename(stage: &Stage) {
    let bytes = stage.serve_file();
    let said = lftp(stage, "mkdir folder; mv file \"folder/other name\"");
    stage.assert_renamed("folder/other name", &bytes, &said);
}

fn delete(stage: &Stage) {
    stage.serve_file();
    plant(&stage.home().join("tree"), 10);
    stage.give(&stage.home());
    lftp(stage, "rm file; rm -r tree");
    stage.assert_home_is_empty();
}

fn tree_down(stage: &Stage) {
    plant(&stage.home().join("tree"), tree_files());
    stage.give(&stage.home());
    lftp(stage, "mirror --parallel=10 tree copy");
    stage.assert_same_trees("tree", "copy");
}

fn tree_up(stage: &Stage) {
    plant(&stage.local.join("tree"), tree_files());
    lftp(stage, "mirror --reverse --parallel=10 tree copy");
    stage.assert_same_trees("copy", "tree");
}

fn fetch(stage: &Stage, passive: &str) {
    stage.serve_file();
    lftp(stage, &format!("set ftp:passive-mode {passive}\nls; get file"));
    stage.assert_same_trees("", "");
}

fn pattern(stage: &Stage) {
    stage.serve_row();
    lftp(stage, "mget row-[12]?");
    stage.assert_row();
}

/// Four connections fetch a part each.
fn part(stage: &Stage) {
    stage.serve_file();
    lftp(stage, "set pget:min-chunk-size 20000; pget -n 4 file");
    stage.assert_same_trees("", "");
}

fn facts(stage: &Stage) {
    stage.serve_samples();
    stage.assert_named(&lftp(stage, "set ftp:use-mlsd yes; cls -1"));
}

fn compressed(stage: &Stage) {
    stage.serve_samples();
    let said = lftp(stage, "debug 5; set ftp:use-mode-z yes; cls -1; mget -O . *");
    assert!(said.contains("---> MODE Z"), "{said}");
    stage.assert_samples_at_both_ends();
    stage.clear();
    stage.keep_samples();
    let said = lftp(stage, "debug 5; set ftp:use-mode-z yes; mput *");
    assert!(said.contains("---> MODE Z"), "{said}");
    stage.assert_samples_at_both_ends();
}

/// The other server has another address where there is one: to the first it is a stranger.
fn between(stage: &Stage) {
    let address =
        if stage.address.is_ipv4() { IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)) } else { stage.address };
    let other = Stage::new(address, "AllowForeignAddress on");
    let bytes = stage.serve_file();
    for source in ["yes", "no"] {
        lftp(stage, &fxp(source, &other));
        assert!(fs::read(other.home().join(FILE)).expect("it came") == bytes, "passive source: {source}");
        other.clear();
    }
}

/// One server tells the other where to connect, and nothing comes this way.
fn fxp(passive_source: &str, other: &Stage) -> String {
    format!(
        "set ftp:use-fxp yes; set ftp:fxp-force yes; set ftp:fxp-passive-source {passive_source}\nget file -o {}",
        other.url(FILE)
    )
}
