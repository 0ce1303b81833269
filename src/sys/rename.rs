//! A name given only where nobody has it (renameat2(2)).

use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

/// Renames a file; `AlreadyExists` when there is something at the new name, which is then left alone.
pub fn into_vacant_place(from: &Path, to: &Path) -> io::Result<()> {
    match renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE) {
        // A file system that does not know the flag: a link does not replace either.
        Err(Errno::EINVAL | Errno::ENOSYS) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        other => Ok(other?),
    }
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
