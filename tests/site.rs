//! SITE's commands that make, copy and remove: on files, on folders, before login, under `<Limit>`, and cut short.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use crate::harness::setup::NOBODY;
use crate::harness::{Client, Daemon, Setup, as_root, eventually};

const COPIED: &str = "250 Copy successful";
const READY: &str = "350 File or directory exists, ready for destination name";

fn says(client: &mut Client, table: &[(&str, &str)]) {
    for (line, text) in table {
        assert_eq!(client.command(line).text(), *text, "{line}");
    }
}

/// With that limit in alice's folder `closed`.
fn limited(limit: &str) -> Daemon {
    let setup = Setup::new();
    let folder = setup.home("alice").join("closed");
    let lines = format!("<Directory {}>\n<Limit {limit}>\nDenyAll\n</Limit>\n</Directory>", folder.display());
    let daemon = setup.line(&lines).start();
    daemon.setup.make_folder(&folder, Some(crate::harness::setup::FIRST_UID));
    for name in ["closed/f", "f"] {
        let path = daemon.setup.home("alice").join(name);
        fs::write(&path, name).expect("a file");
        daemon.setup.give(&path, Some(crate::harness::setup::FIRST_UID));
    }
    daemon
}

#[test]
fn before_login_nothing_is_touched() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    fs::write(home.join("f"), "text").expect("a file");
    let mut client = daemon.client();
    for line in [
        "SITE CPFR /etc/passwd",
        "SITE CPTO /tmp/x",
        "SITE COPY /etc/passwd x",
        "SITE UTIME 202001010000 f",
        "SITE SYMLINK f g",
        "SITE MKDIR d",
        "SITE RMDIR /",
    ] {
        assert_eq!(client.command(line).text(), "530 Please login with USER and PASS", "{line}");
    }
    client.command("USER alice").expect(331);
    client.command("SITE CPFR f").expect(530);
    client.login("alice");
    client.command("SITE CPTO g").expect(503);
    assert!(!home.join("g").exists());
}

#[test]
fn files_and_folders_are_copied() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("f", b"text");
    client.store("two words", b"more");
    client.command("SITE MKDIR d/e").expect(200);
    client.store("d/e/inner", b"inner");
    says(
        &mut client,
        &[
            ("SITE CPFR f", READY),
            ("PWD", "257 \"/\" is the current directory"),
            ("SITE CPTO g", COPIED),
            ("SITE CPTO h", "503 Bad sequence of commands"),
            ("SITE CPFR two words", READY),
            ("SITE CPTO d/two words", COPIED),
            ("SITE CPFR nope", "550 /nope: No such file or directory"),
            ("SITE CPTO h", "503 Bad sequence of commands"),
            ("SITE CPFR d", READY),
            ("SITE CPTO d/sub", "550 CPTO: Invalid argument"),
            ("SITE CPFR d", READY),
            ("SITE CPTO copy", COPIED),
            ("SITE COPY f copy/e", "550 COPY: Is a directory"),
            ("SITE COPY nope x", "550 COPY: No such file or directory"),
            ("SITE COPY f f", "200 SITE COPY command successful"),
            ("SITE COPY d again", "200 SITE COPY command successful"),
            ("SITE COPY f", "500 'SITE COPY' not understood"),
            ("SITE CPFR", "500 'SITE CPFR' not understood"),
        ],
    );
    for (name, text) in [("g", "text"), ("f", "text"), ("copy/e/inner", "inner"), ("again/two words", "more")]
    {
        assert_eq!(fs::read_to_string(home.join(name)).expect(name), text, "{name}");
    }
    assert!(!home.join("d/sub").exists());
    let log = daemon.setup.path("log/xferlog");
    let lines = eventually("the copies are logged", || {
        fs::read_to_string(&log).ok().filter(|text| text.contains("/again/two_words"))
    });
    assert!(lines.contains("/homes/alice/g a _ i r alice ftp 0 * c"), "{lines}");
}

#[test]
fn what_transfers_may_not_do_copies_may_not() {
    for (limit, from, to) in [
        ("RETR", "closed/f", "g"),
        ("READ", "closed/f", "g"),
        ("SITE_COPY", "closed/f", "g"),
        ("STOR", "f", "closed/g"),
        ("WRITE", "f", "closed/f"),
        ("SITE_COPY", "f", "closed/g"),
        ("ALL", "closed", "g"),
    ] {
        let daemon = limited(limit);
        let home = daemon.setup.home("alice");
        let mut client = daemon.session();
        let begun = client.command(&format!("SITE CPFR {from}"));
        let code =
            if begun.code == 350 { client.command(&format!("SITE CPTO {to}")).code } else { begun.code };
        assert_eq!(code, 550, "{limit} {from} {to}");
        client.command(&format!("SITE COPY {from} {to}")).expect(550);
        assert_eq!(fs::read_to_string(home.join("closed/f")).expect("kept"), "closed/f");
        assert!(!home.join("g").exists() && !home.join("closed/g").exists(), "{limit} {from} {to}");
    }
}

