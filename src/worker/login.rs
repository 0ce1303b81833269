//! From a name and a password to an identity: auth is asked, the identity is taken, the session is confined. What was
//! taken is never given back, so every failure after that ends the session.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::display::{Held, Occasion};
use super::evidence;
use super::identity;
use super::inquiry;
use super::journal::Logs;
use super::member::{Entry, Member};
use super::readme;
use super::refusals::{self, Reason, Refusal};
use super::resources;
use super::rulebook;
use super::session_root::Quarters;
use super::storage::Root;
use super::subject;
use super::text::{Facts, Text};
use super::title;
use super::tracing;
use super::vroot_aliases;
use super::watch::{Ending, Watch, unavailable};
use crate::auth::secret::Secret;
use crate::auth::wire::{Answer, Denial, Request};
use crate::config::settings::{Anonymous, DirectoryRules, Rule, Server, SessionRules, Sessions, Subject};
use crate::logging::trace::{self, Channel};
use crate::logging::{Cause, LOGIN, Printable};
use crate::protocol::Reply;
use crate::scoreboard::{ReasonCode, Totals};
use crate::sys::{clock, own_descriptors};

pub use super::refusals::incorrect;

/// What became of a login.
pub enum Verdict {
    /// The session is somebody now; the 230.
    In(Box<Member>, Reply),
    /// The client may try again.
    Wrong(Why),
    /// The same; it was no guess.
    NoPassword,
    /// The reply, then the end.
    Out(Reply),
}

/// Why a login was wrong; the log has its line.
#[derive(Debug)]
pub struct Why {
    /// Its code.
    pub reason: ReasonCode,
    /// `file:line` of the rule that decides.
    pub rule: Option<Box<str>>,
}

impl Why {
    fn of(reason: ReasonCode) -> Why {
        Why { reason, rule: None }
    }

    fn cause(&self) -> Cause<'_> {
        Cause { reason: self.reason, rule: self.rule.as_deref() }
    }
}

