//! Each verb that takes a path, on each kind of name, by those who are logged in.

use super::super::fixture::{LONGEST, deep};
use super::{Script, Who, script};

/// A verb, how its line is sent, and what must be said first.
const VERBS: &[(&str, &str, &[&str])] = &[
    ("CWD", "CWD @|CWD <home>", &[]),
    ("RETR", "< RETR @", &[]),
    ("RETR at 5", "REST 5|< RETR @", &["TYPE I"]),
    ("RETR behind the end", "REST 1000000|< RETR @", &["TYPE I"]),
    ("STOR", "> STOR @", &[]),
    ("STOR at 5", "REST 5|> STOR @", &["TYPE I"]),
    ("APPE", "> APPE @", &[]),
    ("SIZE", "SIZE @", &[]),
    ("MDTM", "MDTM @", &[]),
    ("DELE", "DELE @", &[]),
    ("MKD", "MKD @", &[]),
    ("MKD below", "MKD @/made", &[]),
    ("RMD", "RMD @", &[]),
    ("RNFR", "RNFR @|RNTO moved|RNFR moved|RNTO @", &[]),
    ("RNTO", "RNFR incoming/old|RNTO @|RNFR @|RNTO incoming/old", &[]),
    ("RNTO into", "RNFR incoming/old|RNTO @/old", &[]),
    ("LIST", "< LIST @", &[]),
    ("NLST", "< NLST @", &[]),
    ("STAT", "STAT @", &[]),
    ("MLST", "MLST @", &[]),
    ("MLSD", "< MLSD @", &[]),
    ("MFMT", "MFMT 20200102030405 @", &[]),
    ("SITE CHMOD", "SITE CHMOD 640 @", &[]),
    ("SITE CHGRP", "SITE CHGRP club @", &[]),
];

/// The same, which are one in both types.
const OTHERS: &[(&str, &str, &[&str])] = &[
    ("XCRC", "XCRC @", &[]),
    ("HASH", "HASH @", &[]),
    ("MD5", "MD5 @", &[]),
    ("RANG", "RANG 2 5|< RETR @", &[]),
    ("MFF", "MFF modify=20200102030405;UNIX.mode=0750; @", &[]),
    ("SITE UTIME", "SITE UTIME 202001020304 @", &[]),
    ("SITE COPY", "SITE COPY @ copied|DELE copied", &[]),
    ("SITE COPY over", "SITE COPY empty @", &[]),
    ("SITE CPFR", "SITE CPFR @|SITE CPTO copied|DELE copied", &[]),
    ("SITE SYMLINK", "SITE SYMLINK @ linked|DELE linked", &[]),
    ("SITE MKDIR", "SITE MKDIR @/made", &[]),
    ("SITE RMDIR", "SITE RMDIR @", &[]),
];

/// What moves data, in MODE Z.
const DEFLATED: &[(&str, &str, &[&str])] = &[
    ("RETR", "< RETR @", &["MODE Z"]),
    ("STOR", "> STOR @", &["MODE Z"]),
    ("APPE", "> APPE @", &["MODE Z"]),
    ("MLSD", "< MLSD @", &["MODE Z"]),
];

/// What SITE's commands that copy, make and remove are asked of: ProFTPD copies a folder into itself for ever, empties the root, and
/// what it makes of folders and links to them stays in the way of all that follows.
const OF_SITE: &[&str] = &[
    "a file",
    "a large file",
    "missing",
    "below a missing folder",
    "in a folder",
    "forbidden",
    "another's",
    "in another's folder",
    "in a forbidden folder",
    "in a read-only folder",
    "a link to a file",
    "a link to what is forbidden",
    "a quote",
    "no UTF-8",
    "UTF-8",
    "255 bytes",
    "256 bytes",
];

