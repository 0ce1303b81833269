//! Where a session lives: its root, where it begins, and homes that are made at login.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::harness::host::{FIRST_HOST_UID, HostAccount};
use crate::harness::setup::{FIRST_UID, Starter};
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root};

const ALICE: u32 = FIRST_UID;

/// A daemon with these lines, its folder in place of `@`. Whoever is not root is confined to nothing that it cannot enter.
fn daemon(lines: &str) -> Daemon {
    let setup = Setup::new().with_account("bob");
    let lines = lines.replace('@', &setup.folder.path().display().to_string());
    let setup = setup.line(&lines);
    setup.write();
    for name in ["homes/alice/sub", "homes/alice/sub/deep", "homes/alice/~x", "pub", "pub/alice"] {
        setup.make_folder(&setup.path(name), Some(ALICE));
    }
    symlink("sub", setup.home("alice").join("link")).expect("a link");
    symlink("homes", setup.path("linked")).expect("a link");
    Daemon::start(setup)
}

fn groups(daemon: &Daemon, lines: &str) {
    let path = daemon.setup.path("groups");
    let text = fs::read_to_string(&path).expect("the groups") + lines;
    daemon.setup.write_file("groups", &text, 0o600);
}

/// Where a session stands after its login, the test's folder as `@`; None where it was refused.
fn begins_in(daemon: &Daemon, account: &str) -> Option<String> {
    let mut client = daemon.client();
    client.command(&format!("USER {account}")).expect(331);
    if client.command(&format!("PASS {PASSWORD}")).code == 530 {
        client.expect_end();
        return None;
    }
    Some(stands_in(daemon, &mut client))
}

fn stands_in(daemon: &Daemon, client: &mut Client) -> String {
    let text = client.command("PWD").expect(257).text();
    let folder = text.split('"').nth(1).expect("a path in quotes").to_owned();
    folder.replace(&daemon.setup.folder.path().display().to_string(), "@")
}

/// Seen of ProFTPD with the same lines; where it differs, docs/differences.md says so.
#[test]
fn sessions_begin_where_proftpds_do() {
    let table = [
        ("", Some("@/homes/alice")),
        ("DefaultChdir ~/nope", Some("@/homes/alice")),
        ("DefaultChdir sub", Some("@/homes/alice/sub")),
        ("DefaultChdir ~/sub", Some("@/homes/alice/sub")),
        ("DefaultChdir @/pub", Some("@/pub")),
        ("DefaultChdir @/pub/%u", Some("@/pub/alice")),
        ("DefaultChdir sub staff\nDefaultChdir @/pub", Some("@/homes/alice/sub")),
        ("DefaultChdir sub !staff\nDefaultChdir @/pub web", Some("@/pub")),
        ("DefaultRoot ~\nDefaultChdir ~/sub", Some("/sub")),
        ("DefaultRoot ~\nDefaultChdir sub", Some("/sub")),
        ("DefaultRoot ~\nDefaultChdir /sub", Some("/sub")),
        ("DefaultRoot ~\nDefaultChdir @/pub", Some("/")),
        ("DefaultRoot @/pub\nDefaultChdir ~", Some("/")),
        ("DefaultRoot @/pub/%u", Some("/")),
        ("DefaultRoot @/homes", Some("/alice")),
        ("DefaultRoot @/pub staff\nDefaultRoot ~", Some("/")),
        ("DefaultRoot ~ !staff", Some("@/homes/alice")),
        ("DefaultRoot ~ staff,web", Some("/")),
        ("DefaultRoot ~ staff,!web", Some("@/homes/alice")),
        ("DefaultRoot ~ staff !web", Some("@/homes/alice")),
        ("DefaultRoot ~ nosuch", Some("@/homes/alice")),
        ("DefaultRoot ~/nope", None),
        ("DefaultRoot ~/sub/deep/file", None),
        ("DefaultRoot ~/link", Some("/")),
        ("DefaultRoot ~/link\nAllowChrootSymlinks off", None),
        ("DefaultRoot ~/link/deep\nAllowChrootSymlinks off", None),
        ("DefaultRoot @/linked/alice\nAllowChrootSymlinks off", None),
        ("DefaultRoot ~/sub\nAllowChrootSymlinks off", Some("/")),
        ("<Global>\nDefaultRoot ~\n</Global>", Some("/")),
        ("DefaultRoot @/pub web\n<Global>\nDefaultRoot ~\n</Global>", Some("/")),
    ];
    for (lines, wanted) in table {
        let daemon = daemon(lines);
        groups(&daemon, "staff:x:52100:alice\nweb:x:52101:alice,bob\n");
        fs::write(daemon.setup.home("alice").join("sub/deep/file"), "").expect("written");
        assert_eq!(begins_in(&daemon, "alice").as_deref(), wanted, "{lines}");
    }
}

