//! Servers by address and port, each with users, rules and logs of its own.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;

use crate::harness::daemon::run;
use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, PASSWORD, PASSWORD_HASH, Setup, as_root};

/// Addresses of the loopback interface that are there on every host.
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const THIRD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const NOBODYS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A configuration with these lines; `PORT` is the daemon's own, `OTHER` another that is free, `@` the test's folder.
fn setup(lines: &str) -> (Setup, Port) {
    let (setup, other) = (Setup::new(), Port::reserve());
    let lines = lines
        .replace("PORT", &setup.port.number.to_string())
        .replace("OTHER", &other.number.to_string())
        .replace('@', &setup.folder.path().display().to_string());
    (setup.line(&lines), other)
}

fn daemon(lines: &str) -> (Daemon, Port) {
    let (setup, other) = setup(lines);
    (setup.start(), other)
}

/// The name of the server that greets there; None where nobody listens.
fn greets(address: impl Into<IpAddr>, port: u16) -> Option<String> {
    let mut client = Client::connect(SocketAddr::new(address.into(), port)).ok()?;
    let text = client.reply().expect(220).text();
    let name = text.split('(').nth(1).and_then(|rest| rest.split(')').next());
    Some(name.expect("a name in brackets").to_owned())
}

#[test]
fn a_server_is_reached_by_its_addresses_and_ports() {
    let (daemon, other) = daemon(
        "<VirtualHost 127.0.0.2 127.0.0.3>\nServerName both\nPort PORT\n</VirtualHost>\n\
         <VirtualHost 127.0.0.1>\nServerName port\nPort OTHER\n</VirtualHost>\n\
         <VirtualHost 127.0.0.2>\nServerName far\nPort OTHER\n</VirtualHost>\n\
         <VirtualHost 127.0.0.3>\nServerName none\nPort 0\n</VirtualHost>",
    );
    let port = daemon.setup.port.number;
    for (address, port, wanted) in [
        (Ipv4Addr::LOCALHOST, port, Some("Test")),
        (SECOND, port, Some("both")),
        (THIRD, port, Some("both")),
        (Ipv4Addr::LOCALHOST, other.number, Some("port")),
        (SECOND, other.number, Some("far")),
        (THIRD, other.number, None),
        (NOBODYS, port, None),
    ] {
        assert_eq!(greets(address, port).as_deref(), wanted, "{address}:{port}");
    }
}

#[test]
fn the_default_server_takes_whom_nobody_names() {
    for (lines, wanted) in [
        ("DefaultServer on\n<VirtualHost 127.0.0.2>\nServerName two\nPort PORT\n</VirtualHost>", "Test"),
        ("<VirtualHost 127.0.0.2>\nServerName two\nPort PORT\nDefaultServer on\n</VirtualHost>", "two"),
    ] {
        let (daemon, _other) = daemon(lines);
        let port = daemon.setup.port.number;
        assert_eq!(greets(NOBODYS, port).as_deref(), Some(wanted));
        assert_eq!(greets(SECOND, port).as_deref(), Some("two"));
        assert_eq!(greets(Ipv4Addr::LOCALHOST, port).as_deref(), Some("Test"));
    }
}

#[test]
fn tight_sockets_leave_other_addresses_to_others() {
    let second = "<VirtualHost 127.0.0.2>\nServerName two\nPort PORT\n</VirtualHost>\nDefaultServer on\n";
    for (line, wanted) in
        [("", Some("Test")), ("SocketBindTight off", Some("Test")), ("SocketBindTight on", None)]
    {
        let lines = &(second.to_owned() + line);
        let (daemon, _other) = daemon(lines);
        let port = daemon.setup.port.number;
        assert_eq!(greets(NOBODYS, port).as_deref(), wanted, "{lines}");
        assert_eq!(TcpListener::bind((NOBODYS, port)).is_ok(), wanted.is_none(), "{lines}");
        for (named, server) in [(Ipv4Addr::LOCALHOST, "Test"), (SECOND, "two")] {
            assert_eq!(greets(named, port).as_deref(), Some(server), "{lines}");
            assert!(TcpListener::bind((named, port)).is_err(), "{lines}");
        }
        daemon.stop();
    }
}

