//! Wrong guesses, counted by where they come from and by who asks: each makes the answer to the next one later. A right password is never
//! delayed. Values only: the caller says what time it is.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The wait after the first wrong guess; it doubles with each further one.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The longest wait: well within [`crate::auth::ANSWER_DEADLINE`].
const LONGEST_DELAY: Duration = Duration::from_secs(3);
/// After so long without a wrong guess a peer is a stranger again.
const FORGIVEN_AFTER: Duration = Duration::from_secs(300);
/// Most peers remembered.
const PEERS_MAX: usize = 4096;

/// The wrong guesses of late.
#[derive(Debug)]
pub struct Guesses<P> {
    peers: HashMap<P, Record>,
}

impl<P> Default for Guesses<P> {
    fn default() -> Guesses<P> {
        Guesses { peers: HashMap::new() }
    }
}

#[derive(Clone, Copy, Debug)]
struct Record {
    wrong: u32,
    latest: Instant,
}

impl<P: Copy + Eq + Hash> Guesses<P> {
    /// Notes a wrong guess; gives how long its answer waits.
    pub fn note_wrong(&mut self, peer: P, now: Instant) -> Duration {
        if self.peers.len() >= PEERS_MAX && !self.peers.contains_key(&peer) {
            self.make_room(now);
        }
        let record = self.peers.entry(peer).or_insert(Record { wrong: 0, latest: now });
        if now.duration_since(record.latest) >= FORGIVEN_AFTER {
            record.wrong = 0;
        }
        record.wrong = record.wrong.saturating_add(1);
        record.latest = now;
        delay(record.wrong)
    }

    /// Forgets whoever is forgiven, else whoever has been quiet longest.
    fn make_room(&mut self, now: Instant) {
        self.peers.retain(|_, record| now.duration_since(record.latest) < FORGIVEN_AFTER);
        if self.peers.len() < PEERS_MAX {
            return;
        }
        let quietest = self.peers.iter().min_by_key(|(_, record)| record.latest).map(|(peer, _)| *peer);
        quietest.map(|peer| self.peers.remove(&peer));
    }
}

fn delay(wrong: u32) -> Duration {
    let doublings = wrong.saturating_sub(1).min(16);
    (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY)
}

/// Whom an address counts with: itself, or its IPv6 network of 64 bits, in which one customer has as many addresses as
/// he likes.
pub fn neighbourhood(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_wrong_guess_makes_the_next_answer_later() {
        let mut guesses = Guesses::default();
        let now = Instant::now();
        let peer = address("192.0.2.1");
        let delays: Vec<u128> = (0..7).map(|_| guesses.note_wrong(peer, now).as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3000, 3000]);
        assert_eq!(guesses.note_wrong(address("192.0.2.2"), now), FIRST_DELAY);
        assert_eq!(guesses.note_wrong(peer, now + FORGIVEN_AFTER), FIRST_DELAY);
    }

    #[test]
    fn neighbours_count_together() {
        assert_eq!(neighbourhood(address("2001:db8::1")), neighbourhood(address("2001:db8::ffff:1")));
        assert_ne!(neighbourhood(address("2001:db8:0:1::1")), neighbourhood(address("2001:db8:0:2::1")));
        assert_eq!(neighbourhood(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert_ne!(neighbourhood(address("192.0.2.1")), neighbourhood(address("192.0.2.2")));
    }

    #[test]
    fn memory_is_bounded_and_the_quietest_is_forgotten() {
        let mut guesses = Guesses::default();
        let start = Instant::now();
        for number in 0..PEERS_MAX as u32 + 10 {
            let peer = IpAddr::from(number.to_be_bytes());
            guesses.note_wrong(peer, start + Duration::from_millis(number.into()));
        }
        assert_eq!(guesses.peers.len(), PEERS_MAX);
        assert!(!guesses.peers.contains_key(&IpAddr::from([0, 0, 0, 0])));
    }
}
