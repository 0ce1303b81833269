//! Logging in, the connection itself, and what is said about the server.

use super::{Wanted, wanted};

/// The rows.
pub const ROWS: &[Wanted] = &[
    wanted(r"^\(connect\)$", r"[\[ ]127\.0\.0\.1", r"[\[ ]::ffff:127\.0\.0\.1", "an IPv4 client is greeted"),
    wanted(
        "^(CSID|csid)",
        "^200 name=ferryd;casesensitive=1;$",
        "^200 name=ProFTPD;version=[^;]*;casesensitive=1;$",
        "CSID tells the version",
    ),
    wanted("^(FEAT|feat) *$", r"^ AVBL\n LANG EN\*\n", r"^ LANG C.UTF-8\*\n", "AVBL is not known")
        .but_for(r"^ AVBL\n LANG EN\*\n|^ LANG C.UTF-8\*\n"),
    wanted("^(FEAT|feat) *$", "ownername[*]?;create;media-type;$", "ownername[*]?;$", "FEAT lists ten facts")
        .but_for("create;media-type;$"),
    wanted("^FEAT$", r"^ AVBL\n MLST ", "^ MLST ", "AVBL is not known")
        .but_for(r"^ AVBL\n")
        .in_scripts("^offers/bare/"),
    wanted(
        r"^(HELP|help) *(\\ttab)?$",
        r"^ MFF     MFMT    CSID    LANG    ADAT\*   AVBL    $",
        "^$",
        "HELP does not know MFF",
    ),
    wanted("^HELP$", r"^ MFF     MFMT    CSID    ADAT\*   AVBL    $", "^$", "HELP does not know MFF")
        .in_scripts("^offers/bare/"),
    wanted(
        "^HELP (MFF|MFMT|CSID|LANG|ADAT|AVBL)$",
        "^214 Syntax: [A-Z]+ ",
        "^502 Unknown command '[A-Z]+'$",
        "HELP does not know MFF",
    ),
    wanted(
        "^HELP SITE$",
        "^214-UTIME\n SYMLINK\n RMDIR\n MKDIR\n CPFR\n CPTO\n COPY\n HELP$",
        "^214-HELP$",
        "SITE HELP does not know COPY",
    ),
    wanted("^HELP TYPE$", r"\(A, I, L 8\)$", r"\(A, I, L 7, L 8\)$", "`TYPE L 7`"),
    wanted(
        "^TYPE (L 7|A C|I N)$",
        "^504 TYPE not implemented for '[LAI]' parameter$",
        "^200 Type set to [LAI]$",
        "`TYPE L 7`",
    ),
    wanted(
        "^(LANG|lang) *$",
        "^200 Using default language en$",
        "^(200 Using default language C.UTF-8|500 Unable to handle command)$",
        "LANG knows the languages",
    ),
    wanted(
        "^LANG en(-US)?$",
        "^200 Using language en(-US)?$",
        "^(504 Language en(-US)? not supported|500 Unable to handle command)$",
        "LANG knows the languages",
    ),
    wanted(
        r"^LANG[ \\].*$",
        "^(504 Language [a-z*]+ not supported|501 Invalid number of parameters)$",
        "^500 Unable to handle command$",
        "LANG knows the languages",
    )
    .in_scripts("/(user|anonymous)$"),
    wanted(
        "^HOST 1.2.3.4$",
        "^504 1.2.3.4: Unknown hostname provided$",
        "^220 HOST command successful$",
        "HOST of any IPv4 address",
    )
    .in_scripts("/(unnamed|refused)$"),
    wanted(
        "^HOST example.org$",
        "^503 Bad sequence of commands$",
        "^504 example.org: Unknown hostname provided$",
        "HOST between USER and PASS",
    )
    .in_scripts("^login/HOST between/"),
    wanted("^MODE Z$", "^530 Please login with USER and PASS$", "^200 OK$", "MODE Z is served before login")
        .in_scripts("^offers/deflated/unnamed$"),
    wanted("^(NOOP|QUIT)$", "^2", "^(530 Please login|200 NOOP)", "RNTO and SITE are answered twice"),
    wanted(r"^\(end\)$", r"^\(closed\)$", "^(530 |500 'SITE|221 )", "RNTO and SITE are answered twice"),
    wanted("^EPSV 2$", r"^522 .* use \(1\)$", "^229 ", "`EPSV 2`, and EPRT to an IPv6 address"),
    wanted(
        r"^EPRT \|2\|::1\|51400\|$",
        r"^522 .* use \(1\)$",
        "^500 Illegal EPRT command$",
        "`EPSV 2`, and EPRT to an IPv6 address",
    ),
    wanted(
        "^PORT 1,2,3,4,5,6,7$",
        "^501 Illegal PORT command$",
        "^500 Illegal PORT command$",
        "PORT takes more than six numbers",
    ),
    wanted(
        r"^NOOP\\n",
        "^200 NOOP command successful(\n200 NOOP command successful)?$",
        r"^\(silence\)$",
        "a bare LF ends no line",
    ),
];

/// Verbs whose differences have not all been mended or explained yet, a line each; the list only grows shorter.
#[rustfmt::skip]
pub const UNSETTLED: &[&str] = &[
];
