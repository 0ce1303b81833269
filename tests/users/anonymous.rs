//! Anonymous sessions: whom they are, where they live, what holds for them alone, and what is written down of them.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::harness::events::until;
use crate::harness::{Client, Daemon, Setup, as_root};

/// Debian's own accounts, there on every host (base-passwd): name, uid and gid.
const GAMES: (u32, u32) = (5, 60);
const WWW_DATA: (u32, u32) = (33, 33);
const NOGROUP: u32 = 65_534;

/// A daemon with a section for games whose root is `anon`, with more lines inside, and more around it; the test's folder as `@`.
fn daemon(inside: &str, around: &str) -> Daemon {
    let setup = Setup::new();
    let folder = setup.folder.path().display().to_string();
    let section = format!(
        "<Anonymous @/anon>\nUser games\nUserAlias anonymous games\nRequireValidShell off\n{inside}\n</Anonymous>\n{around}"
    );
    let setup = setup.line(&section.replace('@', &folder));
    setup.write();
    for name in ["anon", "anon/pub", "anon/in", "other", "other/second"] {
        setup.make_folder(&setup.path(name), None);
    }
    open(&setup, "anon/in");
    fs::write(setup.path("anon/pub/file"), "for everybody").expect("written");
    Daemon::start(setup)
}

/// Lets everybody write there.
fn open(setup: &Setup, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(setup.path(name), fs::Permissions::from_mode(0o777)).expect("its mode");
}

fn enters(daemon: &Daemon, name: &str, password: &str) -> Client {
    let mut client = daemon.client();
    client.command(&format!("USER {name}")).expect(331);
    client.command(&format!("PASS {password}")).expect(230);
    client
}

fn refused(daemon: &Daemon, name: &str, password: &str) -> String {
    let mut client = daemon.client();
    client.command(&format!("USER {name}")).expect(331);
    client.command(&format!("PASS {password}")).expect(530).text()
}

fn owner(daemon: &Daemon, name: &str) -> (u32, u32) {
    let found = fs::metadata(daemon.setup.path(name)).expect("there");
    (found.uid(), found.gid())
}

#[test]
fn its_files_are_its_users_and_its_groups() {
    if !as_root("its files are its users and its groups") {
        return;
    }
    // The server's Group holds where the section names none, as in ProFTPD.
    for (inside, wanted) in [("", (GAMES.0, NOGROUP)), ("Group www-data\nUmask 027", (GAMES.0, WWW_DATA.1))] {
        let daemon = daemon(inside, "");
        enters(&daemon, "anonymous", "me@example.org").store("in/new", b"");
        assert_eq!(owner(&daemon, "anon/in/new"), wanted, "{inside}");
        let mode = fs::metadata(daemon.setup.path("anon/in/new")).expect("there").mode() & 0o777;
        assert_eq!(mode, if inside.is_empty() { 0o644 } else { 0o640 });
    }
}

#[test]
fn rejected_passwords_are_wrong_ones() {
    for (pattern, rejected, welcome) in [
        ("evil\\.org$", "x@evil.org", "x@good.org"),
        ("evil\\.org$ [NC]", "x@EVIL.org", "x@good.org"),
        ("!good\\.org$ [nocase]", "x@evil.org", "x@GOOD.org"),
    ] {
        let daemon = daemon(&format!("AnonRejectPasswords {pattern}"), "");
        assert_eq!(refused(&daemon, "anonymous", rejected), "530 Login incorrect.");
        daemon.await_log("ANON anonymous: AnonRejectPasswords denies login");
        enters(&daemon, "anonymous", welcome);
        assert!(!daemon.log().contains(rejected), "a password is in the log");
    }
}

#[test]
fn what_a_client_calls_itself_is_in_the_transfer_log() {
    let daemon = daemon("", "");
    assert_eq!(enters(&daemon, "anonymous", "me@example.org").retrieve("pub/file"), b"for everybody");
    let line = transfers(&daemon, "log/xferlog");
    assert!(line.contains("pub/file a _ o a me@example.org ftp 0 * c"), "{line}");
}

/// A transfer log once it has a line.
fn transfers(daemon: &Daemon, name: &str) -> String {
    let read = || fs::read_to_string(daemon.setup.path(name)).unwrap_or_default();
    until("a transfer's line", || !read().is_empty());
    read()
}

#[test]
fn a_section_may_have_a_transfer_log_of_its_own_or_none() {
    let folder = |setup: &Setup, name: &str| setup.path(name).exists();
    let daemon_with_own = daemon("TransferLog @/log/anonymous", "");
    enters(&daemon_with_own, "anonymous", "me@x").retrieve("pub/file");
    assert!(transfers(&daemon_with_own, "log/anonymous").contains("me@x"));
    daemon_with_own.session().store("own", b"alice's");
    let line = transfers(&daemon_with_own, "log/xferlog");
    assert!(line.contains("alice") && !line.contains("me@x"), "{line}");
    let silent = daemon("TransferLog none", "");
    enters(&silent, "anonymous", "me@x").retrieve("pub/file");
    silent.session().store("own", b"alice's");
    assert!(!transfers(&silent, "log/xferlog").contains("me@x"));
    assert!(!folder(&silent.setup, "log/anonymous"));
}

