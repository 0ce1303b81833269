//! ExtendedLog and LogFormat.

use std::fs;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::harness::daemon::run;
use crate::harness::events::{eventually, until};
use crate::harness::scale::has_program;
use crate::harness::{Daemon, PASSWORD, Setup, as_root};

/// A daemon with these lines; `@` is its log folder, `~` alice's home.
fn daemon(lines: &str) -> Daemon {
    setup(lines).start()
}

fn setup(lines: &str) -> Setup {
    let setup = Setup::new();
    let log = setup.path("log").display().to_string();
    setup.line(&lines.replace('@', &log))
}

/// A log, once it has so many lines.
fn lines_of(daemon: &Daemon, name: &str, count: usize) -> Vec<String> {
    let path = daemon.setup.path("log").join(name);
    eventually(&format!("{count} lines of {name}"), || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    })
}

#[test]
fn each_log_has_the_commands_of_its_classes() {
    let daemon = daemon(
        "LogFormat brief \"%m|%J|%s|%b\"\n\
         ExtendedLog @/all ALL brief\nExtendedLog @/read READ brief\nExtendedLog @/write WRITE,!STOR brief\n\
         ExtendedLog @/auth AUTH brief\nExtendedLog @/one stor|SITE_CHMOD brief\nExtendedLog @/end EXIT brief\n\
         ExtendedLog @/none NONE brief",
    );
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"twelve bytes");
    assert_eq!(client.retrieve("file"), b"twelve bytes");
    client.command("SITE CHMOD 600 file").expect(200);
    client.command("DELE nothing").expect(550);
    client.command("XYZZY").expect(500);
    client.command("QUIT").expect(221);
    let end = lines_of(&daemon, "end", 1);
    assert_eq!(end, ["EXIT||-|-"]);
    let all = lines_of(&daemon, "all", 11);
    let expected = [
        "USER|alice|331|-",
        "PASS|(hidden)|230|-",
        "TYPE|I|200|-",
        "STOR|file|226|12",
        "RETR|file|226|12",
        "SITE CHMOD|CHMOD 600 file|200|-",
        "DELE|nothing|550|-",
        "XYZZY||500|-",
        "QUIT||221|-",
    ];
    let without_ports: Vec<&String> = all.iter().filter(|line| !line.starts_with("EPSV")).collect();
    assert_eq!(without_ports, expected);
    assert_eq!(lines_of(&daemon, "read", 1), ["RETR|file|226|12"]);
    assert_eq!(lines_of(&daemon, "write", 1), ["DELE|nothing|550|-"]);
    assert_eq!(lines_of(&daemon, "auth", 2), ["USER|alice|331|-", "PASS|(hidden)|230|-"]);
    assert_eq!(lines_of(&daemon, "one", 2), ["STOR|file|226|12", "SITE CHMOD|CHMOD 600 file|200|-"]);
    assert_eq!(lines_of(&daemon, "none", 0), [""; 0]);
    let texts = ["all", "read", "auth"].map(|name| lines_of(&daemon, name, 0).join("\n"));
    assert!(texts.iter().all(|text| !text.contains(PASSWORD)), "no log has a password");
    daemon.stop();
}

#[test]
fn a_password_is_no_logs_business_however_it_is_sent() {
    let daemon =
        daemon("LogFormat brief \"%m|%J|%r|%s\"\nExtendedLog @/all ALL brief\nExtendedLog @/json ALL json");
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    for line in [" PASS secret", "\tpass secret", "  ACCT secret", " PASS\rsecret", "ACCT secret"] {
        client.command(line);
    }
    client.command("PASS secret").expect(530);
    let all = lines_of(&daemon, "all", 7).join("\n");
    assert!(all.contains("PASS|(hidden)|PASS (hidden)|500"), "{all}");
    let json = lines_of(&daemon, "json", 7).join("\n");
    assert!(!all.contains("secret") && !json.contains("secret"), "{all}\n{json}");
    daemon.stop();
}

#[test]
fn without_classes_a_session_is_logged_from_end_to_end() {
    let daemon = daemon("ExtendedLog @/default");
    let mut client = daemon.client();
    client.command("NOOP").expect(200);
    client.command("QUIT").expect(221);
    let lines = lines_of(&daemon, "default", 4);
    let told: Vec<&str> = lines.iter().map(|line| line.split_once("] ").expect("a time").1).collect();
    assert_eq!(told, ["\"\" - -", "\"NOOP\" 200 -", "\"QUIT\" 221 -", "\"\" - -"]);
    assert!(lines.iter().all(|line| line.starts_with("127.0.0.1 UNKNOWN - [")), "{lines:?}");
    daemon.stop();
}

