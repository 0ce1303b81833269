//! Names of the owners of files, remembered between lines and between listings, within bounds.

use std::collections::HashMap;
use std::hash::Hash;

use super::kept::Kept;
use crate::sys::{GroupId, UserId};

/// How many names are remembered before all are forgotten: a tree of a thousand owners must not fill a session.
const REMEMBERED_MOST: usize = 128;

/// Who knows the names of ids. A confined session cannot look them up itself.
pub trait Names {
    /// A user's name; empty where there is none.
    fn user(&mut self, uid: UserId) -> Vec<u8>;
    /// A group's name; empty where there is none.
    fn group(&mut self, gid: GroupId) -> Vec<u8>;
    /// Whether somebody has been waited for since this was asked last.
    fn has_waited(&mut self) -> bool {
        false
    }
}

/// Names as they are printed: the number where there is no name.
#[derive(Debug, Default)]
pub struct Owners {
    users: Remembered<UserId>,
    groups: Remembered<GroupId>,
}

/// Names by their ids. Neighbours in a folder mostly have one owner: the last name asked for is found without a search.
#[derive(Debug)]
struct Remembered<Id> {
    names: HashMap<Id, Vec<u8>>,
    last: Kept<Id>,
}

impl Owners {
    /// A user, as lines show it.
    pub fn user(&mut self, uid: UserId, names: &mut dyn Names) -> &[u8] {
        self.users.named(uid, || printed(names.user(uid), uid.0))
    }

    /// A group, as lines show it.
    pub fn group(&mut self, gid: GroupId, names: &mut dyn Names) -> &[u8] {
        self.groups.named(gid, || printed(names.group(gid), gid.0))
    }

    /// Both.
    pub fn both(&mut self, uid: UserId, gid: GroupId, names: &mut dyn Names) -> (&[u8], &[u8]) {
        let user = self.users.named(uid, || printed(names.user(uid), uid.0));
        (user, self.groups.named(gid, || printed(names.group(gid), gid.0)))
    }
}

impl<Id> Default for Remembered<Id> {
    fn default() -> Remembered<Id> {
        Remembered { names: HashMap::new(), last: Kept::default() }
    }
}

impl<Id: Copy + Eq + Hash> Remembered<Id> {
    fn named(&mut self, id: Id, ask: impl FnOnce() -> Vec<u8>) -> &[u8] {
        let names = &mut self.names;
        self.last.of(id, |name| {
            if names.len() >= REMEMBERED_MOST && !names.contains_key(&id) {
                names.clear();
            }
            name.extend_from_slice(names.entry(id).or_insert_with(ask));
        })
    }
}

fn printed(name: Vec<u8>, id: u32) -> Vec<u8> {
    if name.is_empty() { id.to_string().into_bytes() } else { name }
}
