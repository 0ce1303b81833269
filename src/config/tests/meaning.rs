//! What a configuration comes to mean.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::settings::{Ident, LogTarget, PathFor, Subject};
use super::*;
use crate::auth::{Terms, Visitor};
use crate::logging::Facility;

#[test]
fn an_empty_configuration_is_all_defaults() {
    let settings = settings("");
    let server = &settings.servers[0];
    assert_eq!(
        (
            server.name.as_str(),
            server.sessions.usual.max_login_attempts,
            server.sessions.usual.command_buffer
        ),
        ("ProFTPD", Some(3), 512)
    );
    assert_eq!(server.sessions.usual.timeout_idle, Some(Duration::from_secs(600)));
    assert_eq!(server.sessions.usual.timeout_session, None);
    assert_eq!(server.sessions.usual.ident, Ident::Standard);
    assert_eq!(settings.daemon.system_log, LogTarget::Syslog(Facility::USUAL));
    assert_eq!(settings.daemon.pid_file, Path::new(defaults::PID_FILE));
    assert!(
        settings.daemon.listen.iter().all(|address| address.port() == 21 && address.ip().is_unspecified())
    );
    let rules = server.directories.rules_for("/x".as_ref(), Subject::at("/"));
    assert_eq!(
        (rules.umask_file(), rules.allow_overwrite(), rules.allows("STOR", &["WRITE"])),
        (0o022, false, true)
    );
}

#[test]
fn global_reaches_every_server_and_sections_inherit() {
    let settings = settings(
        "<Global>\nTimeoutIdle 7\nUmask 077\n<Limit DELE>\nDenyAll\n</Limit>\n</Global>\nPort 2121\nTimeoutIdle 9\n\
         <VirtualHost 127.0.0.2>\nServerName two\nUmask 027\n<Directory /srv>\nAllowOverwrite on\n</Directory>\n</VirtualHost>\n",
    );
    let [main, two] = &settings.servers[..] else { panic!("two servers") };
    assert_eq!(main.sessions.usual.timeout_idle, Some(Duration::from_secs(9)));
    assert_eq!(two.sessions.usual.timeout_idle, Some(Duration::from_secs(7)));
    assert_eq!(two.listen, ["127.0.0.2:21".parse().expect("an address")]);
    let rules = two.directories.rules_for("/srv/x".as_ref(), Subject::at("/"));
    assert!(rules.allow_overwrite() && rules.umask_file() == 0o027 && !rules.allows("DELE", &["WRITE"]));
    assert_eq!(main.directories.rules_for("/srv/x".as_ref(), Subject::at("/")).umask_file(), 0o077);
}

#[test]
fn what_is_given_twice_holds_as_in_proftpd() {
    let text = "ServerName one\nServerName two\nMaxLoginAttempts 2\nMaxLoginAttempts 4\nDefaultAddress 127.0.0.1\n\
                DefaultAddress 127.0.0.2\nUmask 077\nUmask 022\nAuthAliasOnly on\nAuthAliasOnly off\n";
    let settings = settings(text);
    let [server] = &settings.servers[..] else { panic!("one server") };
    assert_eq!(
        (server.name.as_str(), server.sessions.usual.max_login_attempts, server.alias_only),
        ("two", Some(2), true)
    );
    assert_eq!(server.listen, ["127.0.0.2:21".parse().expect("an address")]);
    assert_eq!(server.directories.rules_for("/x".as_ref(), Subject::at("/")).umask_file(), 0o077);
}

#[test]
fn of_two_global_sections_the_later_one_speaks_first() {
    let settings = settings(
        "<Global>\nTimeoutIdle 7\nDefaultRoot /a\n</Global>\n<Global>\nTimeoutIdle 8\nTimeoutIdle 9\nDefaultRoot /b\n\
         </Global>\n",
    );
    let session = &settings.servers[0].sessions.usual;
    assert_eq!(session.timeout_idle, Some(Duration::from_secs(8)));
    let roots: Vec<&str> = session.default_root.iter().map(|root| root.path.as_str()).collect();
    assert_eq!(roots, ["/b", "/a"]);
}

#[test]
fn options_given_twice_add_up() {
    let facts = |text: &str| settings(text).servers[0].sessions.usual.facts;
    let both = format!("{:?}", facts("FactsOptions UseSlink NoNames\n"));
    assert_eq!(format!("{:?}", facts("FactsOptions UseSlink\nFactsOptions NoNames\n")), both);
}

