//! `--list-directives`: every directive that is known, from the rows that the parser reads.

use serde_json::{Value, json};

use super::{Form, document};
use crate::config::{DirectiveSummary, directive_summaries};

/// The list, sorted by name.
pub fn list(form: Form) -> String {
    let all = directive_summaries();
    match form {
        Form::Text => all.iter().map(line).collect(),
        Form::Json => document::printed(&all.iter().map(object).collect::<Value>()),
    }
}

fn line(directive: &DirectiveSummary) -> String {
    format!("{:<28} {:<16} {}\n", directive.name, directive.stands, directive.module)
}

fn object(directive: &DirectiveSummary) -> Value {
    json!({
        "name": directive.name,
        "module": directive.module,
        "stands": directive.stands,
        "syntax": directive.syntax,
        "default": directive.default,
        "contexts": directive.contexts,
        "meaning": directive.sentence,
    })
}
