//! Two servers' answers side by side: what differs, and whether that is wanted.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::fixture::Snapshot;
use super::plain::plain;
use super::script::Heard;

/// What two servers did otherwise.
#[derive(Clone, Debug)]
pub struct Difference {
    pub script: String,
    /// The line that was answered; `(disk)` and the script for what is left behind.
    pub said: String,
    pub ours: String,
    pub theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  said    {}", shortened(&self.said))?;
        let indented = |text: &str| shortened(text).replace('\n', "\n          ");
        writeln!(f, "  ferryd  {}", indented(&self.ours))?;
        write!(f, "  proftpd {}", indented(&self.theirs))
    }
}

/// Enough to see what it is.
fn shortened(text: &str) -> String {
    const MOST: usize = 1200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// What one server did with a script.
pub struct Run<'a> {
    /// Where the server has its files.
    pub folder: &'a Path,
    pub port: u16,
    pub heard: Vec<Heard>,
    /// What stands on the disk, and in logs.
    pub left: Snapshot,
}

/// Replies compared, and those that differ.
pub fn compare(script: &str, ours: &Run<'_>, theirs: &Run<'_>) -> (usize, Vec<Difference>) {
    let difference = |said: &str, (ours, theirs): (String, String)| Difference {
        script: script.to_owned(),
        said: said.to_owned(),
        ours,
        theirs,
    };
    let mut found = Vec::new();
    let steps = ours.heard.len().max(theirs.heard.len());
    for index in 0..steps {
        let (mine, other) = (ours.heard.get(index), theirs.heard.get(index));
        let said = mine.or(other).map(|heard| heard.said.clone()).unwrap_or_default();
        let replies = (ours.replies(mine), theirs.replies(other));
        if replies.0 != replies.1 {
            found.push(difference(
                &said,
                if are_tables(&replies) { without_the_same(&replies) } else { replies },
            ));
        }
        let data = (ours.data(mine), theirs.data(other));
        if data.0 != data.1 {
            found.push(difference(&format!("(data) {said}"), without_the_same(&data)));
        }
    }
    let left = (ours.plain(&told(&ours.left)), theirs.plain(&told(&theirs.left)));
    if left.0 != left.1 {
        found.push(difference(&format!("(disk) {script}"), without_the_same(&left)));
    }
    (steps, found)
}

impl Run<'_> {
    fn plain(&self, text: &str) -> String {
        plain(text, self.folder, self.port)
    }

    fn replies(&self, heard: Option<&Heard>) -> String {
        heard.map_or_else(|| "(over)".to_owned(), |heard| self.plain(&heard.replies.join("\n")))
    }

    /// Lines stay lines; every other byte that is no text is shown by its number. Whether nothing came or no connection was made
    /// is told by the replies.
    fn data(&self, heard: Option<&Heard>) -> String {
        let bytes = heard.and_then(|heard| heard.data.as_deref());
        let text = bytes.map(|bytes| bytes.escape_ascii().to_string().replace("\\n", "\\n\n"));
        text.map(|text| self.plain(&text)).unwrap_or_default()
    }
}

fn told(left: &Snapshot) -> String {
    left.iter().map(|(name, about)| format!("{name}: {about}\n")).collect()
}

/// HELP and FEAT: of many lines, those count that differ.
fn are_tables((ours, theirs): &(String, String)) -> bool {
    let is_table = |reply: &str| reply.starts_with("211-") || reply.starts_with("214-");
    is_table(ours) && is_table(theirs)
}

/// The lines that only one side has; where there are none, their order differs.
fn without_the_same((ours, theirs): &(String, String)) -> (String, String) {
    match (only(ours, theirs), only(theirs, ours)) {
        (mine, other) if mine.is_empty() && other.is_empty() => {
            (format!("(order)\n{ours}"), format!("(order)\n{theirs}"))
        }
        both => both,
    }
}

/// Differences of one kind: the same verb, the same answers.
pub fn grouped(differences: &[Difference]) -> String {
    let mut groups: BTreeMap<(String, String, String), Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        let verb = difference.said.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let verb =
            if verb.starts_with('(') { verb } else { verb.split(' ').next().unwrap_or_default().to_owned() };
        let words = |text: &str| text.replace(argument(&difference.said), "<argument>");
        groups
            .entry((verb, words(&difference.ours), words(&difference.theirs)))
            .or_default()
            .push(difference);
    }
    let mut text = String::new();
    for all in groups.values() {
        let scripts: Vec<&str> = all.iter().map(|one| one.script.as_str()).take(3).collect();
        text += &format!("{} times, as in {}:\n{}\n\n", all.len(), scripts.join(", "), all[0]);
    }
    text
}

fn argument(said: &str) -> &str {
    match said.split_once(' ') {
        Some((_, argument)) if !argument.is_empty() => argument,
        _ => "\0",
    }
}

/// The lines of `these` that `those` have not, each as often as it is missing.
fn only(these: &str, those: &str) -> String {
    let mut left: Vec<&str> = those.lines().collect();
    let is_missing = |line: &&str| match left.iter().position(|other| other == line) {
        Some(index) => {
            left.swap_remove(index);
            false
        }
        None => true,
    };
    these.lines().filter(is_missing).collect::<Vec<_>>().join("\n")
}