#[test]
fn both_lines_are_named_where_they_differ() {
    assert_eq!(complaints("Umask 022\nUmask 022\nDefaultRoot ~ a\nDefaultRoot /srv\n"), [""; 0]);
    for (text, wanted) in [
        ("Umask 077\n\numask 022\n", "3:1: warning: Umask: given before, at F:1; the first holds"),
        (
            "Port 21\nServerName a\nServerName b\n",
            "3:1: warning: ServerName: given before, at F:2; the last holds",
        ),
    ] {
        let told = complaints(text).join("\n");
        let (before, after) = wanted.split_once('F').expect("a place for the file's name");
        assert!(told.starts_with(before) && told.ends_with(after), "{told}");
    }
}

#[test]
fn what_is_not_in_force_is_checked_all_the_same() {
    assert!(loaded("Umask 022\nUmask nonsense\n").settings.is_none());
}

#[test]
fn the_command_lines_address_is_the_main_servers() {
    let options = LoadOptions {
        server_address: Some("127.0.0.3".into()),
        check_collisions: true,
        rootless: true,
        ..LoadOptions::default()
    };
    let text = "DefaultAddress 127.0.0.1\nPort 2121\n<VirtualHost 127.0.0.1>\nPort 2121\n</VirtualHost>";
    let settings = loaded_with(text, &options).settings.expect("no collision any more");
    let listen = |server: usize| settings.servers[server].listen.clone();
    assert_eq!(listen(0), ["127.0.0.3:2121".parse().expect("an address")]);
    assert_eq!(listen(1), ["127.0.0.1:2121".parse().expect("an address")]);
    let wrong = LoadOptions { server_address: Some("no such host".into()), ..options };
    assert!(loaded_with(text, &wrong).settings.is_none());
}

#[test]
fn anonymous_sections_are_read() {
    let settings = settings(
        "AllowOverwrite on\n<Limit LOGIN>\nDenyAll\n</Limit>\n<Anonymous /srv/ftp>\nUser nobody\nRequireValidShell off\nUserAlias anonymous nobody\n\
         MaxClients 5 \"only %m\"\n<Limit LOGIN>\nAllowAll\n</Limit>\n<Limit WRITE>\nDenyAll\n</Limit>\n\
         <Directory in>\n<Limit STOR>\nAllowAll\n</Limit>\n</Directory>\n</Anonymous>\n",
    );
    let server = &settings.servers[0];
    let section = &server.anonymous[0];
    assert_eq!((section.root.as_path(), section.user.as_str()), (Path::new("/srv/ftp"), "nobody"));
    assert_eq!(section.aliases, ["anonymous"]);
    assert_eq!(section.sessions.usual.max_clients.most, Some(5));
    let at = |path: &str| section.directories.rules_for(Path::new(path), Subject::at("/srv/ftp"));
    assert!(!at("/srv/ftp/x").allows("STOR", &["WRITE"]) && at("/srv/ftp/in/x").allows("STOR", &["WRITE"]));
    assert!(!at("/srv/ftp/in/x").allows("DELE", &["WRITE"]) && at("/srv/ftp/in/x").allow_overwrite());
    assert!(at("/").allows("LOGIN", &[]));
    assert!(!server.directories.rules_for(Path::new("/"), Subject::at("/")).allows("LOGIN", &[]));
}

#[test]
fn of_two_limits_in_one_scope_the_later_decides() {
    let limit = |rule: &str| format!("<Limit STOR>\n{rule}\n</Limit>\n");
    for (first, last, expected) in [("DenyAll", "AllowAll", true), ("AllowAll", "DenyAll", false)] {
        let settings = settings(&(limit(first) + &limit(last)));
        let rules = settings.servers[0].directories.rules_for(Path::new("/"), Subject::at("/"));
        assert_eq!(rules.allows("STOR", &["WRITE"]), expected);
    }
}

#[test]
fn a_servers_folders_do_not_reach_into_its_anonymous_sections() {
    let settings = settings(
        "<Limit DELE>\nDenyAll\n</Limit>\n<Directory /srv/in>\n<Limit STOR>\nDenyAll\n</Limit>\n</Directory>\n\
         <Anonymous /srv>\nUser nobody\nRequireValidShell off\n</Anonymous>\n",
    );
    let rules =
        settings.servers[0].anonymous[0].directories.rules_for(Path::new("/srv/in/x"), Subject::at("/srv"));
    assert!(rules.allows("STOR", &["WRITE"]) && !rules.allows("DELE", &["WRITE"]));
}

