//! A row: directives, the lines that show what they mean, and what clients say to them. The rows stand in `rows/`.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::act::{Act, Sessions};
use super::ground;
use super::placeholders::placeholders;
use crate::differential::fixture::{self, Snapshot};
use crate::differential::script::Heard;

/// As `rows/README` has it.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What differences are known by: `directives/HideFiles/2` is the second one that shows `HideFiles`.
    pub name: String,
    /// The directives that it shows.
    pub of: Vec<String>,
    /// Whether it is all that its daemons have; else it is a `<VirtualHost>` beside others.
    pub is_alone: bool,
    /// What stands in the server config, because it may stand nowhere else.
    pub outside: String,
    pub lines: String,
    /// What the clients do; [`Act`] says how it is written.
    pub says: String,
    /// Files in the row's folder that are compared, too.
    pub logs: Vec<String>,
}

/// Every row of every table.
#[track_caller]
pub fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/directives/rows");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the rows").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut rows: Vec<Row> = files
        .iter()
        .filter(|file| !file.ends_with("README"))
        .flat_map(|file| table(&fs::read_to_string(file).expect("a table")))
        .collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in &mut rows {
        let of = row.of.join(" ");
        let count = seen.entry(of.clone()).and_modify(|count| *count += 1).or_insert(1);
        row.name = format!("directives/{of}/{count}");
    }
    rows
}

/// Where an indented line belongs.
enum Part {
    Script(String),
    Outside,
    Lines,
    Says,
    Nothing,
}

#[track_caller]
fn table(text: &str) -> Vec<Row> {
    let (mut rows, mut scripts, mut part) =
        (Vec::<Row>::new(), BTreeMap::<String, String>::new(), Part::Nothing);
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix("    ") {
            let row = rows.last_mut();
            let into = match (&part, row) {
                (Part::Script(name), _) => scripts.entry(name.clone()).or_default(),
                (Part::Outside, Some(row)) => &mut row.outside,
                (Part::Lines, Some(row)) => &mut row.lines,
                (Part::Says, Some(row)) => &mut row.says,
                _ => panic!("a line that belongs nowhere: {line}"),
            };
            into.push_str(line);
            into.push('\n');
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words = || rest.split(' ').map(str::to_owned).collect();
        part = match word {
            "script" => Part::Script(rest.to_owned()),
            "directive" => {
                rows.push(Row { of: words(), ..Row::default() });
                Part::Nothing
            }
            _ => {
                let row = rows.last_mut().unwrap_or_else(|| panic!("no row has begun: {line}"));
                heading(row, word, rest, &scripts)
            }
        };
    }
    rows
}

#[track_caller]
fn heading(row: &mut Row, word: &str, rest: &str, scripts: &BTreeMap<String, String>) -> Part {
    match (word, rest) {
        ("alone", "") => {
            row.is_alone = true;
            Part::Nothing
        }
        ("logs", logs) => {
            row.logs = logs.split(' ').map(str::to_owned).collect();
            Part::Nothing
        }
        ("outside", "") => Part::Outside,
        ("lines", "") => Part::Lines,
        ("says", "") => Part::Says,
        ("says", script) => {
            row.says = scripts.get(script).unwrap_or_else(|| panic!("no script is called {script}")).clone();
            Part::Nothing
        }
        _ => panic!("not understood: {word} {rest}"),
    }
}

impl Row {
    /// The row without what it says by that name, and without what stands in a section of that name.
    pub fn without(&self, name: &str) -> Row {
        Row { lines: without(&self.lines, name), outside: without(&self.outside, name), ..self.clone() }
    }
}

fn without(lines: &str, name: &str) -> String {
    let name = name.trim_end_matches('>');
    let end = name.replace('<', "</");
    let is_section = name.starts_with('<');
    let (mut kept, mut depth) = (String::new(), 0_usize);
    for line in lines.lines() {
        let word = line.split_whitespace().next().unwrap_or_default().trim_end_matches('>');
        let begins = word == name;
        depth += usize::from(begins && is_section);
        if depth == 0 && !begins {
            kept += line;
            kept.push('\n');
        }
        depth = depth.saturating_sub(usize::from(word == end));
    }
    kept
}

/// Where one of the two servers has a row.
pub struct Place<'a> {
    pub folder: &'a Path,
    pub port: u16,
}

impl Place<'_> {
    /// Does what the script says, all its sessions.
    pub fn perform(&self, says: &str) -> Vec<Heard> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut sessions = Sessions::new(address, self.folder);
        says.lines().for_each(|line| sessions.perform(&Act::of(line)));
        sessions.finished()
    }

    /// The home, and each line of the logs.
    pub fn left(&self, row: &Row) -> Snapshot {
        let mut left = fixture::snapshot(&self.folder.join("home"), ground::since());
        for log in &row.logs {
            let text = fs::read(self.folder.join(log)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines = text.lines().enumerate();
            left.extend(lines.map(|(number, line)| (format!("({log}) {number:02}"), placeholders(line))));
        }
        left
    }
}
