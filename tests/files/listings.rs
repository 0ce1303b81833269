//! LIST, NLST and STAT under ListOptions and UseGlobbing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::harness::{Client, Daemon, Setup};

/// A daemon with this line, and a home with some files.
fn started(line: &str) -> Daemon {
    let setup = Setup::new().line("DefaultRoot ~").line(line);
    setup.write();
    let home = setup.home("alice");
    fs::create_dir_all(home.join("d/e/g")).expect("folders");
    for name in [".hidden", "a1", "b", "d/inner", "d/e/deep", "d/e/g/deeper"] {
        fs::write(home.join(name), name).expect("a file");
    }
    symlink(home.join("b"), home.join("out")).expect("a link");
    setup.start()
}

/// The last word of each line.
fn names(client: &mut Client, line: &str) -> Vec<String> {
    let text = String::from_utf8(client.download(line)).expect("text");
    text.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
}

fn entered(daemon: &Daemon) -> Client {
    let mut client = Client::greeted(daemon.setup.socket_address());
    client.login("alice");
    client
}

#[test]
fn list_options_hold_against_the_client() {
    let table: [(&str, &str, &[&str]); 12] = [
        ("ListOptions -a", "LIST -A d", &[".", "..", "e", "inner"]),
        ("ListOptions \"-1 +R\" strict", "LIST -lR d", &["e", "inner"]),
        ("ListOptions \"+R\"", "LIST -R d", &["e", "inner"]),
        ("ListOptions \"\" maxfiles 1", "LIST d", &["e"]),
        ("ListOptions \"\" maxfiles 2 SortedNLST", "NLST", &["a1", "b"]),
        ("ListOptions \"\" maxfiles 2", "LIST -R d", &["e", "inner"]),
        ("ListOptions \"\" maxdirs 2", "LIST -R d", &["e", "inner", "", "d/e:", "deep", "g"]),
        ("ListOptions \"\" maxdepth 2", "LIST -R d", &["e", "inner", "", "d/e:", "deep", "g", "", "d/e/g:"]),
        ("ListOptions -1 NLSTOnly SortedNLST", "NLST d", &["e", "inner"]),
        ("ListOptions -1 LISTOnly", "NLST d/i*", &["d/inner"]),
        ("ListOptions \"\" NoErrorIfAbsent", "NLST nope*", &[]),
        ("ListOptions \"\" AdjustedSymlinks", "LIST out", &["/b"]),
    ];
    for (line, said, expected) in table {
        let daemon = started(line);
        assert_eq!(names(&mut entered(&daemon), said), expected, "{line}: {said}");
    }
}

/// A folder's names, as the file system has them.
fn as_read(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.into_string().expect("text")).collect()
}

#[test]
fn names_stand_as_the_folder_has_them_unless_the_operator_wants_them_sorted() {
    for (line, is_sorted) in [
        ("ListOptions \"\"", false),
        ("ListOptions \"\" SortedNLST", true),
        ("ListOptions -U sortednlst NLSTOnly", true),
        ("ListOptions \"\" SortedNLST LISTOnly", false),
    ] {
        let daemon = started(line);
        let folder = daemon.setup.home("alice").join("many");
        fs::create_dir(&folder).expect("a folder");
        for number in 0..1_500 {
            fs::write(folder.join(format!("{:04}", number * 7_919 % 1_500)), "").expect("a file");
        }
        let found = as_read(&folder);
        let mut sorted = found.clone();
        sorted.sort();
        assert_ne!(found, sorted, "{line}: nothing is tested by a file system that sorts");
        let mut client = entered(&daemon);
        let wanted = if is_sorted { &sorted } else { &found };
        assert_eq!(&names(&mut client, "NLST -1 many"), wanted, "{line}");
        assert_eq!(names(&mut client, "NLST -1 many/*"), sorted, "{line}");
        assert_eq!(names(&mut client, "LIST many"), sorted, "{line}");
        let mut told = names(&mut client, "MLSD many");
        told.retain(|name| !name.starts_with('.'));
        assert_eq!(told, found, "{line}");
        daemon.stop();
    }
}

