//! wget: it fetches, and knows no other direction.

use super::stage::{FILE, Stage, plant, samples};
use super::table::Action::*;
use super::table::Client;
use super::table::Families::Both;
use crate::harness::PASSWORD;
use crate::harness::scale::rounds;

pub const CLIENT: Client = Client {
    name: "wget",
    package: "wget",
    programs: &["wget"],
    acts: &[
        (List, Both, list),
        (Download, Both, download),
        (ResumeDownload, Both, resume_download),
        (TreeDown, Both, tree_down),
        (Passive, Both, |stage| fetch(stage, "--passive-ftp")),
        (Active, Both, |stage| fetch(stage, "--no-passive-ftp")),
        (Pattern, Both, pattern),
    ],
};

/// Names are kept as they are, and the password stands on no command line that wget would print.
#[track_caller]
fn wget(stage: &Stage, words: &[&str], path: &str) -> String {
    let login =
        ["--no-verbose", "--tries=2", "--timeout=20", "--restrict-file-names=nocontrol", "--user=alice"];
    let password = format!("--password={PASSWORD}");
    // A pattern stands in a URL as it is; a question mark would end the path.
    let url = stage.url(path).replace("PATTERN", "[12]*").replace(&format!("alice:{PASSWORD}@"), "");
    stage.run("wget", &[&login[..], &[&password], words, &[&url]].concat())
}

/// wget lists, and chooses.
fn pattern(stage: &Stage) {
    stage.serve_row();
    wget(stage, &["--glob=on"], "row-PATTERN");
    stage.assert_row();
}

fn list(stage: &Stage) {
    stage.serve_samples();
    wget(stage, &["--no-remove-listing", "--spider"], "");
    let listing = std::fs::read_to_string(stage.local.join(".listing")).expect("a listing");
    stage.assert_listed(&listing);
}

fn download(stage: &Stage) {
    stage.serve_samples();
    for (name, _) in samples() {
        wget(stage, &[], name);
    }
    stage.assert_samples_at_both_ends();
}

fn resume_download(stage: &Stage) {
    stage.interrupt_download();
    wget(stage, &["--continue"], FILE);
    stage.assert_same_trees("", "");
}

fn tree_down(stage: &Stage) {
    plant(&stage.home().join("tree"), rounds(50, 500));
    stage.give(&stage.home());
    wget(stage, &["--mirror", "--remove-listing", "--no-host-directories"], "tree/");
    stage.assert_same_trees("tree", "tree");
}

fn fetch(stage: &Stage, mode: &str) {
    stage.serve_file();
    wget(stage, &[mode], FILE);
    stage.assert_same_trees("", "");
}
