//! The host's own accounts: as one source of logins, as the owners of anonymous sessions, and as names in listings. Nothing is kept:
//! each login asks the host's name service anew.

use std::path::PathBuf;
use std::sync::Arc;

use super::ageing::{self, Ageing};
use super::kept::Kept;
use super::remarks::Remarks;
use super::source::{Candidate, Proof, Source, SourceError};
use crate::auth::login::proof::is_usable;
use crate::auth::{Account, AnonymousPolicy};
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::accounts::{self, HostAccount, Shadow};
use crate::sys::{GroupId, UserId, crypt};

/// Where most hosts keep their hashes.
const SHADOW_FILE: &str = "/etc/shadow";

/// The host as a source of accounts.
pub struct HostAccounts {
    remarks: Arc<Remarks>,
    sample: Kept<Option<Vec<u8>>>,
}

impl HostAccounts {
    /// Nobody is asked yet.
    pub fn new(remarks: Arc<Remarks>) -> HostAccounts {
        let meaning = |mut contents: Vec<u8>| {
            let hash = first_hash(&contents);
            crypt::wipe(&mut contents);
            hash
        };
        HostAccounts { remarks, sample: Kept::new(PathBuf::from(SHADOW_FILE), Box::new(meaning)) }
    }
}

impl Source for HostAccounts {
    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError> {
        let Some(found) = look(accounts::account(name))? else { return Ok(None) };
        let shadow = look(accounts::shadow(&found.name))?;
        Ok(Some(candidate(found, shadow, ageing::today())))
    }

    fn memberships(&self, account: &Account) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
        let groups = ids_of_groups(&account.name, account.gid)?;
        if groups.len() > GRANT_GROUPS {
            self.remarks.groups_left_out(&account.name, groups.len(), GRANT_GROUPS);
        }
        named(groups)
    }

    fn group_id(&self, name: &[u8]) -> Result<Option<GroupId>, SourceError> {
        look(accounts::group(name))
    }

    fn sample_hash(&self) -> Option<Vec<u8>> {
        self.sample.current().ok()?.as_ref().clone()
    }

    fn user_name(&self, uid: UserId) -> Option<Vec<u8>> {
        accounts::user_name(uid)
    }

    fn group_name(&self, gid: GroupId) -> Result<Option<Vec<u8>>, SourceError> {
        look(accounts::group_name(gid))
    }
}

fn candidate(found: HostAccount, shadow: Option<Shadow>, today: i64) -> Candidate {
    let ageing = shadow.as_ref().map(ageing_of).unwrap_or_default();
    let hash = shadow.map_or(found.hash, |shadow| shadow.hash);
    Candidate {
        account: Account {
            name: found.name,
            uid: found.uid,
            gid: found.gid,
            groups: Vec::new(),
            home: found.home,
        },
        shell: found.shell,
        proof: Proof::Hash(hash),
        lapse: ageing.lapse(today),
    }
}

fn ageing_of(shadow: &Shadow) -> Ageing {
    let Shadow { changed, longest, inactive, expires, .. } = *shadow;
    Ageing { changed, longest, inactive, expires }
}

/// The first hash in shadow that could let anybody in.
fn first_hash(contents: &[u8]) -> Option<Vec<u8>> {
    let hash = |line: &[u8]| line.split(|byte| *byte == b':').nth(1).map(<[u8]>::to_vec);
    contents.split(|byte| *byte == b'\n').filter_map(hash).find(|hash| is_usable(hash))
}

/// The account of an `<Anonymous>` section: its User, with its Group where one is set; None where the host has no such
/// User or Group.
pub fn anonymous(section: &AnonymousPolicy) -> Result<Option<Candidate>, SourceError> {
    let Some(found) = look(accounts::account(&section.user))? else { return Ok(None) };
    let gid = match &section.group {
        None => found.gid,
        Some(name) => match look(accounts::group(name))? {
            Some(gid) => gid,
            None => return Ok(None),
        },
    };
    let groups = named(ids_of_groups(&found.name, gid)?)?;
    let account = Account { name: section.user.clone(), uid: found.uid, gid, groups, home: found.home };
    Ok(Some(Candidate { account, shell: found.shell, proof: Proof::Nothing, lapse: None }))
}

fn ids_of_groups(name: &[u8], gid: GroupId) -> Result<Vec<GroupId>, SourceError> {
    let mut groups = look(accounts::groups_of(name, gid))?;
    groups.retain(|group| *group != GroupId::ROOT);
    Ok(groups)
}

/// A name service that fails lets nobody in: DefaultRoot may go by a name that it does not tell.
fn named(groups: Vec<GroupId>) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
    let name = |group| Ok((group, look(accounts::group_name(group))?.unwrap_or_default()));
    groups.into_iter().take(GRANT_GROUPS).map(name).collect()
}

fn look<T>(found: std::io::Result<T>) -> Result<T, SourceError> {
    found.map_err(SourceError::NameService)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::accounts::source::Lapse;

    fn section(user: &[u8], group: Option<&[u8]>) -> AnonymousPolicy {
        AnonymousPolicy {
            user: user.to_vec(),
            group: group.map(<[u8]>::to_vec),
            ..AnonymousPolicy::default()
        }
    }

    #[test]
    fn the_sections_user_is_looked_up_on_the_host() {
        let nobody = anonymous(&section(b"nobody", None)).unwrap().unwrap().account;
        assert_eq!(nobody.uid, UserId(65534));
        assert_eq!(nobody.name, b"nobody");
        let daemons = anonymous(&section(b"nobody", Some(b"daemon"))).unwrap().unwrap().account;
        assert_eq!(daemons.gid, accounts::group(b"daemon").unwrap().unwrap());
    }

    #[test]
    fn nobody_is_made_up() {
        assert_eq!(anonymous(&section(b"no-such-user", None)).unwrap(), None);
        assert_eq!(anonymous(&section(b"nobody", Some(b"no-such-group"))).unwrap(), None);
    }

    fn found() -> HostAccount {
        HostAccount {
            name: b"demo".to_vec(),
            uid: UserId(1000),
            gid: GroupId(1000),
            home: PathBuf::from("/home/demo"),
            shell: b"/bin/sh".to_vec(),
            hash: b"$6$of$passwd".to_vec(),
        }
    }

    #[test]
    fn shadow_stands_before_passwd() {
        let shadow = Shadow {
            hash: b"$y$of$shadow".to_vec(),
            changed: Some(900),
            longest: Some(10),
            inactive: None,
            expires: Some(1000),
        };
        let open = candidate(found(), Some(shadow.clone()), 999);
        assert_eq!((open.proof, open.lapse), (Proof::Hash(b"$y$of$shadow".to_vec()), None));
        assert_eq!(candidate(found(), Some(shadow), 1000).lapse, Some(Lapse::Expiration));
        let alone = candidate(found(), None, 1000);
        assert_eq!((alone.proof, alone.lapse), (Proof::Hash(b"$6$of$passwd".to_vec()), None));
    }

    #[test]
    fn the_first_hash_that_lets_in_is_the_sample() {
        assert_eq!(
            first_hash(b"root:*:1::\ndaemon:!:\nempty::\nbroken\ndemo:$y$a$b:1:\n").unwrap(),
            b"$y$a$b"
        );
        assert_eq!(first_hash(b"root:!$6$a$b:1::\n"), None);
    }
}
