//! A worker's question to auth, from its side: sent once with a descriptor for the answer, which the worker waits for
//! together with its client and its bell. Nothing stays open once the answer is there.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::{Answer, RECORD_MAX, Request};
use crate::sys::socket;

/// A question under way.
#[derive(Debug)]
pub struct Question {
    reply: OwnedFd,
}

impl Question {
    /// Worker: asks. `WouldBlock` when the queue is full: wait until `auth` is writable, within the deadline, and ask
    /// again.
    pub fn ask(auth: BorrowedFd<'_>, request: &Request) -> io::Result<Question> {
        Question::ask_about(auth, request, &[])
    }

    /// The same, about a file.
    pub fn ask_about(
        auth: BorrowedFd<'_>,
        request: &Request,
        about: &[BorrowedFd<'_>],
    ) -> io::Result<Question> {
        let (reply, auths) = socket::seqpacket_pair()?;
        let descriptors = [&[auths.as_fd()], about].concat();
        socket::send(auth, request.encode().reveal(), &descriptors, false)?;
        // Only auth holds the other end now: its death, or its dropping the request, is an end of file here.
        drop(auths);
        Ok(Question { reply })
    }

    /// What to wait for (readable).
    pub fn reply(&self) -> BorrowedFd<'_> {
        self.reply.as_fd()
    }

    /// Worker: the answer, once [`Question::reply`] is readable. An auth that died, or that will not answer, is
    /// [`Answer::TryAgain`]; `WouldBlock` when nothing has come yet.
    pub fn answer(&self) -> io::Result<Answer> {
        // As large as what has come: a buffer for the largest would cost each session four pages. Read plainly: the filter lets no
        // worker receive a descriptor.
        let mut buffer = vec![0; socket::waiting(self.reply.as_fd())?.min(RECORD_MAX)];
        let length = socket::read(self.reply.as_fd(), &mut buffer)?;
        if length == 0 {
            return Ok(Answer::TryAgain);
        }
        Answer::decode(&buffer[..length]).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::wire::places::LimitKind;

    fn connection() -> Request {
        Request::Connection { server: 0, peer: [127, 0, 0, 1].into() }
    }

    #[test]
    fn a_question_is_answered_on_its_own_descriptor() {
        let (workers, auths) = socket::datagram_pair().unwrap();
        let question = Question::ask(workers.as_fd(), &connection()).unwrap();
        assert_eq!(question.answer().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let received = socket::receive(auths.as_fd(), &mut [0; 64], false).unwrap();
        let answer = Answer::Full(LimitKind::Instances, 7);
        socket::send(received.descriptors[0].as_fd(), &answer.encode(), &[], false).unwrap();
        assert_eq!(question.answer().unwrap(), answer);
        drop(received);
        assert_eq!(question.answer().unwrap(), Answer::TryAgain);
    }
}
