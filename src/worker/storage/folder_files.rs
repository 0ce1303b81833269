//! `.ftpaccess`: what the files of the folders around a path say. Each is looked at anew for every command, read anew when it has
//! changed, and forgotten when the session turns to other folders. Clients write them, so nothing about them is believed: they are
//! found below the session's root as its account finds them, are plain files and small, and few on one way.

use std::cell::RefCell;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use super::folder_file::{FolderFile, Listener, Taken};
use super::root::Root;
use crate::config::ftpaccess::{self, NAME};
use crate::config::settings::FolderRules;

/// Files that are heard on one way; where there are more nothing is allowed.
const HEARD_MOST: usize = 16;

/// How deep a folder lies, and what its file says; the deepest first.
pub type Amendments = Vec<(usize, Rc<FolderRules>)>;

/// Whether a file that this command has not looked at yet is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It is.
    Now,
    /// What was last known of it will do: for commands that touch no file.
    Lately,
}

/// The files of the folders that a session turned to last.
pub struct FolderFiles {
    root: Rc<Root>,
    listener: Box<dyn Listener>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Which command it is.
    turn: u64,
    /// Where the root stands on the host, and in which turn that was asked.
    place: Option<(u64, Rc<Path>)>,
    /// Levels that this turn has used: at its end the others are forgotten.
    used: usize,
    /// The root, and the folders of one way within.
    levels: Vec<Level>,
}

/// A folder.
#[derive(Debug, Default)]
struct Level {
    /// Empty for the root.
    name: Vec<u8>,
    /// In which turn its file was last looked at; None for never.
    looked: Option<u64>,
    file: FolderFile,
}

impl FolderFiles {
    /// Of the folders below a root. Nothing is looked at before it is asked for.
    pub fn new(root: Rc<Root>, listener: Box<dyn Listener>) -> FolderFiles {
        FolderFiles { root, listener, state: RefCell::default() }
    }

    /// Another command: everything may have changed.
    pub fn turn(&self) {
        let mut state = self.state.borrow_mut();
        state.turn += 1;
        let used = std::mem::take(&mut state.used);
        state.levels.truncate(used);
    }

    /// Where the root stands on the host.
    pub fn root(&self) -> io::Result<Rc<Path>> {
        self.state.borrow_mut().place(&self.root, Freshness::Now)
    }

    /// What the files say of a folder and of those around it; `is_heard` says in which folders one is heard.
    pub fn around(
        &self,
        folder: &Path,
        freshness: Freshness,
        is_heard: &dyn Fn(&Path) -> bool,
    ) -> Amendments {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Ok(place) = state.place(&self.root, freshness) else {
            return vec![(usize::MAX, Rc::new(ftpaccess::closed()))];
        };
        let Ok(below) = folder.strip_prefix(&place) else { return Vec::new() };
        let count = state.enter(below);
        self.look(state, count, (&place, freshness), is_heard);
        let first = place.components().count();
        let levels = state.levels.iter().take(count).enumerate();
        let said = levels.filter_map(|(depth, level)| Some((first + depth, level.file.rules()?)));
        let mut said: Amendments = said.collect();
        said.reverse();
        if said.len() > HEARD_MOST { vec![(usize::MAX, Rc::new(ftpaccess::closed()))] } else { said }
    }

    fn look(
        &self,
        state: &mut State,
        count: usize,
        (place, freshness): (&Path, Freshness),
        is_heard: &dyn Fn(&Path) -> bool,
    ) {
        let (mut folder, mut way) = (place.to_owned(), Vec::new());
        for level in state.levels.iter_mut().take(count) {
            if !level.name.is_empty() {
                folder.push(std::ffi::OsStr::from_bytes(&level.name));
                way.extend_from_slice(&level.name);
                way.push(b'/');
            }
            let is_known = match freshness {
                Freshness::Now => level.looked == Some(state.turn),
                Freshness::Lately => level.looked.is_some(),
            };
            if is_known {
                continue;
            }
            level.looked = Some(state.turn);
            if is_heard(&folder) {
                let place = self.root.place_of(&[&way, NAME.as_bytes()].concat());
                level.file.look(Taken { place, path: folder.join(NAME) }, &*self.listener);
            } else {
                level.file = FolderFile::default();
            }
        }
    }
}

impl State {
    fn place(&mut self, root: &Root, freshness: Freshness) -> io::Result<Rc<Path>> {
        let known = self.place.as_ref();
        let known = known.filter(|(turn, _)| freshness == Freshness::Lately || *turn == self.turn);
        if let Some((_, place)) = known {
            return Ok(Rc::clone(place));
        }
        let place: Rc<Path> = Rc::from(root.canonical()?);
        self.place = Some((self.turn, Rc::clone(&place)));
        Ok(place)
    }

    /// Makes the levels those of a way below the root; returns how many they are. Where it only leads less deep, what is known of
    /// the deeper ones stays until the turn ends.
    fn enter(&mut self, below: &Path) -> usize {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let mut count = 1;
        for name in below.iter().map(OsStrExt::as_bytes) {
            if self.levels.get(count).is_none_or(|level| level.name != name) {
                self.levels.truncate(count);
                self.levels.push(Level { name: name.to_vec(), ..Level::default() });
            }
            count += 1;
        }
        self.used = self.used.max(count);
        count
    }
}

impl std::fmt::Debug for FolderFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderFiles").field("state", &self.state).finish_non_exhaustive()
    }
}
