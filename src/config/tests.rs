//! Whole configurations: text in, settings and complaints out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::settings::{Ident, LogTarget, PathFor, Settings};
use super::*;

/// Loads a text as a file of its own, as an ordinary user's daemon.
fn loaded(text: &str) -> Loaded {
    loaded_with(text, &LoadOptions { check_collisions: true, rootless: true, ..LoadOptions::default() })
}

fn loaded_with(text: &str, options: &LoadOptions) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f.conf");
    std::fs::write(&file, text).expect("written");
    load(&file, options)
}

#[track_caller]
fn settings(text: &str) -> Settings {
    let Loaded { settings, complaints } = loaded(text);
    settings.unwrap_or_else(|| panic!("{text}: {complaints:#?}"))
}

/// Complaints that point at a line: who runs it and who may enter is told of every file of one line.
fn placed(loaded: &Loaded) -> impl Iterator<Item = &Complaint> {
    loaded.complaints.iter().filter(|complaint| complaint.place.is_some())
}

/// `line:column: message` of every complaint, warnings too.
fn complaints(text: &str) -> Vec<String> {
    let said = |complaint: &Complaint| {
        let line = complaint.one_line();
        line.split_once("f.conf:").map_or(line.clone(), |(_, rest)| rest.to_owned())
    };
    placed(&loaded(text)).map(said).collect()
}

#[test]
fn what_opens_data_connections_is_read_strictly() {
    for text in [
        "AllowForeignAddress allowed-fxps",
        "AllowForeignAddress",
        "PassivePorts 50000",
        "PassivePorts 60000 50000",
        "PassivePorts 80 90",
        "PassivePorts 50000 70000",
        "DynMasqRefresh 0",
        "DynMasqRefresh soon",
    ] {
        assert!(loaded(text).settings.is_none(), "{text}");
    }
    let settings = settings("PassivePorts 50000 50000\nMasqueradeAddress [2001:db8::1]\nDynMasqRefresh 60");
    let server = &settings.servers[0];
    assert_eq!((server.passive_ports, server.allow_foreign_address), (Some((50_000, 50_000)), false));
    assert_eq!(settings.masquerades_hold(), None, "what was written as an address is not asked for again");
}

#[test]
fn an_empty_configuration_is_all_defaults() {
    let settings = settings("");
    let server = &settings.servers[0];
    assert_eq!(
        (server.name.as_str(), server.max_login_attempts, server.command_buffer),
        ("ProFTPD", Some(3), 512)
    );
    assert_eq!(server.session.timeout_idle, Some(Duration::from_secs(600)));
    assert_eq!(server.session.timeout_session, None);
    assert_eq!(server.ident, Ident::Standard);
    assert_eq!(settings.daemon.system_log, LogTarget::Syslog);
    assert_eq!(settings.daemon.pid_file, Path::new(defaults::PID_FILE));
    assert!(
        settings.daemon.listen.iter().all(|address| address.port() == 21 && address.ip().is_unspecified())
    );
    let rules = server.directories.rules_for("/x".as_ref(), "/".as_ref());
    assert_eq!(
        (rules.umask_file, rules.allow_overwrite, rules.allows("STOR", &["WRITE"])),
        (0o022, false, true)
    );
}

#[test]
fn every_complaint_comes_with_its_place() {
    let text = "Prot 21\nPort 99999\n<Directory /x>\nTimeoutIdle 3\n</Directory>\nUmask 022 022 022\n<Limit WRTIE>\n</Limit>\n</Global>\nPort\n";
    assert_eq!(
        complaints(text),
        [
            "1:1: no directive 'Prot' is known; did you mean Port?",
            "2:6: Port: takes a number from 0 to 65535, not '99999'",
            "4:1: TimeoutIdle cannot stand in <Directory>; it belongs in: server config, <VirtualHost>, <Global>, <Anonymous>",
            "6:15: Umask: '022' is one argument too many (quote what holds blanks)",
            "7:8: <Limit>: no command 'WRTIE' is known; did you mean WRITE?",
            "9:1: </Global> closes nothing",
            "10:1: Port: a number is missing",
        ]
    );
}

