//! tnftp and inetutils' ftp: clients of the old school, who are told what to do line by line.

use super::stage::{HALF, Stage, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Both;
use crate::harness::PASSWORD;

pub const TNFTP: Client = Client {
    name: "tnftp",
    package: "tnftp",
    programs: &["tnftp"],
    acts: &[
        (List, Both, |stage| list(stage, tnftp)),
        (Download, Both, |stage| download(stage, tnftp)),
        (Upload, Both, |stage| upload(stage, tnftp)),
        (ResumeDownload, Both, |stage| resume_download(stage, tnftp)),
        (ResumeUpload, Both, |stage| resume_upload(stage, tnftp)),
        (Rename, Both, |stage| rename(stage, tnftp)),
        (Delete, Both, |stage| delete(stage, tnftp)),
        (Passive, Both, |stage| fetch(stage, tnftp, "passive on")),
        (Active, Both, |stage| fetch(stage, tnftp, "passive off")),
    ],
};

pub const INETUTILS: Client = Client {
    name: "inetutils ftp",
    package: "inetutils-ftp",
    programs: &["inetutils-ftp"],
    acts: &[
        (List, Both, |stage| list(stage, inetutils)),
        (Download, Both, |stage| download(stage, inetutils)),
        (Upload, Both, |stage| upload(stage, inetutils)),
        (ResumeDownload, Both, |stage| resume_download(stage, inetutils)),
        (ResumeUpload, Both, |stage| resume_upload(stage, inetutils)),
        (Rename, Both, |stage| rename(stage, inetutils)),
        (Delete, Both, |stage| delete(stage, inetutils)),
        (Passive, Both, |stage| fetch(stage, inetutils_passive, "")),
        (Active, Both, |stage| fetch(stage, inetutils, "")),
    ],
};

/// A client that logs in and follows a script.
type Talks = fn(&Stage, &str) -> String;

#[track_caller]
fn tnftp(stage: &Stage, commands: &str) -> String {
    talk(stage, "tnftp", &["-n", "-i", "-v"], commands)
}

#[track_caller]
fn inetutils(stage: &Stage, commands: &str) -> String {
    talk(stage, "inetutils-ftp", &["-n", "-i", "-v"], commands)
}

#[track_caller]
fn inetutils_passive(stage: &Stage, commands: &str) -> String {
    talk(stage, "inetutils-ftp", &["-n", "-i", "-v", "-p"], commands)
}

#[track_caller]
fn talk(stage: &Stage, program: &str, words: &[&str], commands: &str) -> String {
    let (host, port) = (stage.address.to_string(), stage.port());
    let script = format!("user alice {PASSWORD}\nbinary\n{commands}\nquit\n");
    let said = stage.talk(program, &[words, &[&host, &port]].concat(), &script);
    assert!(said.contains("\n221 Goodbye."), "{said}");
    said
}

fn list(stage: &Stage, client: Talks) {
    stage.serve_samples();
    let said = client(stage, "ls -l\nnlist");
    stage.assert_listed(&said);
    stage.assert_named(&said);
}

fn download(stage: &Stage, client: Talks) {
    stage.serve_samples();
    client(stage, &samples().map(|(name, _)| format!("get \"{name}\" \"{name}\"\n")).collect::<String>());
    stage.assert_samples_at_both_ends();
}

fn upload(stage: &Stage, client: Talks) {
    stage.keep_samples();
    client(stage, &samples().map(|(name, _)| format!("put \"{name}\" \"{name}\"\n")).collect::<String>());
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage, client: Talks) {
    stage.interrupt_download();
    client(stage, "reget file");
    stage.assert_same_trees("", "");
}

fn resume_upload(stage: &Stage, client: Talks) {
    stage.interrupt_upload();
    client(stage, &format!("restart {HALF}\nput file file"));
    stage.assert_same_trees("", "");
}

fn rename(stage: &Stage, client: Talks) {
    let bytes = stage.serve_file();
    let said = client(stage, "mkdir folder\nrename file \"folder/other name\"");
    stage.assert_renamed("folder/other name", &bytes, &said);
}

fn delete(stage: &Stage, client: Talks) {
    stage.serve_file();
    client(stage, "delete file\nmkdir folder\nrmdir folder");
    stage.assert_home_is_empty();
}

fn fetch(stage: &Stage, client: Talks, first: &str) {
    stage.serve_file();
    client(stage, &format!("{first}\nls\nget file file"));
    stage.assert_same_trees("", "");
}
