//! Bytes to lines to words: continuations, comments, quotes. Every word knows where it stands.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::complaint::{Place, SHOWN_MOST};
use super::settings::Written;

/// Most bytes of one logical line, continuations included.
pub const LINE_MOST: usize = 64 * 1024;

/// Most words of one line.
pub const WORDS_MOST: usize = 4096;

/// A file's text, kept for complaints.
#[derive(Debug)]
pub struct Source {
    /// As it was named.
    pub path: Arc<Path>,
    lines: Vec<String>,
}

impl Source {
    /// Splits a file into its lines.
    pub fn new(path: PathBuf, bytes: &[u8]) -> Rc<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().map(|line| line.to_owned()).collect();
        Rc::new(Self { path: path.into(), lines })
    }
}

/// Where a word stands.
#[derive(Clone, Debug)]
pub struct Mark {
    source: Rc<Source>,
    line: usize,
    column: usize,
}

impl Mark {
    /// Where, from here to the line's end, `text` stands for the time after `occurrence` others; here, where it does not.
    pub fn of(&self, text: &str, occurrence: usize) -> Mark {
        let line = self.source.lines.get(self.line).map_or("", String::as_str);
        let rest = line.get(self.column..).unwrap_or_default();
        let found = rest.match_indices(text).nth(occurrence).map_or(0, |(at, _)| at);
        Mark { column: self.column + found, ..self.clone() }
    }

    /// Which line it is.
    pub fn written(&self) -> Written {
        Written { file: Arc::clone(&self.source.path), line: self.line() }
    }

    /// The file, as it was named.
    pub fn file(&self) -> &Path {
        &self.source.path
    }

    /// From 1.
    pub fn line(&self) -> u32 {
        self.line as u32 + 1
    }

    /// What a complaint needs.
    pub fn place(&self) -> Place {
        let line = self.source.lines.get(self.line).map_or("", String::as_str);
        let text = fitting(line, SHOWN_MOST).to_owned();
        Place { file: self.file().to_owned(), line: self.line(), column: self.column as u32 + 1, text }
    }
}

/// One word, quotes taken off.
#[derive(Clone, Debug)]
pub struct Word {
    /// What it says.
    pub text: String,
    /// Where it begins.
    pub mark: Mark,
}

/// One logical line that says something.
#[derive(Clone, Debug)]
pub struct Line {
    /// Never empty.
    pub words: Vec<Word>,
    /// `<Name …>` or `</Name>`: the angle brackets are off, a slash stays.
    pub is_section: bool,
    /// What is odd about how it is written.
    pub oddities: Vec<(Mark, Oddity)>,
}

/// What is odd about how a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A quote without its end (ProFTPD takes the rest of the line, and so do we).
    OpenQuote,
    /// A section without `>`.
    OpenBracket,
    /// Longer than [`LINE_MOST`], or more words than [`WORDS_MOST`]; what is over is gone.
    TooLong,
    /// Bytes that are not UTF-8.
    NotText,
}

/// The lines of a file that say something, in order.
pub fn lines(source: &Rc<Source>) -> Vec<Line> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < source.lines.len() {
        let logical = Logical::gather(source, next);
        next = logical.end;
        found.extend(logical.read());
    }
    found
}

/// A logical line: its physical lines in one.
struct Logical<'a> {
    source: &'a Rc<Source>,
    text: Cow<'a, str>,
    first: usize,
    /// Where in the text the physical lines begin that go on with it, with their numbers.
    others: Vec<(usize, usize)>,
    end: usize,
    too_long: bool,
}

impl<'a> Logical<'a> {
    /// Joins what continuations (`\` at the very end) hold together. A comment has no continuation, as in ProFTPD.
    fn gather(source: &'a Rc<Source>, first: usize) -> Self {
        let (text, others) = (Cow::Borrowed(""), Vec::new());
        let mut logical = Self { source, text, first, others, end: first, too_long: false };
        let is_comment = source.lines[first].trim_start().starts_with('#');
        while let Some(line) = source.lines.get(logical.end) {
            let number = logical.end;
            logical.end += 1;
            let (text, goes_on) = match line.strip_suffix('\\') {
                Some(text) if !is_comment => (text, true),
                _ => (line.as_str(), false),
            };
            logical.add(number, text);
            if !goes_on {
                break;
            }
        }
        logical
    }

    fn add(&mut self, number: usize, text: &'a str) {
        let taken = fitting(text, LINE_MOST.saturating_sub(self.text.len()));
        self.too_long |= taken.len() < text.len();
        if number == self.first {
            self.text = Cow::Borrowed(taken);
        } else {
            self.others.push((self.text.len(), number));
            self.text.to_mut().push_str(taken);
        }
    }

    fn mark(&self, at: usize) -> Mark {
        let other = self.others.iter().rev().find(|(begin, _)| *begin <= at).copied();
        let (begin, line) = other.unwrap_or((0, self.first));
        Mark { source: self.source.clone(), line, column: at - begin }
    }

