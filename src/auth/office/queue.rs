//! Who is served next: one after the other of the peers that wait, so that slow guesses from one address do not delay
//! another's. Bounded per peer, in all, and in how many of one peer are served at once. Values only; no threads here.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// How much may wait, and be served, at a time.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Items waiting in all.
    pub waiting: usize,
    /// Items waiting of one peer.
    pub waiting_of_one: usize,
    /// Items of one peer being served at once: fewer than there are servers, so that one is left for others.
    pub served_of_one: usize,
}

/// A queue that serves peers in turn.
#[derive(Debug)]
pub struct FairQueue<P, T> {
    bounds: Bounds,
    lanes: HashMap<P, Lane<T>>,
    /// Peers that have something waiting and may be served; each stands here once.
    turns: VecDeque<P>,
    waiting: usize,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<T>,
    served: usize,
}

impl<T> Lane<T> {
    fn new() -> Lane<T> {
        Lane { waiting: VecDeque::new(), served: 0 }
    }

    fn is_ready(&self, bounds: &Bounds) -> bool {
        !self.waiting.is_empty() && self.served < bounds.served_of_one
    }
}

impl<P: Clone + Eq + Hash, T> FairQueue<P, T> {
    /// An empty one.
    pub fn new(bounds: Bounds) -> FairQueue<P, T> {
        FairQueue { bounds, lanes: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }

    /// Lets an item wait. Gives back the one that is turned away for want of room: this one, or, where the whole is full,
    /// the latest of the peer that has most waiting.
    pub fn push(&mut self, peer: P, item: T) -> Option<T> {
        let own = self.lanes.get(&peer).map_or(0, |lane| lane.waiting.len());
        if own >= self.bounds.waiting_of_one {
            return Some(item);
        }
        let mut turned_away = None;
        if self.waiting >= self.bounds.waiting {
            let Some(longest) = self.longest(own) else { return Some(item) };
            turned_away = self.pop_latest(&longest);
        }
        self.append(peer, item);
        turned_away
    }

    /// The next to be served; [`FairQueue::done`] says when it was.
    pub fn take(&mut self) -> Option<(P, T)> {
        let peer = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&peer)?;
        let item = lane.waiting.pop_front()?;
        lane.served += 1;
        self.waiting -= 1;
        if lane.is_ready(&self.bounds) {
            self.turns.push_back(peer.clone());
        }
        Some((peer, item))
    }

    /// One item of this peer has been served.
    pub fn done(&mut self, peer: &P) {
        let Some(lane) = self.lanes.get_mut(peer) else { return };
        let was_ready = lane.is_ready(&self.bounds);
        lane.served = lane.served.saturating_sub(1);
        if lane.is_ready(&self.bounds) && !was_ready {
            self.turns.push_back(peer.clone());
        }
        self.forget_if_idle(peer);
    }

    /// Whether somebody may be served now.
    pub fn is_ready(&self) -> bool {
        !self.turns.is_empty()
    }

    fn append(&mut self, peer: P, item: T) {
        let lane = self.lanes.entry(peer.clone()).or_insert_with(Lane::new);
        let was_ready = lane.is_ready(&self.bounds);
        lane.waiting.push_back(item);
        self.waiting += 1;
        if lane.is_ready(&self.bounds) && !was_ready {
            self.turns.push_back(peer);
        }
    }

    /// The peer with most waiting, if it has more than `own`. Walks all peers, which only a full queue asks for.
    fn longest(&self, own: usize) -> Option<P> {
        let (peer, lane) = self.lanes.iter().max_by_key(|(_, lane)| lane.waiting.len())?;
        (lane.waiting.len() > own).then(|| peer.clone())
    }

    fn pop_latest(&mut self, peer: &P) -> Option<T> {
        let lane = self.lanes.get_mut(peer)?;
        let item = lane.waiting.pop_back()?;
        self.waiting -= 1;
        if lane.waiting.is_empty() {
            self.turns.retain(|other| other != peer);
        }
        self.forget_if_idle(peer);
        Some(item)
    }

    fn forget_if_idle(&mut self, peer: &P) {
        if self.lanes.get(peer).is_some_and(|lane| lane.waiting.is_empty() && lane.served == 0) {
            self.lanes.remove(peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { waiting: 8, waiting_of_one: 6, served_of_one: 2 };

    fn queue_of(items: &[(char, u32)]) -> FairQueue<char, u32> {
        let mut queue = FairQueue::new(BOUNDS);
        for (peer, item) in items {
            assert_eq!(queue.push(*peer, *item), None);
        }
        queue
    }

    #[test]
    fn peers_take_turns() {
        let mut queue = queue_of(&[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5)]);
        let order: Vec<u32> = std::iter::from_fn(|| {
            let (peer, item) = queue.take()?;
            queue.done(&peer);
            Some(item)
        })
        .collect();
        assert_eq!(order, [1, 4, 5, 2, 3]);
        assert!(queue.lanes.is_empty());
    }

    #[test]
    fn one_peer_never_takes_every_server() {
        let mut queue = queue_of(&[('a', 1), ('a', 2), ('a', 3)]);
        assert_eq!(queue.take(), Some(('a', 1)));
        assert_eq!(queue.take(), Some(('a', 2)));
        assert_eq!(queue.take(), None);
        assert_eq!(queue.push('b', 4), None);
        assert_eq!(queue.take(), Some(('b', 4)));
        queue.done(&'a');
        assert_eq!(queue.take(), Some(('a', 3)));
    }

    #[test]
    fn a_flood_from_one_peer_turns_away_its_own() {
        let mut queue = queue_of(&[('a', 1), ('a', 2), ('a', 3), ('a', 4), ('a', 5), ('a', 6)]);
        assert_eq!(queue.push('a', 7), Some(7));
        assert_eq!(queue.push('b', 8), None);
        assert_eq!(queue.push('c', 9), None);
        // The whole is full: the flooding peer makes room for the newcomer.
        assert_eq!(queue.push('d', 10), Some(6));
        assert_eq!(queue.push('a', 11), Some(11));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_served_twice(steps in prop::collection::vec((0_u8..3, 0_u8..4), 0..200)) {
            let mut queue = FairQueue::new(BOUNDS);
            let mut open: Vec<u8> = Vec::new();
            let (mut came, mut went) = (0, 0);
            for (step, peer) in steps {
                match step {
                    0 => {
                        came += 1;
                        went += usize::from(queue.push(peer, ()).is_some());
                    }
                    1 => open.extend(queue.take().map(|(peer, ())| peer)),
                    _ => open.pop().iter().for_each(|peer| {
                        queue.done(peer);
                        went += 1;
                    }),
                }
                prop_assert!(queue.waiting <= BOUNDS.waiting);
                for peer in 0..4 {
                    let served = open.iter().filter(|other| **other == peer).count();
                    prop_assert!(served <= BOUNDS.served_of_one);
                }
            }
            prop_assert_eq!(came, went + open.len() + queue.waiting);
            while let Some((peer, ())) = queue.take() {
                queue.done(&peer);
                went += 1;
            }
            while let Some(peer) = open.pop() {
                queue.done(&peer);
                went += 1;
                while let Some((peer, ())) = queue.take() {
                    queue.done(&peer);
                    went += 1;
                }
            }
            prop_assert_eq!(came, went);
            prop_assert!(queue.lanes.is_empty());
        }
    }
}
