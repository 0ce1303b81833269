//! Lines for the operator: where they go, how they begin, and which of them are written.

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::daemon::run;
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup};

fn refuse_alice(daemon: &Daemon) {
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    client.command("QUIT").expect(221);
}

#[test]
fn a_server_log_takes_its_sessions_lines() {
    let setup = Setup::new();
    let log = setup.path("log/server.log");
    let daemon = setup.line(&format!("ServerLog {}", log.display())).start();
    refuse_alice(&daemon);
    let read = || fs::read_to_string(&log).unwrap_or_default();
    until("the session's end", || read().contains("FTP session closed."));
    assert!(read().contains(" proftpd[") && read().contains("USER alice (Login failed): Incorrect password"));
    assert!(!daemon.log().contains("alice") && daemon.log().contains("STARTUP"));
    daemon.stop();
}

/// The usual accounts, for servers beside the first.
fn accounts_of(setup: &Setup) -> String {
    let users = setup.path("users");
    format!("AuthUserFile {}\nAuthOrder mod_auth_file.c\nRequireValidShell off", users.display())
}

#[test]
fn each_server_may_have_a_log_of_its_own_and_global_one_for_all() {
    let setup = Setup::new().with_account("bob");
    let at = |name: &str| setup.path("log").join(name).display().to_string();
    let port = setup.port.number;
    let host = |address: &str, name: &str, line: &str| {
        format!("<VirtualHost {address}>\nServerName {name}\nPort {port}\n{line}\n</VirtualHost>\n")
    };
    let lines = format!("<Global>\nServerLog {}\n{}\n</Global>\n", at("global"), accounts_of(&setup))
        + &host("127.0.0.2", "own", &format!("ServerLog {}\nSyslogLevel warn", at("own")))
        + &host("127.0.0.3", "usual", "")
        + &host("127.0.0.4", "none", "ServerLog none");
    let daemon = setup.line(&lines).start();
    for last in [2, 3, 4] {
        let mut client = Client::greeted(([127, 0, 0, last], daemon.setup.port.number).into());
        client.login("bob");
        client.command("QUIT").expect(221);
        client.expect_end();
    }
    refuse_alice(&daemon);
    let read = |name: &str| fs::read_to_string(daemon.setup.path("log").join(name)).unwrap_or_default();
    until("the last session's end", || read("global").matches("FTP session closed.").count() == 2);
    let global = read("global");
    assert!(global.contains("USER bob: Login successful") && global.contains("USER alice (Login failed)"));
    assert!(global.contains(" 127.0.0.3 (") && global.contains(" 127.0.0.1 ("), "{global}");
    assert!(!global.contains("127.0.0.2") && !global.contains("127.0.0.4"), "{global}");
    assert_eq!(read("own"), "", "a login is less grave than a warning");
    assert!(!daemon.log().contains("Login"), "{}", daemon.log());
    daemon.stop();
}

#[test]
fn server_log_none_keeps_a_servers_sessions_quiet() {
    let daemon = Setup::new().line("ServerLog none").start();
    refuse_alice(&daemon);
    // What the daemon says itself comes later.
    daemon.reload();
    daemon.await_log("generation 2 serves");
    assert!(!daemon.log().contains("alice"), "{}", daemon.log());
    daemon.stop();
}

#[test]
fn syslog_level_keeps_what_is_less_grave() {
    let daemon = Setup::new().line("SyslogLevel notice").start();
    refuse_alice(&daemon);
    daemon.await_log("Incorrect password");
    daemon.session();
    assert!(!daemon.log().contains("FTP session opened"), "{}", daemon.log());
    daemon.stop();
}

#[test]
fn log_options_say_how_lines_begin() {
    let bare = "LogOptions -Timestamp -Hostname -VirtualHost +RoleBasedProcessLabels";
    let daemon = Setup::new().line(bare).start();
    refuse_alice(&daemon);
    let line = daemon.await_log("Incorrect password");
    let (label, rest) = line.split_once("] ").expect("a pid");
    assert!(label.strip_prefix("session[").is_some_and(|pid| pid.parse::<i32>().is_ok()), "{line}");
    assert_eq!(rest, "(127.0.0.1[127.0.0.1]): USER alice (Login failed): Incorrect password reason=password");
    let line = daemon.await_log("STARTUP");
    assert!(line.starts_with("daemon[") && line.contains("]: "), "{line}");
    daemon.stop();
}

#[test]
fn logs_go_to_the_streams_of_a_container() {
    let daemon = Setup::new()
        .line("SystemLog /dev/stderr\nExtendedLog /dev/stderr ALL json\nTransferLog /dev/stdout")
        .start();
    daemon.session().command("QUIT").expect(221);
    let read = || fs::read_to_string(daemon.setup.path("stderr")).unwrap_or_default();
    until("both kinds of lines", || {
        read().contains("USER alice: Login successful.") && read().contains(r#""command":"QUIT""#)
    });
    daemon.reload();
    daemon.session();
    until("lines after a reload", || read().matches("USER alice: Login successful.").count() == 2);
    daemon.stop();
}

#[test]
fn a_log_behind_a_link_is_opened_only_where_the_operator_says_so() {
    let setup = Setup::new();
    setup.write();
    symlink(setup.path("log/behind"), setup.path("log/link")).expect("a link");
    let line = format!("ExtendedLog {} ALL json", setup.path("log/link").display());
    let setup = setup.line(&line);
    setup.write();
    let refused = run(&setup, &["-n", "-c", &setup.config_file().display().to_string()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("log/link"), "{said}");
    let daemon = setup.line("AllowLogSymlinks on").start();
    daemon.session();
    until("a line behind the link", || {
        fs::read_to_string(daemon.setup.path("log/behind")).is_ok_and(|text| text.contains("alice"))
    });
    daemon.stop();
}

#[test]
fn debug_level_has_the_daemon_tell_more() {
    for (line, wanted) in [("DebugLevel 0", false), ("DebugLevel 5", true)] {
        let daemon = Setup::new().line(line).start();
        for generation in 2..4 {
            daemon.reload();
            daemon.await_log(&format!("generation {generation} serves"));
        }
        // Each generation's own processes, of which only a debug line tells.
        daemon.await_log("generation 2 has ended");
        if wanted {
            daemon.await_log("ended (status 0)");
        }
        assert_eq!(daemon.log().contains("ended (status 0)"), wanted, "{line}: {}", daemon.log());
        daemon.stop();
    }
}
