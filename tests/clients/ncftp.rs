//! NcFTP: ncftpget and ncftpput do one errand each, ncftp is told line by line. It does not know IPv6; and resumed, it says REST and
//! then sends the file from its beginning, to every server.

use std::fs;

use super::stage::{FILE, Stage, plant, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Ipv4;
use crate::harness::PASSWORD;
use crate::harness::scale::rounds;

pub const CLIENT: Client = Client {
    name: "NcFTP",
    package: "ncftp",
    programs: &["ncftp", "ncftpget", "ncftpput", "ncftpls"],
    acts: &[
        (List, Ipv4, list),
        (Download, Ipv4, download),
        (Upload, Ipv4, upload),
        (ResumeDownload, Ipv4, resume_download),
        (Rename, Ipv4, rename),
        (Delete, Ipv4, delete),
        (TreeDown, Ipv4, tree_down),
        (TreeUp, Ipv4, tree_up),
        (Passive, Ipv4, |stage| fetch(stage, "-F")),
        (Active, Ipv4, |stage| fetch(stage, "-E")),
    ],
};

/// Runs ncftpget or ncftpput.
#[track_caller]
fn errand(stage: &Stage, program: &str, words: &[&str], rest: &[&str]) -> String {
    let port = stage.port();
    let login = ["-V", "-t", "20", "-r", "1", "-u", "alice", "-p", PASSWORD, "-P", &port];
    let host = stage.address.to_string();
    stage.run(program, &[&login[..], words, &[&host], rest].concat())
}

/// Has ncftp follow a script.
#[track_caller]
fn ncftp(stage: &Stage, commands: &str) -> String {
    let script =
        format!("open -u alice -p {PASSWORD} -P {} {}\n{commands}\nquit\n", stage.port(), stage.address);
    let none: [&str; 0] = [];
    stage.talk("ncftp", &none, &script)
}

fn list(stage: &Stage) {
    stage.serve_samples();
    let url = format!("ftp://{}/", stage.address);
    let port = stage.port();
    let login = ["-u", "alice", "-p", PASSWORD, "-P", &port];
    let said = stage.run("ncftpls", &[&login[..], &["-l", &url]].concat());
    stage.assert_listed(&said);
    let names = stage.run("ncftpls", &[&login[..], &["-1", &url]].concat());
    stage.assert_named(&names);
}

fn download(stage: &Stage) {
    stage.serve_samples();
    let names: Vec<&str> = samples().map(|(name, _)| name).collect();
    errand(stage, "ncftpget", &[], &[&["."], &names[..]].concat());
    stage.assert_samples_at_both_ends();
}

fn upload(stage: &Stage) {
    stage.keep_samples();
    let names: Vec<&str> = samples().map(|(name, _)| name).collect();
    errand(stage, "ncftpput", &[], &[&["/"], &names[..]].concat());
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage) {
    stage.interrupt_download();
    age(stage);
    errand(stage, "ncftpget", &["-z"], &[".", FILE]);
    stage.assert_same_trees("", "");
}

fn rename(stage: &Stage) {
    let bytes = stage.serve_file();
    let said = ncftp(stage, "mkdir folder\nrename file \"folder/other name\"");
    stage.assert_renamed("folder/other name", &bytes, &said);
}

fn delete(stage: &Stage) {
    stage.serve_file();
    ncftp(stage, "rm file\nmkdir folder\nrmdir folder");
    stage.assert_home_is_empty();
}

fn tree_down(stage: &Stage) {
    plant(&stage.home().join("tree"), rounds(50, 500));
    stage.give(&stage.home());
    errand(stage, "ncftpget", &["-R"], &[".", "/tree"]);
    stage.assert_same_trees("tree", "tree");
}

fn tree_up(stage: &Stage) {
    plant(&stage.local.join("tree"), rounds(50, 500));
    errand(stage, "ncftpput", &["-R"], &["/", "tree"]);
    stage.assert_same_trees("tree", "tree");
}

fn fetch(stage: &Stage, mode: &str) {
    stage.serve_file();
    errand(stage, "ncftpget", &[mode], &[".", FILE]);
    stage.assert_same_trees("", "");
}

/// Makes the two ends of FILE of one time, so that it is one interrupted transfer's.
fn age(stage: &Stage) {
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    for path in [stage.home().join(FILE), stage.local.join(FILE)] {
        fs::File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("aged");
    }
}
