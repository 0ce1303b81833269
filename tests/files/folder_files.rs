//! `.ftpaccess`: what folders' own files say, who may have put them there, and what becomes of those that are not what they should be.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup, as_root};

const NO_READING: &str = "<Limit READ>\nDenyAll\n</Limit>\n";
const READING: &str = "<Limit READ>\nAllowAll\n</Limit>\n";

/// A daemon whose alice has these folders at home, each with a file `x` and the `.ftpaccess` that is given; `@` in the lines is her home.
fn started(lines: &str, folders: &[(&str, &str)]) -> Daemon {
    let setup = Setup::new();
    let lines = lines.replace('@', &setup.home("alice").display().to_string());
    let setup = setup.line("DefaultRoot ~").line("AllowOverwrite on").line(&lines);
    setup.write();
    for (folder, text) in folders {
        let folder = setup.home("alice").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        put(&setup, &folder.join("x"), "bytes");
        if !text.is_empty() {
            put(&setup, &folder.join(".ftpaccess"), text);
        }
        for around in folder.ancestors().take_while(|around| *around != setup.home("alice")) {
            setup.give(around, Some(FIRST_UID));
        }
    }
    setup.start()
}

fn put(setup: &Setup, path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    setup.give(path, Some(FIRST_UID));
}

fn own_file(daemon: &Daemon, folder: &str) -> PathBuf {
    daemon.setup.home("alice").join(folder).join(".ftpaccess")
}

/// Whether a file can be fetched.
fn is_read(client: &mut Client, path: &str) -> bool {
    client.try_download(&format!("RETR {path}")).is_ok()
}

#[test]
fn what_a_folders_file_says_holds_there_and_below_and_nowhere_else() {
    let folders = [("a", NO_READING), ("a/b", ""), ("a/open", READING), ("c", "")];
    for (lines, is_heard) in [
        ("", true),
        ("AllowOverride on", true),
        ("AllowOverride off", false),
        ("<Directory @>\nAllowOverride off\n</Directory>", false),
        ("<Directory @/a/b>\nAllowOverride off\n</Directory>", true),
        ("AllowOverride off\n<Directory @/a>\nAllowOverride on\n</Directory>", true),
        ("<IfUser alice>\nAllowOverride off\n</IfUser>", false),
        ("<IfUser bob>\nAllowOverride off\n</IfUser>", true),
    ] {
        let daemon = started(lines, &folders);
        let mut client = daemon.session();
        let mut read = |path: &str| is_read(&mut client, path);
        assert_eq!((read("a/x"), read("a/b/x")), (!is_heard, !is_heard), "{lines}");
        assert!(read("a/open/x") && read("c/x"), "{lines}");
        client.command("CWD a").expect(250);
        assert_eq!(is_read(&mut client, "x"), !is_heard, "{lines}");
        daemon.stop();
    }
}

#[test]
fn a_file_is_heard_from_the_command_on_that_puts_it_there() {
    let daemon = started("", &[("a", ""), ("a/b", "")]);
    let mut client = daemon.session();
    assert!(is_read(&mut client, "a/b/x"));
    client.store("a/.ftpaccess", NO_READING.as_bytes());
    assert!(!is_read(&mut client, "a/b/x"));
    // As long as it was, and a moment later.
    for round in 0..20 {
        let text = if round % 2 == 0 { "<Limit DELE>\nDenyAll\n</Limit>\n" } else { NO_READING };
        fs::write(own_file(&daemon, "a"), text).expect("written");
        assert_eq!(is_read(&mut client, "a/x"), round % 2 == 0, "round {round}");
    }
    client.command("DELE a/.ftpaccess").expect(250);
    assert!(is_read(&mut client, "a/b/x"));
    client.command("CWD a/b").expect(250);
    client.store("/.ftpaccess", NO_READING.as_bytes());
    assert!(!is_read(&mut client, "x"));
    daemon.stop();
}

#[test]
fn a_file_outweighs_sections_for_its_folder_and_not_those_for_folders_within() {
    let section = |path: &str| format!("<Directory @/{path}>\n{NO_READING}</Directory>\n");
    let lines = ["same", "within/deep", "pattern*", "p/s*", "*/t", "inner/*"].map(section).concat();
    let folders = [
        ("same", READING),
        ("within", READING),
        ("within/deep", ""),
        ("pattern1", READING),
        ("pattern2/sub", READING),
        ("p", READING),
        ("p/sub", ""),
        ("u", READING),
        ("u/t", ""),
        ("inner", READING),
        ("inner/in", ""),
    ];
    let daemon = started(&lines, &folders);
    let mut client = daemon.session();
    for (path, is_open) in [
        ("same/x", true),
        ("within/x", true),
        ("within/deep/x", false),
        ("pattern1/x", true),
        ("pattern2/sub/x", true),
        ("p/x", true),
        ("p/sub/x", false),
        ("u/x", true),
        ("u/t/x", false),
        ("inner/in/x", false),
    ] {
        assert_eq!(is_read(&mut client, path), is_open, "{path}");
    }
    daemon.stop();
}

