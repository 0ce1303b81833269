//! `<Directory>`: which sections a path lies in, and what they say together. Sections are merged when a path is asked for: only then
//! is it known which of them meet there (`~` is another folder in every session, patterns overlap), and a denial in one must not be
//! lost to a deeper one.

use std::path::Path;

use super::settings::{DirectoryRules, Limit, PathRules, ScopeRules, Subject};

mod merge;
mod sections;
mod target;
#[cfg(test)]
mod tests;

pub use sections::Sections;

impl DirectoryRules {
    /// Whether there is a `<Limit>` anywhere: without one there is nothing to ask for a name.
    pub fn has_limits(&self) -> bool {
        !self.base.limits.is_empty() || self.base.says.is_some() || self.sections.has_limits
    }

    /// What each scope says, in no order.
    pub fn scopes(&self) -> impl Iterator<Item = &ScopeRules> {
        self.sections.rules().chain([&self.base])
    }

    /// Whether new files have another owner or group anywhere.
    pub fn have_owners(&self) -> bool {
        self.scopes().any(|scope| scope.user_owner.is_some() || scope.group_owner.is_some())
    }

    /// Whether anything is said of transfers anywhere.
    pub fn speak_of_transfers(&self) -> bool {
        self.base.transfers.say_something() || self.sections.speak_of_transfers
    }

    /// Whether the master has to know of transfers, wherever they are: limits hold for all of a user's.
    pub fn count_transfers(&self) -> bool {
        self.base.transfers.are_counted() || self.sections.count_transfers
    }

    /// The scopes around a canonical path, the nearest first.
    pub(in crate::config) fn scopes_around(
        &self,
        canonical: &Path,
        subject: &Subject,
    ) -> impl Iterator<Item = &ScopeRules> {
        self.sections.around(canonical, subject).into_iter().chain([&self.base])
    }

    /// Whether anything is hidden anywhere.
    pub fn hides(&self) -> bool {
        self.base.hiding.hides() || self.sections.hides
    }

    /// Whether there is a command that takes what is hidden for absent.
    pub fn ignores_hidden(&self) -> bool {
        let is_ignored = !self.base.hiding.ignored_by.is_empty() || self.sections.ignores_hidden;
        is_ignored && self.hides()
    }

    /// Whether files are shown otherwise than they are anywhere.
    pub fn fakes(&self) -> bool {
        self.base.fakes.says_anything() || self.sections.fakes
    }

    /// The rules of one account, whose name stands for `%u` in sections; None where it stands in none.
    pub fn of_user(&self, name: &[u8]) -> Option<DirectoryRules> {
        let sections = self.sections.of_user(std::str::from_utf8(name).ok()?)?;
        Some(DirectoryRules { base: self.base.clone(), sections })
    }

    /// What holds for a canonical path, and for whom.
    pub fn rules_for<'a>(&'a self, canonical: &Path, subject: &'a Subject) -> PathRules<'a> {
        let mut scopes = self.sections.around(canonical, subject);
        scopes.push(&self.base);
        merge::merged(&scopes, subject)
    }

    /// What is asked at a login, which is done in no folder: `<Limit LOGIN>`, for everybody and for some, and nothing else.
    pub fn of_logins(&self) -> DirectoryRules {
        DirectoryRules { base: of_logins(&self.base), sections: self.sections.at_the_root(of_logins) }
    }
}

fn of_logins(rules: &ScopeRules) -> ScopeRules {
    let is_login = |limit: &&Limit| limit.commands.iter().any(|command| command == "LOGIN");
    let limits = rules.limits.iter().filter(is_login).cloned().collect();
    ScopeRules { limits, ..ScopeRules::default() }
}
