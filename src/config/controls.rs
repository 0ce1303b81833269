//! What is said of the control socket becomes settings: names are looked up, and where nothing is said root alone is let in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::complaint::Complaints;
use super::draft::{AccessDraft, ControlDraft};
use super::lines::Word;
use super::settings::{Control, SocketPlace};
use super::{defaults, names};
use crate::control::{AccessList, AccessRule, Permissions, Verdict, Whom};
use crate::sys::accounts;

/// ControlsEngine, ControlsSocket: None where there is none.
pub fn socket(said: &ControlDraft, pid_file: &Path) -> Option<PathBuf> {
    said.engine.unwrap_or(true).then(|| {
        said.socket
            .clone()
            .unwrap_or_else(|| pid_file.parent().unwrap_or(Path::new("/")).join(defaults::CONTROL_SOCKET))
    })
}

/// All of it. Without root the socket is the caller's, whatever is said of its owner.
pub fn control(said: ControlDraft, pid_file: &Path, rootless: bool, complaints: &mut Complaints) -> Control {
    let owner = said.owner.as_ref().filter(|_| !rootless).and_then(|(user, group)| {
        let user = names::user(user, "ControlsSocketOwner", complaints);
        let group = names::group(group, "ControlsSocketOwner", complaints);
        Some((user?.uid, group?))
    });
    let mut socket_access = AccessList::default();
    for rule in &said.socket_access {
        socket_access.add(access(rule, "ControlsSocketACL", complaints));
    }
    let mode = match (socket_access.is_empty(), owner) {
        // The kernel's word for who connects is asked; the mode would only stand in its way.
        (false, _) => 0o666,
        (true, Some(_)) => 0o660,
        (true, None) => 0o600,
    };
    let socket = SocketPlace { path: socket(&said, pid_file), owner, mode };
    let (mut basic, mut admin) = (Permissions::default(), Permissions::default());
    for (module, actions, rule) in &said.actions {
        let (permissions, directive) = match module.as_str() {
            "mod_ctrls" => (&mut basic, "ControlsACLs"),
            _ => (&mut admin, "AdminControlsACLs"),
        };
        permissions.add(actions.clone(), access(rule, directive, complaints));
    }
    let admin_actions: Option<BTreeSet<String>> = said.admin_actions.flatten();
    let max_clients = said.max_clients.unwrap_or(defaults::CONTROLS_MAX_CLIENTS);
    Control { socket, socket_access, basic, admin, admin_actions, max_clients, log: said.log.flatten() }
}

/// A name that nobody has lets nobody in; one that is to be kept out must be somebody's.
fn access(said: &AccessDraft, directive: &str, complaints: &mut Complaints) -> AccessRule {
    let mut whom = Vec::new();
    for word in &said.names {
        for name in word.text.split(',').filter(|name| !name.is_empty()) {
            match found(name, said.of_groups) {
                Some(one) => whom.push(one),
                None => unknown((name, word), said, directive, complaints),
            }
        }
    }
    AccessRule { verdict: said.verdict, whom }
}

fn found(name: &str, is_group: bool) -> Option<Whom> {
    match (name, is_group) {
        ("*", _) => Some(Whom::Everybody),
        (_, true) => accounts::group(name.as_bytes()).ok().flatten().map(Whom::Group),
        (_, false) => accounts::account(name.as_bytes()).ok().flatten().map(|user| Whom::User(user.uid)),
    }
}

fn unknown((name, word): (&str, &Word), said: &AccessDraft, directive: &str, complaints: &mut Complaints) {
    let kind = if said.of_groups { "group" } else { "user" };
    let what = format!("{directive}: this host has no {kind} '{name}'");
    match said.verdict {
        Verdict::Allow => complaints.warning(&word.mark, format!("{what}; nobody is let in by it")),
        Verdict::Deny => complaints.error(&word.mark, format!("{what}; everybody else would be let in")),
    }
}
