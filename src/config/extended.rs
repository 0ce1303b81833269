//! ExtendedLog: each finds the LogFormat that it names.

use super::complaint::{Complaint, Complaints, similar_names};
use super::draft::{DaemonDraft, ExtendedDraft, NamedDraft};
use super::lines::Word;
use super::settings::{ExtendedLog, Form};
use crate::logging::extended::Format;

/// The name that stands for one JSON object a line, unless a LogFormat has it.
const JSON: &str = "json";
/// What holds where no format is named, unless a LogFormat has this name.
const DEFAULT: &str = "default";

/// Every LogFormat; of two with one name the later holds.
#[derive(Debug)]
pub struct Formats(Vec<(String, Format)>);

impl Formats {
    /// What the server config and `<Global>` say.
    pub fn said(main: &DaemonDraft, global: &DaemonDraft) -> Formats {
        Formats(global.log_formats.iter().chain(&main.log_formats).cloned().collect())
    }

    fn find(&self, name: &str, environment: &Environment) -> Option<Form> {
        let named = self.0.iter().rev().find(|(known, _)| known == name);
        match (named, name) {
            (Some((_, format)), _) => Some(Form::Text(format.settled(|name| variable(environment, name)))),
            (None, DEFAULT) => Some(Form::Text(Format::usual())),
            (None, name) if name.eq_ignore_ascii_case(JSON) => Some(Form::Json),
            (None, _) => None,
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str()).chain([DEFAULT, JSON])
    }
}

/// SetEnv and UnsetEnv of a server.
type Environment = [(String, Option<String>)];

/// What they say of a variable; where they say nothing, the daemon's own environment.
fn variable(environment: &Environment, name: &str) -> Option<String> {
    let said = environment.iter().rev().find(|(known, _)| known == name);
    said.map_or_else(|| std::env::var(name).ok(), |(_, value)| value.clone())
}

/// The logs of one kind of session. One without its format is an error: ProFTPD would start and write nothing.
pub fn extended_logs(
    said: &NamedDraft,
    (formats, environment): (&Formats, &Environment),
    complaints: &mut Complaints,
) -> Vec<ExtendedLog> {
    let log = |draft: &ExtendedDraft| {
        let name = draft.format.as_ref().map_or(DEFAULT, |word| word.text.as_str());
        let Some(form) = formats.find(name, environment) else {
            tell_unknown(draft.format.as_ref(), formats, complaints);
            return None;
        };
        Some(ExtendedLog { target: draft.target.clone(), selection: draft.selection.clone(), form, place: 0 })
    };
    said.extended_logs.iter().filter_map(log).collect()
}

fn tell_unknown(word: Option<&Word>, formats: &Formats, complaints: &mut Complaints) {
    let name = word.map_or(DEFAULT, |word| word.text.as_str());
    let message = format!("ExtendedLog: no LogFormat is named '{name}'");
    let complaint = Complaint::error(word.map(|word| word.mark.place()), message);
    complaints.push_with_similar(complaint, || similar_names(name, formats.names()));
}
