//! Random numbers from the kernel, asked for one by one: a generator in user space would repeat itself in every
//! process that is born from the one that seeded it.

use std::io;

use nix::libc;

/// A number below `bound`, near enough to even for choosing a port. 0 where `bound` is 0.
pub fn below(bound: u32) -> io::Result<u32> {
    let mut bytes = [0u8; 8];
    // SAFETY: getrandom(2) writes at most as many bytes as it is told of, and that many are here and ours.
    let count = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if count != bytes.len() as isize {
        return Err(io::Error::last_os_error());
    }
    let number = u64::from_ne_bytes(bytes);
    Ok(number.checked_rem(bound.into()).and_then(|rest| u32::try_from(rest).ok()).unwrap_or_default())
}
