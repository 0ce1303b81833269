//! Display files: where the one of an occasion lies, by whose rights it is read, and its lines.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::member::Member;
use super::storage::{Asked, FtpPath, Portion, Verb};
use super::text::{self, Facts, SHOWN_MOST, Text};
use crate::config::settings::{DisplayFile, SessionRules};
use crate::sys::{NO_BLOCK, attributes, files};

/// Bytes read of a display file.
const READ_MOST: u64 = 16 * 1024;
/// Folders whose display files a session remembers to have shown; the oldest is forgotten.
const REMEMBERED_MOST: usize = 256;
/// By which rules a file is shown that lies where a client stands: who may not fetch it does not see it.
const SHOWN: Verb = Verb { name: "RETR", groups: &["READ"], also: &[] };

/// When a file is shown to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// DisplayLogin.
    Login,
    /// DisplayQuit.
    Quit,
    /// DisplayFileTransfer.
    Transfer,
}

impl Occasion {
    fn file(self, rules: &SessionRules) -> Option<&DisplayFile> {
        match self {
            Occasion::Login => rules.display_login.as_ref(),
            Occasion::Quit => rules.display_quit.as_ref(),
            Occasion::Transfer => rules.display_file_transfer.as_ref(),
        }
    }
}

/// The host's files that a confined session shows, opened by its account before its walls rose.
#[derive(Debug, Default)]
pub struct Held {
    login: Option<File>,
    quit: Option<File>,
    transfer: Option<File>,
}

impl Held {
    /// Whatever of them is outside the session's reach from now on.
    pub fn open(rules: &SessionRules) -> Held {
        let open = |occasion: Occasion| match occasion.file(rules) {
            Some(DisplayFile::Host(path)) => opened(path),
            _ => None,
        };
        Held { login: open(Occasion::Login), quit: open(Occasion::Quit), transfer: open(Occasion::Transfer) }
    }

    fn of(&self, occasion: Occasion) -> Option<&File> {
        match occasion {
            Occasion::Login => self.login.as_ref(),
            Occasion::Quit => self.quit.as_ref(),
            Occasion::Transfer => self.transfer.as_ref(),
        }
    }
}

/// Which folders' files a session has seen, and as of when.
#[derive(Debug, Default)]
pub struct Seen(Vec<(u64, i64)>);

impl Seen {
    /// Whether a folder's file, changed at that time, is new to the session.
    fn is_new(&mut self, folder: &Path, modified: i64) -> bool {
        let mut hasher = DefaultHasher::new();
        folder.hash(&mut hasher);
        let folder = hasher.finish();
        let known = self.0.iter().position(|(known, _)| *known == folder);
        let before = known.map(|index| self.0.remove(index));
        if self.0.len() >= REMEMBERED_MOST {
            self.0.remove(0);
        }
        self.0.push((folder, modified));
        before != Some((folder, modified))
    }
}

impl Member {
    /// The lines for an occasion.
    pub fn display(&mut self, occasion: Occasion, facts: &Facts<'_>) -> Vec<Vec<u8>> {
        let Some(display) = occasion.file(self.rules) else { return Vec::new() };
        if let Some(file) = self.held.of(occasion) {
            let lines = of(file, facts);
            if occasion == Occasion::Login {
                self.held.login = None;
            }
            return lines;
        }
        let file = match display {
            DisplayFile::Host(path) => opened(path).or_else(|| self.of_root(path)),
            DisplayFile::Root(path) => self.of_root(path),
            // Where a session begins is the operator's word, not the client's.
            DisplayFile::Here(path) if occasion == Occasion::Login => {
                let path = self.cwd.join(path.as_os_str().as_bytes()).ok();
                path.and_then(|path| self.storage.ornament(&path))
            }
            DisplayFile::Here(path) => self.by_the_rules(path),
        };
        file.map(|file| of(&file, facts)).unwrap_or_default()
    }

