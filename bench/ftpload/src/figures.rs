//! What a run prints: figures as one line of JSON, errors counted by kind.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value};

/// The figures, in order.
#[derive(Default)]
pub struct Figures(Map<String, Value>);

impl Figures {
    pub fn text(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub fn count(&mut self, name: &str, value: usize) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A quantity; what cannot be told (a division by nothing) is null.
    pub fn amount(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), ((value * 1e3).round() / 1e3).into());
    }

    pub fn print(&self) {
        println!("{}", Value::Object(self.0.clone()));
    }
}

/// How long each of many things took, in microseconds.
#[derive(Default)]
pub struct Latencies(Mutex<Vec<u64>>);

impl Latencies {
    pub fn note(&self, began: Instant) {
        lock(&self.0).push(began.elapsed().as_micros() as u64);
    }

    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// Of nothing nothing is told.
    pub fn tell(&self, name: &str, figures: &mut Figures) {
        let mut all = lock(&self.0);
        all.sort_unstable();
        let Some(last) = all.len().checked_sub(1) else { return };
        for (part, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            figures.count(&format!("{name}_{part}_us"), all[(last as f64 * share).round() as usize] as usize);
        }
    }
}

/// What went wrong, by its words.
#[derive(Default)]
pub struct Errors(Mutex<BTreeMap<String, usize>>);

impl Errors {
    pub fn note(&self, error: &str) {
        *lock(&self.0).entry(error.chars().take(80).collect()).or_insert(0) += 1;
    }

    /// Does the thing; what is wrong with it is noted.
    pub fn noted<T>(&self, done: Result<T, String>) -> Option<T> {
        done.map_err(|error| self.note(&error)).ok()
    }

    pub fn len(&self) -> usize {
        lock(&self.0).values().sum()
    }

    pub fn tell(&self, figures: &mut Figures) {
        figures.count("errors", self.len());
        let kinds: Vec<String> =
            lock(&self.0).iter().take(6).map(|(kind, count)| format!("{count}x {kind}")).collect();
        figures.text("error_kinds", &kinds.join("; "));
    }
}

/// A thread that panicked has left whole values behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
