//! Coming in and going out: HOST, USER, PASS, QUIT; and `<Limit>` for commands that name no path.

use std::mem;

use crate::auth::secret::Secret;
use crate::config::settings::{DisplayFile, Rule};
use crate::logging::{Cause, LOGIN};
use crate::protocol::{HostName, LimitedAt, Reply, Verb};
use crate::scoreboard::ReasonCode;
use crate::worker::display::{self, Occasion};
use crate::worker::greeting;
use crate::worker::login::{self, Verdict, Why};
use crate::worker::session::{Phase, Session};
use crate::worker::shutdown;
use crate::worker::subject;
use crate::worker::text::Text;
use crate::worker::virtual_host;
use crate::worker::watch::{Ending, Watch};

/// HOST (RFC 7151): another server of the same address, before anybody is named.
pub fn host(session: &mut Session, given: &[u8]) -> Reply {
    let Session { watch, phase, .. } = session;
    if !matches!(phase, Phase::Unnamed) {
        return Reply::refused(503, ReasonCode::Sequence, "Bad sequence of commands");
    }
    let name = match HostName::read(given) {
        Ok(name) => name,
        Err(refusal) => return refusal,
    };
    let unknown = || Reply::about(504, given, "Unknown hostname provided").because(ReasonCode::NoServer);
    match name {
        HostName::Address(address) if address == watch.meant.ip().to_canonical() => {
            Reply::new(220, "HOST command successful")
        }
        HostName::Address(_) => unknown(),
        HostName::Name(wanted) => match virtual_host::named(
            watch.birth.settings,
            (watch.meant, &subject::stranger(watch.birth, watch.peer)),
            &wanted,
        ) {
            Some((index, server)) if !virtual_host::is_down(watch.birth, usize::from(index)) => {
                watch.enter_server(index, server);
                greeting::of_server(server, &watch.facts())
            }
            _ => unknown(),
        },
    }
}

/// USER. A session keeps the identity it has taken.
pub fn user(session: &mut Session, name: Vec<u8>) -> Result<Reply, Ending> {
    if let Phase::LoggedIn(member) = &session.phase {
        return Ok(if member.given_name == name {
            Reply::new(230, [b"User ", name.as_slice(), b" logged in"].concat())
        } else {
            Reply::refused(501, ReasonCode::Sequence, "Reauthentication not supported")
        });
    }
    if let Some(denial) = denial(&session.watch) {
        return Ok(denial);
    }
    session.watch.birth.own.user(&name);
    session.watch.user.clone_from(&name);
    let reply = match login::anonymous_section(session.watch.server, &name) {
        Some(section) if !section.require_password => {
            Reply::new(331, "Anonymous login ok, send your complete email address as your password")
        }
        _ => Reply::new(331, [b"Password required for ", name.as_slice()].concat()),
    };
    session.phase = Phase::Named(name);
    Ok(reply)
}

/// PASS. A name is good for one password.
pub fn pass(session: &mut Session, password: Secret) -> Result<Reply, Ending> {
    if session.is_logged_in() {
        return Ok(Reply::refused(503, ReasonCode::Sequence, "You are already logged in"));
    }
    let Phase::Named(name) = mem::replace(&mut session.phase, Phase::Unnamed) else {
        return Ok(Reply::refused(503, ReasonCode::Sequence, "Login with USER first"));
    };
    if let Some(denial) = denial(&session.watch) {
        return Ok(denial);
    }
    match login::log_in(&mut session.watch, name, password)? {
        Verdict::In(member, welcome) => {
            session.phase = Phase::LoggedIn(member);
            Ok(welcome)
        }
        Verdict::Wrong(why) => wrong(session, why),
        Verdict::NoPassword => Ok(Reply::refused(501, ReasonCode::NoPassword, "Login incorrect.").told()),
        Verdict::Out(reply) => {
            session.watch.reply(&reply);
            Err(Ending::Refused)
        }
    }
}

/// MaxLoginAttempts: the last wrong login closes the connection.
fn wrong(session: &mut Session, why: Why) -> Result<Reply, Ending> {
    session.refused += 1;
    let reply = denied_words(&session.watch, why);
    match session.watch.rules.max_login_attempts {
        Some(most) if session.refused >= most => {
            let (reason, log) = (ReasonCode::MaxLoginAttempts, &session.watch.log);
            slog::warn!(log, #LOGIN, "Maximum login attempts ({most}) exceeded, connection refused"; Cause::from(reason));
            session.watch.birth.own.refused(reason);
            session.watch.reply(&reply);
            Err(Ending::Refused)
        }
        _ => Ok(reply),
    }
}

/// AccessDenyMsg, of the anonymous section where the name has one.
fn denied_words(watch: &Watch, why: Why) -> Reply {
    let section = login::anonymous_section(watch.server, &watch.user);
    let own = section.map(|section| section.sessions.of(&subject::settled(watch, None)));
    let reply = match &own.as_deref().unwrap_or(watch.rules).access_deny_message {
        Some(template) => {
            let words = watch.facts().fill(Text::Verdict, template.as_bytes());
            Reply::refused(530, why.reason, words)
        }
        None => login::incorrect(why.reason),
    };
    reply.by(why.rule).told()
}

fn denial(watch: &Watch) -> Option<Reply> {
    let message = shutdown::message_of_denial(watch.birth, &watch.facts())?;
    Some(shutdown::denial(530, &message))
}

/// QUIT.
pub fn quit(session: &mut Session) -> Result<Reply, Ending> {
    let facts = session.watch.facts();
    let goodbye = match (&mut session.phase, &session.watch.rules.display_quit) {
        (Phase::LoggedIn(member), _) => member.display(Occasion::Quit, &facts),
        (Phase::Unnamed | Phase::Named(_), Some(DisplayFile::Host(path))) => display::of_host(path, &facts),
        (Phase::Unnamed | Phase::Named(_), _) => Vec::new(),
    };
    let reply = match goodbye.is_empty() {
        true => Reply::new(221, "Goodbye."),
        false => Reply::long(221, goodbye),
    };
    session.watch.reply(&reply);
    Err(Ending::Quit)
}

/// AllowFilter and DenyFilter look at all that follows a command's name, whatever the command; where it names a path, they look at
/// that by the rules of its own place, too.
pub fn filtered(session: &Session, verb: &Verb, argument: &[u8]) -> Option<Reply> {
    let Phase::LoggedIn(member) = &session.phase else { return None };
    if argument.is_empty() || verb.is_secret {
        return None;
    }
    let Rule(rule) = member.filtered(argument).err()?;
    let words = [argument, b": Forbidden command argument"].concat();
    Some(Reply::refused(550, ReasonCode::Filter, words).by(rule))
}

/// `<Limit>` in the working directory, for commands that name no path; those that do are decided where their path leads.
pub fn limited(session: &Session, verb: &Verb, called: &str) -> Option<Reply> {
    let Phase::LoggedIn(member) = &session.phase else { return None };
    if verb.limited_at != LimitedAt::Cwd {
        return None;
    }
    let Rule(rule) = member.judge(verb).err()?;
    Some(Reply::refused(550, ReasonCode::Rule, format!("{called}: Operation not permitted")).by(rule))
}
