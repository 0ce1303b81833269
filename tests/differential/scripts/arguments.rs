//! Each verb with each of its arguments, right and wrong, by everybody, in both types.

use super::{Script, Who, script};

/// A verb, and what may follow it. Every verb is also said alone, with a blank, and with too much behind it.
const VERBS: &[(&str, &[&str])] = &[
    ("USER", &["alice", "ftp", "nosuch", "ALICE", "a b", "%u", "../x"]),
    ("PASS", &["wonderland", "x", "a b"]),
    ("ACCT", &["x"]),
    ("CWD", &["folder", "/", "~", "-"]),
    ("XCWD", &["..", "missing"]),
    ("CDUP", &["x"]),
    ("XCUP", &["x"]),
    ("PWD", &["x"]),
    ("XPWD", &["x"]),
    (
        "TYPE",
        &[
            "A", "a", "A N", "a n", "A T", "A C", "I", "i", "I N", "L", "L 8", "l 8", "L 7", "L 16", "E",
            "E N", "X", "AN", "8",
        ],
    ),
    ("MODE", &["S", "s", "B", "C", "Z", "X", "SS", "S S"]),
    ("STRU", &["F", "f", "R", "P", "X", "FF", "F F"]),
    (
        "REST",
        &[
            "0",
            "1",
            "5",
            "-1",
            "+1",
            "x",
            "1x",
            "99999999999",
            "18446744073709551615",
            "18446744073709551616",
            "0 0",
            "007",
        ],
    ),
    ("NOOP", &["x", "x y z"]),
    ("SYST", &["x"]),
    ("FEAT", &["x"]),
    (
        "HELP",
        &[
            "USER",
            "user",
            "XPWD",
            "SITE",
            "NOSUCH",
            "USER PASS",
            "FEAT",
            "STOR",
            "LIST",
            "TYPE",
            "PORT",
            "EPSV",
            "REIN",
        ],
    ),
    ("QUIT", &[]),
    ("REIN", &["x"]),
    ("ALLO", &["0", "10", "10 R 10", "x", "-1", "999999999999999"]),
    ("SMNT", &["x"]),
    ("ABOR", &["x"]),
    (
        "PORT",
        &[
            "1,2,3",
            "1,2,3,4,5,6,7",
            "127,0,0,1,200,200,7",
            "127,0,0,1,200,200x",
            "a,b,c,d,e,f",
            "127,0,0,1,0,1",
            "127,0,0,1,3,255",
            "10,0,0,1,100,1",
            "192,168,0,1,0,22",
            "8,8,8,8,100,1",
            "224,0,0,1,100,1",
            "256,0,0,1,100,1",
            "127,0,0,1,256,1",
            "127,0,0,1,-1,1",
            "127.0.0.1,5,5",
            "0,0,0,0,200,200",
            "127,0,0,1,200,200",
            " 127,0,0,1,200,200",
        ],
    ),
    (
        "EPRT",
        &[
            "|1|127.0.0.1|51400|",
            "|1|127.0.0.1|80|",
            "|1|10.0.0.1|51400|",
            "|2|::1|51400|",
            "|3|127.0.0.1|51400|",
            "|1|127.0.0.1|",
            "|1|127.0.0.1|65536|",
            "|1|300.0.0.1|51400|",
            "|1|127.0.0.1|x|",
            "nonsense",
            "!1!127.0.0.1!51400!",
            "|x|127.0.0.1|51400|",
            "|1|::1|51400|",
            "||127.0.0.1|51400|",
        ],
    ),
    ("PASV", &["x"]),
    ("EPSV", &["1", "2", "3", "0", "-1", "x", "1x", "1 2", "|1|"]),
    ("LPRT", &["4,4,127,0,0,1,2,200,200", "x"]),
    ("LPSV", &["x"]),
    ("RNFR", &["plain", "missing"]),
    ("RNTO", &["other"]),
    ("DELE", &["plain", "missing"]),
    ("MKD", &["made", "folder", "missing/made"]),
    ("XMKD", &["made2", "folder"]),
    ("RMD", &["made", "folder", "missing", "plain"]),
    ("XRMD", &["made2", "missing"]),
    ("SIZE", &["plain", "missing", "folder", "lines"]),
    ("MDTM", &["plain", "missing", "folder", "20200102030405 plain", "20200102030405 missing", "2020 plain"]),
    ("RETR", &["plain", "missing", "folder"]),
    ("STOR", &["new", "folder", "missing/new"]),
    ("STOU", &["x", "folder"]),
    ("APPE", &["plain", "new", "folder"]),
    ("LIST", &["plain", "missing", "folder", "-l", "-la folder"]),
    ("NLST", &["plain", "missing", "folder", "-a"]),
    ("STAT", &["plain", "missing", "folder", "-a"]),
    ("MLST", &["plain", "missing", "folder"]),
    ("MLSD", &["plain", "missing", "folder"]),
    (
        "MFMT",
        &[
            "20200102030405 plain",
            "20200102030405 missing",
            "plain",
            "x plain",
            "20201302030405 plain",
            "20200102030405",
            "20200102030405  plain",
        ],
    ),
    ("MFF", &["modify=20200102030405; plain", "UNIX.mode=0600; plain", "nosuch=1; plain"]),
    ("MFCT", &["20200102030405 plain"]),
    (
        "OPTS",
        &[
            "UTF8 ON",
            "UTF8 OFF",
            "UTF8",
            "utf8 on",
            "UTF8 x",
            "MLST type;size;",
            "MLST",
            "MLST x;",
            "MLST SIZE;x;type;",
            "MLST type size",
            "HASH",
            "HASH MD5",
            "hash sha-256",
            "HASH nosuch",
            "HASH MD5 x",
            "MODE Z",
            "MODE Z LEVEL 3",
            "RETR x",
            "NOSUCH",
            "NOSUCH x",
        ],
    ),
    (
        "SITE",
        &[
            "HELP",
            "help",
            "CHMOD 644 plain",
            "CHMOD 999 plain",
            "CHMOD plain",
            "chmod plain",
            "CHMOD x missing",
            "CHMOD 99999 missing",
            "CHMOD x plain",
            "CHGRP",
            "chgrp x",
            "CHGRP nosuch missing",
            "CHMOD u+x plain",
            "CHMOD 600 missing",
            "CHGRP club plain",
            "CHGRP nosuch plain",
            "CHGRP 52003 plain",
            "NOSUCH",
            "NOSUCH x",
            "HELP CHMOD",
        ],
    ),
    ("AUTH", &["TLS", "SSL", "GSSAPI", "x"]),
    ("PBSZ", &["0", "1", "x"]),
    ("PROT", &["P", "C", "S", "E", "x"]),
    ("CCC", &[]),
    ("ADAT", &["x"]),
    ("MIC", &["x"]),
    ("CONF", &["x"]),
    ("ENC", &["x"]),
    (
        "HOST",
        &["example.org", "[127.0.0.1]", "127.0.0.1", "1.2.3.4", "[::1]", "::1", "[::1", "a:21", "a/b", "*"],
    ),
    ("CLNT", &["x", "NcFTP 3.2.5 linux"]),
    ("CSID", &["Name=x; Version=1;"]),
    ("LANG", &["en", "en-US", "xx", "*"]),
    ("HASH", &["plain", "", "missing", "folder", "two words"]),
    (
        "RANG",
        &[
            "0 5",
            "",
            "1",
            "1 2 3",
            "x y",
            "-1 4",
            "5 4",
            "1 1",
            "1 0",
            "0 9223372036854775807",
            "0 18446744073709551616",
        ],
    ),
    ("AVBL", &[]),
    (
        "XCRC",
        &[
            "plain",
            "",
            "plain 0",
            "plain 0 5",
            "plain 5 5",
            "plain 0 1000",
            "plain x 5",
            "plain 0 x",
            "empty",
            "folder",
        ],
    ),
    ("XMD5", &["plain", "\"two words\"", "missing"]),
    ("XSHA", &["plain"]),
    ("XSHA1", &["plain"]),
    ("XSHA256", &["plain"]),
    ("XSHA512", &["plain"]),
    ("MD5", &["plain", "folder", "missing"]),
    ("NOSUCH", &["x", "x y"]),
];

