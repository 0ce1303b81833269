//! The files of one session: what its client names is resolved below its root, judged by the one function in
//! `authorise`, and only then touched. Nothing else in the daemon opens a client's file.

use std::path::Path;
use std::rc::Rc;

use crate::config::settings::{DirectoryRules, Fakes, PathRules, Subject};
use crate::sys::{GroupId, UserId};
use crate::worker::user_owner::Giver;
use folder_files::FolderFiles;

mod accounting;
mod aliases;
mod alike;
mod altering;
mod authorise;
mod copying;
mod denied;
mod directory;
mod folder_file;
mod folder_files;
mod hiding;
mod landing;
mod links;
mod links_within;
mod moving;
mod names;
mod operation;
mod path;
mod placement;
mod policy;
mod portion;
mod rehearsing;
mod retrieving;
mod rights;
mod robots;
mod root;
mod seeing;
mod seeking;
mod storing;
mod terms;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod trees;
mod unique;
mod way;

pub use accounting::{Accounting, Change};
pub use aliases::NoAlias;
pub use altering::Altered;
pub use authorise::filtered;
pub use copying::{Copy, CopyVerbs};
pub use denied::{By, Denied, Reason, code_of, reason_of, words_of};
pub use directory::{Directory, Listable, Looked};
pub use folder_file::Listener;
pub use landing::Unnamed;
pub use moving::RenameSource;
pub use names::DirectoryNames;
pub use path::FtpPath;
pub use placement::Placement;
pub use policy::{Asked, Policy, Spot, Verb};
pub use portion::Portion;
pub use retrieving::Source;
pub use rights::{Asker, Rights, Viewpoint};
pub use root::Root;
pub use storing::{CloseError, Target};
pub use terms::{Counted, Terms};

/// A session's files.
#[derive(Debug)]
pub struct Storage {
    root: Rc<Root>,
    policy: Policy,
    accounting: Rc<Accounting>,
    giver: Option<Box<Giver>>,
    turns_robots_away: bool,
}

impl Storage {
    /// The files below `root`, under the rules of the session's scope; `subject` is who it is to them.
    pub fn new(root: Root, rules: &'static DirectoryRules, subject: &'static Subject) -> Storage {
        let policy = Policy { rules, subject, files: None };
        Storage {
            root: Rc::new(root),
            policy,
            accounting: Rc::default(),
            giver: None,
            turns_robots_away: false,
        }
    }

    /// The same, where folders' own files are heard; what is wrong with one is told to `listener`.
    pub fn hearing(self, listener: impl Listener + 'static) -> Storage {
        let is_heard = self.policy.rules.may_be_amended();
        let files = || Box::new(FolderFiles::new(Rc::clone(&self.root), Box::new(listener)));
        let files = is_heard.then(files);
        Storage { policy: Policy { files, ..self.policy }, ..self }
    }

    /// Another command begins: what folders' own files say may have changed.
    pub fn turn(&self) {
        if let Some(files) = &self.policy.files {
            files.turn();
        }
    }

    /// What holds in a folder, as was last known, for a command that touches no file.
    pub fn rules_in(&self, folder: &Path) -> PathRules<'static> {
        self.policy.rules_lately(Spot::folder(folder))
    }

    /// The same, where new files have other owners.
    pub fn giving(self, giver: Option<Box<Giver>>) -> Storage {
        Storage { giver, ..self }
    }

    /// What is shown of a file otherwise than it is.
    pub fn fakes(&self, spot: Spot<'_>) -> Fakes {
        match self.policy.speaks_at(self.policy.rules.fakes(), spot) {
            true => self.policy.rules_at(spot).fakes(),
            false => Fakes::default(),
        }
    }

    /// Whose session it is.
    pub fn own_ids(&self) -> Option<(UserId, GroupId)> {
        self.policy.subject.who.as_ref().map(|who| (who.uid, who.gid))
    }

    /// The session's root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The same, to be changed before anything is found in it.
    #[cfg(test)]
    pub fn root_mut(&mut self) -> &mut Root {
        Rc::get_mut(&mut self.root).expect("nobody else holds it")
    }

    /// What the session has made and removed.
    #[cfg(test)]
    pub fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}
