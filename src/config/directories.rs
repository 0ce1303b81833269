//! `<Directory>`: which sections a path lies in, and what they say together. The deepest match weighs most.

use std::path::Path;

use super::settings::{DirectoryRules, PathRules};

/// The `<Directory>` sections of one scope.
#[derive(Debug, Default)]
pub struct Sections {}

impl DirectoryRules {
    /// What holds for a canonical path, given the session's canonical home for `~`.
    pub fn rules_for(&self, canonical: &Path, home: &Path) -> PathRules<'_> {
        let _ = (canonical, home);
        todo!()
    }
}