#[test]
fn a_primary_group_that_no_file_names_has_the_hosts_name_for_it() {
    if !as_root("a_primary_group_that_no_file_names_has_the_hosts_name_for_it") {
        return;
    }
    for (order, wanted) in
        [("mod_auth_file.c mod_auth_unix.c", Some("/")), ("mod_auth_file.c", Some("@/homes/alice"))]
    {
        let host = HostAccount::new("hosted").ids(FIRST_HOST_UID, ALICE);
        let lines = format!("AuthOrder {order}\nDefaultRoot ~ hosted");
        let setup = Setup::new().with_host_account(host).line(&lines);
        setup.write();
        setup.write_file("groups", "other:x:52100:alice\n", 0o600);
        assert_eq!(begins_in(&Daemon::start(setup), "alice").as_deref(), wanted, "{order}");
    }
}

#[test]
fn a_root_that_is_not_there_is_told_in_the_log_alone() {
    let daemon = daemon("DefaultRoot ~/nope");
    assert_eq!(begins_in(&daemon, "alice"), None);
    daemon.await_log("unable to use DefaultRoot");
}

#[test]
fn whoever_is_not_confined_needs_a_home() {
    let daemon = daemon("DefaultChdir @/pub web");
    fs::remove_dir_all(daemon.setup.home("alice")).expect("removed");
    assert_eq!(begins_in(&daemon, "alice"), None);
    daemon.await_log("alice chdir(");
    groups(&daemon, "web:x:52101:alice\n");
    assert_eq!(begins_in(&daemon, "alice").as_deref(), Some("@/pub"));
}

#[test]
fn a_tilde_is_the_home_as_the_client_sees_it() {
    for (lines, home) in [
        ("", "@/homes/alice"),
        ("DefaultRoot ~", "/"),
        ("DefaultRoot @/homes", "/alice"),
        ("DefaultRoot @/pub", "/"),
    ] {
        let daemon = daemon(lines);
        let mut client = daemon.session();
        client.command("CWD /").expect(250);
        client.command("CWD ~").expect(250);
        assert_eq!(stands_in(&daemon, &mut client), home, "{lines}");
        for name in ["~bob", "~alice", "~nosuch"] {
            client.command(&format!("CWD {name}")).expect(550);
        }
        if home != "/" || lines == "DefaultRoot ~" {
            client.command("CWD ~x").expect(250);
            client.command("CWD ~/sub").expect(250);
            client.store("~/up", b"in the home");
            assert_eq!(client.retrieve("~/up"), b"in the home");
            client.command("MKD ~/made").expect(257);
            assert!(daemon.setup.home("alice").join("made").is_dir());
            let names = client.download("NLST ~/sub");
            assert!(names.ends_with(b"deep\r\n"), "{}", String::from_utf8_lossy(&names));
        }
    }
}

/// Mode, owner and group.
fn seen(path: &Path) -> (u32, u32, u32) {
    let found = fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (found.mode() & 0o7777, found.uid(), found.gid())
}