#[test]
fn each_directive_that_may_stand_there_holds() {
    let daemon = started(
        "MaxStoreFileSize 100 B",
        &[
            ("umask", "Umask 077 027\n"),
            ("shared", "Umask 002\n"),
            ("closed", "AllowOverwrite off\n"),
            ("names", "PathDenyFilter \\.exe$\nDenyFilter zz\n"),
            ("size", "MaxStoreFileSize 1 Kb\nMaxRetrieveFileSize 2 B\n"),
            ("unique", "StoreUniquePrefix uu\n"),
            ("rest", "AllowRetrieveRestart off\n"),
            ("sums", "DigestEnable off\n"),
            ("user", "<Limit STOR>\nAllowUser bob\nDenyAll\n</Limit>\n"),
            ("bare", "DenyAll\n"),
        ],
    );
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("umask/new", b"x");
    client.command("MKD umask/folder").expect(257);
    let mode = |name: &str| fs::metadata(home.join("umask").join(name)).expect("there").mode() & 0o777;
    assert_eq!((mode("new"), mode("folder")), (0o600, 0o750));
    client.store("shared/new", b"x");
    client.command("MKD shared/folder").expect(257);
    assert_eq!((mode("../shared/new"), mode("../shared/folder")), (0o664, 0o775));
    for line in ["STOR closed/x", "STOR names/a.exe", "STOR names/zz", "STOR user/new", "STOR bare/new"] {
        assert!(client.try_upload(line, b"x").is_err(), "{line}");
    }
    client.store("size/new", &[b'x'; 200]);
    assert!(client.try_upload("STOR umask/large", &[b'x'; 200]).is_err());
    assert!(client.try_download("RETR size/x").is_err());
    client.command("CWD unique").expect(250);
    client.upload("STOU", b"x");
    let names = fs::read_dir(home.join("unique")).expect("a folder").flatten();
    assert!(names.into_iter().any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"uu")));
    client.command("REST 2").expect(350);
    assert!(client.try_download("RETR /rest/x").is_err());
    client.command("HASH /sums/x").expect(552);
    client.command("HASH /user/x").expect(213);
    client.command("RNFR /bare/x").expect(550);
    daemon.stop();
}

