//! Where ferryd means to answer otherwise than ProFTPD: the whole list. A row that nothing needs any more fails the test.

mod connection;
mod directives;
mod files;
mod listings;

use std::collections::HashSet;

use regex::Regex;

use super::compare::Difference;

/// One wanted difference. The first four are expressions that must be found in what they speak of.
pub struct Wanted {
    /// Names of scripts.
    pub script: &'static str,
    /// Lines said.
    pub said: &'static str,
    pub ours: &'static str,
    pub theirs: &'static str,
    /// What is found by this may differ, and nothing else.
    pub apart: Option<&'static str>,
    /// Where the row was needed in a script, what is found by this may be left behind otherwise on the disk.
    pub left: Option<&'static str>,
    /// docs/differences.md has the reason, at the row that begins so.
    pub page: &'static str,
}

const fn wanted(said: &'static str, ours: &'static str, theirs: &'static str, page: &'static str) -> Wanted {
    Wanted { script: "", said, ours, theirs, apart: None, left: None, page }
}

impl Wanted {
    /// In scripts of such a name alone.
    const fn in_scripts(mut self, script: &'static str) -> Wanted {
        self.script = script;
        self
    }

    /// Where the two are the same but for this, and for what other such rows let differ.
    const fn but_for(mut self, apart: &'static str) -> Wanted {
        self.apart = Some(apart);
        self
    }

    /// What comes of it: whole lines about files.
    const fn leaving(mut self, left: &'static str) -> Wanted {
        self.left = Some(left);
        self
    }
}

/// The list.
pub fn rows() -> impl Iterator<Item = &'static Wanted> {
    connection::ROWS.iter().chain(files::ROWS).chain(listings::ROWS).chain(directives::ROWS)
}

/// For rows of answers whose lines stand in another order.
const ORDER: &str = r"^\(order\)";

/// The rows, ready to be asked.
pub struct List {
    rows: Vec<Row>,
}

struct Row {
    /// Of the script, what was said, what ferryd and what ProFTPD answered.
    parts: [Regex; 4],
    apart: Option<Regex>,
    left: Option<Regex>,
    uses: usize,
    /// Scripts in which it was needed.
    scripts: HashSet<String>,
}

impl Row {
    fn new(row: &Wanted) -> Row {
        let expression = |text: &str| Regex::new(&format!("(?s){text}")).expect("an expression");
        let parts = [row.script, row.said, row.ours, row.theirs].map(expression);
        let (apart, left) = (row.apart.map(expression), row.left.map(expression));
        Row { parts, apart, left, uses: 0, scripts: HashSet::new() }
    }

    fn speaks_of(&self, Difference { script, said, ours, theirs }: &Difference) -> bool {
        self.parts.iter().zip([script, said, ours, theirs]).all(|(part, text)| part.is_match(text))
    }

    fn is_of_order(&self) -> bool {
        self.apart.as_ref().is_some_and(|apart| apart.as_str().ends_with(ORDER))
    }

    /// A text without what may differ in it.
    fn without(&self, text: &str) -> String {
        self.apart.as_ref().map_or_else(|| text.to_owned(), |apart| apart.replace_all(text, "").into_owned())
    }

    /// Whether this difference came of it, earlier in the script.
    fn has_left(&self, script: &str, line: &str) -> bool {
        self.scripts.contains(script) && self.left.as_ref().is_some_and(|left| left.is_match(line))
    }
}

impl List {
    #[track_caller]
    pub fn new() -> List {
        List { rows: rows().map(Row::new).collect() }
    }

    /// Whether a row wants it, or all that differs is what rows let differ; they are then known to be needed.
    pub fn wants(&mut self, difference: &Difference) -> bool {
        let needed = self.needed(difference);
        for row in &needed {
            self.rows[*row].uses += 1;
            self.rows[*row].scripts.insert(difference.script.clone());
        }
        !needed.is_empty() || self.has_left(difference)
    }

    /// A row that wants all of it, or those without whose parts nothing differs.
    fn needed(&self, difference: &Difference) -> Vec<usize> {
        let spoken: Vec<usize> =
            (0..self.rows.len()).filter(|row| self.rows[*row].speaks_of(difference)).collect();
        let (partial, whole): (Vec<usize>, Vec<usize>) =
            spoken.into_iter().partition(|row| self.rows[*row].apart.is_some());
        let rest = |text: &str| {
            let text = partial.iter().fold(text.to_owned(), |text, row| self.rows[*row].without(&text));
            let mut lines: Vec<String> =
                text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
            if partial.iter().any(|row| self.rows[*row].is_of_order()) {
                lines.sort();
            }
            lines
        };
        let Difference { ours, theirs, .. } = difference;
        if !partial.is_empty() && rest(ours) == rest(theirs) {
            partial
        } else {
            whole.into_iter().take(1).collect()
        }
    }

    /// Whether each line of what is left on the disk came of what a row wanted before.
    fn has_left(&self, Difference { script, said, ours, theirs }: &Difference) -> bool {
        let came_of_a_row = |line: &str| self.rows.iter().any(|row| row.has_left(script, line));
        said.starts_with("(disk) ") && ours.lines().chain(theirs.lines()).all(came_of_a_row)
    }

    /// Each row, and how often it was needed.
    pub fn uses(&self) -> impl Iterator<Item = (&'static Wanted, usize)> {
        rows().zip(self.rows.iter().map(|row| row.uses))
    }
}
