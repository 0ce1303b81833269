//! A line by a LogFormat.

use std::fmt::Arguments;
use std::io::Write;
use std::net::IpAddr;

use super::facts::{Event, Facts, Transfer};
use super::format::{Format, Part};
use super::printable::{Within, append};
use super::time;
use super::variable::Variable;
use crate::logging::record::RECORD_MAX;

/// Appends the line, without its end. What is longer than a record may be is cut by whoever sends it.
pub fn write(format: &Format, facts: &Facts<'_>, out: &mut Vec<u8>) {
    for part in &format.parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            // Settled long ago.
            Part::Environment(_) => {}
            Part::Value { variable, is_quoted } => {
                let within = if *is_quoted { Within::Quotes } else { Within::Bare };
                write_value(*variable, facts, within, out);
            }
            Part::Time(pattern) => time::append_by(out, pattern, facts.moment, facts.zone),
        }
        if out.len() > RECORD_MAX {
            return;
        }
    }
}

/// What has no value.
const NOTHING: &[u8] = b"-";

fn write_value(variable: Variable, facts: &Facts<'_>, within: Within, out: &mut Vec<u8>) {
    let bytes = |out: &mut Vec<u8>, value: Option<&[u8]>| append(out, value.unwrap_or(NOTHING), within);
    let number = |out: &mut Vec<u8>, value: Option<u64>| match value {
        Some(value) => print(out, format_args!("{value}")),
        None => out.extend_from_slice(NOTHING),
    };
    let (session, command) = (&facts.session, &facts.command);
    let transfer = command.transfer.as_ref();
    match variable {
        Variable::AnonymousPassword => append(out, session.anonymous.unwrap_or(b"UNKNOWN"), within),
        Variable::ClientAddress => address(out, session.peer.ip()),
        Variable::ClientName => match session.peer_name {
            Some(name) => append(out, name.as_bytes(), within),
            None => address(out, session.peer.ip()),
        },
        Variable::ClientPort => number(out, Some(session.peer.port().into())),
        Variable::ClientClass => bytes(out, session.class.map(str::as_bytes)),
        Variable::IdentName => out.extend_from_slice(b"UNKNOWN"),
        Variable::Bytes => number(out, command.bytes),
        Variable::BytesIn => number(out, Some(session.bytes_in)),
        Variable::BytesOut => number(out, Some(session.bytes_out)),
        Variable::FolderName => append(out, command.folder.map_or(session.cwd, |it| it.name), within),
        Variable::FolderPath => append(out, command.folder.map_or(b"", |it| it.host_path), within),
        Variable::HostPath => bytes(out, command.host_path),
        Variable::SeenPath => bytes(out, command.seen_path),
        Variable::Basename => bytes(out, command.host_path.map(last_name)),
        Variable::RenameFrom => bytes(out, command.rename_from),
        Variable::Reason => append(out, facts.reason.as_bytes(), within),
        Variable::Group => bytes(out, session.group),
        Variable::GroupId => number(out, Some(session.gid.into())),
        Variable::User => bytes(out, session.user),
        Variable::UserId => number(out, Some(session.uid.into())),
        Variable::GivenUser => bytes(out, session.given_user),
        Variable::ServerAddress | Variable::LocalAddress | Variable::LocalName => {
            address(out, session.local.ip());
        }
        Variable::LocalPort => number(out, Some(session.local.port().into())),
        Variable::ServerName => append(out, session.server.as_bytes(), within),
        Variable::Request => {
            append(out, command.name.split(|byte| *byte == b' ').next().unwrap_or_default(), within);
            if !command.argument.is_empty() {
                out.push(b' ');
                append(out, command.argument, within);
            }
        }
        Variable::Name if facts.event == Event::Exit => out.extend_from_slice(b"EXIT"),
        Variable::Name => append(out, command.name, within),
        Variable::Argument => append(out, command.argument, within),
        Variable::Status => number(out, command.reply.map(|(code, _)| code.into())),
        Variable::Response => bytes(out, command.reply.map(|(_, text)| text)),
        Variable::ResponseTime => number(out, u64::try_from(command.took.as_millis()).ok()),
        Variable::Time => time::append_common(out, facts.moment, facts.zone),
        Variable::Epoch => print(out, format_args!("{}", facts.moment.as_second())),
        Variable::Iso => time::append_iso(out, facts.moment, facts.zone),
        Variable::Milliseconds => print(out, format_args!("{:03}", facts.moment.subsec_millisecond())),
        Variable::Microseconds => print(out, format_args!("{:06}", facts.moment.subsec_microsecond())),
        Variable::TransferSeconds => match transfer.and_then(|transfer| transfer.took) {
            Some(took) => print(out, format_args!("{}.{:03}", took.as_secs(), took.subsec_millis())),
            None => out.extend_from_slice(NOTHING),
        },
        Variable::TransferMilliseconds => number(out, transfer.and_then(milliseconds)),
        Variable::TransferPort => number(out, transfer.and_then(|transfer| transfer.port).map(u64::from)),
        Variable::TransferStatus => bytes(out, transfer.map(|transfer| transfer.end.word().as_bytes())),
        Variable::TransferType => bytes(out, transfer.map(|transfer| transfer.form.word().as_bytes())),
        Variable::TransferFailure => bytes(out, transfer.and_then(|transfer| transfer.failure)),
        Variable::FileModified => {
            let is_modified = transfer.is_some_and(|transfer| transfer.is_modified);
            print(out, format_args!("{is_modified}"));
        }
        Variable::FileOffset => number(out, transfer.and_then(|transfer| transfer.file_offset)),
        Variable::FileSize => number(out, transfer.and_then(|transfer| transfer.file_size)),
        Variable::Protocol => out.extend_from_slice(b"ftp"),
        Variable::Process => print(out, format_args!("{}", session.pid)),
        Variable::Version => out.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes()),
        Variable::Note => {}
    }
}

