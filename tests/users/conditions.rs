//! `<IfUser>`, `<IfGroup>`, `<IfClass>` and `<IfAuthenticated>`: what they say of a session holds for those whom they mean, as if it
//! were said for all, and for nobody else.

use std::fs;
use std::net::Ipv4Addr;

use regex::Regex;

use crate::harness::client::passive_address;
use crate::harness::daemon::run;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, PASSWORD, Setup};

/// The client comes from 127.0.0.1, and another from 127.0.0.3.
const CLASSES: &str =
    "<Class here>\nFrom 127.0.0.1 127.0.0.3\n</Class>\n<Class other>\nFrom 127.0.0.2\n</Class>";

/// Whom sections mean, and whether alice from 127.0.0.1 is among them.
const CONDITIONS: [(&str, bool); 14] = [
    ("IfUser alice", true),
    ("IfUser bob,alice", true),
    ("IfUser regex ^al", true),
    ("IfUser bob", false),
    ("IfUser !alice", false),
    ("IfUser AND alice,!bob", true),
    ("IfGroup alice", true),
    ("IfGroup OR staff,alice", true),
    ("IfGroup alice,staff", false),
    ("IfGroup !alice", false),
    ("IfClass here", true),
    ("IfClass other", false),
    ("IfClass !here", false),
    ("IfAuthenticated", true),
];

/// What is said, and what alice meets of it.
type Row = (&'static str, fn(&mut Client, &Daemon) -> String);

/// What any section may say. `{folder}` is the test's.
const FROM_LOGIN_ON: &[Row] = &[
    ("AccessGrantMsg \"come in\"", |client, _| logged_in(client)),
    ("DisplayLogin {folder}/text", |client, _| logged_in(client)),
    ("DisplayQuit {folder}/text", |client, _| after_login(client, "QUIT")),
    ("DefaultRoot ~", |client, _| after_login(client, "PWD")),
    ("DefaultChdir below", |client, _| after_login(client, "PWD")),
    ("DefaultTransferMode binary", |client, _| after_login(client, "STAT")),
    // Where the kernel gives no port of its own accord.
    ("PassivePorts 61123 61987", |client, _| {
        let address = passive_address(&passive(client));
        (61_123..=61_987).contains(&address.port()).to_string()
    }),
    ("MasqueradeAddress 192.0.2.7", |client, _| passive_address(&passive(client)).ip().to_string()),
    ("AllowForeignAddress on", |client, _| after_login(client, "PORT 127,0,0,9,77,77")),
    ("CDPath {folder}/homes/alice/below", |client, _| {
        logged_in(client);
        let (cwd, pwd) = (client.command("CWD deep"), client.command("PWD"));
        format!("{} {}", cwd.text(), pwd.text())
    }),
    ("UseGlobbing off", |client, _| listed(client, "NLST pl*")),
    ("ListStyle Windows", |client, _| listed(client, "LIST plain")),
    ("FactsAdvertise off", |client, _| after_login(client, "FEAT")),
    ("FactsOptions NoNames", |client, _| after_login(client, "MLST plain")),
    ("CopyEngine off", |client, _| after_login(client, "SITE CPFR plain")),
    ("LangEngine off", |client, _| after_login(client, "LANG")),
    ("DigestEngine off", |client, _| after_login(client, "HASH plain")),
    ("DigestMaxSize 1", |client, _| after_login(client, "HASH plain")),
    ("Umask 077", |client, daemon| {
        logged_in(client);
        client.store("made", b"x");
        mode(daemon, "made")
    }),
    ("MaxRetrieveFileSize 1 B", |client, _| {
        logged_in(client);
        client.try_download("RETR plain").is_ok().to_string()
    }),
    ("MaxTransfersPerUser RETR 1 \"one is enough\"", |client, daemon| {
        logged_in(client);
        client.command("RETR nothing");
        let mut other = daemon.client();
        logged_in(&mut other);
        let _connections = (client.extended_passive(), other.extended_passive());
        client.command("RETR large").expect(150);
        other.command("RETR large").text()
    }),
    ("MaxClients 1 \"no more than %m\"", |client, daemon| second(client, daemon)),
    ("MaxClientsPerUser 1 \"no more than %m\"", |client, daemon| second(client, daemon)),
    ("MaxClientsPerHost 1", |client, daemon| second(client, daemon)),
    ("MaxClientsPerClass here 1 \"no more than %m\"", |client, daemon| second(client, daemon)),
    ("MaxHostsPerUser 1 \"no more than %m\"", |client, daemon| {
        logged_in(client);
        let mut elsewhere = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 3), daemon.address());
        logged_in(&mut elsewhere)
    }),
    ("RequireValidShell on", |client, _| logged_in(client)),
    ("ExtendedLog {folder}/log/extended ALL", |client, daemon| {
        after_login(client, "QUIT");
        let ends = |count| move || daemon.log().matches("FTP session closed").count() >= count;
        until("the session's end in the log", ends(1));
        // The two logs have lines of their own to the recorder: it has looked at both before it hears of another session's end.
        daemon.session().command("QUIT").expect(221);
        until("the next session's end", ends(2));
        daemon.setup.path("log/extended").metadata().is_ok_and(|file| file.len() > 0).to_string()
    }),
    ("TransferLog {folder}/log/other", |client, daemon| {
        logged_in(client);
        client.retrieve("plain");
        let length = |name: &str| daemon.setup.path(name).metadata().map_or(0, |file| file.len());
        until("a line in a transfer log", || length("log/xferlog") + length("log/other") > 0);
        (length("log/other") > 0).to_string()
    }),
];