#[test]
fn global_reaches_every_server_and_sections_inherit() {
    let settings = settings(
        "<Global>\nTimeoutIdle 7\nUmask 077\n<Limit DELE>\nDenyAll\n</Limit>\n</Global>\nPort 2121\nTimeoutIdle 9\n\
         <VirtualHost 127.0.0.2>\nServerName two\nUmask 027\n<Directory /srv>\nAllowOverwrite on\n</Directory>\n</VirtualHost>\n",
    );
    let [main, two] = &settings.servers[..] else { panic!("two servers") };
    assert_eq!(main.session.timeout_idle, Some(Duration::from_secs(9)));
    assert_eq!(two.session.timeout_idle, Some(Duration::from_secs(7)));
    assert_eq!(two.listen, ["127.0.0.2:21".parse().expect("an address")]);
    let rules = two.directories.rules_for("/srv/x".as_ref(), "/".as_ref());
    assert!(rules.allow_overwrite && rules.umask_file == 0o027 && !rules.allows("DELE", &["WRITE"]));
    assert_eq!(main.directories.rules_for("/srv/x".as_ref(), "/".as_ref()).umask_file, 0o077);
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
    assert_eq!(section.session.max_clients.most, Some(5));
    let at = |path: &str| section.directories.rules_for(Path::new(path), Path::new("/srv/ftp"));
    assert!(!at("/srv/ftp/x").allows("STOR", &["WRITE"]) && at("/srv/ftp/in/x").allows("STOR", &["WRITE"]));
    assert!(!at("/srv/ftp/in/x").allows("DELE", &["WRITE"]) && at("/srv/ftp/in/x").allow_overwrite);
    assert!(at("/").allows("LOGIN", &[]));
    assert!(!server.directories.rules_for(Path::new("/"), Path::new("/")).allows("LOGIN", &[]));
}

#[test]
fn an_anonymous_section_names_its_user_and_lets_somebody_in() {
    for lines in
        ["", "User nobody", "User nobody\nGroup no-such-group\nRequireValidShell off", "User no-such-user"]
    {
        let text = format!("User nobody\n<Anonymous /srv>\n{lines}\n</Anonymous>\n");
        assert!(loaded(&text).settings.is_none(), "{text}");
    }
    let root = "<Anonymous /srv>\nUser root\nRequireValidShell off\n</Anonymous>\n";
    assert!(loaded_with(root, &LoadOptions::default()).settings.is_none());
    let other = "<Anonymous /srv>\nUser nobody\nRequireValidShell off\nUserAlias x joe\n</Anonymous>\n";
    assert_eq!(
        complaints(other),
        ["4:13: warning: UserAlias: 'joe' is not this section's User; the alias has no effect"]
    );
}

