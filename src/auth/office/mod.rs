//! Where questions come in, wait, and are answered. This file is what all threads of auth share: the policy, the sources, who asked
//! what, and where questions wait.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;
use slog::Logger;

use self::errand::Errand;
use self::guesses::{Guesses, neighbourhood};
use self::peer_names::PeerNames;
use self::post::LetterBox;
use self::queue::Bounds;
use self::turnstile::Turnstile;
use super::accounts::host_accounts::HostAccounts;
use super::accounts::remarks::Remarks;
use super::accounts::source::Source;
use super::accounts::virtual_users::VirtualUsers;
use super::door::ledger::Ledger;
use super::login::order::{Checker, Module, Step};
use super::login::{Admission, Origin, Users};
use super::steward::Steward;
use super::steward::attendance::{Arrival, Attendance};
use super::wire::places::{ConnectionPlace, PlaceKind};
use super::wire::{Answer, Denial};
use super::{Account, Books, ClientTerms, FilteredFile, Policy, ServerPolicy, Visitor};
use crate::sys::{GroupId, ProcessId, UserId, identity};

pub mod desk;
pub mod errand;
pub mod gift_desk;
mod guesses;
pub mod name_desk;
pub mod peer_names;
pub mod place_desk;
pub mod post;
mod queue;
pub mod reception;
mod turnstile;

/// Questions in fair turns, and those who answer them.
pub type Logins = Turnstile<IpAddr, Errand>;

/// Logins that may wait for the steward at once.
pub const CONVERSATIONS: usize = 16;

/// Of one address: whoever finds an account that PAM hangs over does not stop the others.
const CONVERSATIONS_OF_ONE: usize = 6;

/// Shared by all threads for the life of the process.
pub struct Office {
    /// This generation's users and limits.
    pub policy: Policy,
    /// Each server's modules, in AuthOrder's order.
    steps: Vec<Vec<Step>>,
    /// The host's accounts, whose names listings show last.
    pub host: Arc<HostAccounts>,
    remarks: Arc<Remarks>,
    /// Whom every session becomes where the daemon is not root.
    caller: Option<(UserId, GroupId)>,
    /// Who asked, and who was granted what.
    pub ledger: Arc<Ledger>,
    /// Logins, in fair turns by where the client comes from.
    pub queue: Logins,
    /// Logins at servers that ask PAM or make homes: their threads may have to wait, and keep no hash waiting.
    pub conversations: Logins,
    /// Questions about connections and transfers, which the master answers at once.
    pub masters: Sender<Errand>,
    /// Questions about names, which a name service may take long to answer.
    pub names: Sender<Errand>,
    /// Files to give away; None where no UserOwner asks for it.
    pub gifts: Option<Sender<Errand>>,
    /// Answers for later.
    letters: LetterBox,
    /// Does what auth itself may not; None where the configuration has no such work.
    pub steward: Option<Steward>,
    /// Who is here, for wtmp and lastlog.
    pub attendance: Attendance,
    /// Names of clients; None where nobody asks for them.
    pub peer_names: Option<PeerNames>,
    guesses: Mutex<Guesses<IpAddr>>,
    /// By worker: where its client comes from is only what it says.
    guesses_of_workers: Mutex<Guesses<ProcessId>>,
    /// To SystemLog.
    pub log: Logger,
}

/// How much may wait. A burst from one address (a test, a proxy) finds room; one address never takes every thread.
pub fn bounds(descriptors: u64, threads: usize) -> Bounds {
    // Each question in flight, and each answer kept for later, holds a descriptor; so does each grant.
    let waiting = usize::try_from(descriptors / 4).unwrap_or(usize::MAX).clamp(64, 4096);
    Bounds { waiting, waiting_of_one: waiting / 2, served_of_one: threads.saturating_sub(1).max(1) }
}

impl Office {
    /// Opens it. Nothing is read yet.
    pub fn new(
        policy: Policy,
        ledger: Ledger,
        bounds: Bounds,
        (masters, names, gifts): (Sender<Errand>, Sender<Errand>, Option<Sender<Errand>>),
        letters: LetterBox,
        (steward, peer_names, attendance): (Option<Steward>, Option<PeerNames>, Attendance),
        log: Logger,
    ) -> Office {
        let remarks = Arc::new(Remarks::new(log.clone()));
        let host = Arc::new(HostAccounts::new(Arc::clone(&remarks)));
        Office {
            steps: steps(&policy, &host, &log),
            host,
            remarks,
            caller: policy.rootless.then(identity::own),
            policy,
            ledger: Arc::new(ledger),
            queue: Turnstile::new(bounds),
            conversations: Turnstile::new(Bounds { served_of_one: CONVERSATIONS_OF_ONE, ..bounds }),
            masters,
            names,
            gifts,
            letters,
            steward,
            peer_names,
            attendance,
            guesses: Mutex::default(),
            guesses_of_workers: Mutex::default(),
            log,
        }
    }

    /// Who answers a login there.
    pub fn logins(&self, server: u16) -> &Logins {
        let waits = self.server(server).is_some_and(|(policy, _)| policy.waits_for_steward());
        if waits { &self.conversations } else { &self.queue }
    }

    /// The part of the configuration that a request names; None where there is no such server.
    pub fn server(&self, index: u16) -> Option<(&ServerPolicy, &[Step])> {
        let index = usize::from(index);
        Some((self.policy.servers.get(index)?, self.steps.get(index)?))
    }

