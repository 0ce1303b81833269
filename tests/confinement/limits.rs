//! `<Limit>` in a folder of the root: the place that a path leads to decides, by whatever name it is reached.

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use super::{Cage, attempt, every_verb, furnish};
use crate::harness::setup::FIRST_UID;
use crate::harness::{Client, Daemon, Setup, rounds};

/// Alice's home with an open folder and a closed one, which is the cage: hers to every right but the configuration's.
fn closed(limit: &str) -> (Daemon, Cage) {
    let setup = Setup::new();
    let folder = setup.home("alice").join("closed");
    let section =
        format!("<Directory {}>\n<Limit {limit}>\nDenyAll\n</Limit>\n</Directory>", folder.display());
    let daemon = setup.line("DefaultRoot ~").line(&section).start();
    let home = daemon.setup.home("alice");
    furnish(&home.join("open"), "inside");
    fs::write(home.join("own"), "own").expect("a file");
    for (name, target) in [("link", "closed"), ("absolute", "/closed"), ("far", "open/../closed/.")] {
        symlink(target, home.join(name)).expect("a link");
    }
    symlink("../closed", home.join("open/link")).expect("a link");
    for path in super::everything(&home) {
        if nix::unistd::geteuid().is_root() {
            lchown(&path, Some(FIRST_UID), Some(FIRST_UID)).expect("root gives files away");
        }
    }
    let cage = Cage::build(&folder);
    (daemon, cage)
}

const WAYS: [&str; 9] = [
    "closed",
    "link",
    "absolute",
    "far",
    "open/link",
    "open/../closed",
    "/closed/.",
    "closed/hollow/..",
    "//closed//full/../",
];

#[test]
fn a_closed_folder_is_closed_by_every_name() {
    let (daemon, cage) = closed("ALL");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    for way in WAYS {
        for line in every_verb(way).iter().filter(|line| line.contains(way)) {
            let code = attempt(&mut client, line, Path::new("/nowhere"));
            // A listing of a pattern, or of the link itself, tells nothing of the place; STOU chooses a name where the session stands.
            let is_listing =
                ["LIST", "NLST", "STAT", "MLSD", "MLST", "STOU"].iter().any(|verb| line.starts_with(verb));
            assert!(code >= 400 || is_listing || line.starts_with("RNFR own"), "{line}: {code}");
        }
    }
    ends_untouched(daemon, client, &cage);
}

#[test]
fn a_folder_closed_to_writing_is_written_by_no_name() {
    let (daemon, cage) = closed("WRITE");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    let writes = ["STOR", "APPE", "DELE", "MKD", "RMD", "RNFR", "RNTO", "MFMT", "MFF", "SITE"];
    // Copies read here and write elsewhere.
    let reads =
        |line: &str| line.starts_with("SITE cpfr") || line.ends_with(" copied") || line.ends_with(" linked");
    for way in WAYS {
        for line in every_verb(way).iter().filter(|line| line.contains(way)) {
            if writes.iter().any(|verb| line.starts_with(verb)) && !reads(line) {
                // What CPTO writes is what CPFR has named.
                silent(&mut client, "SITE CPFR own");
                let code = silent(&mut client, line);
                assert!(code >= 400, "{line}: {code}");
            }
        }
        client.command(&format!("CWD {way}")).expect(250);
        for line in ["STOU", "STOR new", "MKD new", "DELE secret", "RNFR secret"] {
            let code = silent(&mut client, line);
            assert!(code >= 400, "{line} in {way}: {code}");
        }
        client.command("CWD /").expect(250);
        // What is there is still read.
        silent(&mut client, &format!("SIZE {way}/hollow"));
    }
    ends_untouched(daemon, client, &cage);
}

/// The same without looking at what comes back: reading is allowed here.
fn silent(client: &mut Client, line: &str) -> u16 {
    let needs_data = ["STOR", "APPE", "STOU"].iter().any(|verb| line.starts_with(verb));
    let data = needs_data.then(|| client.extended_passive());
    let code = client.command(line).code;
    drop(data);
    if code == 150 { client.reply().code } else { code }
}

/// A link to the closed folder and an open one change places between the judgement and the use, if they can.
#[test]
fn what_was_judged_is_what_is_used() {
    let (daemon, cage) = closed("ALL");
    let home = daemon.setup.home("alice");
    let racer = super::race::Racer::start(home.join("open"), home.join("link"));
    let mut client = daemon.session();
    let (obeyed, refused) =
        super::race::attack(&mut client, "open", Path::new("/nowhere"), rounds(400, 10_000));
    println!("closed folder: {obeyed} obeyed, {refused} refused, {} swaps", racer.swaps());
    assert!(racer.swaps() > 0 && obeyed > 0 && refused > 0, "there was no race");
    drop(racer);
    ends_untouched(daemon, client, &cage);
}

/// RNFR was allowed where the file stood; what has taken its folder's place since is another matter.
#[test]
fn a_rename_begun_in_an_open_folder_takes_nothing_from_a_closed_one() {
    let (daemon, cage) = closed("ALL");
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("RNFR open/victim").expect(350);
    renameat2(AT_FDCWD, &home.join("open"), AT_FDCWD, &home.join("link"), RenameFlags::RENAME_EXCHANGE)
        .expect("a swap");
    client.command("RNTO taken").expect(250);
    assert_eq!(fs::read(home.join("taken")).expect("the file"), b"inside");
    ends_untouched(daemon, client, &cage);
}

#[track_caller]
fn ends_untouched(daemon: Daemon, client: Client, cage: &Cage) {
    cage.assert_untouched();
    drop(client);
    daemon.stop();
}
