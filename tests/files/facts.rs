//! Files told in the form that programs read: MLST, MLSD, and which facts OPTS chooses.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::harness::{Client, Daemon, Setup};

/// The facts of each name that MLSD shows.
fn listed(client: &mut Client, line: &str) -> Vec<(String, String)> {
    let bytes = client.download(line);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text}");
    let lines = text.split_terminator("\r\n");
    lines.map(|line| line.split_once(' ').expect("facts and a name")).map(owned).collect()
}

fn owned((facts, name): (&str, &str)) -> (String, String) {
    (name.to_owned(), facts.to_owned())
}

fn fact(facts: &str, name: &str) -> Option<String> {
    facts.split(';').find_map(|fact| fact.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

/// The one line that MLST tells, without its leading blank.
fn told(client: &mut Client, line: &str) -> String {
    let reply = client.command(line).expect(250);
    assert_eq!(reply.lines.len(), 3, "{reply:?}");
    assert_eq!(reply.lines[2], "250 End of list");
    reply.lines[1].strip_prefix(' ').expect("RFC 3659 §7.2: a blank before the facts").to_owned()
}

#[test]
fn a_file_is_told_with_all_its_facts() {
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    client.store("one", b"twelve bytes");
    client.command("MFMT 20200102030405 one").expect(213);
    let title = client.command("MLST one").expect(250).lines[0].clone();
    assert_eq!(title, "250-Start of list for one");
    let line = told(&mut client, "MLST one");
    assert!(line.starts_with("modify=20200102030405;perm=dfrw;size=12;type=file;unique="), "{line}");
    assert!(line.contains(";UNIX.mode=0644;"), "{line}");
    assert!(line.ends_with("/homes/alice/one"), "{line}");
    if daemon.setup.has_identities() {
        assert_eq!(fact(&line, "UNIX.ownername").as_deref(), Some("alice"), "{line}");
    }
}

#[test]
fn a_folder_and_what_is_in_it_are_told() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    for folder in ["MKD d", "MKD d/below"] {
        client.command(folder).expect(257);
    }
    client.store("d/.hidden", b"x");
    client.store("d/two words", b"x");
    symlink("two words", home.join("d/link")).expect("a link");
    symlink("nowhere", home.join("d/dangling")).expect("a link");
    let mut seen = listed(&mut client, "MLSD d");
    seen.sort();
    let kinds: Vec<(String, String)> =
        seen.iter().map(|(name, facts)| (name.clone(), fact(facts, "type").unwrap_or_default())).collect();
    let wanted = [
        (".", "cdir"),
        ("..", "pdir"),
        (".hidden", "file"),
        ("below", "dir"),
        ("dangling", "OS.unix=symlink"),
        ("link", "OS.unix=symlink"),
        ("two words", "file"),
    ];
    assert_eq!(kinds, wanted.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    assert!(seen.iter().all(
        |(name, facts)| fact(facts, "size").is_none() == (name == "." || name == ".." || name == "below")
    ));
    assert_eq!(fact(&told(&mut client, "MLST d/link"), "type").as_deref(), Some("file"));
    assert_eq!(fact(&told(&mut client, "MLST d"), "perm").as_deref(), Some("flcdmpe"));
    client.command("CWD d").expect(250);
    assert!(told(&mut client, "MLST").ends_with("/homes/alice/d"));
    assert_eq!(listed(&mut client, "MLSD").len(), 7);
    assert_eq!(listed(&mut client, "MLSD below").len(), 2);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("file", b"x");
    symlink("nowhere", home.join("dangling")).expect("a link");
    for (line, text) in [
        ("MLST nope", "550 'nope' cannot be listed"),
        ("MLST dangling", "550 'dangling' cannot be listed"),
        ("MLST nope/below", "550 'nope/below' cannot be listed"),
        ("MLST *", "550 '*' cannot be listed"),
        ("MLSD file", "550 'file' is not a directory"),
        ("MLSD nope", "550 nope: No such file or directory"),
        ("MLSD -la", "550 -la: No such file or directory"),
    ] {
        assert_eq!(client.command(line).text(), text, "{line}");
    }
    client.command("MLSD").expect(425);
}

#[test]
fn names_of_every_kind_stay_one_line() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let longest = "n".repeat(255);
    let names: [&[u8]; 6] =
        [b"two words", b"quo\"te", b" blank", b"semi;colon", b"\xfe\xe4", longest.as_bytes()];
    for name in names {
        fs::write(home.join(OsStr::from_bytes(name)), b"x").expect("a file");
    }
    fs::write(home.join("end\r\nof line"), b"x").expect("a file");
    let mut client = daemon.session();
    client.command("OPTS MLST type;").expect(200);
    let bytes = client.download("MLSD");
    for name in names {
        let line = [b"type=file; ", name, b"\r\n"].concat();
        assert!(bytes.windows(line.len()).any(|window| window == line), "{name:?}");
        client.send_bytes(&[b"MLST ", name, b"\r\n"].concat());
        client.reply().expect(250);
    }
    assert!(bytes.windows(23).any(|window| window == b"type=file; end??of line"));
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), names.len() + 3);
}

