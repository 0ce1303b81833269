//! Where questions are answered: one thread at a time takes one, in fair turns, asks the master for a place where one is
//! needed, and answers.

use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use crossbeam::channel::Receiver;
use slog::{error, warn};

use super::errand::Errand;
use super::place_desk::PlaceDesk;
use super::{Logins, Office};
use crate::auth::accounts::source::SourceError;
use crate::auth::login::proof::{Conversing, Hasher};
use crate::auth::login::{Admission, Origin};
use crate::auth::secret::Secret;
use crate::auth::steward::home::{self, HomePolicy};
use crate::auth::steward::pam::{self, Conversation, Verdict};
use crate::auth::wire::places::{LoginPlace, PlaceAnswer, PlaceKind, account_key};
use crate::auth::wire::{Answer, Denial, Request};
use crate::auth::{ClientTerms, PamPolicy};
use crate::sys::{ProcessId, UserId, accounts};

/// One thread's desk.
pub struct Desk<H> {
    office: &'static Office,
    places: PlaceDesk,
    hasher: H,
}

/// Answers what the master alone decides: questions that need no hash and never wait for one.
pub fn ask_master_for_life(office: &Office, errands: &Receiver<Errand>, places: OwnedFd) {
    let places = PlaceDesk::new(places);
    while let Ok(errand) = errands.recv() {
        let kind = match errand.request {
            Request::Connection { server, peer } => office.connection_place(server, peer),
            Request::Transfer(place) => PlaceKind::Transfer(place),
            Request::TransferEnd => PlaceKind::TransferEnd,
            _ => continue,
        };
        let answer = match places.ask(&errand.visit, kind) {
            Ok(PlaceAnswer::Granted) => Answer::Serve,
            Ok(PlaceAnswer::Full(limit, most)) => Answer::Full(limit, most),
            Ok(PlaceAnswer::Refused) => Answer::TryAgain,
            Err(failed) => {
                error!(office.log, "cannot ask the master about limits: {failed}");
                Answer::TryAgain
            }
        };
        // The worker may have gone; the master gives its place back when it is reaped.
        let _ = errand.answer(&answer);
    }
}

