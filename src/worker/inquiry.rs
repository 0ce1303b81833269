//! A worker's questions to auth: asked within a deadline, twice at most. A session hears client, timers and bell meanwhile; who has no client
//! to listen to, the bell alone.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
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
    let auth = watch.birth.auth.as_fd();
    let Some(question) = put(auth, request, || watch.wait_to_write(auth, deadline))? else { return Ok(None) };
    while watch.wait_to_read(question.reply(), deadline)? {
        match question.answer() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            answer => return Ok(answer.ok()),
        }
    }
    Ok(None)
}

/// Of a worker that listens to no client meanwhile: both times within one deadline. None where that, or the order to leave, comes first.
pub fn ask_before(birth: &Birth, request: &Request, deadline: Instant) -> Option<Answer> {
    match attempt_before(birth, request, deadline)? {
        Answer::TryAgain => attempt_before(birth, request, deadline),
        answer => Some(answer),
    }
}

fn attempt_before(birth: &Birth, request: &Request, deadline: Instant) -> Option<Answer> {
    let auth = birth.auth.as_fd();
    let wait = || Ok::<_, Infallible>(wait_before(birth, Waiting::to_write(auth), deadline));
    let Ok(question) = put(auth, request, wait);
    answer_before(birth, &question?, deadline)
}

/// Asks as soon as the socket has room for it; None where the wait for that was in vain.
fn put<E>(
    auth: BorrowedFd<'_>,
    request: &Request,
    mut wait_for_room: impl FnMut() -> Result<bool, E>,
) -> Result<Option<Question>, E> {
    loop {
        match Question::ask(auth, request) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !wait_for_room()? {
                    return Ok(None);
                }
            }
            question => return Ok(question.ok()),
        }
    }
}

/// The answer to a question that was asked once, and will not be again; None as above.
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
