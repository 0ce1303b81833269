//! `.ftpaccess`: what the files of the folders around a path say. Each is looked at anew for every command, read anew when it has
//! changed, and forgotten when the session turns to other folders. Clients write them, so nothing about them is believed: they are
//! found below the session's root as its account finds them, are plain files and small, and few on one way.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use super::folder_file::{FolderFile, Listener, Taken};
use super::policy::{Hold, Spot};
use super::root::{Root, way_below};
use super::way::Way;
use crate::config::ftpaccess::{self, NAME};
use crate::config::settings::FolderRules;
use crate::sys::files::Identity;

/// Files that are heard on one way; where there are more nothing is allowed.
const HEARD_MOST: usize = 16;

/// Sentences that are told in one turn: a listing meets a file in every folder that it shows.
const TOLD_MOST: usize = 10;

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
    listener: Told,
    state: RefCell<State>,
}

/// Who hears of files, of so many in this turn already.
struct Told {
    listener: Box<dyn Listener>,
    sentences: Cell<usize>,
}

impl Listener for Told {
    fn tell(&self, sentence: fmt::Arguments<'_>) {
        let told = self.sentences.get();
        self.sentences.set(told + 1);
        match told {
            ..TOLD_MOST => self.listener.tell(sentence),
            TOLD_MOST => self.listener.tell(format_args!("there is more to tell of {NAME} files")),
            _ => {}
        }
    }

    fn reads(&self, path: &Path, bytes: &[u8]) {
        self.listener.reads(path, bytes);
    }

    fn keeps(&self, path: &Path, line: u32) -> bool {
        self.listener.keeps(path, line)
    }
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
    /// What was held, so deep, when the files from there on outwards were looked at.
    by: Option<(usize, Identity)>,
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
        FolderFiles { root, listener: Told { listener, sentences: Cell::new(0) }, state: RefCell::default() }
    }

    /// Another command: everything may have changed.
    pub fn turn(&self) {
        let mut state = self.state.borrow_mut();
        state.turn += 1;
        self.listener.sentences.set(0);
        let used = std::mem::take(&mut state.used);
        state.levels.truncate(used);
    }

    /// Where the root stands on the host.
    pub fn root(&self) -> io::Result<Rc<Path>> {
        self.state.borrow_mut().place(&self.root, Freshness::Now)
    }

    /// What the files say of the folder of a place and of those around it; `is_heard` says in which folders one is heard.
    pub fn around(
        &self,
        spot: Spot<'_>,
        freshness: Freshness,
        is_heard: &dyn Fn(&Path) -> bool,
    ) -> Amendments {
        let closed = || vec![(usize::MAX, Rc::new(ftpaccess::closed()))];
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Ok(place) = state.place(&self.root, freshness) else { return closed() };
        let Some(below) = way_below(&place, spot.innermost()) else {
            // What is held was found below the root: somebody renames what is above it.
            return if matches!(spot.hold, Hold::Names) { Vec::new() } else { closed() };
        };
        let count = state.enter(below);
        let way = Way::new(&self.root, spot, (below, count - 1));
        match self.look(state, (way, count), (&place, freshness), (spot.hold, is_heard)) {
            Ok(0) => return Amendments::new(),
            Ok(heard) if heard <= HEARD_MOST => {}
            _ => return closed(),
        }
        let first = place.components().count();
        let levels = state.levels.iter().take(count).enumerate();
        let said = levels.filter_map(|(depth, level)| Some((first + depth, level.file.rules()?)));
        let mut said: Amendments = said.collect();
        said.reverse();
        said
    }

    /// Looks at the files of so many levels, as far as they are not known; gives how many say something, one more than are heard at
    /// most: what lies deeper is not looked at then. An error is that what is held stands elsewhere by now.
    fn look(
        &self,
        state: &mut State,
        (mut way, count): (Way<'_>, usize),
        (place, freshness): (&Path, Freshness),
        (hold, is_heard): (Hold<'_>, &dyn Fn(&Path) -> bool),
    ) -> io::Result<usize> {
        let held = hold.base(count - 1);
        state.trust(held);
        let (mut folder, mut heard) = (place.to_owned(), 0);
        for at in 0..count {
            let Some(level) = state.levels.get_mut(at) else { break };
            if at > 0 {
                way.enter(&level.name);
                folder.push(std::ffi::OsStr::from_bytes(&level.name));
            }
            if !level.is_known(state.turn, freshness) {
                match is_heard(&folder) {
                    true => {
                        let taken = Taken { place: way.file()?, folder: &folder, way: &way };
                        level.file.look(taken, &self.listener);
                    }
                    false => level.file = FolderFile::default(),
                }
                level.looked = Some(state.turn);
                state.by = state.by.filter(|(base, _)| at > *base);
            }
            heard += usize::from(level.file.rules().is_some());
            if heard > HEARD_MOST {
                state.levels.truncate(at + 1);
                break;
            }
        }
        state.by = held.or(state.by);
        Ok(heard)
    }
}

impl Level {
    fn is_known(&self, turn: u64, freshness: Freshness) -> bool {
        match freshness {
            Freshness::Now => self.looked == Some(turn),
            Freshness::Lately => self.looked.is_some(),
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

    /// What was looked at by other means than by what is held now may be what other folders of these names say.
    fn trust(&mut self, held: Option<(usize, Identity)>) {
        if let Some((base, _)) = held.filter(|_| held != self.by) {
            self.levels.iter_mut().take(base + 1).for_each(|level| level.looked = None);
        }
    }

    /// Makes the levels those of a way below the root; returns how many they are. Where it only leads less deep, what is known of
    /// the deeper ones stays until the turn ends.
    fn enter(&mut self, below: &[u8]) -> usize {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let mut count = 1;
        for name in below.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
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

impl fmt::Debug for FolderFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderFiles").field("state", &self.state).finish_non_exhaustive()
    }
}