/// What `<IfClass>` alone may say, since it is decided before anybody has logged in.
const FROM_THE_CONNECTION_ON: &[Row] = &[
    ("ServerIdent on \"hello\"", |_, daemon| greeting(daemon)),
    ("DeferWelcome on", |_, daemon| greeting(daemon)),
    ("DisplayConnect {folder}/text", |_, daemon| greeting(daemon)),
    ("AccessDenyMsg \"go away\"", |client, _| wrong_password(client)),
    ("MaxLoginAttempts 1", |client, _| {
        wrong_password(client);
        client.try_command("NOOP").is_ok().to_string()
    }),
    ("CommandBufferSize 600", |client, _| client.command(&format!("NOOP {}", "x".repeat(560))).text()),
    ("MaxConnectionsPerHost 1 \"no more than %m\"", |_, daemon| {
        Client::connect(daemon.address()).and_then(|mut client| client.try_reply()).expect("a reply").text()
    }),
];

fn logged_in(client: &mut Client) -> String {
    client.command("USER alice");
    client.command(&format!("PASS {PASSWORD}")).text()
}

fn after_login(client: &mut Client, line: &str) -> String {
    logged_in(client);
    client.command(line).text()
}

fn passive(client: &mut Client) -> crate::harness::client::Reply {
    logged_in(client);
    client.command("PASV").expect(227)
}

fn listed(client: &mut Client, line: &str) -> String {
    logged_in(client);
    client
        .try_download(line)
        .map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(&bytes).into())
}

fn wrong_password(client: &mut Client) -> String {
    client.command("USER alice");
    client.command("PASS wrong").text()
}

fn greeting(daemon: &Daemon) -> String {
    Client::connect(daemon.address()).and_then(|mut client| client.try_reply()).expect("a reply").text()
}

fn second(client: &mut Client, daemon: &Daemon) -> String {
    logged_in(client);
    logged_in(&mut daemon.client())
}

fn mode(daemon: &Daemon, name: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let made = fs::metadata(daemon.setup.home("alice").join(name)).expect("the file");
    format!("{:o}", made.permissions().mode() & 0o777)
}

fn setup(said: &str) -> Setup {
    let setup = Setup::new().with_account("bob").line(CLASSES).workers(3, 2, 8);
    let folder = setup.folder.path().display().to_string();
    setup.line(&said.replace("{folder}", &folder))
}

fn started(said: &str) -> Daemon {
    let setup = setup(said);
    setup.write();
    setup.write_file("text", "a text\n", 0o644);
    let home = setup.home("alice");
    setup.make_folder(&home.join("below/deep"), None);
    fs::write(home.join("plain"), "plain\n").expect("a file");
    fs::write(home.join("large"), b"").expect("a file");
    fs::File::options()
        .write(true)
        .open(home.join("large"))
        .and_then(|file| file.set_len(64 << 20))
        .expect("long");
    Daemon::start(setup)
}

/// What alice meets, under names that are the same in every test's folder.
fn met(said: &str, look: fn(&mut Client, &Daemon) -> String) -> String {
    let daemon = started(said);
    let mut client = daemon.client();
    let found = look(&mut client, &daemon).replace(&daemon.setup.folder.path().display().to_string(), "");
    daemon.stop();
    // Times, inodes and the like differ from folder to folder.
    Regex::new(r"unique=[^;]*|\d{4,}|\d\d:\d\d").expect("an expression").replace_all(&found, "").into_owned()
}

