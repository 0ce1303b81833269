//! LogFormat, compiled: read once, in the master, into the parts of a line.

use super::time::is_pattern;
use super::variable::{self, Variable};

/// A compiled LogFormat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    pub(super) parts: Vec<Part>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is.
    Text(Box<str>),
    /// A value; in quotes where the format put it in some.
    Value { variable: Variable, is_quoted: bool },
    /// The time, by a pattern of strftime(3).
    Time(Box<str>),
    /// A variable of the environment, until [`Format::settled`].
    Environment(Box<str>),
}

/// What stands behind a `%` and means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// As it is written, with the `%`.
    pub text: String,
    /// Which of those that are written so, from 0.
    pub occurrence: usize,
}

/// What is written where nothing else is said.
const DEFAULT: &str = "%h %l %u %t \"%r\" %s %b";

impl Format {
    /// The format that has no need of a name.
    pub fn usual() -> Format {
        Format::compile(DEFAULT).0
    }

    /// Reads a format. What is unknown is told, and stays as ProFTPD writes it.
    pub fn compile(text: &str) -> (Format, Vec<Unknown>) {
        let mut compiler = Compiler::new(text);
        while let Some(next) = compiler.rest.chars().next() {
            compiler.step(next);
        }
        compiler.end_text();
        (Format { parts: compiler.parts }, compiler.unknown)
    }

    /// The same with `%{NAME}e` and `%{env:NAME}` replaced by what the environment has now: a worker has none of its own.
    pub fn settled(&self, environment: impl Fn(&str) -> Option<String>) -> Format {
        let settle = |part: &Part| match part {
            Part::Environment(name) => Part::Text(environment(name).unwrap_or_default().into()),
            other => other.clone(),
        };
        Format { parts: self.parts.iter().map(settle).collect() }
    }

    /// Whether a line tells any path.
    pub fn tells_paths(&self) -> bool {
        use Variable::{Basename, FolderName, FolderPath, HostPath, RenameFrom, SeenPath};
        let is_path = |variable| {
            matches!(variable, Basename | FolderName | FolderPath | HostPath | RenameFrom | SeenPath)
        };
        self.parts.iter().any(|part| matches!(part, Part::Value { variable, .. } if is_path(*variable)))
    }
}

struct Compiler<'a> {
    rest: &'a str,
    parts: Vec<Part>,
    text: String,
    is_quoted: bool,
    unknown: Vec<Unknown>,
}

/// What one `%` leads to.
enum Meaning {
    Value(Variable),
    Text(String),
    Time(String),
    Environment(String),
    Nothing(String),
}

