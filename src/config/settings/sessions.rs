//! What holds for the sessions of one scope: the same for all of them, but for those that `<IfUser>` and its like speak of.

use std::borrow::Cow;

use super::{ExtendedLog, LogTarget, Masquerade, SessionRules, Subject};
use crate::config::conditions::Condition;
use crate::config::sessions::Words;

/// The sessions of a server, or of one of its `<Anonymous>` sections.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// What holds for those of whom no section speaks.
    pub usual: SessionRules,
    /// What those are made of of whom one does; None where there is no such section.
    varied: Option<Box<Varied>>,
}

#[derive(Clone, Debug)]
struct Varied {
    usual: Words,
    /// What is applied later weighs more.
    exceptions: Vec<Exception>,
}

/// What one `<IfUser>`, `<IfGroup>`, `<IfClass>` or `<IfAuthenticated>` says of sessions.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Of which,
    pub condition: Condition,
    /// and what.
    pub words: Words,
}

impl Sessions {
    /// Of what is said for all of them and for some, in the order in which it is applied.
    pub fn new(mut usual: Words, mut exceptions: Vec<Exception>) -> Sessions {
        // The first transfer log is the usual one, also where nobody says it.
        let (_, extended) = usual.number_logs((0, 0));
        let words = exceptions.iter_mut().map(|exception| &mut exception.words);
        words.fold((1, extended), |next, words| words.number_logs(next));
        let rules = usual.clone().rules();
        let varied = (!exceptions.is_empty()).then(|| Box::new(Varied { usual, exceptions }));
        Sessions { usual: rules, varied }
    }

    /// What holds for somebody's, as far as is known who it is. The same for everybody where there are no such sections.
    pub fn of(&self, subject: &Subject) -> Cow<'_, SessionRules> {
        let meant = self.exceptions().iter().filter(|exception| exception.condition.holds(subject));
        let said = meant.map(|exception| &exception.words).cloned().reduce(|outer, inner| inner.over(&outer));
        match (said, &self.varied) {
            (Some(said), Some(varied)) => Cow::Owned(said.over(&varied.usual).rules()),
            _ => Cow::Borrowed(&self.usual),
        }
    }

    /// The sections that speak of some of them.
    pub fn exceptions(&self) -> &[Exception] {
        self.varied.as_ref().map_or(&[], |varied| &varied.exceptions)
    }

    /// What each section comes to, as if it were the only one.
    pub fn each_alone(&self) -> impl Iterator<Item = SessionRules> {
        let varied = self.varied.iter();
        varied.flat_map(|varied| {
            varied.exceptions.iter().map(|exception| exception.words.clone().over(&varied.usual).rules())
        })
    }

    /// TransferLog, here and in the sections, by their places.
    pub fn transfer_logs(&self) -> Vec<LogTarget> {
        let of_some = self.exceptions().iter().filter_map(|exception| exception.words.transfer_log());
        std::iter::once(&self.usual.transfer_log.target).chain(of_some).cloned().collect()
    }

    /// ExtendedLog, likewise.
    pub fn extended_logs(&self) -> impl Iterator<Item = &ExtendedLog> {
        let of_some = self.exceptions().iter().flat_map(|exception| exception.words.extended_logs());
        self.usual.extended_logs.iter().chain(of_some)
    }

    /// MasqueradeAddress, here and in the sections.
    pub fn masquerades(&self) -> impl Iterator<Item = &Masquerade> {
        let of_some = self.exceptions().iter().filter_map(|exception| exception.words.masquerade());
        self.usual.masquerade.iter().chain(of_some)
    }

    /// The same, to be changed.
    pub fn masquerades_mut(&mut self) -> impl Iterator<Item = &mut Masquerade> {
        let varied = self.varied.as_mut();
        let of_some = varied.into_iter().flat_map(|varied| varied.masquerades_mut());
        self.usual.masquerade.iter_mut().chain(of_some)
    }
}

impl Varied {
    fn masquerades_mut(&mut self) -> impl Iterator<Item = &mut Masquerade> {
        let words = self.exceptions.iter_mut().map(|exception| &mut exception.words);
        std::iter::once(&mut self.usual).chain(words).filter_map(Words::masquerade_mut)
    }
}
