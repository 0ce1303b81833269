//! DefaultRoot and DefaultChdir: whose home `~user` is, looked up while the configuration is read.

use super::complaint::Complaints;
use super::draft::{NamedDraft, PathDraft};
use super::names::home_of;
use super::settings::PathFor;

/// Where sessions are confined and where they begin.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    pub default_root: Vec<PathFor>,
    pub default_chdir: Vec<PathFor>,
}

/// What a scope's lines stand for.
pub fn roots(said: &NamedDraft, complaints: &mut Complaints) -> Roots {
    let mut resolved = |drafts: &[PathDraft], directive: &str| {
        drafts.iter().filter_map(|draft| path_for(draft, directive, complaints)).collect()
    };
    Roots {
        default_root: resolved(&said.default_root, "DefaultRoot"),
        default_chdir: resolved(&said.default_chdir, "DefaultChdir"),
    }
}

/// A relative path is the home's.
fn path_for(draft: &PathDraft, directive: &str, complaints: &mut Complaints) -> Option<PathFor> {
    let text = &draft.path.text;
    let path = match text.strip_prefix('~') {
        Some("") => text.clone(),
        Some(rest) if rest.starts_with('/') => text.clone(),
        Some(_) => home_of(&draft.path, directive, complaints)?,
        None if text.starts_with('/') => text.clone(),
        None => format!("~/{text}"),
    };
    Some(PathFor { path, groups: draft.groups.clone() })
}
