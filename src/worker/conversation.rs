//! The control connection: what has been read and not yet obeyed, what has been answered and not yet sent. Bounded both
//! ways; replies that belong together leave in one segment. It never waits.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::protocol::charset::Translation;
use crate::protocol::reply::write_part;
use crate::protocol::{Line, LineReader, Reply};
use crate::sys::{crypt, socket};

/// Bytes taken in one read.
const READ_SIZE: usize = 2048;
/// No more is read while this many bytes of lines wait to be obeyed.
const WAITING_MOST: usize = 4096;
/// What a line costs besides its bytes, so that empty ones count, too.
const LINE_COST: usize = 32;
/// No command is obeyed while this many bytes of replies wait to be sent.
const UNSENT_MOST: usize = 8192;

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes, or nothing yet.
    Something,
    /// The client has closed, or the connection failed.
    End,
}

/// One control connection.
#[derive(Debug)]
pub struct Conversation {
    socket: OwnedFd,
    reader: LineReader,
    waiting: VecDeque<Line>,
    waiting_bytes: usize,
    unsent: Vec<u8>,
    translation: Option<Translation>,
    /// Bytes that have come, and bytes that have left.
    traffic: (u64, u64),
}

impl Conversation {
    /// Over an accepted, nonblocking socket, to which so many bytes have been written.
    pub fn new(socket: OwnedFd, longest_line: usize, written: u64) -> Conversation {
        Conversation {
            socket,
            reader: LineReader::new(longest_line),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            unsent: Vec::new(),
            translation: None,
            traffic: (0, written),
        }
    }

    /// From the next byte on lines may be so long.
    pub fn lines_up_to(&mut self, longest_line: usize) {
        self.reader.limit(longest_line);
    }

    /// To wait for.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether there is room for more lines.
    pub fn wants_input(&self) -> bool {
        self.waiting_bytes < WAITING_MOST
    }

    /// Bytes that have come, and bytes that have left or wait to.
    pub fn traffic(&self) -> (u64, u64) {
        (self.traffic.0, self.traffic.1 + self.unsent.len() as u64)
    }

    /// Whether replies wait to be sent.
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether so many replies wait that the client should read some before it is obeyed further.
    pub fn is_backed_up(&self) -> bool {
        self.unsent.len() > UNSENT_MOST
    }

    /// One read.
    pub fn receive(&mut self) -> Received {
        let mut buffer = [0; READ_SIZE];
        match socket::read(self.socket.as_fd(), &mut buffer) {
            Ok(0) => Received::End,
            Ok(length) => {
                self.traffic.0 += length as u64;
                self.take(&buffer[..length]);
                // A password may have been among them.
                crypt::wipe(&mut buffer[..length]);
                Received::Something
            }
            Err(error) if is_passing(&error) => Received::Something,
            Err(_) => Received::End,
        }
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (taken, line) = self.reader.take(bytes);
            bytes = &bytes[taken..];
            match line {
                Some(Line::Decline(answer)) if !self.is_backed_up() => self.unsent.extend_from_slice(&answer),
                Some(Line::Decline(_)) | None => {}
                Some(line) => self.keep(line),
            }
        }
    }

    fn keep(&mut self, line: Line) {
        self.waiting_bytes += cost(&line);
        self.waiting.push_back(line);
    }

    /// The oldest line.
    pub fn next_line(&mut self) -> Option<Line> {
        self.take_line(0)
    }

    /// Takes the first line that `matches`, out of its turn; it says what an urgent command is.
    pub fn take_urgent(&mut self, matches: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        let is_urgent = |line: &Line| matches!(line, Line::Whole(text) if matches(text));
        let index = self.waiting.iter().position(is_urgent)?;
        match self.take_line(index) {
            Some(Line::Whole(text)) => Some(text),
            _ => None,
        }
    }

    fn take_line(&mut self, index: usize) -> Option<Line> {
        let line = self.waiting.remove(index)?;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(cost(&line));
        Some(line)
    }

    /// Adds a reply to what will be sent.
    pub fn reply(&mut self, reply: &Reply) {
        match &self.translation {
            None => reply.write(&mut self.unsent),
            Some(translation) => reply.translated(translation).write(&mut self.unsent),
        }
    }

    /// From here on the client has other characters than the disk, or the same.
    pub fn translate(&mut self, translation: Option<Translation>) {
        self.translation = translation;
    }

    /// Between the disk's characters and the client's, where they differ.
    pub fn translation(&self) -> Option<Translation> {
        self.translation
    }

    /// Adds a line of a long reply, whose closing line follows as a reply of its own.
    pub fn part(&mut self, code: u16, text: &[u8], is_first: bool) {
        let told =
            self.translation.as_ref().map_or(Cow::Borrowed(text), |translation| translation.write(text));
        write_part(code, &told, is_first, &mut self.unsent);
    }

    /// Sends what the socket takes; `false` when the client is gone.
    pub fn send(&mut self) -> bool {
        while self.has_unsent() {
            match socket::write(self.socket.as_fd(), &self.unsent) {
                Ok(0) => return false,
                Ok(length) => {
                    self.traffic.1 += length as u64;
                    self.unsent.drain(..length);
                }
                Err(error) if is_passing(&error) => break,
                Err(_) => return false,
            }
        }
        if self.unsent.is_empty() && self.unsent.capacity() > UNSENT_MOST {
            self.unsent = Vec::new();
        }
        true
    }

    /// Takes what has arrived and will not be obeyed, so that closing does not reset the connection under the last reply.
    pub fn discard_input(&mut self) {
        let mut buffer = [0; READ_SIZE];
        for _ in 0..8 {
            if !matches!(socket::read(self.socket.as_fd(), &mut buffer), Ok(1..)) {
                break;
            }
        }
    }
}

