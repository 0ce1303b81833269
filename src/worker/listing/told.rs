//! What a line of a listing tells of one entry, before its name and after it.

use super::facts::{Described, Role, Telling, media_type};
use super::guise::Guise;
use super::line::{self, Columns};
use super::walk::Walk;
use super::{Surroundings, windows};
use crate::protocol::Fact;
use crate::sys::files::{Kind, Status};
use crate::worker::storage::{Directory, Rights};

impl Walk<'_, '_> {
    pub(super) fn columns(&mut self, directory: &Directory, name: &[u8], status: &Status) {
        let guise = Guise::of_entry(self.storage, directory, name, status.kind);
        let Surroundings { owners, names, zone, now } = &mut self.surroundings;
        let status = &guise.listed(status);
        let mut write = |user: &[u8], group: &[u8]| {
            let columns = Columns { status, user, group };
            columns.write(&self.options, (zone, *now), &mut self.memory.columns, &mut self.line);
        };
        if self.options.numeric {
            write(status.uid.to_string().as_bytes(), status.gid.to_string().as_bytes());
        } else if guise.has_real_names() {
            let (user, group) = owners.both(status.uid, status.gid, *names);
            write(user, group);
        } else {
            write(&guise.user(status, owners, *names), &guise.group(status, owners, *names));
        }
    }

    pub(super) fn windows(&mut self, status: &Status) {
        let seconds = line::time_of(status, self.options.clock);
        windows::write(status, seconds, self.surroundings.zone, &mut self.line);
    }

    pub(super) fn facts(&mut self, telling: Telling, directory: &Directory, name: &[u8], status: &Status) {
        let role = match (name, status.kind) {
            (b".", _) => Role::Current,
            (b"..", _) => Role::Parent,
            (_, Kind::Link) => {
                Role::Link(telling.link_targets.then(|| told_target(directory, name)).flatten())
            }
            _ => Role::Entry,
        };
        let rights = match telling.facts.has(Fact::Perm) {
            true => self.rights(directory, name, status),
            false => Rights::default(),
        };
        let created =
            telling.facts.has(Fact::Create).then(|| self.storage.created(directory, name, status)).flatten();
        let media_type = telling.facts.has(Fact::MediaType).then(|| media_type(status.kind, name)).flatten();
        let guise = Guise::of_entry(self.storage, directory, name, status.kind);
        let Surroundings { owners, names, .. } = &mut self.surroundings;
        let told = &guise.told(status);
        let mut write = |user: &[u8], group: &[u8]| {
            Described { status: told, role: &role, rights, created, media_type, user, group }.write(
                telling.facts,
                &mut self.memory.facts,
                &mut self.line,
            );
        };
        let are_named = (telling.facts.has(Fact::OwnerName), telling.facts.has(Fact::GroupName));
        match are_named {
            (false, false) => write(b"", b""),
            (true, true) if guise.has_real_names() => {
                let (user, group) = owners.both(status.uid, status.gid, *names);
                write(user, group);
            }
            (user, group) => {
                let user = if user { guise.user(status, owners, *names) } else { Vec::new() };
                let group = if group { guise.group(status, owners, *names) } else { Vec::new() };
                write(&user, &group);
            }
        }
    }

    fn rights(&mut self, directory: &Directory, name: &[u8], status: &Status) -> Rights {
        let target = match status.kind {
            Kind::Link => self.storage.followed(directory, name),
            _ => None,
        };
        let storage = self.storage;
        let viewpoint = self.viewpoint.get_or_insert_with(|| storage.viewpoint(directory));
        let target = target.as_ref().unwrap_or(status);
        storage.rights_seen_from(viewpoint, (directory, name), (status, target))
    }

    /// Where a link leads, and `-F`'s mark.
    pub(super) fn after_name(&mut self, directory: &Directory, name: &[u8], status: &Status) {
        let mut marked = Some(*status);
        if status.kind == Kind::Link {
            if let Ok(target) = directory.link_target(name) {
                let adjusted = self.options.adjusted.then(|| self.storage.seen_from_root(&target)).flatten();
                self.line.extend_from_slice(b" -> ");
                line::name(adjusted.as_deref().unwrap_or(&target), &mut self.line);
            }
            marked = self.options.classify.then(|| self.storage.followed(directory, name)).flatten();
        }
        if let Some(status) = marked.filter(|_| self.options.classify) {
            self.line.extend_from_slice(line::mark(&status));
        }
    }
}

/// Where a link leads, as the client would have to name it.
fn told_target(directory: &Directory, name: &[u8]) -> Option<Vec<u8>> {
    let target = directory.link_target(name).ok()?;
    Some(directory.path.join(&target).ok()?.as_bytes().to_vec())
}
