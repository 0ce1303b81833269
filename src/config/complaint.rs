//! What is wrong with a configuration: where, in which words, and what may have been meant. A complaint carries the line it points
//! at, so that it can be shown long after the file is gone.

use std::fmt;
use std::path::{Path, PathBuf};

use super::lines::Mark;

/// Whether a configuration with this complaint may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration may be used; the operator should know.
    Warning,
    /// The configuration may not be used.
    Error,
}

/// A point in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: PathBuf,
    /// From 1.
    pub line: u32,
    /// From 1, in bytes.
    pub column: u32,
    /// The line itself, cut to [`SHOWN_MOST`].
    pub text: String,
}

/// Most bytes of a line that a complaint keeps.
pub const SHOWN_MOST: usize = 240;

/// Most names offered after "did you mean".
pub const SIMILAR_MOST: usize = 4;

/// Most complaints of one run; what follows is counted only.
pub const COMPLAINTS_MOST: usize = 200;

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Error or warning.
    pub severity: Severity,
    /// None where no line is to blame (a file that cannot be read).
    pub place: Option<Place>,
    /// One sentence: what, and the next step if there is one.
    pub message: String,
    /// Names that may have been meant.
    pub similar: Vec<String>,
}

impl Complaint {
    /// An error at a place.
    pub fn error(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, message: message.into(), similar: Vec::new() }
    }

    /// A warning at a place.
    pub fn warning(place: Option<Place>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    /// The same, with names that may have been meant.
    pub fn with_similar(mut self, similar: Vec<String>) -> Self {
        self.similar = similar;
        self
    }

    /// Whether it forbids the configuration.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Without the line and the caret, for logs.
    pub fn one_line(&self) -> String {
        let mut words = String::new();
        if let Some(place) = &self.place {
            words = format!("{}:{}:{}: ", place.file.display(), place.line, place.column);
        }
        if self.severity == Severity::Warning {
            words.push_str("warning: ");
        }
        words + &self.sentence()
    }

    /// What is wrong and what may have been meant, without saying where.
    pub fn sentence(&self) -> String {
        match self.similar.is_empty() {
            true => self.message.clone(),
            false => format!("{}; did you mean {}?", self.message, alternatives(&self.similar)),
        }
    }
}

impl fmt::Display for Complaint {
    /// `file:line:column: message`, then the line and a caret below it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.one_line())?;
        if let Some(place) = &self.place {
            let (shown, blanks) = shown_line(place);
            write!(out, "\n    {shown}\n    {}^", " ".repeat(blanks))?;
        }
        Ok(())
    }
}