/// A daemon whose alice has her home two folders further down, and none of them is there.
fn homeless(lines: &str) -> (Daemon, PathBuf) {
    let setup = Setup::new();
    let lines = lines.replace('@', &setup.folder.path().display().to_string());
    let setup = setup.line(&lines);
    setup.write();
    fs::remove_dir_all(setup.home("alice")).expect("removed");
    let home = setup.path("homes/a/al/alice");
    let users = fs::read_to_string(setup.path("users")).expect("the accounts");
    let users = users.replace(&setup.home("alice").display().to_string(), &home.display().to_string());
    setup.write_file("users", &users, 0o600);
    let skeleton = setup.path("skel");
    fs::create_dir_all(skeleton.join("www")).expect("a skeleton");
    fs::set_permissions(&skeleton, fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::write(skeleton.join("www/index"), "hello").expect("written");
    symlink("www/index", skeleton.join("page")).expect("a link");
    (Daemon::start(setup), home)
}

#[test]
fn a_missing_home_is_made_at_the_first_login_and_left_alone_after() {
    if !as_root("a missing home is made at the first login and left alone after") {
        return;
    }
    let (daemon, home) =
        homeless("DefaultRoot ~\nCreateHome on 750 skel @/skel dirmode 751 gid 33 homegid 34");
    let mut client = daemon.session();
    assert_eq!(client.retrieve("page"), b"hello");
    client.store("own", b"alice's");
    assert_eq!(seen(&home), (0o750, ALICE, 34));
    assert_eq!(seen(home.parent().expect("a folder")), (0o751, 0, 33));
    assert_eq!(seen(&home.join("www/index")).1, ALICE);
    fs::remove_file(home.join("page")).expect("removed");
    daemon.session();
    assert!(!home.join("page").exists(), "a home that is there is not furnished");
}

#[test]
fn without_createhome_nothing_is_made() {
    let (daemon, home) = homeless("DefaultRoot ~\nCreateHome off");
    assert_eq!(begins_in(&daemon, "alice"), None);
    assert!(!home.parent().and_then(Path::parent).expect("folders").exists());
}

#[test]
fn a_wrong_password_makes_no_home() {
    if !as_root("a wrong password makes no home") {
        return;
    }
    let (daemon, home) = homeless("CreateHome on");
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS wrong").expect(530);
    assert!(!home.parent().and_then(Path::parent).expect("folders").exists());
}

#[test]
fn without_root_rights_a_home_is_made_where_the_account_itself_may() {
    if !as_root("without root rights a home is made where the account itself may") {
        return;
    }
    let (daemon, home) = homeless("CreateHome on 700 NoRootPrivs");
    assert_eq!(begins_in(&daemon, "alice"), None);
    daemon.await_log("CreateHome: no home for alice");
    daemon.setup.make_folder(&daemon.setup.path("homes/a"), Some(ALICE));
    assert_eq!(begins_in(&daemon, "alice").as_deref(), Some("@/homes/a/al/alice"));
    assert_eq!(seen(home.parent().expect("a folder")), (0o711, ALICE, ALICE));
}

#[test]
fn a_home_behind_a_planted_link_is_not_made_and_the_login_refused() {
    if !as_root("a home behind a planted link is not made and the login refused") {
        return;
    }
    let (daemon, _) = homeless("CreateHome on");
    let elsewhere = daemon.setup.path("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(&elsewhere, daemon.setup.path("homes/a")).expect("a link");
    assert_eq!(begins_in(&daemon, "alice"), None);
    daemon.await_log("is not followed");
    assert_eq!(fs::read_dir(&elsewhere).expect("read").count(), 0);
}

#[test]
fn logins_at_once_find_one_whole_home() {
    if !as_root("logins at once find one whole home") {
        return;
    }
    let (daemon, home) = homeless("DefaultRoot ~\nCreateHome on 700 skel @/skel");
    let mut clients: Vec<Client> = (0..4).map(|_| daemon.client()).collect();
    for client in &mut clients {
        client.command("USER alice").expect(331);
    }
    for client in &mut clients {
        client.send(&format!("PASS {PASSWORD}"));
    }
    for client in &mut clients {
        client.reply().expect(230);
        assert_eq!(client.retrieve("page"), b"hello");
    }
    assert_eq!(fs::read_dir(home.parent().expect("a folder")).expect("read").count(), 1);
}

#[test]
fn without_root_a_home_is_the_callers() {
    let setup = Setup::new().started_as(Starter::Nobody).line("CreateHome on 711\nDefaultRoot ~");
    setup.write();
    fs::remove_dir_all(setup.home("alice")).expect("removed");
    let daemon = Daemon::start(setup);
    daemon.session().store("own", b"");
    assert_eq!(seen(&daemon.setup.home("alice")).0, 0o711);
}
