//! Links followed one by one, as their texts read in a root where aliases stand: the kernel would follow them past the aliases. Each
//! step is taken from a place that is held, by one name, and never upwards: `..` begins anew at the top.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::aliases::{self, Aliases, Number};
use super::path::FtpPath;
use super::root::Root;
use crate::sys::files::{self, Errno, Kind};

/// Links on one way, as for the kernel (path_resolution(7)).
const LINKS_MOST: usize = 40;
/// Names on one way, those that links say among them.
const NAMES_MOST: usize = 4096;
/// How often one way begins anew at the top.
const TURNS_MOST: usize = 128;

/// A way that is being followed.
pub(super) struct Walk<'a> {
    root: &'a Root,
    aliases: &'a Aliases,
    /// How far it has come: without links.
    reached: FtpPath,
    /// What stands there, once it is known.
    place: Option<OwnedFd>,
    /// What is still to be followed, the innermost last.
    texts: Vec<Text>,
    links: usize,
    names: usize,
    turns: usize,
}

/// What a client or a link says.
struct Text {
    bytes: Vec<u8>,
    next: usize,
    /// Where it has to lead: a link within an alias stays there.
    within: Option<Number>,
}

impl Text {
    fn name(&mut self) -> Option<Vec<u8>> {
        let rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
        let name = rest[..end].to_vec();
        self.next += end + 1;
        Some(name)
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Root, aliases: &'a Aliases) -> Walk<'a> {
        let reached = FtpPath::root();
        Walk { root, aliases, reached, place: None, texts: Vec::new(), links: 0, names: 0, turns: 0 }
    }

    /// The path without links that this one comes to.
    pub(super) fn follow(mut self, path: &FtpPath) -> io::Result<FtpPath> {
        self.texts.push(Text { bytes: path.as_bytes().to_vec(), next: 0, within: None });
        while let Some(text) = self.texts.last_mut() {
            match text.name() {
                Some(name) => self.step(&name)?,
                None => self.end_text()?,
            }
        }
        Ok(self.reached)
    }

    /// A link that leads where it may not is as one that leads nowhere.
    fn end_text(&mut self) -> io::Result<()> {
        let within = self.texts.pop().and_then(|text| text.within);
        let is_there = within.is_none() || self.aliases.covering(&self.reached) == within;
        if is_there { Ok(()) } else { Err(Errno::ENOENT.into()) }
    }

    fn step(&mut self, name: &[u8]) -> io::Result<()> {
        self.names += 1;
        if self.names > NAMES_MOST {
            return Err(Errno::ENAMETOOLONG.into());
        }
        match name {
            b"" | b"." => Ok(()),
            b".." => self.stand_at(b".."),
            name => self.enter(name),
        }
    }

    fn stand_at(&mut self, way: &[u8]) -> io::Result<()> {
        self.reached = self.reached.join(way).map_err(aliases::unusable)?;
        self.place = None;
        Ok(())
    }

    fn enter(&mut self, name: &[u8]) -> io::Result<()> {
        let next = self.reached.join(name).map_err(aliases::unusable)?;
        if self.aliases.has(&next) {
            return self.stand_at(name);
        }
        let place = self.held()?;
        match files::status_at(place.as_fd(), name)?.kind {
            Kind::Link => {
                let text = files::link_target(place.as_fd(), name)?;
                self.place = Some(place);
                self.enter_link(text)
            }
            _ => {
                self.place = Some(files::locate_beneath(place.as_fd(), name).map_err(changed)?);
                self.reached = next;
                Ok(())
            }
        }
    }

    fn held(&mut self) -> io::Result<OwnedFd> {
        if let Some(place) = self.place.take() {
            return Ok(place);
        }
        self.turns += 1;
        if self.turns > TURNS_MOST {
            return Err(Errno::ENAMETOOLONG.into());
        }
        let (place, _) = self.root.descend(self.aliases, &self.reached).map_err(changed)?;
        Ok(place)
    }

    fn enter_link(&mut self, text: Vec<u8>) -> io::Result<()> {
        self.links += 1;
        if self.links > LINKS_MOST || text.is_empty() {
            return Err(Errno::ENOENT.into());
        }
        let within = self.aliases.covering(&self.reached).filter(|_| !self.aliases.links_lead_out);
        if text.first() == Some(&b'/') {
            self.stand_at(b"/")?;
        }
        self.texts.push(Text { bytes: text, next: 0, within });
        Ok(())
    }
}

/// What was no link a moment ago has become one: the whole way is followed anew.
fn changed(error: io::Error) -> io::Error {
    if aliases::is(&error, Errno::ELOOP) { Errno::EAGAIN.into() } else { error }
}