/// The line fit for a terminal (tabs and control characters are blanks), and how far in the caret stands.
fn shown_line(place: &Place) -> (String, usize) {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = place.text.chars().map(printable).collect();
    let column = (place.column as usize).saturating_sub(1);
    let before = place.text.char_indices().take_while(|(at, _)| *at < column).count();
    (shown, before)
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Complaints, bounded.
#[derive(Debug, Default)]
pub struct Complaints {
    list: Vec<Complaint>,
    /// How many of them are warnings.
    warnings: usize,
    more: usize,
    more_errors: bool,
}

impl Complaints {
    /// Keeps one, or counts it. An error takes the place of the last warning: it must not be hidden behind hundreds of those.
    pub fn push(&mut self, complaint: Complaint) {
        if self.list.len() == COMPLAINTS_MOST {
            self.more += 1;
            if !complaint.is_error() {
                return;
            }
            if self.warnings == 0 {
                self.more_errors = true;
                return;
            }
            self.drop_last_warning();
        }
        self.warnings += usize::from(!complaint.is_error());
        self.list.push(complaint);
    }

    fn drop_last_warning(&mut self) {
        if let Some(at) = self.list.iter().rposition(|kept| !kept.is_error()) {
            self.list.remove(at);
            self.warnings -= 1;
        }
    }

    /// As [`Complaints::push`], with names that may have been meant: for what is only counted nobody looks for them.
    pub fn push_with_similar(&mut self, complaint: Complaint, similar: impl FnOnce() -> Vec<String>) {
        let is_shown = self.list.len() < COMPLAINTS_MOST || (complaint.is_error() && self.warnings > 0);
        self.push(if is_shown { complaint.with_similar(similar()) } else { complaint });
    }

    /// An error at a word.
    pub fn error(&mut self, mark: &Mark, message: impl Into<String>) {
        self.push(Complaint::error(Some(mark.place()), message));
    }

    /// A warning at a word.
    pub fn warning(&mut self, mark: &Mark, message: impl Into<String>) {
        self.push(Complaint::warning(Some(mark.place()), message));
    }

    /// All of them, in the order of the lines; what was counted only becomes a last one, an error if there was an error among it.
    pub fn finish(mut self) -> Vec<Complaint> {
        let mut files: Vec<PathBuf> = Vec::new();
        self.list.sort_by_cached_key(|complaint| match &complaint.place {
            None => (usize::MAX, 0, 0),
            Some(place) => (number_of(&place.file, &mut files), place.line, place.column),
        });
        if self.more > 0 {
            let severity = if self.more_errors { Severity::Error } else { Severity::Warning };
            let message = format!("and {} more complaints", self.more);
            self.list.push(Complaint { severity, ..Complaint::error(None, message) });
        }
        self.list
    }
}

/// Files are numbered as they come up.
fn number_of(file: &Path, files: &mut Vec<PathBuf>) -> usize {
    files.iter().position(|known| known == file).unwrap_or_else(|| {
        files.push(file.to_owned());
        files.len() - 1
    })
}

/// The names most like a mistyped one, at most [`SIMILAR_MOST`], best first.
pub fn similar_names<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let typed = typed.to_ascii_lowercase();
    if typed.len() > 64 {
        return Vec::new();
    }
    let most = (typed.len().div_ceil(3)).saturating_sub(1).max(1);
    let mut near: Vec<(usize, &str)> = known
        .filter(|name| name.len().abs_diff(typed.len()) <= most)
        .map(|name| (distance(typed.as_bytes(), name.to_ascii_lowercase().as_bytes()), name))
        .filter(|(far, _)| *far <= most)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(SIMILAR_MOST).map(|(_, name)| name.to_owned()).collect()
}

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let mut least =
                (above[column] + usize::from(a != b)).min(above[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *a == to[column - 1] && from[row - 1] == *b {
                least = least.min(before[column - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(column: u32, text: &str) -> Option<Place> {
        Some(Place { file: "/etc/f.conf".into(), line: 7, column, text: text.into() })
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        let complaint = Complaint::error(place(6, "Port\tmany"), "Port takes a number, not 'many'");
        let shown = "/etc/f.conf:7:6: Port takes a number, not 'many'\n    Port many\n         ^";
        assert_eq!(complaint.to_string(), shown);
    }

    #[test]
    fn the_caret_counts_characters_not_bytes() {
        let complaint = Complaint::warning(place(4, "é x"), "odd");
        assert_eq!(complaint.to_string(), "/etc/f.conf:7:4: warning: odd\n    é x\n      ^");
    }

    #[test]
    fn similar_names_come_best_first() {
        let known = ["DefaultRoot", "DefaultServer", "DefaultChdir", "Port", "PidFile"];
        let like = |typed| similar_names(typed, known.iter().copied());
        assert_eq!(like("DefautlRoot"), ["DefaultRoot"]);
        assert_eq!(like("Prot"), ["Port"]);
        assert!(like("Quux").is_empty());
    }

    #[test]
    fn an_error_is_not_hidden_behind_warnings() {
        let mut complaints = Complaints::default();
        for number in 0..COMPLAINTS_MOST {
            complaints.push(Complaint::warning(place(1, "x"), number.to_string()));
        }
        complaints.push(Complaint::error(place(1, "x"), "wrong"));
        let told = complaints.finish();
        assert_eq!(told.len(), COMPLAINTS_MOST + 1);
        assert!(told.iter().any(|one| one.message == "wrong" && one.is_error()));
        assert!(told.last().is_some_and(|last| last.message == "and 1 more complaints" && !last.is_error()));
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        let complaint =
            Complaint::error(None, "unknown").with_similar(vec!["A".into(), "B".into(), "C".into()]);
        assert_eq!(complaint.one_line(), "unknown; did you mean A, B or C?");
    }
}