#[test]
fn a_name_with_a_star_is_only_a_name_where_patterns_are_off() {
    let daemon = started("UseGlobbing off");
    let mut client = entered(&daemon);
    assert_eq!(client.command("NLST a*").text(), "450 a*: No such file or directory");
    assert_eq!(client.command("LIST a*").code, 450);
    client.store("a*", b"");
    assert_eq!(names(&mut client, "NLST a*"), ["a*"]);
}

#[test]
fn status_heeds_no_letters_of_the_client() {
    let daemon = started("ListOptions -n");
    let mut client = entered(&daemon);
    let reply = client.command("STAT -1R d").expect(212).text();
    assert_eq!(reply.lines().count(), 6, "{reply}");
    assert!(!reply.contains("alice") && !reply.contains("deep"), "{reply}");
}

/// Listed as the daemon shows them with these lines; the words of each line are single-spaced.
fn lines_of(line: &str, said: &str) -> Vec<String> {
    let daemon = started(line);
    let text = String::from_utf8(entered(&daemon).download(said)).expect("text");
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn files_seem_to_be_what_the_operator_says() {
    let names = "DirFakeUser on\nDirFakeGroup on somebody\nDirFakeMode 0640";
    for (line, said, begins, owners) in [
        (names, "LIST b", "-rw-r-----", "ftp somebody"),
        (names, "LIST -d d", "drwxr-x---", "ftp somebody"),
        ("DirFakeUser on ~\nDirFakeGroup on ~", "LIST b", "-rw", "alice alice"),
        ("DirFakeMode 7777", "LIST b", "-rwsrwsrwt", ""),
        ("DirFakeMode 0", "LIST -d d", "d---------", ""),
        ("<Directory ~/d>\nDirFakeUser on inner\n</Directory>", "LIST d/inner", "-rw", "inner "),
    ] {
        let shown = lines_of(line, said);
        assert!(shown[0].starts_with(begins) && shown[0].contains(owners), "{line}: {shown:?}");
    }
    let off = lines_of("DirFakeUser off somebody\nDirFakeGroup off", "LIST b");
    assert!(off[0].starts_with("-rw-") && !off[0].contains("somebody"), "{off:?}");
    let outside = lines_of("<Directory ~/d>\nDirFakeUser on inner\n</Directory>", "LIST b");
    assert!(!outside[0].contains("inner"), "{outside:?}");
}

#[test]
fn facts_tell_what_files_seem_to_be_but_not_what_may_be_done() {
    let daemon = started("DirFakeUser on joe\nDirFakeGroup on ~\nDirFakeMode 0");
    let mut client = entered(&daemon);
    let told = client.command("MLST b").expect(250).text();
    assert!(told.contains("UNIX.ownername=joe;") && told.contains("UNIX.mode=00;"), "{told}");
    assert!(told.contains("UNIX.groupname=alice;") && told.contains(";perm=dfr"), "{told}");
    let listed = String::from_utf8(client.download("MLSD d")).expect("text");
    assert!(listed.lines().all(|line| line.contains("UNIX.ownername=joe;")), "{listed}");
    // Numbers asked for are told.
    assert!(!String::from_utf8(client.download("LIST -n b")).expect("text").contains("joe"));
}

#[test]
fn windows_lines_are_those_of_list_and_stat() {
    let daemon = started("ListStyle Windows");
    let mut client = entered(&daemon);
    for said in ["LIST", "LIST -a", "LIST -1", "LIST -laC"] {
        let text = String::from_utf8(client.download(said)).expect("text");
        let shown: Vec<&str> = text.lines().collect();
        assert_eq!(shown.len(), 4, "{said}: {text}");
        assert!(shown[0].ends_with("                   2 a1"), "{said}: {}", shown[0]);
        assert!(shown[2].ends_with("M       <DIR>          d"), "{said}: {}", shown[2]);
        assert!(shown[3].ends_with(" out"), "{said}: {}", shown[3]);
    }
    let mut all = names(&mut client, "NLST");
    all.sort();
    assert_eq!(all, ["a1", "b", "d", "out"]);
    assert!(names(&mut client, "LIST -R").contains(&"d/e/g:".to_owned()));
    assert!(client.command("STAT d").expect(212).text().contains("<DIR>          e"));
    let unix = lines_of("ListStyle unix", "LIST b");
    assert!(unix[0].starts_with("-rw"), "{unix:?}");
}
