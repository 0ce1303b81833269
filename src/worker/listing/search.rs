//! Patterns in a path (`*/*.txt`): from the folder before the first of them to every folder that the last component is looked for
//! in. As many folders as there are components are open at once, and no more than a bound are entered.

use std::ops::ControlFlow;
use std::vec;

use super::batch;
use super::pattern::Pattern;
use super::walk::is_folder;
use crate::worker::data::Stop;
use crate::worker::storage::{Asked, Denied, Directory, FtpPath, Storage};

/// Folders entered for one pattern, before the rest is left out.
const FOLDERS_MOST: usize = 10_000;
/// Components from the first pattern on: each holds a folder open.
const STEPS_MOST: usize = 16;

/// One component from the first pattern on.
#[derive(Debug)]
pub enum Step {
    /// A name.
    Name(Vec<u8>),
    /// A pattern.
    Pattern(Pattern),
}

/// A path with patterns.
#[derive(Debug)]
pub struct Search {
    first: Directory,
    /// How the client called that folder.
    prefix: Vec<u8>,
    way: Vec<Step>,
    last: Step,
}

/// Names read between two looks at what else the session has to attend to,
const GLANCE_EVERY: usize = 2_048;
/// and folders.
const GLANCE_EVERY_FOLDERS: usize = 64;

/// What a search tells of.
pub enum Found<'a> {
    /// Time has passed.
    Nothing,
    /// A folder, how the client would call it, and what is to be looked for in it.
    Folder(&'a Directory, &'a [u8], &'a Step),
}

/// Is told, and says whether to go on.
pub type Visit<'a> = dyn FnMut(Found<'_>) -> Result<ControlFlow<()>, Stop> + 'a;

/// A folder on the way down, and those in it that are still to be entered.
struct Level {
    /// None is the first.
    directory: Option<Directory>,
    prefix: Vec<u8>,
    names: vec::IntoIter<Vec<u8>>,
}

impl Search {
    /// None for a path without patterns, or with more components behind the first than anybody needs.
    pub fn new(storage: &Storage, asked: &Asked) -> Result<Option<Search>, Denied> {
        let components: Vec<&[u8]> =
            asked.path.as_bytes().split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
        let Some(plain) = components.iter().position(|name| Pattern::new(name).is_some()) else {
            return Ok(None);
        };
        let (before, from) = components.split_at(plain);
        let mut way: Vec<Step> = from.iter().map(|name| Step::new(name)).collect();
        let Some(last) = way.pop().filter(|_| way.len() < STEPS_MOST) else { return Ok(None) };
        let Ok(folder) = FtpPath::root().join(&before.join(&b'/')) else { return Ok(None) };
        let within = Asked { path: folder, ..asked.clone() };
        let prefix = called(&asked.argument, before, from);
        Ok(Some(Search { first: storage.directory(&within)?, prefix, way, last }))
    }

    /// The folder before the first pattern.
    pub fn first(&self) -> &Directory {
        &self.first
    }