#[test]
fn what_single_commands_may_not_do_these_may_not() {
    for (limit, line) in [
        ("MKD", "SITE MKDIR closed/d"),
        ("RMD", "SITE RMDIR closed"),
        ("DELE", "SITE RMDIR closed"),
        ("MFMT", "SITE UTIME 202001010000 closed/f"),
        ("SITE", "SITE MKDIR closed/d"),
        ("READ", "SITE SYMLINK closed/f l"),
        ("WRITE", "SITE SYMLINK closed/f closed/l"),
    ] {
        let daemon = limited(limit);
        let home = daemon.setup.home("alice");
        let before = fs::metadata(home.join("closed/f")).expect("there").mtime();
        let mut client = daemon.session();
        client.command(line).expect(550);
        assert_eq!(fs::metadata(home.join("closed/f")).expect("kept").mtime(), before, "{limit} {line}");
        assert!(!home.join("closed/d").exists() && !home.join("l").exists(), "{limit} {line}");
    }
}

/// Everything lies open to the account that the section serves: only its `<Limit>` keeps strangers from it.
#[test]
fn strangers_change_nothing_where_their_section_says_so() {
    if !as_root("strangers_change_nothing_where_their_section_says_so") {
        return;
    }
    let setup = Setup::new();
    let root = setup.path("anon");
    let section = format!(
        "<Anonymous {0}>\nUser nobody\nGroup nogroup\n<Limit WRITE>\nDenyAll\n</Limit>\n\
         <Directory {0}/incoming>\n<Limit STOR>\nAllowAll\n</Limit>\n</Directory>\n\
         <Directory {0}/kept>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n</Anonymous>",
        root.display()
    );
    let daemon = setup.line(&section).start();
    for folder in ["", "d", "incoming", "kept"] {
        daemon.setup.make_folder(&root.join(folder), Some(NOBODY));
    }
    for name in ["f", "d/g", "kept/f"] {
        fs::write(root.join(name), "text").expect("a file");
        daemon.setup.give(&root.join(name), Some(NOBODY));
    }
    let before = fs::metadata(root.join("f")).expect("there");
    let mut client = daemon.client();
    client.command("USER nobody").expect(331);
    client.command("PASS a@b.example").expect(230);
    for line in [
        "SITE CHMOD 600 f",
        "SITE CHGRP 65534 f",
        "SITE UTIME 202001010000 f",
        "SITE SYMLINK f l",
        "SITE SYMLINK kept/f incoming/l",
        "SITE MKDIR new",
        "SITE MKDIR incoming/new",
        "SITE RMDIR d",
        "SITE COPY f g",
        "SITE COPY kept/f incoming/f",
        "SITE CPFR kept/f",
        "MFF modify=20200101000000;UNIX.mode=0600; f",
        "MFMT 20200101000000 f",
        "XCRC kept/f",
        "MD5 kept/f",
    ] {
        client.command(line).expect(550);
    }
    client.command("HASH kept/f").expect(552);
    client.command("SITE CPFR f").expect(350);
    client.command("SITE CPTO g").expect(550);
    let after = fs::metadata(root.join("f")).expect("kept");
    assert_eq!((before.mode(), before.mtime(), before.gid()), (after.mode(), after.mtime(), after.gid()));
    assert!(root.join("d/g").exists());
    for name in ["l", "g", "new", "incoming/new", "incoming/l", "incoming/f"] {
        assert!(root.join(name).symlink_metadata().is_err(), "{name}");
    }
}

#[test]
fn overwriting_needs_leave() {
    let daemon = Setup::new().line("AllowOverwrite off").start();
    let mut client = daemon.session();
    client.store("f", b"one");
    client.store("g", b"two");
    assert_eq!(client.command("SITE COPY f g").text(), "550 COPY: Permission denied");
    assert_eq!(fs::read(daemon.setup.home("alice").join("g")).expect("kept"), b"two");
}

