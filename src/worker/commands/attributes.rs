//! What is changed of files without their data: MFMT, MFF, SITE CHMOD, SITE CHGRP; and SITE's help.

use super::{asked, refusal};
use crate::protocol::site::{self, Row};
use crate::protocol::{Changes, Permissions, Reply, Site, Verb, time};
use crate::sys::GroupId;
use crate::worker::member::Member;
use crate::worker::session::Session;
use crate::worker::storage::{self, Altered, Asked, Denied};
use crate::worker::watch::Ending;

/// MFMT.
pub fn set_time(member: &Member, verb: &Verb, (seconds, path): (i64, &[u8])) -> Reply {
    match asked(member, verb, path).and_then(|asked| member.storage.set_time(&asked, seconds)) {
        Ok(()) => Reply::new(213, [format!("Modify={}; ", time::text(seconds)).as_bytes(), path].concat()),
        Err(denied) => refusal(&denied),
    }
}

/// MFF.
pub fn set_facts(member: &Member, verb: &Verb, (changes, said): (&Changes, &[u8]), path: &[u8]) -> Reply {
    let Ok(group) = changes.group.as_deref().map(|name| group(member, name).ok_or(())).transpose() else {
        return Reply::about(501, path, "Invalid argument");
    };
    let altered = Altered { group, permissions: changes.permissions.clone(), modified: changes.modified };
    match asked(member, verb, path).and_then(|asked| member.storage.set_facts(&asked, &altered)) {
        Ok(()) => Reply::new(213, [said, b" ", path].concat()),
        Err(denied) => refusal(&denied),
    }
}

/// SITE.
pub fn site(session: &mut Session, command: Site) -> Result<Reply, Ending> {
    match command {
        Site::Help(of) => Ok(site::help(of.as_deref(), &session.watch.server.admin)),
        Site::Chmod(permissions, path) => {
            session.as_member(|_, member| Ok(set_mode(member, &permissions, &path)))
        }
        Site::Chgrp(group, path) => session.as_member(|_, member| Ok(set_group(member, &group, &path))),
    }
}

fn set_mode(member: &Member, permissions: &Permissions, path: &[u8]) -> Reply {
    let done =
        site_asked(member, &site::CHMOD, path).and_then(|asked| member.storage.set_mode(&asked, permissions));
    concluded(&site::CHMOD, done)
}

fn set_group(member: &Member, name: &[u8], path: &[u8]) -> Reply {
    let Some(group) = group(member, name) else {
        return Reply::about(550, path, "Invalid argument");
    };
    let done =
        site_asked(member, &site::CHGRP, path).and_then(|asked| member.storage.set_group(&asked, group));
    concluded(&site::CHGRP, done)
}

/// A group by number, or by name among the session's own: files can be given to no other. The highest number is no group: to
/// chown(2) it means that nothing changes.
fn group(member: &Member, name: &[u8]) -> Option<GroupId> {
    let known = member.account.groups.iter().find(|(_, known)| known == name);
    let number =
        || std::str::from_utf8(name).ok()?.parse().ok().filter(|number| *number != u32::MAX).map(GroupId);
    known.map(|(group, _)| *group).or_else(number)
}

fn site_asked(member: &Member, row: &Row, path: &[u8]) -> Result<Asked, Denied> {
    Asked::new(storage::Verb { name: row.limit, groups: row.groups }, &member.cwd, path)
}

fn concluded(row: &Row, done: Result<(), Denied>) -> Reply {
    match done {
        Ok(()) => Reply::new(200, format!("SITE {} command successful", row.name)),
        Err(denied) => refusal(&denied),
    }
}
