//! The one function that says whether something may be done to a file. What it returns is all that the file
//! operations accept.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use regex::bytes::Regex;

use super::denied::{Denied, Reason};
use super::hiding::{Sight, is_kept_from};
use super::operation::Operation;
use super::path::FtpPath;
use super::policy::{Asked, Policy, Spot, Verb};
use crate::config::settings::PathRules;

/// Leave to carry out one operation on the place it holds. Made here only.
#[derive(Debug)]
pub struct Permit<O> {
    operation: O,
    rules: PathRules<'static>,
}

impl<O> Permit<O> {
    /// What may now be done.
    pub fn operation(self) -> O {
        self.operation
    }

    /// What holds where it is done.
    pub fn rules(&self) -> &PathRules<'static> {
        &self.rules
    }

    /// The same, with what holds where it is done.
    pub fn with_rules(self) -> (O, PathRules<'static>) {
        (self.operation, self.rules)
    }
}

/// Judges an operation by the rules of the canonical path it is done to.
pub fn authorise<O: Operation>(policy: &Policy, asked: &Asked, operation: O) -> Result<Permit<O>, Denied> {
    let rules = policy.rules_at(operation.spot());
    match judge(&rules, asked, &operation) {
        Ok(()) => Ok(Permit { operation, rules }),
        Err(reason) => Err(asked.denied(reason)),
    }
}

/// Whether `<Limit>` lets a listing show an entry: the same question for a name that the directory's own permit leads to.
pub fn allows(policy: &Policy, verb: Verb, spot: Spot<'_>) -> bool {
    !policy.speaks_at(policy.rules.has_limits(), spot) || allows_by(&policy.rules_at(spot), verb)
}

/// The same where these rules hold.
pub fn allows_by(rules: &PathRules<'_>, verb: Verb) -> bool {
    verb.is_allowed(rules)
}

/// Whether listings leave it out.
pub fn is_hidden(policy: &Policy, sight: &Sight<'_>) -> bool {
    policy.speaks_at(policy.rules.hides(), sight.spot()) && {
        is_hidden_by(policy, &policy.rules_at(sight.spot()), sight)
    }
}

/// The same where these rules hold.
pub fn is_hidden_by(policy: &Policy, rules: &PathRules<'_>, sight: &Sight<'_>) -> bool {
    is_kept_from(policy.subject, &rules.hiding(), sight)
}

/// Whether it is there at all for this verb: what is hidden is not, where IgnoreHidden says so.
pub fn is_there(policy: &Policy, verb: Verb, sight: &Sight<'_>) -> bool {
    let rules = policy.rules_at(sight.spot());
    !verb.ignores_hidden(&rules) || !is_kept_from(policy.subject, &rules.hiding(), sight)
}

fn judge<O: Operation>(rules: &PathRules<'_>, asked: &Asked, operation: &O) -> Result<(), Reason> {
    if !passes_filters(rules, &asked.argument) {
        return Err(Reason::Argument);
    }
    if operation.is_filtered() {
        judge_name(rules, asked, operation.spot().canonical)?;
    }
    if !asked.verb.is_allowed(rules) {
        return Err(operation.refused_by_limit());
    }
    operation.judge(rules)?;
    if operation.is_concealed() { Err(operation.refused_as_hidden()) } else { Ok(()) }
}

/// Whether AllowFilter and DenyFilter let an argument through.
pub fn passes_filters(rules: &PathRules<'_>, argument: &[u8]) -> bool {
    passes(rules.allow_filter(), rules.deny_filter(), argument)
}

/// The name that the client says; and where that is a link's, the file's own.
fn judge_name(rules: &PathRules<'_>, asked: &Asked, canonical: &Path) -> Result<(), Reason> {
    let (allow, deny) = (rules.path_allow_filter(), rules.path_deny_filter());
    if allow.is_none() && deny.is_none() {
        return Ok(());
    }
    let own = || {
        let (folder, said) = asked.path.split_last()?;
        let name = canonical.file_name().map(OsStr::as_bytes).filter(|name| *name != said)?;
        folder.join(name).ok()
    };
    let fits = |path: &FtpPath| passes(allow, deny, path.as_bytes());
    if fits(&asked.path) && own().is_none_or(|own| fits(&own)) { Ok(()) } else { Err(Reason::Name) }
}

fn passes(allow: Option<&Regex>, deny: Option<&Regex>, bytes: &[u8]) -> bool {
    allow.is_none_or(|filter| filter.is_match(bytes)) && !deny.is_some_and(|filter| filter.is_match(bytes))
}
