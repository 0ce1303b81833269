//! A session without a client: what one request would come to under a configuration, by the functions that a session goes through.

use std::cell::RefCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::refusals::{self, Refusal};
use super::session_root::Quarters;
use super::storage::{FtpPath, Listener, Storage, Verb};
use super::virtual_host;
use super::vroot_aliases;
use crate::auth::{self, Account, Visitor};
use crate::config::Settings;
use crate::config::settings::{Anonymous, Server, Subject};
use crate::protocol::{LimitedAt, site, verbs};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name given with USER.
    pub user: String,
    /// Where the client comes from,
    pub client: IpAddr,
    /// and what that is called, where clients' names are asked for at all.
    pub name: Option<String>,
    /// Where it connects to; None for the main server.
    pub server: Option<SocketAddr>,
    /// What it asks for, as `<Limit>` names it: `STOR`, `SITE_CHMOD`, `LOGIN`.
    pub verb: String,
    /// On what, as it sees it.
    pub path: String,
}

impl Request {
    fn known_name(&self, settings: &Settings) -> Option<&str> {
        self.name.as_deref().filter(|_| settings.daemon.use_reverse_dns)
    }
}

/// What it comes to: whether it is allowed, and what there is to say, in the order in which it is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The name of the server that is asked.
    pub server: String,
    /// The end of it.
    pub is_allowed: bool,
    /// One sentence a step.
    pub steps: Vec<String>,
    /// What is wrong with folders' own files.
    pub remarks: Vec<String>,
    /// The folders' own files that were read for it, and their bytes.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// Which lines of folders' own files count: by file, and number.
pub type Keeps = Rc<dyn Fn(&Path, u32) -> bool>;

/// What hears of folders' own files that are read on the way.
struct Witness {
    keeps: Keeps,
    found: Rc<RefCell<Vec<Event>>>,
}

enum Event {
    Complaint(String),
    File(PathBuf, Vec<u8>),
}

impl Listener for Witness {
    fn tell(&self, sentence: fmt::Arguments<'_>) {
        self.found.borrow_mut().push(Event::Complaint(sentence.to_string()));
    }

    fn reads(&self, path: &Path, bytes: &[u8]) {
        let is_known = |event: &Event| matches!(event, Event::File(known, _) if known == path);
        let mut found = self.found.borrow_mut();
        if !found.iter().any(is_known) {
            found.push(Event::File(path.to_owned(), bytes.to_vec()));
        }
    }

    fn keeps(&self, path: &Path, line: u32) -> bool {
        (self.keeps)(path, line)
    }
}

/// Whether a verb can be asked about.
pub fn knows(verb: &str) -> bool {
    verb == "LOGIN" || limit_verb(verb).is_some()
}

fn limit_verb(name: &str) -> Option<Verb> {
    let row = verbs::find(name.as_bytes()).map(|(row, _)| Verb::from(row));
    row.or_else(|| site::ROWS.iter().find(|row| row.limit == name).map(Verb::from))
}

fn names_no_path(verb: &str) -> bool {
    verbs::find(verb.as_bytes()).is_some_and(|(row, _)| row.limited_at != LimitedAt::Path)
}

/// Goes through a session up to the request, and no further. What it makes of `settings` lives as long as they do.
pub fn rehearse(settings: &'static Settings, request: &Request, rootless: bool, keeps: Keeps) -> Outcome {
    let mut outcome = Outcome { is_allowed: true, ..Outcome::default() };
    if let Err(why) = run(settings, request, (rootless, keeps), &mut outcome) {
        outcome.steps.push(why);
        outcome.is_allowed = false;
    }
    outcome
}

fn run(
    settings: &'static Settings,
    request: &Request,
    (rootless, keeps): (bool, Keeps),
    outcome: &mut Outcome,
) -> Result<(), String> {
    let index = match request.server {
        None => 0,
        Some(address) => virtual_host::choose(settings, address)
            .ok_or_else(|| format!("no server of the configuration listens on {address}"))?,
    };
    let server = settings.servers.get(index).ok_or("there is no server")?;
    outcome.server.clone_from(&server.name);
    let (account, section) = admitted(settings, (index, server), request, rootless)?;
    outcome.steps.push(format!("{} logs in as '{}'", request.user, String::from_utf8_lossy(&account.name)));
    if request.verb == "LOGIN" {
        return Ok(());
    }
    carried_out((settings, server, section), request, (&account, keeps), outcome)
}

