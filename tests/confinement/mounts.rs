//! Mounts and hard links in the root, and proc wherever it is: what the operator has put into the root belongs to it, and leads no further.

use std::fs;
use std::os::unix::fs::{chown, symlink};

use super::{Cage, attempt, every_verb};
use crate::harness::setup::{FIRST_UID, NOBODY, Starter};
use crate::harness::{Setup, as_root};

/// Files of proc that would tell, or lead on.
const TELLING: [&str; 8] = [
    "self/environ",
    "self/maps",
    "self/status",
    "self/root/etc/passwd",
    "self/cwd/secret",
    "self/fd/0",
    "1/root/etc/passwd",
    "version",
];

#[test]
fn a_mount_in_the_root_leads_no_further() {
    if !as_root("a_mount_in_the_root_leads_no_further") {
        return;
    }
    let setup = Setup::new().line("DefaultRoot ~");
    let (home, lent) = (setup.home("alice"), setup.path("lender/lent"));
    let commands = format!(
        "mount --bind {} {}\nmount -t proc proc {}",
        lent.display(),
        home.join("mounted").display(),
        home.join("proc").display()
    );
    for folder in [&lent, &home, &home.join("mounted"), &home.join("proc")] {
        setup.make_folder(folder, Some(FIRST_UID));
    }
    fs::write(lent.join("file"), "lent").expect("a file");
    symlink("../../outside", lent.join("relative")).expect("a link");
    symlink(setup.path("outside"), lent.join("absolute")).expect("a link");
    let daemon = setup.with_mounts(&commands).start();
    let cage = Cage::build(&daemon.setup.path("outside"));
    // Beside what is lent lies more of the lender's.
    fs::write(daemon.setup.path("lender/secret"), super::SONG).expect("a canary");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(client.retrieve("mounted/file"), b"lent");
    client.store("mounted/mine", b"x");
    assert!(lent.join("mine").exists());
    client.command("CWD mounted").expect(250);
    client.command("CWD ..").expect(250);
    assert!(client.command("PWD").expect(257).text().contains("\"/\""));
    for way in ["mounted/relative", "mounted/absolute", "mounted/.."] {
        for line in every_verb(way).iter().filter(|line| line.contains(way)) {
            attempt(&mut client, line, &cage.folder);
        }
    }
    for way in TELLING {
        for line in [
            format!("RETR proc/{way}"),
            format!("SIZE proc/{way}"),
            format!("MDTM proc/{way}"),
            format!("STOR proc/{way}"),
        ] {
            assert!(attempt(&mut client, &line, &cage.folder) >= 500, "{line}");
        }
    }
    for line in [
        "CWD proc",
        "CWD proc/self/root",
        "CWD proc/1/cwd",
        "MKD proc/x",
        "RNFR proc/version",
        "DELE proc/version",
    ] {
        assert!(attempt(&mut client, line, &cage.folder) >= 500, "{line}");
    }
    for line in ["NLST proc/*", "STAT proc/self", "LIST proc/self/root/", "LIST proc/1/fd"] {
        assert!(attempt(&mut client, line, &cage.folder) >= 450, "{line}");
    }
    // Its own line is the root's; what it holds is not.
    let own = String::from_utf8_lossy(&client.download("LIST proc")).into_owned();
    assert!(own.lines().count() == 1 && own.starts_with('d'), "{own}");
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}

/// A session whose root is the host's: proc is refused to it, too, so that no descriptor of the worker leads anywhere.
#[test]
fn proc_leads_nowhere_from_the_hosts_own_root() {
    for starter in [Starter::Caller, Starter::Nobody] {
        if starter == Starter::Nobody && !as_root("proc_leads_nowhere_from_the_hosts_own_root") {
            return;
        }
        let daemon = Setup::new().started_as(starter).start();
        let home = daemon.setup.home("alice");
        symlink("/proc/self", home.join("me")).expect("a link");
        symlink("/proc/self/fd", home.join("fds")).expect("a link");
        let mut client = daemon.session();
        client.command("TYPE I").expect(200);
        let nowhere = std::path::Path::new("/nowhere");
        for way in TELLING {
            for line in
                [format!("RETR /proc/{way}"), format!("SIZE /proc/{way}"), format!("STOR /proc/{way}")]
            {
                assert!(attempt(&mut client, &line, nowhere) >= 500, "{line}");
            }
        }
        for number in 0..40 {
            for way in [
                format!("/proc/self/fd/{number}"),
                format!("fds/{number}"),
                format!("me/task/../fd/{number}"),
            ] {
                for line in [
                    format!("RETR {way}"),
                    format!("CWD {way}"),
                    format!("LIST {way}/"),
                    format!("APPE {way}"),
                ] {
                    assert!(attempt(&mut client, &line, nowhere) >= 450, "{line}");
                }
            }
        }
        for line in [
            "CWD /proc",
            "CWD me",
            "NLST /proc/*",
            "STAT me/status",
            "LIST fds/0",
            "MKD /proc/x",
            "RNFR /proc/version",
        ] {
            assert!(attempt(&mut client, line, nowhere) >= 450, "{line}");
        }
        drop(client);
        daemon.stop();
    }
}

/// Whoever may make a hard link on the host has made the file the root's, and a client can make none. Its other name stays.
#[test]
fn a_hard_link_is_a_file_of_the_root() {
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let (home, outside) = (daemon.setup.home("alice"), daemon.setup.path("outside"));
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("shared"), "shared").expect("a file");
    fs::hard_link(outside.join("shared"), home.join("shared")).expect("a link");
    if daemon.setup.has_identities() {
        chown(outside.join("shared"), Some(NOBODY), Some(NOBODY)).expect("root gives files away");
    }
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(client.retrieve("shared"), b"shared");
    if daemon.setup.has_identities() {
        // The file's own rights decide, not its place.
        client.command("EPSV").expect(229);
        client.command("STOR shared").expect(550);
    }
    client.command("RNFR shared").expect(350);
    client.command("RNTO renamed").expect(250);
    client.command("DELE renamed").expect(250);
    assert_eq!(fs::read(outside.join("shared")).expect("its other name"), b"shared");
    for line in ["SITE LINK shared x", "SITE SYMLINK /etc x", "SITE CPFR /etc/passwd", "SITE CPTO x"] {
        let code = client.command(line).code;
        assert!(code >= 500, "{line}: {code}");
    }
    drop(client);
    daemon.stop();
}
