//! What is left of the modules that ferryd otherwise speaks for: mod_core, mod_auth, mod_xfer, mod_ls, mod_log and the like.

use super::super::Effect::{Accepted, Ignored};
use super::{ALWAYS, Family, NOT_DONE, family};

pub const REST: &[Family] = &[
    family("mod_auth_unix", Ignored, NOT_DONE, &["AuthUnixOptions", "PersistentPasswd"]),
    family("mod_xfer", Ignored, NOT_DONE, &["TransferOptions"]),
    family("mod_core", Ignored, NOT_DONE, &["IncludeOptions"]),
    family("mod_core", Accepted, "no session is without its entry.", &["ScoreboardOptions"]),
    family(
        "mod_core",
        Accepted,
        ALWAYS,
        &["FSCachePolicy", "FSOptions", "RegexOptions", "ScoreboardScrub", "TCPNoDelay"],
    ),
    family("mod_cap", Accepted, ALWAYS, &["CapabilitiesEngine", "CapabilitiesRootRevoke", "CapabilitiesSet"]),
];
