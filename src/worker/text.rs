//! The words of greetings, verdicts and display files: what their variables stand for.

use std::borrow::Cow;
use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::peer::Peer;
use crate::config::settings::{Ident, Masquerade, Server, SessionRules};
use crate::scoreboard::Totals;
use crate::shutmsg;
use crate::sys::clock;

/// Bytes of a text with its variables filled in: a client may have written it, and stand in a folder with a name of 4,000 bytes.
pub const SHOWN_MOST: usize = 64 * 1024;
/// Bytes of `{...}`, the longest name of a variable.
const NAME_MOST: usize = 128;

/// What variables can speak of.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The virtual host.
    pub server: &'a Server,
    /// What holds for the session.
    pub rules: &'a SessionRules,
    /// The address the client reached.
    pub local: SocketAddr,
    /// The client.
    pub peer: Peer,
    /// The name given with USER.
    pub user: Option<&'a [u8]>,
    /// As the client sees it.
    pub cwd: Option<&'a [u8]>,
    /// The client's class.
    pub class: Option<&'a str>,
    /// What the session has moved.
    pub moved: Totals,
    /// Of the times it is told.
    pub zone: &'a TimeZone,
}

impl Facts<'_> {
    /// The server's address as clients should know it.
    pub fn server_address(&self) -> String {
        self.rules.masquerade.as_ref().and_then(Masquerade::address).unwrap_or(self.local.ip()).to_string()
    }

    /// Whom clients write to.
    pub fn admin(&self) -> Cow<'_, str> {
        match &self.server.admin {
            Some(admin) => admin.into(),
            None => format!("root@{}", self.local.ip().to_canonical()).into(),
        }
    }

    /// The value of a variable in a kind of text; None leaves it as it is written. As ProFTPD 1.3.8 fills them, run beside ferryd.
    pub fn value(&self, text: Text, name: &[u8]) -> Option<Vec<u8>> {
        match (text, name) {
            (Text::Ident, b"L" | b"V") => Some(self.server_address().into_bytes()),
            (Text::Ident, b"v") => Some(self.server.name.clone().into_bytes()),
            (Text::Ident, b"{version}") => Some(env!("CARGO_PKG_VERSION").as_bytes().to_vec()),
            (Text::Verdict, b"u") => Some(self.user.unwrap_or_default().to_vec()),
            (Text::Ident | Text::Verdict, _) => None,
            (Text::Display, [b'{', name @ .., b'}']) => Some(self.long_value(name)),
            (Text::Display, [letter]) => self.short_value(*letter),
            (Text::Display, _) => None,
        }
    }

    fn short_value(&self, letter: u8) -> Option<Vec<u8>> {
        let Totals { downloads, uploads, bytes_in, bytes_out, .. } = self.moved;
        Some(match letter {
            b'L' => self.server_address().into_bytes(),
            b'V' => self.server.name.clone().into_bytes(),
            b'R' => self.peer.name().into_bytes(),
            b'E' => self.admin().into_owned().into_bytes(),
            b'U' => self.user.unwrap_or_default().to_vec(),
            b'C' => self.cwd.unwrap_or(b"(none)").to_vec(),
            b'M' => decimal(self.rules.max_clients.most.unwrap_or(0).into()),
            b'T' => shutmsg::moment(clock::now(), self.zone).into_bytes(),
            b'x' => self.class.unwrap_or("(unknown)").as_bytes().to_vec(),
            b'i' => decimal(uploads),
            b'o' => decimal(downloads),
            b't' => decimal(uploads + downloads),
            b'K' => decimal(bytes_in + bytes_out),
            b'k' => in_units(bytes_in + bytes_out),
            // The name by RFC 1413, which nobody asks for any more.
            b'u' => b"UNKNOWN".to_vec(),
            _ => return None,
        })
    }

    /// `%{...}`. What the environment holds besides SetEnv's is no client's business, and a client may have written the file.
    fn long_value(&self, name: &[u8]) -> Vec<u8> {
        let Totals { downloads, uploads, bytes_in, bytes_out, .. } = self.moved;
        let value = match name {
            b"total_bytes_in" => Some(decimal(bytes_in)),
            b"total_bytes_out" => Some(decimal(bytes_out)),
            b"total_bytes_xfer" => Some(decimal(bytes_in + bytes_out)),
            b"total_files_in" => Some(decimal(uploads)),
            b"total_files_out" => Some(decimal(downloads)),
            b"total_files_xfer" => Some(decimal(uploads + downloads)),
            _ => match (name.strip_prefix(b"env:"), name.strip_prefix(b"time:")) {
                (Some(name), _) => self.server.variable(name).map(|value| value.as_bytes().to_vec()),
                (_, Some(form)) => formatted(form, self.zone),
                (None, None) => None,
            },
        };
        value.unwrap_or_else(|| b"(none)".to_vec())
    }

    /// Replaces a text's variables by their values.
    pub fn fill(&self, text: Text, template: &[u8]) -> Vec<u8> {
        expand(template, |name| self.value(text, name))
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

/// Replaces `%L`, `%{...}` and their like by their values; what is no variable stays as it is.
pub fn expand(template: &[u8], value: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut text = Vec::with_capacity(template.len());
    let mut rest = template;
    while let Some((first, after)) = rest.split_first() {
        let name = if *first == b'%' { variable(after) } else { &[] };
        match Some(name).filter(|name| !name.is_empty()).and_then(&value) {
            Some(value) if text.len() + value.len() > SHOWN_MOST => break,
            Some(value) => {
                text.extend_from_slice(&value);
                rest = &after[name.len()..];
            }
            None => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

/// The name that begins here: a letter, or what stands in braces, with them.
fn variable(text: &[u8]) -> &[u8] {
    let near = &text[..text.len().min(NAME_MOST)];
    match near {
        [b'{', ..] => near.split_inclusive(|byte| *byte == b'}').next().filter(|name| name.ends_with(b"}")),
        [_, ..] => near.get(..1),
        [] => None,
    }
    .unwrap_or_default()
}

fn decimal(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// `17GB`: the largest unit of which there is a whole one.
pub fn in_units(bytes: u64) -> Vec<u8> {
    let mut left = bytes;
    let units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    let unit = units.iter().find(|_| {
        let fits = left < 1024;
        left = if fits { left } else { left / 1024 };
        fits
    });
    format!("{left}{}", unit.unwrap_or(&"EB")).into_bytes()
}

/// Now, in a form of strftime(3); None for one that is none.
fn formatted(form: &[u8], zone: &TimeZone) -> Option<Vec<u8>> {
    let now = Timestamp::from_second(clock::now()).ok()?.to_zoned(zone.clone());
    strtime::format(form, &now).ok().map(String::into_bytes)
}

/// The words after 220.
pub fn greeting(server: &Server, facts: &Facts<'_>) -> Vec<u8> {
    match &facts.rules.ident {
        Ident::Standard if !facts.rules.defer_welcome => {
            format!("ProFTPD Server ({}) [{}]", server.name, facts.server_address()).into_bytes()
        }
        Ident::Text(template) => facts.fill(Text::Ident, template.as_bytes()),
        Ident::Standard => b"ProFTPD Server ready.".to_vec(),
        Ident::Address => format!("{} FTP server ready", facts.server_address()).into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadOptions;

    #[test]
    fn variables_are_replaced_and_the_rest_stays() {
        let value = |name: &[u8]| matches!(name, b"L" | b"{x}").then(|| b"here".to_vec());
        for (template, wanted) in [
            ("at %L.", "at here."),
            ("%x %", "%x %"),
            ("100%%L", "100%here"),
            ("%{x}%{y} %{x", "here%{y} %{x"),
            ("%{", "%{"),
            ("", ""),
        ] {
            assert_eq!(expand(template.as_bytes(), value), wanted.as_bytes(), "{template}");
        }
    }

    #[test]
    fn each_kind_of_text_takes_its_own_variables() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f.conf");
        std::fs::write(
            &file,
            "ServerAdmin me@here\nUseIPv6 off\nMaxClients 7\nSetEnv A b\nSetEnv GONE x\nUnsetEnv GONE\n",
        )
        .expect("written");
        let options = LoadOptions { rootless: true, ..LoadOptions::default() };
        let settings = crate::config::load(&file, &options).settings.expect("a sound file");
        let facts = Facts {
            server: &settings.servers[0],
            rules: &settings.servers[0].sessions.usual,
            class: Some("near"),
            moved: Totals { downloads: 2, uploads: 1, bytes_out: 3_000, bytes_in: 5, ..Totals::default() },
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
        let version = facts.fill(Text::Ident, b"of %{version}, not %{versions}");
        assert_eq!(version, concat!("of ", env!("CARGO_PKG_VERSION"), ", not %{versions}").as_bytes());
        for (template, wanted) in [
            ("%i %o %t %k %K %M %x %y", "1 2 3 2KB 3005 7 near %y"),
            ("%{total_bytes_in} %{total_bytes_out} %{total_bytes_xfer}", "5 3000 3005"),
            ("%{total_files_in} %{total_files_out} %{total_files_xfer}", "1 2 3"),
            ("%{env:A} %{env:GONE} %{env:PATH} %{env:} %{nosuch}", "b (none) (none) (none) (none)"),
            ("%{time:x%%} %{time:%!} %{time:%}", "x% (none) (none)"),
        ] {
            let filled = facts.fill(Text::Display, template.as_bytes());
            assert_eq!(String::from_utf8_lossy(&filled), wanted, "{template}");
        }
    }

    #[test]
    fn amounts_are_told_in_units() {
        for (bytes, wanted) in
            [(0, "0B"), (1_023, "1023B"), (1_024, "1KB"), (19_279_646_720, "17GB"), (u64::MAX, "15EB")]
        {
            assert_eq!(in_units(bytes), wanted.as_bytes(), "{bytes}");
        }
    }
}
