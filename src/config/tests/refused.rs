//! What is refused, and what passes with a warning.

use super::*;
use crate::config::settings::{ForeignAddresses, Speech};
use crate::sys::socket::{Probes, Tuning};

#[test]
fn what_opens_data_connections_is_read_strictly() {
    for text in [
        "AllowForeignAddress partners twice",
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
    assert_eq!(
        (server.sessions.usual.passive_ports, server.sessions.usual.foreign_addresses.clone()),
        (Some((50_000, 50_000)), ForeignAddresses::None)
    );
    assert_eq!(settings.masquerades_hold(), None, "what was written as an address is not asked for again");
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
fn what_protects_and_is_not_done_is_refused_but_off_is_not() {
    for line in [
        "TLSEngine on",
        "TLSRequired auth",
        "QuotaEngine on",
        "BanEngine on",
        "SQLAuthenticate users",
        "LDAPServer localhost",
        "WrapEngine on",
        "MaxTransfersPerHost LIST 3",
        "MaxStoreFileSize 1 Xb",
        "RootLogin on",
        "ServerType xinetd",
        "AuthOrder mod_auth_pam.c",
        "AuthUserFile /etc/passwd id 5-1",
        "AuthUserFile /etc/passwd id 5",
        "AuthUserFile /etc/passwd name (",
        "AuthUserFile /etc/passwd shell x",
        "AuthGroupFile /etc/group home ^/",
        "MaxPasswordSize -1",
        "TimeoutSession 5 nobody x",
        "TimeoutSession 5 user",
        "<Limit LOGIN>\nOrder allow\n</Limit>",
        "<Limit LOGIN>\nDeny from 192.0.2.1/33\n</Limit>",
        "<IfUser x>\nMaxLoginAttempts 1\n</IfUser>",
        "<IfUser x>\n<IfClass y>\n</IfClass>\n</IfUser>",
        "DenyFilter (",
        "MaxInstances 0",
        "Trace",
        "Trace session",
        "Trace data",
        "Trace data:5-1",
        "TraceLog log/trace",
        "<VirtualHost 127.0.0.1>\nTraceLog /var/log/trace\n</VirtualHost>",
        "TraceOptions Timestamp",
        "TraceOptions +UseTLS",
        "ControlsLog log/controls",
        "<Global>\nControlsLog /var/log/controls\n</Global>",
    ] {
        assert!(loaded(line).settings.is_none(), "{line}");
    }
    for line in ["TLSEngine off", "QuotaEngine off", "RootLogin off", "MaxClients none"] {
        assert_eq!(complaints(line), [""; 0], "{line}");
    }
}

#[test]
fn what_widens_nothing_is_ignored_with_a_warning() {
    for line in [
        "IdentLookups on",
        "Trace DEFAULT:10 fsio:3 netio:2",
        "IncludeOptions IgnoreTempFiles",
        "LangDefault it_IT",
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
    let not_meant = "<IfModule !mod_auth.c>\n<Limit ALL>\nDenyAll\n</Limit>\n</IfModule>";
    assert_eq!(complaints(not_meant), [""; 0]);
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
fn what_is_asked_of_tcp_is_read_in_any_order() {
    let read = |line: &str| settings(line).servers[0].sockets;
    let tuning = read("SocketOptions rcvbuf 32768 KEEPALIVE 7200:9:75\nSocketOptions maxseg 1400");
    let probes = Some(Probes::Timed { idle: 7200, count: 9, interval: 75 });
    assert_eq!(tuning, Tuning { receive: Some(32768), send: None, segment: Some(1400), probes });
    assert_eq!(read("SocketOptions keepalive off").probes, Some(Probes::Off));
    assert_eq!(read(""), Tuning::default());
    for wrong in
        ["nodelay on", "keepalive 1:2", "keepalive 0:9:75", "maxseg", "rcvbuf 32768 sndbuf", "sndbuf 1", ""]
    {
        assert!(loaded(&format!("SocketOptions {wrong}")).settings.is_none(), "{wrong}");
    }
    let said = complaints("SocketOptions reuseport on");
    assert!(said[0].contains("SocketOptions: has no effect"), "{said:?}");
}

#[test]
fn whoever_may_speak_for_clients_is_named() {
    let on = "ProxyProtocolEngine on\n";
    assert!(complaints(on)[0].contains("name the proxies with ProxyProtocolFrom"));
    assert!(complaints(&format!("{on}ProxyProtocolIgnore on")).is_empty());
    let text = format!("{on}ProxyProtocolFrom 192.0.2.1 2001:db8::/32\nProxyProtocolFrom 10.0.0.0/8");
    assert!(complaints(&text).is_empty());
    let proxies = settings(&text).servers[0].proxies.clone().expect("they are on");
    let has = |address: &str| proxies.has(address.parse().expect("an address"));
    assert!(has("192.0.2.1") && has("2001:db8::5") && has("10.1.2.3") && !has("192.0.2.2"));
    assert_eq!(settings("ProxyProtocolEngine off\nProxyProtocolFrom 10.0.0.1").servers[0].proxies, None);
    for wrong in
        ["ProxyProtocolVersion 2", "ProxyProtocolTimeout 0", "ProxyProtocolFrom router", "ProxyProtocolFrom"]
    {
        assert!(loaded(wrong).settings.is_none(), "{wrong}");
    }
}

#[test]
fn what_ferryd_always_does_is_taken_without_a_word() {
    for line in [
        "Protocols ftp ftps",
        "RootRevoke on",
        "TimeoutLinger 30",
        "TCPNoDelay on",
        "ScoreboardScrub off",
        "CapabilitiesEngine on",
        "CapabilitiesSet +CAP_CHOWN",
        "UseSendfile on",
        "VRootEngine on",
        "SystemdEngine on",
        "MultilineRFC2228 on",
        "ScoreboardOptions AllowMissingEntry",
        "LangPath /usr/share/locale",
        "LangDefault en_US.UTF-8",
        "RegexOptions Engine POSIX MatchLimit 100",
        "ModulePath /usr/lib/proftpd",
    ] {
        assert_eq!(complaints(line), [""; 0], "{line}");
    }
    assert!(loaded("Protocols sftp").settings.is_none());
    assert!(loaded("VRootServerRoot /srv").settings.is_none());
    assert!(loaded("ProcfsEngine on").settings.is_none() && loaded("ProcfsEngine off").settings.is_some());
    assert!(
        complaints("<Global>\n<Class one>\nFrom 10.0.0.1\n</Class>\nServerAlias a\n</Global>").is_empty()
    );
}

#[test]
fn characters_are_known_by_name() {
    let speech = |lines: &str| settings(lines).servers[0].sessions.usual.speech;
    let pair = speech("UseEncoding koi8-r cp1251");
    assert_eq!((pair.translation().is_some(), pair.is_kept), (true, false));
    assert_eq!(pair.switched(false), Some(pair.translation()));
    assert!(pair.switched(true).is_some_and(|utf8| utf8.is_some() && utf8 != pair.translation()));
    assert!(speech("UseEncoding koi8-r cp1251 strict").switched(true).is_none());
    assert!(speech("UseEncoding on").switched(false).is_none());
    assert!(speech("UseEncoding off").switched(true).is_none());
    assert_eq!(speech(""), Speech::default());
    for wrong in
        ["UseEncoding utf-8", "UseEncoding utf-8 nonsense", "UseEncoding utf-16 utf-8", "LangOptions Any"]
    {
        assert!(loaded(wrong).settings.is_none(), "{wrong}");
    }
}

#[test]
fn what_can_never_hold_is_told() {
    for (text, wanted) in [
        (
            "<Directory /srv>\n<Limit STOR LOGIN>\nDenyAll\n</Limit>\n</Directory>",
            "2:1: warning: <Limit LOGIN> in <Directory> never holds",
        ),
        ("<Limit LOGIN>\nDenyAll\n</Limit>", ""),
        (
            "<Limit STOR>\nAllowClass a,!b\n</Limit>\n<Class a>\nFrom 10.0.0.1\n</Class>",
            "2:12: warning: AllowClass: there is no <Class b>",
        ),
        ("<IfClass AND a>\nUmask 077\n</IfClass>\n<Class a>\nFrom 10.0.0.1\n</Class>", ""),
        ("<IfClass regex ^a>\nUmask 077\n</IfClass>", ""),
        (
            "<Anonymous /ferryd-a>\nUser nobody\n<Directory /ferryd-b>\nUmask 077\n</Directory>\n</Anonymous>",
            "3:12: warning: <Directory>: nobody comes to it",
        ),
        (
            "<Anonymous /ferryd-a>\nUser nobody\n<Directory /ferryd-a/b>\nUmask 077\n</Directory>\n</Anonymous>",
            "",
        ),
        (
            "VRootEngine on\nVRootAlias /srv/a ~/a\n<Directory /srv/a/b>\nUmask 077\n</Directory>",
            "3:12: warning: <Directory>: VRootAlias shows this folder",
        ),
        (
            "VRootAlias /srv/a ~/a\n<Directory /srv/b>\nUmask 077\n</Directory>\n<Directory />\nUmask 077\n</Directory>",
            "",
        ),
        ("<Anonymous /ferryd-a>\nUser nobody\n<Directory *>\nUmask 077\n</Directory>\n</Anonymous>", ""),
    ] {
        let said = complaints(text);
        match wanted {
            "" => assert!(
                !said.iter().any(|said| said.contains("warning: <") || said.contains("there is no")),
                "{said:?}"
            ),
            wanted => assert!(said.iter().any(|said| said.starts_with(wanted)), "{text}: {said:?}"),
        }
    }
}
