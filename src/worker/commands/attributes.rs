//! What is changed of files without their data: MFMT, MFF.

use super::{asked, refusal};
use crate::protocol::{Changes, Reply, Verb, time};
use crate::scoreboard::ReasonCode;
use crate::sys::GroupId;
use crate::worker::member::Member;
use crate::worker::storage::{Altered, Denied, Reason};

/// MFMT.
pub fn set_time(member: &Member, verb: &Verb, (seconds, path): (i64, &[u8])) -> Reply {
    match asked(member, verb, path).and_then(|asked| member.storage.set_time(&asked, seconds)) {
        Ok(()) => Reply::new(213, [format!("Modify={}; ", time::text(seconds)).as_bytes(), path].concat()),
        Err(denied) => unchanged(denied),
    }
}

/// MFF.
pub fn set_facts(member: &Member, verb: &Verb, (changes, said): (&Changes, &[u8]), path: &[u8]) -> Reply {
    let Ok(group) = changes.group.as_deref().map(|name| group(member, name).ok_or(())).transpose() else {
        return Reply::about(501, path, "Invalid argument").because(ReasonCode::Permission);
    };
    let altered = Altered { group, permissions: changes.permissions.clone(), modified: changes.modified };
    match asked(member, verb, path).and_then(|asked| member.storage.set_facts(&asked, &altered)) {
        Ok(()) => Reply::new(213, [said, b" ", path].concat()),
        Err(denied) => unchanged(denied),
    }
}

/// A no in the words that these two verbs have for it.
fn unchanged(denied: Denied) -> Reply {
    match denied.reason {
        Reason::Limit | Reason::LimitDirectory => denied.reply(550, "Unable to handle command"),
        Reason::Name => denied.reply(550, [&denied.name, b": Permission denied".as_slice()].concat()),
        Reason::System(_) if !denied.is_absence() => denied.reply(501, denied.text()),
        _ => refusal(&denied),
    }
}

/// A group by number, or by name among the session's own: files can be given to no other. The highest number is no group: to
/// chown(2) it means that nothing changes.
pub(super) fn group(member: &Member, name: &[u8]) -> Option<GroupId> {
    let known = member.account.groups.iter().find(|(_, known)| known == name);
    let number =
        || std::str::from_utf8(name).ok()?.parse().ok().filter(|number| *number != u32::MAX).map(GroupId);
    known.map(|(group, _)| *group).or_else(number)
}
