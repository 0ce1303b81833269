//! The heap that workers inherit. What the master and the nursery have freed lies in holes all over it, and a worker that fills one of
//! them copies its page; so the holes are filled once, before any birth, and workers allocate side by side at the heap's end.

use crate::sys::heap;

/// Blocks larger than this are mapped, or come from the heap's end anyway.
const LARGEST_HOLE: usize = 32 * 1024;

/// More holes of one size than this are left: what remains costs pages, not correctness.
const HOLES_MOST: usize = 4096;

/// Nursery, before the first birth: takes every free block of the sizes that sessions use, and keeps it for life.
pub fn fill_holes() {
    let end = heap::end();
    let mut size = LARGEST_HOLE;
    while size >= 16 {
        for _ in 0..HOLES_MOST {
            let block: Vec<u8> = Vec::with_capacity(size);
            let is_beyond = block.as_ptr() as usize >= end;
            if is_beyond {
                break;
            }
            std::mem::forget(block);
        }
        size -= if size > 1024 { size / 4 } else { 16 };
    }
    heap::bequeath();
}
