//! The trace: what sessions and the daemon tell of their doing, how much of it, and to whom.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Setup, processes};

/// A setup with a TraceLog, and these lines.
fn traced(lines: &str) -> Setup {
    let setup = Setup::new().with_account("bob");
    let log = setup.path("log/trace").display().to_string();
    setup.line(&format!("TraceLog {log}\n{lines}"))
}

fn trace(daemon: &Daemon) -> String {
    fs::read_to_string(daemon.setup.path("log/trace")).unwrap_or_default()
}

/// The first line of the trace that holds this, once it is there.
#[track_caller]
fn await_line(daemon: &Daemon, text: &str) -> String {
    until(&format!("'{text}' in the trace"), || trace(daemon).contains(text));
    trace(daemon).lines().find(|line| line.contains(text)).unwrap_or_default().to_owned()
}

#[test]
fn a_trace_tells_what_a_session_does_and_no_password() {
    let setup = traced(ALL);
    let closed = setup.home("alice").join("closed").display().to_string();
    let setup = setup.line("PathDenyFilter \\.exe$");
    let setup = setup.line(&format!("<Directory {closed}>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>"));
    let daemon = setup.start();
    fs::create_dir(&closed).expect("a folder");
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS no-such-secret").expect(530);
    client.send(&format!(" PASS {PASSWORD}"));
    client.reply().expect(500);
    client.login("alice");
    client.command("MKD closed/x").expect(550);
    client.command("RETR nothing").expect(550);
    client.command("MKD x.exe").expect(550);
    fs::write(daemon.setup.home("alice").join("f"), b"12345").expect("written");
    client.retrieve("f");
    client.command("QUIT").expect(221);
    for (text, why) in [
        ("<response:1>: 220 ", "the greeting, before anything is read"),
        ("<command:7>: 'USER alice'", "a command"),
        ("<command:7>: 'PASS (hidden)'", "PASS"),
        ("<auth:1>: 'alice' may not log in: ", "a wrong password"),
        ("<auth:3>: 'alice' is 'alice': uid ", "an account"),
        ("<config:5>: 127.0.0.1:", "the server"),
        ("/alice/f' at port ", "a transfer"),
        ("<directory:5>: RETR of ", "what is allowed"),
        ("/alice/nothing' by uid ", "what is not there"),
        ("<response:1>: 221 ", "the last words"),
    ] {
        await_line(&daemon, text);
        assert!(trace(&daemon).contains(text), "{why}");
    }
    let line = await_line(&daemon, "<directory:2>: MKD of ");
    assert!(line.contains("/closed/x: refused") && line.contains("MKD by <Limit WRITE> at "), "{line}");
    let number_of =
        |text: &str| daemon.setup.text().lines().position(|line| line == text).expect("there") + 1;
    assert!(line.ends_with(&format!(":{}", number_of("<Limit WRITE>"))), "{line}");
    let filtered = await_line(&daemon, "/x.exe: refused (path-filter at ");
    let number = number_of("PathDenyFilter \\.exe$");
    assert!(filtered.ends_with(&format!(":{number}); MKD by no line")), "{filtered}");
    // 2026-11-23 09:01:37,005 [32375] <command:7>: 'NOOP'
    let (stamp, rest) = line.split_at(23);
    assert!(stamp.as_bytes()[10] == b' ' && stamp.as_bytes()[19] == b',' && rest.starts_with(" ["), "{line}");
    let all = trace(&daemon);
    assert!(!all.contains("no-such-secret") && !all.contains(PASSWORD), "{all}");
    daemon.stop();
}

#[test]
fn only_what_is_asked_for_is_traced() {
    let daemon = traced("Trace DEFAULT:20 command:0 response:2-9 data:6").start();
    daemon.session().command("QUIT").expect(221);
    await_line(&daemon, "<auth:7>");
    let all = trace(&daemon);
    for channel in ["<command", "<response", "<data", "<directory", "<fileperms"] {
        assert!(!all.contains(channel), "{all}");
    }
    daemon.stop();
}

