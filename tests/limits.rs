//! `<Limit>`: who may do what, by origin, user, group and class.

use std::fs;

use crate::harness::{Client, Daemon, Setup};

const GROUPS: &str = "web:x:52101:alice\nall:x:52102:alice,bob\n";

/// Alice is in `web` and `all`, bob in `all`, carol in neither.
fn started(lines: &str) -> Daemon {
    let setup = Setup::new().with_account("bob").with_account("carol").line(lines);
    setup.write();
    setup.write_file("groups", GROUPS, 0o600);
    Daemon::start(setup)
}

fn section(command: &str, rules: &str) -> String {
    format!("<Limit {command}>\n{}\n</Limit>", rules.replace("; ", "\n"))
}

/// The first letters of those for whom `may` is true.
fn those(daemon: &Daemon, may: impl Fn(&mut Client, &str) -> bool) -> String {
    let names = ["alice", "bob", "carol"];
    names.iter().filter(|name| may(&mut daemon.client(), name)).map(|name| &name[..1]).collect()
}

/// What ProFTPD 1.3.8 was seen to answer.
#[test]
fn rules_name_users_groups_classes_and_origins() {
    let table = [
        ("AllowUser alice; DenyAll", "a"),
        ("DenyUser alice", "bc"),
        ("AllowUser alice", "abc"),
        ("AllowUser alice,bob; DenyAll", "ab"),
        ("AllowUser !alice; DenyAll", "bc"),
        ("AllowUser regex ^[ab]; DenyAll", "ab"),
        ("DenyUser alice; AllowAll", "abc"),
        ("AllowGroup web,all; DenyAll", "a"),
        ("AllowGroup OR web,all; DenyAll", "ab"),
        ("DenyGroup !all", "ab"),
        ("AllowUser carol; AllowGroup web; DenyAll", "ac"),
        ("AllowClass local; DenyAll", "abc"),
        ("DenyClass !remote", ""),
        ("Deny from 127.0.0.0/8; AllowUser bob", "b"),
        ("Deny from 10.0.0.0/8", "abc"),
        ("Allow from 10.0.0.1,127.; DenyAll", "abc"),
        ("Order deny,allow; AllowUser alice", "a"),
        ("Order deny,allow; Allow from 127.0.0.1; DenyUser alice", "bc"),
        ("Order deny,allow; AllowUser alice; Deny from all", ""),
    ];
    let setup = Setup::new().with_account("bob").with_account("carol");
    let places = setup.path("places");
    let classes = "<Class local>\nFrom 127.0.0.1\n</Class>\n<Class remote>\nFrom 10.0.0.1\n</Class>";
    let place = |number: usize| places.join(number.to_string());
    let setup = (0..table.len()).fold(setup.line(classes), |setup, number| {
        let rules = section("SIZE", table[number].0);
        setup.line(&format!("<Directory {}>\n{rules}\n</Directory>", place(number).display()))
    });
    setup.write();
    setup.write_file("groups", GROUPS, 0o600);
    for number in 0..table.len() {
        setup.make_folder(&place(number), None);
        fs::write(place(number).join("f"), "x").expect("written");
    }
    let daemon = Daemon::start(setup);
    for (number, (rules, expected)) in table.iter().enumerate() {
        let may = |client: &mut Client, name: &str| {
            client.login(name);
            client.command("TYPE I").expect(200);
            client.command(&format!("SIZE {}/f", place(number).display())).code == 213
        };
        assert_eq!(those(&daemon, may), *expected, "{rules}");
    }
}

#[test]
fn a_section_that_says_nothing_of_somebody_leaves_him_to_the_others() {
    for (outer, inner, expected) in [
        ("DenyAll", "AllowUser alice", "a"),
        ("DenyAll", "DenyUser alice", ""),
        ("AllowAll", "DenyUser alice", "bc"),
        ("DenyUser alice", "AllowUser bob", "bc"),
        ("AllowAll", "Order deny,allow; AllowUser alice", "a"),
    ] {
        let daemon = started(&format!("{}\n{}", section("WRITE", outer), section("MKD", inner)));
        let may = |client: &mut Client, name: &str| {
            client.login(name);
            client.command("MKD made").code == 257
        };
        assert_eq!(those(&daemon, may), expected, "{outer}, then {inner}");
    }
}

