//! What listings do not show of a folder, and what they show otherwise than it is.

use regex::bytes::Regex;

use super::Subject;
use crate::config::access::Term;

/// What one scope hides; None where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct Hiding {
    /// HideFiles: the first whose account is meant holds.
    pub names: Vec<HiddenNames>,
    /// HideUser.
    pub users: Option<Vec<HiddenOwner>>,
    /// HideGroup.
    pub groups: Option<Vec<HiddenOwner>>,
    /// HideNoAccess.
    pub no_access: Option<bool>,
    /// IgnoreHidden: the commands of each `<Limit>` that says so, upper case.
    pub ignored_by: Vec<Vec<String>>,
}

/// HideFiles.
#[derive(Clone, Debug)]
pub struct HiddenNames {
    /// What names are held against; `none` ends what an outer scope began.
    pub pattern: Option<Regex>,
    /// `!`: those that do not match are hidden.
    pub unless_found: bool,
    /// From whom.
    pub whom: Term,
}

/// HideUser and HideGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenOwner {
    /// Whose files.
    pub owner: Owner,
    /// `!`: all others' files.
    pub others: bool,
}

/// Whose files are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `~`: the session's own.
    Own,
    /// Those of a name, and the ids that it had when the configuration was read.
    Named(String, Vec<u32>),
}

impl Hiding {
    /// Whether it says anything of what is hidden.
    pub fn hides(&self) -> bool {
        let Hiding { names, users, groups, no_access, ignored_by: _ } = self;
        !names.is_empty() || users.is_some() || groups.is_some() || *no_access == Some(true)
    }
}

/// What is hidden in one folder, the nearest scope first.
#[derive(Clone, Debug)]
pub struct HiddenHere<'a> {
    scopes: Vec<&'a Hiding>,
}

impl<'a> HiddenHere<'a> {
    /// What these scopes say together.
    pub fn merged(scopes: impl Iterator<Item = &'a Hiding>) -> HiddenHere<'a> {
        let says =
            |scope: &&Hiding| scope.hides() || scope.no_access.is_some() || !scope.ignored_by.is_empty();
        HiddenHere { scopes: scopes.filter(says).collect() }
    }

    /// Whether anything may be hidden here.
    pub fn says_anything(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// HideFiles for an account.
    pub fn names(&self, viewer: &Subject) -> Option<&'a HiddenNames> {
        let mut names = self.scopes.iter().flat_map(|scope| &scope.names);
        names.find(|names| names.whom.has(viewer) == Some(true))
    }

    /// HideUser: those of the nearest scope that has any.
    pub fn users(&self) -> &'a [HiddenOwner] {
        self.scopes.iter().find_map(|scope| scope.users.as_deref()).unwrap_or_default()
    }

    /// HideGroup, likewise.
    pub fn groups(&self) -> &'a [HiddenOwner] {
        self.scopes.iter().find_map(|scope| scope.groups.as_deref()).unwrap_or_default()
    }

    /// HideNoAccess.
    pub fn no_access(&self) -> bool {
        self.scopes.iter().find_map(|scope| scope.no_access).unwrap_or(false)
    }

    /// IgnoreHidden: whether a verb (upper case) of these groups takes hidden files for absent ones. `on` anywhere around holds: an
    /// `off` within is no way around it, as in ProFTPD.
    pub fn is_ignored_by(&self, verb: &str, groups: &[&str]) -> bool {
        let is_meant = |name: &String| name == verb || name == "ALL" || groups.contains(&name.as_str());
        self.scopes.iter().flat_map(|scope| &scope.ignored_by).flatten().any(is_meant)
    }
}

/// DirFakeUser, DirFakeGroup, DirFakeMode; None where a scope says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fakes {
    /// DirFakeUser.
    pub user: Option<FakeName>,
    /// DirFakeGroup.
    pub group: Option<FakeName>,
    /// DirFakeMode.
    pub mode: Option<u32>,
}

/// Whose a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FakeName {
    /// `off`: whose it is.
    Real,
    /// `~`: the session's.
    Own,
    /// This one's.
    Of(String),
}

impl Fakes {
    /// Whether it says anything.
    pub fn says_anything(&self) -> bool {
        *self != Fakes::default()
    }

    /// What these scopes say together, the nearest first.
    pub fn merged<'a>(scopes: impl Iterator<Item = &'a Fakes> + Clone) -> Fakes {
        let is_fake = |name: &&FakeName| **name != FakeName::Real;
        Fakes {
            user: scopes.clone().find_map(|fakes| fakes.user.as_ref()).filter(is_fake).cloned(),
            group: scopes.clone().find_map(|fakes| fakes.group.as_ref()).filter(is_fake).cloned(),
            mode: scopes.clone().find_map(|fakes| fakes.mode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignoring(commands: &[&str]) -> Hiding {
        let commands = commands.iter().map(|name| name.to_string()).collect();
        Hiding { ignored_by: vec![commands], ..Hiding::default() }
    }

    #[test]
    fn a_verb_ignores_what_its_name_its_group_or_all_ignores() {
        for (commands, retr, list) in [
            (&["RETR"][..], true, false),
            (&["READ"], true, false),
            (&["DIRS", "READ"], true, true),
            (&["ALL"], true, true),
        ] {
            let scopes = [Hiding::default(), ignoring(commands)];
            let here = HiddenHere::merged(scopes.iter());
            assert_eq!(here.is_ignored_by("RETR", &["READ"]), retr, "{commands:?}");
            assert_eq!(here.is_ignored_by("LIST", &["DIRS"]), list, "{commands:?}");
        }
    }

    #[test]
    fn the_nearest_scope_that_names_owners_holds() {
        let named = |name: &str| HiddenOwner { owner: Owner::Named(name.into(), vec![7]), others: false };
        let outer = Hiding { users: Some(vec![named("a"), named("b")]), ..Hiding::default() };
        let inner = Hiding { users: Some(vec![named("c")]), no_access: Some(false), ..Hiding::default() };
        let scopes = [inner, outer.clone()];
        assert_eq!(HiddenHere::merged(scopes.iter()).users(), [named("c")]);
        assert_eq!(HiddenHere::merged([outer].iter()).users().len(), 2);
    }
}