fn within(condition: &str, said: &str) -> String {
    let kind = condition.split(' ').next().unwrap_or_default();
    format!("<{condition}>\n{said}\n</{kind}>")
}

/// Each row with one section that means alice and one that does not; over all rows every section has its turn.
fn holds_for_whom_it_is_meant(rows: &[Row], conditions: &[(&str, bool)]) {
    let of_kind = |wanted: bool| {
        let kind: Vec<&str> = conditions
            .iter()
            .filter(|(_, means)| *means == wanted)
            .map(|(condition, _)| *condition)
            .collect();
        kind
    };
    let (meant, others) = (of_kind(true), of_kind(false));
    for (number, (said, look)) in rows.iter().enumerate() {
        let (for_all, for_nobody) = (met(said, *look), met("", *look));
        assert_ne!(for_all, for_nobody, "{said} shows nowhere");
        let (one, other) = (meant[number % meant.len()], others[number % others.len()]);
        assert_eq!(met(&within(one, said), *look), for_all, "{said} in <{one}>");
        assert_eq!(met(&within(other, said), *look), for_nobody, "{said} in <{other}>");
    }
}

#[test]
fn what_is_said_for_some_of_their_sessions_holds_for_these() {
    holds_for_whom_it_is_meant(&FROM_LOGIN_ON[..15], &CONDITIONS);
}

#[test]
fn what_is_said_for_some_of_their_transfers_and_limits_holds_for_these() {
    holds_for_whom_it_is_meant(&FROM_LOGIN_ON[15..], &CONDITIONS);
}

#[test]
fn a_class_has_its_own_greeting_and_its_own_limits_before_any_login() {
    let classes = [("IfClass here", true), ("IfClass other", false), ("IfClass regex ^h", true)];
    holds_for_whom_it_is_meant(FROM_THE_CONNECTION_ON, &classes);
}

/// The class is asked about the address that PORT names, not about the client's.
#[test]
fn data_connections_may_be_a_classs() {
    for (said, answers) in [
        ("AllowForeignAddress other", [200, 200, 500]),
        ("AllowForeignAddress nobody", [200, 500, 500]),
        ("AllowForeignAddress on", [200, 200, 200]),
        ("AllowForeignAddress off", [200, 500, 500]),
    ] {
        let daemon = started(said);
        let mut client = daemon.session();
        for (host, answer) in [1, 2, 9].into_iter().zip(answers) {
            client.command(&format!("PORT 127,0,0,{host},77,77")).expect(answer);
        }
        daemon.stop();
    }
}

fn granted(said: &str) -> String {
    let daemon = started(said);
    let text = logged_in(&mut daemon.client());
    daemon.stop();
    text
}

/// As ProFTPD 1.3.8 was seen to answer.
#[test]
fn of_sections_that_mean_one_session_the_kind_and_then_the_place_decides() {
    let user = |text: &str| within("IfUser alice", &format!("AccessGrantMsg {text}"));
    let group = |text: &str| within("IfGroup alice", &format!("AccessGrantMsg {text}"));
    let class = |text: &str| within("IfClass here", &format!("AccessGrantMsg {text}"));
    let known = |text: &str| within("IfAuthenticated", &format!("AccessGrantMsg {text}"));
    let server = "AccessGrantMsg server".to_owned();
    let global = |said: String| format!("<Global>\n{said}\n</Global>");
    for (said, expected) in [
        (vec![server.clone(), user("user")], "user"),
        (vec![user("user"), server.clone()], "user"),
        (vec![user("one"), user("two")], "two"),
        (vec![group("group"), user("user")], "group"),
        (vec![user("user"), group("group")], "group"),
        (vec![known("known"), group("group")], "known"),
        (vec![class("class"), known("known")], "class"),
        (vec![user("own"), global(user("global"))], "own"),
        (vec![server, global(user("global"))], "global"),
    ] {
        assert_eq!(granted(&said.join("\n")), format!("230 {expected}"), "{said:?}");
    }
}

#[test]
fn limits_are_counted_by_what_holds_for_each() {
    let limit = within("IfUser alice", "MaxClients 2");
    let daemon = started(&format!("MaxClients 1\n{limit}"));
    let (mut first, mut second, mut third) = (daemon.client(), daemon.client(), daemon.client());
    assert!(first.try_login("alice").is_ok() && second.try_login("alice").is_ok());
    assert!(third.try_login("alice").is_err());
    assert!(daemon.client().try_login("bob").is_err());
    daemon.stop();
}

