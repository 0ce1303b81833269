//! Data connections in each way that there is, on both families, and what TYPE makes of what they carry.

use super::{Script, Who, script};

/// Name, configuration, steps of somebody who is logged in.
const SCRIPTS: &[(&str, &str, &[&str])] = &[
    ("data/PASV", "rooted", &["PASV< RETR plain", "PASV> STOR new", "PASV< LIST", "PASV< NLST"]),
    ("data/PORT", "rooted", &["PORT< RETR plain", "PORT> STOR new", "PORT< LIST", "PORT< NLST"]),
    ("data/EPRT", "rooted", &["EPRT< RETR plain", "EPRT> STOR new", "EPRT< LIST", "EPRT< NLST"]),
    ("data/PASV again", "rooted", &["PASV", "PASV", "EPSV", "PASV< RETR plain"]),
    (
        "data/EPSV ALL",
        "rooted",
        &["EPSV ALL", "PASV", "PORT 127,0,0,1,200,200", "EPRT |1|127.0.0.1|51400|", "EPSV", "< RETR plain"],
    ),
    (
        "data/EPSV ALL, wrong words",
        "rooted",
        &["EPSV ALL", "PASV x", "PORT x", "PORT", "EPRT x", "EPRT", "EPSV 1", "EPSV 3", "EPSV x", "EPSV ALL"],
    ),
    (
        "data/the last word holds",
        "rooted",
        &[
            "PORT 127,0,0,1,200,200",
            "PASV",
            "PORT 8,8,8,8,200,200",
            "PASV< RETR plain",
            "EPSV x",
            "PORT< RETR plain",
        ],
    ),
    ("data/EPSV all", "rooted", &["EPSV all", "PASV"]),
    (
        "data/types",
        "rooted",
        &[
            "TYPE A",
            "< RETR lines",
            "> STOR ascii",
            "SIZE ascii",
            "TYPE I",
            "< RETR lines",
            "< RETR ascii",
            "> STOR binary",
            "SIZE binary",
            "TYPE A",
            "> APPE ascii",
            "< RETR large",
        ],
    ),
    ("data/empty", "rooted", &["< RETR empty", "TYPE I", "< RETR empty"]),
    ("data/ABOR without", "rooted", &["ABOR", "PASV", "ABOR", "PASV< RETR plain", "ABOR"]),
    (
        "data/six, words",
        "six",
        &[
            "STAT",
            "PASV",
            "PASV x",
            "PORT 127,0,0,1,200,200",
            "PORT 1,2,3",
            "EPSV",
            "EPSV 1",
            "EPSV 2",
            "EPSV 3",
            "EPSV x",
            "EPRT |1|127.0.0.1|51400|",
            "EPRT |2|::1|51400|",
            "EPRT |2|::1|80|",
            "EPRT |2|::2|51400|",
            "EPRT |2|::ffff:127.0.0.1|51400|",
            "EPRT |2|127.0.0.1|51400|",
            "EPRT |2|::|51400|",
            "EPRT |2|:::1|51400|",
            "EPRT |2|[::1]|51400|",
            "EPRT |3|::1|51400|",
            "LPSV",
            "LPRT 6,16,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,200,200",
            "STAT",
        ],
    ),
    (
        "data/six, EPSV",
        "six",
        &["< RETR plain", "> STOR new", "> APPE new", "> STOU", "< LIST", "< NLST", "< MLSD folder"],
    ),
    (
        "data/six, EPRT",
        "six",
        &["EPRT< RETR plain", "EPRT> STOR new", "EPRT< LIST", "EPRT< NLST", "EPRT< MLSD folder"],
    ),
    (
        "data/six, EPSV ALL",
        "six",
        &["EPSV ALL", "PASV", "PORT 127,0,0,1,200,200", "EPRT |2|::1|51400|", "EPSV 2", "< RETR plain"],
    ),
    (
        "data/six, the last word holds",
        "six",
        &["EPRT |2|::1|51400|", "EPSV", "EPRT |2|::2|51400|", "< RETR plain", "EPSV x", "EPRT< RETR plain"],
    ),
    ("data/six, the server's name", "six", &["HOST [::1]", "HOST ::1", "HOST 127.0.0.1", "HOST [::2]"]),
];

/// What says how bytes are to be understood, refused or not: after each of them lines move both ways.
const TYPES: &[&str] = &[
    "TYPE A", "TYPE a", "TYPE A N", "TYPE A T", "TYPE I", "TYPE i", "TYPE L 8", "TYPE l 8", "TYPE L",
    "TYPE E", "TYPE X", "TYPE", "STRU F", "STRU R", "MODE S", "MODE B",
];

/// One script of each of them.
fn types() -> impl Iterator<Item = Script> {
    TYPES.iter().map(|said| {
        let moved =
            ["< RETR lines", "> STOR new", "SIZE new", "SIZE lines", "> APPE new", "REST 4", "< RETR lines"];
        let seen = ["< LIST folder", "< NLST folder", "< MLSD folder", "TYPE I", "< RETR new"];
        let rows: Vec<Vec<u8>> =
            [said].into_iter().chain(&moved).chain(&seen).map(|row| row.as_bytes().to_vec()).collect();
        script(format!("data/{said}"), "rooted", Who::User, &rows)
    })
}

/// The words before and after which nobody has logged in.
fn unnamed() -> Script {
    let rows = [
        "EPSV",
        "PASV",
        "EPRT |2|::1|51400|",
        "HOST [::1]",
        "HOST 127.0.0.1",
        "USER alice",
        "PASS wonderland",
        "PWD",
    ];
    script("data/six, login".to_owned(), "six", Who::Unnamed, &rows.map(|row| row.as_bytes().to_vec()))
}

/// All of them.
pub fn scripts() -> Vec<Script> {
    let rows = |steps: &[&str]| steps.iter().map(|step| step.as_bytes().to_vec()).collect::<Vec<_>>();
    SCRIPTS
        .iter()
        .map(|(name, setting, steps)| script((*name).to_owned(), setting, Who::User, &rows(steps)))
        .chain(types())
        .chain([unnamed()])
        .collect()
}
