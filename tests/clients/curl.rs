//! curl: one URL at a time, everything else by `-Q`.

use std::fs;

use super::stage::{FILE, Stage, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Both;

pub const CLIENT: Client = Client {
    name: "curl",
    package: "curl",
    programs: &["curl"],
    acts: &[
        (List, Both, list),
        (Download, Both, download),
        (Upload, Both, upload),
        (ResumeDownload, Both, resume_download),
        (ResumeUpload, Both, resume_upload),
        (Rename, Both, rename),
        (Delete, Both, delete),
        (Passive, Both, |stage| fetch(stage, &[])),
        (Active, Both, |stage| fetch(stage, &["--ftp-port", "-"])),
        (Pattern, Both, pattern),
        (Part, Both, part),
    ],
};

#[track_caller]
fn curl(stage: &Stage, words: &[&str], url: &str) -> String {
    stage.run("curl", &[&["--silent", "--show-error"], words, &[url]].concat())
}

fn list(stage: &Stage) {
    stage.serve_samples();
    let said = curl(stage, &[], &stage.url(""));
    stage.assert_listed(&said);
    let names = curl(stage, &["--list-only"], &stage.url(""));
    stage.assert_named(&names);
}

fn download(stage: &Stage) {
    stage.serve_samples();
    for (name, _) in samples() {
        curl(stage, &["-o", name], &stage.url(name));
    }
    stage.assert_samples_at_both_ends();
    let bytes = stage.serve_file();
    stage.serve("deep/er/file", &bytes);
    for method in ["multicwd", "nocwd", "singlecwd"] {
        curl(stage, &["--ftp-method", method, "-o", method], &stage.url("deep/er/file"));
        assert!(fs::read(stage.local.join(method)).expect("fetched") == bytes, "{method}");
    }
}

fn upload(stage: &Stage) {
    stage.keep_samples();
    for (name, _) in samples() {
        curl(stage, &["-T", name], &stage.url(name));
    }
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage) {
    stage.interrupt_download();
    curl(stage, &["-C", "-", "-o", FILE], &stage.url(FILE));
    stage.assert_same_trees("", "");
}

fn resume_upload(stage: &Stage) {
    stage.interrupt_upload();
    curl(stage, &["-C", "-", "-T", FILE], &stage.url(FILE));
    stage.assert_same_trees("", "");
}

fn rename(stage: &Stage) {
    let bytes = stage.serve_file();
    let said = curl(stage, &["-Q", "RNFR file", "-Q", "RNTO other name"], &stage.url(""));
    stage.assert_renamed("other name", &bytes, &said);
}

fn delete(stage: &Stage) {
    stage.serve_file();
    curl(stage, &["-Q", "DELE file"], &stage.url(""));
    stage.assert_home_is_empty();
}

fn fetch(stage: &Stage, words: &[&str]) {
    stage.serve_file();
    curl(stage, &[words, &["-o", FILE]].concat(), &stage.url(FILE));
    stage.assert_same_trees("", "");
}

/// curl makes names of a pattern itself.
fn pattern(stage: &Stage) {
    stage.serve_row();
    curl(stage, &["--remote-name-all"], &format!("{}row-[1-2]{{a,b}}", stage.url("")));
    stage.assert_row();
}

fn part(stage: &Stage) {
    let bytes = stage.serve_file();
    for (range, expected) in
        [("1000-1999", &bytes[1000..2000]), ("199000-", &bytes[199_000..]), ("-500", &bytes[199_500..])]
    {
        curl(stage, &["--range", range, "-o", range], &stage.url(FILE));
        assert!(fs::read(stage.local.join(range)).expect("fetched") == expected, "{range}");
    }
}
