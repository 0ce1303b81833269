//! LIST, NLST, MLSD and STAT of a path: lines in the shape that ProFTPD's clients know, written as they are made. Names stay
//! the bytes they are, but never end a line.

use jiff::tz::TimeZone;

use crate::protocol::Fact;
use crate::sys::files::Kind;
use crate::worker::data::{Lines, Stop};
use crate::worker::storage::{
    Asked, Asker, Denied, Directory, DirectoryNames, Listable, Looked, Reason, Spot, Storage,
};

mod batch;
mod columns;
mod digits;
mod entries;
mod facts;
mod given;
mod guise;
mod kept;
mod line;
mod options;
mod owners;
mod pattern;
mod search;
mod told;
mod walk;
mod windows;

pub use facts::{Described, Memory as FactsMemory, Role, Telling};
pub use line::{Columns, Memory as ColumnsMemory};
pub use options::{Command, Options};
pub use owners::{Names, Owners};
pub use pattern::Pattern;

use guise::Guise;
use search::Search;
use walk::Walk;

/// Where lines go.
pub trait Output {
    /// One line, without its end.
    fn line(&mut self, line: &[u8]) -> Result<(), Stop>;
    /// Called now and then while no line is ready.
    fn glance(&mut self) -> Result<(), Stop>;
}

impl Output for Lines<'_> {
    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        Lines::line(self, line)
    }

    fn glance(&mut self) -> Result<(), Stop> {
        Lines::glance(self)
    }
}

/// Why there is no listing.
#[derive(Debug)]
pub enum Unlisted {
    /// The path is not to be listed.
    Denied(Denied),
    /// The session has something else to do.
    Stopped(Stop),
}

impl From<Denied> for Unlisted {
    fn from(denied: Denied) -> Unlisted {
        Unlisted::Denied(denied)
    }
}

impl From<Stop> for Unlisted {
    fn from(stop: Stop) -> Unlisted {
        Unlisted::Stopped(stop)
    }
}

/// What a line says of every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// LIST, STAT.
    Long,
    /// The same with ListStyle Windows.
    Windows,
    /// NLST, LIST with `-1`.
    Names,
    /// LIST with `-C`.
    Columns,
    /// MLSD.
    Facts(Telling),
}

/// What lines need besides the files.
pub struct Surroundings<'a> {
    /// Names of ids, as far as they are known already.
    pub owners: &'a mut Owners,
    /// Whom to ask for others.
    pub names: &'a mut dyn Names,
    /// Local time, or UTC with TimesGMT.
    pub zone: &'a TimeZone,
    /// Seconds since the epoch: old files are dated by year.
    pub now: i64,
}

/// A listing that may be written: its path was found and judged.
#[derive(Debug)]
pub struct Listing {
    options: Options,
    /// As the client gave it.
    argument: Vec<u8>,
    subject: Subject,
}

#[derive(Debug)]
enum Subject {
    Directory(Directory, DirectoryNames),
    Entry(Directory, Vec<u8>),
    Matches(Search),
    Nothing,
}

impl Listing {
    /// MLSD: a directory, and nothing else.
    pub fn of_directory(storage: &Storage, asked: &Asked, telling: Telling) -> Result<Listing, Denied> {
        let directory = storage.directory(asked)?;
        let names = directory.names().map_err(|error| asked.denied(error))?;
        let subject = Subject::Directory(directory, names);
        Ok(Listing { options: Options::for_facts(telling), argument: Vec::new(), subject })
    }

    /// Finds what `asked` names; its argument is what [`Options::read`] left. A refusal is told as `450 TEXT`. `glance` is called
    /// now and then while a pattern is looked for.
    pub fn of(
        storage: &Storage,
        asked: &Asked,
        options: Options,
        glance: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<Listing, Unlisted> {
        let subject = match storage.listable(asked, options.itself) {
            Ok(Listable::Directory(directory)) => {
                let names = directory.names().map_err(|error| asked.denied(error))?;
                Subject::Directory(directory, names)
            }
            Ok(Listable::Entry(directory, name)) => Subject::Entry(directory, name),
            Err(denied) if !options.patterns => return Err(denied.into()),
            Err(denied) => match Search::new(storage, asked) {
                Ok(Some(search)) => found(storage, search, &options, glance)?,
                Ok(None) => return Err(denied.into()),
                Err(denied) if !denied.is_absence() => return Err(denied.into()),
                // Where there is no folder nothing matches.
                Err(_) if options.with_path => return Err(no_match().into()),
                Err(_) => Subject::Nothing,
            },
        };
        Ok(Listing { options, argument: asked.argument.clone(), subject })
    }

    /// A listing without lines.
    pub fn empty(options: Options) -> Listing {
        Listing { options, argument: Vec::new(), subject: Subject::Nothing }
    }

    /// Whether a directory's entries follow: STAT says 212 then, else 213.
    pub fn is_directory(&self) -> bool {
        matches!(self.subject, Subject::Directory(..))
    }

    /// Writes the lines.
    pub fn write(
        self,
        storage: &Storage,
        surroundings: Surroundings<'_>,
        output: &mut dyn Output,
    ) -> Result<(), Stop> {
        let mut walk = Walk::new(storage, surroundings, self.options, output);
        match self.subject {
            Subject::Nothing => Ok(()),
            Subject::Directory(directory, names) => walk.top(directory, names, &self.argument),
            Subject::Entry(directory, name) => walk.single(&directory, &name, &self.argument),
            Subject::Matches(search) => walk.matches(&search),
        }
    }
}

/// MLST's line: what a path leads to, links followed, by the path's absolute form.
pub fn line_of(
    storage: &Storage,
    asked: &Asked,
    telling: Telling,
    Surroundings { owners, names, .. }: Surroundings<'_>,
) -> Result<Vec<u8>, Denied> {
    let looked = storage.look_at(asked, telling.facts.has(Fact::Create))?;
    let Looked { status, canonical, parent, created } = looked;
    let rights = storage.rights(&Asker::own(), &canonical, (parent.as_ref(), &status, &status));
    let guise = Guise::of(storage, Spot::named(&canonical, status.kind == Kind::Directory));
    let user = guise.user(&status, owners, names);
    let group = &guise.group(&status, owners, names);
    let name = asked.path.split_last().filter(|_| telling.facts.has(Fact::MediaType));
    let media_type = name.and_then(|(_, name)| facts::media_type(status.kind, name));
    let status = guise.told(&status);
    let mut line = Vec::new();
    Described { status: &status, role: &Role::Entry, rights, created, media_type, user: &user, group }.write(
        telling.facts,
        &mut facts::Memory::default(),
        &mut line,
    );
    line.extend_from_slice(asked.path.as_bytes());
    Ok(line)
}

/// Files that match. NLST wants at least one.
fn found(
    storage: &Storage,
    search: Search,
    options: &Options,
    glance: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<Subject, Unlisted> {
    if options.with_path && !search.finds_any(storage, glance)? {
        return Err(no_match().into());
    }
    Ok(Subject::Matches(search))
}

fn no_match() -> Denied {
    Denied::new(b"", Reason::NoMatch)
}

#[cfg(test)]
mod tests;
