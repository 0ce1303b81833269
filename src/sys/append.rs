//! Files that are only appended to, opened by a path that others may try to bend.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// Opens `path` for appending, made with `mode` when it is not there. A symbolic link at its end is refused (ELOOP) unless links are followed, a pipe
/// that nobody reads too (ENXIO): the caller must not wait here.
pub fn append(path: &Path, mode: u32, follow: bool) -> io::Result<OwnedFd> {
    let links = if follow { OFlag::empty() } else { OFlag::O_NOFOLLOW };
    let flags = OFlag::O_WRONLY
        | OFlag::O_APPEND
        | OFlag::O_CREAT
        | links
        | OFlag::O_NONBLOCK
        | OFlag::O_NOCTTY
        | OFlag::O_CLOEXEC;
    Ok(open(path, flags, Mode::from_bits_truncate(mode))?)
}
