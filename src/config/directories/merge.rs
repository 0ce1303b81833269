//! What the scopes around a path say together: the nearest that says something of a matter decides it.

use std::ops::Deref;
use std::rc::Rc;

use super::super::listings::{self, ListOptions};
use super::super::settings::{
    ChdirDisplay, Fakes, Filter, FilterPattern, HiddenHere, HiddenName, HiddenStores, ScopeRules, Subject,
};

/// What holds for one path. Nothing is looked for before it is asked.
#[derive(Clone, Debug)]
pub struct PathRules<'a> {
    /// The scopes around it, the nearest first.
    pub(in crate::config) scopes: Vec<Scope<'a>>,
    /// Who is asked about.
    pub(in crate::config) subject: &'a Subject,
}

/// One scope around a path.
#[derive(Clone, Debug)]
pub enum Scope<'a> {
    /// Of the configuration.
    Said(&'a ScopeRules),
    /// Of a folder's own file.
    Read(Rc<ScopeRules>),
}

impl Deref for Scope<'_> {
    type Target = ScopeRules;

    fn deref(&self) -> &ScopeRules {
        match self {
            Scope::Said(rules) => rules,
            Scope::Read(rules) => rules,
        }
    }
}

impl PathRules<'_> {
    fn nearest<'s, T>(&'s self, says: impl Fn(&'s ScopeRules) -> Option<T>) -> Option<T> {
        self.scopes.iter().find_map(|scope| says(scope))
    }

    /// Umask for files.
    pub fn umask_file(&self) -> u32 {
        self.nearest(|scope| scope.umask).map_or(0o022, |(files, _)| files)
    }

    /// Umask for folders.
    pub fn umask_directory(&self) -> u32 {
        self.nearest(|scope| scope.umask).map_or(0o022, |(_, folders)| folders)
    }

    /// AllowOverwrite.
    pub fn allow_overwrite(&self) -> bool {
        self.nearest(|scope| scope.allow_overwrite).unwrap_or(false)
    }

    /// AllowStoreRestart.
    pub fn allow_store_restart(&self) -> bool {
        self.nearest(|scope| scope.allow_store_restart).unwrap_or(false)
    }

    /// AllowRetrieveRestart.
    pub fn allow_retrieve_restart(&self) -> bool {
        self.nearest(|scope| scope.allow_retrieve_restart).unwrap_or(true)
    }

    /// ShowSymlinks.
    pub fn show_symlinks(&self) -> bool {
        self.nearest(|scope| scope.show_symlinks).unwrap_or(true)
    }

    /// DigestEnable: sums are made of files here.
    pub fn digests(&self) -> bool {
        self.nearest(|scope| scope.digests).unwrap_or(true)
    }

    /// ListOptions.
    pub fn list_options(&self) -> &ListOptions {
        self.nearest(|scope| scope.list_options.as_ref()).unwrap_or(&listings::USUAL)
    }

    /// StoreUniquePrefix: how STOU's names begin.
    pub fn unique_prefix(&self) -> &str {
        self.nearest(|scope| scope.unique_prefix.as_deref()).unwrap_or("ftp")
    }

    /// HiddenStores: what an upload is called until it is whole.
    pub fn hidden_stores(&self) -> Option<&HiddenName> {
        match self.nearest(|scope| scope.hidden_stores.as_ref()) {
            Some(HiddenStores::On(name)) => Some(name),
            Some(HiddenStores::Off) | None => None,
        }
    }

    /// DeleteAbortedStores; on with HiddenStores unless it is said.
    pub fn delete_aborted(&self) -> bool {
        self.nearest(|scope| scope.delete_aborted).unwrap_or_else(|| self.hidden_stores().is_some())
    }

    /// UserOwner.
    pub fn user_owner(&self) -> Option<&str> {
        self.nearest(|scope| scope.user_owner.as_deref())
    }

    /// GroupOwner, and whether a folder's own file says it.
    pub fn group_owner(&self) -> Option<(&str, bool)> {
        let said = |scope: &'_ Scope<'_>| matches!(scope, Scope::Read(_));
        self.scopes.iter().find_map(|scope| Some((scope.group_owner.as_deref()?, said(scope))))
    }

    /// Whether new files are given to anybody.
    pub fn name_an_owner(&self) -> bool {
        self.user_owner().is_some() || self.group_owner().is_some()
    }

    /// DisplayChdir: what is shown to who enters this folder.
    pub fn display_chdir(&self) -> Option<&ChdirDisplay> {
        self.nearest(|scope| scope.display_chdir.as_ref())
    }

    /// DenyFilter: a command whose argument matches is refused.
    pub fn deny_filter(&self) -> Option<&FilterPattern> {
        self.nearest(|scope| scope.deny_filter.as_ref()).and_then(Filter::pattern)
    }

    /// AllowFilter: a command whose argument does not match is refused.
    pub fn allow_filter(&self) -> Option<&FilterPattern> {
        self.nearest(|scope| scope.allow_filter.as_ref()).and_then(Filter::pattern)
    }

    /// PathDenyFilter: a name that matches is not made.
    pub fn path_deny_filter(&self) -> Option<&FilterPattern> {
        self.nearest(|scope| scope.path_deny_filter.as_ref()).and_then(Filter::pattern)
    }

    /// PathAllowFilter: a name that does not match is not made.
    pub fn path_allow_filter(&self) -> Option<&FilterPattern> {
        self.nearest(|scope| scope.path_allow_filter.as_ref()).and_then(Filter::pattern)
    }

    /// HideFiles and its like.
    pub fn hiding(&self) -> HiddenHere<'_> {
        HiddenHere::merged(self.scopes.iter().map(|scope| &scope.hiding))
    }

    /// Whether there is a command that takes what is hidden here for absent.
    pub fn ignores_hidden(&self) -> bool {
        self.scopes.iter().any(|scope| !scope.hiding.ignored_by.is_empty())
            && self.scopes.iter().any(|scope| scope.hiding.hides())
    }

    /// DirFakeUser and its like.
    pub fn fakes(&self) -> Fakes {
        Fakes::merged(self.scopes.iter().map(|scope| &scope.fakes))
    }

    /// The scopes whose `<Limit>` sections are heard, the nearest first; and the one behind them that a DenyAll outside every `<Limit>`
    /// closes.
    pub(in crate::config) fn heard(&self) -> (&[Scope<'_>], Option<&Scope<'_>>) {
        let nearest = self.scopes.iter().position(|scope| scope.says.is_some());
        match nearest.filter(|at| self.scopes[*at].says == Some(false)) {
            Some(closing) => (&self.scopes[..closing], self.scopes.get(closing)),
            None => (&self.scopes, None),
        }
    }
}

impl Filter {
    fn pattern(&self) -> Option<&FilterPattern> {
        match self {
            Filter::Pattern(pattern) => Some(pattern),
            Filter::None => None,
        }
    }
}