#[test]
fn paths_and_transfers_are_told() {
    let daemon = daemon(
        "AllowStoreRestart on\n\
         LogFormat told \"%m %f %F %w %d %D %{basename} %{file-size} %{file-offset} %{file-modified} \
         %{transfer-status} %{transfer-type} %{transfer-failure}\"\n\
         ExtendedLog @/told READ,WRITE,DIRS told\nDefaultRoot ~",
    );
    let home = daemon.setup.home("alice").canonicalize().expect("a home").display().to_string();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("a", b"123456");
    client.command("REST 2").expect(350);
    client.store("a", b"x");
    client.command("RNFR a").expect(350);
    client.command("RNTO b").expect(250);
    client.command("MKD deep").expect(257);
    client.command("CWD deep").expect(250);
    client.command("RETR none").expect(550);
    client.command("QUIT").expect(221);
    let lines = lines_of(&daemon, "told", 7);
    let expected = [
        "STOR ~/a /a - / . a 6 0 false success binary -",
        "STOR ~/a /a - / . a 6 2 true success binary -",
        "RNFR ~/a /a - / . a - - false - - -",
        "RNTO ~/b /b ~/a / . b - - false - - -",
        "MKD ~/deep /deep - deep ~/deep deep - - false - - -",
        "CWD ~/deep - - deep ~/deep deep - - false - - -",
        "RETR - - - /deep . - - - false failed binary none: No such file or directory",
    ];
    let expected = expected.map(|line| line.replace('~', &home).replace(" . ", "  "));
    assert_eq!(lines, expected);
    daemon.stop();
}

#[test]
fn transfers_that_the_file_system_refuses_tell_their_file() {
    let daemon = daemon(
        "AllowStoreRestart on\nPathDenyFilter bad\nLogFormat told \"%r %s %f %F\"\n\
         ExtendedLog @/told RETR,STOR,APPE told\nDefaultRoot ~",
    );
    let home = daemon.setup.home("alice").canonicalize().expect("a home").display().to_string();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("a", b"123456");
    for (line, code) in [
        ("STOR none/x", 550),
        ("APPE none/x", 550),
        ("STOR bad", 550),
        ("RETR none", 550),
        ("REST 7", 350),
        ("RETR a", 554),
        ("REST 7", 350),
        ("STOR a", 554),
    ] {
        client.command(line).expect(code);
    }
    client.command("QUIT").expect(221);
    let expected = [
        "STOR a 226 ~/a /a",
        "STOR none/x 550 ~/none/x -",
        "APPE none/x 550 ~/none/x -",
        "STOR bad 550 - -",
        "RETR none 550 - -",
        "RETR a 554 ~/a -",
        "STOR a 554 ~/a -",
    ];
    assert_eq!(lines_of(&daemon, "told", 7), expected.map(|line| line.replace('~', &home)));
    daemon.stop();
}

#[test]
fn paths_are_told_of_the_commands_that_the_page_names() {
    let daemon = daemon(
        "LogFormat told \"%r %f %F\"\nDefaultRoot ~\n\
         ExtendedLog @/told MLST,MDTM,MFMT,MD5,SITE_CHMOD,SIZE,STAT,AVBL,MFF,XMD5,SITE_COPY told",
    );
    let home = daemon.setup.home("alice").canonicalize().expect("a home").display().to_string();
    let mut client = daemon.session();
    client.store("a", b"123456");
    let told = ["MLST a", "MDTM a", "MFMT 20200101000000 a", "MD5 a", "SITE CHMOD 644 a"];
    let untold = ["SIZE a", "STAT a", "AVBL a", "MFF modify=20200101000000; a", "XMD5 a", "SITE COPY a b"];
    for line in told.iter().chain(&untold) {
        client.command(line);
    }
    let told = told.iter().map(|line| format!("{line} {home}/a -"));
    let untold = untold.iter().map(|line| format!("{line} - -"));
    let expected: Vec<String> = told.chain(untold).collect();
    assert_eq!(lines_of(&daemon, "told", expected.len()), expected);
    daemon.stop();
}