#[test]
fn of_two_limits_in_one_scope_the_later_decides() {
    let limit = |rule: &str| format!("<Limit STOR>\n{rule}\n</Limit>\n");
    for (first, last, expected) in [("DenyAll", "AllowAll", true), ("AllowAll", "DenyAll", false)] {
        let settings = settings(&(limit(first) + &limit(last)));
        let rules = settings.servers[0].directories.rules_for(Path::new("/"), Path::new("/"));
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
        settings.servers[0].anonymous[0].directories.rules_for(Path::new("/srv/in/x"), Path::new("/srv"));
    assert!(rules.allows("STOR", &["WRITE"]) && !rules.allows("DELE", &["WRITE"]));
}

#[test]
fn what_protects_and_is_not_done_is_refused_but_off_is_not() {
    for line in [
        "TLSEngine on",
        "TLSRequired auth",
        "QuotaEngine on",
        "BanEngine on",
        "SQLAuthenticate users",
        "LDAPServer localhost",
        "WrapEngine on",
        "MaxConnectionsPerHost 3",
        "MaxStoreFileSize 1 Gb",
        "HideFiles ^x",
        "RootLogin on",
        "ServerType inetd",
        "AuthOrder mod_auth_pam.c",
        "AuthUserFile /etc/passwd id 1-5",
        "<Limit LOGIN>\nAllowUser a\nDenyAll\n</Limit>",
        "<Limit LOGIN>\nDeny from 192.0.2.1\n</Limit>",
        "<IfUser x>\n</IfUser>",
        "DenyFilter (",
        "MaxInstances 0",
    ] {
        assert!(loaded(line).settings.is_none(), "{line}");
    }
    for line in ["TLSEngine off", "QuotaEngine off", "RootLogin off", "HideFiles none", "MaxClients none"] {
        assert_eq!(complaints(line), [""; 0], "{line}");
    }
}

#[test]
fn what_widens_nothing_is_ignored_with_a_warning() {
    for line in [
        "IdentLookups on",
        "DelayEngine on",
        "ControlsEngine on",
        "DisplayChdir .message",
        "ExtendedLog /x ALL",
    ] {
        assert!(loaded(line).settings.is_some() && complaints(line).len() == 1, "{line}");
    }
}

#[test]
fn a_guard_lost_with_its_module_is_refused() {
    let said = complaints(
        "<IfModule mod_tls.c>\nTLSEngine on\n</IfModule>\n<IfModule mod_quotatab.c>\nQuotaEngine off\n<Limit WRITE>\nDenyAll\n</Limit>\n</IfModule>",
    );
    assert_eq!(
        said,
        [
            "2:1: TLSEngine would not be in force: ferryd lacks the module that <IfModule> names; take it out if that is meant",
            "7:1: DenyAll would not be in force: ferryd lacks the module that <IfModule> names; take it out if that is meant"
        ]
    );
}

#[test]
fn roots_keep_their_order() {
    let root = |path: &str, groups: &[&str]| PathFor {
        path: path.into(),
        groups: groups.iter().map(|group| group.to_string()).collect(),
    };
    let settings = settings("<Global>\nDefaultRoot ~\n</Global>\nDefaultRoot /srv/web web,!adm\n");
    assert_eq!(
        settings.servers[0].session.default_root,
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
fn includes_are_files_folders_and_patterns() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    write(
        "main.conf",
        "Include %{config-dir}/one.conf\nInclude %{config-dir}/d/\nInclude %{config-dir}/p/*.conf\nInclude %{config-dir}/none/*.x\n",
    );
    write("one.conf", "ServerName one\n");
    write("d/a", "TimeoutIdle 1\n");
    write("d/b", "TimeoutIdle 2\n");
    write("p/x.conf", "TimeoutLogin 3\n");
    write("p/x.bak", "Nonsense\n");
    let options = LoadOptions { rootless: true, ..LoadOptions::default() };
    let Loaded { settings, complaints } = load(&folder.path().join("main.conf"), &options);
    let settings = settings.unwrap_or_else(|| panic!("{complaints:?}"));
    let server = &settings.servers[0];
    assert_eq!((server.name.as_str(), server.session.timeout_idle), ("one", Some(Duration::from_secs(2))));
    assert_eq!(server.session.timeout_login, Some(Duration::from_secs(3)));
    write("one.conf", "Include %{config-dir}/main.conf\n");
    let looped = load(&folder.path().join("main.conf"), &options);
    assert!(looped.settings.is_none() && looped.complaints[0].message.contains("includes itself"));
    write("main.conf", "Include %{config-dir}/missing.conf\nInclude relative.conf\n");
    assert_eq!(placed(&load(&folder.path().join("main.conf"), &options)).count(), 2);
    assert!(load(&folder.path().join("nowhere.conf"), &options).settings.is_none());
    assert!(load(folder.path(), &options).settings.is_none());
}

#[test]
fn includes_go_only_so_deep() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |number: usize| folder.path().join(format!("{number}.conf"));
    let chain = |length: usize| {
        for number in 0..length {
            std::fs::write(file(number), format!("Include {}\n", file(number + 1).display()))
                .expect("written");
        }
        std::fs::write(file(length), "ServerName deep\n").expect("written");
        load(&file(0), &LoadOptions { rootless: true, ..LoadOptions::default() }).settings.is_some()
    };
    assert!(chain(tree::INCLUDE_DEPTH_MOST - 1));
    assert!(!chain(tree::INCLUDE_DEPTH_MOST));
}

#[test]
fn conditions_hold_or_do_not() {
    let name = |text: &str, defines: &[(String, Option<String>)]| {
        let options = LoadOptions { defines: defines.to_vec(), rootless: true, ..LoadOptions::default() };
        loaded_with(text, &options).settings.map(|settings| settings.servers[0].name.clone())
    };
    let text = "ServerName no\n<IfDefine X>\n<IfModule mod_core.c>\nServerName %{define:X}\n</IfModule>\n</IfDefine>\n";
    assert_eq!(name(text, &[]), Some("no".into()));
    assert_eq!(name(text, &[("X".into(), Some("yes".into()))]), Some("yes".into()));
    assert_eq!(
        name("Define Y z\n<IfDefine !Y>\nBogus\n</IfDefine>\nServerName %{define:Y}", &[]),
        Some("z".into())
    );
    assert_eq!(
        name("<IfModule mod_tls.c>\nBogus\n<Nonsense>\n</Nonsense>\n</IfModule>\n", &[]),
        Some("ProFTPD".into())
    );
    assert_eq!(name("<IfModule !mod_tls.c>\nServerName a\n</IfModule>\n", &[]), Some("a".into()));
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
fn workers_never_run_as_root() {
    let options = LoadOptions::default();
    for text in ["", "User root\nGroup root\n", "User root\nGroup nogroup\n"] {
        let Loaded { settings, complaints } = loaded_with(text, &options);
        let daemon = settings.unwrap_or_else(|| panic!("{complaints:?}")).daemon;
        assert!(daemon.user == "nobody" && daemon.uid.0 != 0 && daemon.gid.0 != 0, "{text}");
        assert!(complaints.iter().any(|complaint| complaint.message.contains("nobody")), "{text}");
    }
    let unknown = loaded_with("User no-such-user\n", &options);
    assert!(unknown.settings.is_none() && unknown.complaints[0].message.contains("useradd"));
}

#[test]
fn nesting_and_complaints_are_bounded() {
    let deep = "<Directory /x>\n".repeat(5000);
    assert!(loaded(&deep).settings.is_none());
    let many = "Bogus\n".repeat(5000);
    assert!(loaded(&many).complaints.len() <= complaint::COMPLAINTS_MOST + 1);
    let late = "DisplayChdir x\n".repeat(5000);
    assert!(loaded(&late).settings.is_some() && loaded(&format!("{late}Bogus\n")).settings.is_none());
}

#[test]
fn auth_is_told_plain_values() {
    let settings = settings(
        "UserAlias web joe\nMaxClients 7\nRequireValidShell off\n<Anonymous /srv>\nUser nobody\nUserAlias ftp nobody\nMaxClients 2\n</Anonymous>\n",
    );
    let policy = settings.auth_policy(true);
    let server = &policy.servers[0];
    assert_eq!(server.aliases, [(b"web".to_vec(), b"joe".to_vec())]);
    assert_eq!((server.limits.clients, server.anonymous[0].limits.clients), (Some(7), Some(2)));
    assert_eq!(server.anonymous[0].names, [b"ftp".to_vec(), b"nobody".to_vec()]);
    assert!(policy.rootless && !server.rules.require_valid_shell);
}

/// A file of the source tree.
fn in_tree(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_quickstart_loads_for_root_and_for_anybody() {
    let file = in_tree("conf/quickstart.conf");
    for rootless in [false, true] {
        let options =
            LoadOptions { check_collisions: true, foreground: true, rootless, ..LoadOptions::default() };
        let Loaded { settings, complaints } = load(&file, &options);
        let settings = settings.unwrap_or_else(|| panic!("{complaints:?}"));
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(settings.daemon.listen, ["127.0.0.1:2121".parse().expect("an address")]);
        assert_eq!(settings.daemon.pid_file, in_tree("target/quickstart/ferryd.pid"));
        let server = &settings.servers[0];
        assert_eq!(server.session.default_root[0].path, in_tree("target/quickstart/home").to_string_lossy());
        assert_eq!(server.anonymous[0].root, in_tree("conf/sample"));
    }
    assert_eq!(runtime_paths(&file).expect("paths").shutdown_file, in_tree("target/quickstart/shutmsg"));
}

#[test]
fn a_file_in_the_style_of_a_distribution_loads() {
    let text = "UseIPv6 off\n<IfModule mod_ident.c>\n  IdentLookups off\n</IfModule>\nServerName \"Debian\"\nServerType standalone\n\
        DeferWelcome off\nDefaultServer on\nShowSymlinks on\nTimeoutNoTransfer 600\nTimeoutStalled 600\nTimeoutIdle 1200\n\
        DisplayLogin welcome.msg\nDisplayChdir .message true\nListOptions \"-l\"\nDenyFilter \\*.*/\nPort 21\nMaxInstances 30\n\
        User nobody\nGroup nogroup\nUmask 022 022\nAllowOverwrite on\nTransferLog /var/log/proftpd/xferlog\n\
        SystemLog /var/log/proftpd/proftpd.log\nModulePath /usr/lib/proftpd\nModuleControlsACLs insmod,rmmod allow user root\n\
        LoadModule mod_ctrls_admin.c\nLoadModule mod_ifsession.c\n<IfModule mod_quotatab.c>\nQuotaEngine off\n</IfModule>\n\
        <IfModule mod_ctrls.c>\nControlsEngine off\nControlsMaxClients 2\n</IfModule>\n<Limit SITE_CHMOD>\n  DenyAll\n</Limit>\n";
    let options = LoadOptions { check_collisions: true, ..LoadOptions::default() };
    let Loaded { settings, complaints } = loaded_with(text, &options);
    assert!(settings.is_some(), "{complaints:?}");
    let said: Vec<&str> = complaints
        .iter()
        .filter(|complaint| complaint.place.is_some())
        .map(|complaint| complaint.message.split(' ').next().unwrap_or(""))
        .collect();
    assert_eq!(said, ["DisplayChdir", "LoadModule:"]);
}

/// Lines that look like a configuration, good and bad.
fn line() -> impl Strategy<Value = String> {
    let words = directive_names().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let argument = prop_oneof![
        Just("on".to_owned()),
        Just("/x".to_owned()),
        Just("~".to_owned()),
        Just("\"a".to_owned()),
        Just("%{env:NOPE}".to_owned()),
        Just("127.0.0.1".to_owned()),
        "[0-9]{1,12}",
        "\\PC{0,12}",
    ];
    (proptest::sample::select(words), proptest::collection::vec(argument, 0..4)).prop_map(
        |(name, arguments)| match name.strip_suffix('>') {
            Some(open) => format!("{open} {}>", arguments.join(" ")),
            None => format!("{name} {}", arguments.join(" ")),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_configuration_upsets_the_reader(lines in proptest::collection::vec(line(), 0..60)) {
        // Names are not looked up: a resolver could take its time.
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.starts_with("<VirtualHost") && !line.starts_with("DefaultAddress") && !line.starts_with("Masq")).collect();
        let Loaded { settings, complaints } = loaded(&lines.join("\n"));
        prop_assert_eq!(settings.is_some(), !complaints.iter().any(Complaint::is_error));
        prop_assert!(complaints.len() <= complaint::COMPLAINTS_MOST + 1);
    }

    #[test]
    fn no_bytes_upset_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f.conf");
        std::fs::write(&file, bytes).expect("written");
        load(&file, &LoadOptions { rootless: true, ..LoadOptions::default() });
    }
}
