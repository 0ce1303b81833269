//! A session that is somebody: its account, the rules it came under, where it stands in its files, and what it has said
//! of the next transfer.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::display::{Held, Seen};
use super::listing::Owners;
use super::owner_names;
use super::rendezvous::Rendezvous;
use super::storage::{self, FtpPath, Portion, RenameSource, Root, Storage};
use super::subject;
use super::user_owner::Giver;
use super::watch::Watch;
use crate::auth::Account;
use crate::auth::secret::Secret;
use crate::config::listings::ListOptions;
use crate::config::settings::{Anonymous, DirectoryRules, Rule, SessionRules, Subject};
use crate::protocol::Verb;

/// Who came in, and by what.
pub struct Entry {
    /// By auth's word.
    pub account: Account,
    /// With USER.
    pub given_name: Vec<u8>,
    /// With PASS; an anonymous session's is what it likes to be called.
    pub given_password: Secret,
}

/// The state of a logged-in session.
pub struct Member {
    /// Whose identity it has.
    pub account: Account,
    /// As the client called itself.
    pub given_name: Vec<u8>,
    /// What an anonymous client is called in logs: what it gave as password, unless that is a proof; empty for others.
    pub given_address: Vec<u8>,
    /// Its section, for an anonymous session.
    pub anonymous: Option<&'static Anonymous>,
    /// What holds in every folder.
    pub rules: &'static SessionRules,
    /// What holds by folder.
    pub directories: &'static DirectoryRules,
    /// Who it is to the rules.
    pub subject: &'static Subject,
    /// Its home on the host, links followed.
    pub home: PathBuf,
    /// Names that its listings have shown.
    pub owners: Owners,
    /// Whom to ask for others.
    pub names: owner_names::Directory,
    /// Its files.
    pub storage: Storage,
    /// The working directory.
    pub cwd: FtpPath,
    /// Where it stood on the host when it was entered: `<Limit>` is asked there for commands that name no path.
    cwd_on_host: PathBuf,
    /// RNFR's file, for RNTO.
    pub renaming: Option<RenameSource>,
    /// SITE CPFR's file, for SITE CPTO: judged anew then.
    pub copying: Option<FtpPath>,
    /// How the next data connection is made.
    pub rendezvous: Rendezvous,
    /// REST or RANG, for the next transfer.
    pub portion: Portion,
    /// EPSV ALL was said.
    pub extended_only: bool,
    /// Display files that are out of its reach.
    pub held: Held,
    /// Display files of folders that it has seen.
    pub seen: Seen,
    /// Of all transfers.
    pub bytes_moved: u64,
}

impl Member {
    /// Whoever came in, at the root.
    pub fn new(
        (entry, home): (Entry, PathBuf),
        anonymous: Option<&'static Anonymous>,
        (rules, directories): (&'static SessionRules, &'static DirectoryRules),
        (root, watch): (Root, &Watch),
    ) -> Member {
        let Entry { account, given_name, given_password } = entry;
        // As long-lived as the process, which ends with its session.
        let settled = subject::settled(watch, Some((&account, home.clone())));
        let subject: &'static Subject = Box::leak(Box::new(settled));
        let given_address = match anonymous {
            // AnonRequirePassword: it is somebody's real one, and no log's business.
            Some(section) if section.require_password => given_name.clone(),
            Some(_) => given_password.reveal().to_vec(),
            None => Vec::new(),
        };
        let giver = Giver::new(watch.birth, watch.server_index, (&account, directories), &watch.log);
        let folder = root.stood().map_or_else(|| PathBuf::from("/"), Path::to_owned);
        let turns_robots_away = anonymous.is_some_and(|section| !section.allows_robots);
        let storage = Storage::new(root, directories, subject)
            .giving(giver)
            .without_robots(turns_robots_away)
            .hearing(watch.log.clone());
        Member {
            owners: Owners::default(),
            names: owner_names::Directory::new(watch.birth, watch.server_index, &account),
            account,
            given_name,
            given_address,
            anonymous,
            rules,
            directories,
            storage,
            subject,
            home,
            cwd: FtpPath::root(),
            cwd_on_host: folder,
            renaming: None,
            copying: None,
            rendezvous: Rendezvous::default(),
            portion: Portion::Whole,
            extended_only: false,
            held: Held::default(),
            seen: Seen::default(),
            bytes_moved: 0,
        }
    }

    /// Begins in a folder of the host, or, where that is not below the root, in the folder that the client sees by this
    /// name. False where neither is there to be entered: the session stays where it is.
    pub fn start_in(&mut self, folder: &Path) -> bool {
        // DefaultRoot ~, the usual case: the session stands there already.
        if folder == self.cwd_on_host {
            return true;
        }
        let Some((path, canonical)) = self.storage.enterable(&self.cwd, folder) else { return false };
        self.stand_in(path, canonical);
        true
    }

    /// What `~` and what begins with `~/` stand for: the home, as far as the client can see it; else the root. Every other path is
    /// the client's own word, `~user` too.
    pub fn meant(&self, given: &[u8]) -> Option<FtpPath> {
        let rest = given.strip_prefix(b"~").filter(|rest| rest.is_empty() || rest.starts_with(b"/"))?;
        let home = self.seen(&self.home);
        home.unwrap_or_else(FtpPath::root).join(rest.strip_prefix(b"/").unwrap_or(rest)).ok()
    }

    /// Moves the working directory to where a path leads on the host: `<Limit>` is judged there, and PWD tells it, so that `..` is
    /// the folder above it, however it was come by.
    pub fn stand_in(&mut self, path: FtpPath, canonical: PathBuf) {
        let seen = self.seen(&canonical);
        self.cwd = seen.unwrap_or(path);
        self.cwd_on_host = canonical;
    }

    /// Where it stands on the host.
    pub fn folder_on_host(&self) -> &Path {
        &self.cwd_on_host
    }

    /// A path of the host as the client sees it; None for one that is not below the root.
    fn seen(&self, host: &Path) -> Option<FtpPath> {
        let seen = self.storage.seen_from_root(host.as_os_str().as_bytes())?;
        FtpPath::root().join(&seen).ok()
    }

    /// Whether `<Limit>` allows a verb that names no path, here; Err is the rule that does not.
    pub fn judge(&self, verb: &Verb) -> Result<(), Rule> {
        self.storage.rules_in(&self.cwd_on_host).judge(verb.name, verb.groups)
    }

    /// Whether AllowFilter and DenyFilter of the working directory let all that follows a command's name through; Err is the one that
    /// does not.
    pub fn filtered(&self, argument: &[u8]) -> Result<(), Rule> {
        storage::filtered(&self.storage.rules_in(&self.cwd_on_host), argument)
    }

    /// ListOptions, as it holds in the working directory.
    pub fn list_options(&self) -> ListOptions {
        self.storage.rules_in(&self.cwd_on_host).list_options().clone()
    }
}
