//! A login judged: whose name it is, whether the password proves it, and whether that account may come in at all. The
//! limits are asked afterwards, of the master.

use std::net::IpAddr;

use self::order::Step;
use self::proof::{Conversing, Found, Hasher, Walk};
use super::accounts::ftpusers;
use super::accounts::host_accounts;
use super::accounts::remarks::Remarks;
use super::accounts::shells;
use super::accounts::source::{Candidate, Proof, SourceError};
use super::secret::Secret;
use super::wire::{Denial, NAME_MAX};
use super::{Account, AnonymousPolicy, LoginRules, ServerPolicy, Terms, Visitor};
use crate::logging::Printable;
use crate::logging::trace::{self, Channel};
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

pub mod order;
pub mod proof;
#[cfg(test)]
mod tests;

/// One server's users.
pub struct Users<'a> {
    /// Its part of the configuration.
    pub policy: &'a ServerPolicy,
    /// Asked in this order.
    pub steps: &'a [Step],
    /// Whom every session becomes where the daemon is not root.
    pub caller: Option<(UserId, GroupId)>,
    /// Where the client comes from.
    pub origin: Origin<'a>,
    /// To the operator.
    pub remarks: &'a Remarks,
}

/// Where a client comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// By its worker's word.
    pub peer: IpAddr,
    /// What that is called, as far as it is known.
    pub name: Option<&'a str>,
}

impl<'a> Origin<'a> {
    /// Somebody who comes from there.
    pub fn visitor(self, account: &'a Account) -> Visitor<'a> {
        Visitor { account: Some(account), peer: self.peer, name: self.name }
    }
}

/// Who may come in, as far as the password goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whom the session becomes.
    pub account: Account,
    /// Index of the `<Anonymous>` section, for an anonymous session.
    pub anonymous: Option<u16>,
}

/// Yes or no.
pub type Judgement = Result<Admission, Denial>;

/// Whom a name means.
struct Called {
    /// By UserAlias.
    alias: bool,
    /// What the account is called then.
    real: Vec<u8>,
    /// The index of an `<Anonymous>` section, and by which name it was come to.
    section: Option<(usize, Vec<u8>)>,
    /// The account, if it is no section's.
    found: Option<Found>,
}

fn owned((index, name): (usize, &[u8])) -> (usize, Vec<u8>) {
    (index, name.to_vec())
}