#[test]
fn links_lead_down_and_times_are_set() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    symlink("/etc/passwd", home.join("out")).expect("a link");
    let mut client = daemon.session();
    client.command("SITE MKDIR d/e").expect(200);
    client.store("f", b"text");
    says(
        &mut client,
        &[
            ("SITE SYMLINK f l", "200 SITE SYMLINK command successful"),
            ("SITE SYMLINK /d/e d/l", "200 SITE SYMLINK command successful"),
            ("SITE SYMLINK f l", "550 SYMLINK f l: File exists"),
            ("SITE SYMLINK f d/up", "550 SYMLINK f d/up: Operation not permitted"),
            ("SITE SYMLINK nope m", "550 SYMLINK nope m: No such file or directory"),
            ("SITE SYMLINK f", "500 'SITE SYMLINK' not understood"),
            ("SITE UTIME 202001010000 f", "200 SITE UTIME command successful"),
            ("MDTM f", "213 20200101000000"),
            (
                "SITE UTIME f 20200101000000 20210101000001 20220101000000 UTC",
                "200 SITE UTIME command successful",
            ),
            ("MDTM f", "213 20210101000001"),
            ("SITE UTIME 2020 f", "500 UTIME 2020 f: Invalid argument"),
            ("SITE UTIME 202001010000 nope", "550 UTIME 202001010000 nope: No such file or directory"),
        ],
    );
    assert_eq!(fs::read_link(home.join("l")).expect("made"), Path::new("f"));
    assert_eq!(fs::read_link(home.join("d/l")).expect("made"), Path::new("e"));
    assert_eq!(fs::metadata(home.join("f")).expect("there").atime(), 1_577_836_800);
}

#[test]
fn no_link_is_made_to_what_lies_outside() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let home = daemon.setup.home("alice");
    symlink("/etc/passwd", home.join("out")).expect("a link");
    let mut client = daemon.session();
    client.command("SITE MKDIR etc").expect(200);
    client.store("etc/passwd", b"decoy");
    client.command("SITE MKDIR a/b").expect(200);
    for line in
        ["SITE SYMLINK /etc/passwd a/b/l", "SITE SYMLINK ../../../../etc/shadow l", "SITE SYMLINK / a/l"]
    {
        client.command(line).expect(550);
    }
    client.command("SITE SYMLINK /etc/passwd l").expect(200);
    assert_eq!(fs::read_link(home.join("l")).expect("made"), Path::new("etc/passwd"));
    client.command("SITE SYMLINK out m").expect(200);
    assert_eq!(fs::read_link(home.join("m")).expect("made"), Path::new("etc/passwd"));
}

#[test]
fn folders_go_with_all_that_is_in_them() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("SITE MKDIR d/a/b").expect(200);
    client.command("SITE MKDIR d/a/b").expect(200);
    client.store("d/a/one", b"1");
    client.store("kept", b"1");
    symlink("../kept", home.join("d/link")).expect("a link");
    says(
        &mut client,
        &[
            ("SITE MKDIR kept", "550 MKDIR kept: Not a directory"),
            ("SITE RMDIR kept", "550 RMDIR kept: Invalid argument"),
            ("SITE RMDIR nope", "550 RMDIR nope: No such file or directory"),
            ("SITE RMDIR d", "200 SITE RMDIR command successful"),
            ("SITE MKDIR", "500 'SITE MKDIR' not understood"),
        ],
    );
    assert!(!home.join("d").exists() && home.join("kept").exists());
}

#[test]
fn abor_ends_a_copy_and_what_was_made_of_it() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let path = home.join("large");
    let large = fs::File::create(&path).expect("a file");
    // Mostly a hole: the copy writes all of it, the original costs nothing.
    large.set_len(8 << 30).expect("a length");
    daemon.setup.give(&path, daemon.setup.has_identities().then_some(crate::harness::setup::FIRST_UID));
    let mut client = daemon.session();
    client.send("SITE COPY large copy");
    eventually("the copy has begun", || fs::metadata(home.join("copy")).ok().filter(|copy| copy.len() > 0));
    client.send("STAT");
    client.reply().expect(213);
    client.stream().write_all(b"ABOR\r\n").expect("the client speaks");
    assert_eq!(client.reply().text(), "426 Copy aborted");
    client.reply().expect(226);
    assert!(!home.join("copy").exists());
    client.command("NOOP").expect(200);
}

#[test]
fn switched_off_they_are_unknown() {
    let daemon = Setup::new().line("CopyEngine off\nSiteMiscEngine off").start();
    let mut client = daemon.session();
    client.store("f", b"text");
    for (line, name) in [
        ("SITE CPFR f", "CPFR"),
        ("SITE COPY f g", "COPY"),
        ("SITE MKDIR d", "MKDIR"),
        ("SITE RMDIR d", "RMDIR"),
        ("SITE SYMLINK f g", "SYMLINK"),
        ("SITE UTIME 202001010000 f", "UTIME"),
    ] {
        assert_eq!(client.command(line).text(), format!("500 'SITE {name}' not understood"));
        assert!(!client.command("SITE HELP").text().contains(name));
    }
    client.command("SITE CHMOD 600 f").expect(200);
}
