//! What is written, before it means anything: places of complaints, includes, conditions, bounds.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn every_complaint_comes_with_its_place() {
    let text = "Prot 21\nPort 99999\n<Directory /x>\nTimeoutIdle 3\n</Directory>\nUmask 022 022 022\n<Limit WRTIE>\n</Limit>\n</Global>\nTimeoutIdle\n";
    assert_eq!(
        complaints(text),
        [
            "1:1: no directive 'Prot' is known; did you mean Port?",
            "2:6: Port: takes a number from 0 to 65535, not '99999'",
            "4:1: TimeoutIdle cannot stand in <Directory>; it belongs in: server config, <VirtualHost>, <Global>, <Anonymous>, <IfUser>, <IfClass>",
            "6:15: Umask: '022' is one argument too many (quote what holds blanks)",
            "7:8: <Limit>: no command 'WRTIE' is known; did you mean WRITE?",
            "9:1: </Global> closes nothing",
            "10:1: TimeoutIdle: a time in seconds is missing",
        ]
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
    assert_eq!(
        (server.name.as_str(), server.sessions.usual.timeout_idle),
        ("one", Some(Duration::from_secs(1)))
    );
    assert_eq!(server.sessions.usual.timeout_login, Some(Duration::from_secs(3)));
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
fn nesting_and_complaints_are_bounded() {
    let deep = "<Directory /x>\n".repeat(5000);
    assert!(loaded(&deep).settings.is_none());
    let many = "Bogus\n".repeat(5000);
    assert!(loaded(&many).complaints.len() <= complaint::COMPLAINTS_MOST + 1);
    let late = "DisplayChdir x\n".repeat(5000);
    assert!(loaded(&late).settings.is_some() && loaded(&format!("{late}Bogus\n")).settings.is_none());
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
