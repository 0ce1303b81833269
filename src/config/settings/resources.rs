//! What a session may use of the host.

/// One limit; None is as much as there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceLimit {
    /// Where the kernel says no, or ends the session.
    pub soft: Option<u64>,
    /// How far the soft one could be raised.
    pub hard: Option<u64>,
}

/// RLimitCPU, RLimitMemory, RLimitOpenFiles; None where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceLimits {
    /// Seconds.
    pub processor: Option<ResourceLimit>,
    /// Bytes.
    pub memory: Option<ResourceLimit>,
    /// Descriptors.
    pub open_files: Option<ResourceLimit>,
}

impl ResourceLimits {
    /// What is not said here, the outer scope says.
    pub fn inherit(&mut self, outer: &ResourceLimits) {
        self.processor = self.processor.or(outer.processor);
        self.memory = self.memory.or(outer.memory);
        self.open_files = self.open_files.or(outer.open_files);
    }
}

/// MaxCommandRate: so many commands in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRate {
    /// Above 0.
    pub count: u32,
    /// Above 0.
    pub seconds: u32,
}
