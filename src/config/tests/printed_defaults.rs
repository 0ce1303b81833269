//! What the reference prints as a directive's default is what holds without it: a line that says it changes nothing.

use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use super::super::contexts::{ANONYMOUS, CLASS, DIRECTORY, LIMIT, MAIN};
use super::super::directives::{Row, rows};
use super::super::settings::{DirectoryRules, ScopeRules, Subject};
use super::*;

/// Rows whose default is told in words, or is no line of its own, and why.
const IN_WORDS: &[(&str, &str)] = &[
    ("Group", "it hangs on User"),
    ("ScoreboardMutex", "it hangs on ScoreboardFile"),
    ("DefaultChdir", "a list, of which none at all means the home, too"),
    ("MaxClientsPerClass", "it is said of a class that is named"),
    ("DeleteAbortedStores", "it hangs on HiddenStores"),
    ("UseEncoding", "it would name the characters of both sides"),
    ("ServerAdmin", "it hangs on the address that a client has reached"),
    ("DefaultAddress", "it would name each address of the host"),
    ("UseIPv6", "it hangs on the host"),
    ("TCPBackLog", "it hangs on the host"),
    ("PassivePorts", "it would be a range from 1024 on, and the system's is another"),
    ("DynMasqRefresh", "there is no word for never"),
    ("SocketOptions", "the listener has it on already, so that nothing is asked"),
    ("ProxyProtocolFrom", "it would name a network, and there are two families of them"),
    ("ProxyProtocolVersion", "there is no word for both"),
    ("ControlsSocket", "it hangs on PidFile"),
    ("ControlsSocketOwner", "with any owner its group may connect, too"),
    ("ControlsSocketACL", "without a list root is let in by being root"),
    ("ControlsACLs", "without a list root is let in by being root"),
    ("AdminControlsACLs", "without a list root is let in by being root"),
    ("SystemLog", "there is no word for syslog"),
    ("TransferLog", "it hangs on the host"),
    ("SyslogFacility", "there are two"),
    ("SyslogLevel", "it hangs on DebugLevel"),
    ("ServerLog", "it hangs on SystemLog"),
];

/// Rows that are read and set nothing: any value they take is as good.
const WITHOUT_EFFECT: &[&str] = &["RootLogin", "TimeoutLinger", "Protocols", "LangDefault"];

#[test]
fn a_line_that_says_the_default_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("f.conf");
    let all: Vec<Row> = rows().filter(|row| !row.default.is_empty()).collect();
    for row in all.iter().filter(|row| !IN_WORDS.iter().any(|(name, _)| *name == row.name)) {
        let meant = |value: Option<&str>| {
            let line = value.map(|value| format!("{} {value}\n", row.name)).unwrap_or_default();
            meant(&file, &surrounded(row, &line))
        };
        let without = meant(None);
        let said = meant(Some(row.default));
        let unlike = difference(&said, &without);
        assert!(unlike.is_none(), "{} {} is not its default: {unlike:?}", row.name, row.default);
        if !WITHOUT_EFFECT.contains(&row.name) {
            // Else the comparison would not see the directive, and be content with any default.
            let other = another(row);
            assert!(meant(Some(&other)) != without, "{} {other} changes nothing", row.name);
        }
    }
    for name in IN_WORDS.iter().map(|(name, _)| name).chain(WITHOUT_EFFECT) {
        assert!(all.iter().any(|row| row.name == *name), "{name} has no default");
    }
}

/// The line in a section where it may stand, beside what it needs to mean something.
fn surrounded(row: &Row, line: &str) -> String {
    let (before, after) = match row.name {
        "SocketBindTight" => ("DefaultAddress 127.0.0.1\nDefaultServer on\n", ""),
        "LogFormat" => ("", "ExtendedLog /log ALL default\n"),
        name if name.starts_with("ProxyProtocol") && name != "ProxyProtocolEngine" => {
            ("ProxyProtocolEngine on\n", "")
        }
        _ if row.contexts.has(MAIN) => ("", ""),
        _ if row.contexts.has(DIRECTORY) => ("<Directory /srv>\n", "</Directory>\n"),
        _ if row.contexts.has(ANONYMOUS) => {
            ("<Anonymous /srv>\nUser nobody\nRequireValidShell off\n", "</Anonymous>\n")
        }
        _ if row.contexts.has(LIMIT) => ("<Limit STOR>\nDenyAll\n", "</Limit>\n"),
        _ if row.contexts.has(CLASS) => ("<Class here>\nFrom 127.0.0.1\n", "</Class>\n"),
        _ => panic!("{} may stand nowhere", row.name),
    };
    format!("{before}{line}{after}")
}

