//! What is changed of a file without opening it: permissions, group, time. Each acts on the very file that a place stands for.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::sys::stat::{self, FchmodatFlags, Mode, UtimensatFlags};
use nix::sys::statvfs;
use nix::sys::time::TimeSpec;
use nix::unistd::{self, Gid};

use super::GroupId;
use super::files::Status;

/// Sets the permission bits, set-id and sticky among them.
pub fn set_mode(place: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    let mode = Mode::from_bits_truncate(mode);
    Ok(stat::fchmodat(AT_FDCWD, link(place).as_str(), mode, FchmodatFlags::FollowSymlink)?)
}

/// Sets the group.
pub fn set_group(place: BorrowedFd<'_>, group: GroupId) -> io::Result<()> {
    Ok(unistd::fchownat(place, "", None, Some(Gid::from_raw(group.0)), AtFlags::AT_EMPTY_PATH)?)
}

/// Sets the times of the last reading, where one is given, and of the data's last change, in seconds since the epoch.
pub fn set_times(place: BorrowedFd<'_>, accessed: Option<i64>, modified: i64) -> io::Result<()> {
    let accessed = accessed.map_or(TimeSpec::UTIME_OMIT, |seconds| TimeSpec::new(seconds, 0));
    let modified = TimeSpec::new(modified, 0);
    let flag = UtimensatFlags::FollowSymlink;
    Ok(stat::utimensat(AT_FDCWD, link(place).as_str(), &accessed, &modified, flag)?)
}

/// Bytes that this process may still write in the file system of a place, quotas aside.
pub fn room(place: BorrowedFd<'_>) -> io::Result<u64> {
    let about = statvfs::fstatvfs(place)?;
    Ok(about.blocks_available().saturating_mul(about.fragment_size()))
}

/// When a file came to be, in seconds since the epoch: a name in a place, links not followed, or without a name what the place itself
/// stands for. None where the file system does not know, and where it is not the file of this status, as after a rename.
pub fn created(place: BorrowedFd<'_>, name: &[u8], status: &Status) -> Option<i64> {
    let found = match name {
        b"" => fs::metadata(link(place)),
        _ => fs::symlink_metadata(Path::new(&link(place)).join(OsStr::from_bytes(name))),
    };
    // The library asks statx(2) for it; fstatat(2), which listings use, does not know it.
    let found = found.ok().filter(|found| (found.dev(), found.ino()) == (status.device, status.inode))?;
    let since = found.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The kernel's own way from a number to the file: calls that take no place (O_PATH) by its number take this.
fn link(place: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", place.as_raw_fd())
}
