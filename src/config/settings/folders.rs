//! What holds by folder, and for one path.

use std::path::PathBuf;
use std::rc::Rc;

use super::{AccessRules, Fakes, Hiding, TransferLines, Written};
pub use crate::config::directories::PathRules;
use crate::config::directories::Sections;
pub use crate::config::limits::Decider;
use crate::config::listings::ListOptions;

/// What holds by folder: the scope itself and its `<Directory>` sections. Which of them meet in a path is known only when the path
/// and the session's home are, so [`DirectoryRules::rules_for`] merges them then, without copying a pattern.
#[derive(Debug)]
pub struct DirectoryRules {
    /// Outside every `<Directory>`.
    pub base: ScopeRules,
    /// `<Directory>` sections and the way to them.
    pub sections: Sections,
}

/// What a folder's own file says. Against the configuration's section for the very folder its limits weigh more and everything else less,
/// as in ProFTPD.
#[derive(Debug, Default)]
pub struct FolderRules {
    /// `<Limit>`, AllowAll, DenyAll.
    pub limits: Rc<ScopeRules>,
    /// Everything else.
    pub values: Rc<ScopeRules>,
}

impl From<ScopeRules> for FolderRules {
    fn from(said: ScopeRules) -> FolderRules {
        let ScopeRules { limits, says, says_at, .. } = said;
        let values = ScopeRules { limits: Vec::new(), says: None, says_at: None, ..said };
        FolderRules {
            limits: Rc::new(ScopeRules { limits, says, says_at, ..ScopeRules::default() }),
            values: Rc::new(values),
        }
    }
}

/// What one scope says of its files; None where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct ScopeRules {
    /// AllowOverride: whether folders' own files are heard.
    pub allow_override: Option<bool>,
    /// Umask: for files and for folders.
    pub umask: Option<(u32, u32)>,
    /// AllowOverwrite.
    pub allow_overwrite: Option<bool>,
    /// AllowStoreRestart.
    pub allow_store_restart: Option<bool>,
    /// AllowRetrieveRestart.
    pub allow_retrieve_restart: Option<bool>,
    /// ShowSymlinks.
    pub show_symlinks: Option<bool>,
    /// DigestEnable.
    pub digests: Option<bool>,
    /// ListOptions.
    pub list_options: Option<ListOptions>,
    /// StoreUniquePrefix.
    pub unique_prefix: Option<String>,
    /// HiddenStores.
    pub hidden_stores: Option<HiddenStores>,
    /// DeleteAbortedStores.
    pub delete_aborted: Option<bool>,
    /// UserOwner: whose new files are.
    pub user_owner: Option<String>,
    /// GroupOwner; `~` is the session's own group.
    pub group_owner: Option<String>,
    /// DisplayChdir.
    pub display_chdir: Option<ChdirDisplay>,
    /// DenyFilter, AllowFilter: on a command's argument.
    pub deny_filter: Option<Filter>,
    /// See `deny_filter`.
    pub allow_filter: Option<Filter>,
    /// PathDenyFilter, PathAllowFilter: on names being made.
    pub path_deny_filter: Option<Filter>,
    /// See `path_deny_filter`.
    pub path_allow_filter: Option<Filter>,
    /// HideFiles and its like.
    pub hiding: Hiding,
    /// DirFakeUser and its like.
    pub fakes: Fakes,
    /// `<Limit>` sections, the nearest scope first.
    pub limits: Vec<Limit>,
    /// AllowAll (true) or DenyAll (false) outside every `<Limit>`.
    pub says: Option<bool>,
    /// Where it is said.
    pub says_at: Option<Written>,
    /// How many transfers, how fast, how large.
    pub transfers: TransferLines,
}

impl ScopeRules {
    /// UserOwner, GroupOwner: whether either is said.
    pub fn names_owners(&self) -> bool {
        self.user_owner.is_some() || self.group_owner.is_some()
    }
}

/// DisplayChdir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChdirDisplay {
    /// Of the folder entered; an absolute one is the root's.
    pub path: PathBuf,
    /// Once for each folder, and again when the file has changed.
    pub once: bool,
}

/// A filter directive: `none` ends what an outer scope began.
#[derive(Clone, Debug)]
pub enum Filter {
    /// `none`.
    None,
    /// What names are held against.
    Pattern(FilterPattern),
}

/// A filter's pattern.
#[derive(Clone, Debug)]
pub struct FilterPattern {
    /// What names are held against.
    pub regex: regex::bytes::Regex,
    /// Where it is written.
    pub written: Option<Written>,
}

impl From<regex::bytes::Regex> for FilterPattern {
    fn from(regex: regex::bytes::Regex) -> FilterPattern {
        FilterPattern { regex, written: None }
    }
}

/// HiddenStores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HiddenStores {
    /// Uploads have their own name from the beginning.
    Off,
    /// They have this one until they are whole.
    On(HiddenName),
}

/// What stands before and behind the name of an upload that is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenName {
    /// Before it; `%P` is the session's process.
    pub prefix: String,
    /// Behind it.
    pub suffix: String,
}

impl HiddenName {
    /// What an upload for `name` is called in a session of this process.
    pub fn of(&self, name: &[u8], process: u32) -> Vec<u8> {
        let filled = |part: &str| part.replace("%P", &process.to_string()).into_bytes();
        [filled(&self.prefix), name.to_vec(), filled(&self.suffix)].concat()
    }
}

/// One `<Limit>`.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Commands and groups, upper case: `STOR`, `READ`, `WRITE`, `DIRS`, `ALL`, `LOGIN`.
    pub commands: Vec<String>,
    /// Whom it lets.
    pub access: AccessRules,
    /// Where it begins.
    pub written: Option<Written>,
}

impl Limit {
    /// AllowAll (true), DenyAll (false) or nothing, for these commands.
    pub fn plain(commands: Vec<String>, allow: Option<bool>) -> Limit {
        Limit { commands, access: AccessRules::plain(allow), written: None }
    }
}
