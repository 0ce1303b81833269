//! Where a rule is written, for the logs of what it refuses.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A line of a configuration file, or of a folder's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file as it was named.
    pub file: Arc<Path>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// A rule that refuses: its `file:line`, where it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule(pub Option<Box<str>>);

impl From<Option<&Written>> for Rule {
    fn from(written: Option<&Written>) -> Rule {
        Rule(written.map(|written| written.to_string().into()))
    }
}
