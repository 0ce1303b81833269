//! A line as one JSON object. Its fields are promised in docs/logging.md: new ones may come, none changes its meaning.

use std::io::Write;

use super::facts::{Event, Facts, Transfer};
use super::printable::{Within, append_most};
use super::text::milliseconds;
use super::time;

/// Of what clients name, at most so many bytes each as they are written: an object is always whole, and fits into a record.
const TEXT_MOST: usize = 1536;

/// Appends the object, without the line's end.
pub fn write(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let Facts { session, command, .. } = facts;
    let mut object = Object::begin(out);
    object.raw("time");
    object.out.push(b'"');
    time::append_rfc3339(object.out, facts.moment, facts.zone);
    object.out.push(b'"');
    object.word("event", event(facts.event));
    object.number("pid", session.pid.unsigned_abs().into());
    object.text("server", session.server.as_bytes());
    object.word("server_address", &session.local.ip().to_canonical().to_string());
    object.number("server_port", session.local.port().into());
    object.word("client_address", &session.peer.ip().to_canonical().to_string());
    object.number("client_port", session.peer.port().into());
    object.maybe("client_name", session.peer_name.map(str::as_bytes));
    object.maybe("client_class", session.class.map(str::as_bytes));
    object.word("protocol", "ftp");
    object.maybe("given_user", session.given_user);
    object.maybe("user", session.user);
    if session.user.is_some() {
        object.number("uid", session.uid.into());
        object.number("gid", session.gid.into());
        object.maybe("group", session.group);
        object.flag("anonymous", session.anonymous.is_some());
        object.maybe("anonymous_password", session.anonymous);
        object.text("working_directory", session.cwd);
    }
    object.number("bytes_in", session.bytes_in);
    object.number("bytes_out", session.bytes_out);
    if facts.event == Event::Command {
        object.text("command", command.name);
        object.text("argument", command.argument);
        object.number("duration_us", u64::try_from(command.took.as_micros()).unwrap_or(u64::MAX));
        if let Some((code, text)) = command.reply {
            object.number("status", code.into());
            object.text("response", text);
        }
        object.maybe("reason", command.refusal.map(|cause| cause.reason.word().as_bytes()));
        object.maybe("rule", command.refusal.and_then(|cause| cause.rule).map(str::as_bytes));
        object.maybe("path", command.seen_path.or(command.folder.map(|folder| folder.name)));
        object.maybe("host_path", command.host_path.or(command.folder.map(|folder| folder.host_path)));
        object.maybe("rename_from", command.rename_from);
        if let Some(transfer) = &command.transfer {
            object.raw("transfer");
            write_transfer(transfer, command.bytes, object.out);
        }
    }
    if facts.event == Event::Exit {
        object.text("reason", facts.reason.as_bytes());
    }
    object.end();
}

fn write_transfer(transfer: &Transfer<'_>, bytes: Option<u64>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.word("status", transfer.end.word());
    object.word("type", &transfer.form.word().to_ascii_lowercase());
    let numbers = [
        ("bytes", bytes),
        ("duration_ms", milliseconds(transfer)),
        ("port", transfer.port.map(u64::from)),
        ("file_offset", transfer.file_offset),
        ("file_size", transfer.file_size),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            object.number(name, value);
        }
    }
    object.flag("modified", transfer.is_modified);
    object.maybe("failure", transfer.failure);
    object.end();
}

fn event(event: Event) -> &'static str {
    match event {
        Event::Connect => "connect",
        Event::Command => "command",
        Event::Exit => "exit",
    }
}

/// An object that is being written. Names are ours, and need no escape.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Object<'a> {
        out.push(b'{');
        Object { out, is_first: true }
    }

    /// A name, whose value the caller writes.
    fn raw(&mut self, name: &str) {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        let _ = write!(self.out, "{comma}\"{name}\":");
    }

    fn number(&mut self, name: &str, value: u64) {
        self.raw(name);
        let _ = write!(self.out, "{value}");
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.raw(name);
        let _ = write!(self.out, "{value}");
    }

    fn word(&mut self, name: &str, value: &str) {
        self.text(name, value.as_bytes());
    }

    fn text(&mut self, name: &str, value: &[u8]) {
        self.raw(name);
        self.out.push(b'"');
        append_most(self.out, value, Within::Json, TEXT_MOST);
        self.out.push(b'"');
    }

    fn maybe(&mut self, name: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::facts::Command;
    use super::super::text::tests::{facts, session, upload};
    use super::*;
    use crate::logging::record::RECORD_MAX;

    fn line(facts: &Facts<'_>) -> String {
        let mut out = Vec::new();
        write(facts, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_command_is_an_object() {
        let expected = concat!(
            r#"{"time":"2026-11-22T23:41:33.481125+00:00","event":"command","pid":42,"server":"Test Server","#,
            r#""server_address":"127.0.0.1","server_port":2121,"client_address":"192.0.2.7","client_port":40000,"#,
            r#""protocol":"ftp","given_user":"anna","user":"anna","uid":1000,"gid":50,"group":"staff","#,
            r#""anonymous":false,"working_directory":"/","bytes_in":100,"bytes_out":2000,"command":"STOR","#,
            r#""argument":"new \"file\"","duration_us":7000,"status":226,"response":"Transfer complete","#,
            r#""path":"/new \"file\"","host_path":"/srv/ftp/new \"file\"","transfer":{"status":"success","#,
            r#""type":"binary","bytes":6,"duration_ms":1234,"port":3364,"file_offset":0,"file_size":6,"#,
            r#""modified":true}}"#,
        );
        assert_eq!(line(&facts(upload())), expected);
    }

    #[test]
    fn the_ends_of_a_session_tell_no_command() {
        let exit = Facts { event: Event::Exit, reason: "Quit", ..facts(Command::default()) };
        assert!(line(&exit).ends_with(r#""bytes_out":2000,"reason":"Quit"}"#));
        let connect = Facts { event: Event::Connect, ..facts(Command::default()) };
        assert!(line(&connect).ends_with(r#""bytes_out":2000}"#));
    }

    #[test]
    fn the_largest_object_fits_into_a_record() {
        let all = [1; 30_000];
        let bytes: &[u8] = &all;
        let command = Command {
            name: bytes,
            argument: bytes,
            reply: Some((226, bytes)),
            host_path: Some(bytes),
            seen_path: Some(bytes),
            rename_from: Some(bytes),
            ..upload()
        };
        let someone = super::super::facts::Session {
            given_user: Some(&bytes[..512]),
            anonymous: Some(&bytes[..512]),
            cwd: bytes,
            ..session()
        };
        assert!(line(&Facts { session: someone, ..facts(command) }).len() < RECORD_MAX);
    }

    proptest! {
        #[test]
        fn every_line_is_json(argument: Vec<u8>, path: Vec<u8>, response: Vec<u8>) {
            let command = Command {
                argument: &argument,
                host_path: Some(&path),
                reply: Some((550, &response)),
                ..upload()
            };
            let line = line(&facts(command));
            prop_assert!(!line.contains('\n'));
            let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            prop_assert_eq!(quotes % 2, 0);
        }
    }
}