#[test]
fn clients_choose_the_facts() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    client.command("OPTS UTF8 ON").expect(200);
    client.command("OPTS MLST type;").expect(200);
    client.login("alice");
    client.store("one", b"x");
    assert!(told(&mut client, "MLST one").starts_with("type=file; /"), "chosen before login");
    let mut client = daemon.session();
    let features = client.command("FEAT").expect(211).text();
    assert!(features.contains("\n MLST modify*;perm*;size*;type*;unique*;UNIX.group*;"), "{features}");
    for (line, reply, told_line) in [
        ("OPTS MLST size;Type;", "200 MLST OPTS size;type;", "size=1;type=file; "),
        ("OPTS MLST type;bogus;", "200 MLST OPTS type;", "type=file; "),
        ("OPTS MLST UNIX.mode", "200 MLST OPTS UNIX.mode;", "UNIX.mode=0644; "),
        ("OPTS MLST", "200 MLST OPTS", " "),
    ] {
        assert_eq!(client.command(line).text(), reply);
        assert!(told(&mut client, "MLST one").starts_with(&format!("{told_line}/")), "{line}");
    }
    let features = client.command("FEAT").expect(211).text();
    assert!(features.contains("\n MLST modify;perm;size;type;unique;UNIX.group;"), "{features}");
    for (line, code) in [
        ("OPTS", 501),
        ("OPTS UTF8", 501),
        ("OPTS UTF8 maybe", 501),
        ("OPTS MLST type size", 501),
        ("OPTS BOGUS x", 500),
        ("OPTS utf8 off", 200),
    ] {
        client.command(line).expect(code);
    }
}

#[test]
fn birth_and_content_are_told_to_those_that_ask() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    for (name, link) in [("page.HTML", "plain.gif"), ("unknown.kind-of-file", "to-folder.gif")] {
        client.store(name, b"x");
        client.command(&format!("MFMT 20010203040506 {name}")).expect(213);
        symlink(name, home.join(link)).expect("a link");
    }
    client.command("MKD folder.png").expect(257);
    let features = client.command("FEAT").expect(211).text();
    assert!(features.contains(";UNIX.ownername*;create;media-type;"), "{features}");
    for (_, facts) in listed(&mut client, "MLSD") {
        assert!(fact(&facts, "create").or(fact(&facts, "media-type")).is_none(), "{facts}");
    }
    let chosen = client.command("OPTS MLST Media-Type;create;size;");
    assert_eq!(chosen.text(), "200 MLST OPTS media-type;create;size;");
    assert!(client.command("FEAT").expect(211).text().contains(";UNIX.ownername;create*;media-type*;"));
    for (name, facts) in listed(&mut client, "MLSD") {
        let path = if name == ".." { home.parent().expect("a folder").to_owned() } else { home.join(&name) };
        assert_eq!(fact(&facts, "create"), created(&path), "{name}: {facts}");
        let expected = (name == "page.HTML").then(|| "text/html".to_owned());
        assert_eq!(fact(&facts, "media-type"), expected, "{name}: {facts}");
    }
    for (name, content) in [
        ("page.HTML", Some("text/html")),
        ("unknown.kind-of-file", None),
        ("folder.png", None),
        // By the name that was said; the content is never looked at.
        ("plain.gif", Some("image/gif")),
    ] {
        let facts = told(&mut client, &format!("MLST {name}"));
        assert_eq!(fact(&facts, "media-type").as_deref(), content, "{name}: {facts}");
        let target = fs::canonicalize(home.join(name)).expect("there");
        assert_eq!(fact(&facts, "create"), created(&target), "{name}: {facts}");
    }
}

