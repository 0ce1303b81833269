//! A directory's names in order: as many at once as fit in a bound, so that a listing's memory does not grow with the
//! directory. Larger ones come as one sorted batch after another.

use super::line::time_of;
use super::options::{Dots, Options, Order};
use super::pattern::Pattern;
use crate::worker::data::Stop;
use crate::worker::storage::{Directory, DirectoryName, DirectoryNames};

/// Names sorted at once.
pub const BATCH: usize = 10_000;
/// Names read between two looks at what else the session has to attend to: a pattern may match none of a million.
const GLANCE_EVERY: usize = 2_048;
/// The same where each is asked for its status: a slow disk answers.
const STATUSES_EVERY: usize = 512;

/// Which names of a directory are meant.
pub enum Choice<'a> {
    /// Those that the options show.
    Shown,
    /// Those that match.
    Matching(&'a Pattern),
}

impl Choice<'_> {
    fn takes(&self, name: &[u8], options: &Options) -> bool {
        match self {
            Choice::Matching(pattern) => pattern.matches(name),
            Choice::Shown => match options.dots {
                Dots::All => true,
                Dots::Almost => name != b"." && name != b"..",
                Dots::Hidden => name.first() != Some(&b'.'),
            },
        }
    }
}

/// The next batch, sorted; empty at the end. A directory that fails half-way ends there.
pub fn next(
    directory: &Directory,
    names: &mut DirectoryNames,
    choice: &Choice<'_>,
    options: &Options,
    glance: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<Vec<DirectoryName>, Stop> {
    let mut batch = Vec::new();
    for (index, name) in (1..).zip(names.by_ref().map_while(Result::ok)) {
        if choice.takes(&name.bytes, options) {
            batch.push(name);
        }
        if batch.len() == BATCH {
            break;
        }
        if index % GLANCE_EVERY == 0 {
            glance()?;
        }
    }
    sorted(directory, batch, options, glance)
}

/// Whether any name is meant.
pub fn any(
    names: DirectoryNames,
    is_meant: impl Fn(&[u8]) -> bool,
    glance: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<bool, Stop> {
    for (index, name) in (1..).zip(names.map_while(Result::ok)) {
        if is_meant(&name.bytes) {
            return Ok(true);
        }
        if index % GLANCE_EVERY == 0 {
            glance()?;
        }
    }
    Ok(false)
}

fn sorted(
    directory: &Directory,
    mut batch: Vec<DirectoryName>,
    options: &Options,
    glance: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<Vec<DirectoryName>, Stop> {
    match options.order {
        Order::Found => return Ok(batch),
        Order::Name => batch.sort_unstable_by(|one, other| one.bytes.cmp(&other.bytes)),
        Order::Time | Order::Size => {
            let mut keyed: Vec<(i64, DirectoryName)> = Vec::with_capacity(batch.len());
            for (index, name) in (1..).zip(batch) {
                keyed.push((key(directory, &name.bytes, options), name));
                if index % STATUSES_EVERY == 0 {
                    glance()?;
                }
            }
            keyed.sort_unstable_by(|one, other| (one.0, &one.1.bytes).cmp(&(other.0, &other.1.bytes)));
            batch = keyed.into_iter().map(|(_, name)| name).collect();
        }
    }
    if options.reverse {
        batch.reverse();
    }
    Ok(batch)
}

/// Newest and largest come first.
fn key(directory: &Directory, name: &[u8], options: &Options) -> i64 {
    let Ok(status) = directory.status(name) else { return 0 };
    match options.order {
        Order::Size => i64::try_from(status.size).unwrap_or(i64::MAX).saturating_neg(),
        _ => time_of(&status, options.clock).saturating_neg(),
    }
}
