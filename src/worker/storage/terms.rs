//! On which terms a file is transferred: how fast, how large, and counted with which others.

use std::path::Path;

use super::policy::{Spot, Verb};
use super::{Storage, Target};
use crate::auth::places::{TransferMost, TransferPlace, TransferVerb, TransferVerbs};
use crate::config::settings::{LimitText, TransferRate};

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
    per_host: Option<(TransferVerbs, LimitText)>,
    per_user: Option<(TransferVerbs, LimitText)>,
    shares_rate: bool,
}

impl Counted {
    /// As auth is asked.
    pub fn place(&self) -> TransferPlace {
        let most = |limit: &Option<(TransferVerbs, LimitText)>| {
            let (verbs, limit) = limit.as_ref()?;
            limit.most.map(|most| TransferMost { verbs: *verbs, most })
        };
        TransferPlace {
            verb: self.verb,
            per_host: most(&self.per_host),
            per_user: most(&self.per_user),
            shares_rate: self.shares_rate,
        }
    }

    /// MaxTransfersPerUser or MaxTransfersPerHost, with its words.
    pub fn limit(&self, is_per_user: bool) -> Option<&LimitText> {
        let limit = if is_per_user { &self.per_user } else { &self.per_host };
        limit.as_ref().map(|(_, limit)| limit)
    }
}

impl Storage {
    /// How a transfer is counted, before its file is touched; None where none is: where the configuration has a limit anywhere all are,
    /// else those alone that a folder's own file limits, so that nobody else pays for a question to the master. What is not there is
    /// counted as what would be.
    pub fn counted(&self, verb: &str, spot: Spot<'_>) -> Option<Counted> {
        if !self.policy.speaks_at(self.policy.rules.count_transfers(), spot) {
            return None;
        }
        let verb = TransferVerb::named(verb)?;
        let rules = self.policy.rules_at(spot);
        let rate = rules.transfer_rate(verb);
        let limit = |is_per_user| {
            rules.transfer_limit(is_per_user, verb).map(|(verbs, limit)| (verbs, limit.clone()))
        };
        let (per_host, per_user) = (limit(false), limit(true));
        let shares_rate = rate.is_some_and(|rate| rate.is_shared);
        let is_counted = per_host.is_some() || per_user.is_some() || shares_rate;
        let is_asked = is_counted || self.policy.rules.count_transfers();
        is_asked.then_some(Counted { verb, per_host, per_user, shares_rate })
    }

    /// What an upload may.
    pub(super) fn on_terms(&self, mut target: Target, verb: Verb) -> Target {
        target.terms = self.terms(&target.canonical, verb, true);
        target
    }

    /// What holds for a file that is stored or sent.
    pub(super) fn terms(&self, canonical: &Path, verb: Verb, is_stored: bool) -> Terms {
        let spot = Spot::named(canonical, false);
        if !self.policy.speaks_at(self.policy.rules.speak_of_transfers(), spot) {
            return Terms::default();
        }
        let rules = self.policy.rules_at(spot);
        let rate = TransferVerb::named(verb.name).and_then(|verb| rules.transfer_rate(verb));
        Terms { largest: rules.largest_file(is_stored), rate }
    }
}