fn cost(line: &Line) -> usize {
    match line {
        Line::Whole(text) | Line::TooLong(text) => text.len() + LINE_COST,
        Line::Nul | Line::Decline(_) => LINE_COST,
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Conversation, OwnedFd) {
        let (ours, client) = std::os::unix::net::UnixStream::pair().unwrap();
        (Conversation::new(ours.into(), 64, 0), client.into())
    }

    fn say(client: &OwnedFd, text: &[u8]) {
        assert_eq!(socket::write(client.as_fd(), text).unwrap(), text.len());
    }

    fn whole(text: &[u8]) -> Option<Line> {
        Some(Line::Whole(text.to_vec()))
    }

    #[test]
    fn lines_wait_in_order_and_abor_may_overtake() {
        let (mut conversation, client) = pair();
        say(&client, b"NOOP\r\nPWD\r\nABOR\r\nQU");
        assert_eq!(conversation.receive(), Received::Something);
        assert_eq!(conversation.take_urgent(|line| line == b"ABOR").as_deref(), Some(&b"ABOR"[..]));
        assert_eq!(conversation.next_line(), whole(b"NOOP"));
        assert_eq!(conversation.next_line(), whole(b"PWD"));
        assert_eq!(conversation.next_line(), None);
        say(&client, b"IT\r\n");
        conversation.receive();
        assert_eq!(conversation.next_line(), whole(b"QUIT"));
    }

    #[test]
    fn replies_leave_together() {
        let (mut conversation, client) = pair();
        conversation.reply(&Reply::new(426, "Aborted"));
        conversation.reply(&Reply::new(226, "Done"));
        assert!(conversation.send());
        let mut buffer = [0; 64];
        let length = socket::read(client.as_fd(), &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"426 Aborted\r\n226 Done\r\n");
    }

    #[test]
    fn a_flood_of_empty_lines_stops_the_reading() {
        let (mut conversation, client) = pair();
        while conversation.wants_input() {
            say(&client, &[b'\n'; 100]);
            conversation.receive();
        }
        assert!(conversation.waiting.len() <= WAITING_MOST / LINE_COST + READ_SIZE);
    }

    #[test]
    fn the_clients_end_is_seen() {
        let (mut conversation, client) = pair();
        drop(client);
        assert_eq!(conversation.receive(), Received::End);
    }
}
