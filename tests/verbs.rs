//! Each verb's replies, before and after login.

use std::fs;

use crate::harness::{Daemon, Setup};

#[test]
fn before_login_only_a_few_verbs_are_served() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    for line in [
        "PWD",
        "CWD /",
        "LIST",
        "RETR x",
        "STOR x",
        "DELE x",
        "MKD x",
        "PASV",
        "EPSV",
        "SIZE x",
        "RNFR x",
        "APPE x",
        "STOU",
        "ALLO 1",
        "MLST",
        "MLSD",
        "MFMT 20200101000000 x",
        "SITE CHMOD 600 x",
    ] {
        client.command(line).expect(530);
    }
    for (line, code) in [("NOOP", 200), ("SYST", 215), ("FEAT", 211), ("HELP", 214), ("QUIT", 221)] {
        client.command(line).expect(code);
    }
    client.expect_end();
}

#[test]
fn clients_name_themselves_and_their_language() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    for (line, text) in [
        ("CLNT", "200 OK"),
        ("CLNT some client 1.0", "200 OK"),
        ("CSID Name=client;", "530 Please login with USER and PASS"),
        ("LANG", "200 Using default language en"),
        ("LANG en-GB", "200 Using language en-GB"),
        ("LANG tlh", "504 Language tlh not supported"),
        ("LANG en fr", "501 Invalid number of parameters"),
        ("HELP CLNT", "214 Syntax: CLNT <cp> client-info"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    let mut client = daemon.session();
    assert_eq!(client.command("CSID Name=client;").text(), "200 name=ferryd;casesensitive=1;");
}

#[test]
fn without_tls_its_verbs_are_those_of_a_server_that_has_none() {
    let daemon = Daemon::usual();
    for mut client in [daemon.client(), daemon.session()] {
        for line in ["AUTH", "AUTH TLS", "PBSZ 0", "PROT P", "CCC", "ADAT x", "MIC x", "CONF x", "ENC x"] {
            let verb = line.split(' ').next().unwrap_or_default();
            assert_eq!(client.command(line).text(), format!("500 {verb} not understood"), "{line}");
        }
        client.command("MFCT 20200101000000 one").expect(500);
        client.command("NOOP").expect(200);
    }
}

#[test]
fn room_is_told_of_folders() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("MKD d").expect(257);
    client.store("one", b"x");
    for line in ["AVBL", "AVBL /", "AVBL d"] {
        let text = client.command(line).expect(213).text();
        assert!(text[4..].parse::<u64>().is_ok(), "{text}");
    }
    assert_eq!(client.command("AVBL one").text(), "550 one: Not a directory");
    assert_eq!(client.command("AVBL nope").text(), "550 nope: No such file or directory");
    client.command("AVBL ../../..").expect(213);
}

#[test]
fn what_is_switched_off_is_not_known() {
    let lines = "LangEngine off\nCopyEngine off\nSiteMiscEngine off";
    let daemon = Setup::new().line(lines).start();
    let mut client = daemon.client();
    assert_eq!(client.command("LANG en").text(), "500 LANG not understood");
    let features = client.command("FEAT").text();
    for word in ["LANG", "SITE "] {
        assert!(!features.contains(word), "{features}");
    }
    assert!(features.contains("CLNT"));
}

#[test]
fn unknown_and_incomplete_commands_are_refused() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    for (line, code) in [
        ("BOGUS", 500),
        ("BOGUS x", 500),
        ("RETR", 501),
        ("USER", 500),
        ("TYPE", 500),
        ("TYPE X", 504),
        ("MODE S", 200),
        ("MODE B", 504),
        ("STRU F", 200),
        ("STRU R", 504),
        ("PORT 1,2,3", 501),
        ("EPRT nonsense", 501),
        ("EPSV 7", 522),
        ("REST x", 501),
        ("RNTO x", 503),
        ("TYPE L", 504),
        ("TYPE A T", 200),
        ("PWD x", 501),
        ("CDUP x", 501),
        ("PASV x", 501),
        ("EPSV x", 501),
        ("ACCT x", 502),
        ("SMNT x", 502),
        ("REIN", 502),
        ("MLST \u{7f}", 550),
    ] {
        let reply = client.command(line);
        assert_eq!(reply.code / 100, 5.min(code / 100), "{line}: {reply:?}");
    }
    client.command("NOOP").expect(200);
}

#[test]
fn folders_are_walked_made_and_removed() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    let start = client.command("PWD").expect(257).text();
    assert!(start.contains(&format!("\"{}\"", home.display())), "{start}");
    client.command("MKD deep").expect(257);
    client.command("XMKD deep/er").expect(257);
    assert!(home.join("deep/er").is_dir());
    client.command("CWD deep").expect(250);
    client.command("XCWD er").expect(250);
    let reply = client.command("XPWD").expect(257).text();
    assert!(reply.contains("/deep/er\""), "{reply}");
    client.command("CDUP").expect(250);
    client.command("XCUP").expect(250);
    assert!(client.command("PWD").expect(257).text().contains(&format!("\"{}\"", home.display())));
    client.command("CWD missing").expect(550);
    client.command("RMD deep").expect(550);
    client.command("XRMD deep/er").expect(250);
    client.command("RMD deep").expect(250);
    assert!(!home.join("deep").exists());
}

