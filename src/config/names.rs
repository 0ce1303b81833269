//! Users and groups that a configuration names, looked up while it is read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;

use super::Complaint;
use super::complaint::Complaints;
use super::defaults::UNPRIVILEGED_USER;
use super::draft::Scope;
use super::lines::Word;
use crate::auth::shells;
use crate::sys::accounts::{self, HostAccount};
use crate::sys::{GroupId, UserId, identity};

/// Whom workers are before login.
#[derive(Debug)]
pub struct Identity {
    pub uid: UserId,
    pub gid: GroupId,
    pub user: String,
}

/// The caller, where the daemon has no root to give up.
pub fn caller() -> Identity {
    let (uid, gid) = identity::own();
    let name = accounts::user_name(uid);
    Identity { uid, gid, user: name.map_or_else(|| uid.to_string(), text) }
}

/// User and Group of the server config. Root and nobody named become nobody, with a warning: workers never run as root.
pub fn unprivileged(main: &Scope, complaints: &mut Complaints) -> Identity {
    let named = main.user.as_ref().and_then(|word| user(word, "User", complaints));
    let user = match named.filter(|user| user.uid != UserId::ROOT) {
        Some(user) => Some(user),
        None => {
            tell_nobody(main.user.as_ref(), complaints);
            nobody()
        }
    };
    let Some(user) = user else {
        complaints.push(Complaint::error(None, "User: this host has no user 'nobody'; name another"));
        return caller();
    };
    let named = main.group.as_ref().and_then(|word| group(word, "Group", complaints));
    let gid = named.filter(|gid| *gid != GroupId::ROOT).unwrap_or(user.gid);
    if gid == GroupId::ROOT {
        complaints.push(Complaint::error(None, "Group: workers may not be in root's group; name another"));
    }
    Identity { uid: user.uid, gid, user: text(user.name) }
}

/// A name as the settings and messages hold it.
fn text(name: Vec<u8>) -> String {
    String::from_utf8_lossy(&name).into_owned()
}

fn tell_nobody(word: Option<&Word>, complaints: &mut Complaints) {
    match word {
        None => {
            complaints.push(Complaint::warning(None, "no User is named; workers before login run as nobody"))
        }
        Some(word) if matches!(account(&word.text), Ok(Some(user)) if user.uid == UserId::ROOT) => {
            complaints
                .warning(&word.mark, "User: workers never run as root; before login they run as nobody");
        }
        Some(_) => {}
    }
}

fn nobody() -> Option<HostAccount> {
    account(UNPRIVILEGED_USER).ok().flatten()
}

fn account(name: &str) -> io::Result<Option<HostAccount>> {
    accounts::account(name.as_bytes())
}

/// A user; complains when there is none.
pub fn user(word: &Word, directive: &str, complaints: &mut Complaints) -> Option<HostAccount> {
    match account(&word.text) {
        Ok(Some(user)) => Some(user),
        Ok(None) => {
            let name = &word.text;
            let advice = format!(
                "this host has no user '{name}'; make it with: useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
            );
            complaints.error(&word.mark, format!("{directive}: {advice}"));
            None
        }
        Err(error) => {
            complaints
                .error(&word.mark, format!("{directive}: cannot look up the user '{}': {error}", word.text));
            None
        }
    }
}

/// A group; complains when there is none.
pub fn group(word: &Word, directive: &str, complaints: &mut Complaints) -> Option<GroupId> {
    match accounts::group(word.text.as_bytes()) {
        Ok(Some(gid)) => Some(gid),
        Ok(None) => {
            let name = &word.text;
            let advice = format!("this host has no group '{name}'; make it with: groupadd --system {name}");
            complaints.error(&word.mark, format!("{directive}: {advice}"));
            None
        }
        Err(error) => {
            complaints
                .error(&word.mark, format!("{directive}: cannot look up the group '{}': {error}", word.text));
            None
        }
    }
}

/// What was found of the users and groups that sections name: thousands of sections name the same.
#[derive(Debug, Default)]
pub struct Found {
    users: RefCell<HashMap<String, Rc<HostAccount>>>,
    groups: RefCell<HashMap<String, GroupId>>,
    shells: RefCell<HashMap<Vec<u8>, bool>>,
}

impl Found {
    /// A user; complains when there is none.
    pub fn user(&self, word: &Word, directive: &str, complaints: &mut Complaints) -> Option<Rc<HostAccount>> {
        if let Some(known) = self.users.borrow().get(&word.text) {
            return Some(Rc::clone(known));
        }
        let found = Rc::new(user(word, directive, complaints)?);
        self.users.borrow_mut().insert(word.text.clone(), Rc::clone(&found));
        Some(found)
    }

    /// A group; complains when there is none.
    pub fn group(&self, word: &Word, directive: &str, complaints: &mut Complaints) -> Option<GroupId> {
        self.maybe_group(&word.text).or_else(|| group(word, directive, complaints))
    }

    /// A group, if there is one.
    pub fn maybe_group(&self, name: &str) -> Option<GroupId> {
        if let Some(known) = self.groups.borrow().get(name) {
            return Some(*known);
        }
        let found = accounts::group(name.as_bytes()).ok().flatten()?;
        self.groups.borrow_mut().insert(name.to_owned(), found);
        Some(found)
    }

    /// Whether the host lists an account's shell.
    pub fn lists_shell_of(&self, account: &HostAccount) -> bool {
        let mut shells = self.shells.borrow_mut();
        *shells.entry(account.shell.clone()).or_insert_with(|| shells::is_valid(&account.shell))
    }
}

/// `~user` and `~user/sub` as the path they stand for; None for others.
pub fn home_of(path: &Word, directive: &str, complaints: &mut Complaints) -> Option<String> {
    let (name, below) = match path.text.strip_prefix('~')?.split_once('/') {
        Some((name, below)) => (name, below),
        None => (&path.text[1..], ""),
    };
    let word = Word { text: name.to_owned(), mark: path.mark.clone() };
    let user = user(&word, directive, complaints)?;
    Some(user.home.join(below).to_string_lossy().into_owned())
}
