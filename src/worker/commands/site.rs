//! SITE's own commands, copying aside.

use super::{as_verb, attributes, copying, refusal};
use crate::protocol::site::{self, NoMode, Row};
use crate::protocol::{Permissions, Reply, Site};
use crate::worker::member::Member;
use crate::worker::session::Session;
use crate::worker::storage::{Asked, Denied, Reason, Verb};
use crate::worker::watch::{Ending, Watch};

/// Files and folders removed between two looks at what else the session has to attend to.
const LOOK_EVERY: usize = 64;

/// What the files in a folder are removed by, while SITE RMDIR removes it.
const FILES_OF_RMDIR: Verb =
    Verb { name: site::RMDIR.limit, groups: site::RMDIR.groups, also: &[("DELE", &["WRITE"])] };
/// What a link is pointed at by.
const TARGET_OF_SYMLINK: Verb = Verb { name: site::SYMLINK.limit, groups: &["READ", "SITE"], also: &[] };

/// SITE. `said` is all that follows it: some refusals name it.
pub fn obey(session: &mut Session, command: Site, said: &[u8]) -> Result<Reply, Ending> {
    let offer = session.watch.rules.offer;
    if !offer.has(command.row().module) {
        return Ok(site::not_understood(command.row().name.as_bytes()));
    }
    match command {
        Site::Help(of) => Ok(site::help(offer, of.as_deref(), &session.watch.facts().admin())),
        Site::Chmod(permissions, path) => {
            session.as_member(|_, member| Ok(set_mode(member, &permissions, (&path, said))))
        }
        Site::Chgrp(group, path) => {
            session.as_member(|_, member| Ok(set_group(member, &group, (&path, said))))
        }
        Site::Utime(times, path) => session.as_member(|_, member| {
            let asked = told(member, (&site::UTIME).into(), (&path, said));
            let done = asked.and_then(|asked| member.storage.set_times(&asked, times));
            Ok(concluded(&site::UTIME, done.map_err(reworded)))
        }),
        Site::Symlink(target, link) => {
            session.as_member(|_, member| Ok(make_link(member, (&target, &link), said)))
        }
        Site::Mkdir(path) => session.as_member(|_, member| {
            let asked = told(member, (&site::MKDIR).into(), (&path, said));
            let done = asked.and_then(|asked| member.storage.make_directories(&asked));
            Ok(concluded(&site::MKDIR, done.map_err(reworded)))
        }),
        Site::Rmdir(path) => session.as_member(|watch, member| remove_folder(watch, member, (&path, said))),
        Site::CopyFrom(path) => session.as_member(|_, member| Ok(copying::from(member, &path))),
        Site::CopyTo(path) => session.as_member(|watch, member| copying::to(watch, member, &path)),
        Site::Copy(from, to) => {
            session.as_member(|watch, member| copying::at_once(watch, member, (&from, &to)))
        }
    }
}

fn set_mode(
    member: &Member,
    permissions: &Result<Permissions, NoMode>,
    (path, said): (&[u8], &[u8]),
) -> Reply {
    let asked = as_verb(member, (&site::CHMOD).into(), path);
    let done = asked.and_then(|asked| member.storage.set_mode(&asked, permissions.as_ref()));
    // Who may not is told so of the whole command.
    concluded(
        &site::CHMOD,
        done.map_err(|denied| if denied.is_forbidden() { denied.of(said) } else { denied }),
    )
}

fn set_group(member: &Member, name: &[u8], (path, said): (&[u8], &[u8])) -> Reply {
    let group = attributes::group(member, name);
    let asked = as_verb(member, (&site::CHGRP).into(), path);
    let done = asked.and_then(|asked| member.storage.set_group(&asked, group));
    let is_filtered = |denied: &Denied| matches!(denied.reason, Reason::Name);
    concluded(
        &site::CHGRP,
        done.map_err(|denied| if is_filtered(&denied) { denied.of(said) } else { denied }),
    )
}

fn make_link(member: &Member, (target, link): (&[u8], &[u8]), said: &[u8]) -> Reply {
    let done = told(member, TARGET_OF_SYMLINK, (target, said)).and_then(|target| {
        let link = told(member, (&site::SYMLINK).into(), (link, said))?;
        member.storage.make_link(&target, &link)
    });
    concluded(&site::SYMLINK, done)
}

/// A folder may hold much: operators, timers and a client that has gone are heard meanwhile.
fn remove_folder(watch: &mut Watch, member: &Member, path: (&[u8], &[u8])) -> Result<Reply, Ending> {
    let removal = told(member, (&site::RMDIR).into(), path)
        .and_then(|asked| member.storage.removal(&asked, FILES_OF_RMDIR));
    let mut removal = match removal {
        Ok(removal) => removal,
        Err(denied) => return Ok(refusal(&reworded(denied))),
    };
    let mut steps: usize = 0;
    loop {
        match removal.step() {
            Ok(true) => steps += 1,
            Ok(false) => return Ok(concluded(&site::RMDIR, Ok(()))),
            Err(denied) => return Ok(refusal(&reworded(denied))),
        }
        if steps.is_multiple_of(LOOK_EVERY) {
            watch.look()?;
        }
    }
}

/// A request that is refused in the words of the whole command.
fn told(member: &Member, verb: Verb, (path, said): (&[u8], &[u8])) -> Result<Asked, Denied> {
    let asked = as_verb(member, verb, path).map_err(|denied| denied.of(said))?;
    Ok(Asked { argument: said.to_vec(), ..asked })
}

/// What `<Limit>` refuses is told in the same words, whatever these commands do.
fn reworded(denied: Denied) -> Denied {
    match denied.reason {
        Reason::LimitDirectory => Denied { reason: Reason::Limit, ..denied },
        _ => denied,
    }
}

fn concluded(row: &Row, done: Result<(), Denied>) -> Reply {
    match done {
        Ok(()) => Reply::new(200, format!("SITE {} command successful", row.name)),
        Err(denied) => refusal(&denied),
    }
}
