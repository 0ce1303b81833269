//! Patterns of which a configuration may have thousands, each asked about in every session. A program made of one takes kilobytes, and
//! more in the process that ran it: so where `*` alone is special there is none, and others are mostly answered without, by how what
//! they match begins and ends.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use globset::{GlobBuilder, GlobMatcher};

/// What makes a text more than what it says.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '{', '}', ',', '\\'];
/// The same, but for `*` itself.
const MORE_THAN_STARS: [char; 7] = ['?', '[', ']', '{', '}', ',', '\\'];

/// Whether letters are compared as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Kept,
    Folded,
}

/// A pattern whose `*` stands for anything.
#[derive(Clone, Debug)]
pub struct Glob {
    case: Case,
    /// How all that it matches begins,
    start: Box<[u8]>,
    /// and ends.
    end: Box<[u8]>,
    between: Between,
}

/// What stands between the two.
#[derive(Clone, Debug)]
enum Between {
    /// Nothing: the start is all of it.
    Nothing,
    /// Anything, with these texts in it, in their order.
    Texts(Box<[Box<[u8]>]>),
    /// What this finds, in the whole text.
    Matched(Box<GlobMatcher>),
}

impl Glob {
    /// Reads one; the error says what is wrong with it.
    pub fn read(text: &str, case: Case) -> Result<Glob, globset::ErrorKind> {
        let bytes = |text: &str| Box::from(text.as_bytes());
        if let Some((start, texts, end)) = around_stars(text) {
            let texts = texts.into_iter().map(bytes).collect();
            return Ok(Glob { case, start: bytes(start), end: bytes(end), between: Between::Texts(texts) });
        }
        let Some((start, end)) = sides(text) else {
            return Ok(Glob { case, start: bytes(text), end: bytes(""), between: Between::Nothing });
        };
        let mut builder = GlobBuilder::new(text);
        builder.literal_separator(false).backslash_escape(true).case_insensitive(case == Case::Folded);
        let glob = builder.build().map_err(|error| error.kind().clone())?;
        let between = Between::Matched(Box::new(glob.compile_matcher()));
        Ok(Glob { case, start: bytes(start), end: bytes(end), between })
    }

    /// Whether all of a text is what it stands for.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let begins = text.get(..self.start.len()).is_some_and(|start| self.is_same(start, &self.start));
        let rest = text.len().checked_sub(self.end.len());
        let ends = || rest.is_some_and(|at| self.is_same(&text[at..], &self.end));
        begins
            && ends()
            && match &self.between {
                Between::Nothing => text.len() == self.start.len(),
                Between::Texts(texts) => {
                    let inner = rest.and_then(|end| text.get(self.start.len()..end));
                    inner.is_some_and(|inner| self.has_in_order(inner, texts))
                }
                Between::Matched(matcher) => matcher.is_match(OsStr::from_bytes(text)),
            }
    }

    /// Whether these stand there, one behind the other. Each is taken where it stands first, which leaves the most to the next.
    fn has_in_order(&self, text: &[u8], others: &[Box<[u8]>]) -> bool {
        let mut rest = text;
        others.iter().all(|other| {
            let found = rest.windows(other.len()).position(|part| self.is_same(part, other));
            found.inspect(|at| rest = &rest[at + other.len()..]).is_some()
        })
    }

    fn is_same(&self, text: &[u8], other: &[u8]) -> bool {
        match self.case {
            Case::Kept => text == other,
            Case::Folded => text.eq_ignore_ascii_case(other),
        }
    }
}

/// What stands before, between and behind stars, where nothing else is special: not even a star beside a star, which means more.
fn around_stars(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    if text.contains(MORE_THAN_STARS) || text.contains("**") {
        return None;
    }
    let (start, rest) = text.split_once('*')?;
    let mut between: Vec<&str> = rest.split('*').collect();
    let end = between.pop()?;
    Some((start, between, end))
}

/// What stands before all that is special, and behind it; None where nothing is. A slash beside `**` may stand for nothing.
fn sides(text: &str) -> Option<(&str, &str)> {
    let (first, last) = (text.find(SPECIAL)?, text.rfind(SPECIAL)?);
    Some((text[..first].trim_end_matches('/'), text[last + 1..].trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_stands_for_what_it_says() {
        let table: &[(&str, &str, bool)] = &[
            ("/srv/*/www", "/srv/a/www", true),
            ("/srv/*/www", "/srv/a/b/www", true),
            ("/srv/*/www", "/srv/a/wwww", false),
            ("/srv/**/www", "/srv/www", true),
            ("**/www", "www", true),
            ("/srv/[ab]c", "/srv/bc", true),
            ("/srv/{a,bc}", "/srv/bc", true),
            ("/srv/\\*", "/srv/*", true),
            ("/srv/\\*", "/srv/x", false),
            ("/srv/*/a*b/c", "/srv/x/y/ab/c", true),
            ("/srv/*/a*b/c", "/srv/x/y/b/a/c", false),
            ("/srv/*a*", "/srv/", false),
            ("ab*ba", "aba", false),
            ("/srv/a", "/srv/a", true),
            ("/srv/a", "/srv/A", false),
        ];
        for (pattern, text, expected) in table {
            let glob = Glob::read(pattern, Case::Kept).expect(pattern);
            assert_eq!(glob.is_match(text.as_bytes()), *expected, "{pattern} for {text}");
        }
        let names = Glob::read("*.Example.COM", Case::Folded).unwrap();
        assert!(names.is_match(b"ftp.eXample.com") && !names.is_match(b"example.com"));
        assert!(Glob::read("c1.Example", Case::Folded).unwrap().is_match(b"C1.example"));
        assert!(Glob::read("[a", Case::Kept).is_err());
    }

    proptest! {
        /// What is answered without running it is what running it would have answered.
        #[test]
        fn no_answer_depends_on_the_short_way(pattern in "([ab/*?{},\\[\\]\\\\A]{0,8}|[ab/*]{0,8})", text in "[abA/*,]{0,12}", folds: bool) {
            let case = if folds { Case::Folded } else { Case::Kept };
            let whole = GlobBuilder::new(&pattern)
                .literal_separator(false)
                .backslash_escape(true)
                .case_insensitive(folds)
                .build();
            if let (Ok(glob), Ok(whole)) = (Glob::read(&pattern, case), whole) {
                prop_assert_eq!(glob.is_match(text.as_bytes()), whole.compile_matcher().is_match(&text));
            }
        }
    }
}
