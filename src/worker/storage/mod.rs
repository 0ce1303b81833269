//! The files of one session: what its client names is resolved below its root, judged by the one function in
//! `authorise`, and only then touched. Nothing else in the daemon opens a client's file.

use std::path::Path;
use std::rc::Rc;

use crate::config::settings::{DirectoryRules, FakesHere, Subject};
use crate::sys::{GroupId, UserId};
use crate::worker::giving::Giver;

mod accounting;
mod altering;
mod authorise;
mod copying;
mod denied;
mod directory;
mod hiding;
mod landing;
mod links;
mod moving;
mod operation;
mod path;
mod policy;
mod portion;
mod rehearsing;
mod retrieving;
mod rights;
mod root;
mod seeing;
mod storing;
mod terms;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod trees;
mod unique;

pub use crate::sys::files::{Name as DirectoryName, Names as DirectoryNames};
pub use accounting::{Accounting, Change};
pub use altering::Altered;
pub use copying::{Copy, CopyVerbs};
pub use denied::{Denied, Reason, code_of, words_of};
pub use directory::{Directory, Listable, Looked};
pub use landing::Unnamed;
pub use moving::RenameSource;
pub use path::FtpPath;
pub use policy::{Asked, Policy, Verb};
pub use portion::Portion;
pub use retrieving::Source;
pub use rights::Asker;
pub use root::Root;
pub use storing::{CloseError, Placement, Target};
pub use terms::{Counted, Terms};

/// A session's files.
#[derive(Debug)]
pub struct Storage {
    root: Root,
    policy: Policy,
    accounting: Rc<Accounting>,
    giver: Option<Box<Giver>>,
}

impl Storage {
    /// The files below `root`, under the rules of the session's scope; `subject` is who it is to them.
    pub fn new(root: Root, rules: &'static DirectoryRules, subject: &'static Subject) -> Storage {
        let policy = Policy { rules, subject };
        Storage { root, policy, accounting: Rc::default(), giver: None }
    }

    /// The same, where new files have other owners.
    pub fn giving(self, giver: Option<Box<Giver>>) -> Storage {
        Storage { giver, ..self }
    }

    /// Whether files may seem to be what they are not.
    pub fn fakes_anything(&self) -> bool {
        self.policy.rules.fakes()
    }

    /// What is shown of a canonical path otherwise than it is.
    pub fn fakes(&self, canonical: &Path) -> FakesHere<'static> {
        self.policy.rules.rules_for(canonical, self.policy.subject).fakes
    }

    /// Whose session it is.
    pub fn own_ids(&self) -> Option<(UserId, GroupId)> {
        self.policy.subject.who.as_ref().map(|who| (who.uid, who.gid))
    }

    /// The session's root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// What the session has made and removed.
    #[cfg(test)]
    pub fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}
