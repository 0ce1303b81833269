//! What clients are shown: display files at every occasion, their variables, the times of listings, names of servers.

use std::fs::{self, File, FileTimes};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, PASSWORD, Setup};

/// A daemon with these lines, `@` the test's folder; files are written below it first.
fn daemon(lines: &str, files: &[(&str, &str)]) -> Daemon {
    started(Setup::new(), lines, files)
}

fn started(setup: Setup, lines: &str, files: &[(&str, &str)]) -> Daemon {
    let folder = setup.folder.path().display().to_string();
    let setup = setup.line(&lines.replace('@', &folder));
    setup.write();
    for (name, text) in files {
        let path = setup.path(name);
        let parent = path.parent().expect("a folder");
        if !parent.is_dir() {
            setup.make_folder(parent, Some(FIRST_UID));
        }
        fs::write(path, text).expect("written");
    }
    Daemon::start(setup)
}

fn logged_in(daemon: &Daemon, name: &str) -> (Client, String) {
    let mut client = daemon.client();
    client.command(&format!("USER {name}")).expect(331);
    let welcome = client.command(&format!("PASS {PASSWORD}")).expect(230).text();
    (client, welcome)
}

fn says(client: &mut Client, line: &str, text: &str) {
    assert_eq!(client.command(line).text(), text, "{line}");
}

const HOME: &str = "homes/alice";

#[test]
fn a_folders_file_is_shown_to_who_enters_it() {
    let files = [
        ("homes/alice/msg", "%C\nof %U\n"),
        ("homes/alice/pub/msg", "pub"),
        ("homes/alice/pub/notice", "a notice"),
        ("homes/alice/shut/msg", "secret"),
        ("homes/alice/shut/below/msg", "secret"),
        ("outside", "outside"),
    ];
    let lines = "DefaultRoot ~\nDisplayChdir msg\n<Directory ~/shut>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n\
        <Directory ~/pub/deep>\nDisplayChdir ../notice\n</Directory>";
    let daemon = daemon(lines, &files);
    for name in ["pub/deep", "led"] {
        daemon.setup.make_folder(&daemon.setup.path(HOME).join(name), Some(FIRST_UID));
    }
    symlink(daemon.setup.path("outside"), daemon.setup.path(HOME).join("led/msg")).expect("a link");
    let (mut client, welcome) = logged_in(&daemon, "alice");
    assert_eq!(welcome, "230 User alice logged in");
    says(&mut client, "CWD pub", "250-pub\n250 CWD command successful");
    says(&mut client, "CWD deep", "250-a notice\n250 CWD command successful");
    says(&mut client, "CDUP", "250-pub\n250 CDUP command successful");
    says(&mut client, "CWD /", "250-/\n of alice\n250 CWD command successful");
    // Who may not fetch it does not see it, and no link leads out.
    for folder in ["/shut", "/shut/below", "/led"] {
        says(&mut client, &format!("CWD {folder}"), "250 CWD command successful");
    }
}

#[test]
fn a_folders_file_may_be_shown_once() {
    let files = [("homes/alice/pub/msg", "first"), ("homes/alice/msg", "home")];
    let daemon = daemon("DefaultRoot ~\nDisplayChdir msg on", &files);
    let (mut client, _) = logged_in(&daemon, "alice");
    let bare = "250 CWD command successful";
    says(&mut client, "CWD pub", "250-first\n250 CWD command successful");
    says(&mut client, "CWD /", "250-home\n250 CWD command successful");
    says(&mut client, "CWD pub", bare);
    says(&mut client, "CWD /", bare);
    let path = daemon.setup.path("homes/alice/pub/msg");
    fs::write(&path, "second").expect("written");
    let later = FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(100));
    File::open(path).expect("there").set_times(later).expect("its time");
    says(&mut client, "CWD pub", "250-second\n250 CWD command successful");
    says(&mut client, "CWD .", bare);
}

#[test]
fn a_confined_session_shows_files_of_the_host_and_of_its_root() {
    let files = [
        ("host", "the host's, %C\n"),
        ("homes/alice/own", "its own, %C\n"),
        ("homes/alice/pub/own", "pub's"),
    ];
    for (name, welcome, after, goodbye) in [
        ("@/host", "230-the host's, /", "226-the host's, /pub", "221 the host's, /pub"),
        ("/own", "230-its own, /", "226-its own, /pub", "221 its own, /pub"),
        ("own", "230-its own, /", "226-pub's", "221 pub's"),
        ("@/none", "230 User alice logged in", "226 Transfer complete", "221 Goodbye."),
    ] {
        let lines =
            format!("DefaultRoot ~\nDisplayLogin {name}\nDisplayFileTransfer {name}\nDisplayQuit {name}");
        let daemon = daemon(&lines, &files);
        let (mut client, said) = logged_in(&daemon, "alice");
        assert!(said.starts_with(welcome), "{name}: {said}");
        client.command("CWD pub").expect(250);
        for _ in 0..2 {
            let mut data = client.extended_passive();
            client.command("RETR own").expect(150);
            std::io::Read::read_to_end(&mut data, &mut Vec::new()).expect("the file");
            let said = client.reply().expect(226).text();
            assert!(said.starts_with(after) && said.ends_with("226 Transfer complete"), "{name}: {said}");
        }
        client.command("RETR missing").expect(550);
        says(&mut client, "QUIT", goodbye);
    }
}

