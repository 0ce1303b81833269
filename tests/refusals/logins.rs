//! Logins that are refused.

use std::fs::File;
use std::net::Ipv4Addr;

use ferryd::scoreboard::ReasonCode::{self, *};

use super::{assert_in_json, assert_told, rule, talkative};
use crate::harness::host::HostAccount;
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root};

pub const CAUSED: &[ReasonCode] = &[
    NoSuchUser,
    Password,
    NoPassword,
    Root,
    Shell,
    Expired,
    FtpUsers,
    AliasOnly,
    AnonymousPassword,
    Home,
    Rule,
    MaxLoginAttempts,
];

pub const LIMITS_CAUSED: &[ReasonCode] = &[
    MaxClients,
    MaxClientsPerUser,
    MaxClientsPerHost,
    MaxClientsPerClass,
    MaxHostsPerUser,
    MaxTransfersPerUser,
    MaxTransfersPerHost,
];

fn tries(daemon: &Daemon, name: &str, password: &str) -> u16 {
    let mut client = daemon.client();
    client.command(&format!("USER {name}")).expect(331);
    client.command(&format!("PASS {password}")).code
}

#[test]
fn each_refused_login_has_its_reason() {
    if !as_root("each_refused_login_has_its_reason") {
        return;
    }
    let closed = HostAccount::new("closed").ageing("20000:0:99999:7::20001:");
    let setup = [HostAccount::new("toor").ids(0, 0), HostAccount::new("banned"), HostAccount::new("anna"), closed]
        .into_iter()
        .fold(talkative(Setup::new()), Setup::with_host_account)
        .with_host_account(HostAccount::new("shellless").shell("/bin/false"))
        .with_host_account(HostAccount::new("kept-out"))
        .with_host_account(HostAccount::new("homeless").home("/nonexistent".as_ref()))
        .with_host_file("shells", "/bin/sh\n")
        .with_host_file("ftpusers", "banned\n")
        .line("RequireValidShell on\nAuthOrder mod_auth_unix.c\nAuthPAM off\nUseFtpUsers on\nAllowEmptyPasswords off")
        .line("<Limit LOGIN>\nDenyUser kept-out\n</Limit>\nDefaultRoot ~")
        .line("<Anonymous />\nUser games\nUserAlias anonymous games\nRequireValidShell off\nAnonRejectPasswords @bad$\n</Anonymous>");
    let daemon = setup.start();
    for (name, password) in [
        ("nobody-here", "x"),
        ("anna", "wrong"),
        ("anna", ""),
        ("toor", PASSWORD),
        ("shellless", PASSWORD),
        ("closed", PASSWORD),
        ("banned", PASSWORD),
        ("homeless", PASSWORD),
        ("kept-out", PASSWORD),
        ("anonymous", "me@bad"),
    ] {
        assert!([530, 501].contains(&tries(&daemon, name, password)), "{name}");
    }
    let mut client = daemon.client();
    for _ in 0..3 {
        client.command("USER anna").expect(331);
        client.command("PASS wrong").expect(530);
    }
    client.expect_end();
    let here: Vec<_> = CAUSED.iter().copied().filter(|reason| *reason != AliasOnly).collect();
    assert_told(&daemon, &here);
    let in_json: Vec<_> = here.into_iter().filter(|reason| *reason != MaxLoginAttempts).collect();
    assert_in_json(&daemon, &in_json);
    let line = format!("Limit access denies login rule={} reason=rule", rule(&daemon, "<Limit LOGIN>"));
    daemon.await_log(&line);
    daemon.stop();
}

#[test]
fn who_is_no_alias_is_refused_for_that() {
    let daemon = talkative(Setup::new()).line("AuthAliasOnly on\nUserAlias al alice").start();
    assert_eq!(tries(&daemon, "alice", PASSWORD), 530);
    assert_told(&daemon, &[AliasOnly]);
    assert_in_json(&daemon, &[AliasOnly]);
    daemon.stop();
}

#[test]
fn each_limit_on_logins_has_its_reason() {
    for (line, reason) in [
        ("MaxClients 1", MaxClients),
        ("MaxClientsPerUser 1", MaxClientsPerUser),
        ("MaxClientsPerHost 1", MaxClientsPerHost),
        ("<Class here>\nFrom 127.0.0.0/8\n</Class>\nMaxClientsPerClass here 1", MaxClientsPerClass),
        ("MaxHostsPerUser 1", MaxHostsPerUser),
    ] {
        let daemon = talkative(Setup::new()).line(line).start();
        let _first = daemon.session();
        let from = if reason == MaxHostsPerUser { 2 } else { 1 };
        let mut second = Client::greeted_from(Ipv4Addr::new(127, 0, 0, from), daemon.address());
        second.command("USER alice").expect(331);
        second.command(&format!("PASS {PASSWORD}")).expect(530);
        assert_told(&daemon, &[reason]);
        assert_in_json(&daemon, &[reason]);
        daemon.stop();
    }
}

#[test]
fn each_limit_on_transfers_has_its_reason() {
    for (line, reason) in [
        ("MaxTransfersPerUser RETR 1", MaxTransfersPerUser),
        ("MaxTransfersPerHost RETR 1", MaxTransfersPerHost),
    ] {
        let daemon = talkative(Setup::new()).line(line).start();
        let path = daemon.setup.home("alice").join("large");
        File::create(&path).and_then(|file| file.set_len(64 << 20)).expect("a file");
        daemon.setup.give(&path, Some(crate::harness::setup::FIRST_UID));
        let mut first = daemon.session();
        let _data = first.extended_passive();
        first.command("RETR large").expect(150);
        let mut second = daemon.session();
        let _data = second.extended_passive();
        second.command("RETR large").expect(451);
        assert_told(&daemon, &[reason]);
        assert_in_json(&daemon, &[reason]);
        daemon.stop();
    }
}
