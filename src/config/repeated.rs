//! A directive given more than once in one section: which one is in force, and what the operator is told of the other.

use std::collections::HashMap;

use super::complaint::Complaints;
use super::directives::{Repeats, Row};
use super::tree::Node;

/// What one section has said so far.
#[derive(Debug, Default)]
pub struct Said<'a>(HashMap<&'static str, &'a Node>);

impl<'a> Said<'a> {
    /// Whether a directive is in force, given what stands before it in its section.
    pub fn holds(&mut self, node: &'a Node, row: Row, complaints: &mut Complaints) -> bool {
        if row.repeats == Repeats::Add {
            return true;
        }
        let Some(before) = self.0.insert(row.name, node) else { return true };
        let (is_in_force, which) = match row.repeats {
            Repeats::First => (false, "first"),
            Repeats::Last | Repeats::Add => (true, "last"),
        };
        if !says_the_same(before, node) {
            let message = format!("{}: given before, at {}; the {which} holds", row.name, line_of(before));
            complaints.warning(&node.name.mark, message);
        }
        if !is_in_force {
            self.0.insert(row.name, before);
        }
        is_in_force
    }
}

fn line_of(node: &Node) -> String {
    let place = node.name.mark.place();
    format!("{}:{}", place.file.display(), place.line)
}

fn says_the_same(one: &Node, other: &Node) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().zip(&other.arguments).all(|(one, other)| one.text == other.text)
}
