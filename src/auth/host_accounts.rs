//! The host's own accounts, as the owners of anonymous sessions and as names in listings. Their passwords are not asked
//! here.

use super::source::SourceError;
use super::{Account, AnonymousPolicy};
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::accounts::{self, HostAccount};
use crate::sys::{GroupId, UserId};

/// The account of an `<Anonymous>` section: its User, with its Group where one is set; None where the host has no such
/// User or Group.
pub fn anonymous(section: &AnonymousPolicy) -> Result<Option<Account>, SourceError> {
    let Some(found) = look(accounts::account(&section.user))? else { return Ok(None) };
    let gid = match &section.group {
        None => found.gid,
        Some(name) => match look(accounts::group(name))? {
            Some(gid) => gid,
            None => return Ok(None),
        },
    };
    let groups = memberships(&found, gid)?;
    Ok(Some(Account { name: section.user.clone(), uid: found.uid, gid, groups, home: found.home }))
}

fn memberships(account: &HostAccount, gid: GroupId) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
    let mut groups = look(accounts::groups_of(&account.name, gid))?;
    groups.retain(|group| *group != GroupId::ROOT);
    groups.truncate(GRANT_GROUPS);
    Ok(groups.into_iter().map(|group| (group, group_name(group).unwrap_or_default())).collect())
}

/// What the host calls a uid.
pub fn user_name(uid: UserId) -> Option<Vec<u8>> {
    accounts::user_name(uid)
}

/// What the host calls a gid.
pub fn group_name(gid: GroupId) -> Option<Vec<u8>> {
    accounts::group_name(gid)
}

fn look<T>(found: std::io::Result<T>) -> Result<T, SourceError> {
    found.map_err(SourceError::NameService)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(user: &[u8], group: Option<&[u8]>) -> AnonymousPolicy {
        AnonymousPolicy {
            user: user.to_vec(),
            group: group.map(<[u8]>::to_vec),
            names: vec![user.to_vec()],
            ..AnonymousPolicy::default()
        }
    }

    #[test]
    fn the_sections_user_is_looked_up_on_the_host() {
        let nobody = anonymous(&section(b"nobody", None)).unwrap().unwrap();
        assert_eq!(nobody.uid, UserId(65534));
        assert_eq!(nobody.name, b"nobody");
        let daemons = anonymous(&section(b"nobody", Some(b"daemon"))).unwrap().unwrap();
        assert_eq!(daemons.gid, accounts::group(b"daemon").unwrap().unwrap());
    }

    #[test]
    fn nobody_is_made_up() {
        assert_eq!(anonymous(&section(b"no-such-user", None)).unwrap(), None);
        assert_eq!(anonymous(&section(b"nobody", Some(b"no-such-group"))).unwrap(), None);
    }
}
