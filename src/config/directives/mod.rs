//! Every directive: one row says its name, the ProFTPD module it belongs to, where it may stand, how it is written, its default,
//! what it means in one sentence, and what it sets. Checks, "did you mean", `-vvv` and docs/directives.md are read from the rows.

use super::arguments::{Arguments, Fault};
use super::contexts::{ANYWHERE, Contexts};
use super::draft::Scope;

mod access;
mod account_files;
mod accounts;
mod aliases;
mod anonymous;
mod classes;
mod control;
mod delays;
mod digests;
mod encodings;
mod facts;
mod families;
mod files;
mod hiding;
mod homes;
mod listings;
mod logs;
mod messages;
mod network;
mod offers;
mod pool;
mod process;
mod proxies;
mod resources;
mod sections;
mod sessions;
mod sockets;
mod traces;
mod transfers;
mod uploads;

/// One directive.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As ProFTPD writes it; a section with its brackets.
    pub name: &'static str,
    /// `mod_core`; `ferryd` for our own.
    pub module: &'static str,
    /// Where it may stand.
    pub contexts: Contexts,
    /// What follows the name.
    pub syntax: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it means, or why it is not taken.
    pub sentence: &'static str,
    /// What reading it does.
    pub effect: Effect,
    /// Which holds where it is given more than once in a section.
    pub repeats: Repeats,
    /// What of a change a HUP cannot bring about, and a restart can.
    pub restart: Option<Restart>,
}

/// What a HUP makes of a change that only a restart brings about, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// It brings about all others.
    LeavesOut(&'static str),
    /// It is refused.
    IsRefused(&'static str),
}

impl Restart {
    /// What cannot be changed.
    pub fn words(self) -> &'static str {
        match self {
            Restart::LeavesOut(words) | Restart::IsRefused(words) => words,
        }
    }
}

/// What becomes of a directive that is given more than once in one section; as ProFTPD 1.3.8 does, run beside ferryd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// The first holds: ProFTPD finds it before the others.
    First,
    /// The last holds: ProFTPD keeps one value and overwrites it.
    Last,
    /// Each adds to what was said.
    Add,
}

impl Row {
    /// The same, of which the last holds.
    const fn last(self) -> Row {
        Row { repeats: Repeats::Last, ..self }
    }

    /// The same, each of which adds.
    const fn adds(self) -> Row {
        Row { repeats: Repeats::Add, ..self }
    }

    /// The same, of which a HUP cannot change this.
    const fn restart(self, what: &'static str) -> Row {
        Row { restart: Some(Restart::LeavesOut(what)), ..self }
    }

    /// The same, with another of which a HUP is refused.
    const fn refused_at_reload(self, what: &'static str) -> Row {
        Row { restart: Some(Restart::IsRefused(what)), ..self }
    }
}

/// What reading a directive does.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Sets a value.
    Sets(fn(&mut Scope, &mut Arguments<'_>) -> Result<(), Fault>),
    /// Is part of the language: a section, or carried out while the file is read.
    Language,
    /// Is taken without a word: ferryd always does so, or it means nothing here.
    Accepted,
    /// Is taken with a warning: it is not done, and nobody gets more access by that. `off` needs no warning.
    Ignored,
    /// Restricts access or protects data and is not done yet: an error, but for `off`.
    Guards,
}

/// What directives are about: a chapter of the reference.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The chapter's.
    pub heading: &'static str,
    /// Its directives.
    pub rows: &'static [Row],
}