const EVERYBODY: [Who; 4] = [Who::Unnamed, Who::Refused, Who::User, Who::Anonymous];

/// A script for each verb, type and speaker.
pub fn scripts() -> Vec<Script> {
    let mut scripts = Vec::new();
    for (verb, arguments) in VERBS {
        for who in EVERYBODY {
            let rows = rows(verb, arguments);
            scripts.push(script(format!("arguments/{verb}"), "plain", who, &rows));
            if matches!(who, Who::User) {
                let binary = [vec![b"TYPE I".to_vec()], rows].concat();
                scripts.push(script(format!("arguments in TYPE I/{verb}"), "rooted", who, &binary));
            }
        }
    }
    scripts
}

/// The verb alone, in other cases, and with each argument. QUIT ends whatever comes first.
fn rows(verb: &str, arguments: &[&str]) -> Vec<Vec<u8>> {
    let lower = verb.to_lowercase();
    if verb == "QUIT" {
        return vec![lower.into_bytes()];
    }
    let alone = [lower, format!("{verb} "), format!("{verb}  ")];
    let with = arguments.iter().map(|argument| format!("{verb} {argument}"));
    let odd = [format!("{verb}  two  blanks"), format!("{verb} trailing "), format!("{verb}\ttab")];
    alone.into_iter().chain(with).chain(odd).map(String::into_bytes).collect()
}
