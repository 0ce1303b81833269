//! Where the heap of malloc(3) ends, and how what is free in it is given back.

use nix::libc;

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
