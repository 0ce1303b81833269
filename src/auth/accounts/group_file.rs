//! AuthGroupFile: lines of group(5), found by number and by member.

use std::collections::HashMap;

use super::line_filter::LineFilter;
use super::user_file::{Fault, number, says_something};
use crate::sys::GroupId;

/// The groups of one file.
#[derive(Debug, Default)]
pub struct GroupTable {
    groups: Vec<(GroupId, Box<[u8]>)>,
    by_gid: HashMap<GroupId, usize>,
    by_member: HashMap<Box<[u8]>, Vec<usize>>,
    /// How many lines say nothing.
    broken: usize,
}

impl GroupTable {
    /// Reads a whole file; lines that do not pass are no group's.
    pub fn read(contents: &[u8], filter: &LineFilter) -> GroupTable {
        let mut table = GroupTable::default();
        for line in contents.split(|byte| *byte == b'\n').filter(|line| says_something(line)) {
            if table.add(line, filter).is_err() {
                table.broken += 1;
            }
        }
        table
    }

    fn add(&mut self, line: &[u8], filter: &LineFilter) -> Result<(), Fault> {
        let mut fields = line.trim_ascii_end().split(|byte| *byte == b':');
        let mut next = || fields.next().ok_or(Fault::Fields);
        let (name, _password, gid, members) = (next()?, next()?, next()?, next()?);
        if name.is_empty() {
            return Err(Fault::Name);
        }
        let gid = GroupId(number(gid)?);
        if !filter.passes_group(name, gid.0) {
            return Ok(());
        }
        let index = self.groups.len();
        self.groups.push((gid, name.into()));
        self.by_gid.entry(gid).or_insert(index);
        for member in members.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.by_member.entry(member.into()).or_default().push(index);
        }
        Ok(())
    }

    /// The groups that list this account, in the file's order, each once.
    pub fn groups_of(&self, member: &[u8]) -> Vec<(GroupId, Vec<u8>)> {
        let mut groups: Vec<(GroupId, Vec<u8>)> = Vec::new();
        for (gid, name) in self.by_member.get(member).into_iter().flatten().map(|index| &self.groups[*index])
        {
            if !groups.iter().any(|(known, _)| known == gid) {
                groups.push((*gid, name.to_vec()));
            }
        }
        groups
    }

    /// The group of that name; rarely asked.
    pub fn gid_of(&self, name: &[u8]) -> Option<GroupId> {
        self.groups.iter().find(|(_, known)| **known == *name).map(|(gid, _)| *gid)
    }

    /// What the file calls a gid.
    pub fn name_of(&self, gid: GroupId) -> Option<&[u8]> {
        self.by_gid.get(&gid).map(|index| &*self.groups[*index].1)
    }

    /// The first that has a name.
    pub fn id_of(&self, name: &[u8]) -> Option<GroupId> {
        self.groups.iter().find(|(_, known)| **known == *name).map(|(gid, _)| *gid)
    }

    /// How many lines say nothing.
    pub fn broken(&self) -> usize {
        self.broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memberships_are_found_by_name() {
        let table = GroupTable::read(
            b"web:x:80:demo,other\n# no\nmail:x:25:\nstaff:x:50: demo ,demo\nbad:x:y:demo\nshort\n",
            &LineFilter::default(),
        );
        assert_eq!(
            table.groups_of(b"demo"),
            [(GroupId(80), b"web".to_vec()), (GroupId(50), b"staff".to_vec())]
        );
        assert_eq!(table.groups_of(b"nobody"), []);
        assert_eq!(table.name_of(GroupId(25)), Some(&b"mail"[..]));
        assert_eq!(table.name_of(GroupId(1)), None);
        assert_eq!(table.broken(), 2);
    }

    #[test]
    fn of_a_group_that_does_not_pass_nobody_is_a_member() {
        let filter = LineFilter { ids: Some(50..=90), ..LineFilter::default() };
        let table = GroupTable::read(b"web:x:80:demo\nwheel:x:10:demo\n", &filter);
        assert_eq!(table.groups_of(b"demo"), [(GroupId(80), b"web".to_vec())]);
        assert_eq!((table.name_of(GroupId(10)), table.gid_of(b"wheel")), (None, None));
        assert_eq!(table.broken(), 0);
    }
}
