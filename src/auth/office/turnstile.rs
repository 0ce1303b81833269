//! The fair queue as threads use it: one puts questions in, several take them out and sleep while there are none.

use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::queue::{Bounds, FairQueue};

/// A fair queue between threads.
pub struct Turnstile<P, T> {
    queue: Mutex<FairQueue<P, T>>,
    ready: Condvar,
}

impl<P: Clone + Eq + Hash, T> Turnstile<P, T> {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Turnstile<P, T> {
        Turnstile { queue: Mutex::new(FairQueue::new(bounds)), ready: Condvar::new() }
    }

    /// Lets an item wait; gives back the one that is turned away instead.
    pub fn push(&self, peer: P, item: T) -> Option<T> {
        let turned_away = self.queue().push(peer, item);
        self.ready.notify_one();
        turned_away
    }

    /// Takes the next item, serves it, and lets its peer's next one come.
    pub fn serve(&self, serve: impl FnOnce(T)) {
        let (peer, item) = self.take();
        serve(item);
        let mut queue = self.queue();
        queue.done(&peer);
        if queue.is_ready() {
            self.ready.notify_one();
        }
    }

    fn take(&self) -> (P, T) {
        let mut queue = self.queue();
        loop {
            if let Some(next) = queue.take() {
                return next;
            }
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn queue(&self) -> MutexGuard<'_, FairQueue<P, T>> {
        // A thread that panics ends the whole process, so nobody sees what it left.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_sleeping_server_wakes_for_each_item() {
        let bounds = Bounds { waiting: 100, waiting_of_one: 100, served_of_one: 1 };
        let turnstile = Arc::new(Turnstile::new(bounds));
        let servers: Vec<_> = (0..2)
            .map(|_| {
                let turnstile = Arc::clone(&turnstile);
                std::thread::spawn(move || {
                    let mut sum = 0;
                    let mut last = false;
                    while !last {
                        turnstile.serve(|item: u32| {
                            last = item == 0;
                            sum += item;
                        });
                    }
                    sum
                })
            })
            .collect();
        for item in 1..=40 {
            assert_eq!(turnstile.push(item % 3, item), None);
        }
        // One for each server; a peer of their own, so that nobody serves both.
        turnstile.push(7, 0);
        turnstile.push(8, 0);
        let sum: u32 = servers.into_iter().map(|server| server.join().unwrap()).sum();
        let mut queue = turnstile.queue();
        let mut left = 0;
        while let Some((peer, item)) = queue.take() {
            queue.done(&peer);
            left += item;
        }
        assert_eq!(sum + left, 40 * 41 / 2);
    }
}