#[test]
fn ipv6_may_be_off() {
    if !Path::new("/proc/net/if_inet6").exists() {
        return crate::harness::scale::skipped("needs IPv6", "IPv6 may be off");
    }
    for (lines, wanted) in [("DefaultServer on", Some("Test")), ("DefaultServer on\nUseIPv6 off", None)] {
        let (daemon, _other) = daemon(lines);
        let port = daemon.setup.port.number;
        assert_eq!(greets(Ipv6Addr::LOCALHOST, port).as_deref(), wanted, "{lines}");
        assert_eq!(greets(NOBODYS, port).as_deref(), Some("Test"), "{lines}");
        daemon.stop();
    }
    let (setup, _other) = setup("UseIPv6 off\n<VirtualHost ::1>\nPort PORT\n</VirtualHost>");
    setup.write();
    let refused = run(&setup, &["-n", "-c", &setup.config_file().display().to_string()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("is an IPv6 address, and IPv6 is off"), "{said}");
}

#[test]
fn a_server_may_have_a_name_for_an_address_and_the_main_one_no_port() {
    let (daemon, other) =
        daemon("Port 0\n<VirtualHost localhost>\nServerName named\nPort OTHER\n</VirtualHost>");
    assert_eq!(greets(Ipv4Addr::LOCALHOST, other.number).as_deref(), Some("named"));
    assert_eq!(greets(Ipv4Addr::LOCALHOST, daemon.setup.port.number), None);
}

#[test]
fn a_server_on_ipv6_is_another() {
    if !Path::new("/proc/net/if_inet6").exists() {
        return crate::harness::scale::skipped("needs IPv6", "a server on IPv6 is another");
    }
    let (daemon, _other) = daemon(
        "<VirtualHost ::1>\nServerName six\nPort PORT\n</VirtualHost>\n<VirtualHost [::1]:OTHER>\nServerName seven\n</VirtualHost>",
    );
    let port = daemon.setup.port.number;
    assert_eq!(greets(Ipv6Addr::LOCALHOST, port).as_deref(), Some("six"));
    assert_eq!(greets(Ipv6Addr::LOCALHOST, _other.number).as_deref(), Some("seven"));
    assert_eq!(greets(Ipv4Addr::LOCALHOST, port).as_deref(), Some("Test"));
}

#[test]
fn the_main_server_may_have_several_addresses() {
    let (daemon, _other) = daemon("DefaultAddress 127.0.0.1 127.0.0.3");
    let port = daemon.setup.port.number;
    assert_eq!(greets(THIRD, port).as_deref(), Some("Test"));
    assert_eq!(greets(SECOND, port), None);
}

#[test]
fn what_global_says_holds_unless_a_server_says_otherwise() {
    let (daemon, _other) = daemon(
        "<Global>\nServerIdent on \"global %v\"\nMaxLoginAttempts 1\n</Global>\n\
         <VirtualHost 127.0.0.2>\nServerName two\nPort PORT\n</VirtualHost>\n\
         <VirtualHost 127.0.0.3>\nServerName three\nPort PORT\nServerIdent on \"own %v\"\n</VirtualHost>",
    );
    let greeting = |address: Ipv4Addr| {
        let at = SocketAddr::new(address.into(), daemon.setup.port.number);
        Client::connect(at).expect("a connection").reply().expect(220).text()
    };
    assert_eq!(greeting(Ipv4Addr::LOCALHOST), "220 global Test");
    assert_eq!(greeting(SECOND), "220 global two");
    assert_eq!(greeting(THIRD), "220 own three");
    let mut client = Client::greeted(SocketAddr::new(SECOND.into(), daemon.setup.port.number));
    client.command("USER nobody").expect(331);
    client.command("PASS wrong").expect(530);
    client.expect_end();
}

#[test]
fn each_server_has_its_own_users_roots_logs_limits_and_timeouts() {
    let (setup, _other) = setup(
        "DefaultRoot ~\n<VirtualHost 127.0.0.2>\nServerName two\nPort PORT\nUserAlias carl carol\nAuthUserFile @/users2\nAuthOrder mod_auth_file.c\n\
         RequireValidShell off\nTransferLog @/log/two\nDefaultRoot @/second\nMaxClients 1\nTimeoutIdle 1\nUmask 077\n\
         <Limit DELE>\nDenyAll\n</Limit>\n</VirtualHost>",
    );
    setup.write();
    setup.make_folder(&setup.path("second"), Some(FIRST_UID));
    let home = setup.path("second");
    let line = format!("carol:{PASSWORD_HASH}:{FIRST_UID}:{FIRST_UID}::{}:/bin/false\n", home.display());
    setup.write_file("users2", &line, 0o600);
    let daemon = Daemon::start(setup);
    let at = SocketAddr::new(SECOND.into(), daemon.setup.port.number);
    for (name, code) in [("alice", 530), ("carl", 230)] {
        let mut client = Client::greeted(at);
        client.command(&format!("USER {name}")).expect(331);
        client.command(&format!("PASS {PASSWORD}")).expect(code);
    }
    let mut first = daemon.client();
    first.command("USER carol").expect(331);
    first.command(&format!("PASS {PASSWORD}")).expect(530);
    let mut carol = until_in(at);
    carol.store("new", b"second");
    carol.command("DELE new").expect(550);
    let found = fs::metadata(home.join("new")).expect("below its own root");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777, 0o600);
    // The limit counts this server's sessions alone.
    let mut alice = daemon.session();
    let mut second = Client::greeted(at);
    second.command("USER carol").expect(331);
    second.command(&format!("PASS {PASSWORD}")).expect(530);
    alice.store("own", b"first");
    carol.reply().expect(421);
    alice.command("DELE own").expect(250);
    let log = |name: &str| fs::read_to_string(daemon.setup.path(name)).unwrap_or_default();
    until("both logs have lines", || !log("log/two").is_empty() && !log("log/xferlog").is_empty());
    assert!(log("log/two").contains("carol") && !log("log/two").contains("alice"));
    assert!(log("log/xferlog").contains("alice") && !log("log/xferlog").contains("carol"));
}

