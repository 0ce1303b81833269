//! The id that a name has in one of the configuration's files; for what a configuration says of names before anybody logs in.

use std::path::Path;

use super::group_file::GroupTable;
use super::kept;
use super::user_file::UserTable;
use crate::sys::crypt;

/// A user's, by AuthUserFile. The caller may bear workers: of the file's contents nothing is left in its memory.
pub fn user(file: &Path, name: &[u8]) -> Option<u32> {
    let (_, contents) = kept::read(file).ok()?;
    let table = UserTable::read(contents);
    let uid = table.find(name).map(|line| line.uid.0);
    crypt::wipe(&mut table.into_contents());
    uid
}

/// A group's, by AuthGroupFile.
pub fn group(file: &Path, name: &[u8]) -> Option<u32> {
    let (_, contents) = kept::read(file).ok()?;
    GroupTable::read(&contents).id_of(name).map(|gid| gid.0)
}
