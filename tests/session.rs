//! A session's life: login, its refusals, its timeouts, its end.

use std::fs;
use std::io::Read;
use std::time::Instant;

use ferryd::scoreboard::State;

use crate::harness::events::until;
use crate::harness::setup::{FIRST_UID, NOBODY, Starter};
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root, eventually, processes};

#[test]
fn a_login_is_greeted_logged_and_shown() {
    let daemon = Daemon::usual();
    let mut client = Client::connect(daemon.address()).expect("a connection");
    let greeting = client.reply().expect(220).text();
    assert!(greeting.contains("Test"), "{greeting}");
    client.command("USER alice").expect(331);
    let reply = client.command(&format!("PASS {PASSWORD}")).expect(230).text();
    assert!(reply.contains("alice"), "{reply}");
    let slot = daemon.slot_of(&client);
    assert_eq!((slot.user.as_slice(), slot.state), (&b"alice"[..], State::Idle));
    daemon.await_log("USER alice: Login successful");
    client.command("QUIT").expect(221);
    client.expect_end();
    daemon.await_log("FTP session closed");
    daemon.stop();
}

#[test]
fn wrong_passwords_and_unknown_users_hear_the_same() {
    let daemon = Daemon::usual();
    let mut answers = Vec::new();
    for name in ["alice", "nobody-of-that-name"] {
        let mut client = daemon.client();
        client.command(&format!("USER {name}")).expect(331);
        answers.push(client.command("PASS wrong").expect(530).text());
    }
    assert_eq!(answers[0], answers[1]);
    daemon.await_log("USER alice (Login failed): Incorrect password");
    daemon.await_log("USER nobody-of-that-name: no such user found");
}

#[test]
fn after_the_last_attempt_the_session_ends() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    for _ in 0..3 {
        client.command("USER alice").expect(331);
        client.command("PASS wrong").expect(530);
    }
    client.expect_end();
    daemon.await_log("Maximum login attempts (3) exceeded");
}

#[test]
fn a_second_identity_is_not_to_be_had() {
    let daemon = Setup::new().with_account("bob").start();
    let mut client = daemon.session();
    for line in ["USER bob", "PASS x", "REIN"] {
        let reply = client.command(line);
        assert!((500..=599).contains(&reply.code), "{line}: {reply:?}");
    }
    client.command("USER alice").expect(230);
    client.command("PWD").expect(257);
    assert_eq!(daemon.slot_of(&client).user, b"alice");
}

#[test]
fn a_password_without_a_name_is_out_of_order() {
    let daemon = Daemon::usual();
    daemon.client().command("PASS x").expect(503);
}

#[test]
fn a_session_runs_as_its_account() {
    if !as_root("a_session_runs_as_its_account") {
        return;
    }
    let daemon = Daemon::usual();
    let client = daemon.session();
    let slot = daemon.slot_of(&client);
    assert_eq!(processes::uid_of(slot.pid.0), Some(FIRST_UID));
    let waiting = daemon.client();
    let slot = daemon.slot_of(&waiting);
    assert_eq!(processes::uid_of(slot.pid.0), Some(NOBODY));
}

#[test]
fn without_root_everything_runs_as_the_caller() {
    if !as_root("without_root_everything_runs_as_the_caller") {
        return;
    }
    let daemon = Setup::new().started_as(Starter::Nobody).line("DefaultRoot ~").start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("file", b"nobody's");
    assert_eq!(client.retrieve("file"), b"nobody's");
    for process in daemon.processes() {
        assert_eq!(processes::uid_of(process.pid), Some(NOBODY), "{process:?}");
    }
    client.command("SIZE /../../etc/passwd").expect(550);
    daemon.stop();
}

#[test]
fn accounts_of_root_are_refused() {
    if !as_root("accounts_of_root_are_refused") {
        return;
    }
    let daemon = Setup::new().with_account("toor").with_account("wheel").start();
    let users = fs::read_to_string(daemon.setup.path("users")).expect("written");
    let users = users.replace(":52002:52002:", ":0:52002:").replace(":52003:52003:", ":52003:0:");
    daemon.setup.write_file("users", &users, 0o600);
    for name in ["toor", "wheel"] {
        let mut client = daemon.client();
        client.command(&format!("USER {name}")).expect(331);
        client.command(&format!("PASS {PASSWORD}")).expect(530);
    }
    daemon.session();
}