impl Users<'_> {
    /// Judges one login. Whatever is asked for an account is asked for a name that nobody has, too; crypt(3) is called at most
    /// once, and for an anonymous name that needs no password not at all.
    pub fn judge(
        &self,
        name: &[u8],
        password: &Secret,
        (hasher, pam): (&mut dyn Hasher, &dyn Conversing),
    ) -> Result<Judgement, SourceError> {
        let Called { alias, real, section, found } = self.called(name)?;
        if password.reveal().is_empty() && self.refuses_empty(section.as_ref().map(|(index, _)| *index)) {
            return Ok(Err(Denial::NoPassword));
        }
        let longest = self.unnamed(&self.policy.terms).longest_password;
        let mut walk = Walk { longest, steps: self.steps, remarks: self.remarks, hasher, pam };
        if let Some((index, called)) = section {
            return self.judge_anonymous(index, &called, password, &mut walk);
        }
        let proven = walk.prove(&real, found.as_ref(), password)?;
        if !alias && self.policy.alias_only {
            return Ok(Err(Denial::NotAnAlias));
        }
        match (found, proven) {
            (None, _) => Ok(Err(Denial::NoSuchUser)),
            (Some(_), Err(denial)) => Ok(Err(denial)),
            (Some(found), Ok(())) => self.admit(found),
        }
    }

    /// Of an `<Anonymous>` section its server must have nothing against them either, as in ProFTPD.
    fn refuses_empty(&self, section: Option<usize>) -> bool {
        let section = section.map(|index| &self.policy.anonymous[index].terms);
        section
            .into_iter()
            .chain([&self.policy.terms])
            .any(|terms| self.unnamed(terms).refuses_empty_passwords)
    }

    /// What holds for whoever comes from there, as long as nobody is named.
    fn unnamed(&self, terms: &Terms) -> LoginRules {
        terms.of(Visitor { account: None, peer: self.origin.peer, name: self.origin.name }).rules
    }

    /// The same as if the password were right; nothing is hashed and nobody is asked for a proof.
    pub fn recognise(&self, name: &[u8]) -> Result<Judgement, SourceError> {
        let Called { alias, section, found, .. } = self.called(name)?;
        if let Some((index, _)) = section {
            return self.admit_anonymous(index);
        }
        if !alias && self.policy.alias_only {
            return Ok(Err(Denial::NotAnAlias));
        }
        found.map_or(Ok(Err(Denial::NoSuchUser)), |found| self.admit(found))
    }

    /// Whose name it is. Where a source knows an account by names that it does not call it by (in other letters, with a domain), the
    /// account's own name leads where it would lead by itself: no spelling is a way around an alias or an `<Anonymous>` section.
    fn called(&self, name: &[u8]) -> Result<Called, SourceError> {
        let called = self.called_exactly(name)?;
        let Some(own) = called.found.as_ref().map(|found| &found.candidate.account.name) else {
            return Ok(called);
        };
        let section = self.anonymous_section(own, own).map(owned);
        if *own == called.real || (section.is_none() && self.alias(own).is_none()) {
            return Ok(called);
        }
        match called.alias {
            true => Ok(Called { section, ..called }),
            false => self.called_exactly(&own.clone()),
        }
    }

    fn called_exactly(&self, name: &[u8]) -> Result<Called, SourceError> {
        let alias = self.alias(name);
        let real = alias.unwrap_or(name);
        let section = self.anonymous_section(name, real).map(owned);
        let found = if section.is_none() { self.find(real)? } else { None };
        Ok(Called { alias: alias.is_some(), real: real.to_vec(), section, found })
    }

    /// The account that the first UserAlias for a name names instead; the alias `*` is for every name.
    fn alias(&self, name: &[u8]) -> Option<&[u8]> {
        let mut aliases = self.policy.aliases.iter();
        aliases.find(|(alias, _)| alias == name || alias == b"*").map(|(_, real)| real.as_slice())
    }

    /// The section that a name leads to, by itself or by what it is an alias of; and by which of the two. Of sections with the same
    /// name the last holds, as in ProFTPD.
    fn anonymous_section<'n>(&self, name: &'n [u8], real: &'n [u8]) -> Option<(usize, &'n [u8])> {
        let section = |name| self.policy.anonymous.named(name).map(|index| (index, name));
        section(name).or_else(|| section(real))
    }

    /// Any password will do, unless the section asks for one: then it is its User's, or that of whoever is called by the alias.
    fn judge_anonymous(
        &self,
        index: usize,
        called: &[u8],
        password: &Secret,
        walk: &mut Walk<'_>,
    ) -> Result<Judgement, SourceError> {
        let section = &self.policy.anonymous[index];
        if section.require_password {
            let guest = if section.authenticates_alias { called } else { &section.user };
            if let Err(denial) = self.judge_guest(guest, section, password, walk)? {
                return Ok(Err(denial));
            }
        }
        self.admit_anonymous(index)
    }

    /// Whether the password is that of somebody who may come in at all; the shell is the section's User's matter.
    fn judge_guest(
        &self,
        guest: &[u8],
        section: &AnonymousPolicy,
        password: &Secret,
        walk: &mut Walk<'_>,
    ) -> Result<Result<(), Denial>, SourceError> {
        let found = self.find(guest)?;
        let proven = walk.prove(guest, found.as_ref(), password)?;
        let Some(found) = found else { return Ok(Err(Denial::NoSuchUser)) };
        let account = &found.candidate.account;
        let rules = section.terms.of(self.origin.visitor(account)).rules;
        if rules.use_ftp_users && proven.is_ok() && ftpusers::names(&account.name)? {
            return Ok(Err(Denial::FtpUsers));
        }
        Ok(proven.and_then(|()| self.refuse_root(found.candidate.account).map(drop)))
    }

    fn admit_anonymous(&self, index: usize) -> Result<Judgement, SourceError> {
        let section = &self.policy.anonymous[index];
        let owner = match self.caller {
            Some(caller) => Some(callers_anonymous(section, caller)?),
            None => host_accounts::anonymous(section)?,
        };
        let Some(owner) = owner else { return Ok(Err(Denial::NoSuchUser)) };
        let rules = section.terms.of(self.origin.visitor(&owner.account)).rules;
        if let Some(denial) = refusal(rules, &owner)?.filter(|_| self.caller.is_none()) {
            return Ok(Err(denial));
        }
        let anonymous = u16::try_from(index).ok();
        Ok(self.refuse_root(owner.account).map(|account| Admission { account, anonymous }))
    }

    fn find(&self, name: &[u8]) -> Result<Option<Found>, SourceError> {
        if name.is_empty() || name.len() > usize::from(NAME_MAX) {
            return Ok(None);
        }
        for (owner, step) in self.steps.iter().enumerate() {
            let Some(source) = step.source() else { continue };
            let found = source.find(name)?;
            trace::tell(Channel::Auth, 7, || {
                let known = if found.is_some() { "knows" } else { "does not know" };
                format!("step {} of AuthOrder {known} '{}'", owner + 1, Printable(name))
            });
            match found {
                Some(candidate) => return Ok(Some(Found { owner, candidate })),
                None if step.is_authoritative => return Ok(None),
                None => {}
            }
        }
        Ok(None)
    }

    fn admit(&self, found: Found) -> Result<Judgement, SourceError> {
        let Found { owner, mut candidate } = found;
        candidate.account.groups = self.groups_of(&candidate.account, owner)?;
        let rules = self.policy.terms.of(self.origin.visitor(&candidate.account)).rules;
        if let Some(denial) = refusal(rules, &candidate)? {
            return Ok(Err(denial));
        }
        let account = match self.caller {
            Some((uid, gid)) => Account { uid, gid, ..candidate.account },
            None => candidate.account,
        };
        Ok(self.refuse_root(account).map(|account| Admission { account, anonymous: None }))
    }

    /// By the module that knows the account; but its primary group has the first name that any module has for it, as in ProFTPD:
    /// DefaultRoot may go by that.
    fn groups_of(&self, account: &Account, owner: usize) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
        let source = self.steps[owner].source();
        let mut groups = source.map_or(Ok(Vec::new()), |source| source.memberships(account))?;
        if groups.iter().all(|(gid, _)| *gid != account.gid)
            && let Some(name) = self.group_name(account.gid)?
        {
            groups.insert(0, (account.gid, name));
            groups.truncate(GRANT_GROUPS);
        }
        Ok(groups)
    }

    fn group_name(&self, gid: GroupId) -> Result<Option<Vec<u8>>, SourceError> {
        for source in self.steps.iter().filter_map(Step::source) {
            let name = source.group_name(gid)?;
            if name.is_some() {
                return Ok(name);
            }
        }
        Ok(None)
    }

    /// Nobody becomes root, or a member of its group; where the daemon is not root, ids mean nothing.
    fn refuse_root(&self, account: Account) -> Result<Account, Denial> {
        let is_root = account.uid == UserId::ROOT || account.gid == GroupId::ROOT;
        if is_root && self.caller.is_none() { Err(Denial::Root) } else { Ok(account) }
    }
}

/// What keeps an account out, whatever its password.
fn refusal(rules: LoginRules, candidate: &Candidate) -> Result<Option<Denial>, SourceError> {
    if rules.require_valid_shell && !shells::is_valid(&candidate.shell) {
        return Ok(Some(Denial::Shell(candidate.shell.clone())));
    }
    let is_listed = rules.use_ftp_users && ftpusers::names(&candidate.account.name)?;
    Ok(is_listed.then_some(Denial::FtpUsers))
}

/// Without root the section's User need not exist.
fn callers_anonymous(
    section: &AnonymousPolicy,
    (uid, gid): (UserId, GroupId),
) -> Result<Candidate, SourceError> {
    let groups = Vec::new();
    let known = host_accounts::anonymous(section)?;
    let account = match known {
        Some(Candidate { account, .. }) => Account { uid, gid, groups, ..account },
        None => Account { name: section.user.clone(), uid, gid, groups, home: "/".into() },
    };
    Ok(Candidate { account, shell: Vec::new(), proof: Proof::Nothing, lapse: None })
}
