//! Where questions are answered: one thread at a time takes one, in fair turns, asks the master for a place where one is
//! needed, and answers.

use std::net::IpAddr;
use std::os::fd::OwnedFd;

use crossbeam::channel::Receiver;
use slog::{Logger, error, warn};

use super::errand::Errand;
use super::home;
use super::host_accounts;
use super::login::{Admission, Hasher};
use super::office::{Logins, Office};
use super::place_desk::PlaceDesk;
use super::places::{LimitKind, LoginPlace, PlaceAnswer, PlaceKind, account_key};
use super::secret::Secret;
use super::source::SourceError;
use super::wire::{Answer, Denial, Request};
use crate::sys::{GroupId, UserId};

/// One thread's desk.
pub struct Desk<H> {
    office: &'static Office,
    places: PlaceDesk,
    hasher: H,
}

/// Answers questions about instances, which need no hash and never wait for one.
pub fn grant_instances(errands: &Receiver<Errand>, places: OwnedFd, log: &Logger) {
    let places = PlaceDesk::new(places);
    while let Ok(errand) = errands.recv() {
        let answer = match places.ask(&errand.visit, PlaceKind::Instance) {
            Ok(PlaceAnswer::Granted) => Answer::Serve,
            Ok(PlaceAnswer::Full(_, most)) => Answer::Full(most),
            Ok(PlaceAnswer::Refused) => Answer::TryAgain,
            Err(failed) => {
                error!(log, "cannot ask the master for an instance: {failed}");
                Answer::TryAgain
            }
        };
        // The worker may have gone; the master gives its place back when it is reaped.
        let _ = errand.answer(&answer);
    }
}

impl<H: Hasher> Desk<H> {
    /// A desk with its own line to the master and its own hash space.
    pub fn new(office: &'static Office, places: PlaceDesk, hasher: H) -> Desk<H> {
        Desk { office, places, hasher }
    }

    /// The life of a hashing thread, or of one that also waits for PAM.
    pub fn work_for_life(&mut self, questions: &Logins) {
        loop {
            questions.serve(|errand| self.answer(errand));
        }
    }

    fn answer(&mut self, mut errand: Errand) {
        if errand.is_abandoned() {
            return;
        }
        match std::mem::replace(&mut errand.request, Request::Instance) {
            Request::Login { server, peer, name, password } => {
                self.answer_login(errand, server, peer, &name, &password);
            }
            Request::Names { server, users, groups } => self.answer_names(errand, server, &users, &groups),
            // These go to threads of their own.
            Request::Instance | Request::PeerName { .. } => {}
        }
    }

    fn answer_login(&mut self, errand: Errand, server: u16, peer: IpAddr, name: &[u8], password: &Secret) {
        let Some(users) = self.office.users(server) else { return say(errand, &Answer::TryAgain) };
        // One grant a pid, for life: whoever had one hears nothing more about anybody.
        if !self.office.ledger.is_newcomer(&errand.visit) {
            return say(errand, &Answer::TryAgain);
        }
        match users.judge(name, password, &mut self.hasher) {
            Ok(Ok(admission)) => self.admit(errand, server, peer, admission),
            Ok(Err(denial)) => self.office.refuse_later(errand, peer, denial),
            Err(failed) => self.apologise(errand, &failed),
        }
    }

    fn apologise(&self, errand: Errand, failed: &SourceError) {
        error!(self.office.log, "login not possible: {failed}");
        say(errand, &Answer::TryAgain);
    }

    /// The password was right: asks for the place, then writes the grant, then says so.
    fn admit(&self, errand: Errand, server: u16, peer: IpAddr, admission: Admission) {
        let answer = match self.places.ask(&errand.visit, self.place(server, peer, &admission)) {
            Ok(PlaceAnswer::Granted) => {
                self.provide_home(server, &admission);
                self.grant(&errand, admission)
            }
            Ok(PlaceAnswer::Full(limit, most)) => full(limit, most),
            Ok(PlaceAnswer::Refused) => Answer::TryAgain,
            Err(failed) => {
                error!(self.office.log, "cannot ask the master for a place: {failed}");
                Answer::TryAgain
            }
        };
        let (slot, pid) = (errand.visit.slot, errand.visit.pid);
        let was_granted = matches!(answer, Answer::Granted { .. });
        if errand.answer(&answer).is_err() && was_granted {
            self.office.ledger.withdraw(slot, pid);
        }
    }

    fn place(&self, server: u16, peer: IpAddr, admission: &Admission) -> PlaceKind {
        let policy = self.office.server(server).map(|(policy, _)| policy);
        let section = admission.anonymous.and_then(|index| policy?.anonymous.get(usize::from(index)));
        let limits = section.map(|section| &section.limits).or(policy.map(|policy| &policy.limits));
        PlaceKind::Login(LoginPlace {
            account: account_key(server, &admission.account.name),
            name: admission.account.name.clone(),
            host: peer,
            server,
            anonymous: admission.anonymous,
            limits: limits.cloned().unwrap_or_default(),
        })
    }

    /// CreateHome. Where it fails the log says why; the session then finds that it has no home.
    fn provide_home(&self, server: u16, admission: &Admission) {
        let policy = self.office.server(server).and_then(|(policy, _)| policy.create_home.as_ref());
        let Some(policy) = policy.filter(|_| admission.anonymous.is_none()) else { return };
        let account = &admission.account;
        if home::is_missing(&account.home)
            && let Err(why) = home::provide(self.office.steward.as_ref(), account, policy)
        {
            error!(
                self.office.log,
                "CreateHome: no home for {}: {why}",
                String::from_utf8_lossy(&account.name)
            );
        }
    }

    fn grant(&self, errand: &Errand, admission: Admission) -> Answer {
        match self.office.ledger.grant(&errand.visit, &admission.account) {
            Ok(true) => Answer::Granted { account: admission.account, anonymous: admission.anonymous },
            Ok(false) => Answer::TryAgain,
            Err(failed) => {
                warn!(self.office.log, "worker {} not granted: {failed}", errand.visit.pid);
                Answer::TryAgain
            }
        }
    }

    /// Names for the listings of a session; before a login nobody needs any.
    fn answer_names(&self, errand: Errand, server: u16, users: &[UserId], groups: &[GroupId]) {
        let Some((_, sources)) = self.office.server(server) else { return };
        if self.office.ledger.is_newcomer(&errand.visit) {
            return;
        }
        let user = |uid: &UserId| {
            let virtual_name = sources.iter().find_map(|source| source.user_name(*uid));
            virtual_name.or_else(|| host_accounts::user_name(*uid)).unwrap_or_default()
        };
        let group = |gid: &GroupId| {
            let virtual_name = sources.iter().find_map(|source| source.group_name(*gid));
            virtual_name.or_else(|| host_accounts::group_name(*gid)).unwrap_or_default()
        };
        let names = Answer::Names {
            users: users.iter().map(user).collect(),
            groups: groups.iter().map(group).collect(),
        };
        say(errand, &names);
    }
}

/// The worker may have gone; then nobody minds.
fn say(errand: Errand, answer: &Answer) {
    let _ = errand.answer(answer);
}

fn full(limit: LimitKind, most: u32) -> Answer {
    match limit {
        LimitKind::Instances => Answer::Full(most),
        LimitKind::Clients => Answer::Denied(Denial::MaxClients(most)),
        LimitKind::ClientsPerUser => Answer::Denied(Denial::MaxClientsPerUser(most)),
        LimitKind::ClientsPerHost => Answer::Denied(Denial::MaxClientsPerHost(most)),
    }
}