#[test]
fn a_new_account_is_known_at_once() {
    let daemon = Daemon::usual();
    daemon.session();
    let users = fs::read_to_string(daemon.setup.path("users")).expect("written");
    let more = format!("{users}{}", users.replace("alice:", "carol:"));
    daemon.setup.write_file("users", &more, 0o600);
    daemon.setup.make_folder(&daemon.setup.home("carol"), Some(FIRST_UID));
    let mut client = daemon.client();
    client.login("carol");
}

#[test]
fn a_session_stays_in_its_root() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    fs::write(daemon.setup.path("homes/secret"), "x").expect("written");
    std::os::unix::fs::symlink("../secret", home.join("link")).expect("linked");
    std::os::unix::fs::symlink("/etc", home.join("etc")).expect("linked");
    let mut client = daemon.session();
    assert!(client.command("PWD").expect(257).text().contains("\"/\""));
    client.command("CWD ..").expect(250);
    assert!(client.command("PWD").expect(257).text().contains("\"/\""));
    for path in ["../secret", "/../secret", "link", "etc/passwd", "/etc/passwd", "/proc/self/environ"] {
        client.command(&format!("SIZE {path}")).expect(550);
        let data = client.extended_passive();
        client.command(&format!("RETR {path}")).expect(550);
        drop(data);
    }
    client.store("mine", b"x");
    assert!(home.join("mine").exists());
}

#[test]
fn default_chdir_is_where_a_session_begins() {
    let daemon = Setup::new().line("DefaultRoot ~\nDefaultChdir ~/pub").start();
    let home = daemon.setup.home("alice");
    daemon.setup.make_folder(&home.join("pub"), Some(FIRST_UID));
    let mut client = daemon.session();
    assert!(client.command("PWD").expect(257).text().contains("\"/pub\""));
}

#[test]
fn cdpath_is_where_cwd_looks_for_what_is_not_here() {
    let daemon = Setup::new()
        .line("DefaultRoot ~\nCDPath /nowhere\nCDPath /pub\n<Global>\nCDPath /shut\n</Global>\n<Directory ~/shut/in>\n<Limit CWD>\nDenyAll\n</Limit>\n</Directory>")
        .start();
    let home = daemon.setup.home("alice");
    for name in ["pub/sub", "shut/in", "shut/other"] {
        daemon.setup.make_folder(&home.join(name), Some(FIRST_UID));
    }
    let mut client = daemon.session();
    for (line, code, place) in [
        ("CWD sub", 250, "/pub/sub"),
        ("CWD /", 250, "/"),
        ("CWD /sub", 250, "/pub/sub"),
        ("XCWD other", 250, "/shut/other"),
        // What it finds is judged like everything else.
        ("CWD in", 550, "/shut/other"),
        ("CWD none", 550, "/shut/other"),
        ("CWD ../../pub", 250, "/pub"),
    ] {
        client.command(line).expect(code);
        assert!(client.command("PWD").text().contains(&format!("\"{place}\"")), "{line}");
    }
}

#[test]
fn the_type_before_type_is_said_may_be_binary() {
    for (line, bytes) in [("", &b"a\r\nb"[..]), ("DefaultTransferMode binary", b"a\nb")] {
        let daemon = Setup::new().line(line).start();
        let mut client = daemon.session();
        std::fs::write(daemon.setup.home("alice").join("file"), "a\nb").expect("written");
        assert_eq!(client.download("RETR file"), bytes, "{line}");
    }
}

#[test]
fn the_configured_words_are_said() {
    let daemon =
        Setup::new().line("ServerIdent on \"Harbour\"\nAccessGrantMsg \"Welcome aboard, %u\"").start();
    let mut client = Client::connect(daemon.address()).expect("a connection");
    assert!(client.reply().expect(220).text().contains("Harbour"));
    client.command("USER alice").expect(331);
    assert!(client.command(&format!("PASS {PASSWORD}")).expect(230).text().contains("Welcome aboard, alice"));
    daemon.stop();
}

