//! The entries of one folder, a line each: as the folder has them, or sorted.

use std::mem;

use super::batch::{BATCH, Batch, Choice};
use super::options::Order;
use super::walk::{Walk, is_folder};
use super::{Shape, columns, line};
use crate::sys::files::{Kind, NameRead, Status};
use crate::worker::data::Stop;
use crate::worker::storage::{Directory, DirectoryNames};

/// Lines made between two looks at what else the session has to attend to: each may have asked a slow disk.
const GLANCE_EVERY: usize = 512;

/// Which entries of a folder get lines, and how these begin.
pub struct Chosen<'a> {
    /// The names.
    pub choice: Choice<'a>,
    /// What stands before each.
    pub prefix: &'a [u8],
}

/// Who is told of each entry that was shown; of a folder that matches, and is gone down into instead, without a status.
pub type Seen<'a> = dyn FnMut(NameRead<'_>, Option<&Status>) + 'a;

impl Walk<'_, '_> {
    /// Lines for the chosen entries of a folder.
    pub(super) fn lines(
        &mut self,
        directory: &Directory,
        names: &mut DirectoryNames,
        chosen: &Chosen<'_>,
        seen: &mut Seen<'_>,
    ) -> Result<(), Stop> {
        match (&chosen.choice, self.options.order) {
            (Choice::Shown, Order::Found) => self.as_found(directory, names, chosen, seen),
            _ => self.sorted(directory, names, chosen, seen),
        }
    }

    /// A name is told where the kernel has written it: none is kept, and the first waits for no other.
    fn as_found(
        &mut self,
        directory: &Directory,
        names: &mut DirectoryNames,
        chosen: &Chosen<'_>,
        seen: &mut Seen<'_>,
    ) -> Result<(), Stop> {
        let mut read = 0;
        while self.options.files > 0
            && let Some(Ok(name)) = names.read()
        {
            if chosen.choice.takes(name.bytes, &self.options) {
                self.one(directory, name, chosen, seen)?;
            }
            read += 1;
            if read % GLANCE_EVERY == 0 {
                self.breathe()?;
            }
        }
        self.breathe()
    }

    fn sorted(
        &mut self,
        directory: &Directory,
        names: &mut DirectoryNames,
        chosen: &Chosen<'_>,
        seen: &mut Seen<'_>,
    ) -> Result<(), Stop> {
        let mut batch = Batch::default();
        while self.options.files > 0 {
            let output = &mut *self.output;
            batch.fill(directory, names, &chosen.choice, &self.options, &mut || output.glance())?;
            if batch.is_empty() {
                break;
            }
            for (index, name) in (1..).zip(batch.names()) {
                self.one(directory, name, chosen, seen)?;
                if index % GLANCE_EVERY == 0 {
                    self.output.glance()?;
                }
            }
            self.breathe()?;
        }
        Ok(())
    }

    /// Tells the columns that are full, and looks at what else the session has to attend to.
    fn breathe(&mut self) -> Result<(), Stop> {
        if self.gathered.len() >= BATCH {
            self.columns_told()?;
        }
        self.output.glance()
    }

    fn one(
        &mut self,
        directory: &Directory,
        name: NameRead<'_>,
        Chosen { choice, prefix }: &Chosen<'_>,
        seen: &mut Seen<'_>,
    ) -> Result<(), Stop> {
        let shown = (*prefix, name.bytes);
        if self.says_enough(name) {
            return self.bare(directory, name, shown);
        }
        if self.goes_down() && matches!(choice, Choice::Matching(_)) && is_folder(directory, name) {
            if self.storage.shows(directory, name.bytes, Some(Kind::Directory)) {
                seen(name, None);
            }
        } else if let Some(status) = self.entry(directory, name.bytes, shown)? {
            seen(name, Some(&status));
        }
        Ok(())
    }

    /// Whether a line needs nothing but the name: NLST of what is no link, as the directory itself says.
    fn says_enough(&self, name: NameRead<'_>) -> bool {
        let is_known = name.kind.is_some_and(|kind| kind != Kind::Link);
        self.is_names_only() && !self.options.classify && is_known && name.bytes != b".."
    }

    fn is_names_only(&self) -> bool {
        matches!(self.options.shape, Shape::Names | Shape::Columns)
    }

    /// A name alone, if it may be seen.
    fn bare(
        &mut self,
        directory: &Directory,
        NameRead { bytes: name, kind }: NameRead<'_>,
        (prefix, shown): (&[u8], &[u8]),
    ) -> Result<(), Stop> {
        if self.options.files == 0 || (name != b"." && !self.storage.shows(directory, name, kind)) {
            return Ok(());
        }
        self.options.files -= 1;
        if prefix.is_empty() && self.options.shape == Shape::Names && line::is_plain(shown) {
            return self.output.line(shown);
        }
        self.line.clear();
        self.named(prefix, shown);
        self.told()
    }

    /// Appends a name as it is shown.
    fn named(&mut self, prefix: &[u8], shown: &[u8]) {
        if !prefix.is_empty() {
            line::name(prefix, &mut self.line);
        }
        line::name(shown, &mut self.line);
    }

    /// Sends the line, or keeps it for a column.
    fn told(&mut self) -> Result<(), Stop> {
        if self.options.shape == Shape::Columns {
            self.gathered.push(self.line.clone());
            return Ok(());
        }
        self.output.line(&self.line)
    }

    pub(super) fn columns_told(&mut self) -> Result<(), Stop> {
        let names = mem::take(&mut self.gathered);
        columns::rows(&names, &mut |row| self.output.line(row))
    }

    /// One line, if the entry is there and may be seen.
    pub(super) fn entry(
        &mut self,
        directory: &Directory,
        name: &[u8],
        (prefix, shown): (&[u8], &[u8]),
    ) -> Result<Option<Status>, Stop> {
        if self.options.files == 0 {
            return Ok(None);
        }
        let Some(status) = self.visible(directory, name) else { return Ok(None) };
        self.options.files -= 1;
        self.line.clear();
        match self.options.shape {
            Shape::Names | Shape::Columns => {}
            Shape::Long => self.columns(directory, name, &status),
            Shape::Windows => self.windows(&status),
            Shape::Facts(telling) => self.facts(telling, directory, name, &status),
        }
        self.named(prefix, shown);
        match self.options.shape {
            Shape::Long => self.after_name(directory, name, &status),
            Shape::Names | Shape::Columns if self.options.classify => {
                self.line.extend_from_slice(line::mark(&status));
            }
            Shape::Names | Shape::Columns | Shape::Windows | Shape::Facts(_) => {}
        }
        self.told()?;
        // Each line of a folder may wait for a name of its own.
        if self.surroundings.names.has_waited() {
            self.output.glance()?;
        }
        Ok(Some(status))
    }

    /// What is shown of an entry; None where nothing is.
    fn visible(&self, directory: &Directory, name: &[u8]) -> Option<Status> {
        if name == b".." {
            // By text, so that the folder above the session's root stays unseen.
            return self.storage.followed(directory, name);
        }
        let status = directory.status(name).ok()?;
        if name != b"." && !self.storage.shows(directory, name, Some(status.kind)) {
            return None;
        }
        match status.kind {
            Kind::Link if !directory.show_symlinks() => self.storage.followed(directory, name),
            Kind::Link if self.options.follow => {
                Some(self.storage.followed(directory, name).unwrap_or(status))
            }
            _ => Some(status),
        }
    }
}
