//! Logging in, the connection itself, and what is said about the server.

use super::{Wanted, wanted};

/// The rows.
pub const ROWS: &[Wanted] = &[
    wanted(r"^\(connect\)$", "127", "::ffff:127", "an IPv4 client is greeted").but_for("::ffff:"),
    wanted(
        "^(CSID|csid)",
        "^200 name=ferryd;casesensitive=1;$",
        "^200 name=ProFTPD;version=[^;]*;casesensitive=1;$",
        "CSID tells the version",
    ),
    wanted("^(FEAT|feat) *$", "^ AVBL\n", "", "AVBL is not known").but_for("^ AVBL\n"),
    wanted("^(FEAT|feat) *$", r"\n LANG EN\*\n", r"^ LANG C.UTF-8\*\n", "LANG knows the languages")
        .but_for(r"(?m)^ LANG [^\n]*\n"),
    wanted("^(FEAT|feat) *$", "ownername[*]?;create;media-type;$", "ownername[*]?;$", "FEAT lists ten facts")
        .but_for("create;media-type;$"),
    wanted(
        r"^(HELP|help)( *|\\ttab| (MFF|MFMT|CSID|LANG|ADAT|AVBL))$",
        r"^( MFF     MFMT    CSID    (LANG    )?ADAT\*   AVBL    |214 Syntax: [A-Z]+ [^\n]*)$",
        "^(502 Unknown command '[A-Z]+')?$",
        "HELP does not know MFF",
    ),
    wanted(
        "(?i)^(HELP SITE|SITE HELP( CHMOD)?) *$",
        r"^(214-UTIME\n SYMLINK\n RMDIR\n MKDIR\n CPFR\n CPTO\n COPY\n HELP| COPY <sp> source <sp> destination)?$",
        r"^(214-HELP|( (UTIME|SYMLINK|RMDIR|MKDIR|CPFR|CPTO) <sp>[^\n]*\n?){6})?$",
        "SITE HELP does not know COPY",
    ),
    wanted(
        r"^(LANG|lang)([ \\]|$)",
        "^(200 Using (default )?language en(-US)?|504 Language [a-z*]+ not supported|501 Invalid number of parameters)$",
        "^(200 Using default language C.UTF-8|504 Language en(-US)? not supported|500 Unable to handle command)$",
        "LANG knows the languages",
    ),
    wanted(
        "^HOST (1.2.3.4|127.0.0.1)$",
        "^504 [0-9.]+: Unknown hostname provided$",
        "^220 HOST command successful$",
        "HOST of any IPv4 address",
    ),
    wanted(
        "^HOST example.org$",
        "^503 Bad sequence of commands$",
        "^504 example.org: Unknown hostname provided$",
        "HOST between USER and PASS",
    )
    .in_scripts("^login/HOST between/"),
    wanted("^MODE Z$", "^530 Please login with USER and PASS$", "^200 OK$", "MODE Z is served before login")
        .in_scripts("^offers/deflated/unnamed$"),
    wanted(
        r"^(NOOP|QUIT|\(end\)|SITE[^\n]*)$",
        r"^(200 NOOP|221 |\(closed\)$|500 'SITE |214-The)",
        "^(530 Please login|200 NOOP|221 |500 'SITE )",
        "RNTO and SITE are answered twice",
    )
    .in_scripts("^(arguments/(RNTO|SITE)/(unnamed|refused)|sessions/before login/unnamed)$"),
    wanted(
        r"^(EPSV [12]|EPRT \|[12]\|[0-9.:]+\|51400\||PASV)$",
        r"^(522 .* use \([12]\)|500 Illegal PASV command, use EPSV)$",
        r"^(229 .*|500 Illegal EPRT command|227 Entering Passive Mode \(1,\d+,\d+\)\.)$",
        "EPSV and EPRT that name the other family",
    ),
    wanted(
        r"^NOOP\\n",
        "^200 NOOP command successful(\n200 NOOP command successful)?$",
        r"^\(silence\)$",
        "a bare LF ends no line",
    ),
];
