//! The names of clients' addresses: asked in threads of their own, which may hang; kept for a while; believed only where the name leads
//! back to the address, so that a client cannot call itself what it likes.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};

use crate::auth::wire::{Answer, PEER_NAME_MAX};
use crate::sys::poll::{self, Waiting};
use crate::sys::{resolve, socket};

/// Lookups under way at once; a name service that hangs takes no more threads than these.
pub const RESOLVERS: usize = 8;

/// Addresses that wait for one of them.
const ADDRESSES_WAITING: usize = 512;
/// Workers that wait, in all: each holds a descriptor here, also when it has given up or died.
const WORKERS_WAITING: usize = 1024;
/// Names kept, found or not.
const KEPT_MOST: usize = 4096;
/// How long a name stands.
const FOUND_FOR: Duration = Duration::from_secs(300);
/// How long none is looked for again.
const NOT_FOUND_FOR: Duration = Duration::from_secs(60);

/// What finds names; the host's name service, but for tests.
pub type Find = fn(IpAddr) -> Option<Vec<u8>>;

/// All names.
pub struct PeerNames {
    state: Mutex<State>,
    lookups: Sender<IpAddr>,
}

#[derive(Default)]
struct State {
    kept: HashMap<IpAddr, Kept>,
    /// In the order they came, the oldest first.
    order: VecDeque<IpAddr>,
    /// Reply descriptors of those who asked for an address that is being looked for.
    waiting: HashMap<IpAddr, Vec<OwnedFd>>,
    /// How many these are.
    workers: usize,
}

struct Kept {
    name: Option<Vec<u8>>,
    until: Instant,
}

impl PeerNames {
    /// None known yet; the addresses to be looked for come out of the other end.
    pub fn new() -> (PeerNames, Receiver<IpAddr>) {
        let (lookups, waiting) = bounded(ADDRESSES_WAITING);
        (PeerNames { state: Mutex::default(), lookups }, waiting)
    }

    /// Answers at once what is known; looks for it otherwise. Whoever finds no room reads the end of its descriptor, and makes do with
    /// the address.
    pub fn ask(&self, peer: IpAddr, reply: OwnedFd) {
        let mut state = self.state();
        if let Some(name) = state.standing(peer, Instant::now()) {
            return say(&reply, name);
        }
        if !state.has_room() {
            return;
        }
        let is_looked_for = state.waiting.contains_key(&peer) || self.lookups.try_send(peer).is_ok();
        if is_looked_for {
            state.workers += 1;
            state.waiting.entry(peer).or_default().push(reply);
        }
    }

    /// The name of an address as far as it can be told without asking: one that no longer stands may be another's by now.
    pub fn known(&self, peer: IpAddr) -> Option<Vec<u8>> {
        self.state().standing(peer, Instant::now())?.map(<[u8]>::to_vec)
    }

    /// The life of a thread that looks for names.
    pub fn look_for_life(&self, lookups: &Receiver<IpAddr>, find: Find) {
        while let Ok(peer) = lookups.recv() {
            // After a name service has hung for a while, most of those who asked have gone.
            if self.is_awaited(peer) {
                let name = find(peer);
                self.tell(peer, name);
            }
        }
    }

    fn is_awaited(&self, peer: IpAddr) -> bool {
        let mut state = self.state();
        state.forget_the_gone();
        let is_awaited = state.waiting.get(&peer).is_some_and(|waiting| !waiting.is_empty());
        if !is_awaited {
            state.waiting.remove(&peer);
        }
        is_awaited
    }

