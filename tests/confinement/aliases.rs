//! Aliases in the root (VRootAlias): what they show is a session's, and nothing around it; whatever changes places meanwhile.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use super::race::{Racer, attack, prepare, settle};
use super::{Cage, attempt, every_verb};
use crate::harness::setup::{FIRST_UID, NOBODY};
use crate::harness::{Client, Daemon, Setup, as_root, rounds};

const ENGINE: &str = "VRootEngine on\nDefaultRoot ~";

/// A folder beside the root, given to the account, and the line that shows it there.
fn lent(setup: Setup, name: &str) -> (Setup, PathBuf) {
    let folder = setup.path("lender/lent");
    setup.make_folder(&folder, Some(FIRST_UID));
    let line = format!("{ENGINE}\nVRootAlias {} {name}", folder.display());
    (setup.line(&line), folder)
}

fn listed(client: &mut Client, line: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&client.download(line)).into_owned();
    let mut names: Vec<String> = text.lines().map(|name| name.to_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_alias_is_a_folder_of_the_root() {
    let (setup, folder) = lent(Setup::new(), "~/up");
    let note = setup.path("lender/note");
    let rules = format!(
        "VRootAlias {} /note.txt\nVRootAlias {} ~/%u-own\n<Directory {}>\n<Limit DELE>\nDenyAll\n</Limit>\n</Directory>",
        note.display(),
        folder.display(),
        setup.home("alice").join("up/kept").display()
    );
    let setup = setup.line(&rules);
    for (path, owner) in [(&note, FIRST_UID), (&folder.join("f"), FIRST_UID)] {
        fs::write(path, "lent").expect("a file");
        if setup.has_identities() {
            chown(path, Some(owner), Some(owner)).expect("root gives files away");
        }
    }
    setup.make_folder(&folder.join("kept"), Some(FIRST_UID));
    let daemon = setup.start();
    fs::write(daemon.setup.path("lender/secret"), super::SONG).expect("a canary");
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(listed(&mut client, "NLST"), ["alice-own", "note.txt", "up"]);
    for line in ["LIST", "MLSD"] {
        let text = String::from_utf8_lossy(&client.download(line)).into_owned();
        assert!(["up", "note.txt"].iter().all(|name| text.contains(&format!(" {name}\r\n"))), "{text}");
    }
    assert_eq!(listed(&mut client, "NLST up"), ["up/f", "up/kept"]);
    client.command("CWD up").expect(250);
    assert!(client.command("PWD").expect(257).text().contains("\"/up\""));
    client.store("kept/mine", b"x");
    assert!(folder.join("kept/mine").exists());
    client.command("DELE kept/mine").expect(550);
    client.command("CDUP").expect(250);
    assert!(client.command("PWD").expect(257).text().contains("\"/\""));
    assert_eq!(client.retrieve("note.txt"), b"lent");
    client.store("note.txt", b"written");
    assert_eq!(fs::read(&note).expect("the note"), b"written");
    assert!(client.command("MLST up").expect(250).text().contains("type=dir"));
    client.command("SITE CHMOD 750 up").expect(200);
    for line in [
        "RMD up",
        "DELE note.txt",
        "DELE up",
        "RNFR up",
        "RNFR note.txt",
        "MKD up",
        "SITE RMDIR up",
        "CWD up/../../lender",
    ] {
        client.command(line).expect(550);
    }
    for (from, to) in [("up/f", "f"), ("note.txt", "up/note")] {
        let code = client.command(&format!("RNFR {from}")).code;
        assert!(code == 550 || client.command(&format!("RNTO {to}")).code == 550, "{from}");
    }
    client.command("RNFR up/f").expect(350);
    client.command("RNTO up/g").expect(250);
    client.command("SITE MKDIR up/a/b").expect(200);
    client.command("SITE RMDIR up/a").expect(200);
    assert!(folder.join("g").exists() && folder.join("kept/mine").exists());
    let log = fs::read_to_string(daemon.setup.path("log/xferlog")).expect("a log");
    assert!(log.contains(&home.join("up/kept/mine").display().to_string()), "{log}");
    drop(client);
    daemon.stop();
}

#[test]
fn nothing_leads_from_an_alias_to_what_lies_around_it() {
    for options in ["", "VRootOptions allowSymlinks"] {
        let (setup, folder) = lent(Setup::new().line(options), "~/up");
        let outside = setup.path("outside");
        for (text, name) in [
            (outside.as_path(), "absolute"),
            (Path::new("../../outside"), "relative"),
            (Path::new("../../../outside"), "higher"),
            (Path::new(".."), "lender"),
            (Path::new("/proc/self/root"), "magic"),
        ] {
            symlink(text, folder.join(name)).expect("a link");
        }
        let daemon = setup.start();
        let cage = Cage::build(&outside);
        Cage::build(&daemon.setup.path("lender/cage"));
        let mut client = daemon.session();
        client.command("TYPE I").expect(200);
        for way in ["up/absolute", "up/relative", "up/higher", "up/lender/cage", "up/../../cage", "up/magic"]
        {
            for line in every_verb(way).iter().filter(|line| line.contains(way)) {
                attempt(&mut client, line, &cage.folder);
            }
        }
        cage.assert_untouched();
        drop(client);
        daemon.stop();
    }
}

#[test]
fn aliases_are_shown_to_whom_they_are_meant_for() {
    if !as_root("aliases_are_shown_to_whom_they_are_meant_for") {
        return;
    }
    let setup = Setup::new().with_account("bob");
    let (folder, anonymous) = (setup.path("lent"), setup.path("anon"));
    setup.make_folder(&folder, Some(FIRST_UID));
    setup.make_folder(&anonymous, Some(NOBODY));
    let show = |name: &str| format!("VRootAlias {} {name}\n", folder.display());
    let lines = format!(
        "VRootEngine on\nDefaultRoot ~ !bob\n<Global>\n{}</Global>\n<IfUser alice>\n{}</IfUser>\n\
         <Anonymous {}>\nUser nobody\nGroup nogroup\n</Anonymous>",
        show("~/for-all"),
        show("/for-alice"),
        anonymous.display()
    );
    let daemon = setup.line(&lines).start();
    assert_eq!(listed(&mut daemon.session(), "NLST"), ["for-alice", "for-all"]);
    let mut client = daemon.client();
    client.command("USER nobody").expect(331);
    client.command("PASS a@b.example").expect(230);
    assert_eq!(listed(&mut client, "NLST"), ["for-all"]);
    // Its root is the host's, where nothing needs another name.
    let mut client = daemon.client();
    client.login("bob");
    assert_eq!(listed(&mut client, "NLST"), [""; 0]);
    drop(client);
    daemon.stop();
}

#[test]
fn a_large_folder_is_listed_whole_around_an_alias() {
    /// More than are sorted at once.
    const FILES: usize = 10_100;
    let (setup, _) = lent(Setup::new(), "~/up");
    let daemon = setup.start();
    let home = daemon.setup.home("alice");
    for number in 0..FILES {
        fs::write(home.join(format!("f{number:05}")), "").expect("a file");
    }
    // What an alias covers is not told besides.
    fs::write(home.join("up"), "").expect("a file");
    let mut expected: Vec<String> = (0..FILES).map(|number| format!("f{number:05}")).collect();
    expected.push("up".to_owned());
    let mut client = daemon.session();
    for line in ["NLST", "LIST -1", "LIST -1U", "NLST *"] {
        assert!(listed(&mut client, line) == expected, "{line}");
    }
    let facts = listed(&mut client, "MLSD");
    let mut told: Vec<&str> =
        facts.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name).collect();
    told.sort();
    assert!(told[..2] == [".", ".."] && told[2..] == expected, "MLSD");
    daemon.stop();
}

