//! AuthUserFile and AuthGroupFile, looked at while the configuration is read: a file that others may read or change is no place for
//! passwords.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::arguments::absolute;
use super::complaint::Complaints;
use super::draft::AccountFileDraft;
use crate::auth::{FilteredFile, in_files, syntax};

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFile {
    /// AuthUserFile: not readable, not writable by everybody.
    Users,
    /// AuthGroupFile: not writable by everybody.
    Groups,
}

/// AuthFileOptions.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileOptions {
    /// InsecurePerms.
    pub insecure: bool,
    /// SyntaxCheck.
    pub checked: bool,
}

/// The file; complains about what is wrong with it.
pub fn checked(
    said: &AccountFileDraft,
    which: AccountFile,
    options: FileOptions,
    complaints: &mut Complaints,
) -> Option<FilteredFile> {
    let directive = match which {
        AccountFile::Users => "AuthUserFile",
        AccountFile::Groups => "AuthGroupFile",
    };
    match fault(&said.path.text, which, options) {
        Ok(path) => Some(FilteredFile { path, filter: said.filter.clone() }),
        Err(message) => {
            complaints.error(&said.path.mark, format!("{directive}: {message}"));
            None
        }
    }
}

fn fault(text: &str, which: AccountFile, options: FileOptions) -> Result<PathBuf, String> {
    let path = absolute(text).ok_or_else(|| format!("takes an absolute path, not '{text}'"))?;
    let file = fs::File::open(&path).map_err(|error| format!("cannot read {text}: {error}"))?;
    let found = file.metadata().map_err(|error| format!("cannot read {text}: {error}"))?;
    if !found.is_file() {
        return Err(format!("{text} is no plain file"));
    }
    if options.checked {
        broken_line(&path, which).map_or(Ok(()), |line| Err(format!("{text}, {line}")))?;
    }
    if options.insecure {
        return Ok(path);
    }
    if which == AccountFile::Users && found.mode() & 0o004 != 0 {
        return Err(format!(
            "everybody may read {text}; chmod o-rwx it, or say AuthFileOptions InsecurePerms"
        ));
    }
    if found.mode() & 0o002 != 0 {
        return Err(format!(
            "everybody may write to {text}; chmod o-w it, or say AuthFileOptions InsecurePerms"
        ));
    }
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    if folder.is_some_and(|folder| folder.mode() & 0o002 != 0) {
        return Err(format!(
            "everybody may replace {text}: its folder is writable by all; chmod o-w the folder"
        ));
    }
    Ok(path)
}

fn broken_line(path: &Path, which: AccountFile) -> Option<String> {
    let contents = fs::read(path).ok()?;
    match which {
        AccountFile::Users => syntax::fault_of_users(contents),
        AccountFile::Groups => syntax::fault_of_groups(&contents),
    }
}

/// `~user` and `~user/sub` as the path that they stand for, where an AuthUserFile knows the user.
pub fn home_in(users: &FilteredFile, text: &str) -> Option<String> {
    let (name, below) = text.strip_prefix('~')?.split_once('/').unwrap_or((&text[1..], ""));
    let home = in_files::home(users, name.as_bytes())?;
    home.join(below).into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn broken_lines_are_refused_where_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("users");
        let text = path.to_str().expect("text");
        let judge = |content: &str, which, checked| {
            fs::write(&path, content).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
            fault(text, which, FileOptions { insecure: false, checked })
        };
        let broken = "a:x:1:1::/a:\nb:x:1\n";
        assert!(judge(broken, AccountFile::Users, false).is_ok());
        let said = judge(broken, AccountFile::Users, true).expect_err("a broken line");
        assert!(said.ends_with("users, line 2: wrong number of fields"), "{said}");
        assert!(judge("a:x:1:1::/a:\n", AccountFile::Users, true).is_ok());
        assert!(judge("g:x:1:\n", AccountFile::Groups, true).is_ok());
        assert!(judge("g:x:one:\n", AccountFile::Groups, true).is_err());
    }

    #[test]
    fn files_open_to_everybody_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("users");
        fs::write(&path, "").expect("written");
        let text = path.to_str().expect("text");
        let judge = |mode, which, insecure| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            fault(text, which, FileOptions { insecure, checked: false }).is_ok()
        };
        let table = [
            (0o600, AccountFile::Users, false, true),
            (0o640, AccountFile::Users, false, true),
            (0o644, AccountFile::Users, false, false),
            (0o644, AccountFile::Users, true, true),
            (0o644, AccountFile::Groups, false, true),
            (0o662, AccountFile::Groups, false, false),
        ];
        for (mode, which, insecure, expected) in table {
            assert_eq!(judge(mode, which, insecure), expected, "{mode:o} {which:?} {insecure}");
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("set");
        assert!(!judge(0o600, AccountFile::Users, false));
        assert!(fault("/no/such/file", AccountFile::Users, FileOptions::default()).is_err());
        assert!(fault("users", AccountFile::Users, FileOptions::default()).is_err());
    }
}
