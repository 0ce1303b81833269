//! The files of one session: what its client names is resolved below its root, judged by the one function in
//! `authorise`, and only then touched. Nothing else in the daemon opens a client's file.

use std::path::PathBuf;
use std::rc::Rc;

use crate::config::settings::DirectoryRules;
use crate::worker::giving::Giver;

mod accounting;
mod altering;
mod authorise;
mod copying;
mod denied;
mod directory;
mod landing;
mod links;
mod moving;
mod operation;
mod path;
mod policy;
mod portion;
mod retrieving;
mod rights;
mod root;
mod storing;
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
pub use directory::{Directory, Listable};
pub use landing::Unnamed;
pub use moving::RenameSource;
pub use path::FtpPath;
pub use policy::{Asked, Policy, Verb};
pub use portion::Portion;
pub use retrieving::Source;
pub use rights::Asker;
pub use root::Root;
pub use storing::{CloseError, Placement, Target};

/// A session's files.
#[derive(Debug)]
pub struct Storage {
    root: Root,
    policy: Policy,
    accounting: Rc<Accounting>,
    giver: Option<Box<Giver>>,
}

impl Storage {
    /// The files below `root`, under the rules of the session's scope; `home` is what `~` means in them.
    pub fn new(root: Root, rules: &'static DirectoryRules, home: PathBuf) -> Storage {
        Storage { root, policy: Policy { rules, home }, accounting: Rc::default(), giver: None }
    }

    /// The same, where new files have other owners.
    pub fn giving(self, giver: Option<Box<Giver>>) -> Storage {
        Storage { giver, ..self }
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
