//! What is changed of a file without opening it: permissions, group, time. Each acts on the very file that a place stands for.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::sys::stat::{self, FchmodatFlags, Mode, UtimensatFlags};
use nix::sys::statvfs;
use nix::sys::time::TimeSpec;
use nix::unistd::{self, Gid};

use super::GroupId;

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

/// The kernel's own way from a number to the file: calls that take no place (O_PATH) by its number take this.
fn link(place: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", place.as_raw_fd())
}
