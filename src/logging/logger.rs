//! A slog logger whose records are sent to the recorder as finished lines: no thread, nothing kept.
//!
//! A message comes out as it is, followed by the record's own key-values as ` key=value`. What a logger itself carries
//! (`logger.new(o!(…))`) is not shown: the line's origin says it already, and monitors compare whole lines.

use std::fmt;
use std::io::Write;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use slog::{Drain, KV, Key, Level, Never, OwnedKVList, Record, Serializer, o};

use super::{Channel, LogNumber, Voice, record};

/// A logger whose records go through the recorder to SystemLog or a ServerLog, in ProFTPD's line shape; time, host and pid are the
/// recorder's.
pub fn logger<C>(channel: C, voice: Voice) -> slog::Logger
where
    C: Deref<Target = Channel> + Send + Sync + UnwindSafe + RefUnwindSafe + 'static,
{
    match voice.log {
        Some(log) => slog::Logger::root(Sending { channel, log, voice }, o!()),
        None => slog::Logger::root(slog::Discard, o!()),
    }
}

struct Sending<C> {
    channel: C,
    log: LogNumber,
    voice: Voice,
}

impl<C: Deref<Target = Channel>> Drain for Sending<C> {
    type Ok = ();
    type Err = Never;

    /// slog does not ask `is_enabled` by itself.
    fn log(&self, record: &Record<'_>, _carried: &OwnedKVList) -> Result<(), Never> {
        if !self.is_enabled(record.level()) {
            return Ok(());
        }
        let mut buffer = self.channel.take_buffer();
        let Voice { style, origin, .. } = &self.voice;
        record::begin(&mut buffer, self.log, (record.level(), style.tagged(record.tag())), origin.as_bytes());
        write_text(&mut buffer, record);
        record::finish(&mut buffer);
        self.channel.send_line(&buffer);
        self.channel.keep_buffer(buffer);
        Ok(())
    }

    fn is_enabled(&self, level: Level) -> bool {
        self.channel.wants(level) && level.is_at_least(self.voice.least)
    }
}

/// Appends a record's message and its key-values.
pub(super) fn write_text(buffer: &mut Vec<u8>, record: &Record<'_>) {
    let mut text = Bounded(buffer);
    let _ = text.write_fmt(*record.msg());
    let start = text.0.len();
    let _ = record.kv().serialize(record, &mut Pairs { text, start });
}

/// A buffer that stops growing once it holds more than a record can.
struct Bounded<'a>(&'a mut Vec<u8>);

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = (record::RECORD_MAX + 1).saturating_sub(self.0.len());
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Appends ` key=value`. slog hands the pairs over last one first, so each new one is turned to the front.
struct Pairs<'a> {
    text: Bounded<'a>,
    start: usize,
}

impl Serializer for Pairs<'_> {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        let before = self.text.0.len();
        write!(self.text, " {key}=")?;
        let value_start = self.text.0.len();
        self.text.write_fmt(*value)?;
        quote_from(self.text.0, value_start);
        let added = self.text.0.len() - before;
        self.text.0[self.start..].rotate_right(added);
        Ok(())
    }
}

/// Puts quotes around a value that would not read as one word.
fn quote_from(buffer: &mut Vec<u8>, start: usize) {
    let is_word = |value: &[u8]| !value.is_empty() && !value.iter().any(|byte| b" \"=".contains(byte));
    if !is_word(&buffer[start..]) {
        buffer.insert(start, b'"');
        buffer.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::sync::Arc;

    use slog::{debug, info, trace, warn};

    use super::super::Cause;
    use super::*;
    use crate::scoreboard::ReasonCode;
    use crate::sys::socket;

    /// The level and the text of each line that `say` logs.
    fn sent(say: impl FnOnce(&slog::Logger)) -> Vec<(Level, String)> {
        let (channel, ends) = Channel::pair().unwrap();
        let channel = Arc::new(channel.with_least(Level::Debug));
        say(&logger(channel, Voice::usual("Main (h[127.0.0.1])")).new(o!("user" => "anna")));
        let mut buffer = vec![0; record::RECORD_MAX];
        let mut lines = Vec::new();
        while let Ok(got) = socket::receive(ends.lines.as_fd(), &mut buffer, false) {
            let record = record::decode(&buffer[..got.length]).unwrap();
            assert_eq!(record.origin, b"Main (h[127.0.0.1])");
            lines.push((record.level, String::from_utf8(record.text.to_vec()).unwrap()));
        }
        lines
    }

    #[test]
    fn messages_come_out_exactly_and_pairs_follow_in_order() {
        let lines = sent(|log| {
            info!(log, "USER {}: Login successful.", "anna");
            warn!(log, "cannot bind"; "address" => "0.0.0.0:21", "why" => "not allowed", "errno" => 13, "hint" => "");
            debug!(log, "seen");
            trace!(log, "not seen");
        });
        let expected = [
            (Level::Info, "USER anna: Login successful."),
            (Level::Warning, "cannot bind address=0.0.0.0:21 why=\"not allowed\" errno=13 hint=\"\""),
            (Level::Debug, "seen"),
        ];
        assert_eq!(lines, expected.map(|(level, text)| (level, text.to_owned())));
    }

    #[test]
    fn a_cause_ends_the_line() {
        let reason = ReasonCode::Rule;
        let lines = sent(|log| {
            warn!(log, "no"; Cause::from(reason));
            warn!(log, "no"; Cause { reason, rule: Some("/etc/ftp.conf:7") });
            warn!(log, "no"; "user" => "anna", Cause { reason, rule: Some("/etc/ftp server.conf:7") });
        });
        let texts: Vec<String> = lines.into_iter().map(|(_, text)| text).collect();
        let expected = [
            "no reason=rule",
            "no rule=/etc/ftp.conf:7 reason=rule",
            "no user=anna rule=\"/etc/ftp server.conf:7\" reason=rule",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_long_line_is_cut() {
        let lines = sent(|log| info!(log, "{}", "x".repeat(100_000); "key" => "y".repeat(50_000)));
        assert!(lines[0].1.ends_with("xxx..."));
    }
}
