//! The words of greetings and display files, their variables filled in.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::tz::TimeZone;

use super::peer::Peer;
use crate::config::settings::{Ident, Masquerade, Server};
use crate::shutmsg;
use crate::sys::{NO_BLOCK, clock};

/// Bytes read of a display file.
const DISPLAY_MOST: u64 = 16 * 1024;
/// Bytes shown of one, its variables filled in: a client may have written it, and stand in a folder with a name of 4,000 bytes.
pub const SHOWN_MOST: usize = 64 * 1024;

/// What variables can speak of.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The virtual host.
    pub server: &'a Server,
    /// The address the client reached.
    pub local: SocketAddr,
    /// The client.
    pub peer: Peer,
    /// The name given with USER.
    pub user: Option<&'a [u8]>,
    /// As the client sees it.
    pub cwd: Option<&'a [u8]>,
    /// Of the times it is told.
    pub zone: &'a TimeZone,
}

impl Facts<'_> {
    /// The server's address as clients should know it.
    pub fn server_address(&self) -> String {
        self.server.masquerade.as_ref().and_then(Masquerade::address).unwrap_or(self.local.ip()).to_string()
    }

    /// The value of a variable, by its letter, in a kind of text; None leaves it as it is written. As ProFTPD 1.3.8 fills them, run
    /// beside ferryd.
    fn value(&self, text: Text, letter: u8) -> Option<Vec<u8>> {
        Some(match (text, letter) {
            (Text::Ident, b'L' | b'V') => self.server_address().into_bytes(),
            (Text::Ident, b'v') => self.server.name.clone().into_bytes(),
            (Text::Verdict, b'u') => self.user.unwrap_or_default().to_vec(),
            (Text::Ident | Text::Verdict, _) => return None,
            (Text::Display, b'L') => self.server_address().into_bytes(),
            (Text::Display, b'V') => self.server.name.clone().into_bytes(),
            (Text::Display, b'R') => self.peer.name().into_bytes(),
            (Text::Display, b'E') => self.server.admin.clone().into_bytes(),
            (Text::Display, b'U') => self.user.unwrap_or_default().to_vec(),
            (Text::Display, b'C') => self.cwd.unwrap_or(b"(none)").to_vec(),
            (Text::Display, b'M') => {
                self.server.session.max_clients.most.unwrap_or(0).to_string().into_bytes()
            }
            (Text::Display, b'T') => shutmsg::moment(clock::now(), self.zone).into_bytes(),
            // The name by RFC 1413, which nobody asks for any more.
            (Text::Display, b'u') => b"UNKNOWN".to_vec(),
            (Text::Display, _) => return None,
        })
    }

    /// Replaces a text's variables by their values.
    pub fn fill(&self, text: Text, template: &[u8]) -> Vec<u8> {
        expand(template, |letter| self.value(text, letter))
    }
}

/// A kind of text, by the variables that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// ServerIdent.
    Ident,
    /// AccessGrantMsg, AccessDenyMsg.
    Verdict,
    /// The file of a Display directive.
    Display,
}

