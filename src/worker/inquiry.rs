//! A session's questions to auth: asked within a deadline, twice at most, while client, timers and bell are heard.

use std::io;
use std::os::fd::AsFd;
use std::time::Instant;

use super::watch::{Ending, Watch};
use crate::auth::ANSWER_DEADLINE;
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};

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
