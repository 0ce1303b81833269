//! Coming in and going out: USER, PASS, QUIT; and `<Limit>` for commands that name no path.

use std::mem;

use crate::auth::secret::Secret;
use crate::protocol::{Reply, Verb};
use crate::worker::login::{self, Verdict};
use crate::worker::session::{Phase, Session};
use crate::worker::shutdown;
use crate::worker::text;
use crate::worker::watch::{Ending, Watch};

/// USER. A session keeps the identity it has taken.
pub fn user(session: &mut Session, name: Vec<u8>) -> Result<Reply, Ending> {
    if let Phase::LoggedIn(member) = &session.phase {
        return Ok(if member.given_name == name {
            Reply::new(230, [b"User ", name.as_slice(), b" logged in"].concat())
        } else {
            Reply::new(501, "Reauthentication not supported")
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
        return Ok(Reply::new(503, "You are already logged in"));
    }
    let Phase::Named(name) = mem::replace(&mut session.phase, Phase::Unnamed) else {
        return Ok(Reply::new(503, "Login with USER first"));
    };
    if let Some(denial) = denial(&session.watch) {
        return Ok(denial);
    }
    match login::log_in(&mut session.watch, name, password)? {
        Verdict::In(member, welcome) => {
            session.phase = Phase::LoggedIn(member);
            Ok(welcome)
        }
        Verdict::Wrong => wrong(session),
        Verdict::Out(reply) => {
            session.watch.reply(&reply);
            Err(Ending::Refused)
        }
    }
}

/// MaxLoginAttempts: the last wrong login closes the connection.
fn wrong(session: &mut Session) -> Result<Reply, Ending> {
    session.refused += 1;
    let reply = login::incorrect();
    match session.watch.server.max_login_attempts {
        Some(most) if session.refused >= most => {
            slog::warn!(session.watch.log, "Maximum login attempts ({most}) exceeded, connection refused");
            session.watch.reply(&reply);
            Err(Ending::Refused)
        }
        _ => Ok(reply),
    }
}

fn denial(watch: &Watch) -> Option<Reply> {
    let message = shutdown::message_of_denial(watch.birth, &watch.facts())?;
    Some(shutdown::denial(530, &message))
}

/// QUIT.
pub fn quit(session: &mut Session) -> Result<Reply, Ending> {
    let rules = match &session.phase {
        Phase::LoggedIn(member) => member.rules,
        Phase::Unnamed | Phase::Named(_) => &session.watch.server.session,
    };
    let goodbye = match &rules.display_quit {
        Some(path) => farewell_lines(session, path),
        None => Vec::new(),
    };
    let reply = match goodbye.is_empty() {
        true => Reply::new(221, "Goodbye."),
        false => Reply::long(221, goodbye),
    };
    session.watch.reply(&reply);
    Err(Ending::Quit)
}

fn farewell_lines(session: &Session, path: &std::path::Path) -> Vec<Vec<u8>> {
    match &session.phase {
        Phase::LoggedIn(member) => member.display(path, &session.watch.facts()),
        Phase::Unnamed | Phase::Named(_) => text::display(path, &session.watch.facts()),
    }
}

/// `<Limit>` in the working directory, for commands that name no path; those that do are decided where their path leads.
pub fn limited(session: &Session, verb: &Verb, called: &str) -> Option<Reply> {
    let Phase::LoggedIn(member) = &session.phase else { return None };
    // SITE's own commands are judged by their own names.
    let is_decided_later = verb.names_path() || verb.name == "SITE";
    (!is_decided_later && !member.allows(verb))
        .then(|| Reply::new(550, format!("{called}: Operation not permitted")))
}