fn admitted(
    settings: &Settings,
    (index, server): (usize, &'static Server),
    request: &Request,
    rootless: bool,
) -> Result<(Account, Option<&'static Anonymous>), String> {
    let number = u16::try_from(index).map_err(|error| error.to_string())?;
    let policy = settings.auth_policy(rootless);
    let name = request.known_name(settings);
    let judgement = auth::recognise(&policy, number, request.user.as_bytes(), (request.client, name))?;
    match judgement {
        Ok(admission) => {
            let section = admission.anonymous.and_then(|index| server.anonymous.get(usize::from(index)));
            Ok((admission.account, section))
        }
        Err(denial) => Err(match refusals::refusal(&denial, None) {
            Refusal::Wrong { reason, .. } => format!("{} does not log in: {}", request.user, reason.words()),
            Refusal::NoPassword => format!("{} does not log in without a password", request.user),
            Refusal::Limited { reached, .. } => format!("{} does not log in: {reached}", request.user),
        }),
    }
}

fn carried_out(
    (settings, server, section): (&Settings, &'static Server, Option<&'static Anonymous>),
    request: &Request,
    (account, keeps): (&Account, Keeps),
    Outcome { steps, remarks, files, .. }: &mut Outcome,
) -> Result<(), String> {
    let verb = limit_verb(&request.verb).ok_or_else(|| format!("'{}' is no verb", request.verb))?;
    let directories = section.map_or(&server.directories, |section| &section.directories);
    let sessions = section.map_or(&server.sessions, |section| &section.sessions);
    let subject: &'static Subject = Box::leak(Box::new(subject(settings, request, account)));
    let rules = sessions.of(subject);
    let quarters = Quarters::of(&rules, section, account);
    let mut root = quarters.open().map_err(|error| error.to_string())?;
    let missing = vroot_aliases::show(&mut root, &rules.aliases, (&quarters, account));
    remarks.extend(missing.iter().map(ToString::to_string));
    let place = root.canonical().map_err(|error| error.to_string())?;
    steps.push(format!("the session's root is {}", place.display()));
    let found = Rc::new(RefCell::new(Vec::new()));
    let witness = Witness { keeps, found: Rc::clone(&found) };
    let storage = Storage::new(root, directories, subject).hearing(witness);
    let begun = beginning(&quarters, &storage, &subject.home, place)
        .ok_or_else(|| format!("{} has no home to begin in", request.user))?;
    let answer = judged(&storage, request, verb, begun);
    for event in found.take() {
        match event {
            Event::Complaint(sentence) => remarks.push(sentence),
            Event::File(path, bytes) => files.push((path, bytes)),
        }
    }
    steps.push(answer?);
    Ok(())
}

/// The folder that the session stands in at first: as it sees it, and where it is.
fn beginning(
    quarters: &Quarters,
    storage: &Storage,
    home: &Path,
    root: PathBuf,
) -> Option<(FtpPath, PathBuf)> {
    let mut stands = (FtpPath::root(), root);
    let is_settled = quarters.settle(home, |folder| {
        let found = storage.enterable(&stands.0, folder);
        let is_open = found.is_some();
        stands = found.unwrap_or_else(|| stands.clone());
        is_open
    });
    is_settled.then_some(stands)
}

/// What is done, or why it is not.
fn judged(
    storage: &Storage,
    Request { verb: named, path, .. }: &Request,
    verb: Verb,
    (cwd, folder): (FtpPath, PathBuf),
) -> Result<String, String> {
    if names_no_path(named) {
        return match verb.is_allowed(&storage.rules_in(&folder)) {
            true => Ok(format!("{named} is done in {}", folder.display())),
            false => Err(format!("550 {named}: Operation not permitted")),
        };
    }
    match storage.rehearse(verb, (&cwd, &folder), path.as_bytes()) {
        Ok(canonical) if named == "STOU" => {
            Ok(format!("STOU is done to a name such as {}", canonical.display()))
        }
        Ok(canonical) => Ok(format!("{named} {path} is done to {}", canonical.display())),
        Err(denied) => Err(format!("{} {}", denied.code(), String::from_utf8_lossy(&denied.text()))),
    }
}

fn subject(settings: &Settings, request: &Request, account: &Account) -> Subject {
    let home = account.home.canonicalize().unwrap_or_else(|_| account.home.clone());
    let visitor =
        Visitor { account: Some(account), peer: request.client, name: request.known_name(settings) };
    Subject { home, ..Subject::visitor(visitor, &settings.classes) }
}
