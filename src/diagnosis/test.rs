//! `-t`: every complaint of the configuration; if it can be read, then what a start would miss on this host.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Form, document, trial};
use crate::config::{self, Complaint};
use crate::master::Options;
use crate::sys::{identity, streams};

/// Says what is wrong. Warnings do not change the exit status: scripts ask it whether a start or a HUP would work.
pub fn test(options: &Options, form: Form) -> ExitCode {
    let said = match form {
        Form::Text => streams::print("Checking syntax of configuration file\n"),
        Form::Json => Ok(()),
    };
    let complaints = complaints(options);
    let would_start = !complaints.iter().any(Complaint::is_error);
    let said = said.and_then(|()| match form {
        Form::Text => tell(&complaints, would_start),
        Form::Json => streams::print(&document(options, &complaints, would_start)),
    });
    if would_start && said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn complaints(options: &Options) -> Vec<Complaint> {
    let survey = config::survey(&options.config, &options.load_options(!identity::is_root()));
    let mut complaints = survey.loaded.complaints;
    if let Some(settings) = &survey.loaded.settings {
        complaints.extend(trial::trial(settings, &survey.lines));
    }
    complaints
}

fn tell(complaints: &[Complaint], would_start: bool) -> std::io::Result<()> {
    for complaint in complaints {
        let prefix = if complaint.is_error() { "fatal: " } else { "" };
        streams::complain(&format!("{prefix}{complaint}"));
    }
    if would_start { streams::print("Syntax check complete.\n") } else { Ok(()) }
}

fn document(options: &Options, complaints: &[Complaint], would_start: bool) -> String {
    let complaints: Vec<Value> = complaints.iter().map(document::complaint).collect();
    document::printed(&json!({
        "file": options.config.to_string_lossy(),
        "would_start": would_start,
        "complaints": complaints,
    }))
}
