//! The control socket: where it is, and who may ask the running daemon for what.

use std::collections::BTreeSet;

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::MAIN;
use super::super::defaults;
use super::super::draft::{AccessDraft, Scope};
use super::{Row, sets};
use crate::control::{Verdict, action};

pub const ROWS: &[Row] = &[
    sets(
        "ControlsEngine",
        "mod_ctrls",
        MAIN,
        "on|off",
        "on",
        "Whether there is a control socket, for ftpdctl.",
        |scope, arguments| {
            scope.daemon.control.engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "ControlsSocket",
        "mod_ctrls",
        MAIN,
        "path",
        "proftpd.sock in the folder of PidFile",
        "The control socket.",
        |scope, arguments| {
            scope.daemon.control.socket = Some(arguments.path()?);
            Ok(())
        },
    ),
    sets(
        "ControlsSocketOwner",
        "mod_ctrls",
        MAIN,
        "user group",
        "root alone",
        "Whose the control socket is; who is neither, and in no ControlsSocketACL, cannot even connect.",
        |scope, arguments| {
            let user = arguments.word("a user's name")?.clone();
            let group = arguments.word("a group's name")?.clone();
            scope.daemon.control.owner = Some((user, group));
            Ok(())
        },
    ),
    sets(
        "ControlsSocketACL",
        "mod_ctrls",
        MAIN,
        "allow|deny user|group list",
        "root alone",
        "Who may use the control socket, by the kernel's word for who connects; a list divides its names by commas, * is everybody.",
        |scope, arguments| {
            let rule = access(arguments)?;
            scope.daemon.control.socket_access.push(rule);
            Ok(())
        },
    )
    .adds(),
    sets(
        "ControlsACLs",
        "mod_ctrls",
        MAIN,
        "actions|all allow|deny user|group list",
        "root alone",
        "Who may ask for help and lsctrl; ControlsSocketACL must let them in besides.",
        |scope, arguments| acl(scope, arguments, "mod_ctrls"),
    )
    .adds(),
    sets(
        "ControlsMaxClients",
        "mod_ctrls",
        MAIN,
        "number",
        defaults::shown::CONTROLS_MAX_CLIENTS,
        "How many clients of the control socket are attended to at a time; one place more is root's.",
        |scope, arguments| {
            scope.daemon.control.max_clients = Some(arguments.number(1..=1000)?);
            Ok(())
        },
    ),
    sets(
        "ControlsLog",
        "mod_ctrls",
        MAIN,
        "path|none",
        "",
        "Who has come to the control socket, what was asked for, and what was answered; SystemLog has what was asked for besides.",
        |scope, arguments| {
            scope.daemon.control.log = Some(arguments.path_or_none()?);
            Ok(())
        },
    ),
    sets(
        "AdminControlsEngine",
        "mod_ctrls_admin",
        MAIN,
        "on|off|actions",
        "on",
        "Which actions there are besides help and lsctrl.",
        admin_engine,
    ),
    sets(
        "AdminControlsACLs",
        "mod_ctrls_admin",
        MAIN,
        "actions|all allow|deny user|group list",
        "root alone",
        "Who may ask for the actions of AdminControlsEngine; ControlsSocketACL must let them in besides.",
        |scope, arguments| acl(scope, arguments, "mod_ctrls_admin"),
    )
    .adds(),
];

fn acl(scope: &mut Scope, arguments: &mut Arguments<'_>, module: &str) -> Result<(), Fault> {
    let word = arguments.word("actions, or all,")?;
    let actions = match word.text.as_str() {
        "all" => None,
        list => Some(actions(list, arguments, Some(module))?),
    };
    let rule = access(arguments)?;
    scope.daemon.control.actions.push((module.to_owned(), actions, rule));
    Ok(())
}

/// Actions of ProFTPD that ferryd does not have may stand there: nobody can ask for them.
fn actions(
    list: &str,
    arguments: &mut Arguments<'_>,
    module: Option<&str>,
) -> Result<BTreeSet<String>, Fault> {
    let mut names = BTreeSet::new();
    for name in list.split(',').filter(|name| !name.is_empty()) {
        match action(name) {
            Some(action) if module.is_some_and(|module| module != action.module) => {
                return Err(arguments.fault(format!("the action '{name}' is {}'s", action.module)));
            }
            Some(_) => {}
            None => arguments.warn(format!("no action '{name}' is known; nobody can ask for it")),
        }
        names.insert(name.to_owned());
    }
    Ok(names)
}

fn access(arguments: &mut Arguments<'_>) -> Result<AccessDraft, Fault> {
    let word = arguments.word("allow or deny")?;
    let verdict = match word.text.to_ascii_lowercase().as_str() {
        "allow" => Verdict::Allow,
        "deny" => Verdict::Deny,
        other => return Err(arguments.fault(format!("takes allow or deny, not '{other}'"))),
    };
    let word = arguments.word("user or group")?;
    let of_groups = match word.text.to_ascii_lowercase().as_str() {
        "user" => false,
        "group" => true,
        other => return Err(arguments.fault(format!("takes user or group, not '{other}'"))),
    };
    let names = arguments.words("a list of names")?.to_vec();
    Ok(AccessDraft { verdict, of_groups, names })
}

fn admin_engine(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("on, off or actions")?;
    let known = match switch(&word.text) {
        Some(true) => None,
        Some(false) => Some(BTreeSet::new()),
        None => {
            let mut names = actions(&word.text, arguments, Some("mod_ctrls_admin"))?;
            while let Some(word) = arguments.maybe() {
                names.extend(actions(&word.text, arguments, Some("mod_ctrls_admin"))?);
            }
            Some(names)
        }
    };
    scope.daemon.control.admin_actions = Some(known);
    Ok(())
}
