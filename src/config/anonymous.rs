//! `<Anonymous>`: whom its sessions are, where they are confined, what holds for them.

use std::path::PathBuf;

use super::arguments;
use super::complaint::Complaints;
use super::draft::{AnonymousDraft, DirectoryDraft, NamedDraft, Scope, SessionDraft};
use super::inherit::Inherit;
use super::lines::Word;
use super::names::home_of;
use super::servers::{Surroundings, add_conditions, sections};
use super::sessions::Words;
use super::settings::{Anonymous, DirectoryRules, DisplayFile, Exception, Sessions};
use crate::auth::shells;
use crate::sys::{GroupId, UserId};

/// A section within a server. The server's own `<Directory>` sections do not hold here, as in ProFTPD; its `<Limit>` sections do.
pub fn anonymous(
    draft: &AnonymousDraft,
    (server, (words_around, exceptions)): (&Scope, (&Words, &[Exception])),
    around: &Surroundings<'_>,
    complaints: &mut Complaints,
) -> Option<Anonymous> {
    let said = &draft.scope;
    let root = root(&draft.root, complaints)?;
    let (session, named) = (session(&said.session, &server.session), named(&said.named, &server.named));
    let alias_only = session.alias_only.unwrap_or(false);
    let require_valid_shell = session.login_rules().require_valid_shell;
    // What the server's own logs lack has been told of them.
    let names = (&around.formats, server.server.environment.as_slice());
    let words = Words::of(session, &named, names, complaints).with_address_of(words_around);
    // A server's User is no name to log in with, so it is not inherited.
    let Some(name) = said.user.as_ref() else {
        complaints.error(&draft.root.mark, "<Anonymous>: User is missing: whom are its sessions to be?");
        return None;
    };
    let group_name = said.group.as_ref().or_else(|| group_around(server, around));
    identity(name, group_name, require_valid_shell, around, complaints);
    let mut base = said.files.clone();
    base.inherit(&server.files);
    let folders: Vec<&DirectoryDraft> = said.directories.iter().collect();
    let mut sections = sections(&folders, (Some(&root), None), complaints);
    add_conditions(&mut sections, &server.conditions, None, None);
    Some(Anonymous {
        root,
        user: name.text.clone(),
        group: group_name.map(|word| word.text.clone()),
        aliases: aliases(&name.text, said, complaints),
        require_password: said.require_password.unwrap_or(false),
        authenticates_alias: said.authenticates_alias.unwrap_or(false),
        alias_only,
        allows_robots: said.allows_robots.unwrap_or(false),
        reject_passwords: said.session.reject_passwords.clone(),
        sessions: Sessions::new(words, exceptions.to_vec()),
        directories: DirectoryRules { base, sections },
    })
}

/// The server's Group is its sessions' too, as in ProFTPD; not where it is root's.
fn group_around<'a>(server: &'a Scope, around: &'a Surroundings<'_>) -> Option<&'a Word> {
    let named = server.group.as_ref().or(around.global.group.as_ref());
    named.filter(|word| around.found.maybe_group(&word.text).is_some_and(|gid| gid != GroupId::ROOT))
}

fn session(said: &SessionDraft, server: &SessionDraft) -> SessionDraft {
    let mut session = SessionDraft::default();
    session.inherit(said);
    // Its own files lie below its root, whatever the server's.
    session.display_login = session.display_login.map(DisplayFile::within_root);
    session.display_quit = session.display_quit.map(DisplayFile::within_root);
    session.inherit(server);
    session
}

/// Its root is its own; where it begins is the server's word, too, as in ProFTPD.
fn named(said: &NamedDraft, server: &NamedDraft) -> NamedDraft {
    let mut named = said.clone();
    named.inherit(server);
    named.default_root.clear();
    // The server's has been looked up.
    named.masquerade = None;
    named
}

/// UserAlias within a section names its User; others would lead out of it.
fn aliases(user: &str, said: &Scope, complaints: &mut Complaints) -> Vec<String> {
    let (own, others): (Vec<_>, Vec<_>) = said.aliases.iter().partition(|(_, real)| real.text == user);
    for (_, real) in others {
        let message =
            format!("UserAlias: '{}' is not this section's User; the alias has no effect", real.text);
        complaints.warning(&real.mark, message);
    }
    own.into_iter().map(|(alias, _)| alias.text.clone()).collect()
}

/// Without root every session is the caller, but the names must still be good ones.
fn identity(
    name: &Word,
    group_name: Option<&Word>,
    require_valid_shell: bool,
    around: &Surroundings<'_>,
    complaints: &mut Complaints,
) {
    let account = around.found.user(name, "User", complaints);
    let gid = group_name.and_then(|word| around.found.group(word, "Group", complaints));
    let Some(account) = account else { return };
    if require_valid_shell && !around.found.lists_shell_of(&account) {
        let message = format!(
            "User: nobody could log in here, as the shell of '{}', {}, is not in {}; say RequireValidShell off in this section",
            name.text,
            String::from_utf8_lossy(&account.shell),
            shells::SHELLS_FILE
        );
        complaints.error(&name.mark, message);
    }
    if around.options.rootless {
        return;
    }
    if account.uid == UserId::ROOT {
        complaints.error(&name.mark, "User: no session runs as root");
    }
    if gid.unwrap_or(account.gid) == GroupId::ROOT {
        complaints.error(&group_name.unwrap_or(name).mark, "Group: no session is in root's group");
    }
}

fn root(word: &Word, complaints: &mut Complaints) -> Option<PathBuf> {
    if let Some(path) = arguments::absolute(&word.text) {
        return Some(path);
    }
    if word.text == "~" || word.text.starts_with("~/") {
        complaints.error(&word.mark, "<Anonymous>: whose home? Write ~user");
        return None;
    }
    home_of(word, "<Anonymous>", complaints).and_then(|path| arguments::absolute(&path))
}
