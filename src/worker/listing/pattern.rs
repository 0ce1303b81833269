//! Patterns in the last component of a listing's path, matched without going back in the name: no pattern takes more
//! than its length times the name's.

use globset::{Candidate, GlobBuilder, GlobMatcher};

/// Longest pattern that is taken for one.
const LENGTH_MOST: usize = 255;

/// A pattern of names, as in glob(7).
#[derive(Debug)]
pub struct Pattern {
    matcher: GlobMatcher,
    shows_dots: bool,
}

impl Pattern {
    /// None for bytes without wildcards, or that make no pattern.
    pub fn new(bytes: &[u8]) -> Option<Pattern> {
        let text = std::str::from_utf8(bytes).ok()?;
        if text.len() > LENGTH_MOST || !text.contains(['*', '?', '[']) {
            return None;
        }
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().ok()?;
        Some(Pattern { matcher: glob.compile_matcher(), shows_dots: text.starts_with('.') })
    }

    /// Whether a name matches. A leading dot must be named.
    pub fn matches(&self, name: &[u8]) -> bool {
        let hidden = name.first() == Some(&b'.') && !self.shows_dots;
        let own = name == b"." || name == b"..";
        !hidden && !own && self.matcher.is_match_candidate(&Candidate::from_bytes(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_shells_do() {
        let table: [(&str, &[u8], bool); 8] = [
            ("*.txt", b"a.txt", true),
            ("*.txt", b".a.txt", false),
            (".*", b".hidden", true),
            (".*", b"..", false),
            ("a?c", b"abc", true),
            ("[ab]*", b"b\xff", true),
            ("[!ab]*", b"b", false),
            ("*", b"\xff\xfe", true),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(
                Pattern::new(pattern.as_bytes()).unwrap().matches(name),
                expected,
                "{pattern} {name:?}"
            );
        }
        assert!(Pattern::new(b"plain").is_none());
        assert!(Pattern::new(b"\xff*").is_none());
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let pattern = Pattern::new("*a".repeat(120).as_bytes()).unwrap();
        assert!(!pattern.matches(&[b'a'; 119]));
        assert!(!pattern.matches(&[b'a'; 255].map(|_| b'b')));
    }
}
