//! Whole configurations: text in, settings and complaints out.

use super::settings::Settings;
use super::*;

mod meaning;
mod printed_defaults;
mod random;
mod refused;
mod shipped;
mod text;

/// Loads a text as a file of its own, as an ordinary user's daemon.
fn loaded(text: &str) -> Loaded {
    loaded_with(text, &LoadOptions { check_collisions: true, rootless: true, ..LoadOptions::default() })
}

fn loaded_with(text: &str, options: &LoadOptions) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f.conf");
    std::fs::write(&file, text).expect("written");
    load(&file, options)
}

#[track_caller]
fn settings(text: &str) -> Settings {
    let Loaded { settings, complaints } = loaded(text);
    settings.unwrap_or_else(|| panic!("{text}: {complaints:#?}"))
}

/// Complaints that point at a line: who runs it and who may enter is told of every file of one line.
fn placed(loaded: &Loaded) -> impl Iterator<Item = &Complaint> {
    loaded.complaints.iter().filter(|complaint| complaint.place.is_some())
}

/// `line:column: message` of every complaint, warnings too.
fn complaints(text: &str) -> Vec<String> {
    let said = |complaint: &Complaint| {
        let line = complaint.one_line();
        line.split_once("f.conf:").map_or(line.clone(), |(_, rest)| rest.to_owned())
    };
    placed(&loaded(text)).map(said).collect()
}
