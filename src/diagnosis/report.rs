//! `--report`: every line of a configuration and what becomes of it.

use std::path::Path;

use serde_json::{Value, json};

use super::{Form, document};
use crate::config::{self, Complaint, Standing, Survey, SurveyedLine};
use crate::master::Options;
use crate::sys::identity;

/// Most characters of a line that the table shows.
const SHOWN_MOST: usize = 60;

/// How many lines stand how.
struct Counts {
    works: usize,
    without_effect: usize,
    refused: usize,
}

/// The report and the exit status: 0 if every line works, 2 if some have no effect, 1 if the configuration cannot be used.
pub fn report(options: &Options, form: Form) -> (String, u8) {
    let survey = config::survey(&options.config, &options.load_options(!identity::is_root()));
    let counts = Counts::of(&survey.lines);
    let status = match &survey.loaded.settings {
        None => 1,
        Some(_) if counts.without_effect > 0 => 2,
        Some(_) => 0,
    };
    let text = match form {
        Form::Text => table(&survey, &counts),
        Form::Json => document::printed(&whole(options, &survey, &counts)),
    };
    // The program ends with this: to take thousands of sections apart first would be a tenth of its work.
    std::mem::forget(survey);
    (text, status)
}

impl Counts {
    fn of(lines: &[SurveyedLine]) -> Counts {
        let count = |standing| lines.iter().filter(|line| line.standing == standing).count();
        Counts {
            works: count(Standing::Works),
            without_effect: count(Standing::WithoutEffect),
            refused: count(Standing::Refused),
        }
    }
}

/// What no line is to blame for.
fn placeless(survey: &Survey) -> impl Iterator<Item = &Complaint> {
    survey.loaded.complaints.iter().filter(|complaint| complaint.place.is_none())
}

fn table(survey: &Survey, counts: &Counts) -> String {
    let mut text = String::new();
    let mut file: Option<&Path> = None;
    for line in &survey.lines {
        if file != Some(&line.place.file) {
            text += &format!("{}\n", line.place.file.display());
            file = Some(&line.place.file);
        }
        text += &row(line);
    }
    placeless(survey).for_each(|complaint| text += &format!("{}\n", complaint.one_line()));
    let Counts { works, without_effect, refused } = counts;
    text += &format!(
        "{} lines: {works} supported, {without_effect} accepted without effect, {refused} not supported\n",
        survey.lines.len()
    );
    text += match survey.loaded.settings {
        Some(_) => "The daemon would start with this configuration.\n",
        None => "The daemon would not start with this configuration, and a HUP would keep the running one.\n",
    };
    text
}

fn row(line: &SurveyedLine) -> String {
    let mut text =
        format!("{:>6}  {:<14}  {}\n", line.place.line, word(line.standing), cut(&as_written(line)));
    for remark in &line.remarks {
        text += &format!("{:24}{}\n", "", remark);
    }
    text
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Works => "supported",
        Standing::WithoutEffect => "without effect",
        Standing::Refused => "not supported",
    }
}

/// The name as it is known, and what follows it.
fn as_written(line: &SurveyedLine) -> String {
    let arguments = line.arguments.join(" ");
    match line.directive.strip_suffix('>') {
        Some(open) => format!("{} {arguments}", open).trim_end().to_owned() + ">",
        None => format!("{} {arguments}", line.directive).trim_end().to_owned(),
    }
}

fn cut(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    if text.chars().count() <= SHOWN_MOST {
        return text.chars().map(printable).collect();
    }
    text.chars().map(printable).take(SHOWN_MOST - 1).chain(['…']).collect()
}

fn whole(options: &Options, survey: &Survey, counts: &Counts) -> Value {
    let line = |line: &SurveyedLine| {
        json!({
            "file": line.place.file.to_string_lossy(),
            "line": line.place.line,
            "directive": line.directive,
            "arguments": line.arguments,
            "standing": match line.standing {
                Standing::Works => "supported",
                Standing::WithoutEffect => "without-effect",
                Standing::Refused => "not-supported",
            },
            "remarks": line.remarks,
        })
    };
    json!({
        "file": options.config.to_string_lossy(),
        "would_start": survey.loaded.settings.is_some(),
        "supported": counts.works,
        "without_effect": counts.without_effect,
        "not_supported": counts.refused,
        "lines": survey.lines.iter().map(line).collect::<Vec<Value>>(),
        "complaints": placeless(survey).map(document::complaint).collect::<Vec<Value>>(),
    })
}
