//! Files that an operator may begin with.

use std::path::{Path, PathBuf};

use super::*;

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
        assert_eq!(
            server.sessions.usual.default_root[0].path,
            in_tree("target/quickstart/home").to_string_lossy()
        );
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
        LoadModule mod_ctrls_admin.c\nLoadModule mod_ldap.c\nLoadModule mod_ifsession.c\n<IfModule mod_quotatab.c>\nQuotaEngine off\n</IfModule>\n\
        <IfModule mod_ctrls.c>\nControlsEngine off\nControlsMaxClients 2\n</IfModule>\n<Limit SITE_CHMOD>\n  DenyAll\n</Limit>\n";
    let options = LoadOptions { check_collisions: true, ..LoadOptions::default() };
    let Loaded { settings, complaints } = loaded_with(text, &options);
    assert!(settings.is_some(), "{complaints:?}");
    let said: Vec<&str> = complaints
        .iter()
        .filter(|complaint| complaint.place.is_some())
        .map(|complaint| complaint.message.split(' ').next().unwrap_or(""))
        .collect();
    assert_eq!(said, ["LoadModule:"]);
}
