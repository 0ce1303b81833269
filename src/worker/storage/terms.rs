//! On which terms a file is transferred: how fast, how large, and counted with which others.

use std::path::{Path, PathBuf};

use super::path::FtpPath;
use super::policy::Verb;
use super::{Storage, Target};
use crate::auth::places::{TransferMost, TransferPlace, TransferVerb, TransferVerbs};
use crate::config::settings::{LimitText, TransferRate};
use crate::config::transfers::TransferRules;

/// What holds for one file that is transferred.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// MaxStoreFileSize or MaxRetrieveFileSize.
    pub largest: Option<u64>,
    /// TransferRate.
    pub rate: Option<TransferRate>,
}

/// A transfer that the master counts.
pub struct Counted {
    verb: TransferVerb,
    per_host: Option<(TransferVerbs, &'static LimitText)>,
    per_user: Option<(TransferVerbs, &'static LimitText)>,
    shares_rate: bool,
}

impl Counted {
    /// As auth is asked.
    pub fn place(&self) -> TransferPlace {
        let most = |limit: Option<(TransferVerbs, &LimitText)>| {
            let (verbs, limit) = limit?;
            limit.most.map(|most| TransferMost { verbs, most })
        };
        TransferPlace {
            verb: self.verb,
            per_host: most(self.per_host),
            per_user: most(self.per_user),
            shares_rate: self.shares_rate,
        }
    }

    /// MaxTransfersPerUser or MaxTransfersPerHost, with its words.
    pub fn limit(&self, is_per_user: bool) -> Option<&'static LimitText> {
        let limit = if is_per_user { self.per_user } else { self.per_host };
        limit.map(|(_, limit)| limit)
    }
}

impl Storage {
    /// How a transfer is counted, before its file is touched; None where no transfer is. What is not there is counted as what would be.
    pub fn counted(&self, verb: &str, path: &FtpPath) -> Option<Counted> {
        if !self.policy.rules.count_transfers() {
            return None;
        }
        let verb = TransferVerb::named(verb)?;
        let rules = self.transfer_rules(&self.canonical(path)?);
        let rate = rules.rate(verb, self.policy.subject);
        Some(Counted {
            verb,
            per_host: rules.limit(false, verb),
            per_user: rules.limit(true, verb),
            shares_rate: rate.is_some_and(|rate| rate.is_shared),
        })
    }

    fn canonical(&self, path: &FtpPath) -> Option<PathBuf> {
        let found = self.root.find(path).map(|found| found.canonical);
        found.or_else(|_| self.root.entry(path).map(|entry| entry.canonical)).ok()
    }

    fn transfer_rules(&self, canonical: &Path) -> TransferRules<'static> {
        self.policy.rules.transfer_rules_for(canonical, self.policy.subject)
    }

    /// What an upload may.
    pub(super) fn on_terms(&self, mut target: Target, verb: Verb) -> Target {
        target.terms = self.terms(&target.canonical, verb, true);
        target
    }

    /// What holds for a file that is stored or sent.
    pub(super) fn terms(&self, canonical: &Path, verb: Verb, is_stored: bool) -> Terms {
        if !self.policy.rules.speak_of_transfers() {
            return Terms::default();
        }
        let whose = self.policy.subject;
        let rules = self.transfer_rules(canonical);
        let rate = TransferVerb::named(verb.name).and_then(|verb| rules.rate(verb, whose));
        Terms { largest: rules.largest(is_stored, whose), rate }
    }
}
