//! The names of a directory as a session sees them: the file system's, and those of the aliases that stand in it.

use std::io;

use crate::sys::files::{Kind, Name, NameRead, Names};

/// A directory that is read from its front to its end.
#[derive(Debug)]
pub struct DirectoryNames {
    names: Names,
    /// They cover what bears their names besides.
    aliases: Vec<(Vec<u8>, Kind)>,
    told: usize,
    /// The name that was read last, where aliases stand in it.
    last: Option<Name>,
}

impl DirectoryNames {
    pub(super) fn new(names: Names, aliases: Vec<(Vec<u8>, Kind)>) -> DirectoryNames {
        DirectoryNames { names, aliases, told: 0, last: None }
    }

    /// The next name, until something else is read; None at the end.
    pub fn read(&mut self) -> Option<io::Result<NameRead<'_>>> {
        if self.aliases.is_empty() {
            return self.names.read();
        }
        match self.next()? {
            Ok(name) => Some(Ok(self.last.insert(name).as_read())),
            Err(error) => Some(Err(error)),
        }
    }

    fn is_covered(&self, name: &[u8]) -> bool {
        self.aliases.iter().any(|(alias, _)| alias == name)
    }
}

impl Iterator for DirectoryNames {
    type Item = io::Result<Name>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.names.next() {
                Some(Ok(name)) if self.is_covered(&name.bytes) => {}
                Some(name) => return Some(name),
                None => break,
            }
        }
        let (name, kind) = self.aliases.get(self.told)?;
        self.told += 1;
        Some(Ok(Name { bytes: name.clone(), kind: Some(*kind) }))
    }
}
