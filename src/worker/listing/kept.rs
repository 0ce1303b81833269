//! Text that neighbours in a folder have in common.

/// What was last written, and what for: the next line that has the same copies it.
#[derive(Debug)]
pub struct Kept<Key> {
    key: Option<Key>,
    written: Vec<u8>,
}

impl<Key> Default for Kept<Key> {
    fn default() -> Kept<Key> {
        Kept { key: None, written: Vec::new() }
    }
}

impl<Key: PartialEq> Kept<Key> {
    /// The text for a key.
    pub fn of(&mut self, key: Key, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if self.key.as_ref() != Some(&key) {
            self.written.clear();
            write(&mut self.written);
            self.key = Some(key);
        }
        &self.written
    }
}