#[test]
fn no_client_forges_a_line_or_a_field() {
    let daemon =
        daemon("LogFormat f \"%m\t%J \\\"%r\\\"\"\nExtendedLog @/text ALL f\nExtendedLog @/json ALL json");
    let mut client = daemon.client();
    client.send_bytes(b"USER \x1b[2J\xff\xff\" 230 -\r\n");
    client.reply().expect(331);
    client.command("QUIT").expect(221);
    let text = lines_of(&daemon, "text", 2);
    assert_eq!(text[0], "USER\t\\x1b[2J\\xff\" 230 - \"USER \\x1b[2J\\xff\\\" 230 -\"");
    let json = lines_of(&daemon, "json", 2);
    assert!(json[0].contains(r#""argument":"\u001b[2J\\xff\" 230 -""#), "{}", json[0]);
    daemon.stop();
}

#[test]
fn json_is_what_a_program_reads() {
    const TEST: &str = "json_is_what_a_program_reads";
    if !has_program("python3", TEST) {
        return;
    }
    let daemon = daemon("ExtendedLog @/json ALL,EXIT json");
    let mut client = daemon.session();
    client.store("file", b"content");
    client.command("QUIT").expect(221);
    lines_of(&daemon, "json", 6);
    let script = "import json, sys\n\
        lines = [json.loads(line) for line in open(sys.argv[1])]\n\
        stored = next(line for line in lines if line.get('command') == 'STOR')\n\
        assert stored['user'] == 'alice' and stored['status'] == 226, stored\n\
        assert stored['transfer']['bytes'] == 7 and stored['transfer']['status'] == 'success', stored\n\
        assert stored['path'].endswith('/file') and stored['event'] == 'command', stored\n\
        assert lines[-1]['event'] == 'exit' and lines[-1]['reason'] == 'Quit', lines[-1]\n\
        hidden = next(line for line in lines if line.get('command') == 'PASS')\n\
        assert hidden['argument'] == '(hidden)', hidden\n";
    let mut python = Command::new("python3");
    python.arg("-c").arg(script).arg(daemon.setup.path("log/json")).stdin(Stdio::null());
    let output = python.output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    daemon.stop();
}

#[test]
fn anonymous_sessions_write_to_their_own_logs_and_the_servers() {
    if !as_root("anonymous_sessions_write_to_their_own_logs_and_the_servers") {
        return;
    }
    let setup = setup("LogFormat f \"%m %u %A %s\"\nExtendedLog @/server ALL f");
    let (root, log) = (setup.path("homes/alice"), setup.path("log"));
    let section = format!(
        "<Anonymous {}>\nUser www-data\nGroup www-data\nUserAlias anonymous www-data\nExtendedLog {}/anon ALL f\n</Anonymous>",
        root.display(),
        log.display()
    );
    let daemon = setup.line(&section).start();
    let mut client = daemon.client();
    client.command("USER anonymous").expect(331);
    client.command("PASS me@example.org").expect(230);
    client.command("PWD").expect(257);
    client.command("QUIT").expect(221);
    let own = [
        "PASS www-data me@example.org 230",
        "PWD www-data me@example.org 257",
        "QUIT www-data me@example.org 221",
    ];
    assert_eq!(lines_of(&daemon, "anon", 3), own);
    let all = lines_of(&daemon, "server", 4);
    assert_eq!((all[0].as_str(), &all[1..]), ("USER - UNKNOWN 331", &own.map(str::to_owned)[..]));
    daemon.stop();
}

#[test]
fn a_running_session_goes_on_in_the_new_file() {
    let daemon = daemon("LogFormat m %m\nExtendedLog @/log ALL m");
    let (log, old) = (daemon.setup.path("log/log"), daemon.setup.path("log/old"));
    let mut client = daemon.session();
    lines_of(&daemon, "log", 2);
    fs::rename(&log, &old).expect("renamed");
    daemon.signal(Signal::SIGUSR1);
    until("the new file", || log.exists());
    // The descriptor travels to the recorder on a way of its own.
    until("a line in it", || {
        client.command("NOOP").expect(200);
        fs::read_to_string(&log).is_ok_and(|text| text.contains("NOOP"))
    });
    daemon.reload();
    client.command("PWD").expect(257);
    until("another line in it", || fs::read_to_string(&log).is_ok_and(|text| text.ends_with("PWD\n")));
    daemon.stop();
}

#[test]
fn logs_that_cannot_be_are_told_before_the_start() {
    for (lines, told) in [
        ("ExtendedLog @/log ALL nothing", "no LogFormat is named 'nothing'"),
        ("ExtendedLog @/log ALL,WRIET", "'WRIET' is neither a class nor a command"),
        ("ExtendedLog syslog:loud", "syslog has no level 'loud'"),
        ("ExtendedLog @/no/such/folder/log", "cannot open log"),
    ] {
        let setup = setup(lines);
        setup.write();
        let output = run(&setup, &["-n", "-c", &setup.config_file().display().to_string()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(told), "{lines}: {said}");
    }
}

#[test]
fn a_reload_whose_log_cannot_be_opened_changes_nothing() {
    let daemon = daemon("ExtendedLog @/log ALL json");
    let text = daemon.setup.text().replace("/log ALL", "/no/such/folder/log ALL");
    fs::write(daemon.setup.config_file(), text).expect("written");
    daemon.reload_in_vain();
    let mut client = daemon.session();
    client.command("NOOP").expect(200);
    lines_of(&daemon, "log", 3);
    daemon.stop();
}