impl<'a> Compiler<'a> {
    fn new(rest: &'a str) -> Compiler<'a> {
        Compiler { rest, parts: Vec::new(), text: String::new(), is_quoted: false, unknown: Vec::new() }
    }

    fn step(&mut self, next: char) {
        if next != '%' {
            self.is_quoted ^= next == '"';
            self.text.push(next);
            self.rest = &self.rest[next.len_utf8()..];
            return;
        }
        let (meaning, length) = self.meaning();
        let (written, rest) = self.rest.split_at(length);
        self.rest = rest;
        match meaning {
            Meaning::Value(variable) => self.add(Part::Value { variable, is_quoted: self.is_quoted }),
            Meaning::Time(pattern) => self.add(Part::Time(pattern.into())),
            Meaning::Environment(name) => self.add(Part::Environment(name.into())),
            Meaning::Text(text) => self.text.push_str(&text),
            Meaning::Nothing(text) => {
                let occurrence = self.unknown.iter().filter(|known| known.text == written).count();
                self.unknown.push(Unknown { text: written.to_owned(), occurrence });
                self.text.push_str(&text);
            }
        }
    }

    /// What the rest begins with, and how long that is.
    fn meaning(&self) -> (Meaning, usize) {
        let after = &self.rest[1..];
        match after.chars().next() {
            Some('{') => self.braced(&after[1..]),
            Some('%') => (Meaning::Text("%".into()), 2),
            Some(letter) => {
                let length = 1 + letter.len_utf8();
                let meaning = variable::by_letter(letter).map(Meaning::Value);
                (meaning.unwrap_or_else(|| Meaning::Nothing(self.rest[..length].to_owned())), length)
            }
            None => (Meaning::Nothing("%".into()), 1),
        }
    }

    /// `%{…}`, `%{…}t` or `%{…}e`.
    fn braced(&self, inside: &str) -> (Meaning, usize) {
        let Some((name, rest)) = inside.split_once('}') else {
            return (Meaning::Nothing(self.rest.to_owned()), self.rest.len());
        };
        let length = name.len() + 3;
        if let Some(variable) = variable::by_name(name) {
            return (Meaning::Value(variable), length);
        }
        match (name.strip_prefix("env:"), rest.chars().next()) {
            (Some(name), _) => (Meaning::Environment(name.to_owned()), length),
            (None, Some('t')) if is_pattern(name) => (Meaning::Time(name.to_owned()), length + 1),
            (None, Some('e')) => (Meaning::Environment(name.to_owned()), length + 1),
            _ => (Meaning::Nothing(name.to_owned()), length),
        }
    }

    fn add(&mut self, part: Part) {
        self.end_text();
        self.parts.push(part);
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            let text: String = std::mem::take(&mut self.text);
            self.parts.push(Part::Text(text.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compiled(text: &str) -> (Vec<Part>, Vec<Unknown>) {
        let (Format { parts }, unknown) = Format::compile(text);
        (parts, unknown)
    }

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn environment(name: &str) -> Part {
        Part::Environment(name.into())
    }

    #[test]
    fn the_environment_is_read_when_a_format_is_settled() {
        let (format, _) = Format::compile("%{HOME}e%{NOPE}e");
        let settled = format.settled(|name| (name == "HOME").then(|| "/root".to_owned()));
        assert_eq!(settled.parts, [text("/root"), text("")]);
    }

    fn value(variable: Variable) -> Part {
        Part::Value { variable, is_quoted: false }
    }

    #[test]
    fn formats_are_read_into_parts() {
        let quoted = Part::Value { variable: Variable::Request, is_quoted: true };
        let table = [
            ("plain", vec![text("plain")]),
            ("", vec![]),
            ("%h%a", vec![value(Variable::ClientName), value(Variable::ClientAddress)]),
            ("x \"%r\" %s", vec![text("x \""), quoted, text("\" "), value(Variable::Status)]),
            ("100%% %{Basename}", vec![text("100% "), value(Variable::Basename)]),
            ("%{%Y-%m}t|", vec![Part::Time("%Y-%m".into()), text("|")]),
            ("%{HOME}e.%{env:HOME}", vec![environment("HOME"), text("."), environment("HOME")]),
            ("%{note:mod_x.y}", vec![value(Variable::Note)]),
        ];
        for (format, parts) in table {
            assert_eq!(compiled(format), (parts, vec![]), "{format}");
        }
    }

    #[test]
    fn what_is_unknown_is_told_and_written_as_proftpd_does() {
        let unknown = |text: &str, occurrence| Unknown { text: text.into(), occurrence };
        let table = [
            ("%Z", vec![text("%Z")], vec![unknown("%Z", 0)]),
            ("%{foo} %{foo}", vec![text("foo foo")], vec![unknown("%{foo}", 0), unknown("%{foo}", 1)]),
            ("end%", vec![text("end%")], vec![unknown("%", 0)]),
            ("%{open", vec![text("%{open")], vec![unknown("%{open", 0)]),
        ];
        for (format, parts, told) in table {
            assert_eq!(compiled(format), (parts, told), "{format}");
        }
    }

    #[test]
    fn paths_are_asked_for_only_where_they_are_told() {
        assert!(!Format::usual().tells_paths());
        assert!(Format::compile("%m %F").0.tells_paths());
    }

    proptest! {
        #[test]
        fn no_format_panics(text in "[ -~%{}tö\"]{0,60}") {
            let _ = compiled(&text);
        }
    }
}
