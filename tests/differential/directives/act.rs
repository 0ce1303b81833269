//! What the clients of a row do, line by line.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::Linger;

use crate::differential::script::{Brought, Heard, Step, Talk, UPLOADED, data_stream, say};
use crate::harness::PASSWORD;
use crate::harness::client::{Client, Reply, extended_port};

/// One line of a row's script.
#[derive(Clone, Debug)]
pub enum Act {
    /// `[b 127.0.0.2]`: from here on session b speaks, which is begun at its first word.
    Session(String, Option<Ipv4Addr>),
    /// `+alice`: USER and PASS.
    Login(String),
    /// `.`: a reply that nobody has asked for.
    Hear,
    /// `-`: the session's QUIT.
    Leave,
    /// `cut FILE STOR x`: the data connection of an upload is reset when all that was sent stands in that file.
    Cut(String, String),
    /// `until FILE`: waits for a file.
    Until(String),
    /// `gone FILE`: waits for its end.
    Gone(String),
    Step(Step),
}

impl Act {
    pub fn of(line: &str) -> Act {
        if let Some(session) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (name, source) = session.split_once(' ').unwrap_or((session, ""));
            return Act::Session(name.to_owned(), source.parse().ok());
        }
        if let Some(name) = line.strip_prefix('+') {
            return Act::Login(name.to_owned());
        }
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match words[..] {
            ["."] => Act::Hear,
            ["-"] => Act::Leave,
            ["cut", file, line] => Act::Cut(file.to_owned(), line.to_owned()),
            ["until", file] => Act::Until(file.to_owned()),
            ["gone", file] => Act::Gone(file.to_owned()),
            _ => Act::Step(Step::of(&bytes_of(line))),
        }
    }
}

/// The line, with the byte that is meant in the place of each `\xE6`.
fn bytes_of(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

/// The sessions of one script.
pub struct Sessions<'a> {
    address: SocketAddr,
    folder: &'a Path,
    named: Vec<(String, Option<Ipv4Addr>, Option<Talk>)>,
    speaks: usize,
    heard: Vec<Heard>,
}

impl Sessions<'_> {
    pub fn new(address: SocketAddr, folder: &Path) -> Sessions<'_> {
        Sessions { address, folder, named: vec![(String::new(), None, None)], speaks: 0, heard: Vec::new() }
    }

    pub fn perform(&mut self, act: &Act) {
        match act {
            Act::Session(name, source) => self.turn_to(name, *source),
            Act::Login(name) => {
                let password = if name == "ftp" { "guest@example.org" } else { PASSWORD };
                for line in [format!("USER {name}"), format!("PASS {password}")] {
                    self.obey(&Step::Say(line.into_bytes()));
                }
            }
            Act::Hear => self.with("(hear)", |client| Ok((vec![client.try_reply()?], None))),
            Act::Leave => self.leave(),
            Act::Cut(file, line) => {
                let file = self.folder.join(file);
                self.with(&format!("(cut) {line}"), |client| cut(client, line, &file));
            }
            Act::Until(file) => awaited(|| self.folder.join(file).exists()),
            Act::Gone(file) => awaited(|| !self.folder.join(file).exists()),
            Act::Step(step) => self.obey(step),
        }
    }

    fn turn_to(&mut self, name: &str, source: Option<Ipv4Addr>) {
        self.speaks = self.named.iter().position(|(known, ..)| known == name).unwrap_or_else(|| {
            self.named.push((name.to_owned(), source, None));
            self.named.len() - 1
        });
        self.with_talk(|_| ());
    }

    fn obey(&mut self, step: &Step) {
        self.with_talk(|talk| talk.obey(step));
    }

    fn with(&mut self, said: &str, take: impl FnOnce(&mut Client) -> Brought) {
        self.with_talk(|talk| talk.step(said, take));
    }

    fn with_talk(&mut self, act: impl FnOnce(&mut Talk)) {
        let (_, source, talk) = &mut self.named[self.speaks];
        let talk = talk.get_or_insert_with(|| {
            Talk::begun(match source {
                Some(source) => Client::connect_from(*source, self.address),
                None => Client::connect(self.address),
            })
        });
        act(talk);
        self.heard.extend(talk.news());
    }

    fn leave(&mut self) {
        let (.., talk) = &mut self.named[self.speaks];
        let heard = talk.take().map(Talk::finished).unwrap_or_default();
        self.heard.extend(heard);
    }

    /// All that was heard, when all sessions have said QUIT.
    pub fn finished(mut self) -> Vec<Heard> {
        for index in 0..self.named.len() {
            self.speaks = index;
            self.leave();
        }
        self.heard
    }
}

/// An upload that is under way, all that was sent in the file.
fn begun(client: &mut Client, line: &str, file: &PathBuf) -> io::Result<(Vec<Reply>, TcpStream)> {
    let passive = say(client, b"EPSV")?;
    let port = extended_port(&passive).ok_or(io::ErrorKind::NotConnected)?;
    let mut data = data_stream(client, port)?;
    let first = say(client, line.as_bytes())?;
    if first.code / 100 != 1 {
        return Ok((vec![passive, first], data));
    }
    data.write_all(UPLOADED)?;
    awaited(|| std::fs::metadata(file).is_ok_and(|about| about.len() >= UPLOADED.len() as u64));
    Ok((vec![passive, first], data))
}

/// The data connection is reset, as a host that has gone resets it.
fn cut(client: &mut Client, line: &str, file: &PathBuf) -> Brought {
    let (mut replies, data) = begun(client, line, file)?;
    if replies.iter().any(|reply| reply.code / 100 > 3) {
        return Ok((replies, None));
    }
    setsockopt(&data, Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
    drop(data);
    replies.push(client.try_reply()?);
    Ok((replies, None))
}

/// What one of the servers does behind the client's back; where it never does, the comparison tells of it.
fn awaited(mut is_so: impl FnMut() -> bool) {
    const MOST: Duration = Duration::from_secs(5);
    let start = Instant::now();
    while !is_so() && start.elapsed() < MOST {
        std::thread::sleep(Duration::from_millis(2));
    }
}