    /// What a connection there is counted by.
    pub fn connection_place(&self, server: u16, host: IpAddr) -> PlaceKind {
        let stranger = Visitor { account: None, peer: host, name: None };
        let per_host =
            self.server(server).and_then(|(policy, _)| policy.terms.of(stranger).connections_per_host);
        PlaceKind::Connection(ConnectionPlace { host, server, per_host, rate: self.policy.connection_rate })
    }

    /// Who may log in there.
    pub fn users<'a>(&'a self, server: u16, origin: Origin<'a>) -> Option<Users<'a>> {
        let (policy, steps) = self.server(server)?;
        Some(Users { policy, steps, caller: self.caller, origin, remarks: &self.remarks })
    }

    /// What a client is called, as far as it is known.
    pub fn peer_name(&self, peer: IpAddr) -> Option<String> {
        let name = self.peer_names.as_ref().and_then(|names| names.known(peer))?;
        String::from_utf8(name).ok()
    }

    /// Why `<Limit LOGIN>` does not let an account in whose password was right.
    pub fn denial(&self, server: u16, origin: Origin<'_>, admission: &Admission) -> Option<Denial> {
        let Some((policy, _)) = self.server(server) else { return Some(Denial::Rule(Vec::new())) };
        let section = admission.anonymous.and_then(|index| policy.anonymous.get(usize::from(index)));
        let gate = section.map_or(&policy.gate, |section| &section.gate);
        gate.denial(origin.visitor(&admission.account))
    }

    /// What holds for whoever is admitted.
    pub fn terms(&self, server: u16, origin: Origin<'_>, admission: &Admission) -> Cow<'_, ClientTerms> {
        let policy = self.server(server).map(|(policy, _)| policy);
        let section = admission.anonymous.and_then(|index| policy?.anonymous.get(usize::from(index)));
        let terms = section.map(|section| &section.terms).or(policy.map(|policy| &policy.terms));
        terms.map(|terms| terms.of(origin.visitor(&admission.account))).unwrap_or_default()
    }

    /// Notes a login in wtmp and lastlog, before its worker hears of it: so its end cannot come first.
    pub fn note_arrival(&self, worker: ProcessId, books: Books, peer: IpAddr, account: &Account) {
        let name = self.peer_names.as_ref().and_then(|names| names.known(peer));
        let arrival = Arrival {
            name: account.name.clone(),
            uid: account.uid,
            host: name.unwrap_or_else(|| peer.to_string().into_bytes()),
            address: peer,
            books,
        };
        self.attendance.came(self.steward.as_ref(), worker, arrival, &self.log);
    }

    /// Notes the end of a session that was noted.
    pub fn note_departure(&self, worker: ProcessId) {
        self.attendance.left(self.steward.as_ref(), worker, &self.log);
    }

    /// Refuses a login, later the more wrong guesses came from there. The peer hears the same, and as late, whatever was
    /// wrong.
    pub fn refuse_later(&self, errand: Errand, peer: IpAddr, denial: Denial) {
        let now = Instant::now();
        let by_peer = note_wrong(&self.guesses, neighbourhood(peer), now);
        let delay = by_peer.max(note_wrong(&self.guesses_of_workers, errand.visit.pid, now));
        self.letters.leave(now + delay, errand, Answer::Denied(denial));
    }
}

fn note_wrong<P: Copy + Eq + Hash>(guesses: &Mutex<Guesses<P>>, peer: P, now: Instant) -> Duration {
    guesses.lock().unwrap_or_else(PoisonError::into_inner).note_wrong(peer, now)
}

/// One source for each pair of files, and one for the host, however many servers share it.
#[expect(
    clippy::mutable_key_type,
    reason = "of a filter's pattern its text is hashed, which nothing changes"
)]
pub fn steps(policy: &Policy, host: &Arc<HostAccounts>, log: &Logger) -> Vec<Vec<Step>> {
    let mut made: HashMap<(FilteredFile, Option<FilteredFile>), Arc<VirtualUsers>> = HashMap::new();
    let mut source = |server: &ServerPolicy, module: Module| -> Option<Arc<dyn Source>> {
        match module {
            Module::File => {
                let files = (server.user_file.clone()?, server.group_file.clone());
                let make = || Arc::new(VirtualUsers::new(files.0.clone(), files.1.clone(), log));
                Some(Arc::clone(made.entry(files.clone()).or_insert_with(make)) as Arc<dyn Source>)
            }
            // Shadow is root's to read.
            Module::Host => (!policy.rootless).then(|| Arc::clone(host) as Arc<dyn Source>),
            Module::Pam => None,
        }
    };
    let mut of_server = |server: &ServerPolicy| {
        let mut steps = Vec::new();
        for ordered in &server.order {
            let is_authoritative = ordered.is_authoritative;
            let checker = match ordered.module {
                Module::Pam => Some(Checker::Pam),
                module => source(server, module).map(Checker::Accounts),
            };
            match checker {
                Some(checker) => steps.push(Step { checker, is_authoritative }),
                // What is not there knows nobody, and says so with authority.
                None if is_authoritative => break,
                None => {}
            }
        }
        steps
    };
    policy.servers.iter().map(&mut of_server).collect()
}
