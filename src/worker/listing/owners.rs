//! Names of the owners of files, remembered between lines and between listings, within bounds.

use std::collections::HashMap;

use crate::sys::{GroupId, UserId};

/// How many names are remembered before all are forgotten: a tree of a thousand owners must not fill a session.
const REMEMBERED_MOST: usize = 128;

/// Who knows the names of ids. A confined session cannot look them up itself.
pub trait Names {
    /// A user's name; empty where there is none.
    fn user(&mut self, uid: UserId) -> Vec<u8>;
    /// A group's name; empty where there is none.
    fn group(&mut self, gid: GroupId) -> Vec<u8>;
}

/// Names as they are printed: the number where there is no name.
#[derive(Debug, Default)]
pub struct Owners {
    users: HashMap<UserId, Vec<u8>>,
    groups: HashMap<GroupId, Vec<u8>>,
}

impl Owners {
    /// A user, as lines show it.
    pub fn user(&mut self, uid: UserId, names: &mut dyn Names) -> &[u8] {
        if self.users.len() >= REMEMBERED_MOST && !self.users.contains_key(&uid) {
            self.users.clear();
        }
        self.users.entry(uid).or_insert_with(|| printed(names.user(uid), uid.0))
    }

    /// A group, as lines show it.
    pub fn group(&mut self, gid: GroupId, names: &mut dyn Names) -> &[u8] {
        if self.groups.len() >= REMEMBERED_MOST && !self.groups.contains_key(&gid) {
            self.groups.clear();
        }
        self.groups.entry(gid).or_insert_with(|| printed(names.group(gid), gid.0))
    }
}

fn printed(name: Vec<u8>, id: u32) -> Vec<u8> {
    if name.is_empty() { id.to_string().into_bytes() } else { name }
}