/// Something else that the row takes.
fn another(row: &Row) -> String {
    let alternatives = || row.syntax.split('|');
    let said = match (row.name, row.default) {
        ("User", _) => "daemon",
        ("AuthOrder", _) => "mod_auth_unix.c",
        ("LogFormat", _) => "default %h",
        ("LogOptions" | "TraceOptions", _) => "-Timestamp",
        (_, "on") => "off",
        (_, "off") if alternatives().any(|word| word.starts_with("on")) => "on",
        (_, "none") if row.syntax.contains("pattern") => "^x",
        (_, "none" | "off" | "0") => "1",
        (_, default) => {
            if let Ok(number) = default.parse::<u32>() {
                return (number - 1).to_string();
            }
            let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == ',');
            match row.syntax.contains("path") {
                true => "/other",
                false => alternatives().filter(is_word).find(|word| *word != default).unwrap_or("other"),
            }
        }
    };
    said.to_owned()
}

/// The first line in which two settings differ.
fn difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    // One that is longer differs at its end.
    let lines = |text: &'a str| text.lines().chain([""]);
    lines(one).zip(lines(other)).find(|(one, other)| one != other)
}

/// All that a text comes to, but for where it is written.
fn meant(file: &Path, text: &str) -> String {
    std::fs::write(file, text).expect("written");
    // What was written a moment ago is waited for.
    let written = File::options().write(true).open(file).expect("opened");
    written.set_modified(SystemTime::UNIX_EPOCH).expect("an old file");
    let Loaded { settings, complaints } = load(file, &LoadOptions::default());
    let mut settings = settings.unwrap_or_else(|| panic!("{text}: {complaints:#?}"));
    settings.outline.clear();
    let mut folders = Vec::new();
    for server in &mut settings.servers {
        folders.push(of_folders(&mut server.directories));
        folders.extend(server.anonymous.iter_mut().map(|section| of_folders(&mut section.directories)));
    }
    format!("{settings:#?}{folders:#?}")
}

/// What holds for a path. Taken out of the settings, since a scope keeps what is said and knows no defaults.
fn of_folders(said: &mut DirectoryRules) -> Vec<String> {
    let nothing = DirectoryRules { base: ScopeRules::default(), sections: Default::default() };
    let said = std::mem::replace(said, nothing);
    let (path, subject) = (Path::new("/srv/x"), Subject::at("/"));
    let rules = said.rules_for(path, subject);
    let hiding = rules.hiding();
    vec![
        format!("{:?}", (rules.umask_file(), rules.umask_directory())),
        format!("{:?}", (rules.allow_overwrite(), rules.allow_store_restart())),
        format!("{:?}", (rules.allow_retrieve_restart(), said.is_amended_in(path, subject))),
        format!("{:?}", (rules.show_symlinks(), rules.list_options(), rules.fakes())),
        format!("{:?}", (rules.unique_prefix(), rules.hidden_stores(), rules.delete_aborted())),
        format!("{:?}", (rules.user_owner(), rules.group_owner(), rules.display_chdir())),
        format!("{:?}", (rules.deny_filter(), rules.allow_filter())),
        format!("{:?}", (rules.path_deny_filter(), rules.path_allow_filter())),
        format!("{:?}", (rules.digests(), hiding.no_access(), hiding.users(), hiding.groups())),
        format!("{:?}", hiding.names(subject).and_then(|names| names.pattern.as_ref())),
        format!("{:?}", hiding.is_ignored_by("STOR", &["WRITE"])),
        format!("{:?}", rules.scopes.iter().map(|scope| (&scope.limits, &scope.says)).collect::<Vec<_>>()),
        format!("{:?}", rules.scopes.iter().map(|scope| &scope.transfers).collect::<Vec<_>>()),
    ]
}
