//! Where a session lives: the root it is confined to and the folder it begins in, by its account and groups.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::refusals::incorrect;
use super::storage::{FtpPath, Root};
use crate::auth::Account;
use crate::config::settings::{Anonymous, PathFor, SessionRules};
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;
use crate::sys::files::{Errno, Links};

/// What holds for one account.
pub struct Quarters {
    bounds: Bounds,
    links: Links,
    begin_in: Option<PathBuf>,
}

/// What a session cannot leave.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bounds {
    /// Everything; it must have a home to stand in.
    Host,
    /// DefaultRoot's folder.
    Root(PathBuf),
    /// The root of `<Anonymous>`.
    Anonymous(PathBuf),
}

/// Why a session has no root.
#[derive(Debug)]
pub struct NoRoot {
    bounds: Bounds,
    error: io::Error,
}

impl fmt::Display for NoRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, root) = match &self.bounds {
            Bounds::Host => ("the root", Path::new("/")),
            Bounds::Root(root) => ("DefaultRoot", root.as_path()),
            Bounds::Anonymous(root) => ("<Anonymous>", root.as_path()),
        };
        write!(f, "unable to use {what} '{}': {}", root.display(), self.error)?;
        match self.error.raw_os_error() == Some(Errno::ELOOP as i32) {
            true => f.write_str("; AllowChrootSymlinks off lets no link stand on the way"),
            false => Ok(()),
        }
    }
}

impl Quarters {
    /// Of an account, or of an anonymous session.
    pub fn of(rules: &SessionRules, anonymous: Option<&Anonymous>, account: &Account) -> Quarters {
        let bounds = match anonymous {
            Some(section) => Bounds::Anonymous(section.root.clone()),
            None => applying(&rules.default_root, account).map_or(Bounds::Host, Bounds::Root),
        };
        let links = if rules.root_links { Links::Followed } else { Links::Refused };
        Quarters { bounds, links, begin_in: applying(&rules.default_chdir, account) }
    }

    /// Whether it lives in less than the whole host.
    pub fn is_confined(&self) -> bool {
        self.bounds != Bounds::Host
    }

    /// The root, as whoever the process is by now sees it.
    pub fn open(&self) -> Result<Root, NoRoot> {
        let (root, links) = match &self.bounds {
            Bounds::Host => (Path::new("/"), Links::Followed),
            Bounds::Root(root) | Bounds::Anonymous(root) => (root.as_path(), self.links),
        };
        Root::open(root, links).map_err(|error| NoRoot { bounds: self.bounds.clone(), error })
    }

    /// An account's home, links followed as whoever the process is by now sees them.
    pub fn home(&self, account: &Account, root: &Root) -> PathBuf {
        // DefaultRoot ~, the usual case: the kernel has followed them already.
        let known = matches!(&self.bounds, Bounds::Root(path) if *path == account.home)
            .then(|| root.stood().map(Path::to_owned));
        known.flatten().or_else(|| account.home.canonicalize().ok()).unwrap_or_else(|| account.home.clone())
    }

    /// The home below the root; an anonymous session's is the root itself.
    pub fn home_in(&self, root: &Root, account: &Account) -> io::Result<FtpPath> {
        if let Bounds::Anonymous(_) = self.bounds {
            return Ok(FtpPath::root());
        }
        root.below(&self.home(account, root))
    }

    /// Whether links may stand on the way to what a session is shown of the host.
    pub fn links(&self) -> Links {
        self.links
    }

    /// What a client hears that has no root.
    pub fn refusal(&self) -> Reply {
        match &self.bounds {
            Bounds::Anonymous(_) => {
                incorrect(ReasonCode::Home).preceded_by(vec![b"Unable to set anonymous privileges.".to_vec()])
            }
            Bounds::Host | Bounds::Root(_) => incorrect(ReasonCode::Home),
        }
    }

    /// Begins in DefaultChdir's folder, else at home, else at the root. False where the session would stand in a root that is the
    /// whole host's: its account has no home then.
    pub fn settle(&self, home: &Path, mut start_in: impl FnMut(&Path) -> bool) -> bool {
        self.begin_in.as_ref().is_some_and(|folder| start_in(folder)) || start_in(home) || self.is_confined()
    }
}

/// The first line whose groups the account satisfies, its `~` and `%u` replaced.
fn applying(lines: &[PathFor], account: &Account) -> Option<PathBuf> {
    let line = lines.iter().find(|line| line.groups.iter().all(|group| holds(group, account)))?;
    let path = named(&line.path, &account.name);
    let path = Path::new(OsStr::from_bytes(&path));
    Some(match path.strip_prefix("~") {
        Ok(below) if below.as_os_str().is_empty() => account.home.clone(),
        Ok(below) => account.home.join(below),
        Err(_) => path.to_owned(),
    })
}

/// A name that is no single name of a folder leads nowhere, not elsewhere.
pub(super) fn named<'p>(path: &'p str, name: &[u8]) -> Cow<'p, [u8]> {
    if !path.contains("%u") {
        return Cow::Borrowed(path.as_bytes());
    }
    if matches!(name, b"" | b"." | b"..") || name.contains(&b'/') {
        return Cow::Borrowed(b"/nonexistent");
    }
    let parts: Vec<&[u8]> = path.split("%u").map(str::as_bytes).collect();
    Cow::Owned(parts.join(name))
}

/// `name`: the account is in the group; `!name`: it is not.
fn holds(group: &str, account: &Account) -> bool {
    let is_in = |name: &str| account.groups.iter().any(|(_, known)| known == name.as_bytes());
    match group.strip_prefix('!') {
        Some(name) => !is_in(name),
        None => is_in(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{GroupId, UserId};

    fn account(groups: &[&str]) -> Account {
        Account {
            name: b"demo".to_vec(),
            uid: UserId(1000),
            gid: GroupId(1000),
            groups: groups.iter().map(|name| (GroupId(1), name.as_bytes().to_vec())).collect(),
            home: PathBuf::from("/home/demo"),
        }
    }

    fn line(path: &str, groups: &[&str]) -> PathFor {
        PathFor { path: path.into(), groups: groups.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn the_first_line_whose_groups_hold_applies() {
        let lines = [line("/staff", &["staff", "!banned"]), line("~/www", &["web"]), line("~", &[])];
        for (groups, wanted) in [
            (&["staff"][..], "/staff"),
            (&["staff", "banned"], "/home/demo"),
            (&["web"], "/home/demo/www"),
            (&[], "/home/demo"),
        ] {
            assert_eq!(applying(&lines, &account(groups)), Some(PathBuf::from(wanted)), "{groups:?}");
        }
        assert_eq!(applying(&lines[..1], &account(&[])), None);
    }

    #[test]
    fn the_accounts_name_stands_in_for_its_letter() {
        let root = |name: &[u8]| {
            applying(&[line("/srv/%u/%u-www", &[])], &Account { name: name.to_vec(), ..account(&[]) })
        };
        assert_eq!(root(b"demo"), Some("/srv/demo/demo-www".into()));
        for name in [&b".."[..], b".", b"", b"../etc", b"a/b"] {
            assert_eq!(root(name), Some("/nonexistent".into()), "{name:?}");
        }
    }
}
