//! HideFiles, HideUser, HideGroup and HideNoAccess: what listings leave out; and IgnoreHidden: what is not there at all.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup, as_root};

const IGNORED: &str = "<Limit ALL>\nIgnoreHidden on\n</Limit>";

/// A daemon whose alice has these rules at home, `@` being that, and some files; names that end in `.secret` stand for hidden ones.
fn started(rules: &str) -> Daemon {
    let setup = Setup::new().with_account("bob");
    let home = setup.home("alice");
    let section = format!("<Directory @>\n{rules}\n</Directory>").replace('@', &home.display().to_string());
    let setup = setup
        .line("<Class near>\nFrom 127.0.0.0/8\n</Class>")
        .line("DefaultRoot ~")
        .line("AllowOverwrite on")
        .line(&section);
    setup.write();
    for folder in ["d", "dd.secret", "d/ee.secret"] {
        setup.make_folder(&home.join(folder), Some(FIRST_UID));
    }
    for name in ["plain", "aa.secret", "d/inner", "d/bb.secret", "dd.secret/inside", "d/ee.secret/deep"] {
        fs::write(home.join(name), "bytes that nobody sees").expect("a file");
        setup.give(&home.join(name), Some(FIRST_UID));
    }
    for (link, to) in [
        ("link", "plain"),
        ("to-file", "aa.secret"),
        ("to-folder", "dd.secret"),
        ("within", "dd.secret/inside"),
    ] {
        symlink(to, home.join(link)).expect("a link");
    }
    setup.start()
}

