//! The reader of command lines: bytes as they arrive, in any cut, become whole lines. Bounded whatever a client sends.

/// Telnet's "interpret as command" (RFC 854), the escape byte of the control connection.
pub const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SUBNEGOTIATION: u8 = 250;
const SUBNEGOTIATION_END: u8 = 240;

/// Bytes kept of the first word of a line that is too long.
const WORD_MOST: usize = 16;

/// What the reader found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line without its end.
    Whole(Vec<u8>),
    /// A line above the limit; it was dropped up to its end. Its first word is kept, as far as a word may be long: it may be
    /// another protocol's.
    TooLong(Vec<u8>),
    /// A line with a NUL in it, which no path can hold.
    Nul,
    /// The peer offers or asks for a Telnet option: these bytes decline it (RFC 854).
    Decline([u8; 3]),
}

/// Gathers one line at a time. CRLF and a bare LF end it; CR NUL is a CR (RFC 854); Telnet commands are taken out.
#[derive(Debug)]
pub struct LineReader {
    line: Vec<u8>,
    limit: usize,
    fault: Option<Fault>,
    carriage_return: bool,
    telnet: Telnet,
}

/// Why the line that is being gathered will not be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TooLong,
    Nul,
}

/// Where in a Telnet command the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telnet {
    Data,
    /// After IAC.
    Command,
    /// After IAC WILL, WONT, DO or DONT.
    Option(u8),
    /// Inside IAC SB.
    Subnegotiation,
    /// After an IAC inside IAC SB.
    SubnegotiationCommand,
}

impl LineReader {
    /// Lines of up to `limit` bytes, their end not counted.
    pub fn new(limit: usize) -> LineReader {
        LineReader { line: Vec::new(), limit, fault: None, carriage_return: false, telnet: Telnet::Data }
    }

