//! What the session may use of the host, as its server says.

use slog::{Logger, warn};

use crate::config::settings::{ResourceLimit, ResourceLimits};
use crate::sys::limits::{self, Kind};

/// Limits this process; what cannot be had any more (a limit is only lowered) is told and does without.
pub fn limit(limits: &ResourceLimits, log: &Logger) {
    let kinds = [
        (Kind::Processor, limits.processor),
        (Kind::Memory, limits.memory),
        (Kind::Descriptors, limits.open_files),
    ];
    for (kind, limit) in kinds {
        let Some(ResourceLimit { soft, hard }) = limit else { continue };
        if let Err(error) = limits::lower(kind, soft, hard) {
            warn!(log, "{kind} not limited: {error}");
        }
    }
}