/// The last word of each line, sorted.
fn names(client: &mut Client, line: &str) -> Vec<String> {
    let text = String::from_utf8(client.download(line)).expect("text");
    let mut names: Vec<String> =
        text.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// All that the server says to a line, and all that it sends.
fn answer(client: &mut Client, line: &str) -> String {
    let verb = line.split(' ').next().unwrap_or_default();
    if !["LIST", "NLST", "MLSD", "RETR", "STOR", "APPE"].contains(&verb) {
        return client.command(line).text();
    }
    let mut data = client.extended_passive();
    let first = client.command(line);
    if first.code != 150 {
        return first.text();
    }
    let mut sent = Vec::new();
    if ["STOR", "APPE"].contains(&verb) {
        drop(data);
    } else {
        std::io::Read::read_to_end(&mut data, &mut sent).expect("what is sent");
    }
    format!("{} {} {}", first.text(), client.reply().text(), String::from_utf8_lossy(&sent))
}

#[test]
fn names_that_match_are_left_out_of_listings_alone() {
    let daemon = started("HideFiles \\.secret$");
    let mut client = daemon.session();
    assert_eq!(names(&mut client, "NLST"), ["d", "link", "plain", "within"]);
    assert_eq!(names(&mut client, "NLST d"), ["d/inner"]);
    assert_eq!(names(&mut client, "MLSD"), [".", "..", "d", "link", "plain", "within"]);
    assert_eq!(names(&mut client, "NLST */*"), ["d/inner"]);
    for line in ["LIST -aR", "STAT .", "LIST *", "LIST -R *", "LIST -a d", "NLST -a"] {
        let said = answer(&mut client, line);
        assert!(said.contains("inner") || said.contains("plain"), "{line}: {said}");
        assert!(!said.contains("aa.secret") && !said.contains("bb.secret"), "{line}: {said}");
    }
    client.command("NLST *.secret").expect(450);
    client.command("MLST aa.secret").expect(550);
    // Whoever knows the name goes on as before.
    client.command("CWD dd.secret").expect(250);
    assert_eq!(names(&mut client, "NLST"), ["inside"]);
    client.command("CDUP").expect(250);
    assert_eq!(client.retrieve("aa.secret"), b"bytes that nobody sees");
    client.store("new.secret", b"x");
    client.command("DELE new.secret").expect(250);
}

#[test]
fn patterns_are_for_whom_they_name_and_the_nearest_holds() {
    let all = ["aa.secret", "d", "dd.secret", "link", "plain", "to-file", "to-folder", "within"];
    let shown = ["d", "link", "plain", "within"];
    for (rules, expected) in [
        ("HideFiles \\.secret$ user alice", &shown[..]),
        ("HideFiles \\.secret$ user bob,alice", &shown),
        ("HideFiles \\.secret$ user !alice", &all),
        ("HideFiles \\.secret$ group nobodys", &all),
        ("HideFiles \\.secret$ group !nobodys", &shown),
        ("HideFiles \\.secret$\nHideFiles .", &shown),
        ("HideFiles . user bob\nHideFiles \\.secret$", &shown),
        ("HideFiles \\.secret$ class near", &shown),
        ("HideFiles \\.secret$ class !near,far", &all),
        ("HideFiles none", &all),
        ("HideFiles !^(d|plain)$", &["d", "plain"]),
        ("HideFiles \\.SECRET$", &all),
        ("HideFiles alice", &all),
    ] {
        let daemon = started(rules);
        assert_eq!(names(&mut daemon.session(), "NLST"), expected, "{rules}");
    }
    let setup = "HideFiles \\.secret$\n</Directory>\n<Directory @/d>\nHideFiles none";
    let daemon = started(setup);
    let mut client = daemon.session();
    assert_eq!(names(&mut client, "NLST"), shown);
    assert_eq!(names(&mut client, "NLST d"), ["d/bb.secret", "d/ee.secret", "d/inner"]);
}

#[test]
fn owners_and_rights_hide_files() {
    if !as_root("owners and rights hide files") {
        return;
    }
    let other = FIRST_UID + 1;
    for (rules, is_shown) in [
        ("HideUser bob", [false, true, true, true]),
        ("HideUser ~", [true, false, true, true]),
        ("HideUser !~", [false, true, false, false]),
        ("HideUser root\nHideUser bob", [false, true, false, false]),
        ("HideUser nobodyatall", [true; 4]),
        ("HideUser !nobodyatall", [true; 4]),
        ("HideGroup root", [true, true, false, false]),
        ("HideGroup !~", [false, true, false, false]),
        ("HideNoAccess on", [true, true, false, false]),
        ("HideNoAccess off", [true; 4]),
    ] {
        let daemon = started(rules);
        let home = daemon.setup.home("alice");
        for (name, uid, mode) in [("bobs", other, 0o644), ("own", FIRST_UID, 0o600), ("roots", 0, 0o600)] {
            fs::write(home.join(name), name).expect("a file");
            fs::set_permissions(home.join(name), fs::Permissions::from_mode(mode)).expect("its mode");
            chown(home.join(name), Some(uid), Some(uid)).expect("given away");
        }
        fs::create_dir(home.join("closed")).expect("a folder");
        fs::set_permissions(home.join("closed"), fs::Permissions::from_mode(0o744)).expect("its mode");
        let mut client = daemon.session();
        let shown = names(&mut client, "NLST");
        let found = ["bobs", "own", "roots", "closed"].map(|name| shown.iter().any(|shown| shown == name));
        assert_eq!(found, is_shown, "{rules}: {shown:?}");
        let hidden =
            if rules == "HideNoAccess on" { "No such file or directory" } else { "Permission denied" };
        assert_eq!(client.command("RETR roots").text(), format!("550 roots: {hidden}"), "{rules}");
    }
}

/// What names a file, `@` being it: in any of its forms.
const ON_FILES: &[&str] = &[
    "RETR @",
    "SIZE @",
    "MDTM @",
    "CWD @",
    "XCWD @",
    "DELE @",
    "RMD @",
    "XRMD @",
    "RNFR @",
    "MLST @",
    "MLSD @",
    "STAT @",
    "LIST @",
    "LIST -d @",
    "LIST -la @",
    "NLST @",
    "NLST @*",
    "HASH @",
    "MD5 @",
    "XCRC @",
    "XMD5 @",
    "XSHA1 @",
    "XSHA256 @",
    "XSHA512 @",
    "MFMT 20200101000000 @",
    "MFF modify=20200101000000; @",
    "MFF UNIX.mode=644; @",
    "SITE CHMOD 644 @",
    "SITE CHGRP 0 @",
    "SITE UTIME 202001010000 @",
    "SITE CPFR @",
    "SITE COPY @ copied",
    "SITE SYMLINK @ linked",
    "SITE RMDIR @",
    "AVBL @",
    "MDTM 20200101000000 @",
];

/// What would make it.
const MAKING: &[&str] = &[
    "STOR @",
    "APPE @",
    "MKD @",
    "XMKD @",
    "SITE MKDIR @",
    "SITE SYMLINK plain @",
    "SITE COPY plain @",
    "STOR @/new",
    "MKD @/new",
    "SITE MKDIR @/new/er",
];

/// Both names' answers, made alike but for what differs otherwise.
#[track_caller]
fn assert_no_difference(client: &mut Client, line: &str, hidden: &str, absent: &str) {
    let answers = [hidden, absent].map(|name| {
        client.command("TYPE I").expect(200);
        client.command("CWD /").expect(250);
        answer(client, &line.replace('@', name)).replace(base(name), "@")
    });
    assert_eq!(answers[0], answers[1], "{line} tells {hidden} from {absent}");
}

/// The name in which both forms differ.
fn base(form: &str) -> &str {
    let is_it = |name: &&str| !["", ".", "..", "d", "inside", "further"].contains(name);
    form.split('/').find(is_it).expect("a name")
}

/// Every form in which a path can lead to the same place.
fn forms(name: &str) -> [String; 7] {
    [
        name.to_owned(),
        format!("/{name}"),
        format!("./{name}"),
        format!("d/../{name}"),
        format!("{name}/"),
        format!("{name}/inside"),
        format!("{name}/inside/further"),
    ]
}

#[test]
fn no_verb_tells_a_hidden_name_from_an_absent_one() {
    let daemon = started(&format!("HideFiles \\.secret$\n{IGNORED}"));
    let mut client = daemon.session();
    for (hidden, absent) in
        [("aa.secret", "zz.secret"), ("dd.secret", "zz.secret"), ("d/bb.secret", "d/zz.secret")]
    {
        for (hidden, absent) in forms(hidden).iter().zip(&forms(absent)) {
            for line in ON_FILES.iter().chain(MAKING) {
                assert_no_difference(&mut client, line, hidden, absent);
            }
            for name in [hidden, absent] {
                client.command("RNFR plain").expect(350);
                client.command(&format!("RNTO {name}")).expect(550);
                client.command("SITE CPFR plain").expect(350);
                client.command(&format!("SITE CPTO {name}")).expect(550);
            }
        }
    }
    let home = daemon.setup.home("alice");
    for name in ["aa.secret", "d/bb.secret", "dd.secret/inside", "d/ee.secret/deep", "plain"] {
        assert_eq!(fs::read(home.join(name)).expect(name), b"bytes that nobody sees", "{name}");
    }
    assert!(!home.join("zz.secret").exists() && !home.join("copied").exists());
}

#[test]
fn neither_owner_nor_rights_tell_a_hidden_file_from_an_absent_one() {
    if !as_root("neither owner nor rights tell a hidden file from an absent one") {
        return;
    }
    for rules in ["HideUser bob", "HideGroup bob", "HideUser !~", "HideNoAccess on"] {
        let daemon = started(&format!("{rules}\n{IGNORED}"));
        let home = daemon.setup.home("alice");
        fs::write(home.join("bobs"), "x").expect("a file");
        fs::create_dir(home.join("fold")).expect("a folder");
        fs::write(home.join("fold/inside"), "x").expect("a file");
        for name in ["bobs", "fold"] {
            fs::set_permissions(home.join(name), fs::Permissions::from_mode(0o700)).expect("its mode");
            chown(home.join(name), Some(FIRST_UID + 1), Some(FIRST_UID + 1)).expect("given away");
        }
        let mut client = daemon.session();
        for (hidden, absent) in [("bobs", "nope"), ("fold", "nope")] {
            for (hidden, absent) in forms(hidden).iter().zip(&forms(absent)) {
                for line in ON_FILES {
                    assert_no_difference(&mut client, line, hidden, absent);
                }
            }
            // That a name is taken cannot be kept from who would make it; what bears it can.
            for line in ["STOR @", "APPE @"] {
                assert_eq!(
                    answer(&mut client, &line.replace('@', hidden)),
                    format!("550 {hidden}: No such file or directory"),
                    "{rules} {line}"
                );
            }
            client.command(&format!("MKD {hidden}")).expect(550);
        }
        assert!(home.join("bobs").exists() && home.join("fold/inside").exists(), "{rules}");
    }
}

#[test]
fn nothing_leads_to_what_is_not_there() {
    let daemon = started(&format!("HideFiles \\.secret$\n{IGNORED}"));
    let mut client = daemon.session();
    for line in [
        "LIST",
        "LIST -aR",
        "LIST -aLR",
        "LIST -R *",
        "LIST -R */*",
        "NLST ?*/",
        "NLST -a",
        "MLSD",
        "STAT .",
        "LIST */*",
        "NLST */*/*",
        "STAT d",
        "LIST -a ?*",
        "MLSD d",
    ] {
        let said = answer(&mut client, line);
        assert!(
            !said.contains("secret") && !said.contains("inside") && !said.contains("deep"),
            "{line}: {said}"
        );
    }
    for link in ["to-file", "to-folder", "within", "to-folder/inside"] {
        for verb in
            ["RETR", "SIZE", "MDTM", "CWD", "MLST", "LIST", "STAT", "SITE CHMOD 644", "SITE CPFR", "XCRC"]
        {
            client.command("TYPE I").expect(200);
            let said = answer(&mut client, &format!("{verb} {link}"));
            assert!(said.starts_with('5') || said.starts_with("450"), "{verb} {link}: {said}");
            assert!(!said.contains("nobody sees"), "{verb} {link}: {said}");
        }
    }
    // A folder is copied without it, and does not go with it.
    client.command("SITE CPFR d").expect(350);
    client.command("SITE CPTO copy").expect(250);
    client.command("SITE RMDIR d").expect(550);
    let home = daemon.setup.home("alice");
    assert!(home.join("copy/inner").exists() && !home.join("copy/bb.secret").exists());
    assert!(home.join("d/bb.secret").exists() && home.join("d/ee.secret/deep").exists());
}

#[test]
fn what_is_ignored_is_said_by_verb_and_no_inner_off_undoes_it() {
    let read_only = "HideFiles \\.secret$\n<Limit READ>\nIgnoreHidden on\n</Limit>";
    let daemon = started(read_only);
    let mut client = daemon.session();
    client.command("RETR aa.secret").expect(550);
    client.command("CWD dd.secret").expect(250);
    let undone = "HideFiles \\.secret$\n<Limit ALL>\nIgnoreHidden on\n</Limit>\n</Directory>\n<Directory @/d>\n<Limit RETR>\nIgnoreHidden off\n</Limit>";
    let daemon = started(undone);
    let mut client = daemon.session();
    assert_eq!(client.command("RETR d/bb.secret").text(), "550 d/bb.secret: No such file or directory");
    assert_eq!(client.retrieve("d/inner"), b"bytes that nobody sees");
}

#[test]
fn an_anonymous_section_hides_for_its_own() {
    if !as_root("an anonymous section hides for its own") {
        return;
    }
    let setup = Setup::new();
    let root = setup.path("anon");
    let section = format!(
        "<Anonymous {}>\nUser games\nRequireValidShell off\nHideUser root\nHideNoAccess on\n{IGNORED}\n</Anonymous>",
        root.display()
    );
    let setup = setup.line(&section);
    setup.write();
    setup.make_folder(&root, None);
    for (name, uid) in [("theirs", FIRST_UID), ("roots", 0)] {
        fs::write(Path::new(&root).join(name), "x").expect("a file");
        chown(root.join(name), Some(uid), Some(uid)).expect("given away");
    }
    let daemon = Daemon::start(setup);
    let mut client = daemon.client();
    client.command("USER games").expect(331);
    client.command("PASS a@b").expect(230);
    assert_eq!(names(&mut client, "NLST"), ["theirs"]);
    client.command("RETR roots").expect(550);
    assert_eq!(client.retrieve("theirs"), b"x");
}