    fn tell(&self, peer: IpAddr, name: Option<Vec<u8>>) {
        let mut state = self.state();
        let replies = state.waiting.remove(&peer).unwrap_or_default();
        state.workers -= replies.len();
        replies.iter().for_each(|reply| say(reply, name.as_deref()));
        state.keep(peer, name, Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panics ends the whole process, so nobody sees what it left.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What was found, be it that there is no name; None where it has to be looked for.
    fn standing(&self, peer: IpAddr, now: Instant) -> Option<Option<&[u8]>> {
        self.kept.get(&peer).filter(|kept| now < kept.until).map(|kept| kept.name.as_deref())
    }

    /// Whether another worker may wait. While a name service hangs, a client that comes again and again leaves a descriptor each time.
    fn has_room(&mut self) -> bool {
        if self.workers >= WORKERS_WAITING {
            self.forget_the_gone();
        }
        self.workers < WORKERS_WAITING
    }

    /// Closes what nobody reads any more; an address stays, for it is still in the queue of those to be looked for.
    fn forget_the_gone(&mut self) {
        let mut waiting: Vec<Waiting<'_>> =
            self.waiting.values().flatten().map(|reply| Waiting::to_write(reply.as_fd())).collect();
        // One call for all of them; where it fails nobody is known to have gone.
        let _ = poll::wait(&mut waiting, Some(Duration::ZERO));
        let gone: Vec<bool> = waiting.iter().map(|reply| reply.ready.hung_up).collect();
        let mut gone = gone.into_iter();
        self.waiting.values_mut().for_each(|replies| replies.retain(|_| !gone.next().unwrap_or(false)));
        self.workers = self.waiting.values().map(Vec::len).sum();
    }

    fn keep(&mut self, peer: IpAddr, name: Option<Vec<u8>>, now: Instant) {
        let until = now + if name.is_some() { FOUND_FOR } else { NOT_FOUND_FOR };
        if self.kept.insert(peer, Kept { name, until }).is_none() {
            self.order.push_back(peer);
        }
        if self.order.len() > KEPT_MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.kept.remove(&oldest);
        }
    }
}

/// The worker may have gone; then nobody minds.
fn say(reply: &OwnedFd, name: Option<&[u8]>) {
    let answer = Answer::PeerName(name.unwrap_or_default().to_vec());
    let _ = socket::send(reply.as_fd(), &answer.encode(), &[], false);
}

/// The name that the host's name service gives to an address, where that name has this address.
pub fn confirmed_name(peer: IpAddr) -> Option<Vec<u8>> {
    let claimed = presentable(&resolve::claimed_name(peer).ok()??)?;
    let addresses = resolve::addresses(&claimed).ok()?;
    addresses.contains(&peer.to_canonical()).then(|| claimed.into_bytes())
}

/// A name fit for log lines and variables: letters, digits, `-`, `_` and dots (RFC 1123 §2.1, and what is met besides), no longer than
/// names are, and none that reads as an address.
fn presentable(claimed: &[u8]) -> Option<String> {
    let name = claimed.strip_suffix(b".").unwrap_or(claimed);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let starts_well = name.first().is_some_and(u8::is_ascii_alphanumeric);
    if !starts_well || name.len() > usize::from(PEER_NAME_MAX) || !name.iter().all(is_plain) {
        return None;
    }
    let name = String::from_utf8(name.to_ascii_lowercase()).ok()?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) || part.starts_with("0x");
    // inet_aton(3) reads 127.1 and 0x7f.1, too.
    name.rsplit('.').next().filter(|last| !is_number(last)).map(|_| name.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn asked(names: &PeerNames, peer: IpAddr) -> OwnedFd {
        let (ours, theirs) = socket::seqpacket_pair().unwrap();
        names.ask(peer, theirs);
        ours
    }

    fn answer(reply: &OwnedFd) -> Option<Vec<u8>> {
        let mut buffer = [0; 512];
        let received = socket::receive(reply.as_fd(), &mut buffer, true).unwrap();
        match Answer::decode(&buffer[..received.length]) {
            Ok(Answer::PeerName(name)) => Some(name),
            _ => None,
        }
    }

    #[test]
    fn names_are_looked_for_once_and_kept() {
        let (names, lookups) = PeerNames::new();
        let names = Arc::new(names);
        let first = asked(&names, PEER);
        let second = asked(&names, PEER);
        assert_eq!(lookups.len(), 1);
        let others = Arc::clone(&names);
        thread::spawn(move || others.look_for_life(&lookups, |_| Some(b"client.example".to_vec())));
        for reply in [first, second] {
            assert_eq!(answer(&reply).unwrap(), b"client.example");
        }
        assert_eq!(answer(&asked(&names, PEER)).unwrap(), b"client.example");
    }

    #[test]
    fn nobody_waits_for_a_crowd() {
        let (names, lookups) = PeerNames::new();
        let replies: Vec<OwnedFd> = (0..=ADDRESSES_WAITING as u32)
            .map(|number| asked(&names, IpAddr::from(number.to_be_bytes())))
            .collect();
        assert_eq!(lookups.len(), ADDRESSES_WAITING);
        assert_eq!(answer(&replies[ADDRESSES_WAITING]), None);
    }

    #[test]
    fn whoever_has_gone_costs_no_lookup() {
        let (names, lookups) = PeerNames::new();
        drop(asked(&names, PEER));
        drop(asked(&names, PEER));
        let peer = lookups.recv().unwrap();
        assert!(!names.is_awaited(peer));
        let again = asked(&names, PEER);
        assert!(names.is_awaited(lookups.recv().unwrap()));
        drop(again);
    }

    #[test]
    fn whoever_comes_again_and_again_leaves_no_descriptors() {
        let (names, _lookups) = PeerNames::new();
        for _ in 0..WORKERS_WAITING + 100 {
            drop(asked(&names, PEER));
        }
        assert!(names.state().workers <= WORKERS_WAITING);
        assert!(names.state().has_room());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut state = State::default();
        for number in 0..2 * KEPT_MOST as u32 {
            state.keep(IpAddr::from(number.to_be_bytes()), None, Instant::now());
        }
        assert_eq!((state.kept.len(), state.order.len()), (KEPT_MOST, KEPT_MOST));
    }

    #[test]
    fn only_what_reads_as_a_name_is_one() {
        for (claimed, wanted) in [
            ("Client.Example.", Some("client.example")),
            ("host_1.example", Some("host_1.example")),
            ("localhost", Some("localhost")),
            ("", None),
            (".", None),
            ("-x.example", None),
            ("a b.example", None),
            ("a\r\n220.example", None),
            ("x[1.2.3.4]", None),
            ("%x.example", None),
            ("1.2.3.4", None),
            ("127.1", None),
            ("0x7f.0x1", None),
            ("b\u{fc}ro.example", None),
        ] {
            assert_eq!(presentable(claimed.as_bytes()).as_deref(), wanted, "{claimed}");
        }
        assert_eq!(presentable(&[b'a'; 300]), None);
    }
}
