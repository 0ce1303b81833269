//! What the configuration's own files say of a name; for what a configuration says of names before anybody logs in. The caller may
//! bear workers: of a file of users nothing is left in its memory.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::group_file::GroupTable;
use super::kept;
use super::line_filter::FilteredFile;
use super::user_file::{UserLine, UserTable};
use crate::sys::crypt;

/// A user's id, by AuthUserFile.
pub fn user(file: &FilteredFile, name: &[u8]) -> Option<u32> {
    of_user(file, name, |line| line.uid.0)
}

/// A user's home, by AuthUserFile.
pub fn home(file: &FilteredFile, name: &[u8]) -> Option<PathBuf> {
    of_user(file, name, |line| line.home)
}

fn of_user<T>(file: &FilteredFile, name: &[u8], what: impl Fn(UserLine<'_>) -> T) -> Option<T> {
    let (_, contents) = kept::read(&file.path).ok()?;
    let table = UserTable::read(contents, &file.filter);
    let found = table.find(name).map(what);
    crypt::wipe(&mut table.into_contents());
    found
}

/// Takes the users of AuthUserFile out of a set of names.
pub fn strike_users(file: &FilteredFile, names: &mut BTreeSet<String>) {
    let Ok((_, contents)) = kept::read(&file.path) else { return };
    let table = UserTable::read(contents, &file.filter);
    names.retain(|name| table.find(name.as_bytes()).is_none());
    crypt::wipe(&mut table.into_contents());
}

/// Takes the groups of AuthGroupFile out of a set of names.
pub fn strike_groups(file: &FilteredFile, names: &mut BTreeSet<String>) {
    let Ok((_, contents)) = kept::read(&file.path) else { return };
    let table = GroupTable::read(&contents, &file.filter);
    names.retain(|name| table.id_of(name.as_bytes()).is_none());
}

/// A group's id, by AuthGroupFile.
pub fn group(file: &FilteredFile, name: &[u8]) -> Option<u32> {
    let (_, contents) = kept::read(&file.path).ok()?;
    GroupTable::read(&contents, &file.filter).id_of(name).map(|gid| gid.0)
}
