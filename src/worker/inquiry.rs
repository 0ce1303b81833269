//! A worker's questions to auth, within a deadline. A session's are asked twice at most, while client, timers and bell are heard; who has no
//! client to listen to hears the bell alone.

use std::io;
use std::os::fd::AsFd;
use std::time::Instant;

use super::Birth;
use super::orders::{self, Standing};
use super::watch::{Ending, Watch};
use crate::auth::ANSWER_DEADLINE;
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};
use crate::sys::poll::{self, Waiting};

/// Asks; after a silence, or an auth that died with the question, once more. Then the answer is [`Answer::TryAgain`].
pub fn ask(watch: &mut Watch, request: &Request) -> Result<Answer, Ending> {
    for _ in 0..2 {
        match attempt(watch, request)? {
            None | Some(Answer::TryAgain) => {}
            Some(answer) => return Ok(answer),
        }
    }
    Ok(Answer::TryAgain)
}

fn attempt(watch: &mut Watch, request: &Request) -> Result<Option<Answer>, Ending> {
    let deadline = Instant::now() + ANSWER_DEADLINE;
    let Some(question) = put(watch, request, deadline)? else { return Ok(None) };
    while watch.wait_to_read(question.reply(), deadline)? {
        match question.answer() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            answer => return Ok(answer.ok()),
        }
    }
    Ok(None)
}

fn put(watch: &mut Watch, request: &Request, deadline: Instant) -> Result<Option<Question>, Ending> {
    let auth = &watch.birth.auth;
    loop {
        match Question::ask(auth.as_fd(), request) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !watch.wait_to_write(auth.as_fd(), deadline)? {
                    return Ok(None);
                }
            }
            question => return Ok(question.ok()),
        }
    }
}

/// The answer to a question, of a worker that listens to no client meanwhile; None where the deadline or the order to leave comes first.
pub fn answer_before(birth: &Birth, question: &Question, deadline: Instant) -> Option<Answer> {
    wait_before(birth, Waiting::to_read(question.reply()), deadline).then(|| question.answer().ok()).flatten()
}

fn wait_before(birth: &Birth, waiting: Waiting<'_>, deadline: Instant) -> bool {
    let mut waiting = [waiting];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || orders::standing(birth) == Standing::Leave {
            return false;
        }
        match poll::wait_or_bell(&mut waiting, Some(left)) {
            Ok(ready) => return ready > 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}
