//! Virtual users: AuthUserFile and AuthGroupFile as one source. Groups of the host are not theirs.

use std::sync::Arc;

use slog::{Logger, warn};

use super::group_file::GroupTable;
use super::kept::Kept;
use super::line_filter::FilteredFile;
use super::source::{Candidate, Proof, Source, SourceError};
use super::user_file::{UserLine, UserTable};
use crate::auth::Account;
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

/// Broken lines that the log names; the others are counted.
const BROKEN_NAMED: usize = 10;

/// The users of one pair of files.
pub struct VirtualUsers {
    users: Kept<UserTable>,
    groups: Option<Kept<GroupTable>>,
}

impl VirtualUsers {
    /// Nothing is read before the first login.
    pub fn new(user_file: FilteredFile, group_file: Option<FilteredFile>, log: &Logger) -> VirtualUsers {
        VirtualUsers {
            users: Kept::new(user_file.path.clone(), Box::new(users_meaning(user_file, log.clone()))),
            groups: group_file
                .map(|file| Kept::new(file.path.clone(), Box::new(groups_meaning(file, log.clone())))),
        }
    }

    fn groups(&self) -> Result<Option<Arc<GroupTable>>, SourceError> {
        self.groups.as_ref().map(Kept::current).transpose()
    }
}

impl Source for VirtualUsers {
    fn find(&self, name: &[u8]) -> Result<Option<Candidate>, SourceError> {
        let users = self.users.current()?;
        Ok(users.find(name).map(|line| candidate(&line)))
    }

    fn memberships(&self, account: &Account) -> Result<Vec<(GroupId, Vec<u8>)>, SourceError> {
        Ok(self.groups()?.map(|table| memberships(account, &table)).unwrap_or_default())
    }

    fn group_id(&self, name: &[u8]) -> Result<Option<GroupId>, SourceError> {
        Ok(self.groups()?.and_then(|table| table.gid_of(name)))
    }

    fn sample_hash(&self) -> Option<Vec<u8>> {
        let users = self.users.current().ok()?;
        users.first().map(|line| line.hash.to_vec())
    }

    fn user_name(&self, uid: UserId) -> Option<Vec<u8>> {
        let users = self.users.current().ok()?;
        users.find_uid(uid).map(|line| line.name.to_vec())
    }

    fn group_name(&self, gid: GroupId) -> Result<Option<Vec<u8>>, SourceError> {
        let groups = self.groups()?;
        Ok(groups.and_then(|table| table.name_of(gid).map(<[u8]>::to_vec)))
    }
}

fn candidate(line: &UserLine<'_>) -> Candidate {
    let account = Account {
        name: line.name.to_vec(),
        uid: line.uid,
        gid: line.gid,
        groups: Vec::new(),
        home: line.home.clone(),
    };
    Candidate { account, shell: line.shell.to_vec(), proof: Proof::Hash(line.hash.to_vec()), lapse: None }
}

/// The primary group first, where it has a name; root's group is nobody's.
fn memberships(account: &Account, table: &GroupTable) -> Vec<(GroupId, Vec<u8>)> {
    let primary = table.name_of(account.gid).map(|name| (account.gid, name.to_vec()));
    let others = table.groups_of(&account.name).into_iter().filter(|(gid, _)| *gid != account.gid);
    primary.into_iter().chain(others).filter(|(gid, _)| *gid != GroupId::ROOT).take(GRANT_GROUPS).collect()
}

fn users_meaning(file: FilteredFile, log: Logger) -> impl Fn(Vec<u8>) -> UserTable {
    move |contents| {
        let table = UserTable::read(contents, &file.filter);
        let path = file.path.display();
        for line in table.broken().iter().take(BROKEN_NAMED) {
            warn!(log, "AuthUserFile {path}:{}: {}; line ignored", line.number, line.fault);
        }
        if table.broken().len() > BROKEN_NAMED {
            let others = table.broken().len() - BROKEN_NAMED;
            warn!(log, "AuthUserFile {path}: {others} more lines ignored");
        }
        table
    }
}

fn groups_meaning(file: FilteredFile, log: Logger) -> impl Fn(Vec<u8>) -> GroupTable {
    move |contents| {
        let table = GroupTable::read(&contents, &file.filter);
        if table.broken() > 0 {
            warn!(log, "AuthGroupFile {}: {} broken lines ignored", file.path.display(), table.broken());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn quiet() -> Logger {
        Logger::root(slog::Discard, slog::o!())
    }

    #[test]
    fn an_account_has_the_groups_of_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (users, groups) = (folder.path().join("users"), folder.path().join("groups"));
        fs::write(&users, "demo:$6$x$y:1001:80::/srv/demo:/bin/sh\n").unwrap();
        fs::write(&groups, "mail:x:25:demo\nweb:x:80:demo\nroot:x:0:demo\n").unwrap();
        let source = VirtualUsers::new(users.into(), Some(groups.into()), &quiet());
        let demo = source.find(b"demo").unwrap().unwrap();
        let groups = source.memberships(&demo.account).unwrap();
        assert_eq!(groups, [(GroupId(80), b"web".to_vec()), (GroupId(25), b"mail".to_vec())]);
        assert_eq!(demo.proof, Proof::Hash(b"$6$x$y".to_vec()));
        assert_eq!(source.find(b"root").unwrap(), None);
        assert_eq!(source.sample_hash().as_deref(), Some(&b"$6$x$y"[..]));
        assert_eq!(source.user_name(UserId(1001)).as_deref(), Some(&b"demo"[..]));
        assert_eq!(source.group_name(GroupId(80)).unwrap().as_deref(), Some(&b"web"[..]));
    }

    #[test]
    fn a_missing_file_is_an_error_and_no_refusal() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        assert!(VirtualUsers::new(users.clone().into(), None, &quiet()).find(b"demo").is_err());
        fs::write(&users, "demo:x:1:1::/:").unwrap();
        let groups = Some(folder.path().join("groups").into());
        let source = VirtualUsers::new(users.into(), groups, &quiet());
        let demo = source.find(b"demo").unwrap().unwrap();
        assert!(source.memberships(&demo.account).is_err());
    }
}