/// KiB that the session of a client has for itself alone.
pub fn own_memory(daemon: &Daemon, client: &Client) -> usize {
    let pid = daemon.slot_of(client).pid;
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("root may read it");
    let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_sessions_memory_does_not_grow_with_the_servers() {
    if !as_root("a session's memory does not grow with the servers") {
        return;
    }
    let server = |number: u32| {
        format!(
            "<VirtualHost 127.0.1.{number}>\nPort 0\nServerName server{number}\nDefaultRoot ~\n{}</VirtualHost>\n",
            "<Directory /srv>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>\n"
        )
    };
    let cost = |servers: u32| {
        let (daemon, _other) =
            daemon(&format!("DefaultRoot ~\n{}", (1..=servers).map(server).collect::<String>()));
        // Which pages a session touches depends on when it is woken, too: the least of a few is what it needs.
        let one = |_| own_memory(&daemon, &daemon.session());
        (0..5).map(one).min().unwrap_or_default()
    };
    let (few, many) = (cost(40), cost(160));
    println!("a session's own memory: {few} KiB beside 40 servers, {many} KiB beside 160");
    // Where the settings end on a page is chance; 120 servers that each cost a session something would be seen all the same.
    assert!(many <= few + 40, "{few} KiB became {many} KiB");
}

/// Carol's session, as soon as the server has a place.
fn until_in(at: SocketAddr) -> Client {
    crate::harness::eventually("a place", || {
        let mut client = Client::greeted(at);
        client.try_login("carol").ok().map(|()| client)
    })
}

#[test]
fn servers_that_would_take_each_others_clients_are_refused() {
    for (lines, words) in [
        ("<VirtualHost 127.0.0.1>\nPort PORT\n</VirtualHost>", "has the address"),
        (
            "<VirtualHost 127.0.0.2>\nPort PORT\n</VirtualHost>\n<VirtualHost 127.0.0.2>\nPort PORT\n</VirtualHost>",
            "has the address",
        ),
        (
            "DefaultServer on\n<VirtualHost 127.0.0.2>\nDefaultServer on\n</VirtualHost>",
            "another server is the default",
        ),
        ("<VirtualHost no-such-host.invalid>\n</VirtualHost>", "cannot resolve"),
        ("<VirtualHost>\n</VirtualHost>", "an address is missing"),
    ] {
        let (setup, _other) = setup(lines);
        setup.write();
        let output = run(&setup, &["-t", "-c", "ferryd.conf"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{lines}: {said}");
        assert!(said.contains(words), "{lines}: {said}");
    }
    let (setup, _other) = setup("<VirtualHost 127.0.0.1>\nPort PORT\n</VirtualHost>");
    setup.write();
    assert_eq!(run(&setup, &["-t", "-N", "-c", "ferryd.conf"]).status.code(), Some(0), "with -N");
}

#[test]
fn servers_of_one_address_are_told_apart_by_name() {
    let (setup, _other) = setup(
        "<VirtualHost 127.0.0.1>\nServerName two\nPort PORT\nServerAlias two.example *.two.example\nServerIdent on two\n\
         UserAlias carl carol\nAuthUserFile @/users2\nAuthOrder mod_auth_file.c\nRequireValidShell off\nTransferLog @/log/two\n\
         DefaultRoot @/second\n</VirtualHost>\n\
         <VirtualHost 127.0.0.1>\nServerName shut\nPort PORT\nServerAlias shut.example\n<Limit LOGIN>\nDenyAll\n</Limit>\n\
         </VirtualHost>\n<VirtualHost 127.0.0.2>\nServerName far\nPort PORT\nServerAlias far.example\n</VirtualHost>",
    );
    setup.write();
    setup.make_folder(&setup.path("second"), Some(FIRST_UID));
    let home = setup.path("second");
    let line = format!("carol:{PASSWORD_HASH}:{FIRST_UID}:{FIRST_UID}::{}:/bin/false\n", home.display());
    setup.write_file("users2", &line, 0o600);
    let daemon = Daemon::start(setup);
    let mut client = daemon.client();
    for (line, text) in [
        ("HOST", "500 'HOST' not understood"),
        ("HOST two.example x", "500 'HOST' not understood"),
        ("HOST two.example:21", "501 two.example:21: Invalid hostname provided"),
        ("HOST [::1]", "504 [::1]: Unknown hostname provided"),
        ("HOST 127.0.0.1", "220 HOST command successful"),
        ("HOST 127.0.0.2", "504 127.0.0.2: Unknown hostname provided"),
        ("HOST nobody.example", "504 nobody.example: Unknown hostname provided"),
        ("HOST shut.example", "504 shut.example: Unknown hostname provided"),
        ("HOST far.example", "504 far.example: Unknown hostname provided"),
        ("USER carl", "331 Password required for carl"),
        ("HOST two.example", "503 Bad sequence of commands"),
        ("PASS nonsense", "530 Login incorrect."),
        ("HOST ftp.TWO.example", "220 two"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    assert_eq!(daemon.slot_of(&client).server_name, b"two");
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(530);
    client.command("USER carl").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    client.command("HOST two.example").expect(503);
    client.store("one", b"x");
    assert!(home.join("one").exists());
    let log = daemon.setup.path("log/two");
    crate::harness::eventually("the server's own log", || {
        std::fs::read_to_string(&log).ok().filter(|text| text.contains("/one"))
    });
}
