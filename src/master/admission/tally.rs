//! Counts by key. A count of none is forgotten, so that a tally is no larger than what is counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// The counts.
#[derive(Debug)]
pub struct Tally<K>(HashMap<K, u32>);

impl<K> Default for Tally<K> {
    fn default() -> Tally<K> {
        Tally(HashMap::new())
    }
}

impl<K: Eq + Hash> Tally<K> {
    /// How many there are of a key.
    pub fn of(&self, key: &K) -> u32 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// One more; says how many there are now.
    pub fn raise(&mut self, key: K) -> u32 {
        let count = self.0.entry(key).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// One fewer; says how many are left.
    pub fn lower(&mut self, key: K) -> u32 {
        let Entry::Occupied(mut entry) = self.0.entry(key) else { return 0 };
        let left = entry.get().saturating_sub(1);
        match left {
            0 => drop(entry.remove()),
            left => *entry.get_mut() = left,
        }
        left
    }

    /// Whether nothing is counted.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
