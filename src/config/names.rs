//! Users and groups that a configuration names, looked up while it is read.

use nix::unistd::{Group, User};

use super::Complaint;
use super::complaint::Complaints;
use super::defaults::UNPRIVILEGED_USER;
use super::draft::Scope;
use super::lines::Word;
use crate::sys::{GroupId, UserId};

/// Whom workers are before login.
#[derive(Debug)]
pub struct Identity {
    pub uid: UserId,
    pub gid: GroupId,
    pub user: String,
}

/// The caller, where the daemon has no root to give up.
pub fn caller() -> Identity {
    let (uid, gid) = crate::sys::accounts::own_ids();
    let user = User::from_uid(nix::unistd::geteuid()).ok().flatten();
    Identity { uid, gid, user: user.map_or_else(|| uid.to_string(), |user| user.name) }
}

/// User and Group of the server config. Root and nobody named become nobody, with a warning: workers never run as root.
pub fn unprivileged(main: &Scope, complaints: &mut Complaints) -> Identity {
    let named = main.user.as_ref().and_then(|word| user(word, "User", complaints));
    let user = match named.filter(|user| !user.uid.is_root()) {
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
    let gid = named.filter(|gid| *gid != GroupId::ROOT).unwrap_or(GroupId(user.gid.as_raw()));
    if gid == GroupId::ROOT {
        complaints.push(Complaint::error(None, "Group: workers may not be in root's group; name another"));
    }
    Identity { uid: UserId(user.uid.as_raw()), gid, user: user.name }
}

fn tell_nobody(word: Option<&Word>, complaints: &mut Complaints) {
    match word {
        None => {
            complaints.push(Complaint::warning(None, "no User is named; workers before login run as nobody"))
        }
        Some(word) if matches!(User::from_name(&word.text), Ok(Some(user)) if user.uid.is_root()) => {
            complaints
                .warning(&word.mark, "User: workers never run as root; before login they run as nobody");
        }
        Some(_) => {}
    }
}

fn nobody() -> Option<User> {
    User::from_name(UNPRIVILEGED_USER).ok().flatten()
}

/// A user; complains when there is none.
pub fn user(word: &Word, directive: &str, complaints: &mut Complaints) -> Option<User> {
    match User::from_name(&word.text) {
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
    match Group::from_name(&word.text) {
        Ok(Some(group)) => Some(GroupId(group.gid.as_raw())),
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

/// `~user` and `~user/sub` as the path they stand for; None for others.
pub fn home_of(path: &Word, directive: &str, complaints: &mut Complaints) -> Option<String> {
    let (name, below) = match path.text.strip_prefix('~')?.split_once('/') {
        Some((name, below)) => (name, below),
        None => (&path.text[1..], ""),
    };
    let word = Word { text: name.to_owned(), mark: path.mark.clone() };
    let user = user(&word, directive, complaints)?;
    Some(user.dir.join(below).to_string_lossy().into_owned())
}
