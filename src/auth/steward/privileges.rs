//! What the steward may do: what modules of PAM and the making of homes need, and nothing of what root can besides (no modules of the
//! kernel, no mounts, no raw input and output, no tracing, no network administration).

use std::io;

use crate::sys::{Capability, identity, limits, process};

/// pam_unix reads shadow and speaks to the audit system, others write their own files, become the user, and run programs as it;
/// a home is made, given away, and its modes set. KILL ends children that became somebody else.
const KEPT: [Capability; 12] = [
    Capability::CAP_CHOWN,
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_DAC_READ_SEARCH,
    Capability::CAP_FOWNER,
    Capability::CAP_FSETID,
    Capability::CAP_KILL,
    Capability::CAP_SETGID,
    Capability::CAP_SETUID,
    Capability::CAP_IPC_LOCK,
    Capability::CAP_SYS_RESOURCE,
    Capability::CAP_AUDIT_WRITE,
    Capability::CAP_NET_BIND_SERVICE,
];

/// One for each child, and some.
const DESCRIPTORS_MAX: u64 = 1024;

/// Gives up the rest. New privileges stay possible: pam_unix's own helper is set-gid shadow.
pub fn confine() -> io::Result<()> {
    limits::raise_descriptors(DESCRIPTORS_MAX)?;
    process::leave_no_core()?;
    if identity::is_root() {
        identity::leave_bounding_set_but(&KEPT)?;
        identity::hold_capabilities(&identity::permitted_of(&KEPT))?;
    }
    // Whatever children leave behind is reaped here.
    process::adopt_orphans()?;
    process::hide_memory()
}
