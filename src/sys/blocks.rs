//! Small blocks cut from one piece of memory, side by side; what is given back is used again for its own size. Values only: who calls
//! it keeps the threads apart.

use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Every block's address is a multiple of this, and so is its size.
pub const GRAIN: usize = 16;
/// The sizes that there are: what is asked for is rounded up to the next.
const SIZES: [u16; 19] =
    [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 640, 768, 896, 1024, 1280, 1536, 2048, 3072, 4096];
/// The largest block.
pub const LARGEST: usize = 4096;

/// Which of [`SIZES`] holds so many grains.
const CLASS_OF: [u8; LARGEST / GRAIN + 1] = classes();

const fn classes() -> [u8; LARGEST / GRAIN + 1] {
    let mut table = [0; LARGEST / GRAIN + 1];
    let (mut grains, mut class) = (0, 0);
    while grains < table.len() {
        if grains * GRAIN > SIZES[class] as usize {
            class += 1;
        }
        table[grains] = class as u8;
        grains += 1;
    }
    table
}

/// One of [`SIZES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

impl Class {
    /// The smallest that holds so many bytes; None for what no block holds.
    pub fn of(size: usize) -> Option<Class> {
        CLASS_OF.get(size.div_ceil(GRAIN)).copied().map(Class)
    }

    fn size(self) -> usize {
        SIZES[usize::from(self.0)].into()
    }
}

/// The memory, right behind the note of what is free of it.
#[repr(C, align(16))]
pub struct Blocks<const BYTES: usize> {
    /// How much was ever cut off.
    used: Cell<usize>,
    /// By class: the last block given back, which holds the address of the one before it.
    free: [Cell<Option<NonNull<u8>>>; SIZES.len()],
    /// Other people's, as far as it is used.
    memory: UnsafeCell<Memory<BYTES>>,
}

#[repr(C, align(16))]
struct Memory<const BYTES: usize>([MaybeUninit<u8>; BYTES]);

impl<const BYTES: usize> Blocks<BYTES> {
    /// Nothing cut off yet.
    pub const fn new() -> Blocks<BYTES> {
        let memory = UnsafeCell::new(Memory([MaybeUninit::uninit(); BYTES]));
        Blocks { used: Cell::new(0), free: [const { Cell::new(None) }; SIZES.len()], memory }
    }

    /// Whether a block was cut from here.
    pub fn holds(&self, block: *const u8) -> bool {
        block.addr().wrapping_sub(self.memory.get().addr()) < BYTES
    }

    /// A block of this class; None when all are taken.
    pub fn take(&self, class: Class) -> Option<NonNull<u8>> {
        let free = &self.free[usize::from(class.0)];
        if let Some(block) = free.get() {
            // SAFETY: `give` has written the address of the block before it here, in memory that is nobody's since.
            free.set(unsafe { block.cast::<Option<NonNull<u8>>>().read() });
            return Some(block);
        }
        let begins = self.used.get();
        if class.size() > BYTES - begins {
            return None;
        }
        self.used.set(begins + class.size());
        // SAFETY: so far into the memory and, with the block's size, not beyond its end (seen just above).
        NonNull::new(unsafe { self.memory.get().cast::<u8>().add(begins) })
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// It came from [`Blocks::take`] with the same class, and nobody uses it any more.
    pub unsafe fn give(&self, block: NonNull<u8>, class: Class) {
        let free = &self.free[usize::from(class.0)];
        // SAFETY: the block is nobody's (the caller's promise), large enough for an address and aligned to [`GRAIN`].
        unsafe { block.cast::<Option<NonNull<u8>>>().write(free.get()) };
        free.set(Some(block));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_smallest_that_holds_a_size() {
        for (size, wanted) in [(0, 16), (1, 16), (16, 16), (17, 32), (65, 96), (1025, 1280), (4096, 4096)] {
            assert_eq!(Class::of(size).map(Class::size), Some(wanted), "{size}");
        }
        assert_eq!(Class::of(LARGEST + 1), None);
        assert_eq!(Class::of(usize::MAX), None);
    }

    #[test]
    fn blocks_lie_side_by_side_and_are_used_again() {
        let blocks = Box::new(Blocks::<256>::new());
        let class = Class::of(60).unwrap();
        let taken: Vec<NonNull<u8>> = std::iter::from_fn(|| blocks.take(class)).collect();
        assert_eq!(taken.len(), 4);
        assert!(taken.windows(2).all(|pair| pair[0].addr().get() + 64 == pair[1].addr().get()));
        assert!(taken.iter().all(|block| blocks.holds(block.as_ptr()) && block.addr().get() % GRAIN == 0));
        // SAFETY: both were taken just above, as this class, and are not used again.
        unsafe {
            blocks.give(taken[2], class);
            blocks.give(taken[0], class);
        }
        assert_eq!(blocks.take(Class::of(16).unwrap()), None, "of another size");
        assert_eq!(
            [blocks.take(class), blocks.take(class), blocks.take(class)],
            [Some(taken[0]), Some(taken[2]), None]
        );
    }

    #[test]
    fn what_lies_elsewhere_is_not_held() {
        let blocks = Box::new(Blocks::<64>::new());
        assert!(!blocks.holds(std::ptr::null()) && !blocks.holds((&raw const *blocks).cast()));
    }
}
