//! Programs that watch SystemLog for refused logins and shut their clients out: what they look for in ProFTPD's lines they find in ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;

use crate::harness::debian;
use crate::harness::host::HostAccount;
use crate::harness::{Daemon, PASSWORD, Setup, as_root};

/// Refused in every way that ProFTPD has a word for; gives the lines that a watcher must find.
fn refusals(daemon: &Daemon) -> Vec<&'static str> {
    let logins: [&[(&str, &str)]; 4] = [
        &[("anna", "wrong"), ("nobody-here", "x")],
        &[("toor", PASSWORD), ("shellless", PASSWORD)],
        &[("banned", PASSWORD), ("closed", PASSWORD)],
        &[("anna", "a"), ("anna", "b"), ("anna", "c")],
    ];
    for session in logins {
        let mut client = daemon.client();
        for (name, password) in session {
            client.command(&format!("USER {name}")).expect(331);
            client.command(&format!("PASS {password}")).expect(530);
        }
    }
    vec![
        "USER anna (Login failed): Incorrect password",
        "USER nobody-here: no such user found from",
        "SECURITY VIOLATION: Root login attempted",
        "USER shellless (Login failed): Invalid shell: '/bin/false'",
        "USER banned (Login failed): User in /etc/ftpusers",
        "USER closed (Login failed): Account disabled",
        "Maximum login attempts (3) exceeded",
    ]
}

fn daemon() -> Daemon {
    let expired = HostAccount::new("closed").ageing("20000:0:99999:7::20001:");
    [HostAccount::new("toor").ids(0, 0), HostAccount::new("banned"), HostAccount::new("anna"), expired]
        .into_iter()
        .fold(Setup::new(), Setup::with_host_account)
        .with_host_account(HostAccount::new("shellless").shell("/bin/false"))
        .with_host_file("shells", "/bin/sh\n")
        .with_host_file("ftpusers", "banned\n")
        .line("RequireValidShell on\nAuthOrder mod_auth_unix.c\nAuthPAM off\nUseFtpUsers on")
        .start()
}

#[test]
fn fail2bans_filter_finds_every_refused_login() {
    const TEST: &str = "fail2bans_filter_finds_every_refused_login";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = debian::unpacked("fail2ban", TEST) else { return };
    let daemon = daemon();
    let wanted = refusals(&daemon);
    daemon.await_log("Maximum login attempts");
    let log = daemon.setup.path("log/system.log");
    let found = matched(&package, &log);
    for text in &wanted {
        assert!(found.iter().any(|line| line.contains(text)), "{text}\n{found:#?}\n{}", daemon.log());
    }
    let text = daemon.log();
    let refused = |line: &&str| wanted.iter().any(|text| line.contains(text));
    assert_eq!(found.len(), text.lines().filter(refused).count(), "{found:#?}");
    daemon.stop();
}

/// What `fail2ban-regex` finds in a log with the package's own filter.
fn matched(package: &Path, log: &Path) -> Vec<String> {
    let mut program = Command::new("/usr/bin/python3");
    program.arg(package.join("usr/bin/fail2ban-regex")).args(["--print-all-matched", "-c"]);
    program
        .arg(package.join("etc/fail2ban"))
        .arg(log)
        .arg(package.join("etc/fail2ban/filter.d/proftpd.conf"));
    program.env("PYTHONPATH", package.join("usr/lib/python3/dist-packages")).stdin(Stdio::null());
    let output = program.output().expect("Debian's python3");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().skip_while(|line| !line.contains("Matched line(s)")).skip(1);
    lines.map_while(|line| line.strip_prefix("|  ")).map(str::to_owned).collect()
}

/// What grok's names stand for, as far as CrowdSec's patterns for ProFTPD use them.
const GROK: &[(&str, &str)] = &[
    ("TIMESTAMP_ISO8601", r"\d{4}-\d\d-\d\d[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
    ("SYSLOGTIMESTAMP", r"[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d"),
    ("IPORHOST", r"(?:[0-9A-Fa-f:.]+|[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)"),
    ("IP", r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)"),
    ("USERNAME", r"[a-zA-Z0-9._-]+"),
    ("DATA", r".*?"),
];

/// The patterns of the package's file, as expressions.
fn patterns(page: &str) -> Vec<(String, Regex)> {
    let name = Regex::new(r"%\{([A-Z0-9_]+)(?::\w+)?\}").expect("an expression");
    let row = Regex::new(r"(?m)^  (PROFTPD_\w+): '(.*)'$").expect("an expression");
    let known = |wanted: &str| GROK.iter().find(|(name, _)| *name == wanted).map(|(_, text)| *text);
    row.captures_iter(page)
        .map(|row| {
            let text = name.replace_all(&row[2], |found: &regex::Captures<'_>| {
                known(&found[1]).unwrap_or_else(|| panic!("grok's {}", &found[1])).to_owned()
            });
            (row[1].to_owned(), Regex::new(&text).expect("CrowdSec's pattern"))
        })
        .collect()
}

#[test]
fn crowdsecs_parser_finds_wrong_passwords_and_unknown_users() {
    const TEST: &str = "crowdsecs_parser_finds_wrong_passwords_and_unknown_users";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = debian::unpacked("crowdsec", TEST) else { return };
    let page = package.join("usr/share/crowdsec/hub/parsers/s01-parse/crowdsecurity/proftpd-logs.yaml");
    let patterns = patterns(&fs::read_to_string(page).expect("the package's parser"));
    let daemon = daemon();
    refusals(&daemon);
    daemon.await_log("Maximum login attempts");
    let text = daemon.log();
    for (name, wanted, count) in
        [("PROFTPD_AUTH_FAIL", "Incorrect password", 4), ("PROFTPD_BAD_USER", "no such user", 1)]
    {
        let (_, pattern) = patterns.iter().find(|(known, _)| known == name).expect("a pattern of that name");
        let found: Vec<&str> = text.lines().filter(|line| pattern.is_match(line)).collect();
        assert!(found.len() == count && found.iter().all(|line| line.contains(wanted)), "{name}: {text}");
    }
    daemon.stop();
}