    /// Whether anything matches.
    pub fn finds_any(
        &self,
        storage: &Storage,
        glance: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        let mut is_found = false;
        let mut each = |found: Found<'_>| {
            let Found::Folder(directory, _, step) = found else {
                glance()?;
                return Ok(ControlFlow::Continue(()));
            };
            is_found = match (step, directory.names()) {
                (Step::Name(name), _) => {
                    let kind = directory.status(name).ok().map(|status| status.kind);
                    kind.is_some() && storage.shows(directory, name, kind)
                }
                (Step::Pattern(pattern), Ok(names)) => {
                    let matches = |name: &[u8]| pattern.matches(name) && storage.shows(directory, name, None);
                    batch::any(names, matches, glance)?
                }
                (Step::Pattern(_), Err(_)) => false,
            };
            Ok(if is_found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        self.folders(storage, &mut each)?;
        Ok(is_found)
    }

    /// Tells of every folder that the last component is to be looked for in.
    pub fn folders(&self, storage: &Storage, visit: &mut Visit<'_>) -> Result<(), Stop> {
        let Some(step) = self.way.first() else {
            return visit(Found::Folder(&self.first, &self.prefix, &self.last)).map(drop);
        };
        let mut entered = 0;
        let names = step.names((storage, &self.first), visit)?.into_iter();
        let mut levels = vec![Level { directory: None, prefix: self.prefix.clone(), names }];
        while let Some(level) = levels.last_mut() {
            let Some(name) = level.names.next() else {
                levels.pop();
                continue;
            };
            entered += 1;
            // Those that cannot be entered tell nobody anything, and each may have asked a slow disk.
            if entered > FOLDERS_MOST
                || (entered % GLANCE_EVERY_FOLDERS == 0 && visit(Found::Nothing)?.is_break())
            {
                break;
            }
            let parent = level.directory.as_ref().unwrap_or(&self.first);
            let Some(directory) = storage.within(parent, &name) else { continue };
            let prefix = [&level.prefix, name.as_slice(), b"/"].concat();
            match self.way.get(levels.len()) {
                Some(step) => {
                    let names = step.names((storage, &directory), visit)?.into_iter();
                    levels.push(Level { directory: Some(directory), prefix, names });
                }
                None if visit(Found::Folder(&directory, &prefix, &self.last))?.is_break() => break,
                None => {}
            }
        }
        Ok(())
    }
}

impl Step {
    fn new(name: &[u8]) -> Step {
        Pattern::new(name).map_or_else(|| Step::Name(name.to_vec()), Step::Pattern)
    }

    /// What may be a folder of that name, sorted. A pattern finds no links: whoever wants to go through one names it.
    fn names(
        &self,
        (storage, directory): (&Storage, &Directory),
        visit: &mut Visit<'_>,
    ) -> Result<Vec<Vec<u8>>, Stop> {
        let pattern = match self {
            Step::Name(name) => return Ok(vec![name.clone()]),
            Step::Pattern(pattern) => pattern,
        };
        let Ok(names) = directory.names() else { return Ok(Vec::new()) };
        let mut fitting = Vec::new();
        for (index, name) in names.map_while(Result::ok).enumerate() {
            if index % GLANCE_EVERY == 0 && visit(Found::Nothing)?.is_break() {
                break;
            }
            let fits = pattern.matches(&name.bytes) && is_folder(directory, name.as_read());
            // What no listing shows is found by its whole name alone.
            if fits && fitting.len() < FOLDERS_MOST && storage.shows(directory, &name.bytes, name.kind) {
                fitting.push(name.bytes);
            }
        }
        fitting.sort_unstable();
        Ok(fitting)
    }
}

/// The folder before the first pattern, in the client's words; in ours where its words take a turn behind that.
fn called(argument: &[u8], before: &[&[u8]], from: &[&[u8]]) -> Vec<u8> {
    let mut end = argument.len();
    for name in from.iter().rev() {
        while argument[..end].ends_with(b"/") {
            end -= 1;
        }
        match argument[..end].strip_suffix(*name) {
            Some(rest) if rest.is_empty() || rest.ends_with(b"/") => end = rest.len(),
            _ => return before.iter().flat_map(|name| [b"/", *name].concat()).chain(*b"/").collect(),
        }
    }
    argument[..end].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_keep_the_names_that_the_client_gave_them() {
        type Row<'a> = (&'a [u8], &'a [&'a [u8]], &'a [&'a [u8]], &'a [u8]);
        let table: [Row<'_>; 6] = [
            (b"*.txt", &[], &[b"*.txt"], b""),
            (b"./d//*", &[b"d"], &[b"*"], b"./d//"),
            (b"/d/*/", &[b"d"], &[b"*"], b"/d/"),
            (b"d/*/x", &[b"d"], &[b"*", b"x"], b"d/"),
            (b"d/*/./x", &[b"d"], &[b"*", b"x"], b"/d/"),
            (b"a/../*", &[], &[b"*"], b"a/../"),
        ];
        for (argument, before, from, expected) in table {
            assert_eq!(called(argument, before, from), expected, "{argument:?}");
        }
    }
}
