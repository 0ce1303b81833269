//! `<Directory>`: which sections a path lies in, and what they say together. Sections are merged when a path is asked for: only then
//! is it known which of them meet there (`~` is another folder in every session, patterns overlap), and a denial in one must not be
//! lost to a deeper one.

use std::path::Path;
use std::rc::Rc;

use super::settings::{DirectoryRules, FolderRules, Limit, ScopeRules, Subject};

mod merge;
mod sections;
mod target;
#[cfg(test)]
mod tests;

pub use merge::{PathRules, Scope};
pub use sections::{Reach, Sections};

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
        self.base.names_owners() || self.sections.name_owners
    }

    /// Whether anything is said of transfers anywhere.
    pub fn speak_of_transfers(&self) -> bool {
        self.base.transfers.say_something() || self.sections.speak_of_transfers
    }

    /// Whether the master has to know of transfers, wherever they are: limits hold for all of a user's.
    pub fn count_transfers(&self) -> bool {
        self.base.transfers.are_counted() || self.sections.count_transfers
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
        let scopes =
            self.sections.around(canonical, subject).into_iter().chain([&self.base]).map(Scope::Said);
        PathRules { scopes: scopes.collect(), subject }
    }

    /// The same, with what the folders' own files say: each for a folder that lies so deep, the deepest first. One weighs more than what the
    /// configuration says of the folders around its own, and less than what that says of folders within, as in ProFTPD.
    pub fn amended<'a>(
        &'a self,
        canonical: &Path,
        subject: &'a Subject,
        files: &[(usize, Rc<FolderRules>)],
    ) -> PathRules<'a> {
        let mut said = self.sections.by_depth(canonical, subject);
        said.push((Reach::default(), &self.base));
        let parts = files.iter().flat_map(|(depth, rules)| {
            let (limits, values) = (Reach::of_limits(*depth), Reach::of_values(*depth));
            [(limits, Rc::clone(&rules.limits)), (values, Rc::clone(&rules.values))]
        });
        let mut parts = parts.peekable();
        let mut scopes: Vec<Scope<'_>> = Vec::with_capacity(said.len() + 2 * files.len());
        for (at, (_, rules)) in said.iter().enumerate() {
            let is_outweighed = |reach: Reach| said[at..].iter().any(|(said, _)| *said > reach);
            while let Some((_, read)) = parts.next_if(|(reach, _)| !is_outweighed(*reach)) {
                scopes.push(Scope::Read(read));
            }
            scopes.push(Scope::Said(rules));
        }
        PathRules { scopes, subject }
    }

    /// Whether any folder's own file may be heard.
    pub fn may_be_amended(&self) -> bool {
        self.base.allow_override != Some(false) || self.sections.allow_override
    }

    /// Whether a folder's own file is heard (AllowOverride).
    pub fn is_amended_in(&self, folder: &Path, subject: &Subject) -> bool {
        if !self.sections.speak_of_override {
            return self.base.allow_override != Some(false);
        }
        let rules = self.rules_for(folder, subject);
        rules.scopes.iter().find_map(|scope| scope.allow_override) != Some(false)
    }

    /// Whether all that stands in a folder has the same rules, by whatever name.
    pub fn have_one_rule_in(&self, folder: &Path, subject: &Subject) -> bool {
        self.sections.tell_no_name_apart_in(folder, subject)
    }

    /// Whether a section is for the very path, and not only for what is around it. Between those of which this is not said nothing in the
    /// configuration tells two names of one folder apart.
    pub fn single_out(&self, path: &Path, subject: &Subject) -> bool {
        self.sections.single_out(path, subject)
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
