//! Every line of a configuration, and what becomes of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::complaint::{Complaint, Place};
use super::directives::row;
use super::interpret::{Reception, is_off, reception};
use super::tree::Node;
use super::{LoadOptions, Loaded, read};

/// A configuration, line by line.
#[derive(Debug)]
pub struct Survey {
    /// What came of reading it.
    pub loaded: Loaded,
    /// File by file in the order of reading, each in the order of its lines.
    pub lines: Vec<SurveyedLine>,
}

/// One line that says something.
#[derive(Debug)]
pub struct SurveyedLine {
    /// Where it begins.
    pub place: Place,
    /// The directive, or the section with its brackets, as ProFTPD writes it; as it was written where nobody knows it.
    pub directive: String,
    /// What follows the name, variables replaced.
    pub arguments: Vec<String>,
    /// What becomes of it.
    pub standing: Standing,
    /// Why, and what else there is to say of it.
    pub remarks: Vec<String>,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It holds.
    Works,
    /// It is taken, and changes nothing.
    WithoutEffect,
    /// It keeps the configuration from being used.
    Refused,
}

/// Reads a configuration and all it includes, and says of every line what becomes of it.
pub fn survey(file: &Path, options: &LoadOptions) -> Survey {
    let (loaded, tree) = read(file, options);
    let mut lines = Vec::new();
    gather(&tree.nodes, &mut lines);
    gather(&tree.carried_out, &mut lines);
    lines.extend(tree.skipped.iter().map(skipped));
    order(&mut lines);
    remark(&mut lines, &loaded.complaints);
    Survey { loaded, lines }
}

fn gather(nodes: &[Node], lines: &mut Vec<SurveyedLine>) {
    for node in nodes {
        lines.push(line(node));
        gather(node.children.as_deref().unwrap_or_default(), lines);
    }
}

fn line(node: &Node) -> SurveyedLine {
    let written = node.written();
    let known = row(&written);
    let standing = match known.map(|row| reception(row, node)) {
        Some(Reception::Taken) => Standing::Works,
        Some(Reception::Idle) => Standing::WithoutEffect,
        Some(Reception::Refused) | None => Standing::Refused,
    };
    let remark = known.filter(|_| standing == Standing::WithoutEffect).map(|row| row.sentence.to_owned());
    SurveyedLine {
        place: node.name.mark.place(),
        directive: known.map_or_else(|| written.into_owned(), |row| row.name.to_owned()),
        arguments: node.arguments.iter().map(|word| word.text.clone()).collect(),
        standing,
        remarks: remark.into_iter().collect(),
    }
}

/// A line in `<IfModule>` of a module that ferryd lacks; `off` is what holds without the module.
fn skipped(node: &Node) -> SurveyedLine {
    let SurveyedLine { place, directive, arguments, .. } = line(node);
    let (standing, remarks) = match is_off(&node.arguments) {
        true => (Standing::Works, Vec::new()),
        false => (Standing::WithoutEffect, vec!["ferryd lacks the module that <IfModule> names".to_owned()]),
    };
    SurveyedLine { place, directive, arguments, standing, remarks }
}

/// Files as they came up, each with its lines in order.
fn order(lines: &mut [SurveyedLine]) {
    let mut files: HashMap<PathBuf, usize> = HashMap::new();
    // Thousands of lines stand in one file: it is asked for where it changes.
    for run in lines.chunk_by(|one, next| one.place.file == next.place.file) {
        let next = files.len();
        files.entry(run[0].place.file.clone()).or_insert(next);
    }
    let mut last = (PathBuf::new(), None);
    lines.sort_by_cached_key(|SurveyedLine { place, .. }| {
        if last.0 != place.file {
            last = (place.file.clone(), files.get(&place.file).copied());
        }
        (last.1, place.line)
    });
}

/// What was said against a line stands beside it.
fn remark(lines: &mut [SurveyedLine], complaints: &[Complaint]) {
    let mut by_place: HashMap<(&Path, u32), Vec<&Complaint>> = HashMap::new();
    for complaint in complaints {
        if let Some(place) = &complaint.place {
            by_place.entry((&place.file, place.line)).or_default().push(complaint);
        }
    }
    for line in lines {
        let Some(said) = by_place.remove(&(line.place.file.as_path(), line.place.line)) else { continue };
        if said.iter().any(|complaint| complaint.is_error()) {
            line.standing = Standing::Refused;
        }
        line.remarks = said.into_iter().map(Complaint::sentence).collect();
    }
}