#[test]
fn an_anonymous_session_is_meant_by_its_account() {
    let section = "<Anonymous {folder}/homes/alice>\nUser nobody\nGroup nogroup\nUserAlias ftp nobody\nAccessGrantMsg anybody\nRequireValidShell off\n</Anonymous>";
    for (condition, expected) in [("IfUser nobody", "230 somebody"), ("IfUser alice", "230 anybody")] {
        let daemon = started(&format!("{section}\n{}", within(condition, "AccessGrantMsg somebody")));
        let mut client = daemon.client();
        client.command("USER ftp").expect(331);
        assert_eq!(client.command("PASS x@").text(), expected, "{condition}");
        daemon.stop();
    }
}

#[test]
fn a_home_is_made_for_whom_a_section_means() {
    let daemon = started(&within("IfUser bob", "CreateHome on"));
    for name in ["alice", "bob"] {
        fs::remove_dir_all(daemon.setup.home(name)).expect("a home");
        let _ = daemon.client().try_login(name);
    }
    assert!(daemon.setup.home("bob").is_dir() && !daemon.setup.home("alice").exists());
    daemon.stop();
}

#[test]
fn timers_run_for_whom_a_section_means() {
    for timer in ["TimeoutIdle 1", "TimeoutNoTransfer 1", "TimeoutSession 1"] {
        let daemon = started(&within("IfUser alice", timer));
        let (mut bob, mut alice) = (daemon.client(), daemon.client());
        bob.login("bob");
        alice.login("alice");
        alice.reply().expect(421);
        bob.command("NOOP").expect(200);
        daemon.stop();
    }
}

#[test]
fn a_session_may_have_only_so_long_for_some_alone() {
    let lines = "<Class here>\nFrom 127.0.0.1\n</Class>";
    for expression in ["user alice,carol", "group alice", "user !bob", "class here,there"] {
        let daemon = started(&format!("{lines}\nTimeoutSession 1 {expression}"));
        let mut alice = daemon.client();
        alice.login("alice");
        alice.reply().expect(421);
        daemon.stop();
    }
    for expression in ["user bob", "group !alice", "class !here"] {
        let daemon = started(&format!("{lines}\nTimeoutSession 1 {expression}\nTimeoutIdle 2"));
        let mut alice = daemon.client();
        alice.login("alice");
        assert!(alice.reply().expect(421).text().contains("Idle"), "{expression}");
        daemon.stop();
    }
}

/// TimeoutLogin is told where it stands, which is the class.
#[test]
fn a_class_may_take_its_own_time_to_log_in() {
    let daemon = started(&within("IfClass other", "TimeoutLogin 1"));
    let mut here = daemon.client();
    let mut other = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 2), daemon.address());
    other.reply().expect(421);
    here.command("USER alice").expect(331);
    daemon.stop();
}

#[test]
fn what_means_nothing_there_is_told_with_the_reason() {
    for (said, reason) in [
        (within("IfUser alice", "ServerIdent off"), "decided before anybody has logged in"),
        (within("IfGroup alice", "MaxLoginAttempts 1"), "decided before anybody has logged in"),
        (within("IfClass here", "Port 2121"), "holds for all of a server's sessions"),
        (within("IfUser alice", "AuthUserFile /etc/passwd"), "holds for all of a server's sessions"),
        (within("IfClass here", "PidFile /run/x"), "the daemon's or a server's as a whole"),
        (
            format!(
                "<Class far>\nFrom .example.com\n</Class>\n{}",
                within("IfClass far", "MaxConnectionsPerHost 1")
            ),
            "before a client's name is known",
        ),
        (within("IfClass here", "TimeoutSession 1 user alice"), "cannot stand in <IfClass>"),
        (
            "<Anonymous /srv>\nUser nobody\nGroup nogroup\nRequireValidShell off\nTimeoutSession 1 class x\n</Anonymous>".to_owned(),
            "cannot stand in <Anonymous>",
        ),
        (
            within("IfClass here", &within("IfUser alice", "Umask 077")),
            "holds for all of a server's sessions",
        ),
    ] {
        let setup = setup(&said);
        setup.write();
        let config = setup.config_file().display().to_string();
        let told = run(&setup, &["-t", "-c", &config]);
        let words = String::from_utf8_lossy(&told.stderr);
        assert!(!told.status.success() && words.contains(reason), "{said}: {words}");
    }
}
