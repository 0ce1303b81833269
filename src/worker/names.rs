//! Names of users and groups for listings. A confined session cannot look them up, so auth is asked, once for each; an
//! id that nobody knows, or that auth does not answer for in time, is shown as its number.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::Birth;
use crate::auth::Account;
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};
use crate::sys::poll::{self, Waiting};
use crate::sys::{GroupId, UserId};

/// How long a listing waits for a name. After one silence the session asks no more.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most names remembered of each kind; ids beyond them are shown as numbers.
const REMEMBERED_MOST: usize = 512;

/// What a session knows of names.
pub struct Names {
    birth: &'static Birth,
    server: u16,
    users: HashMap<UserId, Vec<u8>>,
    groups: HashMap<GroupId, Vec<u8>>,
    is_answered: bool,
}

impl Names {
    /// Begins with what the login told.
    pub fn new(birth: &'static Birth, server: u16, account: &Account) -> Names {
        Names {
            birth,
            server,
            users: HashMap::from([(account.uid, account.name.clone())]),
            groups: account.groups.iter().cloned().collect(),
            is_answered: true,
        }
    }

    /// A user's name, or number.
    pub fn user(&mut self, id: UserId) -> &[u8] {
        if !self.users.contains_key(&id) {
            let name = self.ask(self.users.len(), vec![id], Vec::new());
            remember(&mut self.users, id, name.unwrap_or_else(|| id.to_string().into_bytes()));
        }
        self.users.get(&id).map_or(b"?", Vec::as_slice)
    }

    /// A group's name, or number.
    pub fn group(&mut self, id: GroupId) -> &[u8] {
        if !self.groups.contains_key(&id) {
            let name = self.ask(self.groups.len(), Vec::new(), vec![id]);
            remember(&mut self.groups, id, name.unwrap_or_else(|| id.to_string().into_bytes()));
        }
        self.groups.get(&id).map_or(b"?", Vec::as_slice)
    }

    fn ask(&mut self, known: usize, users: Vec<UserId>, groups: Vec<GroupId>) -> Option<Vec<u8>> {
        if !self.is_answered || known >= REMEMBERED_MOST {
            return None;
        }
        let answer = self.answer(&Request::Names { server: self.server, users, groups });
        self.is_answered = answer.is_some();
        match answer? {
            Answer::Names { users, groups } => {
                users.into_iter().chain(groups).next().filter(|name| !name.is_empty())
            }
            _ => None,
        }
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let question = Question::ask(self.birth.auth.as_fd(), request).ok()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll::wait(&mut [Waiting::to_read(question.reply())], Some(left)) {
                Ok(0) => return None,
                Ok(_) => return question.answer().ok(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

/// One entry beyond the most is overwritten each time, so that the caller always finds what it asked for.
fn remember<Id: Copy + Eq + std::hash::Hash>(known: &mut HashMap<Id, Vec<u8>>, id: Id, name: Vec<u8>) {
    if known.len() > REMEMBERED_MOST
        && let Some(other) = known.keys().next().copied()
    {
        known.remove(&other);
    }
    known.insert(id, name);
}