#[test]
fn nothing_is_shown_without_the_engine() {
    let setup = Setup::new();
    let lines = format!("DefaultRoot ~\nVRootAlias {} ~/up", setup.path("").display());
    let daemon = setup.line(&lines).start();
    let mut client = daemon.session();
    assert_eq!(listed(&mut client, "NLST"), [""; 0]);
    client.command("CWD up").expect(550);
    drop(client);
    daemon.stop();
}

/// What changes places with a link to the cage while a client names what `attacked` says.
fn race(setup: Setup, swapped: (&Path, &Path), attacked: &str, what: &str) {
    let daemon: Daemon = setup.start();
    let cage = Cage::build(&daemon.setup.path("outside"));
    let mut client = daemon.session();
    let racer = Racer::start(swapped.0.to_owned(), swapped.1.to_owned());
    let heard = attack(&mut client, attacked, &cage.folder, rounds(400, 10_000));
    settle(daemon, client, &cage, racer, heard, what);
}

#[test]
fn a_folder_in_an_alias_swapped_with_a_link_leads_nowhere() {
    for (options, target) in [("", "../../outside"), ("VRootOptions allowSymlinks", "/outside")] {
        let (setup, folder) = lent(Setup::new().line(options), "~/up");
        prepare(&folder, Path::new(target), FIRST_UID);
        race(setup, (&folder.join("real"), &folder.join("trap")), "up/real", "in an alias");
    }
}

#[test]
fn a_folder_around_an_alias_swapped_with_a_link_leads_nowhere() {
    let (setup, folder) = lent(Setup::new(), "~/real/up");
    prepare(&folder, Path::new("nowhere"), FIRST_UID);
    let home = setup.home("alice");
    setup.make_folder(&home, Some(FIRST_UID));
    prepare(&home, &setup.path("outside"), FIRST_UID);
    race(setup, (&home.join("real"), &home.join("trap")), "real/up/real", "around an alias");
}

/// The alias holds the folder that it was taken for; what comes to have its name on the host is another.
#[test]
fn a_folder_that_is_shown_swapped_with_a_link_leads_nowhere() {
    let (setup, folder) = lent(Setup::new(), "~/up");
    prepare(&folder, Path::new("nowhere"), FIRST_UID);
    let trap = setup.path("lender/trap");
    symlink(setup.path("outside"), &trap).expect("a link");
    let daemon = setup.start();
    let cage = Cage::build(&daemon.setup.path("outside"));
    let mut client = daemon.session();
    // The account may not write where they lie: what was taken at the login stays.
    let racer = Racer::start(folder, trap);
    let heard = attack(&mut client, "up/real", &cage.folder, rounds(400, 10_000));
    settle(daemon, client, &cage, racer, heard, "an alias itself");
}
