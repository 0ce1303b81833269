//! What a configuration may say, what is said against it, and what holds because of it.

use std::fs;
use std::process::Output;

use crate::harness::daemon::run;
use crate::harness::{Client, Daemon, Setup};

/// `-t` on the usual configuration with these lines added.
fn tested(lines: &str) -> Output {
    tested_with(lines, &[])
}

fn tested_with(lines: &str, words: &[&str]) -> Output {
    let setup = Setup::new().line(lines);
    setup.write();
    let config = setup.config_file();
    let mut all = vec!["-t", "-c", config.to_str().expect("a plain name")];
    all.extend(words);
    run(&setup, &all)
}

/// What is said against these lines; the test must fail.
#[track_caller]
fn complaints(lines: &str) -> String {
    let output = tested(lines);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{lines}\n{said}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("Syntax check complete"), "{lines}");
    said
}

/// These lines are accepted; what is said on the way.
#[track_caller]
fn accepted(lines: &str) -> String {
    let output = tested(lines);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{lines}\n{said}");
    said
}

#[test]
fn a_good_configuration_is_said_to_be_complete() {
    let output = tested("");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("Checking syntax of configuration file\n"), "{said}");
    assert!(said.contains("Syntax check complete.\n"), "{said}");
}

#[test]
fn a_missing_file_is_named() {
    let setup = Setup::new();
    let output = run(&setup, &["-t", "-c", "/nowhere/at/all.conf"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "nothing but this: {said}");
    assert!(said.contains("cannot read /nowhere/at/all.conf"), "{said}");
}

#[test]
fn a_relative_file_is_the_start_folders() {
    let setup = Setup::new();
    setup.write();
    assert_eq!(run(&setup, &["-t", "-c", "ferryd.conf"]).status.code(), Some(0));
}

#[test]
fn all_complaints_come_in_one_run_each_with_its_place() {
    let said = complaints("MaxInstancess 5\nTimeoutLogin 9x\n  TimeoutIdle soon\n</Limit>");
    let usual = Setup::new().text().lines().count();
    for (line, column) in [(usual + 1, 1), (usual + 2, 14), (usual + 3, 15), (usual + 4, 1)] {
        assert!(
            said.contains(&format!("ferryd.conf:{line}:{column}:")),
            "line {line}, column {column}:\n{said}"
        );
    }
    assert!(said.contains("MaxInstancess 5\n") && said.contains('^'), "the line and a caret:\n{said}");
    assert!(said.to_lowercase().contains("did you mean") && said.contains("MaxInstances"), "{said}");
}

#[test]
fn what_protects_and_is_not_done_yet_fails_closed() {
    for line in [
        "TLSEngine on",
        "TLSRequired on",
        "QuotaEngine on",
        "BanEngine on",
        "SQLConnectInfo db@localhost user pass",
        "SQLAuthenticate users",
        "WrapEngine on",
        "WrapTables file:/a file:/b",
        "TCPAccessFiles /a /b",
        "LDAPServer localhost",
        "RadiusEngine on",
        "DNSBLEngine on",
        "GeoIPEngine on",
        "RootLogin on",
        "<IfModule mod_tls.c>\nTLSEngine on\n</IfModule>",
        "<IfModule mod_quotatab.c>\nQuotaEngine on\n</IfModule>",
    ] {
        let said = complaints(line);
        assert!(said.contains("ferryd.conf:"), "{line}: {said}");
    }
}

#[test]
fn switched_off_it_is_accepted() {
    for line in [
        "TLSEngine off",
        "QuotaEngine off",
        "BanEngine off",
        "RootLogin off",
        "Ratios off",
        "<IfModule mod_tls.c>\nTLSEngine off\n</IfModule>",
        "<IfModule mod_quotatab.c>\nQuotaEngine off\n</IfModule>",
    ] {
        accepted(line);
    }
}

#[test]
fn what_cannot_widen_access_is_ignored_with_a_warning() {
    for line in ["DelayEngine on", "IdentLookups off", "PersistentPasswd off", "LoadModule mod_tls.c"] {
        accepted(line);
    }
}

#[test]
fn directives_keep_to_their_contexts() {
    let said = complaints("<Directory /srv>\nPort 2100\n</Directory>\n<Limit WRITE>\nServerName x\n</Limit>");
    assert!(said.contains("Port") && said.contains("ServerName"), "{said}");
    complaints("<Directory /srv>");
    complaints("</Directory>");
    complaints("AllowAll");
}

#[test]
fn text_is_read_as_proftpd_reads_it() {
    accepted("# comment\nservername   \"Quoted # name\"\nMaxInstances \\\n  7");
    accepted("<IfDefine NEVER>\nBogus line\n</IfDefine>\n<IfDefine !NEVER>\nMaxInstances 7\n</IfDefine>");
    accepted("<IfModule !mod_core.c>\nBogus line\n</IfModule>");
    accepted(
        "<IfVersion < 1.3.8>\nBogus line\n</IfVersion>\n<IfVersion >= 1.3.6>\nMaxInstances 7\n</IfVersion>",
    );
    accepted("Define HERE\n<IfDefine HERE>\nMaxInstances 7\n</IfDefine>");
    assert_eq!(tested_with("<IfDefine BAD>\nBogus\n</IfDefine>", &["-D", "BAD"]).status.code(), Some(1));
    assert_eq!(tested_with("<IfDefine !GOOD>\nBogus\n</IfDefine>", &["-D", "GOOD=1"]).status.code(), Some(0));
}

#[test]
fn includes_are_files_folders_and_globs() {
    let setup =
        Setup::new().line("Include parts/one.conf").line("Include parts/more").line("Include parts/*.inc");
    let setup = setup.line("Include parts/*.none").line("Include parts/no.d/");
    let absolute = setup.text().replace("Include ", &format!("Include {}/", setup.folder.path().display()));
    setup.write();
    setup.make_folder(&setup.path("parts/more"), None);
    for name in ["parts/one.conf", "parts/more/two.conf", "parts/three.inc"] {
        setup.write_file(name, "MaxInstances 9\n", 0o644);
    }
    setup.write_file("ferryd.conf", &absolute, 0o644);
    let test = || run(&setup, &["-t", "-c", "ferryd.conf"]);
    let output = test();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    setup.write_file("parts/more/two.conf", "Bogus 1\n", 0o644);
    let said = String::from_utf8_lossy(&test().stderr).into_owned();
    assert!(said.contains("two.conf:1:1:"), "{said}");
    fs::remove_file(setup.path("parts/one.conf")).expect("written");
    let said = String::from_utf8_lossy(&test().stderr).into_owned();
    assert!(said.contains("one.conf"), "a missing plain file is an error: {said}");
}

#[test]
fn variables_come_from_the_environment() {
    let setup = Setup::new().line("MaxInstances %{env:FERRYD_TEST_MOST}").variable("FERRYD_TEST_MOST", "x");
    setup.write();
    assert_eq!(run(&setup, &["-t", "-c", "ferryd.conf"]).status.code(), Some(1));
    let setup = setup.variable("FERRYD_TEST_MOST", "12");
    assert_eq!(run(&setup, &["-t", "-c", "ferryd.conf"]).status.code(), Some(0));
}

#[test]
fn version_status_reads_the_configuration_first() {
    let setup = Setup::new();
    setup.write();
    let output = run(&setup, &["-vv", "-c", "ferryd.conf"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    assert!(said.starts_with("ProFTPD Version: 1.3.8"), "{said}");
    assert!(said.contains("\n\nLoaded modules:\n  mod_"), "{said}");
    let output = run(&setup, &["-vvv", "-c", "ferryd.conf"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\n\nConfiguration Directives:\n"), "{said}");
    assert!(said.contains("  MaxInstances (from mod_core)\n"), "{said}");
    setup.write_file("ferryd.conf", "Bogus\n", 0o644);
    let output = run(&setup, &["-vv", "-c", "ferryd.conf"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn servers_at_one_address_and_port_collide() {
    let setup = Setup::new();
    let section =
        format!("<VirtualHost 127.0.0.1>\nPort {}\nServerName Other\n</VirtualHost>", setup.port.number);
    let setup = setup.line(&section);
    setup.write();
    assert_eq!(run(&setup, &["-t", "-c", "ferryd.conf"]).status.code(), Some(1));
    assert_eq!(run(&setup, &["-t", "-N", "-c", "ferryd.conf"]).status.code(), Some(0));
}

#[test]
fn limits_deny_what_they_name() {
    let daemon = Setup::new().line("<Limit WRITE>\nDenyAll\n</Limit>").start();
    fs::write(daemon.setup.home("alice").join("file"), "x").expect("written");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(client.retrieve("file"), b"x");
    for line in ["RNFR file", "DELE file", "MKD folder"] {
        client.command(line).expect(550);
    }
    let data = client.extended_passive();
    client.command("STOR new").expect(550);
    drop(data);
    assert!(daemon.setup.home("alice").join("file").exists());
}

#[test]
fn a_folder_may_say_otherwise() {
    let setup = Setup::new();
    let home = setup.home("alice");
    let section = format!(
        "<Limit STOR>\nDenyAll\n</Limit>\n<Directory {}/in>\n<Limit STOR>\nAllowAll\n</Limit>\n</Directory>",
        home.display()
    );
    let daemon = setup.line(&section).start();
    daemon.setup.make_folder(&home.join("in"), Some(crate::harness::setup::FIRST_UID));
    std::os::unix::fs::symlink(".", home.join("in/back")).expect("linked");
    std::os::unix::fs::symlink("..", home.join("in/out")).expect("linked");
    let mut client = daemon.session();
    client.store("in/file", b"x");
    client.store("in/back/other", b"x");
    for path in ["file", "in/../file", "in/out/file"] {
        let data = client.extended_passive();
        client.command(&format!("STOR {path}")).expect(550);
        drop(data);
    }
}

#[test]
fn a_limit_on_login_closes_the_door() {
    let daemon = Setup::new().line("<Limit LOGIN>\nDenyAll\n</Limit>").start();
    Client::connect(daemon.address()).expect("a connection").expect_end();
    daemon.await_log("Connection from 127.0.0.1 [127.0.0.1] denied");
}

#[test]
fn a_limit_on_login_holds_for_whoever_an_alias_leads_there() {
    let section = "<Anonymous /tmp>\nUser nobody\nUserAlias ftp nobody\nRequireValidShell off\n<Limit LOGIN>\nDenyAll\n</Limit>\n</Anonymous>";
    let daemon = Setup::new().line("UserAlias guest nobody").line(section).start();
    for name in ["nobody", "ftp", "guest"] {
        let mut client = daemon.client();
        client.command(&format!("USER {name}")).expect(331);
        client.command("PASS me@").expect(530);
    }
    daemon.session().command("PWD").expect(257);
}

#[test]
fn names_are_filtered_as_configured() {
    let daemon = Setup::new().line("PathDenyFilter \"\\\\.exe$\"\nDenyFilter \\*.*/").start();
    let mut client = daemon.session();
    let data = client.extended_passive();
    let reply = client.command("STOR bad.exe");
    assert!([550, 553].contains(&reply.code), "{reply:?}");
    drop(data);
    client.store("good.txt", b"x");
    let reply = client.command("DELE */x");
    assert_eq!(reply.code / 100, 5, "{reply:?}");
}

#[test]
fn user_root_becomes_nobody_with_a_warning() {
    if !crate::harness::as_root("user_root_becomes_nobody_with_a_warning") {
        return;
    }
    let said = accepted("User root\nGroup root");
    assert!(said.contains("nobody"), "{said}");
}

#[test]
fn a_virtual_host_answers_by_its_own_name() {
    let other = crate::harness::ports::Port::reserve();
    let section = format!(
        "<VirtualHost 127.0.0.1>\nPort {}\nServerName \"Second\"\nServerIdent on \"I am the second\"\n</VirtualHost>",
        other.number
    );
    let daemon: Daemon = Setup::new().line(&section).start();
    let address = (std::net::Ipv4Addr::LOCALHOST, other.number).into();
    let mut client = Client::connect(address).expect("a connection");
    assert!(client.reply().expect(220).text().contains("I am the second"));
    daemon.client();
}

#[test]
fn a_folder_entered_through_a_link_is_judged_by_what_it_is() {
    let setup = Setup::new();
    let home = setup.home("alice");
    let section =
        format!("<Directory {}/closed>\n<Limit EPSV>\nDenyAll\n</Limit>\n</Directory>", home.display());
    let daemon = setup.line(&section).start();
    fs::create_dir(home.join("closed")).expect("a folder");
    std::os::unix::fs::symlink("closed", home.join("door")).expect("a link");
    let mut client = daemon.session();
    client.command("EPSV").expect(229);
    for folder in ["closed", "door"] {
        client.command(&format!("CWD /{folder}"));
        client.command(&format!("CWD {}", home.join(folder).display()));
        let refused = client.command("EPSV");
        assert_ne!(refused.code, 229, "{folder}: {refused:?}");
    }
}
