//! Files and folders.

use super::{Wanted, wanted};

const JUDGED: &str = "a name is judged before";
const ROOT: &str = "RNFR takes the root";
const ON_DANGLING: &str = "RNTO onto a link that leads nowhere";
const AROUND: &str = "a link leads around `<Limit>`";
const BEHIND: &str = "STOR behind the end of a file";
const BLANKS: &str = "SITE's paths lose blanks";
const COPIES: &str = "copies are made of links";

/// The rows.
pub const ROWS: &[Wanted] = &[
    wanted("", "\u{fffd}\u{fffd}", "\u{fffd}", "a byte 255 in a name").but_for("\u{fffd}+"),
    wanted(r"^CWD (a/){20}", "^500 Command line too long$", r"^\(silence\)$", "a line that is too long"),
    wanted(
        r" ~$",
        "",
        "((~|<folder>/home): No such file or directory|'~' cannot be listed|^)$",
        "`~` is the home",
    ),
    wanted(r"(\*/\*|^CWD fol\\rder)$", r"\?", "", "line ends in names")
        .but_for(r"(fol|new)(\?|\r|\\n\n)(der|line)"),
    wanted(
        "^(CWD|SITE CPFR) m{256}$",
        "^550 m{256}: File name too long$",
        "^550 (m{256}: No such file or directory|/m{256}: File name too long)$",
        "CWD with a name that is too long",
    ),
    wanted(
        "^(CWD ~alice/folder|LIST ~bob)$",
        "(550|450) [^\n]*: No such file or directory$",
        "(^250 [^\n]*|450 <folder>/home: No such file or directory)$",
        "`~user/x` leads",
    ),
    wanted(
        r"^(MKD|RMD|STOR|RNTO|SITE UTIME \d+|SITE MKDIR) ",
        ": (Not a directory|File exists|Not a regular file|No such file or directory)$",
        ": (Permission denied|Operation not permitted|Overwrite permission denied)$",
        JUDGED,
    ),
    wanted(
        r"^(RNFR|RNTO|MFMT \d+|MFF \S+) (to-folder(/inside)?|moved|to-secret)$",
        "^(550|503|250) ",
        "^(350|213|250|501|550) ",
        AROUND,
    )
    .in_scripts("limited/(RNFR|RNTO|MFMT|MFF)/")
    .leaving("^(folder|folder/inside|dangling): "),
    wanted(
        "^(RNFR|RNTO) ",
        "(: Device or resource busy|^503 Bad sequence of commands)$",
        "(^350 [^\n]*|: (Device or resource busy|Rename permission denied))$",
        ROOT,
    )
    .in_scripts("names [^/]*/RN"),
    wanted(
        "^RNTO (dangling|circle|outside|upward|incoming/old)$",
        ": Rename permission denied$",
        "^250 ",
        ON_DANGLING,
    )
    .leaving("^(dangling|circle|outside|upward): link "),
    wanted(
        "^RNTO ",
        ": Operation not permitted$",
        ": Rename permission denied$",
        "RNTO refused for two reasons",
    ),
    wanted("", "", "^(501 Bad sequence of commands|250 Rename successful)$", "after RNFR everything")
        .in_scripts("^(sequence/RNFR|sessions/renames|arguments[^/]*/RNFR)")
        .leaving("^(plain|empty|moved2?|d[23](/[^:]*)?): "),
    wanted(
        "^STOR ",
        "\n(554 REST: invalid [^\n]*|550 missing/below: No such file or directory)$",
        "\n550 [^\n]*$",
        BEHIND,
    )
    .in_scripts("/STOR at 5/")
    .leaving(" new 0 bytes"),
    wanted("^MFMT ", "^501 [^\n]*: Invalid argument$", "^(213|501) ", "MFMT takes dates").leaving("^f: "),
    wanted("^(MFMT|MFF) .*plain/$", "", "^501 [^\n]*: Not a directory$", "a slash behind a file"),
    wanted("^SITE CHMOD u.x,", "^200", ": invalid mode$", "`SITE CHMOD` takes one change"),
    wanted(
        "^(SITE CH.*|HASH|MD5|XCRC) plain/below$",
        ": Not a directory$",
        ": No such file or directory$",
        "`SITE CHMOD` below a file",
    ),
    wanted(
        r"^(SITE (CH(MOD|GRP)|UTIME) \w+|X(CRC|MD5|SHA\d*)) (trailing | leading|tab\\there)$",
        "",
        "(: No such file or directory|^501 Invalid number of parameters)$",
        BLANKS,
    )
    .leaving(r"^(tab\\there|trailing | leading): "),
    wanted("^SITE CHGRP club ", ": Invalid argument$", "^550 ", "`SITE CHGRP` looks up"),
    wanted(
        r"^\(disk\) sequence/REST and APPE",
        "^plain: .* 48 bytes",
        "^plain: .* 39 bytes",
        "APPE after REST",
    ),
    wanted("^ALLO|^allo", "^(200|552|504) ", "^20[02] ", "ALLO is always `202`"),
    wanted(r"^\(disk\) .*/STOU/", " 100644 ", " 100600 ", "STOU that gets no data")
        .but_for(" 100644 | 100600 "),
    wanted("(?i)^AVBL", "^(213|501|530|550) ", "^500 AVBL not understood$", "AVBL is not known"),
    wanted(
        "^SITE COPY empty folder/inside$",
        "^550 COPY: Operation not permitted$",
        "^550 folder/inside: Operation not permitted$",
        "a copy that `<Limit>` refuses",
    ),
    wanted("^(SITE (COPY to-secret|CPTO) copied|DELE copied)$", "^550 ", "^2", COPIES),
    wanted(r"^\(data\) (STOR|APPE) ", "^$", r"^x\\xda\\x03", "an upload in MODE Z is answered")
        .in_scripts("MODE Z"),
];
