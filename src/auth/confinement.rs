//! Auth's own privileges: it reads password files and ends workers, and can do nothing else that root can.

use std::io;

use crate::sys::{Capability, identity, limits, process};

/// Password files may belong to anybody; workers run as other users.
const KEPT: [Capability; 2] = [Capability::CAP_DAC_READ_SEARCH, Capability::CAP_KILL];

/// How much better than hashing threads the others are placed: they answer workers that the kernel holds.
pub const NICENESS_OF_HASHING: i32 = 5;

/// Descriptors auth may hold: one for each question in flight, one for each grant not yet taken.
const DESCRIPTORS_MAX: u64 = 16 * 1024;

/// UserOwner: files of sessions are given to others, and nobody else's (`office/gift_desk.rs`).
const TO_GIVE: Capability = Capability::CAP_CHOWN;

/// Gives up what auth never needs; threads that start later have no more. Returns how many descriptors it may hold.
pub fn confine(gives_files: bool) -> io::Result<u64> {
    // Asks for CAP_SYS_NICE, which a container may lack; then hashing threads are placed worse instead.
    let _ = limits::change_niceness(-NICENESS_OF_HASHING);
    let descriptors = limits::raise_descriptors(DESCRIPTORS_MAX)?;
    process::forbid_new_privileges()?;
    process::leave_no_core()?;
    if identity::is_root() {
        let kept: Vec<Capability> = KEPT.into_iter().chain(gives_files.then_some(TO_GIVE)).collect();
        identity::leave_bounding_set_but(&kept)?;
        // A container may lack one; then files that root may not read are no password files, workers are not ended, and files stay
        // those of who stored them.
        identity::hold_capabilities(&identity::permitted_of(&kept))?;
    }
    // Last: it also takes /proc/self away from the process.
    process::hide_memory()?;
    Ok(descriptors)
}