/// Every subject, in the order of the reference.
pub const SUBJECTS: &[Subject] = &[
    Subject { heading: "The daemon", rows: process::ROWS },
    Subject { heading: "The pool of workers", rows: pool::ROWS },
    Subject { heading: "Sections and the language", rows: sections::ROWS },
    Subject { heading: "Files of accounts", rows: account_files::ROWS },
    Subject { heading: "Accounts", rows: accounts::ROWS },
    Subject { heading: "Access", rows: access::ROWS },
    Subject { heading: "Classes of clients", rows: classes::ROWS },
    Subject { heading: "Anonymous sessions", rows: anonymous::ROWS },
    Subject { heading: "Roots and homes", rows: homes::ROWS },
    Subject { heading: "Folders from outside in a root", rows: aliases::ROWS },
    Subject { heading: "Sessions", rows: sessions::ROWS },
    Subject { heading: "Answers that come later", rows: delays::ROWS },
    Subject { heading: "Files", rows: files::ROWS },
    Subject { heading: "Transfers", rows: transfers::ROWS },
    Subject { heading: "Resources", rows: resources::ROWS },
    Subject { heading: "Uploads", rows: uploads::ROWS },
    Subject { heading: "Hidden files", rows: hiding::ROWS },
    Subject { heading: "Sums of files", rows: digests::ROWS },
    Subject { heading: "Listings", rows: listings::ROWS },
    Subject { heading: "Facts of files", rows: facts::ROWS },
    Subject { heading: "Commands that may be withheld", rows: offers::ROWS },
    Subject { heading: "Characters", rows: encodings::ROWS },
    Subject { heading: "Messages", rows: messages::ROWS },
    Subject { heading: "Network", rows: network::ROWS },
    Subject { heading: "Sockets", rows: sockets::ROWS },
    Subject { heading: "Proxies before the server", rows: proxies::ROWS },
    Subject { heading: "The control socket", rows: control::ROWS },
    Subject { heading: "Logs", rows: logs::ROWS },
    Subject { heading: "The trace", rows: traces::ROWS },
];

/// The row of a name, whatever its case.
pub fn row(name: &str) -> Option<Row> {
    let found = subject_rows().find(|row| row.name.eq_ignore_ascii_case(name)).copied();
    found.or_else(|| families::row(name))
}

/// The rows of all subjects.
fn subject_rows() -> impl Iterator<Item = &'static Row> {
    SUBJECTS.iter().flat_map(|subject| subject.rows)
}

/// The rows of directives known by name alone.
pub fn known_by_name() -> impl Iterator<Item = Row> {
    families::rows()
}

/// Every row.
pub fn rows() -> impl Iterator<Item = Row> {
    subject_rows().copied().chain(families::rows())
}

/// Every name, for "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    rows().map(|row| row.name)
}

/// Every directive's name and module, sorted by name, for `-vvv`. A section has two lines, as in ProFTPD.
pub fn directive_names() -> Vec<(String, &'static str)> {
    let mut names: Vec<(String, &str)> = Vec::new();
    for row in rows() {
        if let Some(section) = row.name.strip_prefix('<') {
            names.push((format!("</{section}"), row.module));
        }
        names.push((row.name.to_owned(), row.module));
    }
    names.sort();
    names
}

/// A row that sets a value.
const fn sets(
    name: &'static str,
    module: &'static str,
    contexts: Contexts,
    syntax: &'static str,
    default: &'static str,
    sentence: &'static str,
    setter: fn(&mut Scope, &mut Arguments<'_>) -> Result<(), Fault>,
) -> Row {
    Row {
        name,
        module,
        contexts,
        syntax,
        default,
        sentence,
        effect: Effect::Sets(setter),
        repeats: Repeats::First,
        restart: None,
    }
}

/// A row that sets nothing.
const fn other(name: &'static str, module: &'static str, effect: Effect, sentence: &'static str) -> Row {
    Row {
        name,
        module,
        contexts: ANYWHERE,
        syntax: "…",
        default: "",
        sentence,
        effect,
        repeats: Repeats::Add,
        restart: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::modules::{self, Standing};
    use super::*;

    #[test]
    fn no_name_stands_twice() {
        let mut seen = HashSet::new();
        for name in names() {
            assert!(seen.insert(name.to_ascii_lowercase()), "{name} stands twice");
        }
        assert!(seen.len() > 450, "{} names", seen.len());
    }

    #[test]
    fn what_ferryd_does_belongs_to_modules_that_it_has() {
        let is_done = |row: &Row| matches!(row.effect, Effect::Sets(_) | Effect::Language);
        for row in rows().filter(|row| is_done(row) && row.module != "ferryd") {
            let standing = modules::standing(row.module);
            assert_eq!(standing, Standing::Provided, "<IfModule {}> would skip {}", row.module, row.name);
        }
    }

    #[test]
    fn every_row_of_a_subject_has_a_sentence() {
        for row in subject_rows() {
            assert!(row.sentence.ends_with('.'), "{}: {}", row.name, row.sentence);
        }
    }
}
