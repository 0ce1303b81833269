//! From a path that may be listed to its lines.

use std::ops::ControlFlow;
use std::vec;

use super::batch::Choice;
use super::entries::Chosen;
use super::facts;
use super::given::{tidied, with_slash};
use super::line;
use super::options::Options;
use super::pattern::Pattern;
use super::search::{Found, Search, Step};
use super::{Output, Shape, Surroundings};
use crate::sys::files::{Kind, NameRead};
use crate::worker::data::Stop;
use crate::worker::storage::{Directory, DirectoryNames, FtpPath, Storage, Viewpoint};

/// Directories remembered for `-R` before the rest is left out.
const PENDING_MOST: usize = 10_000;

/// A directory on the way down: those below it that are still to be listed.
struct Level {
    directory: Directory,
    /// Its title.
    label: Vec<u8>,
    below: vec::IntoIter<Vec<u8>>,
}

/// What lines before have said.
#[derive(Debug, Default)]
pub struct Memory {
    pub(super) columns: line::Memory,
    pub(super) facts: facts::Memory,
}

/// One listing being written.
pub struct Walk<'a, 'b> {
    pub(super) storage: &'a Storage,
    pub(super) surroundings: Surroundings<'b>,
    pub(super) options: Options,
    pub(super) output: &'a mut dyn Output,
    /// The line being made; its memory serves all lines.
    pub(super) line: Vec<u8>,
    pub(super) memory: Memory,
    pending: usize,
    /// Names for `-C`, which are told together, or a batch at a time.
    pub(super) gathered: Vec<Vec<u8>>,
    /// For the fact `perm`, once it is told, of the one directory that MLSD lists.
    pub(super) viewpoint: Option<Viewpoint>,
}

impl<'a, 'b> Walk<'a, 'b> {
    /// Begins.
    pub fn new(
        storage: &'a Storage,
        surroundings: Surroundings<'b>,
        options: Options,
        output: &'a mut dyn Output,
    ) -> Walk<'a, 'b> {
        Walk {
            storage,
            surroundings,
            options,
            output,
            line: Vec::new(),
            memory: Memory::default(),
            pending: 0,
            gathered: Vec::new(),
            viewpoint: None,
        }
    }

    /// A directory's entries, and with `-R` what lies below. NLST names them by the path that the client gave.
    pub fn top(&mut self, directory: Directory, names: DirectoryNames, argument: &[u8]) -> Result<(), Stop> {
        let given = tidied(argument);
        let is_told = self.options.with_path && !self.options.is_bare && !given.is_empty();
        let prefix = if is_told { with_slash(&given) } else { Vec::new() };
        let below = self.entries(&directory, names, &prefix, 0)?;
        self.descend(Level { directory, label: given, below }, 0)
    }

    /// What lies below a directory that is itself so many levels down.
    fn descend(&mut self, first: Level, above: usize) -> Result<(), Stop> {
        let mut levels = vec![first];
        // Depth first, without recursion: a level is a directory on the way down to where the walk is.
        while let Some(level) = levels.last_mut() {
            match level.below.next() {
                Some(name) => {
                    self.pending -= 1;
                    let depth = u32::try_from(above + levels.len()).unwrap_or(u32::MAX);
                    let next = levels.last().map(|level| self.below(level, &name, depth)).transpose()?;
                    levels.extend(next.flatten());
                }
                None => drop(levels.pop()),
            }
        }
        Ok(())
    }

    /// One file, by the name that the client gave.
    pub fn single(&mut self, directory: &Directory, name: &[u8], argument: &[u8]) -> Result<(), Stop> {
        let given = if self.options.with_path { tidied(argument) } else { argument.to_vec() };
        let shown = if given.is_empty() { b"." } else { given.as_slice() };
        self.entry(directory, name, (b"", shown))?;
        self.columns_told()
    }

