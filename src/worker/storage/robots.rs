//! The robots.txt that anonymous clients find where there is none (AnonAllowRobots off): crawlers that ask are told to stay away.

use std::fs::File;
use std::io::{self, Write};

use super::authorise::authorise;
use super::denied::Denied;
use super::operation::Invent;
use super::policy::Asked;
use super::portion::Portion;
use super::retrieving::Source;
use super::root::Entry;
use super::{Storage, Terms};
use crate::sys::mapping;

/// Where crawlers look; in any case, as under ProFTPD.
const WAY: &[u8] = b"/robots.txt";
const WORDS: &[u8] = b"User-agent: *\nDisallow: /\n";

impl Storage {
    /// The same, where crawlers are told to stay away.
    pub fn without_robots(self, turns_away: bool) -> Storage {
        Storage { turns_robots_away: turns_away, ..self }
    }

    /// Where it would be, if a client asks for it and it is not there.
    pub(super) fn place_of_robots(
        &self,
        asked: &Asked,
        portion: Portion,
        missing: &io::Error,
    ) -> Result<Option<Entry>, Denied> {
        // No crawler begins in the middle.
        let is_whole = portion == Portion::Whole;
        let is_meant = self.turns_robots_away && is_whole && asked.path.as_bytes().eq_ignore_ascii_case(WAY);
        if !is_meant || missing.kind() != io::ErrorKind::NotFound {
            return Ok(None);
        }
        let entry = self.find_entry(asked).map_err(|error| asked.denied(error))?;
        // A link that leads nowhere is something.
        Ok(Some(entry).filter(|entry| entry.status.is_none()))
    }

    /// What RETR of it sends, if the client may have it.
    pub(super) fn robots(&self, asked: &Asked, entry: Entry) -> Result<Source, Denied> {
        let Invent(entry) = authorise(&self.policy, asked, Invent(entry))?.operation();
        Ok(Source {
            file: written().map_err(|error| asked.denied(error))?,
            canonical: entry.canonical,
            offset: 0,
            end: WORDS.len() as u64,
            is_range: true,
            terms: Terms::default(),
            is_too_large: false,
        })
    }
}

/// A file without a name: what is sent is sent like every other.
fn written() -> io::Result<File> {
    let mut file = File::from(mapping::secret_file("robots.txt")?);
    file.write_all(WORDS)?;
    Ok(file)
}
