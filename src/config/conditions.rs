//! `<IfUser>`, `<IfGroup>`, `<IfClass>` and `<IfAuthenticated>`: rules of a server that hold for some of its sessions.

use super::access::Term;
use super::complaint::Complaints;
use super::draft::{DirectoryDraft, NamedDraft, Scope, SessionDraft};
use super::lines::Mark;
use super::servers::Surroundings;
use super::sessions::Words;
use super::settings::{Exception, ScopeRules, Subject};

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
    /// Where it stands.
    pub mark: Mark,
    /// For whom it holds.
    pub condition: Condition,
    /// What it says of the sessions, if anything,
    pub session: Option<Box<(SessionDraft, NamedDraft)>>,
    /// what of files outside `<Directory>`,
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

    /// Of two that speak of one session the later kind weighs more, wherever they stand, as in ProFTPD.
    fn rank(&self) -> u8 {
        match self {
            Condition::Among(Term::Group(_)) => 1,
            Condition::Authenticated => 2,
            Condition::Among(Term::Class(_)) => 3,
            Condition::Among(_) => 0,
        }
    }
}

/// What a server's sections say of some of its sessions, in the order in which it is applied: by kind, in each those of `<Global>` first,
/// then as they are written.
pub fn exceptions(server: &Scope, around: &Surroundings<'_>, complaints: &mut Complaints) -> Vec<Exception> {
    let names = (&around.formats, server.server.environment.as_slice());
    let own = server.conditions.len().saturating_sub(around.global.conditions.len());
    let (own, global) = server.conditions.split_at(own);
    let mut drafts: Vec<&ConditionDraft> = global.iter().chain(own).collect();
    drafts.sort_by_key(|draft| draft.condition.rank());
    let exception = |draft: &ConditionDraft| {
        let (said, named) = draft.session.as_deref()?;
        if said.max_connections_per_host.is_some() && around.classes.need_names() {
            let message = "MaxConnectionsPerHost cannot be kept in <IfClass> where a <Class> goes by names: connections are counted before a client's name is known";
            complaints.error(&draft.mark, message);
        }
        let words = Words::of(said.clone(), named, names, complaints);
        Some(Exception { condition: draft.condition.clone(), words })
    };
    drafts.into_iter().filter_map(exception).collect()
}