#[test]
fn a_file_that_only_root_may_read_is_shown_to_nobody() {
    let daemon = daemon("DefaultRoot ~\nDisplayLogin @/host\nDisplayQuit @/host", &[("host", "secret")]);
    if !daemon.setup.has_identities() {
        return crate::harness::scale::skipped(
            "needs root",
            "a file that only root may read is shown to nobody",
        );
    }
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(daemon.setup.path("host"), private).expect("its mode");
    let (mut client, welcome) = logged_in(&daemon, "alice");
    assert_eq!(welcome, "230 User alice logged in");
    says(&mut client, "QUIT", "221 Goodbye.");
}

#[test]
fn in_anonymous_files_are_its_roots_unless_the_server_names_them() {
    let section = |inside: &str| {
        format!(
            "<Anonymous @/anon>\nUser games\nUserAlias anonymous games\nRequireValidShell off\n{inside}\n</Anonymous>\n"
        )
    };
    let files = [("host", "the host's"), ("anon/note", "the root's"), ("anon/pub/note", "pub's")];
    for (lines, welcome, goodbye) in [
        (section("DisplayLogin @/host\nDisplayQuit @/host"), "230 Anonymous access", "221 Goodbye."),
        (section("DisplayLogin /note\nDisplayQuit /note"), "230-the root's", "221 the root's"),
        (section("DisplayLogin note\nDisplayQuit note"), "230-the root's", "221 pub's"),
        (section("") + "DisplayLogin @/host\nDisplayQuit @/host", "230-the host's", "221 the host's"),
    ] {
        let daemon = daemon(&lines, &files);
        for folder in ["anon", "anon/pub"] {
            let open = fs::Permissions::from_mode(0o755);
            fs::set_permissions(daemon.setup.path(folder), open).expect("its mode");
        }
        let (mut client, said) = logged_in(&daemon, "anonymous");
        assert!(said.starts_with(welcome), "{lines}: {said}");
        client.command("CWD pub").expect(250);
        says(&mut client, "QUIT", goodbye);
    }
}

#[test]
fn variables_tell_of_the_session_and_of_setenv_alone() {
    let files = [("homes/alice/note", "%i %o %t %K %{total_bytes_out} %{env:SAID} %{env:OWN} %{env:PATH}")];
    let lines = "DefaultRoot ~\nDisplayQuit /note\nSetEnv SAID by-main\n<Global>\nSetEnv SAID by-global\nSetEnv OWN x\n</Global>\nUnsetEnv OWN";
    let daemon = daemon(lines, &files);
    let (mut client, _) = logged_in(&daemon, "alice");
    client.store("new", b"seven..");
    let size = client.retrieve("new").len();
    assert_eq!(size, 7);
    says(&mut client, "QUIT", "221 1 1 2 14 7 by-main (none) (none)");
}

#[test]
fn listings_tell_times_where_the_host_is_if_timesgmt_is_off() {
    let off = "TimesGMT off";
    for (lines, zone, wanted) in [
        ("".to_owned(), "JST-9", "12:34"),
        (off.to_owned(), "JST-9", "21:34"),
        (off.to_owned(), "Asia/Tokyo", "21:34"),
        (format!("<Global>\n{off}\n</Global>"), "JST-9", "21:34"),
        (format!("<Global>\n{off}\n</Global>\nTimesGMT on"), "JST-9", "12:34"),
        (format!("{off}\nSetEnv TZ :JST-9"), "UTC0", "21:34"),
    ] {
        if zone.contains('/') && !std::path::Path::new("/usr/share/zoneinfo").join(zone).exists() {
            continue;
        }
        let daemon = started(
            Setup::new().variable("TZ", zone),
            &format!("DefaultRoot ~\n{lines}"),
            &[("homes/alice/file", "x")],
        );
        let day = 86_400;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let noon = Duration::from_secs((now / day - 10) * day + 12 * 3_600 + 34 * 60);
        let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + noon);
        let file = File::open(daemon.setup.path("homes/alice/file")).expect("there");
        file.set_times(times).expect("its time");
        let (mut client, _) = logged_in(&daemon, "alice");
        let listing = String::from_utf8_lossy(&client.download("LIST file")).into_owned();
        assert!(listing.contains(wanted), "{lines} {zone}: {listing}");
        assert!(client.command("STAT file").text().contains(wanted), "{lines} {zone}");
        // These are UTC whatever is said.
        for line in ["MDTM file", "MLST file"] {
            assert!(client.command(line).text().contains("123400"), "{lines} {zone} {line}");
        }
    }
}