/// The `<Anonymous>` section that a name logs in to, by itself or by what it is an alias of. Auth decides; this is what the client
/// is told before.
pub fn anonymous_section(server: &'static Server, name: &[u8]) -> Option<&'static Anonymous> {
    let aliased = |wanted: &[u8]| server.user_aliases.iter().find(|(alias, _)| alias.as_bytes() == wanted);
    let section = |name: &[u8]| server.anonymous.named(name).and_then(|at| server.anonymous.get(at));
    section(name)
        .or_else(|| aliased(name).or_else(|| aliased(b"*")).and_then(|(_, real)| section(real.as_bytes())))
}

/// The part of a server that a name would log in to.
struct Scope {
    anonymous: Option<&'static Anonymous>,
    sessions: &'static Sessions,
    directories: &'static DirectoryRules,
}

impl Scope {
    fn new(server: &'static Server, anonymous: Option<&'static Anonymous>) -> Scope {
        match anonymous {
            Some(section) => {
                Scope { anonymous, sessions: &section.sessions, directories: &section.directories }
            }
            None => Scope { anonymous, sessions: &server.sessions, directories: &server.directories },
        }
    }

    /// Whether the configuration keeps a client out, as far as is known who it is; then the log's words.
    fn refusal(&self, name: &[u8], password: &Secret, subject: &Subject) -> Option<(String, Why)> {
        let name = shown(name);
        if let Some(Rule(rule)) = self.directories.rules_for(Path::new("/"), subject).denial("LOGIN", &[]) {
            let kind = if self.anonymous.is_some() { "ANON" } else { "USER" };
            let words = format!("{kind} {name} (Login failed): Limit access denies login");
            return Some((words, Why { reason: ReasonCode::Rule, rule }));
        }
        let rejected = self.anonymous.and_then(|section| section.reject_passwords.as_ref());
        let is_rejected = rejected.is_some_and(|rejected| rejected.has(password.reveal()));
        is_rejected.then(|| {
            let words = format!("ANON {name}: AnonRejectPasswords denies login");
            (words, Why::of(ReasonCode::AnonymousPassword))
        })
    }
}

/// Asks auth, and becomes whom it grants.
pub fn log_in(watch: &mut Watch, name: Vec<u8>, password: Secret) -> Result<Verdict, Ending> {
    let scope = Scope::new(watch.server, anonymous_section(watch.server, &name));
    if let Some((words, why)) = scope.refusal(&name, &password, &subject::settled(watch, None)) {
        slog::warn!(watch.log, #LOGIN, "{words}"; why.cause());
        return refused(watch, Verdict::Wrong(why));
    }
    if !evidence::can_be_written(watch)? {
        let why = Why::of(ReasonCode::Service);
        slog::error!(
            watch.log, #LOGIN,
            "USER {}: the log process accepts no records, so nobody may log in; look for 'cannot write' in SystemLog and for a full disk",
            shown(&name); why.cause()
        );
        return refused(watch, Verdict::Out(unavailable(why.reason).told()));
    }
    let request = Request::Login {
        server: watch.server_index,
        peer: watch.peer.ip(),
        class: watch.class.map_or(0, |class| class.key),
        name: name.clone(),
        password: password.clone(),
    };
    trace::tell(Channel::Auth, 5, || format!("auth is asked for '{}'", Printable(&name)));
    match inquiry::ask(watch, &request)? {
        Answer::Granted { account, anonymous } => {
            let section = anonymous.and_then(|index| watch.server.anonymous.get(usize::from(index)));
            let granted = Scope::new(watch.server, section);
            // An alias may have led to a section that the name did not tell; and only now it is known who logs in.
            let subject = subject::settled(watch, Some((&account, account.home.clone())));
            if let Some((words, why)) = granted.refusal(&name, &password, &subject) {
                slog::warn!(watch.log, #LOGIN, "{words}"; why.cause());
                return refused(watch, Verdict::Out(incorrect(why.reason).by(why.rule).told()));
            }
            let rules = rulebook::of(granted.sessions, &subject);
            enter(watch, (granted, rules), Entry { account, given_name: name, given_password: password })
        }
        Answer::Denied(denial) => deny(watch, &denial, &name),
        _ => {
            let why = Why::of(ReasonCode::Service);
            slog::error!(watch.log, #LOGIN, "USER {}: auth gave no answer, no login", shown(&name); why.cause());
            refused(watch, Verdict::Out(unavailable(why.reason).told()))
        }
    }
}

fn refused(watch: &Watch, verdict: Verdict) -> Result<Verdict, Ending> {
    watch.birth.own.count(&Totals { refused: 1, ..Totals::default() });
    Ok(verdict)
}

/// Monitors ban by these lines; their words are ProFTPD's.
fn deny(watch: &Watch, denial: &Denial, name: &[u8]) -> Result<Verdict, Ending> {
    let user = shown(name);
    trace::tell(Channel::Auth, 1, || format!("'{}' may not log in: {}", Printable(name), why(denial)));
    match refusals::refusal(denial, watch.class.map(|class| class.name.as_str())) {
        Refusal::Wrong { reason, rule } => {
            let why = Why { reason: reason.code(), rule };
            tell_wrong(watch, &user, &reason, why.cause());
            refused(watch, Verdict::Wrong(why))
        }
        Refusal::NoPassword => {
            let cause = Cause::from(ReasonCode::NoPassword);
            slog::warn!(watch.log, #LOGIN, "USER {user} (Login failed): No password given"; cause);
            refused(watch, Verdict::NoPassword)
        }
        Refusal::Limited { reply, reached } => {
            match reply.cause() {
                Some(cause) => slog::warn!(watch.log, #LOGIN, "Connection refused ({reached})"; cause),
                None => slog::warn!(watch.log, #LOGIN, "Connection refused ({reached})"),
            }
            refused(watch, Verdict::Out(reply.told()))
        }
    }
}

fn why(denial: &Denial) -> String {
    match refusals::refusal(denial, None) {
        Refusal::Wrong { reason, rule: None } => reason.words().to_owned(),
        Refusal::Wrong { reason, rule: Some(rule) } => format!("{}, by {rule}", reason.words()),
        Refusal::NoPassword => "no password is given".to_owned(),
        Refusal::Limited { reached, .. } => reached,
    }
}

fn tell_wrong(watch: &Watch, user: &str, reason: &Reason, cause: Cause<'_>) {
    let (peer, local) = (watch.peer, watch.local);
    match reason {
        Reason::NoSuchUser | Reason::NotAnAlias => {
            let (what, name, ip) = (reason.words(), peer.name(), peer.ip());
            slog::warn!(watch.log, #LOGIN, "USER {user}: {what} from {name} [{ip}] to {local}"; cause);
        }
        Reason::Root => {
            slog::warn!(watch.log, #LOGIN, "SECURITY VIOLATION: Root login attempted"; "user" => user, cause);
        }
        Reason::Failed(_, why) => slog::warn!(watch.log, #LOGIN, "USER {user} (Login failed): {why}"; cause),
    }
}

/// Auth has granted: the identity first, then the root as that identity sees it, then its walls.
fn enter(
    watch: &mut Watch,
    (scope, rules): (Scope, &'static SessionRules),
    entry: Entry,
) -> Result<Verdict, Ending> {
    let failed = |what: &dyn std::fmt::Display| {
        slog::error!(watch.log, #LOGIN, "USER {}: {what}", shown(&entry.given_name));
        Ending::Unavailable
    };
    identity::take(watch.birth, &entry.account).map_err(|error| failed(&error))?;
    told(&entry);
    let quarters = Quarters::of(rules, scope.anonymous, &entry.account);
    let mut root = match quarters.open() {
        Ok(root) => root.dwelt_in(),
        Err(error) => {
            let why = Why::of(ReasonCode::Home);
            slog::error!(watch.log, #LOGIN, "USER {} (Login failed): {error}", shown(&entry.given_name); why.cause());
            return refused(watch, Verdict::Out(quarters.refusal().told()));
        }
    };
    for missing in vroot_aliases::show(&mut root, &rules.aliases, (&quarters, &entry.account)) {
        slog::warn!(watch.log, "USER {}: {missing}", shown(&entry.given_name));
    }
    // `%u` in `<Directory>`: the paths are followed while all of them can be.
    let directories = directories_of(scope.directories, &entry.account.name);
    let held = if quarters.is_confined() { Held::open(rules) } else { Held::default() };
    identity::confine(root.place().as_fd(), root.other_places()).map_err(|error| failed(&error))?;
    own_descriptors::hold_from_now_on();
    let home = quarters.home(&entry.account, &root);
    trace::tell(Channel::Auth, 7, || format!("its root is {:?}, its home {home:?}", root.canonical()));
    let mut member = member_of((entry, home), (&scope, rules, directories), (root, watch));
    member.held = held;
    let home = member.home.clone();
    if !quarters.settle(&home, |folder| member.start_in(folder)) {
        slog::error!(
            watch.log,
            #LOGIN,
            "{} chdir(\"{}\") failed: no such folder, or no right to enter it",
            shown(&member.given_name),
            member.account.home.display();
            Cause::from(ReasonCode::Home)
        );
        return refused(watch, Verdict::Out(incorrect(ReasonCode::Home).told()));
    }
    Ok(welcome(watch, member))
}

/// The trace of an identity that is taken.
fn told(Entry { account, given_name, .. }: &Entry) {
    trace::tell(Channel::Auth, 3, || {
        let (given, name) = (Printable(given_name), Printable(&account.name));
        let groups: Vec<u32> = account.groups.iter().map(|(gid, _)| gid.0).collect();
        format!("'{given}' is '{name}': uid {}, gid {}, groups {groups:?}", account.uid.0, account.gid.0)
    });
}

/// The rules of folders as they are for somebody.
#[inline(never)]
fn directories_of(all: &'static DirectoryRules, name: &[u8]) -> &'static DirectoryRules {
    all.of_user(name).map_or(all, |own| Box::leak(Box::new(own)))
}

#[inline(never)]
fn member_of(
    whom: (Entry, PathBuf),
    (scope, rules, directories): (&Scope, &'static SessionRules, &'static DirectoryRules),
    within: (Root, &Watch),
) -> Box<Member> {
    Box::new(Member::new(whom, scope.anonymous, (rules, directories), within))
}

#[inline(never)]
fn welcome(watch: &mut Watch, mut member: Box<Member>) -> Verdict {
    if member.rules.resources != watch.rules.resources {
        resources::limit(&member.rules.resources, &watch.log);
    }
    watch.speaks_by(member.rules.speech);
    watch.rules = member.rules;
    tracing::under_rules(watch);
    watch.timers.logged_in(member.rules, Instant::now());
    watch.journal.under(Logs::of(member.rules, watch.logs(member.anonymous)));
    watch.journal.asked_for_password();
    watch.cwd = member.cwd.as_bytes().to_vec();
    watch.birth.own.cwd(&watch.cwd);
    title::logged_in(watch.birth, watch.peer, &member);
    watch.birth.own.count(&Totals { logins: 1, ..Totals::default() });
    let kind = if member.anonymous.is_some() { "ANON" } else { "USER" };
    slog::info!(watch.log, #LOGIN, "{kind} {}: Login successful.", shown(&member.given_name));
    let facts = watch.facts();
    let lines = member.display(Occasion::Login, &facts);
    let readme = readme::lines(&member, watch.birth.zone, clock::now());
    // An empty line before each, as ProFTPD has it here and nowhere else.
    let readme = readme.into_iter().flat_map(|[name, when]| [Vec::new(), name, when]).collect();
    let reply = Reply::new(230, granted_words(&member, &facts)).preceded_by(lines);
    Verdict::In(member, reply.followed_by(readme))
}

fn granted_words(member: &Member, facts: &Facts<'_>) -> Vec<u8> {
    match (&member.rules.access_grant_message, member.anonymous) {
        (Some(template), _) => facts.fill(Text::Verdict, template.as_bytes()),
        (None, Some(_)) => b"Anonymous access granted, restrictions apply".to_vec(),
        (None, None) => [b"User ", member.given_name.as_slice(), b" logged in"].concat(),
    }
}

fn shown(name: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(name)
}