#[test]
fn a_trace_may_be_of_some_sessions_and_of_some_servers() {
    let setup = traced("Trace command:0\n<Global>\nTrace config:5\n</Global>");
    let (port, users) = (setup.port.number, setup.path("users").display().to_string());
    let host = format!(
        "<IfUser bob>\nTrace session command:7\n</IfUser>\n<VirtualHost 127.0.0.2>\nPort {port}\nAuthUserFile {users}\n\
         AuthOrder mod_auth_file.c\nRequireValidShell off\nTrace command:7\nTraceOptions +ConnIPs -Timestamp\n</VirtualHost>"
    );
    let daemon = setup.line(&host).start();
    daemon.session().command("STAT").expect(211);
    let mut bob = daemon.client();
    bob.login("bob");
    bob.command("SYST").expect(215);
    await_line(&daemon, "<command:7>: 'SYST'");
    let mut elsewhere = Client::greeted(([127, 0, 0, 2], port).into());
    elsewhere.login("alice");
    elsewhere.command("FEAT").expect(211);
    let line = await_line(&daemon, "<command:7>: 'FEAT'");
    let (pid, rest) = line.split_once(' ').expect("a pid");
    assert!(pid.starts_with('[') && pid.ends_with(']'), "{line}");
    assert_eq!(rest, format!("(client 127.0.0.1, server 127.0.0.2:{port}) <command:7>: 'FEAT'"));
    for address in ["127.0.0.1", "127.0.0.2"] {
        await_line(&daemon, &format!(" has reached {address}:{port}: the server '"));
    }
    let all = trace(&daemon);
    assert!(!all.contains("STAT") && !all.contains("USER bob") && all.contains("USER alice"), "{all}");
    daemon.stop();
}

/// Every channel, as loud as it can be.
const ALL: &str = "Trace DEFAULT:20 directory:20 fileperms:20";

#[test]
fn a_client_forges_no_line_of_a_trace() {
    let daemon = traced(ALL).start();
    let mut client = daemon.client();
    client.send_bytes(b"USER \x1b]0;x\x07\xc2\x9b\r\n");
    client.reply().expect(331);
    client.command("PASS no").expect(530);
    client.login("alice");
    for line in [&b"CWD a\x1b[2J\x80\rb\r\n"[..], b"MKD \x7f\x01\xe2\x80\xa8\r\n", b"\x1b[31mX y\r\n"] {
        client.send_bytes(line);
        client.reply();
    }
    client.store("\u{9b}\t", b"content\x1b");
    client.command("QUIT").expect(221);
    let line = await_line(&daemon, "'CWD a");
    assert!(line.contains("'CWD a\\x1b[2J\\x80"), "{line}");
    await_line(&daemon, "<response:1>: 221");
    let all = trace(&daemon);
    assert!(all.lines().all(|line| line.contains("] <")), "{all}");
    assert!(!all.contains(|letter: char| letter.is_control() && letter != '\n'), "{all}");
    assert!(!all.contains("content"), "{all}");
    daemon.stop();
}

#[test]
fn a_password_is_in_no_trace_however_it_is_sent() {
    let setup = traced(ALL);
    let home = setup.home("alice").display().to_string();
    let anonymous = "User nobody\nGroup nogroup\nUserAlias ftp nobody\nRequireValidShell off";
    let daemon = setup.line(&format!("<Anonymous {home}>\n{anonymous}\n</Anonymous>")).start();
    let mut client = daemon.client();
    client.command("USER bob").expect(331);
    for line in
        [" PASS secret", "\tpass secret", "  ACCT secret", " PASS\rsecret", "ACCT secret", "PASS\tsecret"]
    {
        client.command(line);
    }
    client.send_bytes(&[b"\xff\xf4\xff\xf2PASS ".as_slice(), &b"secret".repeat(2000), b"\r\n"].concat());
    client.reply();
    client.send_bytes(b"PASS secret\0\r\n");
    client.reply();
    client.command("pAsS secret");
    client.command("QUIT");
    let mut guest = daemon.client();
    guest.command("USER ftp").expect(331);
    guest.command("PASS secret@example.org").expect(230);
    guest.command("QUIT").expect(221);
    await_line(&daemon, "<response:1>: 221");
    until("both sessions' end", || daemon.log().matches("FTP session closed").count() == 2);
    assert!(trace(&daemon).contains("PASS (hidden)'") && trace(&daemon).contains("ACCT (hidden)'"));
    assert!(!trace(&daemon).contains("secret"), "{}", trace(&daemon));
    daemon.stop();
}