/// When a file came to be, as far as its file system knows.
fn created(path: &Path) -> Option<String> {
    let time = fs::symlink_metadata(path).expect("there").created().ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).expect("a time")).expect("a time");
    Some(time.strftime("%Y%m%d%H%M%S").to_string())
}

#[test]
fn links_that_are_not_shown_are_told_as_what_they_lead_to() {
    let daemon = Setup::new().line("DefaultRoot ~\nShowSymlinks off\nFactsDefault create media-type").start();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.store("plain", b"x");
    symlink("plain", home.join("link.gif")).expect("a link");
    let seen = listed(&mut client, "MLSD");
    let of = |name: &str| seen.iter().find(|(found, _)| found == name).expect("listed").1.clone();
    assert_eq!(fact(&of("link.gif"), "create"), created(&home.join("plain")));
    assert_eq!(fact(&of("link.gif"), "media-type").as_deref(), Some("image/gif"));
    // Nothing above the root is told of.
    assert_eq!(fact(&of(".."), "create"), created(&home));
}

#[test]
fn directives_say_what_facts_there_are() {
    let daemon = Setup::new()
        .line("FactsAdvertise off\nFactsOptions UseSlink NoNames\nFactsDefault type size UNIX.ownername")
        .start();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    assert!(!client.command("FEAT").expect(211).text().contains("MLST"));
    client.store("one", b"x");
    symlink("../alice/./one", home.join("link")).expect("a link");
    assert!(told(&mut client, "MLST one").starts_with("size=1;type=file; /"));
    let seen = listed(&mut client, "MLSD");
    let target = format!("OS.unix=slink:{}", home.join("one").display());
    assert!(seen.iter().any(|(name, facts)| name == "link" && facts.contains(&target)), "{seen:?}");
    assert_eq!(client.command("OPTS MLST UNIX.ownername;UNIX.owner;").text(), "200 MLST OPTS UNIX.owner;");
}

#[test]
fn rights_follow_the_rules_and_the_bits() {
    let setup = Setup::new();
    let home = setup.home("alice");
    let closed = format!(
        "<Directory {}>\n<Limit DELE RMD RNFR>\nDenyAll\n</Limit>\nAllowOverwrite off\n</Directory>",
        home.join("closed").display()
    );
    let hidden = format!(
        "<Directory {}>\n<Limit DIRS>\nDenyAll\n</Limit>\n</Directory>",
        home.join("hidden").display()
    );
    let daemon = setup.line("AllowStoreRestart on").line(&closed).line(&hidden).start();
    let mut client = daemon.session();
    for name in ["closed", "hidden", "open"] {
        fs::create_dir(home.join(name)).expect("a folder");
        let account = daemon.setup.has_identities().then_some(crate::harness::setup::FIRST_UID);
        daemon.setup.give(&home.join(name), account);
    }
    for name in ["closed/file", "open/file"] {
        client.store(name, b"x");
    }
    let perm = |client: &mut Client, path: &str| fact(&told(client, &format!("MLST {path}")), "perm");
    assert_eq!(perm(&mut client, "open/file").as_deref(), Some("adfrw"));
    assert_eq!(perm(&mut client, "closed/file").as_deref(), Some("ar"));
    assert_eq!(perm(&mut client, "closed").as_deref(), Some("lcme"));
    fs::set_permissions(home.join("open/file"), fs::Permissions::from_mode(0o400)).expect("a mode");
    assert_eq!(perm(&mut client, "open/file").as_deref(), Some("dfr"));
    fs::set_permissions(home.join("open"), fs::Permissions::from_mode(0o500)).expect("a mode");
    assert_eq!(perm(&mut client, "open/file").as_deref(), Some("r"));
    assert_eq!(client.command("MLST hidden").text(), "550 'hidden' cannot be listed");
    assert_eq!(client.command("MLSD hidden").text(), "550 hidden: No such file or directory");
    assert!(listed(&mut client, "MLSD").iter().all(|(name, _)| name != "hidden"));
}
