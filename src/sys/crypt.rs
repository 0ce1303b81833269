//! crypt(3) of the host, found at run time, so that whatever hash the host accepts is accepted here; and the wiping
//! of what should not be seen again.

use std::sync::atomic::{Ordering, compiler_fence};

/// Overwrites bytes in a way that the compiler may not leave out.
pub fn wipe(bytes: &mut [u8]) {
    for byte in bytes.iter_mut() {
        // SAFETY: write_volatile needs a valid, aligned place; `byte` is an exclusive reference to one.
        // JUSTIFICATION: a plain store to memory that is freed next would be optimised away.
        unsafe { std::ptr::write_volatile(byte, 0) };
    }
    compiler_fence(Ordering::SeqCst);
}
