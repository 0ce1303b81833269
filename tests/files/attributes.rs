//! What clients change of files without their data: MFMT, SITE CHMOD, SITE CHGRP.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use crate::harness::{Daemon, Setup};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn times_are_set_and_told() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    client.store("two words", b"x");
    client.command("MKD d").expect(257);
    symlink("one", home.join("link")).expect("a link");
    for (line, text) in [
        ("MFMT 20200102030405 one", "213 Modify=20200102030405; one"),
        ("MFMT 20200102030406.789 two words", "213 Modify=20200102030406; two words"),
        ("MFMT 20200102030407 d", "213 Modify=20200102030407; d"),
        ("MDTM one", "213 20200102030405"),
        ("MFMT 20210102030405 link", "213 Modify=20210102030405; link"),
        ("MDTM one", "213 20210102030405"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    assert_eq!(fs::metadata(home.join("d")).expect("made").mtime(), 1_577_934_247);
    let link = fs::symlink_metadata(home.join("link")).expect("made");
    assert_ne!(link.mtime(), fs::metadata(home.join("one")).expect("made").mtime());
}

#[test]
fn facts_are_changed_all_or_none() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    client.store("two words", b"x");
    for (line, text) in [
        ("MFF modify=20200101000000;UNIX.mode=640; one", "213 modify=20200101000000;UNIX.mode=640; one"),
        ("MDTM one", "213 20200101000000"),
        ("MFF UNIX.mode=600; two words", "213 UNIX.mode=600; two words"),
        ("MFF UNIX.mode=444;bogus=1; one", "504 Cannot modify fact 'bogus=1'"),
        ("MFF UNIX.mode=444;UNIX.group=bogus; one", "501 one: Invalid argument"),
        ("MFF create=20200101000000; one", "504 Cannot modify fact 'create=20200101000000'"),
        ("MFF modify=20200101000000; nope", "550 nope: No such file or directory"),
        ("MFF", "501 Invalid number of parameters"),
        ("MFF modify=20200101000000;", "501 Invalid number of parameters"),
        ("MFF modify=20200101000000;\tone ", "501 Invalid number of parameters"),
        ("MFMT 20200101000000\tone ", "501 Invalid number of parameters"),
        // As ProFTPD: the setting form of MDTM names a file.
        ("MDTM 20210101000000 one", "550 20210101000000 one: No such file or directory"),
        ("MDTM one", "213 20200101000000"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    assert_eq!((mode(&home.join("one")), mode(&home.join("two words"))), (0o640, 0o600));
}

#[test]
fn what_one_verb_may_not_change_another_does_not() {
    for (limit, refused) in
        [("SITE_CHMOD", "UNIX.mode=600;"), ("MFMT", "modify=20200101000000;"), ("MFF", "UNIX.mode=600;")]
    {
        let lines = format!("<Directory />\n<Limit {limit}>\nDenyAll\n</Limit>\n</Directory>");
        let daemon = Setup::new().line(&lines).start();
        let mut client = daemon.session();
        client.store("one", b"x");
        client.command(&format!("MFF {refused} one")).expect(550);
    }
}

#[test]
fn times_that_cannot_be_are_refused() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    symlink("nowhere", home.join("dangling")).expect("a link");
    client.command("MFMT 20200102030405 one").expect(213);
    for (line, code) in [
        ("MFMT", 501),
        ("MFMT one", 501),
        ("MFMT 20200102030405", 501),
        ("MFMT 20200230000000 one", 501),
        ("MFMT 2020 one", 501),
        ("MFMT 202001020304055 one", 501),
        ("MFMT -2020010203040 one", 501),
        ("MFMT 20200102030405 nope", 550),
        ("MFMT 20200102030405 dangling", 550),
        ("MFMT 20200102030405 nope/one", 550),
    ] {
        client.command(line).expect(code);
    }
    assert_eq!(client.command("MDTM one").text(), "213 20200102030405");
}

#[test]
fn permissions_are_set_by_number_and_by_letter() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("two words", b"x");
    client.command("MKD d").expect(257);
    for (change, after) in [
        ("600", 0o600),
        ("u+x", 0o700),
        ("go=r", 0o744),
        ("4755", 0o4755),
        ("a-s", 0o755),
        ("+w", 0o755),
        ("0", 0),
    ] {
        let line = format!("SITE CHMOD {change} two words");
        assert_eq!(client.command(&line).text(), "200 SITE CHMOD command successful", "{line}");
        assert_eq!(mode(&home.join("two words")), after, "{line}");
    }
    client.command("site chmod 1700 d").expect(200);
    assert_eq!(mode(&home.join("d")), 0o1700);
    symlink("two words", home.join("link")).expect("a link");
    client.command("SITE CHMOD 640 link").expect(200);
    assert_eq!(mode(&home.join("two words")), 0o640);
}

