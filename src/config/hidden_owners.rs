//! The ids of those whose files are hidden (HideUser, HideGroup), looked up while the configuration is read: a session cannot.

use super::Complaint;
use super::complaint::Complaints;
use super::settings::{DirectoryRules, HiddenOwner, Owner};
use crate::auth::{FilteredFile, in_files};
use crate::sys::accounts;

/// Where a server's names come from besides the host.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    /// AuthUserFile.
    pub users: Option<&'a FilteredFile>,
    /// AuthGroupFile.
    pub groups: Option<&'a FilteredFile>,
}

/// Gives every name the ids that it has in any book. A name that nobody has hides nothing, which is told.
pub fn look_up(rules: &mut DirectoryRules, books: Books<'_>, complaints: &mut Complaints) {
    for scope in std::iter::once(&mut rules.base).chain(rules.sections.rules_mut()) {
        each(scope.hiding.users.as_mut(), "HideUser: no user", complaints, |name| uids(name, books));
        each(scope.hiding.groups.as_mut(), "HideGroup: no group", complaints, |name| gids(name, books));
    }
}

fn each(
    owners: Option<&mut Vec<HiddenOwner>>,
    nobody: &str,
    complaints: &mut Complaints,
    ids_of: impl Fn(&str) -> Vec<u32>,
) {
    for owner in owners.into_iter().flatten() {
        let Owner::Named(name, ids) = &mut owner.owner else { continue };
        *ids = ids_of(name);
        if ids.is_empty() && !name.eq_ignore_ascii_case("none") {
            let message = format!("{nobody} '{name}' is known; a name made later is known after a reload");
            complaints.push(Complaint::warning(None, message));
        }
    }
}

fn uids(name: &str, books: Books<'_>) -> Vec<u32> {
    let own = accounts::account(name.as_bytes()).ok().flatten().map(|account| account.uid.0);
    own.into_iter().chain(books.users.and_then(|file| in_files::user(file, name.as_bytes()))).collect()
}

fn gids(name: &str, books: Books<'_>) -> Vec<u32> {
    let own = accounts::group(name.as_bytes()).ok().flatten().map(|gid| gid.0);
    own.into_iter().chain(books.groups.and_then(|file| in_files::group(file, name.as_bytes()))).collect()
}
