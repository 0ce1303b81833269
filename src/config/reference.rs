//! docs/directives.md, printed from the rows, so that the page and the parser cannot differ: `tests/house.rs` compares.

use std::fmt::Write;

use super::directives::{Effect, Restart, Row, SUBJECTS, Subject, known_by_name, rows};
use super::tiers;

const INTRODUCTION: &str = "\
# Directives

Printed from the table that the parser reads (`src/config/directives/`); `cargo test` compares. To print it anew:
`FERRYD_WRITE=1 cargo test printed_pages`.

Names may be written in any case. A line is continued by `\\` at its very end; `#` begins a comment; values with blanks stand in
double quotes, where `\\\"` and `\\\\` are a quote and a backslash. `%{env:NAME}` is a variable of the environment, `%{define:NAME}`
one of `-D NAME=VALUE` or `Define`, `%{config-dir}` the folder of the main file; one that is not set is an error.
On and off may be written yes and no, true and false, 1 and 0. Times are seconds, `h:mm:ss`, or a number with `h`, `m` or `s`.

Within quotes other backslashes stay (ProFTPD drops them): `\"\\.exe$\"` is the pattern `\\.exe$`.

What an inner scope does not say, the outer one says for it: `<Global>`, server, `<Anonymous>`, `<Directory>`. Of the `<Directory>`
sections around a path the deepest that says something decides; one with a pattern (`*`, `?` and `[` stand for slashes, too) weighs more than
what stands before it in the file, and less than what stands behind it; a server's sections do not reach into its `<Anonymous>`
sections. In `<Limit>` single commands weigh more than groups, groups more than `ALL`; the nearest section that speaks
decides, of two in one scope the later one. `ALL` does not mean `LOGIN`.

**Fail closed.** A directive that restricts access or protects data and is not done yet is an error, at start and at reload, unless
it says `off`. What widens nobody's access is ignored with a warning.
";

/// What there is to know of a directive, for a list of all.
#[derive(Clone, Debug)]
pub struct DirectiveSummary {
    /// As ProFTPD writes it; a section with its brackets.
    pub name: &'static str,
    /// The ProFTPD module it belongs to.
    pub module: &'static str,
    /// `done`, `accepted`, `ignored` with a warning, `refused but off` (only its `off` is taken).
    pub stands: &'static str,
    /// What follows the name.
    pub syntax: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// Where it may stand.
    pub contexts: String,
    /// What it means, or why it is not taken.
    pub sentence: &'static str,
}

/// Every directive, sorted by name.
pub fn directive_summaries() -> Vec<DirectiveSummary> {
    let mut all: Vec<DirectiveSummary> = rows().map(summary).collect();
    all.sort_by_key(|directive| directive.name.trim_start_matches('<').to_ascii_lowercase());
    all
}

fn summary(row: Row) -> DirectiveSummary {
    let stands = match row.effect {
        Effect::Sets(_) | Effect::Language => "done",
        Effect::Accepted => "accepted",
        Effect::Ignored => "ignored",
        Effect::Guards => "refused but off",
    };
    let Row { name, module, syntax, default, contexts, sentence, .. } = row;
    DirectiveSummary { name, module, stands, syntax, default, contexts: contexts.to_string(), sentence }
}

/// The whole page.
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    page += &tiers::table();
    for Subject { heading, rows } in SUBJECTS {
        section(&mut page, heading, rows);
    }
    families(&mut page);
    page
}

// Writing to a string does not fail.
fn section(page: &mut String, heading: &str, rows: &[Row]) {
    let _ = write!(page, "\n## {heading}\n");
    for row in rows {
        let _ = write!(page, "\n### `{}`\n\n", row.name);
        match row.effect {
            Effect::Sets(_) | Effect::Language => done(page, row),
            _ => {
                let _ = write!(page, "{} {}\n\n", stands(row.effect), capitalised(row.sentence));
            }
        }
        let _ = writeln!(page, "- stands in: `{}`\n- of: {}", row.contexts, row.module);
        if let Some(what) = row.restart.map(Restart::words) {
            let _ = writeln!(page, "- wants a restart: {what}");
        }
    }
}

fn done(page: &mut String, row: &Row) {
    let _ = write!(page, "{}\n\n", capitalised(row.sentence));
    let written = match row.name.strip_suffix('>') {
        Some(open) if row.syntax.is_empty() => format!("{open}>"),
        Some(open) => format!("{open} {}>", row.syntax),
        None => format!("{} {}", row.name, row.syntax).trim_end().to_owned(),
    };
    let _ = writeln!(page, "- written: `{written}`");
    if !row.default.is_empty() {
        let _ = writeln!(page, "- default: {}", row.default);
    }
}

/// Directives known by name alone: one line for all that stand alike.
fn families(page: &mut String) {
    let _ =
        write!(page, "\n## Known by name\n\nDirectives whose work is not done here, and how each stands.\n");
    let mut last = None;
    for row in known_by_name() {
        let key = (row.module, stands(row.effect), row.sentence);
        if last == Some(key) {
            let _ = write!(page, ", {}", row.name);
        } else {
            let _ =
                write!(page, "\n- **{}**. {} {} {}", row.module, key.1, capitalised(row.sentence), row.name);
        }
        last = Some(key);
    }
    page.push('\n');
}

fn stands(effect: Effect) -> &'static str {
    match effect {
        Effect::Sets(_) | Effect::Language => "Done.",
        Effect::Accepted => "Accepted.",
        Effect::Ignored => "Ignored with a warning.",
        Effect::Guards => "An error, unless off.",
    }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + characters.as_str())
        .unwrap_or_default()
}
