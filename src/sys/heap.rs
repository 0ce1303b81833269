//! The heap: malloc(3)'s, and in nursery and workers memory of their own for small blocks. A worker that used what is free in the heap
//! that it has inherited would copy a page for each hole it fills, and for each thing of the nursery's that it drops; and what the
//! nursery writes from one birth to the next is a copied page of the worker born before.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::libc;

use super::blocks::{Blocks, Class, GRAIN};

/// So much of small blocks comes from a process's own memory; what a session needs beyond comes from malloc(3) as ever. It stands
/// with the program's variables, and not a page of it is there before it is written.
const OWN: usize = 128 * 1024;

#[global_allocator]
static HEAP: Heap = Heap { is_bequeathed: AtomicBool::new(false), own: Blocks::new() };

/// Where the heap of the nursery ended when it began to bear.
static INHERITED: AtomicUsize = AtomicUsize::new(0);

/// Its first page holds whatever a worker writes first.
#[repr(C, align(4096))]
struct Heap {
    /// Whether this process is the nursery at its births, or a worker: then small blocks come from its own memory.
    is_bequeathed: AtomicBool,
    own: Blocks<OWN>,
}

// SAFETY: `own` is reached in the nursery and its workers alone, which have one thread for life: the nursery starts none before
// `bequeath`, workers are born with one, and their filter refuses them another. Their signal handlers allocate nothing.
unsafe impl Sync for Heap {}

/// Nursery, before the first birth and with one thread: what lies below the heap's end now is every worker's, and is touched by
/// nobody from here on, by taking or by giving back.
pub fn bequeath() {
    INHERITED.store(end(), Ordering::Relaxed);
    HEAP.is_bequeathed.store(true, Ordering::Relaxed);
}

/// The address from which on nothing is allocated yet: blocks that begin there or beyond come from the heap's end, all others fill a
/// hole. For a process of one thread, whose heap is the one below the program break.
pub fn end() -> usize {
    // SAFETY: sbrk(2) with 0 moves nothing and says where the break is.
    let break_at = unsafe { libc::sbrk(0) } as usize;
    // SAFETY: mallinfo2(3) takes nothing and gives numbers.
    let free_at_end = unsafe { libc::mallinfo2() }.keepcost;
    break_at.saturating_sub(free_at_end)
}

/// Gives back to the kernel what is free, after something large was.
pub fn give_back() {
    // SAFETY: malloc_trim(3) takes any padding, and touches nothing that is allocated.
    unsafe { libc::malloc_trim(0) };
}

fn is_bequeathed() -> bool {
    HEAP.is_bequeathed.load(Ordering::Relaxed)
}

/// What a block of the process's own memory would be; None for what malloc(3) gives.
fn class_of(layout: Layout) -> Option<Class> {
    if layout.align() <= GRAIN { Class::of(layout.size()) } else { None }
}

impl Heap {
    /// A block of the process's own memory, where that has one left.
    fn own_block(&self, layout: Layout) -> Option<NonNull<u8>> {
        if is_bequeathed() { class_of(layout).and_then(|class| self.own.take(class)) } else { None }
    }

    /// Whether a block is of the heap that is every worker's, and nobody's to give back. The heap begins beyond the program's
    /// variables, of which this is one; what is mapped elsewhere, below them too, is malloc's.
    fn is_inherited(&self, block: *const u8) -> bool {
        let beginning = ptr::from_ref(self).addr();
        (beginning..INHERITED.load(Ordering::Relaxed)).contains(&block.addr())
    }
}

// SAFETY: every block comes from malloc(3) or from `own`, fits its layout, and goes back where its address says it came from;
// an inherited one goes nowhere.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout is passed on.
        self.own_block(layout).map_or_else(|| unsafe { System.alloc(layout) }, NonNull::as_ptr)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(block) = self.own_block(layout) else {
            // SAFETY: the caller's promise about the layout is passed on.
            return unsafe { System.alloc_zeroed(layout) };
        };
        // SAFETY: the block has at least so many bytes, and is nobody's yet.
        unsafe { block.write_bytes(0, layout.size()) };
        block.as_ptr()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !is_bequeathed() {
            // SAFETY: until then every block is malloc's.
            return unsafe { System.dealloc(block, layout) };
        }
        if let (true, Some(own), Some(class)) = (self.own.holds(block), NonNull::new(block), class_of(layout))
        {
            // SAFETY: it was taken as this class, by its layout, and its owner gives it up; the only thread is here.
            unsafe { self.own.give(own, class) }
        } else if !self.is_inherited(block) {
            // SAFETY: neither of the process's own memory nor every worker's: malloc's.
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the alignment is a valid layout's, and the size the caller's promise.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let is_own = is_bequeathed() && self.own.holds(block);
        if is_own && class_of(layout) == class_of(wanted) {
            return block;
        }
        if !is_bequeathed() || (!is_own && !self.is_inherited(block) && class_of(wanted).is_none()) {
            // SAFETY: it is malloc's and stays so; the rest is the caller's promise.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the new block is another than the old one, and both have as many bytes as are copied.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
