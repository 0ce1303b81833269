//! A home to be made, as it travels to whoever makes it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{HomePolicy, NewHome, WayOwner};
use crate::auth::wire::HOME_MAX;
use crate::auth::wire::record::{FieldReader, FieldWriter, Malformed};
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

const GROUPS_MAX: u16 = GRANT_GROUPS as u16;

impl NewHome {
    /// Lays it into a record.
    pub fn write(&self, record: FieldWriter) -> FieldWriter {
        let policy = &self.policy;
        let skeleton = policy.skeleton.as_ref().map(|path| path.as_os_str().as_bytes()).unwrap_or_default();
        let record = record
            .text(self.path.as_os_str().as_bytes(), HOME_MAX)
            .word(self.uid.0)
            .word(self.gid.0)
            .list(&self.groups, GROUPS_MAX, |record, group| record.word(group.0))
            .word(policy.mode)
            .text(skeleton, HOME_MAX)
            .word(policy.way_mode);
        let record = write_owner(record, policy.way_uid, |uid| uid.0);
        let record = write_owner(record, policy.way_gid, |gid| gid.0);
        record.optional(policy.group.map(|group| group.0)).byte(u8::from(policy.as_account))
    }

    /// Takes it out of a record.
    pub fn read(fields: &mut FieldReader<'_>) -> Result<NewHome, Malformed> {
        Ok(NewHome {
            path: path(fields)?,
            uid: UserId(fields.word()?),
            gid: GroupId(fields.word()?),
            groups: fields.list(GROUPS_MAX, |fields| fields.word().map(GroupId))?,
            policy: HomePolicy {
                mode: fields.word()?,
                skeleton: Some(path(fields)?).filter(|path| !path.as_os_str().is_empty()),
                way_mode: fields.word()?,
                way_uid: read_owner(fields, UserId)?,
                way_gid: read_owner(fields, GroupId)?,
                group: fields.optional()?.map(GroupId),
                as_account: fields.byte()? != 0,
            },
        })
    }
}

fn path(fields: &mut FieldReader<'_>) -> Result<PathBuf, Malformed> {
    Ok(PathBuf::from(OsStr::from_bytes(fields.text(HOME_MAX)?)))
}

fn write_owner<Id>(record: FieldWriter, owner: WayOwner<Id>, number: impl Fn(Id) -> u32) -> FieldWriter {
    match owner {
        WayOwner::Daemon => record.byte(0).word(0),
        WayOwner::Account => record.byte(1).word(0),
        WayOwner::Named(id) => record.byte(2).word(number(id)),
    }
}

fn read_owner<Id>(fields: &mut FieldReader<'_>, id: impl Fn(u32) -> Id) -> Result<WayOwner<Id>, Malformed> {
    let kind = fields.byte()?;
    let number = fields.word()?;
    match kind {
        0 => Ok(WayOwner::Daemon),
        1 => Ok(WayOwner::Account),
        2 => Ok(WayOwner::Named(id(number))),
        other => Err(Malformed::Kind(other)),
    }
}
