//! AuthOrder: which modules are asked who an account is and whether a password is its own, in which order, and whose no is the last
//! word.

use std::sync::Arc;

use crate::auth::accounts::source::Source;

/// A module of AuthOrder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// mod_auth_file.c: AuthUserFile and AuthGroupFile.
    File,
    /// mod_auth_unix.c: the host's own accounts.
    Host,
    /// mod_auth_pam.c: knows no accounts, but passwords.
    Pam,
}

/// A module in its place, as the configuration says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Which.
    pub module: Module,
    /// `*`: after its no nobody else is asked.
    pub is_authoritative: bool,
}

/// The same, with what is asked.
pub struct Step {
    /// Who is asked.
    pub checker: Checker,
    /// See [`Ordered::is_authoritative`].
    pub is_authoritative: bool,
}

/// Who is asked.
pub enum Checker {
    /// Knows accounts, and checks the passwords of its own.
    Accounts(Arc<dyn Source>),
    /// Knows no accounts; judges the passwords of everybody's.
    Pam,
}

impl Step {
    /// Where accounts come from, for a step that knows any.
    pub fn source(&self) -> Option<&Arc<dyn Source>> {
        match &self.checker {
            Checker::Accounts(source) => Some(source),
            Checker::Pam => None,
        }
    }
}

impl Ordered {
    /// A module after whose no the next one is asked.
    pub const fn passing(module: Module) -> Ordered {
        Ordered { module, is_authoritative: false }
    }
}