#[test]
fn refused_logins_hear_the_servers_words() {
    let inner = "<VirtualHost 127.0.0.2>\nPort PORT\n</VirtualHost>\n\
        <Anonymous HOME>\nUser nobody\nGroup nogroup\nRequireValidShell off\nAnonRequirePassword on\nAccessDenyMsg \"Members only\"\n</Anonymous>";
    let setup = Setup::new().with_account("bob");
    let (home, port) = (setup.home("bob").display().to_string(), setup.port.number.to_string());
    let daemon = setup
        .line("AccessDenyMsg \"Not you, %u\"")
        .line(&inner.replace("HOME", &home).replace("PORT", &port))
        .start();
    let refused = |mut client: Client, name: &str| {
        client.command(&format!("USER {name}")).expect(331);
        client.command("PASS wrong").expect(530).text()
    };
    assert_eq!(refused(daemon.client(), "bob"), "530 Not you, bob");
    assert_eq!(refused(daemon.client(), "nobody-of-that-name"), "530 Not you, nobody-of-that-name");
    assert_eq!(refused(daemon.client(), "nobody"), "530 Members only");
    let other = Client::greeted(([127, 0, 0, 2], daemon.setup.port.number).into());
    assert_eq!(refused(other, "bob"), "530 Login incorrect.");
    daemon.stop();
}

#[test]
fn a_silent_client_is_not_waited_for() {
    let daemon = Setup::new().line("TimeoutLogin 1").start();
    let mut client = daemon.client();
    client.reply().expect(421);
    client.expect_end();
}

#[test]
fn an_idle_session_is_ended() {
    let daemon = Setup::new().line("TimeoutIdle 1").start();
    let mut client = daemon.session();
    client.reply().expect(421);
    client.expect_end();
}

#[test]
fn a_session_without_transfers_is_ended() {
    let daemon = Setup::new().line("TimeoutNoTransfer 1").start();
    let mut client = daemon.session();
    client.command("NOOP").expect(200);
    client.reply().expect(421);
    client.expect_end();
}

#[test]
fn a_session_has_only_so_long() {
    let daemon = Setup::new().line("TimeoutSession 1").start();
    let mut client = daemon.session();
    client.reply().expect(421);
    client.expect_end();
}

#[test]
fn a_stalled_transfer_is_ended() {
    let daemon = Setup::new().line("TimeoutStalled 1").start();
    let mut client = daemon.session();
    let data = client.extended_passive();
    client.command("STOR stalls").expect(150);
    let reply = client.reply();
    assert!([421, 426].contains(&reply.code), "{reply:?}");
    drop(data);
}

#[test]
fn a_client_that_vanishes_leaves_nothing() {
    let daemon = Daemon::usual();
    let client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    drop(client);
    until("the end of its worker", || !processes::lives(pid));
    eventually("its slot is free", || daemon.slots().iter().all(|slot| slot.pid.0 != pid).then_some(()));
}

#[test]
fn quit_during_a_transfer_lets_it_finish_or_says_why_not() {
    let daemon = Daemon::usual();
    fs::write(daemon.setup.home("alice").join("big"), vec![7; 4 << 20]).expect("written");
    let mut client = daemon.session();
    let mut data = client.extended_passive();
    client.command("RETR big").expect(150);
    client.send("QUIT");
    let mut bytes = Vec::new();
    let _ = data.read_to_end(&mut bytes);
    let mut codes = Vec::new();
    while let Ok(reply) = client.try_reply() {
        codes.push(reply.code);
    }
    assert!(codes.contains(&226) && bytes.len() == 4 << 20 || codes.contains(&426), "{codes:?}");
    assert_eq!(codes.last(), Some(&221), "{codes:?}");
}

#[test]
fn answers_to_names_and_passwords_may_come_later() {
    let daemon = Setup::new().line("DelayOnEvent USER 300\nDelayOnEvent FailedLogin 900ms").start();
    let took = |client: &mut Client, line: &str, code| {
        let began = Instant::now();
        client.command(line).expect(code);
        began.elapsed().as_millis()
    };
    let mut client = daemon.client();
    assert!(took(&mut client, "USER alice", 331) >= 300);
    assert!(took(&mut client, "PASS wrong", 530) >= 900);
    client.command("USER alice").expect(331);
    assert!(took(&mut client, &format!("PASS {PASSWORD}"), 230) < 900, "a right password is not delayed");
    assert!(took(&mut client, "PWD", 257) < 300);
    daemon.stop();
}
