//! Sessions as clients have them: each verb's forms one after the other, line by line.

use super::{Script, Who, script};

/// Name, who, lines.
const SESSIONS: &[(&str, Who, &str)] = &[
    ("before login", Who::Unnamed, BEFORE_LOGIN),
    ("folders", Who::User, FOLDERS),
    ("renames", Who::User, RENAMES),
    ("transfers", Who::User, TRANSFERS),
    ("parameters", Who::User, PARAMETERS),
    ("listings", Who::User, LISTINGS),
    ("facts", Who::User, FACTS),
    ("attributes", Who::User, ATTRIBUTES),
    ("information", Who::User, INFORMATION),
];

/// All of them.
pub fn scripts() -> Vec<Script> {
    let rows = |text: &str| text.trim().lines().map(|line| row(line.trim_start())).collect::<Vec<_>>();
    SESSIONS
        .iter()
        .map(|(name, who, text)| script(format!("sessions/{name}"), "rooted", *who, &rows(text)))
        .collect()
}

/// A line, with a data connection where it wants one.
fn row(line: &str) -> Vec<u8> {
    let way = match line.split(' ').next().unwrap_or_default() {
        "STOR" | "STOU" | "APPE" => "> ",
        "RETR" | "LIST" | "NLST" | "MLSD" => "< ",
        _ => "",
    };
    format!("{way}{line}").into_bytes()
}

// ProFTPD answers SITE CHMOD twice here, so it comes last.
const BEFORE_LOGIN: &str = "
    PWD
    CWD d
    LIST
    STOR x
    MLST
    MLSD
    MFMT 20200101000000 f
    STOU
    ALLO 1
    SITE BOGUS
    SITE
    ACCT x
    REIN
    OPTS UTF8 ON
    OPTS
    OPTS BOGUS
    HELP RETR
    HELP BOGUS
    NOOP
    SYST
    BOGUS
    USER
    PASS x
    SITE CHMOD 644 f
";

const FOLDERS: &str = r#"
    PWD
    PWD x
    XPWD
    CWD
    CWD nope
    CWD f
    CWD d
    PWD
    CDUP
    CDUP x
    XCUP
    CWD two words
    MKD
    MKD a
    MKD a
    MKD a/b
    MKD /c
    MKD x"y
    CWD x"y
    PWD
    MKD z"z
    CWD ..
    MKD nope/a
    MKD f
    RMD
    RMD a/b
    XRMD a
    RMD nope
    RMD d
    DELE
    DELE f
    DELE f
    DELE d
    DELE link
    DELE dangling
    DELE two words
    DELE q"uote
"#;

const RENAMES: &str = "
    RNTO
    RNTO x
    RNFR
    RNFR nope
    RNFR f
    NOOP
    RNTO g
    RNFR g
    RNTO d/g
    RNFR d
    RNTO d2
    RNFR two words
    RNTO d2/two more words
    RNFR link
    RNTO link2
    RNFR d2
    PWD
    RNTO d3
";

const TRANSFERS: &str = "
    RETR f
    RETR nope
    RETR d
    TYPE I
    RETR f
    RETR q\"uote
    STOR new
    RETR new
    STOR d
    STOR nope/x
    APPE new
    RETR new
    REST 5
    RETR f
    REST 5
    NOOP
    RETR f
    REST 12
    RETR f
    REST 13
    RETR f
    REST 5
    STOR f
    RETR f
    REST 5
    STOU
    STOU
    STOU x
    REST
    REST x
    REST -1
    RETR
    STOR
    APPE
    ABOR
";

const PARAMETERS: &str = "
    TYPE
    TYPE A
    TYPE A N
    TYPE A T
    TYPE I
    TYPE E
    TYPE L
    TYPE L 7
    TYPE X
    MODE
    MODE S
    MODE B
    MODE X
    STRU
    STRU F
    STRU R
    STRU X
    ALLO
    ALLO 10
    ALLO 10 R 5
    ALLO x
    ALLO 99999999999999999999
    PASV
    PASV x
    EPSV 1
    EPSV 3
    EPSV x
    PORT 1,2,3
    EPRT
    EPRT |3|x|1|
    EPSV ALL
";

const LISTINGS: &str = "
    LIST d
    LIST f
    LIST -a d
    LIST -d d
    LIST -1 d
    LIST -R d
    LIST two words
    LIST link
    LIST d/*
    NLST d
    NLST f
    NLST /d
    NLST d/
    NLST -a d
    NLST d/*
    NLST nope
    NLST zz*
    NLST dangling
    STAT f
    STAT d
    STAT -l f
    STAT nope
    STAT two words
    SIZE f
    TYPE I
    SIZE f
    SIZE link
    SIZE d
    SIZE nope
    SIZE dangling
    MDTM f
    MDTM d
    MDTM link
    MDTM nope
    MDTM 20200101000000 f
";

const FACTS: &str = "
    MLST f
    MLST d
    MLST d/inner
    MLST two words
    MLST q\"uote
    MLST nope
    MLST dangling
    MLST *
    MLST link
    MLSD d
    MLSD f
    MLSD nope
    MLSD -a
    OPTS MLST type;
    MLST f
    MLSD d
    OPTS MLST size;type;
    MLST f
    OPTS MLST modify;bogus;UNIX.mode;
    MLST d
    OPTS MLST type size
    OPTS UTF8
    OPTS UTF8 ON
    OPTS utf8 off
    OPTS UTF8 x
    OPTS RETR
";

const ATTRIBUTES: &str = "
    MFMT
    MFMT f
    MFMT 20200101000000
    MFMT 20200101000000 f
    MDTM f
    MFMT 20200101000001.5 two words
    MFMT 2020 f
    MFMT x f
    MFMT 20200101000000 nope
    MFMT 20200101000000 d
    SITE
    SITE HELP
    SITE HELP CHMOD
    SITE HELP BOGUS
    SITE BOGUS
    SITE BOGUS x
    SITE CHMOD
    SITE CHMOD 600 f
    MLST f
    SITE CHMOD u+x f
    SITE chmod o-r f
    MLST f
    SITE CHMOD g=r f
    SITE CHMOD 4755 f
    MLST f
    SITE CHMOD 999 f
    SITE CHMOD bogus f
    SITE CHMOD 644 nope
    SITE CHMOD 640 two words
    SITE CHMOD u+x,g+x f
    SITE CHGRP alice f
    SITE CHGRP bogus f
    MFMT 20200230000000 f
";

const INFORMATION: &str = "
    HELP
    FEAT
    HELP SITE
    HELP noop
    HELP NOOP x
    HELP STOU
    HELP ACCT
    HELP MLST
    HELP BOGUS
    STAT
    SYST
    NOOP x
    ACCT x
    SMNT x
    REIN
    USER alice
    USER bob
    PASS x
    BOGUS
    QUIT
";