/// Who wants to log in, as its worker says.
#[derive(Clone, Copy)]
struct Caller {
    server: u16,
    peer: IpAddr,
    class: u64,
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
        let Request::Login { server, peer, class, name, password } = &mut errand.request else {
            // Threads of their own answer all others.
            return;
        };
        let caller = Caller { server: *server, peer: *peer, class: *class };
        let (name, password) = (std::mem::take(name), std::mem::replace(password, Secret::new(Vec::new())));
        self.answer_login(errand, caller, &name, &password);
    }

    fn answer_login(&mut self, errand: Errand, caller: Caller, name: &[u8], password: &Secret) {
        let Caller { server, peer, .. } = caller;
        let called = self.office.peer_name(peer);
        let origin = Origin { peer, name: called.as_deref() };
        let Some(users) = self.office.users(server, origin) else { return say(errand, &Answer::TryAgain) };
        // One grant a pid, for life: whoever had one hears nothing more about anybody.
        if !self.office.ledger.is_newcomer(&errand.visit) {
            return say(errand, &Answer::TryAgain);
        }
        let pam =
            PamOfServer { office: self.office, policy: &users.policy.pam, peer, worker: errand.visit.pid };
        match users.judge(name, password, (&mut self.hasher, &pam)) {
            Ok(Ok(admission)) => match self.office.denial(server, origin, &admission) {
                Some(denial) => self.office.refuse_later(errand, peer, denial),
                None => {
                    let terms = self.office.terms(server, origin, &admission);
                    self.admit(errand, caller, admission, &terms);
                }
            },
            Ok(Err(denial)) => self.office.refuse_later(errand, peer, denial),
            Err(failed) => self.apologise(errand, &failed),
        }
    }

    fn apologise(&self, errand: Errand, failed: &SourceError) {
        error!(self.office.log, "login not possible: {failed}");
        say(errand, &Answer::NoSource);
    }

    /// The password was right: asks for the place, then writes the grant, then says so.
    fn admit(&self, errand: Errand, caller: Caller, admission: Admission, terms: &ClientTerms) {
        let Caller { server, peer, class } = caller;
        let answer = match self.places.ask(&errand.visit, place(caller, &admission, terms)) {
            Ok(PlaceAnswer::Granted) => {
                self.provide_home(terms.create_home.as_ref(), &admission);
                self.grant(&errand, server, admission)
            }
            Ok(PlaceAnswer::Full(kind, most)) => {
                let text = terms.limits.text(kind, class).map(|text| text.as_bytes().to_vec());
                Answer::Denied(Denial::Limit { kind, most, text })
            }
            Ok(PlaceAnswer::Refused) => Answer::TryAgain,
            Err(failed) => {
                error!(self.office.log, "cannot ask the master about limits: {failed}");
                Answer::TryAgain
            }
        };
        let (slot, pid) = (errand.visit.slot, errand.visit.pid);
        let was_granted = matches!(answer, Answer::Granted { .. });
        if let Answer::Granted { account, .. } = &answer {
            self.office.note_arrival(pid, terms.books, peer, account);
        }
        if errand.answer(&answer).is_err() && was_granted {
            self.office.ledger.withdraw(slot, pid);
            self.office.note_departure(pid);
        }
    }

    /// CreateHome. Where it fails the log says why; the session then finds that it has no home.
    fn provide_home(&self, policy: Option<&HomePolicy>, admission: &Admission) {
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

    fn grant(&self, errand: &Errand, server: u16, admission: Admission) -> Answer {
        match self.office.ledger.grant(&errand.visit, (server, &admission.account)) {
            Ok(true) => Answer::Granted { account: admission.account, anonymous: admission.anonymous },
            Ok(false) => Answer::TryAgain,
            Err(failed) => {
                warn!(self.office.log, "worker {} not granted: {failed}", errand.visit.pid);
                Answer::TryAgain
            }
        }
    }
}

fn place(Caller { server, peer, class }: Caller, admission: &Admission, terms: &ClientTerms) -> PlaceKind {
    PlaceKind::Login(LoginPlace {
        account: account_key(server, &admission.account.name),
        name: admission.account.name.clone(),
        host: peer,
        server,
        anonymous: admission.anonymous,
        class,
        limits: terms.limits.of_class(class),
    })
}

/// PAM, as one server asks it about one worker's client.
struct PamOfServer<'a> {
    office: &'a Office,
    policy: &'a Option<PamPolicy>,
    peer: IpAddr,
    worker: ProcessId,
}

impl Conversing for PamOfServer<'_> {
    fn converse(&self, name: &[u8], password: &Secret) -> Verdict {
        let Some(PamPolicy { service, with_terminal }) = self.policy else { return Verdict::Unavailable };
        // PAM goes by the name, whoever has it in AuthUserFile.
        match is_roots(name) {
            Ok(false) => {}
            Ok(true) => return Verdict::Wrong,
            Err(failed) => {
                error!(self.office.log, "PAM ({service}) is not asked: {}", SourceError::NameService(failed));
                return Verdict::Unavailable;
            }
        }
        let asked = Conversation {
            service: service.clone(),
            name: name.to_vec(),
            password: password.clone(),
            peer: self.peer,
            terminal: with_terminal.then_some(self.worker),
        };
        pam::check(self.office.steward.as_ref(), &asked, &self.office.log)
    }
}

/// Whether the host calls root so, also where AuthOrder does not ask the host.
fn is_roots(name: &[u8]) -> io::Result<bool> {
    Ok(accounts::account(name)?.is_some_and(|account| account.uid == UserId::ROOT))
}

/// The worker may have gone; then nobody minds.
fn say(errand: Errand, answer: &Answer) {
    let _ = errand.answer(answer);
}