    /// DisplayChdir's lines for the folder that the session has just entered.
    pub fn display_of_folder(&mut self, facts: &Facts<'_>) -> Vec<Vec<u8>> {
        let folder = self.folder_on_host().to_owned();
        let rules = self.directories.rules_for(&folder, self.subject);
        let Some(display) = rules.display_chdir() else { return Vec::new() };
        let Some(file) = self.by_the_rules(&display.path) else { return Vec::new() };
        if display.once {
            let modified = files::status(file.as_fd()).map_or(0, |status| status.modified);
            if !self.seen.is_new(&folder, modified) {
                return Vec::new();
            }
        }
        of(&file, facts)
    }

    /// A file that a client may have put there.
    fn by_the_rules(&self, path: &Path) -> Option<File> {
        let asked = Asked::new(SHOWN, &self.cwd, path.as_os_str().as_bytes()).ok()?;
        Some(self.storage.retrieve(&asked, Portion::Whole).ok()?.into_file())
    }

    fn of_root(&self, path: &Path) -> Option<File> {
        let path = FtpPath::root().join(path.as_os_str().as_bytes()).ok()?;
        self.storage.ornament(&path)
    }
}

/// The lines of a display file of the host, before anybody has logged in; none when it cannot be read, for it is an ornament.
pub fn of_host(path: &Path, facts: &Facts<'_>) -> Vec<Vec<u8>> {
    opened(path).map(|file| of(&file, facts)).unwrap_or_default()
}

/// A pipe in a file's place is not waited for.
fn opened(path: &Path) -> Option<File> {
    OpenOptions::new().read(true).custom_flags(NO_BLOCK).open(path).ok()
}

fn of(mut file: &File, facts: &Facts<'_>) -> Vec<Vec<u8>> {
    let mut content = Vec::new();
    if !file.metadata().is_ok_and(|about| about.is_file())
        || file.rewind().is_err()
        || file.take(READ_MOST).read_to_end(&mut content).is_err()
    {
        return Vec::new();
    }
    // The room where the file lies, as in ProFTPD.
    let room = || attributes::room(file.as_fd()).unwrap_or(0);
    shown(&content, |name| match name {
        b"F" => Some((room() / 1024).to_string().into_bytes()),
        b"f" => Some(text::in_units(room())),
        name => facts.value(Text::Display, name),
    })
}

/// The lines that fit, their variables replaced by values.
pub fn shown(content: &[u8], value: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut room = SHOWN_MOST;
    let has_room = |line: &Vec<u8>| {
        let left = room.checked_sub(line.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    lines(content).map(|line| text::expand(line, &value)).take_while(has_room).collect()
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content
        .split(|byte| *byte == b'\n')
        .filter(move |_| !content.is_empty())
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_file_is_lines() {
        assert_eq!(lines(b"one\r\n\ntwo\n").collect::<Vec<_>>(), [&b"one"[..], b"", b"two"]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn what_is_shown_is_bounded_whatever_the_variables_hold() {
        let deep = |name: &[u8]| (name == b"C").then(|| vec![b'x'; 4_000]);
        for content in [b"%C".repeat(8_192), b"%C\n".repeat(5_461)] {
            let lines = shown(&content, deep);
            let length: usize = lines.iter().map(Vec::len).sum();
            assert!((SHOWN_MOST - 4_000..=SHOWN_MOST).contains(&length), "{length}");
        }
        let one = |_: &[u8]| Some(b"1".to_vec());
        assert_eq!(shown(b"a\n%L\n", one), [b"a".to_vec(), b"1".to_vec()]);
    }

    #[test]
    fn a_folders_file_is_new_once_and_when_it_changes() {
        let mut seen = Seen::default();
        let folder = Path::new("/a");
        assert!(seen.is_new(folder, 1) && !seen.is_new(folder, 1));
        assert!(seen.is_new(Path::new("/b"), 1) && seen.is_new(folder, 2) && !seen.is_new(folder, 2));
        for number in 0..1_000 {
            assert!(seen.is_new(Path::new(&format!("/{number}")), 0));
        }
        assert_eq!(seen.0.len(), REMEMBERED_MOST);
        assert!(seen.is_new(folder, 2));
    }
}