/// How long it took.
pub(super) fn milliseconds(transfer: &Transfer<'_>) -> Option<u64> {
    transfer.took.and_then(|took| u64::try_from(took.as_millis()).ok())
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn address(out: &mut Vec<u8>, address: IpAddr) {
    print(out, format_args!("{}", address.to_canonical()));
}

/// A vector takes every byte.
fn print(out: &mut Vec<u8>, text: Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::super::facts::{Command, Folder, Session, TransferEnd, TransferForm};
    use super::*;

    const UTC: &TimeZone = &TimeZone::UTC;

    pub fn session<'a>() -> Session<'a> {
        Session {
            pid: 42,
            server: "Test Server",
            local: ([127, 0, 0, 1], 2121).into(),
            peer: ([192, 0, 2, 7], 40_000).into(),
            peer_name: None,
            class: None,
            given_user: Some(b"anna"),
            user: Some(b"anna"),
            group: Some(b"staff"),
            uid: 1000,
            gid: 50,
            anonymous: None,
            cwd: b"/",
            bytes_in: 100,
            bytes_out: 2000,
        }
    }

    pub fn facts<'a>(command: Command<'a>) -> Facts<'a> {
        Facts {
            event: Event::Command,
            moment: Timestamp::from_microsecond(1_795_390_893_481_125).unwrap(),
            zone: UTC,
            session: session(),
            command,
            reason: "",
        }
    }

    pub fn upload<'a>() -> Command<'a> {
        Command {
            name: b"STOR",
            argument: b"new \"file\"",
            took: Duration::from_millis(7),
            reply: Some((226, b"Transfer complete")),
            host_path: Some(b"/srv/ftp/new \"file\""),
            seen_path: Some(b"/new \"file\""),
            bytes: Some(6),
            transfer: Some(Transfer {
                end: TransferEnd::Success,
                form: TransferForm::Binary,
                took: Some(Duration::from_millis(1234)),
                port: Some(3364),
                failure: None,
                file_size: Some(6),
                file_offset: Some(0),
                is_modified: true,
            }),
            ..Command::default()
        }
    }

    fn line(format: &str, facts: &Facts<'_>) -> String {
        let (format, unknown) = Format::compile(format);
        assert!(unknown.is_empty());
        let mut out = Vec::new();
        write(&format, facts, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_tell_what_the_format_asks_for() {
        let stored = facts(upload());
        let table = [
            (
                "%h %l %u %t \"%r\" %s %b",
                "192.0.2.7 UNKNOWN anna [22/Nov/2026:23:41:33 +0000] \"STOR new \\\"file\\\"\" 226 6",
            ),
            ("%m|%J|%f|%F|%{basename}", "STOR|new \"file\"|/srv/ftp/new \"file\"|/new \"file\"|new \"file\""),
            (
                "%T %{transfer-millisecs} %{transfer-port} %{transfer-status} %{transfer-type}",
                "1.234 1234 3364 success binary",
            ),
            ("%{file-size} %{file-offset} %{file-modified} %{transfer-failure}", "6 0 true -"),
            ("%a %p %P %{remote-port} %v %H", "192.0.2.7 2121 42 40000 Test Server 127.0.0.1"),
            ("%A %c %d %D. %E. %w", "UNKNOWN - / . . -"),
            ("%g %{gid} %{uid} %U %I %O %R %S", "staff 50 1000 anna 100 2000 7 Transfer complete"),
            (
                "%{epoch} %{iso8601} %{millisecs} %{microsecs}",
                "1795390893 2026-11-22 23:41:33,481 481 481125",
            ),
        ];
        for (format, expected) in table {
            assert_eq!(line(format, &stored), expected, "{format}");
        }
    }

    #[test]
    fn a_session_without_anybody_has_no_values() {
        let nobody = Session { user: None, group: None, given_user: None, ..session() };
        let ended =
            Facts { event: Event::Exit, session: nobody, reason: "Quit", ..facts(Command::default()) };
        assert_eq!(line("%h %l %u \"%r\" %s %b", &ended), "192.0.2.7 UNKNOWN - \"\" - -");
        assert_eq!(line("%m %E %U %g %T %{file-modified}", &ended), "EXIT Quit - - - false");
    }

    #[test]
    fn folders_are_told_for_commands_about_them() {
        let folder = Folder { name: b"new", host_path: b"/srv/ftp/deep/new" };
        let made = facts(Command { name: b"MKD", folder: Some(folder), ..Command::default() });
        assert_eq!(line("%d %D", &made), "new /srv/ftp/deep/new");
    }

    #[test]
    fn sites_own_commands_are_named_and_asked_for_once() {
        let chmod = Command { name: b"SITE CHMOD", argument: b"CHMOD 644 plain", ..Command::default() };
        assert_eq!(line("%m|%r|%J", &facts(chmod)), "SITE CHMOD|SITE CHMOD 644 plain|CHMOD 644 plain");
    }

    #[test]
    fn no_line_grows_beyond_all_bounds() {
        let name = [b'\x01'; 30_000];
        let huge = facts(Command { argument: &name, ..Command::default() });
        assert!(line(&"%J".repeat(100), &huge).len() < 200_000);
    }
}