#[test]
fn quotes_in_a_folders_name_are_doubled() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    assert!(client.command("MKD a\"b").expect(257).text().contains("a\"\"b\""));
    client.command("CWD a\"b").expect(250);
    assert!(client.command("PWD").expect(257).text().contains("a\"\"b\""));
}

#[test]
fn files_are_measured_renamed_and_deleted() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("one", b"twelve bytes");
    assert_eq!(client.command("SIZE one").expect(213).text(), "213 12");
    let time = client.command("MDTM one").expect(213).text();
    assert_eq!(time.len(), "213 20260101000000".len(), "{time}");
    assert!(time[4..].bytes().all(|byte| byte.is_ascii_digit()), "{time}");
    client.command("RNFR one").expect(350);
    client.command("RNTO two").expect(250);
    assert!(!home.join("one").exists() && home.join("two").exists());
    client.command("RNFR one").expect(550);
    client.command("RNTO two").expect(503);
    client.command("DELE two").expect(250);
    client.command("DELE two").expect(550);
    client.command("SIZE two").expect(550);
    client.command("MDTM two").expect(550);
    client.command("RETR two");
}

#[test]
fn files_and_folders_are_renamed_into_other_folders() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    client.command("MKD a").expect(257);
    client.command("MKD b").expect(257);
    for (from, to) in [("one", "a/two"), ("a", "b/a"), ("b/a/two", "one")] {
        client.command(&format!("RNFR {from}")).expect(350);
        client.command(&format!("RNTO {to}")).expect(250);
    }
    assert!(home.join("one").exists() && home.join("b/a").is_dir());
}

#[test]
fn a_noop_between_the_halves_of_a_rename_changes_nothing() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("one", b"x");
    client.command("RNFR one").expect(350);
    client.command("NOOP").expect(200);
    client.command("RNTO two").expect(250);
    client.command("RNTO three").expect(503);
}

#[test]
fn whoever_does_something_else_has_given_a_rename_up() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("one", b"x");
    client.store("two", b"x");
    for between in ["PWD", "SIZE two", "RNFR nope", "MLST two", "SITE CHMOD 600 two"] {
        client.command("RNFR one").expect(350);
        client.command(between);
        assert_eq!(client.command("RNTO three").text(), "503 Bad sequence of commands", "{between}");
    }
    client.command("RNFR one").expect(350);
    client.command("RNTO").expect(501);
    client.command("RNTO three").expect(503);
    client.command("RNFR one").expect(350);
    client.command("RNFR two").expect(350);
    client.command("RNTO three").expect(250);
    assert!(!daemon.setup.home("alice").join("two").exists());
}

#[test]
fn help_and_features_are_printed_from_the_table() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    let features = client.command("FEAT").expect(211).text();
    for line in ["EPRT", "EPSV", "MDTM", "REST STREAM", "SIZE"] {
        assert!(features.lines().any(|found| found.trim() == line), "{line}: {features}");
    }
    let help = client.command("HELP").expect(214).text();
    for verb in ["USER", "RETR", "STOR", "ABOR", "EPSV", "STAT"] {
        assert!(help.contains(verb), "{verb}: {help}");
    }
    let retr = client.command("HELP RETR").expect(214).text();
    assert!(retr.contains("RETR"), "{retr}");
    client.command("HELP BOGUS").expect(502);
}

#[test]
fn status_tells_of_the_session_and_of_files() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("seen", b"x");
    let session = client.command("STAT").expect(211).text();
    assert!(session.contains("alice"), "{session}");
    let reply = client.command("STAT seen");
    assert!([211, 212, 213].contains(&reply.code), "{reply:?}");
    assert!(reply.text().contains("seen"), "{reply:?}");
}

#[test]
fn verbs_are_read_in_any_case_and_lines_may_end_in_lf() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.command("nOoP").expect(200);
    client.send_bytes(b"NOOP\n");
    client.reply().expect(200);
    client.send_bytes(b"NOOP\r\nPWD\r\nNOOP\r\n");
    for code in [200, 257, 200] {
        client.reply().expect(code);
    }
    client.send_bytes(b"NO");
    client.send_bytes(b"OP\r\n");
    client.reply().expect(200);
}

#[test]
fn hostile_lines_leave_the_session_standing() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.send_bytes(&[b'A'; 70_000]);
    client.send_bytes(b"\r\n");
    client.reply().expect(500);
    client.send_bytes(b"CWD a\0b\r\n");
    assert_eq!(client.reply().code / 100, 5);
    client.send_bytes(b"CWD \xff\xfe\x80\r\n");
    assert_eq!(client.reply().code / 100, 5);
    client.send_bytes(b"\r\n");
    assert_eq!(client.reply().code / 100, 5);
    client.send_bytes(b"PWD %s%n%x\r\n");
    let _ = client.reply();
    client.command("NOOP").expect(200);
}

#[test]
fn names_are_bytes() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("name with blanks", b"x");
    client.store("grün", b"x");
    assert!(home.join("name with blanks").exists());
    assert!(home.join("grün").exists());
    fs::remove_file(home.join("grün")).expect("made");
    client.command("DELE grün").expect(550);
}
