//! `<Limit LOGIN>`: who may come in, by name, group, class and address.

use crate::harness::{Client, Daemon, PASSWORD, Setup};

fn daemon(rules: &str) -> Daemon {
    let limit = format!("<Limit LOGIN>\n{rules}\n</Limit>");
    Setup::new()
        .with_account("bob")
        .line("<Class loopback>\nFrom 127.0.0.0/8\n</Class>")
        .line("MaxLoginAttempts 20")
        .line(&limit)
        .start()
}

/// Whether somebody comes in.
fn comes_in(client: &mut Client, name: &str) -> bool {
    client.command(&format!("USER {name}"));
    client.command(&format!("PASS {PASSWORD}")).code == 230
}

#[test]
fn a_rule_lets_some_in_and_others_not() {
    for (rules, alice, bob) in [
        ("AllowUser alice\nDenyAll", true, false),
        ("AllowUser alice\nAllowUser bob\nDenyAll", true, true),
        ("DenyUser bob", true, false),
        ("Order deny,allow\nAllowUser bob", false, true),
        ("AllowGroup bob\nDenyAll", false, true),
        ("DenyGroup OR bob,nobody", true, false),
        ("AllowClass loopback\nDenyAll", true, true),
        ("Order deny,allow\nDenyUser bob\nAllow from 127.0.0.0/8", true, false),
        ("AllowUser AND alice,!bob\nDenyAll", true, false),
    ] {
        let daemon = daemon(rules);
        for (name, expected) in [("alice", alice), ("bob", bob)] {
            assert_eq!(comes_in(&mut daemon.client(), name), expected, "{rules}: {name}");
        }
        daemon.stop();
    }
}

/// UserAlias lets the name in as well; with AuthAliasOnly it alone does, and the others are told from no account at all.
#[test]
fn where_aliases_alone_count_an_accounts_own_name_lets_nobody_in() {
    for (line, own) in [("", true), ("AuthAliasOnly off\n", true), ("AuthAliasOnly on\n", false)] {
        let daemon = Setup::new().line(&format!("{line}UserAlias web alice")).start();
        assert!(comes_in(&mut daemon.client(), "web"), "{line}");
        let mut client = daemon.client();
        assert_eq!(comes_in(&mut client, "alice"), own, "{line}");
        if !own {
            let mut hears = |name: &str| {
                let asked = client.command(&format!("USER {name}")).text().replace(name, "X");
                asked + &client.command(&format!("PASS {PASSWORD}")).text()
            };
            assert_eq!(hears("alice"), hears("nobody-at-all"));
        }
        daemon.stop();
    }
}

#[test]
fn who_is_refused_hears_what_a_wrong_password_hears_and_may_try_again() {
    let daemon = daemon("AllowUser alice\nDenyAll");
    let mut client = daemon.client();
    client.command("USER bob").expect(331);
    let refused = client.command(&format!("PASS {PASSWORD}")).expect(530);
    client.command("USER alice").expect(331);
    assert_eq!(client.command("PASS wrong").expect(530), refused);
    assert!(comes_in(&mut client, "alice"));
    daemon.await_log("USER bob (Login failed): Limit access denies login");
    daemon.stop();
}

#[test]
fn where_nobody_may_come_in_nobody_is_greeted() {
    let daemon = daemon("Deny from 127.0.0.0/8");
    let mut client = Client::connect(daemon.address()).expect("a connection");
    client.expect_end();
    daemon.await_log("denied by <Limit LOGIN>");
    daemon.stop();
}

#[test]
fn a_home_is_not_made_for_whom_a_rule_keeps_out() {
    let setup = Setup::new().with_account("bob").line("CreateHome on");
    let home = setup.home("bob");
    let rule = "<Limit LOGIN>\nDenyUser bob\n</Limit>";
    let daemon = setup.line(rule).start();
    std::fs::remove_dir(&home).expect("bob's home");
    for text in [rule.to_owned(), "<IfUser bob>\n<Limit LOGIN>\nDenyAll\n</Limit>\n</IfUser>".to_owned()] {
        daemon.rewrite(&daemon.setup.text().replace(rule, &text));
        daemon.reload();
        assert!(!comes_in(&mut daemon.client(), "bob"), "{text}");
        assert!(!home.exists(), "{text}");
        assert!(comes_in(&mut daemon.client(), "alice"), "{text}");
    }
    daemon.stop();
}