    /// None for blank lines and comments.
    fn read(&self) -> Option<Line> {
        let mut words = Words { logical: self, at: 0, end: self.text.len(), oddities: Vec::new() };
        words.skip_blanks();
        let start = words.at;
        let is_section = words.peek() == Some('<');
        if is_section {
            words.enter_brackets();
        }
        let mut found = Vec::new();
        while let Some(word) = words.next_word() {
            found.push(word);
            if found.len() == WORDS_MOST {
                words.oddities.push((self.mark(start), Oddity::TooLong));
                break;
            }
        }
        // A section is pointed at by its bracket.
        if let (true, Some(name)) = (is_section, found.first_mut()) {
            name.mark = self.mark(start);
        }
        let mut oddities = words.oddities;
        if self.too_long {
            oddities.push((self.mark(start), Oddity::TooLong));
        }
        if found.iter().any(|word| word.text.contains('\u{fffd}')) {
            oddities.push((self.mark(start), Oddity::NotText));
        }
        (!found.is_empty()).then_some(Line { words: found, is_section, oddities })
    }
}

/// As many whole characters as so many bytes hold.
fn fitting(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A walk over a logical line.
struct Words<'a> {
    logical: &'a Logical<'a>,
    at: usize,
    end: usize,
    oddities: Vec<(Mark, Oddity)>,
}

impl Words<'_> {
    /// What is left.
    fn rest(&self) -> &str {
        &self.logical.text[self.at..self.end]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at = self.end - self.rest().trim_start().len();
    }

    /// Steps over `<` and lets the line end at its last `>`.
    fn enter_brackets(&mut self) {
        let start = self.logical.mark(self.at);
        self.at += 1;
        match self.rest().rfind('>') {
            Some(close) => self.end = self.at + close,
            None => self.oddities.push((start, Oddity::OpenBracket)),
        }
    }

    /// The next word; None at the end and at a `#` that begins a word.
    fn next_word(&mut self) -> Option<Word> {
        self.skip_blanks();
        let first = self.peek().filter(|first| *first != '#')?;
        let mark = self.logical.mark(self.at);
        let text = if first == '"' { self.quoted(&mark) } else { self.bare() };
        Some(Word { text, mark })
    }

    /// Outside quotes a backslash is a character like others: `DenyFilter \*.*/` stands in every Debian file.
    fn bare(&mut self) -> String {
        let rest = self.rest();
        let text = rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())].to_owned();
        self.at += text.len();
        text
    }

    /// Within quotes `\"` and `\\` stand for the character; other backslashes stay, so that a quoted pattern means what it says.
    fn quoted(&mut self, open: &Mark) -> String {
        let mut text = String::new();
        self.at += 1;
        loop {
            let Some(c) = self.peek() else {
                self.oddities.push((open.clone(), Oddity::OpenQuote));
                return text;
            };
            self.at += c.len_utf8();
            match (c, self.peek()) {
                ('"', _) => return text,
                ('\\', Some(escaped @ ('"' | '\\'))) => {
                    text.push(escaped);
                    self.at += 1;
                }
                _ => text.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Line> {
        lines(&Source::new("f".into(), text.as_bytes()))
    }

    fn words(text: &str) -> Vec<Vec<String>> {
        read(text).into_iter().map(|line| line.words.into_iter().map(|word| word.text).collect()).collect()
    }

    #[test]
    fn lines_become_words() {
        let table: &[(&str, &[&[&str]])] = &[
            ("", &[]),
            ("# all of it\n\n   \n", &[]),
            ("  Port\t 21  ", &[&["Port", "21"]]),
            ("Port 21 # the usual", &[&["Port", "21"]]),
            ("ServerName \"a # b\"", &[&["ServerName", "a # b"]]),
            ("DenyFilter \\*.*/", &[&["DenyFilter", "\\*.*/"]]),
            ("X \"a \\\" b\\\\c \\.d\"", &[&["X", "a \" b\\c \\.d"]]),
            ("X \"\"", &[&["X", ""]]),
            ("Por\\\nt 2\\\n  1\nY", &[&["Port", "2", "1"], &["Y"]]),
            ("# no continuation \\\nY", &[&["Y"]]),
            ("<Limit WRITE>\r\n</Limit>", &[&["Limit", "WRITE"], &["/Limit"]]),
            ("<Directory \"/a b/*\">", &[&["Directory", "/a b/*"]]),
        ];
        for (text, expected) in table {
            assert_eq!(&words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_word_knows_its_line_behind_a_continuation() {
        let line = &read("\nPort \\\n  21")[0];
        let place = line.words[1].mark.place();
        assert_eq!((place.line, place.column, place.text.as_str()), (3, 3, "  21"));
    }

    #[test]
    fn oddities_are_told() {
        let odd = |text| read(text)[0].oddities.iter().map(|(_, oddity)| *oddity).collect::<Vec<_>>();
        assert_eq!(odd("X \"a b"), [Oddity::OpenQuote]);
        assert_eq!(odd("<Limit ALL"), [Oddity::OpenBracket]);
        assert_eq!(odd(&format!("X {}", "y".repeat(LINE_MOST))), [Oddity::TooLong]);
    }

    proptest! {
        #[test]
        fn no_bytes_upset_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let source = Source::new("f".into(), &bytes);
            for line in lines(&source) {
                prop_assert!(!line.words.is_empty());
                for word in &line.words {
                    word.mark.place();
                }
            }
        }
    }
}
