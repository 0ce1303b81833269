//! Where ferryd means to answer otherwise than ProFTPD: the whole list. A row that nothing needs any more fails the test.

mod connection;
mod files;

use regex::Regex;

use super::compare::Difference;

/// One wanted difference. All four are expressions that must be found in what they speak of.
pub struct Wanted {
    /// Names of scripts.
    pub script: &'static str,
    /// Lines said.
    pub said: &'static str,
    pub ours: &'static str,
    pub theirs: &'static str,
    /// docs/differences.md has the reason, at the row that begins so.
    pub page: &'static str,
}

const fn wanted(said: &'static str, ours: &'static str, theirs: &'static str, page: &'static str) -> Wanted {
    Wanted { script: "", said, ours, theirs, page }
}

impl Wanted {
    /// In scripts of such a name alone.
    const fn in_scripts(mut self, script: &'static str) -> Wanted {
        self.script = script;
        self
    }
}

/// The list.
pub fn rows() -> impl Iterator<Item = &'static Wanted> {
    connection::ROWS.iter().chain(files::ROWS)
}

/// Verbs whose differences have not all been mended or explained yet.
pub fn unsettled_verbs() -> impl Iterator<Item = &'static str> {
    connection::UNSETTLED.iter().chain(files::UNSETTLED).copied()
}

/// The verb of a line that was said, in capitals; what is left on the disk is `(DISK)`.
pub fn verb(said: &str) -> String {
    let line = said.strip_prefix("(data) ").unwrap_or(said);
    line.split([' ', '\\']).next().unwrap_or_default().to_uppercase()
}

/// The rows, ready to be asked.
pub struct List {
    rows: Vec<([Regex; 4], usize)>,
}

impl List {
    #[track_caller]
    pub fn new() -> List {
        let expression = |text: &str| Regex::new(&format!("(?s){text}")).expect("an expression");
        let rows = rows().map(|row| ([row.script, row.said, row.ours, row.theirs].map(expression), 0));
        List { rows: rows.collect() }
    }

    /// Whether a row wants it; the row is then known to be needed.
    pub fn wants(&mut self, difference: &Difference) -> bool {
        let Difference { script, said, ours, theirs } = difference;
        let texts = [script, said, ours, theirs];
        let fits = |row: &&mut ([Regex; 4], usize)| {
            row.0.iter().zip(texts).all(|(regex, text)| regex.is_match(text))
        };
        let Some(row) = self.rows.iter_mut().find(fits) else { return false };
        row.1 += 1;
        true
    }

    /// Each row, and how often it was needed.
    pub fn uses(&self) -> impl Iterator<Item = (&'static Wanted, usize)> {
        rows().zip(self.rows.iter().map(|(_, uses)| *uses))
    }
}
