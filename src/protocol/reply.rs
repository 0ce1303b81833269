//! Replies as RFC 959 §4.2 writes them: a code, a text, and the form of several lines.

use super::charset::Translation;
use super::line::IAC;
use crate::logging::Cause;
use crate::scoreboard::ReasonCode;

/// One reply. Its texts may hold any bytes (names do); what would break the line is replaced when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    lines: Vec<Vec<u8>>,
    refusal: Refusal,
}

/// Why a reply refuses; the client is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Refusal {
    /// None for what is not refused, and for what the reading of commands refuses.
    reason: Option<ReasonCode>,
    /// `file:line` of the rule.
    rule: Option<Box<str>>,
    /// Whether the log has a line about it.
    is_told: bool,
}

impl Reply {
    /// A reply of one line. One that refuses does so because the command was not understood: for any other reason see
    /// [`Reply::refused`].
    pub fn new(code: u16, text: impl Into<Vec<u8>>) -> Reply {
        Reply { code, lines: vec![text.into()], refusal: Refusal::default() }
    }

    /// A reply that refuses.
    pub fn refused(code: u16, reason: ReasonCode, text: impl Into<Vec<u8>>) -> Reply {
        Reply::new(code, text).because(reason)
    }

    /// The same for this reason.
    pub fn because(mut self, reason: ReasonCode) -> Reply {
        self.refusal.reason = Some(reason);
        self
    }

    /// The same by this rule, as `file:line`.
    pub fn by(mut self, rule: Option<Box<str>>) -> Reply {
        self.refusal.rule = rule;
        self
    }

    /// The same, of which the log has a line already.
    pub fn told(mut self) -> Reply {
        self.refusal.is_told = true;
        self
    }

    /// A reply of several lines; the last one closes it.
    pub fn long(code: u16, lines: Vec<Vec<u8>>) -> Reply {
        Reply { code, lines, refusal: Refusal::default() }
    }

    /// Lines shown before the text, such as those of a display file.
    pub fn preceded_by(mut self, mut lines: Vec<Vec<u8>>) -> Reply {
        lines.append(&mut self.lines);
        self.lines = lines;
        self
    }

    /// Lines shown behind the text; the last of them closes the reply.
    pub fn followed_by(mut self, mut lines: Vec<Vec<u8>>) -> Reply {
        self.lines.append(&mut lines);
        self
    }

    /// A name, then what became of it: `nope: No such file or directory`.
    pub fn about(code: u16, name: &[u8], text: &str) -> Reply {
        Reply::new(code, [name, b": ", text.as_bytes()].concat())
    }

    /// The text of the closing line.
    pub fn text(&self) -> &[u8] {
        self.lines.last().map_or(b"", Vec::as_slice)
    }

    /// Whether it says that something did not succeed.
    pub fn is_failure(&self) -> bool {
        self.code >= 400
    }

    /// Why it refuses.
    pub fn reason(&self) -> Option<ReasonCode> {
        self.is_failure().then(|| self.refusal.reason.unwrap_or(ReasonCode::Protocol))
    }

    /// The same with the rule by which it refuses.
    pub fn cause(&self) -> Option<Cause<'_>> {
        self.reason().map(|reason| Cause { reason, rule: self.refusal.rule.as_deref() })
    }

    /// Whether the log has a line about it.
    pub fn is_told(&self) -> bool {
        self.refusal.is_told
    }

    /// The same, its lines in other characters.
    pub fn translated(&self, translation: &Translation) -> Reply {
        let lines = self.lines.iter().map(|line| translation.write(line).into_owned()).collect();
        Reply { code: self.code, lines, refusal: Refusal::default() }
    }

    /// Writes it as the client reads it: a blank before each of the middle lines (RFC 959 §4.2, RFC 2389 §3.2).
    pub fn write(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate() {
            match index {
                index if index == last => self.code_and(b' ', out),
                0 => self.code_and(b'-', out),
                _ => out.push(b' '),
            }
            write_text(line, out);
        }
    }

    fn code_and(&self, mark: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(self.code.to_string().as_bytes());
        out.push(mark);
    }
}

/// A line within a long reply that is written as it comes: the first, or one of those that follow.
pub fn write_part(code: u16, text: &[u8], is_first: bool, out: &mut Vec<u8>) {
    match is_first {
        true => out.extend_from_slice(format!("{code}-").as_bytes()),
        false => out.push(b' '),
    }
    write_text(text, out);
}

/// Line ends and NUL would end the line early, so they are shown as `?`; IAC is doubled (RFC 854).
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\r' | b'\n' | 0 => out.push(b'?'),
            &IAC => out.extend_from_slice(&[IAC, IAC]),
            byte => out.push(*byte),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A path within quotes, its own quotes doubled (RFC 959, Appendix II).
pub fn quoted(path: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in path {
        if *byte == b'"' {
            text.push(b'"');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn lines(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn one_line_is_code_blank_text() {
        assert_eq!(written(&Reply::new(200, "Fine")), "200 Fine\r\n");
    }

    #[test]
    fn long_replies_have_two_forms() {
        let reply = Reply::long(211, lines(&["Features:", "EPSV", "End"]));
        assert_eq!(written(&reply), "211-Features:\r\n EPSV\r\n211 End\r\n");
    }

    #[test]
    fn display_lines_come_first() {
        let reply = Reply::new(230, "User x logged in").preceded_by(lines(&["hello", "there"]));
        assert_eq!(written(&reply), "230-hello\r\n there\r\n230 User x logged in\r\n");
    }

    #[test]
    fn names_cannot_forge_a_line() {
        let reply = Reply::about(550, b"a\r\n230 in\0", "Nothing");
        assert_eq!(written(&reply), "550 a??230 in?: Nothing\r\n");
    }

    #[test]
    fn iac_is_doubled() {
        let mut out = Vec::new();
        Reply::new(250, vec![b'a', IAC]).write(&mut out);
        assert_eq!(out, b"250 a\xff\xff\r\n");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted(b"/a\"b"), b"\"/a\"\"b\"");
    }
}
