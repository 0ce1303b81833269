//! Every byte and every file that a session makes or removes passes through one function, with its owner: bytes before
//! they are written, so that they can be refused there; names once they are made or gone, when their owner is known.

use std::cell::Cell;
use std::io;

use crate::sys::UserId;
use crate::sys::files::{Kind, Status};

/// What becomes more or less of what an owner holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose files they are.
    pub owner: UserId,
    /// Bytes more; below zero when they go.
    pub bytes: i64,
    /// Files and directories more.
    pub files: i64,
}

impl Change {
    /// What an owner loses with a name: the bytes go with the last one.
    pub fn removal(status: &Status) -> Change {
        let size = i64::try_from(status.size).unwrap_or(i64::MAX);
        let bytes = if status.kind == Kind::File && status.links == 1 { -size } else { 0 };
        Change { owner: status.uid, bytes, files: -1 }
    }
}

/// What a session has made, less what it has removed.
#[derive(Debug, Default)]
pub struct Accounting {
    bytes: Cell<i64>,
    files: Cell<i64>,
}

impl Accounting {
    /// Told of each change; an error before a write keeps it from happening.
    pub fn report(&self, change: Change) -> io::Result<()> {
        self.bytes.set(self.bytes.get().saturating_add(change.bytes));
        self.files.set(self.files.get().saturating_add(change.files));
        Ok(())
    }

    /// Bytes made, less those removed.
    #[cfg(test)]
    pub fn bytes(&self) -> i64 {
        self.bytes.get()
    }

    /// Files and directories made, less those removed.
    #[cfg(test)]
    pub fn files(&self) -> i64 {
        self.files.get()
    }
}