/// The last words of a listing's lines.
fn names(client: &mut Client, line: &str) -> Vec<String> {
    let text = String::from_utf8(client.download(line)).expect("text");
    let mut names: Vec<String> =
        text.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn listings_show_what_folders_files_let_them() {
    let daemon = started(
        "",
        &[
            ("hide", "HideFiles ^secret\nListOptions -a\n"),
            ("hide/secrets", ""),
            ("hide/shown", "HideFiles none\n"),
            ("gone", "HideFiles x\n<Limit ALL>\nIgnoreHidden on\n</Limit>\n"),
            ("shut", "<Limit DIRS>\nDenyAll\n</Limit>\n"),
            ("fake", "DirFakeUser on nobody\nDirFakeGroup on crowd\nDirFakeMode 0640\n"),
        ],
    );
    put(&daemon.setup, &daemon.setup.home("alice").join("hide/secret"), "");
    put(&daemon.setup, &daemon.setup.home("alice").join("hide/shown/secret"), "");
    let mut client = daemon.session();
    for verb in ["LIST", "NLST", "MLSD"] {
        let all = names(&mut client, verb);
        assert!(!all.contains(&"shut".to_owned()) && all.contains(&"hide".to_owned()), "{verb}: {all:?}");
        let hidden = names(&mut client, &format!("{verb} hide"));
        assert!(!hidden.iter().any(|name| name.contains("secret")), "{verb}: {hidden:?}");
        // The file itself is there to be seen.
        assert_eq!(hidden.iter().any(|name| name.ends_with(".ftpaccess")), verb == "MLSD", "{verb}");
    }
    assert_eq!(names(&mut client, "LIST hide/shown"), ["secret", "x"]);
    client.command("CWD hide").expect(250);
    assert!(names(&mut client, "LIST").contains(&".ftpaccess".to_owned()));
    client.command("CWD /shut").expect(550);
    client.command("CWD /").expect(250);
    client.command("MDTM /gone/x").expect(550);
    assert!(client.try_download("RETR /gone/x").is_err());
    let line = String::from_utf8(client.download("LIST /fake")).expect("text");
    assert!(line.starts_with("-rw-r-----   1 nobody   crowd"), "{line}");
    daemon.stop();
}

#[test]
fn a_file_gives_no_more_than_its_writer_has() {
    if !as_root("a_file_gives_no_more_than_its_writer_has") {
        return;
    }
    let setup = Setup::new().with_account("bob");
    let operator =
        format!("<Directory {}>\nUserOwner bob\n</Directory>", setup.home("alice").join("op").display());
    let setup = setup.line("DefaultRoot ~").line(&operator);
    setup.write();
    setup.write_file("groups", "alice:x:52001:\nbob:x:52002:\nweb:x:52101:alice\ndisk:x:52103:bob\n", 0o600);
    let home = setup.home("alice");
    for (folder, text) in [
        ("own", "GroupOwner web\n"),
        ("foreign", "GroupOwner disk\n"),
        ("user", "UserOwner bob\n"),
        ("op", "GroupOwner disk\n"),
    ] {
        setup.make_folder(&home.join(folder), Some(FIRST_UID));
        put(&setup, &home.join(folder).join(".ftpaccess"), text);
    }
    let daemon = Daemon::start(setup);
    let mut client = daemon.session();
    for (folder, owner) in [
        ("own", (52_001, 52_101)),
        ("foreign", (52_001, 52_001)),
        ("user", (52_001, 52_001)),
        ("op", (52_002, 52_001)),
    ] {
        client.store(&format!("{folder}/new"), b"x");
        let found = fs::metadata(home.join(folder).join("new")).expect("there");
        assert_eq!((found.uid(), found.gid()), owner, "{folder}");
    }
    daemon.stop();
}

#[test]
fn lines_that_cannot_be_read_are_passed_over_and_told_once() {
    let text = "Nonsense on\nPort 2122\nUserOwner bob\nInclude /etc/passwd\nUmask 9\n<Limit NOSUCH READ>\nDenyAll\n</Limit>\nAllowOverwrite off\n";
    let daemon =
        started("", &[("a", text), ("more", &"Nonsense\n".repeat(100)), ("open", "<Limit READ>\nDenyAll")]);
    let mut client = daemon.session();
    for _ in 0..3 {
        assert!(!is_read(&mut client, "a/x"));
        assert!(client.try_upload("STOR a/x", b"x").is_err());
        assert!(is_read(&mut client, "more/x"));
        assert!(!is_read(&mut client, "open/x"));
    }
    client.command("CWD a").expect(250);
    client.command("DELE /a/x").expect(250);
    let file = own_file(&daemon, "a").canonicalize().expect("there");
    for (line, column, words) in [
        (1, 1, "no directive 'Nonsense' is known"),
        (2, 1, "Port cannot stand in .ftpaccess"),
        (3, 1, "UserOwner cannot stand in .ftpaccess"),
        (4, 1, "Include cannot stand in .ftpaccess"),
        (5, 7, "Umask: '9' is no octal mode"),
    ] {
        let told = format!("{}:{line}:{column}: {words}", file.display());
        daemon.await_log(&told);
    }
    daemon.stop_and(|daemon| {
        let log = daemon.log();
        assert!(log.matches("more/.ftpaccess:").count() <= 18, "{log}");
        assert!(!log.contains("root:"), "{log}");
    });
}

#[test]
fn what_a_file_said_stays_in_force_while_it_cannot_be_read() {
    if !as_root("what_a_file_said_stays_in_force_while_it_cannot_be_read") {
        return;
    }
    let daemon = started("", &[("a", NO_READING), ("never", NO_READING)]);
    let file = own_file(&daemon, "a");
    let unreadable = |file: &Path| {
        fs::set_permissions(file, fs::Permissions::from_mode(0o000)).expect("its mode");
        chown(file, Some(0), Some(0)).expect("its owner");
    };
    unreadable(&own_file(&daemon, "never"));
    let mut client = daemon.session();
    client.command("CWD a").expect(250);
    assert!(!is_read(&mut client, "x"));
    fs::write(&file, "<Limt READ>\nDenyAll\n</Limit>\nOrder\n").expect("written");
    assert!(!is_read(&mut client, "x"));
    daemon.await_log("what it said before stays in force");
    fs::write(&file, "x".repeat(20_000)).expect("written");
    assert!(!is_read(&mut client, "x"));
    unreadable(&file);
    assert!(!is_read(&mut client, "x"));
    fs::remove_file(&file).expect("removed");
    assert!(is_read(&mut client, "x"));
    // Nobody knows what it says; ProFTPD passes it over, too.
    assert!(is_read(&mut client, "/never/x"));
    daemon.await_log("never/.ftpaccess is not read, it is passed over");
    daemon.stop();
}

#[test]
fn whatever_bears_the_name_holds_nobody_up() {
    let folders = [
        "fifo", "folder", "out", "device", "circle", "dangling", "linked", "huge", "many", "patterns", "proc",
    ];
    let daemon = started("", &folders.map(|folder| (folder, "")));
    let home = daemon.setup.home("alice");
    let at = |folder: &str| home.join(folder).join(".ftpaccess");
    mkfifo(&at("fifo"), Mode::from_bits_truncate(0o666)).expect("a pipe");
    fs::create_dir(at("folder")).expect("a folder");
    fs::write(daemon.setup.path("outside"), NO_READING).expect("written");
    symlink(daemon.setup.path("outside"), at("out")).expect("a link");
    symlink("/dev/zero", at("device")).expect("a link");
    symlink("/proc/self/environ", at("proc")).expect("a link");
    symlink(".ftpaccess", at("circle")).expect("a link");
    symlink("nowhere", at("dangling")).expect("a link");
    fs::write(home.join("rules"), NO_READING).expect("written");
    symlink("../rules", at("linked")).expect("a link");
    fs::write(at("huge"), format!("#{}\n", "x".repeat(20_000))).expect("written");
    fs::write(at("many"), "Umask 022\n".repeat(600)).expect("written");
    fs::write(at("patterns"), "HideFiles ^(a|b)*$\n".repeat(20)).expect("written");
    let mut client = daemon.session();
    for (folder, is_open) in [
        ("fifo", true),
        ("folder", true),
        ("out", true),
        ("device", true),
        ("proc", true),
        ("circle", true),
        ("dangling", true),
        ("linked", false),
        // It might say anything, and is not taken.
        ("huge", false),
        ("many", false),
        ("patterns", false),
    ] {
        assert_eq!(is_read(&mut client, &format!("{folder}/x")), is_open, "{folder}");
    }
    fs::write(home.join("rules"), READING).expect("written");
    assert!(is_read(&mut client, "linked/x"));
    daemon.stop();
}

#[test]
fn patterns_that_would_explode_are_no_patterns() {
    let text =
        format!("DenyFilter {}\nPathDenyFilter (x{{900}}){{900}}\nAllowOverwrite off\n", "(a*)*".repeat(90));
    let daemon = started("", &[("a", &text)]);
    let mut client = daemon.session();
    client.command(&format!("MDTM a/{}", "a".repeat(200))).expect(550);
    assert!(client.try_upload("STOR a/x", b"x").is_err());
    daemon.await_log(".ftpaccess:2:16: PathDenyFilter: ");
    daemon.stop();
}

#[test]
fn more_files_on_one_way_than_are_heard_allow_nothing() {
    let daemon = started("", &[(&"d/".repeat(20), "")]);
    let mut folder = daemon.setup.home("alice");
    for _ in 0..16 {
        folder.push("d");
        put(&daemon.setup, &folder.join(".ftpaccess"), "Umask 077\n");
    }
    let mut client = daemon.session();
    let path = format!("{}x", "d/".repeat(20));
    assert!(is_read(&mut client, &path));
    put(&daemon.setup, &folder.join("d/.ftpaccess"), READING);
    assert!(!is_read(&mut client, &path));
    daemon.stop();
}

#[test]
fn anonymous_clients_hear_them_unless_their_section_says_otherwise() {
    if !as_root("anonymous_clients_hear_them_unless_their_section_says_otherwise") {
        return;
    }
    for (line, is_heard) in [("", true), ("AllowOverride off", false)] {
        let setup = Setup::new();
        let root = setup.path("anonymous");
        let section = format!(
            "<Anonymous {}>\nUser games\nUserAlias ftp games\nRequireValidShell off\n{line}\n</Anonymous>",
            root.display()
        );
        let setup = setup.line(&section);
        setup.write();
        setup.make_folder(&root, None);
        setup.make_folder(&root.join("a"), None);
        put(&setup, &root.join("a/x"), "bytes");
        put(&setup, &root.join("a/.ftpaccess"), NO_READING);
        let daemon = Daemon::start(setup);
        let mut client = daemon.client();
        client.command("USER ftp").expect(331);
        client.command("PASS a@example.org").expect(230);
        assert_eq!(is_read(&mut client, "a/x"), !is_heard, "{line}");
        daemon.stop();
    }
}
