//! Rates that an operator holds a user's or a client's transfers to, now and at later logins, until they are lifted or the daemon ends.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::control::{Limited, Outcome, Reply};
use crate::master::Master;
use crate::master::admission::Owner;
use crate::scoreboard::SlotNumber;

/// Most rates at a time: each login looks at all of them.
const MOST: usize = 1000;

/// Bytes a second, by whom they hold for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Limited, u64)>", into = "Vec<(Limited, u64)>")]
pub struct LiveLimits(HashMap<Limited, u64>);

impl From<Vec<(Limited, u64)>> for LiveLimits {
    fn from(limits: Vec<(Limited, u64)>) -> LiveLimits {
        LiveLimits(limits.into_iter().collect())
    }
}

impl From<LiveLimits> for Vec<(Limited, u64)> {
    fn from(limits: LiveLimits) -> Vec<(Limited, u64)> {
        limits.0.into_iter().collect()
    }
}

impl LiveLimits {
    /// The least of those that hold for a session.
    pub fn of(&self, owner: &Owner) -> Option<u64> {
        let holds = |limited: &Limited| match limited {
            Limited::User(name) => owner.is(name.as_bytes()),
            Limited::Host(address) => owner.host == address.to_canonical(),
        };
        self.0.iter().filter(|(limited, _)| holds(limited)).map(|(_, rate)| *rate).min()
    }
}

impl Master {
    pub(super) fn limit(&mut self, whom: Limited, rate: Option<u64>) -> Reply {
        let name = whom.to_string();
        match rate {
            Some(_) if self.control.limits.0.len() >= MOST && !self.control.limits.0.contains_key(&whom) => {
                return Reply::failed(format!("{MOST} limits stand already"));
            }
            Some(rate) => {
                self.control.limits.0.insert(whom, rate);
            }
            None if self.control.limits.0.remove(&whom).is_none() => {
                return Reply::failed(format!("no limit of {name} stands"));
            }
            None => {}
        }
        let slots: Vec<SlotNumber> = self.workers.living().map(|(slot, ..)| slot).collect();
        slots.iter().for_each(|slot| self.publish_rate(*slot));
        match rate {
            Some(rate) => Reply::done(format!("{name}: {rate} bytes a second")).with("rate", rate),
            None => Reply::done(format!("{name}: as configured")),
        }
    }

    fn publish_rate(&self, slot: SlotNumber) {
        if let Some(owner) = self.admission.owner(slot) {
            self.board.publish_rate(slot, self.control.limits.of(&owner));
        }
    }

    pub(super) fn tell_limits(&self) -> Reply {
        let mut limits: Vec<(String, u64)> =
            self.control.limits.0.iter().map(|(limited, rate)| (limited.to_string(), *rate)).collect();
        limits.sort();
        let said = match limits.is_empty() {
            true => vec!["no limits stand".to_owned()],
            false => limits.iter().map(|(name, rate)| format!("{name}: {rate} bytes a second")).collect(),
        };
        let values: Map<String, Value> = limits.into_iter().map(|(name, rate)| (name, rate.into())).collect();
        Reply::of(Outcome::Done, said).with("limits", values)
    }
}
