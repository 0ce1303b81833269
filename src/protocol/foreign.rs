//! Other protocols that reach the port: by mistake, or because somebody has a browser or a mail server say to us what an
//! FTP client would (CVE-2021-3618 and what came before it). What they go on to say must not be obeyed line by line.

use std::fmt;

/// Another protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A request line of HTTP (RFC 9110 §9, RFC 5789, RFC 4918), HTTP/2's opening included (RFC 9113 §3.4).
    Http,
    /// SMTP (RFC 5321 §4.1) and its kin.
    Smtp,
    /// An identification string (RFC 4253 §4.2).
    Ssh,
    /// A proxy's word for who the client is, where nobody asked for it (ProxyProtocolEngine).
    Proxy,
}

/// The first byte of a TLS connection: a record of the handshake (RFC 8446 §5.1). No command begins with it.
pub const TLS_HANDSHAKE: u8 = 0x16;

const HTTP: &[&str] =
    &["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PRI"];
const SMTP: &[&str] = &["HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "VRFY", "EXPN"];

impl Foreign {
    /// The protocol that a line's first word belongs to. None of these words is a verb of FTP.
    pub fn of(line: &[u8]) -> Option<Foreign> {
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let is_among = |words: &[&str]| words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word));
        if is_among(HTTP) {
            Some(Foreign::Http)
        } else if is_among(SMTP) {
            Some(Foreign::Smtp)
        } else if is_among(&["PROXY"]) {
            Some(Foreign::Proxy)
        } else {
            word.starts_with(b"SSH-").then_some(Foreign::Ssh)
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::Http => "HTTP",
            Foreign::Smtp => "SMTP",
            Foreign::Ssh => "SSH",
            Foreign::Proxy => "the PROXY protocol",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::verbs::VERBS;
    use super::*;

    #[test]
    fn protocols_are_known_by_their_first_word() {
        for (line, wanted) in [
            (&b"GET / HTTP/1.1"[..], Some(Foreign::Http)),
            (b"post /x", Some(Foreign::Http)),
            (b"PRI * HTTP/2.0", Some(Foreign::Http)),
            (b"EHLO mail.example", Some(Foreign::Smtp)),
            (b"DATA", Some(Foreign::Smtp)),
            (b"SSH-2.0-OpenSSH_9.9", Some(Foreign::Ssh)),
            (b"USER GET", None),
            (b"GETS", None),
            (b" GET", None),
            (b"", None),
        ] {
            assert_eq!(Foreign::of(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn no_verb_of_ours_is_foreign() {
        for verb in VERBS {
            assert_eq!(Foreign::of(verb.name.as_bytes()), None, "{}", verb.name);
        }
    }
}
