//! UserOwner and GroupOwner: new files and folders are given away. To a group of its own a session gives them itself; everything else
//! is auth's to do, for no session may.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use slog::Logger;

use super::{Birth, Door};
use crate::auth::Account;
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};
use crate::config::settings::{DirectoryRules, PathRules};
use crate::sys::GroupId;
use crate::sys::files::{self, Errno};
use crate::sys::poll::{self, Waiting};

/// How long a new file waits for auth.
const PATIENCE: Duration = Duration::from_secs(3);

/// Gives a session's new files away. Only sessions whose rules ask for it have one.
pub struct Giver {
    birth: &'static Birth,
    server: u16,
    log: Logger,
    own: GroupId,
    groups: Vec<(GroupId, Vec<u8>)>,
}

impl Giver {
    /// Where the rules of a session's scope name an owner. Without root ids mean nothing.
    pub fn new(
        birth: &'static Birth,
        server: u16,
        (account, rules): (&Account, &DirectoryRules),
        log: &Logger,
    ) -> Option<Box<Giver>> {
        let is_asked = birth.door != Door::Rootless && (rules.have_owners() || rules.may_be_amended());
        is_asked.then(|| {
            let (own, groups) = (account.gid, account.groups.clone());
            Box::new(Giver { birth, server, log: log.clone(), own, groups })
        })
    }

    /// Gives a file away that the session has just made. Where that fails it stays the session's, and the log says why.
    pub fn give(&self, file: BorrowedFd<'_>, rules: &PathRules<'_>) {
        let outcome = match (rules.user_owner(), rules.group_owner()) {
            (None, None) => Ok(()),
            (None, Some((group, _))) => self.to_group(file, group),
            // Who may write a folder's own file says with it no more than he may do himself, and takes nothing from what the operator says.
            (Some(user), Some((group, true))) => {
                let given = self.to_group(file, group);
                self.to_user(file, user, None).and(given)
            }
            (Some(user), group) => self.to_user(file, user, group.map(|(group, _)| group)),
        };
        if let Err(error) = outcome {
            let group = rules.group_owner().map(|(group, _)| group);
            let owner = rules.user_owner().or(group).unwrap_or_default();
            slog::warn!(self.log, "a new file stays the session's own, {owner} is not given it: {error}");
        }
    }

    fn to_group(&self, file: BorrowedFd<'_>, group: &str) -> io::Result<()> {
        let known = self.groups.iter().find(|(_, name)| name == group.as_bytes()).map(|(gid, _)| *gid);
        let gid = if group == "~" { Some(self.own) } else { known };
        files::give(file, None, Some(gid.ok_or(Errno::EPERM)?))
    }

    fn to_user(&self, file: BorrowedFd<'_>, user: &str, group: Option<&str>) -> io::Result<()> {
        let group = match group {
            Some("~") => {
                self.to_group(file, "~")?;
                ""
            }
            group => group.unwrap_or_default(),
        };
        let (user, group) = (user.as_bytes().to_vec(), group.as_bytes().to_vec());
        let request = Request::Give { server: self.server, user, group };
        let question = Question::ask_about(self.birth.auth.as_fd(), &request, &[file])?;
        match self.answer(&question)? {
            Answer::Given => Ok(()),
            _ => Err(Errno::EPERM.into()),
        }
    }

    fn answer(&self, question: &Question) -> io::Result<Answer> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll::wait(&mut [Waiting::to_read(question.reply())], Some(left)) {
                Ok(0) => return Err(Errno::ETIMEDOUT.into()),
                Ok(_) => return question.answer(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl std::fmt::Debug for Giver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Giver").field("server", &self.server).finish_non_exhaustive()
    }
}