#[test]
fn a_trace_goes_on_in_the_new_file() {
    let daemon = traced("Trace command:7").start();
    let mut client = daemon.session();
    client.command("NOOP").expect(200);
    await_line(&daemon, "'NOOP'");
    let (path, rotated) = (daemon.setup.path("log/trace"), daemon.setup.path("log/trace.1"));
    for signal in [Signal::SIGUSR1, Signal::SIGHUP] {
        fs::rename(&path, &rotated).expect("rotated");
        daemon.signal(signal);
        until("a line in the new file", || {
            client.command("SYST").expect(215);
            trace(&daemon).contains("'SYST'")
        });
        let mode = fs::metadata(&path).expect("the new file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
    daemon.stop();
}

#[test]
fn a_trace_goes_on_when_the_recorder_was_killed() {
    let daemon = traced("Trace command:7").start();
    if !daemon.setup.has_identities() {
        return;
    }
    let mut client = daemon.session();
    let killed = daemon.recorder();
    processes::send(killed, Signal::SIGKILL);
    until("another recorder", || daemon.recorder() != killed);
    until("a line by another recorder", || {
        client.command("SYST").expect(215);
        trace(&daemon).contains("'SYST'")
    });
    daemon.stop();
}

#[test]
fn a_trace_behind_a_link_is_written_only_where_the_operator_says_so() {
    let setup = traced("Trace command:7");
    setup.write();
    let behind = setup.path("log/behind");
    symlink(&behind, setup.path("log/trace")).expect("a link");
    let daemon = setup.start();
    daemon.session().command("NOOP").expect(200);
    let trace = daemon.setup.path("log/trace").display().to_string();
    daemon.await_log(&trace);
    daemon.await_log("nothing is written there");
    assert!(!behind.exists());
    daemon.rewrite(&format!("{}\nAllowLogSymlinks on\n", daemon.setup.text()));
    daemon.reload();
    daemon.await_log("generation 2 serves");
    until("a line behind the link", || {
        daemon.session().command("NOOP").expect(200);
        fs::read_to_string(&behind).is_ok_and(|text| text.contains("'NOOP'"))
    });
    daemon.stop();
}

#[test]
fn a_trace_that_cannot_be_written_keeps_nobody_from_serving() {
    let daemon = Setup::new().line("TraceLog /nowhere/at/all/trace\nTrace DEFAULT:20 fsio:20").start();
    daemon.session().command("QUIT").expect(221);
    daemon.await_log("/nowhere/at/all/trace");
    daemon.reload();
    daemon.await_log("nothing is told for fsio:20; ferryd's channels are auth, command, ");
    daemon.stop();
}

#[test]
fn a_reload_traces_more_or_less_and_the_daemon_tells_too() {
    let daemon = traced("Trace command:0").start();
    daemon.session().command("QUIT").expect(221);
    daemon.rewrite(&daemon.setup.text().replace("Trace command:0", "Trace command:7 config:3"));
    daemon.reload();
    await_line(&daemon, "<config:3>: generation 2 serves");
    // A spare of the first generation may take a client before it hears.
    until("the trace of the second generation's", || {
        daemon.session().command("NOOP").expect(200);
        trace(&daemon).contains("'NOOP'")
    });
    assert!(!trace(&daemon).contains("QUIT"));
    daemon.stop();
}
