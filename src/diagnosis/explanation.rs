//! `--explain`: what a request would come to, and the lines that decide it: the fewest by which it comes to the same.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Value, json};

use super::{Form, document};
use crate::config::{Complaint, Sketch, Statement, ftpaccess};
use crate::master::Options;
use crate::sys::identity;
use crate::worker::rehearsal::{self, Keeps, Outcome, Request};

/// The explanation, and the exit status: 0 if the request is allowed, 2 if it is not. The error says why nothing can be told.
pub fn explanation(options: &Options, request: &Request, form: Form) -> Result<(String, u8), String> {
    let rootless = !identity::is_root();
    let sketch =
        Sketch::read(&options.config, &options.load_options(rootless)).map_err(|wrong| in_lines(&wrong))?;
    let outcome = |kept: &[bool], keeps: Keeps| {
        let settings = Box::leak(Box::new(sketch.settings(kept)?));
        Some(rehearsal::rehearse(settings, request, rootless, keeps))
    };
    let whole = outcome(&vec![true; sketch.length()], Rc::new(|_: &Path, _| true))
        .ok_or("the configuration cannot be used")?;
    let own = lines_of(&whole);
    let is_same = |kept: &[bool]| {
        let (of_sketch, of_files) = kept.split_at(sketch.length());
        outcome(of_sketch, keeping(&own, of_files))
            .is_some_and(|other| (other.is_allowed, &other.steps) == (whole.is_allowed, &whole.steps))
    };
    let kept = fewest(sketch.length() + own.len(), is_same);
    let (of_sketch, of_files) = kept.split_at(sketch.length());
    let mut decisive = sketch.statements(of_sketch);
    decisive.extend(own.into_iter().zip(of_files).filter(|(_, kept)| **kept).map(|(line, _)| line));
    let text = match form {
        Form::Text => told(&whole, &decisive),
        Form::Json => document::printed(&object(&whole, &decisive)),
    };
    Ok((text, if whole.is_allowed { 0 } else { 2 }))
}

/// What the folders' own files say that were read.
fn lines_of(outcome: &Outcome) -> Vec<Statement> {
    outcome.files.iter().flat_map(|(path, bytes)| ftpaccess::statements(path, bytes)).collect()
}

/// Whether a line of them counts: those that are kept do, and the sections around them.
fn keeping(lines: &[Statement], kept: &[bool]) -> Keeps {
    let numbered = |line: &Statement| (PathBuf::from(&line.file), u32::try_from(line.line).unwrap_or(0));
    let left_out: Vec<(PathBuf, u32)> =
        lines.iter().zip(kept).filter(|(_, kept)| !**kept).map(|(line, _)| numbered(line)).collect();
    Rc::new(move |path: &Path, number| !left_out.iter().any(|(file, line)| file == path && *line == number))
}

fn in_lines(wrong: &[Complaint]) -> String {
    wrong.iter().map(Complaint::to_string).collect::<Vec<_>>().join("\nfatal: ")
}

/// Leaves lines out as long as nothing changes: first many at once, then one by one.
fn fewest(length: usize, is_same: impl Fn(&[bool]) -> bool) -> Vec<bool> {
    let mut kept = vec![true; length];
    let mut many = length.next_power_of_two();
    while many > 0 {
        for start in (0..length).step_by(many) {
            let part = start..length.min(start + many);
            if !kept[part.clone()].contains(&true) {
                continue;
            }
            let before = kept.clone();
            kept[part].fill(false);
            if !is_same(&kept) {
                kept = before;
            }
        }
        many /= 2;
    }
    kept
}

fn told(outcome: &Outcome, decisive: &[Statement]) -> String {
    let mut text = format!(
        "{}, by the server '{}':\n",
        if outcome.is_allowed { "Allowed" } else { "Refused" },
        outcome.server
    );
    for (number, step) in (1..).zip(&outcome.steps) {
        text += &format!("{number:>3}. {step}\n");
    }
    for remark in &outcome.remarks {
        text += &format!("     {remark}\n");
    }
    match decisive {
        [] => text += "No line of the configuration decides it.\n",
        _ => text += "These lines alone come to the same:\n",
    }
    for Statement { file, line, within, text: said, .. } in decisive {
        let around = within.iter().fold(String::new(), |text, section| text + section + " ");
        text += &format!("     {around}{said}    ({file}:{line})\n");
    }
    text
}

fn object(outcome: &Outcome, decisive: &[Statement]) -> Value {
    let line = |one: &Statement| json!({ "file": one.file, "line": one.line, "within": one.within, "text": one.text });
    json!({
        "allowed": outcome.is_allowed,
        "server": outcome.server,
        "steps": outcome.steps,
        "remarks": outcome.remarks,
        "lines": decisive.iter().map(line).collect::<Vec<Value>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_lines_are_found() {
        for wanted in [vec![], vec![0], vec![3, 4], vec![0, 7, 10]] {
            let has_all = |kept: &[bool]| wanted.iter().all(|at: &usize| kept[*at]);
            let found = fewest(11, has_all);
            let kept: Vec<usize> = (0..11).filter(|at| found[*at]).collect();
            assert_eq!(kept, wanted);
        }
        assert!(fewest(0, |_| true).is_empty());
    }
}
