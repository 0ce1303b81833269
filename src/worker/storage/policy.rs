//! What one request is judged by: the scope's rules, and what the client asked for in which words.

use std::os::fd::BorrowedFd;
use std::path::Path;

use super::denied::{Denied, Reason};
use super::folder_files::{Amendments, FolderFiles, Freshness};
use super::path::FtpPath;
use crate::config::settings::{Decider, DirectoryRules, PathRules, Rule, Subject};
use crate::logging::Printable;
use crate::logging::trace::{self, Channel};
use crate::protocol::{self, site::Row};
use crate::sys::files::Identity;
use crate::sys::identity;

/// The rules of a session's scope.
#[derive(Debug)]
pub struct Policy {
    /// By folder.
    pub rules: &'static DirectoryRules,
    /// Who the session is to them.
    pub subject: &'static Subject,
    /// What folders' own files add, where they are heard.
    pub files: Option<Box<FolderFiles>>,
}

/// A place on the host of which the rules are asked.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// Links followed.
    pub canonical: &'a Path,
    /// Whether a folder stands there: then what holds in it holds for it.
    pub is_folder: bool,
    /// By what the folders around it are found.
    pub hold: Hold<'a>,
}

/// By what the folders around a place are found. Their names may lead elsewhere by the time they are followed; what is held may not.
#[derive(Clone, Copy, Debug)]
pub enum Hold<'a> {
    /// Nothing is held: by their names.
    Names,
    /// The folder itself, or the one that holds it by this name.
    Folder { place: BorrowedFd<'a>, is: Identity, below: Option<&'a [u8]> },
    /// This file, in the folder that holds it by its name.
    File(Identity),
}

impl<'a> Spot<'a> {
    /// Of a folder.
    pub fn folder(canonical: &'a Path) -> Spot<'a> {
        Spot::named(canonical, true)
    }

    /// Of a name.
    pub fn named(canonical: &'a Path, is_folder: bool) -> Spot<'a> {
        Spot { canonical, is_folder, hold: Hold::Names }
    }

    /// The folder whose rules hold here.
    pub(super) fn innermost(self) -> &'a Path {
        self.canonical.parent().filter(|_| !self.is_folder).unwrap_or(self.canonical)
    }
}

impl Policy {
    /// What holds at a place.
    pub fn rules_at(&self, spot: Spot<'_>) -> PathRules<'static> {
        self.rules_as_of(spot, Freshness::Now)
    }

    /// The same for a command that touches no file.
    pub fn rules_lately(&self, spot: Spot<'_>) -> PathRules<'static> {
        self.rules_as_of(spot, Freshness::Lately)
    }

    fn rules_as_of(&self, spot: Spot<'_>, freshness: Freshness) -> PathRules<'static> {
        match &self.files {
            None => self.rules.rules_for(spot.canonical, self.subject),
            Some(_) => self.rules.amended(spot.canonical, self.subject, &self.amendments(spot, freshness)),
        }
    }

    /// Whether the configuration says something of a matter, or a file around a place may.
    pub fn speaks_at(&self, is_said: bool, spot: Spot<'_>) -> bool {
        is_said || !self.amendments(spot, Freshness::Now).is_empty()
    }

    fn amendments(&self, spot: Spot<'_>, freshness: Freshness) -> Amendments {
        let is_heard = |folder: &Path| self.rules.is_amended_in(folder, self.subject);
        let files = self.files.as_ref();
        files.map(|files| files.around(spot, freshness, &is_heard)).unwrap_or_default()
    }
}

/// A verb as `<Limit>` knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// Upper case.
    pub name: &'static str,
    /// `READ`, `WRITE`, `DIRS`.
    pub groups: &'static [&'static str],
    /// Verbs that do the same to a file, with their groups: where one of them is refused, this one is no way around it.
    pub also: &'static [(&'static str, &'static [&'static str])],
}

impl Verb {
    /// Whether `<Limit>` allows it where these rules hold.
    pub fn is_allowed(&self, rules: &PathRules<'_>) -> bool {
        let own = (self.name, self.groups);
        std::iter::once(&own).chain(self.also).all(|(name, groups)| rules.allows(name, groups))
    }

    /// The same, with the rule that refuses.
    pub fn judge(&self, rules: &PathRules<'_>) -> Result<(), Rule> {
        let own = (self.name, self.groups);
        std::iter::once(&own).chain(self.also).try_for_each(|(name, groups)| rules.judge(name, groups))
    }

    /// What decides so, for each of its names.
    pub fn deciders<'a>(
        &'a self,
        rules: &'a PathRules<'_>,
    ) -> impl Iterator<Item = (&'static str, Decider<'a>)> {
        let own = (self.name, self.groups);
        let verbs = std::iter::once(own).chain(self.also.iter().copied());
        verbs.map(|(name, groups)| (name, rules.decision(name, groups).1))
    }

    /// Whether it takes hidden files for absent (IgnoreHidden).
    pub fn ignores_hidden(&self, rules: &PathRules<'_>) -> bool {
        let own = (self.name, self.groups);
        let mut verbs = std::iter::once(&own).chain(self.also);
        verbs.any(|(name, groups)| rules.hiding().is_ignored_by(name, groups))
    }
}

impl From<&protocol::Verb> for Verb {
    fn from(verb: &protocol::Verb) -> Verb {
        Verb { name: verb.name, groups: verb.groups, also: &[] }
    }
}

impl From<&Row> for Verb {
    fn from(row: &Row) -> Verb {
        Verb { name: row.limit, groups: row.groups, also: row.also }
    }
}

/// A request for a path.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The verb.
    pub verb: Verb,
    /// As the client gave it: filters look at it, refusals name it.
    pub argument: Vec<u8>,
    /// What it means.
    pub path: FtpPath,
}

impl Asked {
    /// Reads a client's argument in its working directory.
    pub fn new(verb: Verb, cwd: &FtpPath, argument: &[u8]) -> Result<Asked, Denied> {
        match cwd.join(argument) {
            Ok(path) => Ok(Asked { verb, argument: argument.to_vec(), path }),
            Err(error) => Err(Denied::new(argument, error)),
        }
    }

    /// A refusal of this request.
    pub fn denied(&self, reason: impl Into<Reason>) -> Denied {
        let reason = reason.into();
        if let Reason::System(error) = &reason {
            trace::tell(Channel::Fileperms, 1, || {
                let ((uid, gid), path) = (identity::own(), Printable(self.path.as_bytes()));
                format!("{} of '{path}' by uid {} and gid {}: {error}", self.verb.name, uid.0, gid.0)
            });
        }
        Denied::new(&self.argument, reason)
    }
}
