//! How much is traced, changed while sessions run: master and sessions at once, auth when it is next born.

use serde_json::Map;

use crate::control::{Outcome, Reply};
use crate::logging::trace::{ROWS, Row, meant, names};
use crate::master::Master;

impl Master {
    /// These levels from now on, over what is configured; none asks.
    pub(super) fn set_trace(&mut self, levels: &[(String, u8)]) -> Reply {
        let mut orders = self.common.traced;
        for (word, level) in levels {
            let channels = meant(word);
            if channels.is_empty() {
                let sentence = format!("no channel '{word}' is known; there are {}", names());
                return Reply::of(Outcome::Mistaken, vec![sentence]);
            }
            orders = channels.into_iter().fold(orders, |orders, channel| orders.with(channel, *level));
        }
        if self.common.traced != orders {
            self.common.traced = orders;
            self.order_trace();
        }
        self.tell_trace()
    }

    /// As much as is configured.
    pub(super) fn forget_trace(&mut self) -> Reply {
        self.common.traced = Default::default();
        self.order_trace();
        self.tell_trace()
    }

    /// What the main server's sessions trace; others may be configured otherwise.
    fn tell_trace(&self) -> Reply {
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let Some(terms) = serving.map(|generation| &generation.terms.trace) else {
            return Reply::failed("the daemon does not serve yet");
        };
        if terms.log.as_deref().and_then(|path| self.logs.number_of(path)).is_none() {
            return Reply::failed("there is no TraceLog: nothing is traced");
        }
        let levels = self.common.traced.levels().over(terms.levels);
        let level = |row: &Row| Some(levels.words(row.channel)).filter(|words| !words.is_empty());
        let told = ROWS.iter().map(|row| (row, level(row).unwrap_or_else(|| "0".to_owned())));
        let line = |(row, words): (&Row, String)| format!("{:<9} {words:<5} {}", row.name, row.tells);
        let said = told.clone().map(line).collect();
        let data: Map<_, _> = told.map(|(row, words)| (row.name.to_owned(), words.into())).collect();
        Reply::of(Outcome::Done, said).with("channels", data)
    }
}