#[test]
fn anonymous_sections_have_a_timesgmt_of_their_own() {
    let section = "<Anonymous @/anon>\nUser games\nUserAlias anonymous games\nRequireValidShell off\nTimesGMT off\n</Anonymous>";
    let daemon = started(Setup::new().variable("TZ", "JST-9"), section, &[("anon/file", "x")]);
    fs::set_permissions(daemon.setup.path("anon"), fs::Permissions::from_mode(0o755)).expect("its mode");
    let (mut anonymous, _) = logged_in(&daemon, "anonymous");
    let (mut alice, _) = logged_in(&daemon, "alice");
    let path = daemon.setup.path("anon/file").display().to_string();
    let time = |listing: Vec<u8>| {
        let line = String::from_utf8_lossy(&listing).into_owned();
        line.split_ascii_whitespace().find(|word| word.contains(':')).map(str::to_owned).expect("a time")
    };
    assert_ne!(time(anonymous.download("LIST file")), time(alice.download(&format!("LIST {path}"))));
}

#[test]
fn a_server_without_a_name_has_the_main_ones_and_root_for_its_mail() {
    let setup = Setup::new();
    let port = setup.port.number;
    let lines = format!(
        "ServerAdmin me\nDisplayConnect @/note\n<VirtualHost 127.0.0.2>\nPort {port}\nDisplayConnect @/note\n</VirtualHost>\n\
         <VirtualHost 127.0.0.3>\nPort {port}\nServerName three\nServerAdmin you\nDisplayConnect @/note\n</VirtualHost>"
    );
    let _daemon = started(setup, &lines, &[("note", "%V %E")]);
    for (last, note) in [(1, "Test me"), (2, "Test root@127.0.0.2"), (3, "three you")] {
        let at = SocketAddr::new(Ipv4Addr::new(127, 0, 0, last).into(), port);
        let mut client = Client::connect(at).expect("a connection");
        let said = client.reply().expect(220).text();
        assert!(said.starts_with(&format!("220-{note}\n")), "{last}: {said}");
        let mail = note.split(' ').next_back().expect("an address");
        assert!(
            client.command("HELP").expect(214).text().ends_with(&format!("214 Direct comments to {mail}"))
        );
    }
}

#[test]
fn who_comes_into_a_folder_is_asked_to_read_its_files() {
    let files = [
        ("homes/alice/README", "old"),
        ("homes/alice/README.first", "new"),
        ("homes/alice/other", "unread"),
        ("homes/alice/sub/README.txt", "in a folder"),
        ("homes/alice/none/x", "x"),
    ];
    let lines = "DisplayReadme README*\n<Directory ~/sub>\nHideFiles secret$\n</Directory>\n\
        <VirtualHost 127.0.0.2>\nPort PORT\nAuthUserFile @/users\nAuthOrder mod_auth_file.c\nRequireValidShell off\n\
        DisplayReadme sub/README.txt\n</VirtualHost>";
    let setup = Setup::new();
    let lines = lines.replace("PORT", &setup.port.number.to_string());
    let daemon = started(setup, &lines, &files);
    let home = daemon.setup.path(HOME);
    let three_days_ago = SystemTime::now() - Duration::from_secs(3 * 24 * 60 * 60 + 60);
    let times = FileTimes::new().set_modified(three_days_ago);
    File::options()
        .write(true)
        .open(home.join("README"))
        .and_then(|file| file.set_times(times))
        .expect("its time");
    fs::write(home.join("sub/README.secret"), "hidden").expect("written");
    let (mut client, welcome) = logged_in(&daemon, "alice");
    assert!(welcome.starts_with(
        "230-User alice logged in\n \n Please read the file README\n    it was last modified on "
    ));
    assert!(
        welcome.contains(" - 3 days ago\n \n Please read the file README.first\n230    it was"),
        "{welcome}"
    );
    assert!(welcome.ends_with(" - 0 days ago") && !welcome.contains("other"), "{welcome}");
    let sub = client.command("CWD sub").expect(250).text();
    assert!(
        sub.starts_with("250-CWD command successful\n Please read the file README.txt\n250    it was"),
        "{sub}"
    );
    assert!(!sub.contains("secret"), "{sub}");
    says(&mut client, "CWD ../none", "250 CWD command successful");
    let mut other = Client::greeted(SocketAddr::from(([127, 0, 0, 2], daemon.setup.port.number)));
    other.command("USER alice").expect(331);
    let welcome = other.command(&format!("PASS {PASSWORD}")).expect(230).text();
    assert!(
        welcome.contains(" Please read the file sub/README.txt\n") && !welcome.contains("first"),
        "{welcome}"
    );
    says(&mut other, "CWD sub", "250 CWD command successful");
    daemon.stop();
}
