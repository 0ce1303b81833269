//! What is shown of the host within the roots of sessions that it does not lie in (mod_vroot).

/// VRootEngine, VRootAlias, VRootOptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasRules {
    /// VRootEngine: without it no alias is shown.
    pub is_on: bool,
    /// VRootOptions allowSymlinks: a link within an alias may lead out of it, to other places of the session's root.
    pub links_lead_out: bool,
    /// VRootAlias, the innermost scope's first; the first of a name holds.
    pub lines: Vec<AliasFor>,
}

/// A folder or file of the host, and its name in sessions' roots. `%u` may stand in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasFor {
    /// An absolute path.
    pub source: String,
    /// `~/…` is the home's; everything else is the root's.
    pub name: String,
}
