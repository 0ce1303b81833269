//! Whom a `<Limit>` lets: by origin, user, group and class, in its Order.

use super::arguments::{Arguments, Fault};
use super::expressions::{Expression, Usually};
use super::origins::Origin;
use super::settings::{Caller, Subject};

/// What a `<Limit>` says of those who ask.
#[derive(Clone, Debug, Default)]
pub struct AccessRules {
    /// Order.
    pub order: Order,
    /// AllowAll, Allow, AllowUser, …: one of them is enough.
    pub allows: Vec<Term>,
    /// DenyAll, Deny, DenyUser, …: one of them is enough.
    pub denies: Vec<Term>,
}

/// Order: who is heard first, and what holds where neither speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `allow,deny`: who is in neither is left to other sections.
    #[default]
    AllowDeny,
    /// `deny,allow`: who is in neither is denied.
    DenyAllow,
}

/// Some of those who ask.
#[derive(Clone, Debug)]
pub enum Term {
    /// All of them.
    Everybody,
    /// Those who come from one of these.
    From(Vec<Origin>),
    /// By the account's name.
    User(Expression),
    /// By the names of its groups.
    Group(Expression),
    /// By the name of the client's class.
    Class(Expression),
}

/// What a section says of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// He may.
    Allowed,
    /// He may not.
    Denied,
    /// Nothing: other sections decide.
    Silent,
    /// It depends on what is not known yet.
    Open,
}

impl AccessRules {
    /// AllowAll or DenyAll alone, or nothing.
    pub fn plain(allow: Option<bool>) -> AccessRules {
        let mut rules = AccessRules::default();
        match allow {
            Some(true) => rules.allows.push(Term::Everybody),
            Some(false) => rules.denies.push(Term::Everybody),
            None => {}
        }
        rules
    }

    /// Whether anything is said.
    pub fn is_empty(&self) -> bool {
        self.allows.is_empty() && self.denies.is_empty() && self.order == Order::default()
    }

    /// What it says of somebody.
    pub fn word(&self, subject: &Subject) -> Word {
        let allowed = one_of(self.allows.iter().map(|term| term.has(subject)));
        let denied = one_of(self.denies.iter().map(|term| term.has(subject)));
        match (self.order, allowed, denied) {
            (Order::AllowDeny, Some(true), _) => Word::Allowed,
            (Order::AllowDeny, None, _) => Word::Open,
            (_, _, Some(true)) => Word::Denied,
            (_, _, None) => Word::Open,
            (Order::AllowDeny, Some(false), Some(false)) => Word::Silent,
            (Order::DenyAllow, Some(true), _) => Word::Allowed,
            (Order::DenyAllow, None, _) => Word::Open,
            (Order::DenyAllow, Some(false), _) => Word::Denied,
        }
    }
}

/// Whether one of them holds; None where that hangs on what is not known yet.
fn one_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut found = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => found = None,
        }
    }
    found
}

/// Whether all of them hold.
fn all_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    one_of(answers.map(|answer| answer.map(|holds| !holds))).map(|fails| !fails)
}

impl Term {
    /// `user joe,ann`, `group staff,!guests`, `class office`; nothing is for everybody.
    pub fn read(arguments: &mut Arguments<'_>) -> Result<Term, Fault> {
        if arguments.takes("user") {
            return Expression::read(Usually::Any, arguments).map(Term::User);
        }
        if arguments.takes("group") {
            return Expression::read(Usually::All, arguments).map(Term::Group);
        }
        if arguments.takes("class") {
            return Expression::read(Usually::Any, arguments).map(Term::Class);
        }
        match arguments.maybe() {
            None => Ok(Term::Everybody),
            Some(word) => {
                Err(arguments.fault(format!("takes user, group or class here, not '{}'", word.text)))
            }
        }
    }

    /// Whether somebody is among them; None where that is not known yet.
    pub fn has(&self, subject: &Subject) -> Option<bool> {
        match self {
            Term::Everybody => Some(true),
            Term::From(origins) => comes_from(origins, subject),
            Term::User(expression) => {
                let who = subject.who.as_ref()?;
                Some(expression.holds([who.name.as_slice()].into_iter()))
            }
            Term::Group(expression) => {
                let who = subject.who.as_ref()?;
                Some(expression.holds(who.groups.iter().map(Vec::as_slice)))
            }
            Term::Class(expression) => {
                let class = subject.class.as_ref()?;
                Some(expression.holds(class.iter().map(String::as_bytes)))
            }
        }
    }
}

