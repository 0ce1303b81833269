//! A configuration of which lines can be left out, to see which of them matter.

use std::path::{Path, PathBuf};

use super::complaint::{Complaint, Complaints};
use super::outline::{Statement, statement_lines};
use super::tree::Node;
use super::{LoadOptions, Settings, absolute_file, assemble, interpret};

/// A sound configuration, as written. Its lines are numbered in the order of reading, a section before what it holds.
#[derive(Debug)]
pub struct Sketch {
    file: PathBuf,
    options: LoadOptions,
    nodes: Vec<Node>,
    length: usize,
}

impl Sketch {
    /// Reads a configuration; the error is all that is wrong with it.
    pub fn read(file: &Path, options: &LoadOptions) -> Result<Sketch, Vec<Complaint>> {
        let (loaded, tree) = super::read(file, options);
        if loaded.settings.is_none() {
            return Err(loaded.complaints.into_iter().filter(Complaint::is_error).collect());
        }
        let length = count(&tree.nodes);
        Ok(Sketch { file: absolute_file(file), options: options.clone(), nodes: tree.nodes, length })
    }

    /// How many lines there are.
    pub fn length(&self) -> usize {
        self.length
    }

    /// What the lines that are kept mean by themselves; None where they are no configuration. What is left out takes what it holds along.
    pub fn settings(&self, kept: &[bool]) -> Option<Settings> {
        let mut complaints = Complaints::default();
        let draft = interpret::interpret(&self.left(kept), &mut complaints);
        let settings = assemble::assemble(&self.file, draft, &self.options, &mut complaints);
        (!complaints.finish().iter().any(Complaint::is_error)).then_some(settings)
    }

    /// The lines that are kept, but for sections that only hold others.
    pub fn statements(&self, kept: &[bool]) -> Vec<Statement> {
        statement_lines(&self.left(kept))
    }

    fn left(&self, kept: &[bool]) -> Vec<Node> {
        left(&self.nodes, kept, &mut 0)
    }
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + count(node.children.as_deref().unwrap_or_default())).sum()
}

fn left(nodes: &[Node], kept: &[bool], next: &mut usize) -> Vec<Node> {
    let mut found = Vec::new();
    for node in nodes {
        let is_kept = kept.get(*next).copied().unwrap_or(false);
        *next += 1;
        if !is_kept {
            *next += count(node.children.as_deref().unwrap_or_default());
            continue;
        }
        let children = node.children.as_deref().map(|children| left(children, kept, next));
        found.push(Node { name: node.name.clone(), arguments: node.arguments.clone(), children });
    }
    found
}
