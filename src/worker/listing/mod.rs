//! LIST, NLST and STAT of a path: lines in the shape that ProFTPD's clients know, written as they are made. Names stay
//! the bytes they are, but never end a line.

use jiff::tz::TimeZone;

use crate::worker::data::{Lines, Stop};
use crate::worker::storage::{Asked, Denied, Directory, DirectoryNames, Listable, Reason, Storage};

mod batch;
mod line;
mod options;
mod owners;
mod pattern;
mod walk;

pub use options::Options;
pub use owners::{Names, Owners};

use pattern::Pattern;
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

/// What a line says of every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// LIST, STAT.
    Long,
    /// NLST.
    Names,
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
    Matches(Directory, Pattern),
}

impl Listing {
    /// Finds what `asked` names; its argument is what [`Options::read`] left. A refusal is told as `450 TEXT`.
    pub fn of(storage: &Storage, asked: &Asked, options: Options) -> Result<Listing, Denied> {
        let subject = match storage.listable(asked, options.itself) {
            Ok(Listable::Directory(directory)) => {
                let names = directory.names().map_err(|error| asked.denied(error))?;
                Subject::Directory(directory, names)
            }
            Ok(Listable::Entry(directory, name)) => Subject::Entry(directory, name),
            Err(denied) => matches(storage, asked, &options).unwrap_or(Err(denied))?,
        };
        Ok(Listing { options, argument: asked.argument.clone(), subject })
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
            Subject::Directory(directory, names) => walk.top(&directory, names, &self.argument),
            Subject::Entry(directory, name) => walk.single(&directory, &name, &self.argument),
            Subject::Matches(directory, pattern) => walk.matches(&directory, &pattern, &self.argument),
        }
    }
}

/// Files whose names match the last component, if that is a pattern. NLST wants at least one.
fn matches(storage: &Storage, asked: &Asked, options: &Options) -> Option<Result<Subject, Denied>> {
    let (parent, last) = asked.path.split_last()?;
    let pattern = Pattern::new(last)?;
    let within = Asked { path: parent, ..asked.clone() };
    Some(storage.directory(&within).and_then(|directory| {
        if options.shape == Shape::Names && !any(&directory, &pattern) {
            return Err(Denied { name: Vec::new(), reason: Reason::NoMatch });
        }
        Ok(Subject::Matches(directory, pattern))
    }))
}

fn any(directory: &Directory, pattern: &Pattern) -> bool {
    let names = directory.names().into_iter().flatten();
    names.map_while(Result::ok).any(|name| pattern.matches(&name.bytes))
}

#[cfg(test)]
mod tests;