#[test]
fn several_sections_have_their_own_roots_names_and_users() {
    let second = "<Anonymous @/other>\nUser www-data\nGroup www-data\nUserAlias guest www-data\nUserAlias shared www-data\nRequireValidShell off\n</Anonymous>";
    let daemon =
        daemon("UserAlias shared games", &format!("{second}\nUserAlias visitor games\nUserAlias al alice"));
    for (name, wanted) in [
        ("anonymous", "in\r\npub\r\n"),
        ("games", "in\r\npub\r\n"),
        ("visitor", "in\r\npub\r\n"),
        ("guest", "second\r\n"),
        ("www-data", "second\r\n"),
        // Of two sections that a name leads to, the last.
        ("shared", "second\r\n"),
    ] {
        let told = daemon.client().command(&format!("USER {name}")).expect(331).text();
        assert!(told.contains("Anonymous login ok"), "{told}");
        let names = String::from_utf8(enters(&daemon, name, "me@x").download("NLST")).expect("text");
        let mut names: Vec<&str> = names.split_inclusive("\r\n").collect();
        names.sort();
        assert_eq!(names.concat(), wanted, "{name}");
    }
    assert_eq!(refused(&daemon, "al", "wrong"), "530 Login incorrect.");
}

#[test]
fn its_limits_are_its_own() {
    for (limit, words) in [
        ("MaxClients 1 \"only %m here\"", "530 only 1 here"),
        (
            "MaxClientsPerHost 1",
            "530 Sorry, the maximum number of clients (1) from your host are already connected.",
        ),
        (
            "MaxClientsPerUser 1",
            "530 Sorry, the maximum number of clients (1) for this user are already connected.",
        ),
    ] {
        let daemon = daemon(limit, "");
        let first = enters(&daemon, "anonymous", "me@x");
        assert_eq!(refused(&daemon, "anonymous", "me@x"), words);
        daemon.session();
        drop(first);
        until("the place is free again", || {
            let mut client = daemon.client();
            client.command("USER anonymous").expect(331);
            client.command("PASS me@x").code == 230
        });
    }
}

#[test]
fn login_may_be_denied_to_it_alone() {
    let daemon = daemon("<Limit LOGIN>\nDenyAll\n</Limit>", "");
    assert_eq!(refused(&daemon, "anonymous", "me@x"), "530 Login incorrect.");
    daemon.await_log("ANON anonymous (Login failed): Limit access denies login");
    daemon.session();
}

#[test]
fn its_words_and_timeouts_are_its_own() {
    let inside = "DisplayLogin welcome\nDisplayQuit bye\nAccessGrantMsg \"hello %u\"\nTimeoutIdle 1";
    let daemon = daemon(inside, "TimeoutIdle 600");
    fs::write(daemon.setup.path("anon/welcome"), "You are %U\n").expect("written");
    fs::write(daemon.setup.path("anon/bye"), "Come again\n").expect("written");
    let mut client = daemon.client();
    client.command("USER anonymous").expect(331);
    let reply = client.command("PASS me@x").expect(230).text();
    assert_eq!(reply, "230-You are anonymous\n230 hello anonymous");
    assert!(enters(&daemon, "anonymous", "me@x").command("QUIT").expect(221).text().contains("Come again"));
    client.reply().expect(421);
    client.expect_end();
}

#[test]
fn it_begins_where_defaultchdir_says_inside_or_around() {
    for (inside, around) in [("DefaultChdir /in", ""), ("", "DefaultChdir /in"), ("DefaultChdir in", "")] {
        let daemon = daemon(inside, around);
        let text = enters(&daemon, "anonymous", "me@x").command("PWD").text();
        // A relative one is the home's, which lies outside: then the root it is.
        let wanted = if inside == "DefaultChdir in" { "/" } else { "/in" };
        assert!(text.contains(&format!("\"{wanted}\"")), "{inside} {around}: {text}");
    }
}

#[test]
fn a_root_that_is_missing_refuses_the_login() {
    let daemon = daemon("", "");
    fs::rename(daemon.setup.path("anon"), daemon.setup.path("gone")).expect("renamed");
    let words = refused(&daemon, "anonymous", "me@x");
    assert_eq!(words, "530-Unable to set anonymous privileges.\n530 Login incorrect.");
    daemon.await_log("unable to use <Anonymous>");
}

#[test]
fn its_folders_have_rules_of_their_own() {
    let inside = "<Limit WRITE>\nDenyAll\n</Limit>\n<Directory in>\n<Limit STOR>\nAllowAll\n</Limit>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>";
    let daemon = daemon(inside, "<Directory @/anon/pub>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>");
    let mut client = enters(&daemon, "anonymous", "me@x");
    client.store("in/new", b"up");
    client.command("DELE in/new").expect(550);
    client.command("MKD in/folder").expect(550);
    client.command("MKD pub/folder").expect(550);
    client.command("RETR in/new").expect(550);
    // The server's own sections do not reach into it, as in ProFTPD.
    assert_eq!(client.retrieve("pub/file"), b"for everybody");
}

#[test]
fn everything_weighs_less_than_its_root() {
    let section = |folder: &str, what: &str| {
        format!("<Directory {folder}>\n<Limit WRITE>\n{what}\n</Limit>\n</Directory>\n")
    };
    for (inside, code) in [
        (section("*", "AllowAll") + &section("@/anon", "DenyAll"), 550),
        (section("@/anon", "AllowAll") + &section("*", "DenyAll"), 257),
        (section("*", "DenyAll") + &section("in", "AllowAll"), 257),
        (section("*", "DenyAll"), 550),
    ] {
        let daemon = daemon(&inside, "");
        enters(&daemon, "anonymous", "me@x").command("MKD in/new").expect(code);
    }
}
