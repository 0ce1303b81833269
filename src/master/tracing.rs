//! What master and auth trace: as much as is configured for the main server, or as an operator has ordered meanwhile.

use std::sync::Arc;

use super::Master;
use crate::config::settings::DaemonTrace;
use crate::logging::trace::{self, Orders, Tracer};
use crate::logging::{self, LogNumber};

impl Master {
    /// Another generation serves.
    pub(super) fn tune_trace(&self) {
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let Some(serving) = serving else { return };
        let (terms, orders) = (&serving.terms.trace, self.common.traced);
        // One that a master before this has opened has its number in the logs alone.
        let log = terms.log.as_deref().and_then(|path| self.logs.number_of(path));
        trace::tune(terms.levels, orders, |_| tracer((self.logs.channel(), log), terms, orders));
    }

    /// An operator has ordered something: all whom it concerns are told, auth when it is next born.
    pub(super) fn order_trace(&self) {
        self.board.publish_trace(self.common.traced.0);
        self.tune_trace();
    }
}

/// What one of the daemon's own processes tells, by what is configured and these orders; None without TraceLog.
pub fn tracer(
    (recorder, log): (&Arc<logging::Channel>, Option<LogNumber>),
    terms: &DaemonTrace,
    orders: Orders,
) -> Option<Tracer> {
    let levels = orders.levels().over(terms.levels);
    Some(Tracer::new(Arc::clone(recorder), log?, (levels, terms.options)))
}
