//! Every uid and gid that the accounts of a configuration have: what a filter can hold workers to where auth cannot be asked.

use std::io;
use std::ops::RangeInclusive;

use super::host_accounts;
use super::kept;
use super::line_filter::FilteredFile;
use super::source::SourceError;
use super::user_file::UserTable;
use crate::auth::login::order::Module;
use crate::auth::{Account, Policy};
use crate::sys::crypt;

/// Ranges that a filter asks one by one; more ids than so many ranges hold are one range from the first to the last.
const RANGES_MOST: usize = 32;

/// Ids of accounts, as ranges (first, last), never root's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownIds {
    /// Of users.
    pub uids: Vec<(u32, u32)>,
    /// Of their primary groups.
    pub gids: Vec<(u32, u32)>,
}

impl KnownIds {
    /// For a filter, to which no range means any id: where nobody is known, nobody is let in.
    pub fn or_nobody(&self) -> KnownIds {
        let or_none = |ranges: &[(u32, u32)]| match ranges {
            // root's, which the filter refuses before it looks at the ranges.
            [] => vec![(0, 0)],
            known => known.to_vec(),
        };
        KnownIds { uids: or_none(&self.uids), gids: or_none(&self.gids) }
    }
}

/// Every id but root's, and but the highest, by which setresuid(2) means "leave it as it is".
const ANYBODY: (u32, u32) = (1, u32::MAX - 1);

/// Reads every file of accounts and looks up every anonymous User; where the host's own accounts may log in, any id but root's may be
/// needed, for whom the host knows nobody can list. The process that calls this may bear workers: of the files'
/// contents nothing is left in its memory.
pub fn known_ids(policy: &Policy) -> Result<KnownIds, SourceError> {
    if policy.servers.iter().any(|server| server.order.iter().any(|ordered| ordered.module == Module::Host)) {
        return Ok(KnownIds { uids: vec![ANYBODY], gids: vec![ANYBODY] });
    }
    let mut ids: Vec<(u32, u32)> = Vec::new();
    for server in &policy.servers {
        if let Some(file) = &server.user_file {
            let found = ids_in(file).map_err(|error| SourceError::File(file.path.clone(), error))?;
            ids.extend(found);
        }
        for section in server.anonymous.iter() {
            ids.extend(host_accounts::anonymous(section)?.map(|owner| ids_of(&owner.account)));
        }
    }
    let (uids, gids) = ids.into_iter().unzip();
    Ok(KnownIds { uids: ranges(uids), gids: ranges(gids) })
}

fn ids_of(account: &Account) -> (u32, u32) {
    (account.uid.0, account.gid.0)
}

fn ids_in(file: &FilteredFile) -> io::Result<Vec<(u32, u32)>> {
    let (_, contents) = kept::read(&file.path)?;
    let table = UserTable::read(contents, &file.filter);
    let ids = table.ids();
    crypt::wipe(&mut table.into_contents());
    Ok(ids)
}

/// The fewest ranges that hold these ids and no other; one that holds others too where they would be too many. Whoever has
/// root's id is refused whatever stands here.
fn ranges(mut ids: Vec<u32>) -> Vec<(u32, u32)> {
    ids.retain(|id| *id != 0);
    ids.sort_unstable();
    let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some(last) if id - last.end() <= 1 => *last = *last.start()..=id,
            _ => ranges.push(id..=id),
        }
    }
    match (ranges.first(), ranges.last()) {
        (Some(first), Some(last)) if ranges.len() > RANGES_MOST => vec![(*first.start(), *last.end())],
        _ => ranges.into_iter().map(RangeInclusive::into_inner).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::auth::NamedSections;
    use crate::auth::login::order::Ordered;
    use crate::auth::{AnonymousPolicy, ServerPolicy};

    #[test]
    fn neighbours_share_a_range_and_root_has_none() {
        assert_eq!(ranges(vec![]), []);
        assert_eq!(ranges(vec![0]), []);
        assert_eq!(ranges(vec![7, 5, 6, 9, 0, 5]), [(5, 7), (9, 9)]);
        assert_eq!(ranges((0..1000).collect()), [(1, 999)]);
    }

    #[test]
    fn too_many_ranges_become_one() {
        let apart = |count: u32| (1..=count).map(|n| n * 10).collect::<Vec<u32>>();
        assert_eq!(ranges(apart(32)).len(), 32);
        assert_eq!(ranges(apart(33)), [(10, 330)]);
    }

    fn server(user_file: Option<PathBuf>) -> ServerPolicy {
        let anonymous = AnonymousPolicy { user: b"nobody".to_vec(), ..AnonymousPolicy::default() };
        ServerPolicy {
            user_file: user_file.map(FilteredFile::from),
            anonymous: NamedSections::of(vec![anonymous], |_| Vec::new()),
            ..ServerPolicy::default()
        }
    }

    #[test]
    fn files_and_anonymous_users_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        fs::write(&path, "a:x:1001:80::/:\n# no\nb:y:1002:80::/:\nroot:z:0:0::/:\nbroken\n").unwrap();
        let policy = Policy { servers: vec![server(Some(path)), server(None)], ..Policy::default() };
        let known = known_ids(&policy).unwrap();
        assert_eq!(known.uids, [(1001, 1002), (65534, 65534)]);
        assert_eq!(known.gids, [(80, 80), (65534, 65534)]);
    }

    #[test]
    fn of_the_host_anybody_may_come_but_root() {
        let host = ServerPolicy { order: vec![Ordered::passing(Module::Host)], ..server(None) };
        let known = known_ids(&Policy { servers: vec![server(None), host], ..Policy::default() }).unwrap();
        assert_eq!((known.uids, known.gids), (vec![(1, u32::MAX - 1)], vec![(1, u32::MAX - 1)]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let policy = Policy { servers: vec![server(Some(folder.path().join("users")))], ..Policy::default() };
        assert!(known_ids(&policy).is_err());
    }
}
