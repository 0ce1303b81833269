//! The paths that clients name: bytes, made absolute below the session's root by text alone, as CWD and `..` mean
//! them in FTP. What the file system makes of them is another matter (`root`).

use std::fmt;

/// Longest path that the kernel takes, its end included (PATH_MAX).
pub const PATH_MAX: usize = 4096;
/// Longest name of one component (NAME_MAX).
pub const NAME_MAX: usize = 255;

/// An absolute path below the session's root without `.`, `..` or empty components. `/` is the root itself.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FtpPath(Vec<u8>);

/// Why bytes are no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// A NUL byte: no file system can hold it.
    Nul,
    /// The whole, or one component, is longer than any file system takes.
    TooLong,
}

impl FtpPath {
    /// The session's root.
    pub fn root() -> FtpPath {
        FtpPath(vec![b'/'])
    }

    /// What `given` means for a session whose working directory is `self`. No `..` leads above the root.
    pub fn join(&self, given: &[u8]) -> Result<FtpPath, PathError> {
        if given.contains(&0) {
            return Err(PathError::Nul);
        }
        let mut path = if given.first() == Some(&b'/') { FtpPath::root() } else { self.clone() };
        for component in given.split(|byte| *byte == b'/') {
            path.step(component)?;
        }
        Ok(path)
    }

    fn step(&mut self, component: &[u8]) -> Result<(), PathError> {
        match component {
            b"" | b"." => Ok(()),
            b".." => {
                self.ascend();
                Ok(())
            }
            name => self.descend(name),
        }
    }

    fn ascend(&mut self) {
        let end = memchr::memrchr(b'/', &self.0).unwrap_or(0);
        self.0.truncate(end.max(1));
    }

    fn descend(&mut self, name: &[u8]) -> Result<(), PathError> {
        if name.len() > NAME_MAX || self.0.len() + 1 + name.len() >= PATH_MAX {
            return Err(PathError::TooLong);
        }
        if !self.is_root() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
        Ok(())
    }

    /// The bytes, beginning with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the session's root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Its components, from the root down.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }

    /// The directory that holds it, and its name there; None for the root.
    pub fn split_last(&self) -> Option<(FtpPath, &[u8])> {
        if self.is_root() {
            return None;
        }
        let mut parent = self.clone();
        parent.ascend();
        let name = self.0.rsplit(|byte| *byte == b'/').next()?;
        Some((parent, name))
    }
}

impl fmt::Debug for FtpPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.escape_ascii().to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(cwd: &[u8], given: &[u8]) -> Vec<u8> {
        FtpPath::root().join(cwd).unwrap().join(given).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn paths_are_normalised_by_text() {
        let table: [(&[u8], &[u8], &[u8]); 12] = [
            (b"/", b"", b"/"),
            (b"/", b"a", b"/a"),
            (b"/a/b", b"c", b"/a/b/c"),
            (b"/a/b", b"/c", b"/c"),
            (b"/a/b", b"..", b"/a"),
            (b"/a/b", b"../..", b"/"),
            (b"/a/b", b"../../../../etc", b"/etc"),
            (b"/a", b"./b/.//c/", b"/a/b/c"),
            (b"/a", b"b/../c/..", b"/a"),
            (b"/a", b"...", b"/a/..."),
            (b"/a", b"\xff\xfe", b"/a/\xff\xfe"),
            (b"/", b"//..//..//", b"/"),
        ];
        for (cwd, given, expected) in table {
            assert_eq!(joined(cwd, given), expected, "{cwd:?} {given:?}");
        }
    }

    #[test]
    fn what_no_file_system_holds_is_refused() {
        let root = FtpPath::root();
        assert_eq!(root.join(b"a\0b"), Err(PathError::Nul));
        assert!(root.join(&[b'n'; 255]).is_ok());
        assert_eq!(root.join(&[b'n'; 256]), Err(PathError::TooLong));
        assert!(root.join(&b"/n".repeat(2047)).is_ok());
        assert_eq!(root.join(&b"/n".repeat(2048)), Err(PathError::TooLong));
    }

    #[test]
    fn the_last_name_comes_off() {
        let path = FtpPath::root().join(b"a/b").unwrap();
        let (parent, name) = path.split_last().unwrap();
        assert_eq!((parent.as_bytes(), name), (&b"/a"[..], &b"b"[..]));
        assert!(FtpPath::root().split_last().is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_clean_path_or_an_error(cwd: Vec<u8>, given in proptest::collection::vec(
            prop_oneof![Just(b'/'), Just(b'.'), any::<u8>()], 0..600)) {
            let Ok(start) = FtpPath::root().join(&cwd) else { return Ok(()) };
            let Ok(path) = start.join(&given) else { return Ok(()) };
            let bytes = path.as_bytes();
            prop_assert!(bytes.len() < PATH_MAX && bytes[0] == b'/');
            if !path.is_root() {
                for name in bytes[1..].split(|byte| *byte == b'/') {
                    prop_assert!(!name.is_empty() && name != b"." && name != b".." && name.len() <= NAME_MAX);
                    prop_assert!(!name.contains(&0));
                }
            }
            prop_assert_eq!(path.join(bytes).unwrap(), path.clone());
        }
    }
}
