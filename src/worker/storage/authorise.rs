//! The one function that says whether something may be done to a file. What it returns is all that the file
//! operations accept.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::denied::{By, Denied, Reason};
use super::hiding::{Sight, is_kept_from};
use super::operation::Operation;
use super::path::FtpPath;
use super::policy::{Asked, Policy, Spot, Verb};
use crate::config::settings::{FilterPattern, PathRules, Rule};
use crate::logging::Cause;
use crate::logging::trace::{self, Channel};

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
    let judged = judge(&rules, asked, &operation);
    let judged = judged.map_err(|(reason, by)| Denied { by, ..asked.denied(reason) });
    told((&rules, operation.spot().canonical), asked, judged.as_ref().err());
    judged.map(|()| Permit { operation, rules })
}

/// The trace of a judgement: the lines that speak of each verb that is meant.
fn told((rules, canonical): (&PathRules<'_>, &Path), asked: &Asked, refused: Option<&Denied>) {
    let level = if refused.is_some() { 2 } else { 5 };
    trace::tell(Channel::Directory, level, || {
        let outcome = refused.map_or("allowed".to_owned(), |denied| refusal(denied.cause()));
        let lines = asked.verb.deciders(rules).map(|(verb, decider)| format!("{verb} by {decider}"));
        let lines = lines.collect::<Vec<_>>().join(", ");
        format!("{} of {}: {outcome}; {lines}", asked.verb.name, canonical.display())
    });
}

fn refusal(Cause { reason, rule }: Cause<'_>) -> String {
    match rule {
        Some(rule) => format!("refused ({} at {rule})", reason.word()),
        None => format!("refused ({})", reason.word()),
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

fn judge<O: Operation>(rules: &PathRules<'_>, asked: &Asked, operation: &O) -> Result<(), Verdict> {
    filtered(rules, &asked.argument).map_err(|rule| (Reason::Argument, Some(By::Filter(rule))))?;
    if O::MANNER.is_filtered {
        judge_name(rules, asked, operation.spot().canonical)
            .map_err(|rule| (Reason::Name, Some(By::PathFilter(rule))))?;
    }
    let limited = |rule| (O::MANNER.refused_by_limit.into(), Some(By::Limit(rule)));
    asked.verb.judge(rules).map_err(limited)?;
    operation.judge(rules).map_err(|reason| (reason, None))?;
    match operation.is_concealed() {
        true => Err((O::MANNER.refused_as_hidden.into(), Some(By::Hiding))),
        false => Ok(()),
    }
}

/// What the client is told, and what stands behind it.
type Verdict = (Reason, Option<By>);

/// What AllowFilter and DenyFilter say of an argument; Err is the one that refuses it.
pub fn filtered(rules: &PathRules<'_>, argument: &[u8]) -> Result<(), Rule> {
    passes(rules.allow_filter(), rules.deny_filter(), argument)
}

/// The name that the client says; and where that is a link's, the file's own.
fn judge_name(rules: &PathRules<'_>, asked: &Asked, canonical: &Path) -> Result<(), Rule> {
    let (allow, deny) = (rules.path_allow_filter(), rules.path_deny_filter());
    if allow.is_none() && deny.is_none() {
        return Ok(());
    }
    let own = || {
        let (folder, said) = asked.path.split_last()?;
        let name = canonical.file_name().map(OsStr::as_bytes).filter(|name| *name != said)?;
        folder.join(name).ok()
    };
    let judge = |path: &FtpPath| passes(allow, deny, path.as_bytes());
    judge(&asked.path)?;
    own().map_or(Ok(()), |own| judge(&own))
}

fn passes(allow: Option<&FilterPattern>, deny: Option<&FilterPattern>, bytes: &[u8]) -> Result<(), Rule> {
    let refusing = allow.filter(|filter| !filter.regex.is_match(bytes));
    match refusing.or_else(|| deny.filter(|filter| filter.regex.is_match(bytes))) {
        Some(filter) => Err(filter.written.as_ref().into()),
        None => Ok(()),
    }
}