/// Names, and what they are.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let long = [b'm'; 256];
    let text: &[(&str, &[u8])] = &[
        ("a file", b"plain"),
        ("an empty file", b"empty"),
        ("lines", b"lines"),
        ("a large file", b"large"),
        ("a hidden file", b".hidden"),
        ("missing", b"missing"),
        ("below a missing folder", b"missing/below"),
        ("below a file", b"plain/below"),
        ("a file with a slash", b"plain/"),
        ("a folder", b"folder"),
        ("a folder with a slash", b"folder/"),
        ("in a folder", b"folder/inside"),
        ("up and down", b"folder/../plain"),
        ("many slashes", b"folder//.//inside"),
        ("an empty folder", b"emptied"),
        ("forbidden", b"secret"),
        ("another's", b"foreign"),
        ("in another's folder", b"theirs/file"),
        ("new in another's folder", b"theirs/new"),
        ("a forbidden folder", b"locked"),
        ("in a forbidden folder", b"locked/file"),
        ("in a read-only folder", b"unwritable/file"),
        ("new in a read-only folder", b"unwritable/new"),
        ("a link to a file", b"to-file"),
        ("a link to a folder", b"to-folder"),
        ("through a link", b"to-folder/inside"),
        ("a link to what is forbidden", b"to-secret"),
        ("a dangling link", b"dangling"),
        ("a link to itself", b"circle"),
        ("an absolute link", b"outside"),
        ("a link upward", b"upward"),
        ("blanks", b"two words"),
        ("a leading blank", b" leading"),
        ("a trailing blank", b"trailing "),
        ("a quote", b"quo\"te"),
        ("a quote in a folder", b"quoted\"folder"),
        ("no UTF-8", b"bytes\xfe\xe9\x80"),
        ("IAC", b"iac\xff"),
        ("UTF-8", "r\u{e9}sum\u{e9}".as_bytes()),
        ("a dash", b"-dash"),
        ("a star", b"star*"),
        ("all", b"*"),
        ("a question mark", b"plai?"),
        ("brackets", b"[bracket]"),
        ("a tilde", b"~tilde"),
        ("another's home", b"~bob"),
        ("nobody's home", b"~nosuch"),
        ("a backslash", b"back\\slash"),
        ("a per cent", b"per%cent"),
        ("a tab", b"tab\there"),
        ("255 bytes", LONGEST),
        ("256 bytes", &long),
        ("home", b"~"),
        ("dot", b"."),
        ("dot dot", b".."),
        ("above the root", b"../../../../../../../.."),
        ("the root", b"/"),
        ("a device", b"/dev/null"),
    ];
    let mut kinds: Vec<(&str, Vec<u8>)> = text.iter().map(|(kind, name)| (*kind, name.to_vec())).collect();
    kinds.push(("deep", deep()));
    kinds.push(("in the deep", [&deep(), &b"/bottom"[..]].concat()));
    kinds.push(("200 folders", b"a/".repeat(200)));
    kinds
}

const SPEAKERS: [(Who, &str); 3] = [(Who::User, "rooted"), (Who::User, "limited"), (Who::Anonymous, "plain")];

/// A script for each verb, speaker and type.
pub fn scripts() -> Vec<Script> {
    let mut scripts = Vec::new();
    for (who, setting) in SPEAKERS {
        for row in VERBS {
            for kind in ["A", "I"] {
                let name = format!("names in TYPE {kind}, {setting}/{}", row.0);
                scripts.push(script(name, setting, who, &rows(row, kind)));
            }
        }
        for row in OTHERS {
            scripts.push(script(format!("names, {setting}/{}", row.0), setting, who, &rows(row, "I")));
        }
    }
    for row in DEFLATED {
        let name = format!("names in MODE Z/{}", row.0);
        scripts.push(script(name, "deflated", Who::User, &rows(row, "I")));
    }
    scripts
}

fn rows((_, lines, before): &(&str, &str, &[&str]), kind: &str) -> Vec<Vec<u8>> {
    let mut rows = vec![format!("TYPE {kind}").into_bytes()];
    rows.extend(before.iter().map(|line| line.as_bytes().to_vec()));
    let is_of_site = lines.contains("SITE ") && !lines.contains("SITE CH") && !lines.contains("UTIME");
    let is_meant = |kind: &str| !is_of_site || OF_SITE.contains(&kind);
    for (_, name) in kinds().into_iter().filter(|(kind, _)| is_meant(kind)) {
        rows.extend(lines.split('|').map(|line| named(line, &name)));
    }
    rows
}

/// The line with the name at `@`, or the root at `<home>`.
fn named(line: &str, name: &[u8]) -> Vec<u8> {
    let line = line.replace("<home>", "/");
    match line.split_once('@') {
        Some((before, after)) => [before.as_bytes(), name, after.as_bytes()].concat(),
        None => line.into_bytes(),
    }
}
