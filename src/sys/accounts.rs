//! Accounts of the host, by whatever its name service asks (nsswitch.conf(5)).

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::unistd::{Gid, Group, Uid, User};

use super::{GroupId, UserId};

/// One account of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAccount {
    /// Its name.
    pub name: Vec<u8>,
    /// Its uid.
    pub uid: UserId,
    /// Its primary group.
    pub gid: GroupId,
    /// Its home.
    pub home: PathBuf,
    /// Its login shell.
    pub shell: Vec<u8>,
}

/// The account of that name (getpwnam(3)).
pub fn account(name: &[u8]) -> io::Result<Option<HostAccount>> {
    let Ok(text) = std::str::from_utf8(name) else { return Ok(None) };
    Ok(User::from_name(text)?.map(HostAccount::from))
}

/// The group of that name (getgrnam(3)).
pub fn group(name: &[u8]) -> io::Result<Option<GroupId>> {
    let Ok(text) = std::str::from_utf8(name) else { return Ok(None) };
    Ok(Group::from_name(text)?.map(|group| GroupId(group.gid.as_raw())))
}

/// All groups of an account, `gid` among them (getgrouplist(3)).
pub fn groups_of(name: &[u8], gid: GroupId) -> io::Result<Vec<GroupId>> {
    let name = CString::new(name)?;
    let groups = nix::unistd::getgrouplist(&name, Gid::from_raw(gid.0))?;
    Ok(groups.into_iter().map(|group| GroupId(group.as_raw())).collect())
}

/// The name of a uid (getpwuid(3)); None also when the name service fails.
pub fn user_name(uid: UserId) -> Option<Vec<u8>> {
    User::from_uid(Uid::from_raw(uid.0)).ok().flatten().map(|user| user.name.into_bytes())
}

/// The name of a gid (getgrgid(3)); None also when the name service fails.
pub fn group_name(gid: GroupId) -> Option<Vec<u8>> {
    Group::from_gid(Gid::from_raw(gid.0)).ok().flatten().map(|group| group.name.into_bytes())
}

impl From<User> for HostAccount {
    fn from(user: User) -> HostAccount {
        HostAccount {
            name: user.name.into_bytes(),
            uid: UserId(user.uid.as_raw()),
            gid: GroupId(user.gid.as_raw()),
            home: user.dir,
            shell: user.shell.as_os_str().as_bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_by_name_and_number() {
        let root = account(b"root").unwrap().unwrap();
        assert_eq!((root.uid, root.gid), (UserId::ROOT, GroupId::ROOT));
        assert_eq!(user_name(UserId::ROOT).as_deref(), Some(&b"root"[..]));
        assert_eq!(group_name(GroupId::ROOT).as_deref(), Some(&b"root"[..]));
        assert!(groups_of(b"root", GroupId::ROOT).unwrap().contains(&GroupId::ROOT));
    }

    #[test]
    fn names_that_cannot_be_are_nobodys() {
        assert_eq!(account(b"\xff\xfe").unwrap(), None);
        assert_eq!(account(b"no-such-account-here").unwrap(), None);
        assert_eq!(group(b"no-such-group-here").unwrap(), None);
    }
}