    /// Files that match, by the path that the client gave; with `-R` folders follow under their titles.
    pub fn matches(&mut self, search: &Search) -> Result<(), Stop> {
        let storage = self.storage;
        let mut folders = Vec::new();
        search.folders(storage, &mut |found| {
            self.output.glance()?;
            let Found::Folder(directory, prefix, step) = found else { return Ok(ControlFlow::Continue(())) };
            let prefix = if self.options.is_bare { b"" } else { prefix };
            match step {
                Step::Name(name) => drop(self.entry(directory, name, (prefix, name))?),
                Step::Pattern(pattern) => self.matching(directory, pattern, prefix, &mut folders)?,
            }
            Ok(if self.options.files == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        self.columns_told()?;
        for (path, label) in folders {
            if let Some(level) = self.titled(storage.reached(search.first(), path), label, 1)? {
                self.descend(level, 1)?;
            }
        }
        Ok(())
    }

    fn matching(
        &mut self,
        directory: &Directory,
        pattern: &Pattern,
        prefix: &[u8],
        folders: &mut Vec<(FtpPath, Vec<u8>)>,
    ) -> Result<(), Stop> {
        let Ok(mut names) = directory.names() else { return Ok(()) };
        let chosen = Chosen { choice: Choice::Matching(pattern), prefix };
        self.lines(directory, &mut names, &chosen, &mut |name, status| {
            if status.is_some() {
                return;
            }
            let path = directory.path.join(name.bytes).ok().filter(|_| folders.len() < PENDING_MOST);
            folders.extend(path.map(|path| (path, [prefix, name.bytes].concat())));
        })
    }

    /// A directory's lines. Returns the names of the directories to go down into.
    fn entries(
        &mut self,
        directory: &Directory,
        mut names: DirectoryNames,
        prefix: &[u8],
        depth: u32,
    ) -> Result<vec::IntoIter<Vec<u8>>, Stop> {
        let deeper = self.goes_down() && depth < self.options.depth;
        let room = PENDING_MOST.saturating_sub(self.pending);
        let mut below = Vec::new();
        let chosen = Chosen { choice: Choice::Shown, prefix };
        self.lines(directory, &mut names, &chosen, &mut |name, status| {
            let is_directory = status.is_some_and(|status| status.kind == Kind::Directory);
            if deeper && is_directory && below.len() < room && is_folder(directory, name) {
                below.push(name.bytes.to_vec());
            }
        })?;
        self.columns_told()?;
        self.pending += below.len();
        // Deep trees must not hold a reader open for every level: the names end here.
        Ok(below.into_iter())
    }

    pub(super) fn goes_down(&self) -> bool {
        self.options.recurse && matches!(self.options.shape, Shape::Long | Shape::Windows)
    }

    /// A directory within another.
    fn below(&mut self, parent: &Level, name: &[u8], depth: u32) -> Result<Option<Level>, Stop> {
        let mut label = if parent.label.is_empty() { Vec::new() } else { with_slash(&parent.label) };
        label.extend_from_slice(name);
        self.titled(self.storage.within(&parent.directory, name), label, depth)
    }

    /// A directory under a title of its own; at the greatest depth, and where it cannot be read, the title is all.
    fn titled(
        &mut self,
        directory: Option<Directory>,
        label: Vec<u8>,
        depth: u32,
    ) -> Result<Option<Level>, Stop> {
        if self.options.directories == 0 || self.options.files == 0 {
            return Ok(None);
        }
        self.options.directories -= 1;
        let Some(directory) = directory else { return Ok(None) };
        self.output.line(b"")?;
        self.line.clear();
        line::name(&label, &mut self.line);
        self.line.push(b':');
        self.output.line(&self.line)?;
        let names =
            Some(depth).filter(|depth| *depth < self.options.depth).and_then(|_| directory.names().ok());
        let Some(names) = names else { return Ok(None) };
        let below = self.entries(&directory, names, b"", depth)?;
        Ok(Some(Level { directory, label, below }))
    }
}

/// Whether an entry is a folder itself, and not a link that is shown as what it leads to: a few links to the folder above would make
/// millions of folders out of one.
pub fn is_folder(directory: &Directory, name: NameRead<'_>) -> bool {
    let is_own = name.bytes == b"." || name.bytes == b"..";
    let kind = name.kind.or_else(|| Some(directory.status(name.bytes).ok()?.kind));
    !is_own && kind == Some(Kind::Directory)
}
