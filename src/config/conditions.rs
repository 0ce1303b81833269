//! `<IfUser>`, `<IfGroup>`, `<IfClass>` and `<IfAuthenticated>`: rules of a server that hold for some of its sessions.

use super::access::Term;
use super::draft::DirectoryDraft;
use super::settings::{ScopeRules, Subject};

/// For whom.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Who is among them.
    Among(Term),
    /// Whoever has logged in.
    Authenticated,
}

/// One such section.
#[derive(Clone, Debug)]
pub struct ConditionDraft {
    /// For whom it holds.
    pub condition: Condition,
    /// What it says outside `<Directory>`,
    pub files: ScopeRules,
    /// and within.
    pub directories: Vec<DirectoryDraft>,
}

impl Condition {
    /// Whether it holds. What is not known yet holds for nobody: users and groups from the login on, classes once the client's
    /// name is known.
    pub fn holds(&self, subject: &Subject) -> bool {
        match self {
            Condition::Among(term) => term.has(subject) == Some(true),
            Condition::Authenticated => subject.who.is_some(),
        }
    }
}