#[test]
fn what_is_no_mode_or_no_file_is_refused() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    symlink("/etc/hosts", home.join("out")).expect("a link");
    symlink("nowhere", home.join("dangling")).expect("a link");
    for (line, text) in [
        ("SITE", "500 'SITE' requires parameters"),
        ("SITE BOGUS one", "500 'SITE BOGUS' not understood"),
        ("SITE CHMOD", "500-'SITE CHMOD' not understood\n500 SITE not understood"),
        ("site chmod 600", "500-'SITE CHMOD 600' not understood\n500 SITE not understood"),
        ("SITE CHMOD 888 one", "550 '888': invalid mode"),
        ("SITE CHMOD 77777 one", "550 '77777': invalid mode"),
        ("SITE CHMOD u+q one", "550 'u+q': invalid mode"),
        ("SITE CHMOD 600 nope", "550 nope: No such file or directory"),
        ("SITE CHMOD 888 nope", "550 nope: No such file or directory"),
        ("SITE CHMOD 600 dangling", "550 dangling: No such file or directory"),
        ("SITE CHGRP bogus one", "550 one: Invalid argument"),
        ("SITE CHGRP 4294967295 one", "550 one: Invalid argument"),
        ("SITE QUOTA one", "500 'SITE QUOTA' not understood"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    assert_eq!(mode(&home.join("one")), 0o644);
    if daemon.setup.has_identities() {
        let before = mode(Path::new("/etc/hosts"));
        client.command("SITE CHMOD 777 out").expect(550);
        assert_eq!(mode(Path::new("/etc/hosts")), before);
    }
}

#[test]
fn groups_are_the_sessions_own() {
    let daemon = Daemon::usual();
    if !daemon.setup.has_identities() {
        println!("SKIPPED: without root a session has no groups of its own");
        return;
    }
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("one", b"x");
    let own = fs::metadata(home.join("one")).expect("made").gid();
    client.command("SITE CHGRP alice one").expect(200);
    client.command(&format!("SITE CHGRP {own} one")).expect(200);
    client.command("SITE CHGRP 0 one").expect(550);
    assert_eq!(fs::metadata(home.join("one")).expect("made").gid(), own);
}

#[test]
fn limits_hold_for_each_of_them() {
    for (limit, refused) in [
        ("WRITE", [true, true, true]),
        ("SITE_CHMOD", [true, false, false]),
        ("SITE", [true, true, false]),
        ("MFMT", [false, false, true]),
        ("ALL", [true, true, true]),
        ("READ", [false, false, false]),
    ] {
        let section = format!("<Limit {limit}>\nDenyAll\n</Limit>");
        let daemon = Setup::new().line(&section).start();
        let one = daemon.setup.home("alice").join("one");
        fs::write(&one, b"x").expect("a file");
        daemon.setup.give(&one, Some(crate::harness::setup::FIRST_UID));
        let mut client = daemon.session();
        let group = fs::metadata(&one).expect("made").gid();
        let lines = ["SITE CHMOD 600 one", &format!("SITE CHGRP {group} one"), "MFMT 20200102030405 one"];
        for (line, is_refused) in lines.iter().zip(refused) {
            assert_eq!(client.command(line).code == 550, is_refused, "<Limit {limit}>: {line}");
        }
        client.command("SITE HELP").expect(214);
    }
}

#[test]
fn help_tells_of_each_of_them() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    let all = client.command("SITE HELP").expect(214);
    assert_eq!(all.lines[1], " UTIME <sp> YYYYMMDDhhmm[ss] <sp> path");
    assert_eq!(all.lines[8..11], [" HELP", " CHGRP", " CHMOD"]);
    let one = client.command("SITE HELP chmod").expect(214);
    assert_eq!(one.lines[1], " Syntax: SITE CHMOD <sp> mode <sp> pathname");
    assert_eq!(client.command("SITE HELP BOGUS").text(), "502 Unknown command 'SITE HELP BOGUS'");
    client.command("SITE CHMOD 600 one").expect(530);
    client.command("SITE BOGUS").expect(500);
}

#[test]
fn anonymous_sessions_change_nothing_and_see_that() {
    let setup = Setup::new();
    let root = setup.home("alice");
    let section = format!(
        "<Anonymous {}>\nUser nobody\nUserAlias ftp nobody\nRequireValidShell off\n<Limit WRITE>\nDenyAll\n</Limit>\n</Anonymous>",
        root.display()
    );
    let daemon = setup.line(&section).start();
    fs::write(root.join("one"), b"x").expect("a file");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("a mode");
    let before = fs::metadata(root.join("one")).expect("made");
    let mut client = daemon.client();
    client.command("USER ftp").expect(331);
    client.command("PASS guest@example").expect(230);
    for line in ["STOU", "MFMT 20200102030405 one", "SITE CHMOD 777 one", "SITE CHGRP 0 one"] {
        client.command(line).expect(550);
    }
    let told = client.command("MLST one").expect(250).lines[1].clone();
    assert!(told.contains(";perm=r;") && told.ends_with("; /one"), "{told}");
    assert!(client.command("MLST").expect(250).lines[1].contains(";perm=le;"));
    let after = fs::metadata(root.join("one")).expect("made");
    assert_eq!((before.mode(), before.mtime()), (after.mode(), after.mtime()));
}
