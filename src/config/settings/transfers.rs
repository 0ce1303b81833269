//! What one scope says of transfers: how many at once, how fast, how large. Lines in the order written, the nearest scope's first.

use super::LimitText;
use crate::auth::places::TransferVerbs;
use crate::config::access::Term;

/// The lines of one scope.
#[derive(Clone, Debug, Default)]
pub struct TransferLines {
    /// MaxTransfersPerHost, MaxTransfersPerUser.
    pub limits: Vec<TransferLimit>,
    /// TransferRate.
    pub rates: Vec<RateLine>,
    /// MaxStoreFileSize, MaxRetrieveFileSize.
    pub sizes: Vec<SizeLine>,
}

/// How many transfers at once.
#[derive(Clone, Debug)]
pub struct TransferLimit {
    /// MaxTransfersPerUser; else PerHost.
    pub is_per_user: bool,
    /// Which are counted together.
    pub verbs: TransferVerbs,
    /// How many, and the words for one too many.
    pub limit: LimitText,
}

/// How fast.
#[derive(Clone, Debug)]
pub struct RateLine {
    /// Which transfers.
    pub verbs: TransferVerbs,
    /// None without bound.
    pub rate: Option<TransferRate>,
    /// Whose.
    pub whom: Term,
}

/// A rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransferRate {
    /// Above 0.
    pub bytes_per_second: f64,
    /// So many bytes of each transfer go as fast as they can.
    pub free: u64,
    /// All transfers of a user's that share have this rate together.
    pub is_shared: bool,
}

/// How large.
#[derive(Clone, Debug)]
pub struct SizeLine {
    /// MaxStoreFileSize; else MaxRetrieveFileSize.
    pub is_stored: bool,
    /// Bytes; None without bound.
    pub most: Option<u64>,
    /// Whose files.
    pub whom: Term,
}

impl TransferLines {
    /// Whether it says anything.
    pub fn say_something(&self) -> bool {
        !(self.limits.is_empty() && self.rates.is_empty() && self.sizes.is_empty())
    }

    /// Whether the master has to know of transfers.
    pub fn are_counted(&self) -> bool {
        let is_shared = |line: &RateLine| line.rate.is_some_and(|rate| rate.is_shared);
        !self.limits.is_empty() || self.rates.iter().any(is_shared)
    }

    /// What an outer scope says stands behind.
    pub fn extend(&mut self, outer: &TransferLines) {
        self.limits.extend(outer.limits.iter().cloned());
        self.rates.extend(outer.rates.iter().cloned());
        self.sizes.extend(outer.sizes.iter().cloned());
    }
}