#[test]
fn roots_keep_their_order() {
    let root = |path: &str, groups: &[&str]| PathFor {
        path: path.into(),
        groups: groups.iter().map(|group| group.to_string()).collect(),
    };
    let settings = settings("<Global>\nDefaultRoot ~\n</Global>\nDefaultRoot /srv/web web,!adm\n");
    assert_eq!(
        settings.servers[0].sessions.usual.default_root,
        [root("/srv/web", &["web", "!adm"]), root("~", &[])]
    );
}

#[test]
fn listeners_follow_addresses_ports_and_the_default_server() {
    let listen = |text: &str| {
        let mut listen: Vec<String> =
            settings(text).daemon.listen.iter().map(|address| address.to_string()).collect();
        listen.sort();
        listen
    };
    assert_eq!(listen("UseIPv6 off\nPort 2121"), ["0.0.0.0:2121"]);
    assert_eq!(listen("DefaultAddress 127.0.0.1\nPort 2121"), ["127.0.0.1:2121"]);
    let two = "UseIPv6 off\nDefaultAddress 127.0.0.1\nPort 2121\n<VirtualHost 127.0.0.2>\nPort 2122\n</VirtualHost>\n";
    assert_eq!(listen(two), ["127.0.0.1:2121", "127.0.0.2:2122"]);
    assert_eq!(listen(&format!("{two}DefaultServer on")), ["0.0.0.0:2121", "0.0.0.0:2122"]);
    assert_eq!(
        listen(&format!("{two}DefaultServer on\nSocketBindTight on")),
        ["127.0.0.1:2121", "127.0.0.2:2122"]
    );
    assert!(loaded("Port 0").settings.is_none());
    let collision = "DefaultAddress 127.0.0.1\n<VirtualHost 127.0.0.1>\nServerName two\n</VirtualHost>";
    assert!(loaded(collision).settings.is_none());
    let unchecked = LoadOptions { rootless: true, ..LoadOptions::default() };
    assert!(loaded_with(collision, &unchecked).settings.is_some());
    assert!(
        loaded("DefaultServer on\n<VirtualHost 127.0.0.1>\nDefaultServer on\n</VirtualHost>")
            .settings
            .is_none()
    );
}

#[test]
fn runtime_paths_need_nothing_but_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f.conf");
    let text = "PidFile %{config-dir}/../pid\nScoreboardFile none\nAuthUserFile /no/such/file\nBogus\n";
    std::fs::write(&file, text).expect("written");
    let paths = runtime_paths(&file).expect("paths");
    let above = folder.path().parent().expect("a parent").join("pid");
    assert_eq!((paths.pid_file, paths.scoreboard_file), (above, None));
    assert_eq!(paths.shutdown_file, PathBuf::from(defaults::SHUTDOWN_FILE));
    std::fs::write(&file, "PidFile relative\n").expect("written");
    assert!(runtime_paths(&file).is_err());
    assert!(runtime_paths(&folder.path().join("missing")).is_err());
}

#[test]
fn auth_is_told_plain_values() {
    let settings = settings(
        "UserAlias web joe\nMaxClients 7\nRequireValidShell off\n<Anonymous /srv>\nUser nobody\nUserAlias ftp nobody\nMaxClients 2\n</Anonymous>\n",
    );
    let policy = settings.auth_policy(true);
    let server = &policy.servers[0];
    assert_eq!(server.aliases, [(b"web".to_vec(), b"joe".to_vec())]);
    let stranger = Visitor { account: None, peer: "127.0.0.1".parse().expect("an address"), name: None };
    let most = |terms: &Terms| terms.of(stranger).limits.clients.most;
    assert_eq!((most(&server.terms), most(&server.anonymous[0].terms)), (Some(7), Some(2)));
    let named = |name: &str| server.anonymous.named(name.as_bytes());
    assert_eq!([named("ftp"), named("nobody"), named("joe")], [Some(0), Some(0), None]);
    assert!(policy.rootless && !server.terms.of(stranger).rules.require_valid_shell);
}