    /// Another limit, for this line too as far as it has not come.
    pub fn limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes bytes up to the first finding; gives how many it took, and the finding.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, Option<Line>) {
        for (index, byte) in bytes.iter().enumerate() {
            if let Some(found) = self.byte(*byte) {
                return (index + 1, Some(found));
            }
        }
        (bytes.len(), None)
    }

    fn byte(&mut self, byte: u8) -> Option<Line> {
        match self.telnet {
            Telnet::Data if byte == IAC => self.telnet = Telnet::Command,
            Telnet::Data => return self.data(byte),
            Telnet::Command => self.command(byte),
            Telnet::Option(verb) => return self.option(verb, byte),
            Telnet::Subnegotiation if byte == IAC => self.telnet = Telnet::SubnegotiationCommand,
            Telnet::Subnegotiation => {}
            Telnet::SubnegotiationCommand if byte == SUBNEGOTIATION_END => self.telnet = Telnet::Data,
            Telnet::SubnegotiationCommand => self.telnet = Telnet::Subnegotiation,
        }
        None
    }

    /// The byte after IAC: interrupt process, data mark and their like say nothing that the next line does not say.
    fn command(&mut self, byte: u8) {
        self.telnet = match byte {
            WILL | WONT | DO | DONT => Telnet::Option(byte),
            SUBNEGOTIATION => Telnet::Subnegotiation,
            _ => Telnet::Data,
        };
        if byte == IAC {
            self.keep(IAC);
        }
    }

    fn option(&mut self, verb: u8, option: u8) -> Option<Line> {
        self.telnet = Telnet::Data;
        match verb {
            WILL => Some(Line::Decline([IAC, DONT, option])),
            DO => Some(Line::Decline([IAC, WONT, option])),
            _ => None,
        }
    }

    fn data(&mut self, byte: u8) -> Option<Line> {
        let after_return = std::mem::take(&mut self.carriage_return);
        match byte {
            b'\n' => return Some(self.end()),
            0 if after_return => self.keep(b'\r'),
            _ => {
                if after_return {
                    self.keep(b'\r');
                }
                self.ordinary(byte);
            }
        }
        None
    }

    fn ordinary(&mut self, byte: u8) {
        match byte {
            b'\r' => self.carriage_return = true,
            0 => self.fail(Fault::Nul),
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.fault.is_some() {
            return;
        }
        if self.line.len() >= self.limit {
            return self.fail(Fault::TooLong);
        }
        self.line.push(byte);
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        let word = self.line.iter().take(WORD_MOST).take_while(|byte| **byte != b' ').count();
        // What follows may be a password.
        self.line = self.line[..word].to_vec();
    }

    fn end(&mut self) -> Line {
        let line = std::mem::take(&mut self.line);
        match self.fault.take() {
            None => Line::Whole(line),
            Some(Fault::TooLong) => Line::TooLong(line),
            Some(Fault::Nul) => Line::Nul,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_in_pieces(reader: &mut LineReader, pieces: &[&[u8]]) -> Vec<Line> {
        let mut found = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (taken, line) = reader.take(rest);
                rest = &rest[taken..];
                found.extend(line);
            }
        }
        found
    }

    fn read(bytes: &[u8]) -> Vec<Line> {
        read_in_pieces(&mut LineReader::new(16), &[bytes])
    }

    fn whole(text: &[u8]) -> Line {
        Line::Whole(text.to_vec())
    }

    #[test]
    fn both_line_ends_are_known() {
        assert_eq!(read(b"NOOP\r\nPWD\n\r\n"), [whole(b"NOOP"), whole(b"PWD"), whole(b"")]);
    }

    #[test]
    fn a_lone_return_belongs_to_the_line() {
        assert_eq!(read(b"a\rb\r\0c\r\n"), [whole(b"a\rb\rc")]);
    }

    #[test]
    fn a_line_above_the_limit_is_dropped_to_its_end() {
        assert_eq!(read(b"0123456789abcdef\r\n"), [whole(b"0123456789abcdef")]);
        assert_eq!(read(b"GET /89abcdefghij\r\n"), [Line::TooLong(b"GET".to_vec())]);
        assert_eq!(
            read(b"0123456789abcdefg\r\nPWD\r\n"),
            [Line::TooLong(b"0123456789abcdef".to_vec()), whole(b"PWD")]
        );
    }

    #[test]
    fn a_nul_spoils_its_line_alone() {
        assert_eq!(read(b"RETR a\0b\r\nPWD\r\n"), [Line::Nul, whole(b"PWD")]);
    }

    #[test]
    fn telnet_commands_are_taken_out() {
        assert_eq!(read(b"\xff\xf4\xff\xf2ABOR\r\n"), [whole(b"ABOR")]);
        assert_eq!(read(b"a\xff\xffb\r\n"), [whole(b"a\xffb")]);
        assert_eq!(read(b"A\xff\xfa\x18a\nb\xff\xffc\xff\xf0B\n"), [whole(b"AB")]);
    }

    #[test]
    fn telnet_options_are_declined() {
        assert_eq!(
            read(b"\xff\xfd\x01\xff\xfb\x03X\n"),
            [Line::Decline([IAC, WONT, 1]), Line::Decline([IAC, DONT, 3]), whole(b"X")]
        );
        assert_eq!(read(b"\xff\xfc\x01\xff\xfe\x01X\n"), [whole(b"X")]);
    }

    proptest! {
        #[test]
        fn any_cut_reads_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let (left, right) = bytes.split_at(cut.min(bytes.len()));
            let cut_once = read_in_pieces(&mut LineReader::new(16), &[left, right]);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(&cut_once, &read(&bytes));
            prop_assert_eq!(&read_in_pieces(&mut LineReader::new(16), &single), &cut_once);
            let bounded = cut_once.iter().all(|line| !matches!(line, Line::Whole(text) if text.len() > 16));
            prop_assert!(bounded);
        }
    }
}