/// `10.0.0.0/8 !10.0.0.7`: from one of the places, and from none of those with `!`; `!10.0.0.7` alone: from anywhere else.
fn comes_from(origins: &[Origin], subject: &Subject) -> Option<bool> {
    let address = subject.address?;
    let name = subject.peer_name.as_ref().and_then(Option::as_deref);
    let is_named = subject.peer_name.is_some();
    let has =
        |origin: &Origin| (is_named || !origin.needs_name()).then(|| origin.has(Caller { address, name }));
    let (without, with): (Vec<&Origin>, Vec<&Origin>) =
        origins.iter().partition(|origin| origin.is_negated());
    let is_among = if with.is_empty() { Some(true) } else { one_of(with.into_iter().map(has)) };
    all_of([is_among].into_iter().chain(without.into_iter().map(has)))
}

#[cfg(test)]
mod tests {
    use super::super::settings::Who;
    use super::*;

    fn anybody() -> Subject {
        Subject {
            address: "127.0.0.1".parse().ok(),
            peer_name: Some(Some("host.example.com".into())),
            class: Some(Some("inside".into())),
            who: Some(Who::named("u", &["g", "both"])),
            ..Subject::default()
        }
    }

    fn origin(text: &str) -> Term {
        Term::From(vec![Origin::read(text).expect(text)])
    }

    /// As ProFTPD 1.3.8 was seen to answer, but for AllowAll beside DenyAll.
    #[test]
    fn order_decides_who_is_heard_first() {
        use Order::{AllowDeny, DenyAllow};
        let (here, elsewhere, all) = (|| origin("127.0.0.0/8"), || origin("10.0.0.1"), || Term::Everybody);
        let table = [
            (AllowDeny, vec![here()], vec![], Word::Allowed),
            (AllowDeny, vec![elsewhere()], vec![], Word::Silent),
            (AllowDeny, vec![here()], vec![here()], Word::Allowed),
            (AllowDeny, vec![elsewhere()], vec![all()], Word::Denied),
            (AllowDeny, vec![], vec![elsewhere()], Word::Silent),
            (DenyAllow, vec![], vec![], Word::Denied),
            (DenyAllow, vec![here()], vec![], Word::Allowed),
            (DenyAllow, vec![elsewhere()], vec![], Word::Denied),
            (DenyAllow, vec![here()], vec![all()], Word::Denied),
            (AllowDeny, vec![all()], vec![all()], Word::Allowed),
            (AllowDeny, vec![all(), here()], vec![all()], Word::Allowed),
        ];
        for (order, allows, denies, expected) in table {
            let rules = AccessRules { order, allows, denies };
            assert_eq!(rules.word(&anybody()), expected, "{rules:?}");
        }
    }

    #[test]
    fn a_place_with_a_mark_is_taken_out_of_the_others() {
        let comes = |text: &str| {
            let origins = text.split(' ').map(|origin| Origin::read(origin).expect(origin)).collect();
            Term::From(origins).has(&anybody())
        };
        for (text, expected) in [
            ("127.0.0.0/8 !127.0.0.9", true),
            ("127.0.0.0/8 !127.0.0.1", false),
            ("10.0.0.0/8 !10.0.0.7", false),
            ("!10.0.0.7", true),
            ("!127.0.0.1", false),
        ] {
            assert_eq!(comes(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_yet_leaves_it_open() {
        let stranger = Subject { who: None, peer_name: None, class: None, ..anybody() };
        let nobody =
            Subject { address: None, ..Subject { who: None, peer_name: None, class: None, ..anybody() } };
        let named = || origin(".example.com");
        for (allows, denies, now, then) in [
            (vec![named()], vec![Term::Everybody], Word::Open, Word::Allowed),
            (vec![], vec![named()], Word::Open, Word::Denied),
            (vec![origin("127.0.0.1")], vec![named()], Word::Allowed, Word::Allowed),
            (vec![], vec![origin("10.0.0.1")], Word::Silent, Word::Silent),
        ] {
            let rules = AccessRules { order: Order::AllowDeny, allows, denies };
            assert_eq!((rules.word(&stranger), rules.word(&anybody())), (now, then), "{rules:?}");
            assert_eq!(rules.word(&nobody), Word::Open, "{rules:?}");
        }
    }
}
