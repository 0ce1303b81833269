//! Which rules hold for a client: its server's, but where `<IfUser>` and its like speak of it. Those are made when it is known who it
//! is, and live as long as the process, which ends with its session.

use std::borrow::Cow;

use super::Birth;
use super::peer::Peer;
use super::subject;
use crate::config::settings::{Server, SessionRules, Sessions, Subject};

/// Rules made for a client before its login. It may go from one server to the next (HOST) as often as it likes: those that it comes
/// back to are not made anew.
#[derive(Default)]
pub struct Rulebook(Vec<Page>);

struct Page {
    server: u16,
    is_classed: bool,
    rules: &'static SessionRules,
}

impl Rulebook {
    /// What holds at a server for a client that has not logged in.
    pub fn rules(
        &mut self,
        (index, server): (u16, &'static Server),
        subject: impl FnOnce() -> Subject,
    ) -> &'static SessionRules {
        if server.sessions.exceptions().is_empty() {
            return &server.sessions.usual;
        }
        let subject = subject();
        let is_classed = subject.class.is_some();
        let known = self.0.iter().find(|page| (page.server, page.is_classed) == (index, is_classed));
        if let Some(page) = known {
            return page.rules;
        }
        let rules = of(&server.sessions, &subject);
        self.0.push(Page { server: index, is_classed, rules });
        rules
    }
}

/// What holds for somebody, for as long as the process lives: asked once in a session.
pub fn of(sessions: &'static Sessions, subject: &Subject) -> &'static SessionRules {
    if sessions.exceptions().is_empty() {
        return &sessions.usual;
    }
    made_for(sessions, subject)
}

/// With what the sections say that speak of it.
#[inline(never)]
fn made_for(sessions: &'static Sessions, subject: &Subject) -> &'static SessionRules {
    match sessions.of(subject) {
        Cow::Borrowed(rules) => rules,
        Cow::Owned(rules) => Box::leak(Box::new(rules)),
    }
}

/// What holds for a client that has just come, for as long as it says nothing: many may do so, one after the other.
pub fn of_stranger<'a>(birth: &Birth, server: &'a Server, peer: Peer) -> Cow<'a, SessionRules> {
    if server.sessions.exceptions().is_empty() {
        return Cow::Borrowed(&server.sessions.usual);
    }
    server.sessions.of(&subject::stranger(birth, peer))
}