#[test]
fn logins_are_limited_by_who_logs_in_and_from_where() {
    for (rules, expected) in [
        ("AllowUser alice; DenyAll", "a"),
        ("DenyUser alice", "bc"),
        ("AllowGroup all; DenyAll", "ab"),
        ("Deny from 127.0.0.1; AllowUser bob", "b"),
        ("Allow from 127.0.0.1; DenyAll", "abc"),
    ] {
        let daemon = started(&section("LOGIN", rules));
        assert_eq!(those(&daemon, |client, name| client.try_login(name).is_ok()), expected, "{rules}");
    }
    for rules in ["Deny from 127.0.0.1", "Order deny,allow; Allow from 10.0.0.1", "DenyAll"] {
        let daemon = started(&section("LOGIN", rules));
        let mut client = Client::connect(daemon.address()).expect("a connection");
        assert!(client.try_reply().is_err(), "{rules}: nobody from there is greeted");
    }
}

#[test]
fn what_no_rule_can_mean_is_refused() {
    for lines in [
        "Order deny",
        "AllowUser",
        "Allow from",
        "Deny from 10.0.0.0/99",
        "DenyUser regex (",
        "AllowGroup OR",
    ] {
        let daemon = Daemon::usual();
        daemon.rewrite(&format!("{}\n<Limit STOR>\n{lines}\n</Limit>\n", daemon.setup.text()));
        daemon.reload_in_vain();
        daemon.session().command("QUIT").expect(221);
    }
}

/// What ProFTPD 1.3.8 was seen to answer, where it takes the same lines.
#[test]
fn rules_hold_for_some_sessions() {
    let deny = "<Limit MKD>\nDenyAll\n</Limit>";
    let allow = "<Limit MKD>\nAllowAll\n</Limit>";
    let given = |kind: &str, lines: &str| {
        let name = kind.split(' ').next().unwrap_or_default();
        format!("<If{kind}>\n{lines}\n</If{name}>\n")
    };
    let folder = |lines: &str| format!("<Directory ~>\n{lines}\n</Directory>\n");
    for (lines, expected) in [
        (given("User alice", deny), "bc"),
        (given("User !alice", deny), "a"),
        (given("User regex ^[ab]", deny), "c"),
        (given("Group all", deny), "c"),
        (given("Group all,web", deny), "bc"),
        (given("Group OR all,web", deny), "c"),
        (given("Class local", deny), ""),
        (given("Class remote", deny), "abc"),
        (given("Authenticated", deny), ""),
        (given("User alice", deny) + allow, "bc"),
        (given("User alice", allow) + deny, "a"),
        (folder(allow) + &given("User alice", deny), "abc"),
        (folder(deny) + &given("User alice", allow), ""),
        (folder(allow) + &given("User alice", &folder(deny)), "bc"),
        (folder(deny) + &given("User alice", &folder(allow)), "a"),
        (given("User alice,bob", deny) + &given("User alice", allow), "c"),
        (given("User alice", allow) + &given("User alice,bob", deny), "ac"),
        (given("User alice", "PathDenyFilter e$"), "bc"),
        (format!("<Global>\n{}</Global>\n", given("User bob", deny)), "ac"),
    ] {
        let classes = "<Class local>\nFrom 127.0.0.1\n</Class>\n<Class remote>\nFrom 10.0.0.1\n</Class>\n";
        let daemon = started(&format!("{classes}{lines}"));
        let may = |client: &mut Client, name: &str| {
            client.login(name);
            client.command("MKD made").code == 257
        };
        assert_eq!(those(&daemon, may), expected, "{lines}");
    }
}