/// Replaces `%L` and its like by their values; what is no variable stays as it is.
pub fn expand(template: &[u8], value: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut text = Vec::with_capacity(template.len());
    let mut rest = template;
    while let Some((first, after)) = rest.split_first() {
        match (first, after.first().and_then(|letter| value(*letter))) {
            (b'%', Some(value)) if text.len() + value.len() > SHOWN_MOST => break,
            (b'%', Some(value)) => {
                text.extend_from_slice(&value);
                rest = &after[1..];
            }
            _ => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

/// The words after 220.
pub fn greeting(server: &Server, facts: &Facts<'_>) -> Vec<u8> {
    match &server.ident {
        Ident::Standard if !server.defer_welcome => {
            format!("ProFTPD Server ({}) [{}]", server.name, facts.server_address()).into_bytes()
        }
        Ident::Text(template) => facts.fill(Text::Ident, template.as_bytes()),
        Ident::Standard => b"ProFTPD Server ready.".to_vec(),
        Ident::Address => format!("{} FTP server ready", facts.server_address()).into_bytes(),
    }
}

/// The lines of a display file; none when it cannot be read, for it is an ornament. A pipe in its place is not waited for.
pub fn display(path: &Path, facts: &Facts<'_>) -> Vec<Vec<u8>> {
    let opened = OpenOptions::new().read(true).custom_flags(NO_BLOCK).open(path);
    opened.map(|file| display_of(file, facts)).unwrap_or_default()
}

/// The same of an open file.
pub fn display_of(file: File, facts: &Facts<'_>) -> Vec<Vec<u8>> {
    let mut content = Vec::new();
    if !file.metadata().is_ok_and(|about| about.is_file())
        || file.take(DISPLAY_MOST).read_to_end(&mut content).is_err()
    {
        return Vec::new();
    }
    shown(&content, |letter| facts.value(Text::Display, letter))
}

/// The lines that fit, their variables replaced by values.
pub fn shown(content: &[u8], value: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut room = SHOWN_MOST;
    let has_room = |line: &Vec<u8>| {
        let left = room.checked_sub(line.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    lines(content).map(|line| expand(line, &value)).take_while(has_room).collect()
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content
        .split(|byte| *byte == b'\n')
        .filter(move |_| !content.is_empty())
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadOptions;

    #[test]
    fn variables_are_replaced_and_the_rest_stays() {
        let value = |letter| (letter == b'L').then(|| b"here".to_vec());
        for (template, wanted) in [("at %L.", "at here."), ("%x %", "%x %"), ("100%%L", "100%here"), ("", "")]
        {
            assert_eq!(expand(template.as_bytes(), value), wanted.as_bytes(), "{template}");
        }
    }

    #[test]
    fn each_kind_of_text_takes_its_own_variables() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f.conf");
        std::fs::write(&file, "ServerAdmin me@here\nUseIPv6 off\n").expect("written");
        let options = LoadOptions { rootless: true, ..LoadOptions::default() };
        let settings = crate::config::load(&file, &options).settings.expect("a sound file");
        let facts = Facts {
            server: &settings.servers[0],
            local: ([127, 0, 0, 1], 21).into(),
            peer: Peer::of_socket(([127, 0, 0, 2], 2000).into()),
            user: Some(b"alice"),
            cwd: Some(b"/pub"),
            zone: &TimeZone::UTC,
        };
        for (text, wanted) in [
            (Text::Ident, "127.0.0.1 127.0.0.1 ProFTPD %E %R %U %u %C %h %%"),
            (Text::Verdict, "%L %V %v %E %R %U alice %C %h %%"),
            (Text::Display, "127.0.0.1 ProFTPD %v me@here 127.0.0.2 alice UNKNOWN /pub %h %%"),
        ] {
            assert_eq!(facts.fill(text, b"%L %V %v %E %R %U %u %C %h %%"), wanted.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn a_display_file_is_lines() {
        assert_eq!(lines(b"one\r\n\ntwo\n").collect::<Vec<_>>(), [&b"one"[..], b"", b"two"]);
        assert_eq!(lines(b"").count(), 0);
    }

    #[test]
    fn what_is_shown_is_bounded_whatever_the_variables_hold() {
        let deep = |letter| (letter == b'C').then(|| vec![b'x'; 4_000]);
        for content in [b"%C".repeat(8_192), b"%C\n".repeat(5_461)] {
            let lines = shown(&content, deep);
            let length: usize = lines.iter().map(Vec::len).sum();
            assert!((SHOWN_MOST - 4_000..=SHOWN_MOST).contains(&length), "{length}");
        }
        let one = |_| Some(b"1".to_vec());
        assert_eq!(shown(b"a\n%L\n", one), [b"a".to_vec(), b"1".to_vec()]);
    }
}
