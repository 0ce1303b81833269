//! Accounts of the host, by whatever its name service asks (nsswitch.conf(5)).

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;
use nix::unistd::{Gid, Group, Uid, User};

use super::{GroupId, UserId, crypt};

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
    /// The hash of its password, where it does not stand in shadow.
    pub hash: Vec<u8>,
}

/// What shadow(5) says of an account; None for an empty field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The hash of its password.
    pub hash: Vec<u8>,
    /// The day of the password's last change, since 1970.
    pub changed: Option<i64>,
    /// Days after which it must be changed.
    pub longest: Option<i64>,
    /// Days after that until it lets in no more.
    pub inactive: Option<i64>,
    /// The day the account is closed.
    pub expires: Option<i64>,
}

/// Most bytes of a line of shadow; nix takes as many for the other databases.
const LINE_MOST: usize = 1 << 20;

/// The account of that name (getpwnam(3)).
pub fn account(name: &[u8]) -> io::Result<Option<HostAccount>> {
    let Ok(text) = std::str::from_utf8(name) else { return Ok(None) };
    match User::from_name(text) {
        Ok(found) => Ok(found.map(HostAccount::from)),
        Err(errno) if says_unknown(errno) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// What shadow says of the account of that name (getspnam(3)).
pub fn shadow(name: &[u8]) -> io::Result<Option<Shadow>> {
    let name = CString::new(name)?;
    let mut buffer: Vec<u8> = vec![0; 1024];
    let found = loop {
        match shadow_in(&name, &mut buffer) {
            Err(Errno::ERANGE) if buffer.len() < LINE_MOST => buffer.resize(buffer.len() * 4, 0),
            Err(errno) if says_unknown(errno) => break None,
            found => break found?,
        }
    };
    crypt::wipe(&mut buffer);
    Ok(found)
}

fn shadow_in(name: &CStr, buffer: &mut [u8]) -> Result<Option<Shadow>, Errno> {
    let mut line = MaybeUninit::<libc::spwd>::uninit();
    let mut found = std::ptr::null_mut();
    // SAFETY: getspnam_r needs a string that ends in NUL, room for a line and for its strings with their length, and a place for the
    // result: all four live for the whole call, and the two that are written are exclusively ours.
    // JUSTIFICATION: nix has no shadow.
    let status = unsafe {
        libc::getspnam_r(
            name.as_ptr(),
            line.as_mut_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &mut found,
        )
    };
    if status != 0 {
        return Err(Errno::from_raw(status));
    }
    if found.is_null() {
        return Ok(None);
    }
    // SAFETY: a result that is not null says that `line` was filled in (getspnam(3)).
    let line = unsafe { line.assume_init() };
    let hash = match line.sp_pwdp.is_null() {
        true => Vec::new(),
        // SAFETY: a filled line's strings end in NUL and stand in `buffer`, which lives and stays unchanged here.
        false => unsafe { CStr::from_ptr(line.sp_pwdp) }.to_bytes().to_vec(),
    };
    #[allow(clippy::useless_conversion, reason = "c_long has 32 bits on some hosts")]
    let days = |field: libc::c_long| (field >= 0).then_some(i64::from(field));
    Ok(Some(Shadow {
        hash,
        changed: days(line.sp_lstchg),
        longest: days(line.sp_max),
        inactive: days(line.sp_inact),
        expires: days(line.sp_expire),
    }))
}

/// Name services say in many ways that they know nobody of a name (getpwnam(3), ERRORS).
fn says_unknown(errno: Errno) -> bool {
    matches!(errno, Errno::ENOENT | Errno::ESRCH)
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

/// The name of a gid (getgrgid(3)).
pub fn group_name(gid: GroupId) -> io::Result<Option<Vec<u8>>> {
    match Group::from_gid(Gid::from_raw(gid.0)) {
        Ok(found) => Ok(found.map(|group| group.name.into_bytes())),
        Err(errno) if says_unknown(errno) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

impl From<User> for HostAccount {
    fn from(user: User) -> HostAccount {
        HostAccount {
            name: user.name.into_bytes(),
            uid: UserId(user.uid.as_raw()),
            gid: GroupId(user.gid.as_raw()),
            home: user.dir,
            shell: user.shell.as_os_str().as_bytes().to_vec(),
            hash: user.passwd.into_bytes(),
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
        assert_eq!(group_name(GroupId::ROOT).unwrap().as_deref(), Some(&b"root"[..]));
        assert!(groups_of(b"root", GroupId::ROOT).unwrap().contains(&GroupId::ROOT));
    }

    #[test]
    fn shadow_is_read_by_who_may() {
        match shadow(b"root") {
            Ok(Some(line)) => assert_eq!(line.expires, None),
            Ok(None) => panic!("root stands in no shadow"),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        }
        assert!(matches!(shadow(b"no-such-account-here"), Ok(None) | Err(_)));
        assert!(shadow(b"a\0b").is_err());
    }

    #[test]
    fn names_that_cannot_be_are_nobodys() {
        assert_eq!(account(b"\xff\xfe").unwrap(), None);
        assert_eq!(account(b"no-such-account-here").unwrap(), None);
        assert_eq!(group(b"no-such-group-here").unwrap(), None);
    }
}
