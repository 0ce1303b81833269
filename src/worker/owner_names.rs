//! Names of users and groups for listings. A confined session cannot look them up, so auth is asked, once for each; an
//! id that nobody knows, or that auth does not answer for in time, is shown as its number.

use std::mem;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::Birth;
use super::inquiry;
use super::listing::Names;
use crate::auth::Account;
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};
use crate::sys::{GroupId, UserId};

/// How long a listing waits for a name. After one silence the session asks no more.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whom a listing asks.
pub struct Directory {
    birth: &'static Birth,
    server: u16,
    user: (UserId, Vec<u8>),
    groups: Vec<(GroupId, Vec<u8>)>,
    is_answered: bool,
    has_waited: bool,
}

impl Directory {
    /// Begins with what the login told.
    pub fn new(birth: &'static Birth, server: u16, account: &Account) -> Directory {
        let user = (account.uid, account.name.clone());
        Directory {
            birth,
            server,
            user,
            groups: account.groups.clone(),
            is_answered: true,
            has_waited: false,
        }
    }

    fn ask(&mut self, users: Vec<UserId>, groups: Vec<GroupId>) -> Vec<u8> {
        if !self.is_answered {
            return Vec::new();
        }
        let answer = self.answer(&Request::Names { server: self.server, users, groups });
        (self.is_answered, self.has_waited) = (answer.is_some(), true);
        match answer {
            Some(Answer::Names { users, groups }) => {
                users.into_iter().chain(groups).next().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let question = Question::ask(self.birth.auth.as_fd(), request).ok()?;
        // An order to leave is obeyed as soon as the listing looks up; no name is worth waiting for then.
        inquiry::answer_before(self.birth, &question, Instant::now() + PATIENCE)
    }
}

impl Names for Directory {
    fn user(&mut self, uid: UserId) -> Vec<u8> {
        match &self.user {
            (known, name) if *known == uid => name.clone(),
            _ => self.ask(vec![uid], Vec::new()),
        }
    }

    fn group(&mut self, gid: GroupId) -> Vec<u8> {
        match self.groups.iter().find(|(known, _)| *known == gid) {
            Some((_, name)) => name.clone(),
            None => self.ask(Vec::new(), vec![gid]),
        }
    }

    fn has_waited(&mut self) -> bool {
        mem::take(&mut self.has_waited)
    }
}
