//! Which lines of AuthUserFile and AuthGroupFile count: those that pass the filters behind the path. The others are nobody's.

use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use regex::bytes::Regex;

/// A file of accounts or groups, and which of its lines count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FilteredFile {
    /// Where it is.
    pub path: PathBuf,
    /// What its lines must be like.
    pub filter: LineFilter,
}

/// What a line must be like. By default any will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineFilter {
    /// `id`: its uid or gid is one of these.
    pub ids: Option<RangeInclusive<u32>>,
    /// `name`: its name is like this.
    pub name: Option<Likeness>,
    /// `home`: its home is like this.
    pub home: Option<Likeness>,
}

/// Like a pattern, or with `!` before it unlike.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// The pattern.
    pub pattern: Regex,
    /// What is like it does not count.
    pub is_negated: bool,
}

impl LineFilter {
    /// Whether an account's line counts.
    pub fn passes_user(&self, name: &[u8], uid: u32, home: &[u8]) -> bool {
        self.passes_group(name, uid) && self.home.as_ref().is_none_or(|wanted| wanted.is_met_by(home))
    }

    /// Whether a group's line counts.
    pub fn passes_group(&self, name: &[u8], gid: u32) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&gid))
            && self.name.as_ref().is_none_or(|wanted| wanted.is_met_by(name))
    }
}

impl Likeness {
    fn is_met_by(&self, text: &[u8]) -> bool {
        self.pattern.is_match(text) != self.is_negated
    }
}

/// Two are the same if they say the same.
impl PartialEq for Likeness {
    fn eq(&self, other: &Likeness) -> bool {
        (self.pattern.as_str(), self.is_negated) == (other.pattern.as_str(), other.is_negated)
    }
}

impl From<PathBuf> for FilteredFile {
    fn from(path: PathBuf) -> FilteredFile {
        FilteredFile { path, filter: LineFilter::default() }
    }
}

impl Eq for Likeness {}

impl Hash for Likeness {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.pattern.as_str(), self.is_negated).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(pattern: &str) -> Option<Likeness> {
        Some(Likeness { pattern: Regex::new(pattern).unwrap(), is_negated: false })
    }

    fn unlike(pattern: &str) -> Option<Likeness> {
        like(pattern).map(|likeness| Likeness { is_negated: true, ..likeness })
    }

    #[test]
    fn a_line_counts_that_passes_every_filter() {
        let any = LineFilter::default;
        let table: [(LineFilter, bool); 8] = [
            (any(), true),
            (LineFilter { ids: Some(1000..=1001), ..any() }, true),
            (LineFilter { ids: Some(1002..=1005), ..any() }, false),
            (LineFilter { name: like("^ftp"), ..any() }, true),
            (LineFilter { name: unlike("^ftp"), ..any() }, false),
            (LineFilter { home: like("^/srv"), ..any() }, true),
            (LineFilter { home: unlike("^/srv"), ..any() }, false),
            (LineFilter { ids: Some(1..=2000), name: like("demo"), home: like("^/home") }, false),
        ];
        for (filter, passes) in table {
            assert_eq!(filter.passes_user(b"ftpdemo", 1001, b"/srv/demo"), passes, "{filter:?}");
        }
        let of_groups = LineFilter { ids: Some(80..=80), name: unlike("x"), ..any() };
        assert!(of_groups.passes_group(b"web", 80));
        assert!(!of_groups.passes_group(b"xweb", 80) && !of_groups.passes_group(b"web", 81));
    }
}
