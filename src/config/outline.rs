//! What a configuration says, line by line and without its files: kept by the running daemon, so that another can be compared with it.

use serde_json::Value;

use super::directives::{Restart, row};
use super::tree::Node;

/// One line of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The file, as it was named.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// The sections around it, outermost first, with what they name: `<Directory /srv>`.
    pub within: Vec<String>,
    /// The directive, as ProFTPD writes it; a section with its brackets.
    pub directive: String,
    /// The whole line, variables replaced.
    pub text: String,
}

impl Statement {
    /// What a HUP cannot change of it, if anything.
    pub fn restart(&self) -> Option<Restart> {
        if self.directive == "SetEnv" && self.within.is_empty() && self.text.starts_with("SetEnv TZ ") {
            return Some(Restart::LeavesOut("times are told in the zone of the start"));
        }
        row(&self.directive).and_then(|row| row.restart)
    }

    /// What it says and where that holds, whatever the file it is written in.
    pub fn meaning(&self) -> (&[String], &str) {
        (&self.within, &self.text)
    }
}

/// Every directive and section of a tree, a JSON array a line.
pub fn outline(nodes: &[Node]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(nodes, &mut Vec::new(), &mut bytes);
    bytes
}

/// Reads what [`outline`] wrote; None where it is something else.
pub fn statements(bytes: &[u8]) -> Option<Vec<Statement>> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(statement).collect()
}

/// The directives of a tree, and the sections that hold nothing.
pub fn statement_lines(nodes: &[Node]) -> Vec<Statement> {
    let all = statements(&outline(nodes)).unwrap_or_default();
    let depths = all.iter().skip(1).map(|one| one.within.len()).chain([0]).collect::<Vec<usize>>();
    let is_told = |(one, next): (Statement, usize)| (next <= one.within.len()).then_some(one);
    all.into_iter().zip(depths).filter_map(is_told).collect()
}

fn write(nodes: &[Node], within: &mut Vec<String>, bytes: &mut Vec<u8>) {
    for node in nodes {
        let mark = &node.name.mark;
        let written = node.written();
        let directive = row(&written).map_or(written, |row| row.name.into());
        let text = text(node, &directive);
        let line = (mark.file().to_string_lossy(), mark.line(), &*within, &directive, &text);
        // Text can be written, and memory takes it.
        let _ = serde_json::to_writer(&mut *bytes, &line);
        bytes.push(b'\n');
        if let Some(children) = &node.children {
            within.push(text);
            write(children, within, bytes);
            within.pop();
        }
    }
}

/// The line in one form: single blanks, and quotes only where they are needed.
fn text(node: &Node, directive: &str) -> String {
    let mut text = directive.trim_end_matches('>').to_owned();
    for word in &node.arguments {
        text.push(' ');
        match word.text.is_empty() || word.text.contains(char::is_whitespace) {
            true => text += &format!("\"{}\"", word.text.replace('\\', "\\\\").replace('"', "\\\"")),
            false => text += &word.text,
        }
    }
    if node.children.is_some() {
        text.push('>');
    }
    text
}

fn statement(line: &[u8]) -> Option<Statement> {
    let Ok(Value::Array(fields)) = serde_json::from_slice(line) else { return None };
    let [file, number, within, directive, text] = fields.as_slice() else { return None };
    let word = |value: &Value| value.as_str().map(str::to_owned);
    Some(Statement {
        file: word(file)?,
        line: number.as_u64()?,
        within: within.as_array()?.iter().map(word).collect::<Option<_>>()?,
        directive: word(directive)?,
        text: word(text)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn read(text: &str) -> Vec<Statement> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f.conf");
        std::fs::write(&file, text).unwrap();
        statements(&outline(&tree::read(&file, &[]).nodes)).unwrap()
    }

    #[test]
    fn an_outline_is_read_as_it_was_written() {
        let all = read(
            "servername  \"a \\\"b\"\n\n<Directory /srv>\n <limit WRITE>\n  denyall\n </Limit>\n</Directory>\n",
        );
        let told: Vec<(u64, String, &str)> =
            all.iter().map(|one| (one.line, one.within.join(" "), one.text.as_str())).collect();
        let expected = [
            (1, "", "ServerName \"a \\\"b\""),
            (3, "", "<Directory /srv>"),
            (4, "<Directory /srv>", "<Limit WRITE>"),
            (5, "<Directory /srv> <Limit WRITE>", "DenyAll"),
        ];
        assert_eq!(told, expected.map(|(line, within, text)| (line, within.to_owned(), text)));
        assert!(all[0].file.ends_with("/f.conf") && all[3].directive == "DenyAll");
    }

    #[test]
    fn what_is_no_outline_is_not_read() {
        for bytes in ["{}", "[1,2]", "[\"f\",1,[2],\"a\",\"b\"]", "ServerName x"] {
            assert_eq!(statements(bytes.as_bytes()), None, "{bytes}");
        }
        assert_eq!(statements(b""), Some(Vec::new()));
    }
}
