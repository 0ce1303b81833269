//! A name given only where nobody has it (renameat2(2)).

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use nix::NixPath;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

/// Renames from a name in a folder to one in another; `AlreadyExists` when there is something at the new name, which is then left alone.
/// `otherwise` is for a file system that does not know the flag, and is told what the kernel said.
pub(super) fn without_replacing<P: NixPath + ?Sized>(
    from: (BorrowedFd<'_>, &P),
    to: (BorrowedFd<'_>, &P),
    otherwise: impl FnOnce(Errno) -> io::Result<()>,
) -> io::Result<()> {
    match renameat2(from.0, from.1, to.0, to.1, RenameFlags::RENAME_NOREPLACE) {
        Err(error @ (Errno::EINVAL | Errno::ENOSYS)) => otherwise(error),
        other => Ok(other?),
    }
}

/// Renames a file; `AlreadyExists` when there is something at the new name, which is then left alone.
pub fn into_vacant_place(from: &Path, to: &Path) -> io::Result<()> {
    without_replacing((AT_FDCWD, from), (AT_FDCWD, to), |_| {
        // A link does not replace either.
        std::fs::hard_link(from, to)?;
        std::fs::remove_file(from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("one"), "1").unwrap();
        into_vacant_place(&path("one"), &path("two")).unwrap();
        std::fs::write(path("three"), "3").unwrap();
        let refused = into_vacant_place(&path("three"), &path("two")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(path("two")).unwrap(), b"1");
        assert!(path("three").exists() && !path("one").exists());
    }
}
