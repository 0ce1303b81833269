//! Memory that a transfer maps for itself and gives back when it ends: nothing of it stays in the heap of a worker
//! that waits for its client's next command.

use std::io;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Zeroed bytes of one's own; a page costs memory once it is touched.
#[derive(Debug)]
pub struct Buffer(MmapMut);

impl Buffer {
    /// Maps `length` bytes.
    pub fn map(length: usize) -> io::Result<Buffer> {
        Ok(Buffer(MmapMut::map_anon(length)?))
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
