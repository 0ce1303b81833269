//! What configurations bring to light.

use super::{Wanted, wanted};

const fn row(
    script: &'static str,
    said: &'static str,
    ours: &'static str,
    theirs: &'static str,
    page: &'static str,
) -> Wanted {
    wanted(said, ours, theirs, page).in_scripts(script)
}

const UNIQUE: &str = "STOU is refused where AllowOverwrite is off";
const NONE: &str = "`PathAllowFilter none` lets names through";
const ALL: &str = "`<Limit ALL>` refuses each command in words of its own";
const ADVERTISED: &str = "LANG knows the languages";
const LINKS: &str = "MLSD leaves out links";
const BYTES: &str = "`%b` of a transfer in ASCII, and its size in xferlog";
const DELETED: &str = "`%b` of DELE, and a deletion's size in xferlog";
const CHARACTERS: &str = "replies name files in the disk's characters";
const FOLDERS: &str = "`%D` and `%f` of folders";

/// The rows.
pub const ROWS: &[Wanted] = &[
    row("^directives/AllowOverwrite", "STOU$", "150 FILE|^$", "denied$|none", UNIQUE),
    row("^directives/AllowOverwrite", r"^\(disk\)", "36 bytes|34 bytes", " 0 bytes", UNIQUE)
        .but_for("[^\n]*<name>: file[^\n]*"),
    row("^directives/", r"^\(disk\)", " 0 bytes", " 0 bytes", "STOU that gets no data")
        .but_for("<name>: file 100[0-7]*"),
    row(
        "^directives/(User|Group)Owner",
        r"^\(disk\)",
        "incoming/other",
        "incoming/other",
        "UserOwner and GroupOwner do not give away what SITE MKDIR makes",
    )
    .but_for("incoming/other: folder [^\n]*|<name>: file 100[0-7]*"),
    row(
        "^directives/VRootEngine VRootOptions",
        r"^(\(data\) )?RETR up",
        "550 up: Not a regular file|^$",
        "^twelve bytes$|226 Transfer complete",
        "`VRootOptions allowSymlinks` (mod_vroot) lets links lead out of a session's root",
    ),
    row("^directives/(Deny|Allow)Filter", "^ACCT", "^502 ", "Forbidden command argument", "ACCT is logged"),
    row("^directives/Path(Deny|Allow)Filter", "^SITE MKDIR", "Forbidden filename$", "not permitted$", ALL),
    row("^directives/PathAllowFilter", "STOR ", "226 Transfer complete$|^$", "Forbidden|none", NONE),
    row("^directives/PathAllowFilter", r"^\(disk\)", "new: file", "^$", NONE),
    row("^directives/<Limit>", "^(HELP|LANG|MF|MLS|NOOP|SITE)", "50[24] |550 ", "50[012] |550 ", ALL),
    row(
        "^directives/<Limit>",
        "^RETR",
        ": No such file",
        "Operation not permitted$",
        "a name is judged before",
    ),
    row("^directives/<Limit>", "^NLST$", "\n450 : No such", "\n450 ", "what `<Limit>` hides from LIST"),
    row("^directives/", r"^\(data\) NLST", "up", "", "LIST, NLST and STAT leave out links")
        .but_for("up\\\\r\\\\n"),
    row("^directives/UseGlobbing", "^LIST ", "\n450 ", "\n226 ", "`LIST` of a name that is not there"),
    row("^directives/.*UseEncoding", "^MKD", "^257", "^257", CHARACTERS).but_for("\"<folder>/home/[^\"]*\""),
    row("^directives/.*DisplayReadme", "^PASS|^CDUP|^CWD", "Feb", "", "`DisplayReadme` tells no date")
        .but_for(r"modified on [A-Za-z0-9: ]*"),
    row("^directives/ListStyle", r"^\(data\) LIST", "", "", "`ListStyle Windows`")
        .but_for(r"\b04:05AM|\b04:05|\d\d:\d\d(AM|PM)?"),
    row("^directives/Facts|^directives/Lang", "^FEAT", "", "", ADVERTISED)
        .but_for(r" AVBL\n?|[^\n]*LANG [^\n]*|create;media-type;"),
    row("^directives/Facts", r"^\(data\) MLSD", "", "", "MLSD leaves out links")
        .but_for("[^\n]*OS.unix[^\n]*"),
    row("^directives/", "^MLST folder/up", "type=", "type=", LINKS).but_for("(modify|size|UNIX.mode)=[^;]*;"),
    row("^directives/HideFiles", "^MLST plain$", "^550", "^250", "LIST, NLST and STAT of a hidden file"),
    row(
        "^directives/HideFiles",
        r"^\(data\) NLST folder",
        "^$",
        "up",
        "HideFiles asks NLST about where a link leads",
    ),
    row("^directives/HideNoAccess", "^RETR", "No such file", "Permission denied$", "`HideNoAccess` and RETR"),
    row("^directives/ListOptions", "^NLST nosuch$", "\n226 ", "\n226-", "`NoErrorIfAbsent` ends NLST"),
    row(
        "^directives/ListOptions",
        r"^\(data\) LIST folder$",
        "link -> inside",
        "link -> /inside",
        "`AdjustedSymlinks` shows",
    ),
    row("^directives/ListOptions", r"^\(data\) LIST$", "incoming:", "^$", "`maxdepth` ends `LIST -R`"),
    row("^directives/(ExtendedLog|LogFormat|TransferLog)", r"^\(disk\)", "", "", BYTES)
        .but_for("(RETR (b )?|RETR lines\" 226 )1[47]\\b|127.0.0.1 (1[47]|3[46]) <folder>[^\n]* a _ "),
    row("^directives/(ExtendedLog|LogFormat|TransferLog)", r"^\(disk\)", "", "", DELETED)
        .but_for("\"DELE [^\n]*|DELE b [-0-9]+|127.0.0.1 [0-9]+ [^\n]* d r "),
    row("^directives/ExtendedLog", r"^\(disk\)", "BOGUS", "", "`ExtendedLog … !READ,ALL` logs nothing")
        .but_for(r"[^\n]*BOGUS[^\n]*|\(ext\) \d\d: "),
    row("^directives/LogFormat", r"^\(disk\)", "", "", "`%L` and `%V` are")
        .but_for("(L|V) (::ffff:)?127.0.0.1"),
    row("^directives/LogFormat", r"^\(disk\)", "", "", FOLDERS).but_for("RMD F [^\n]*"),
    row("^directives/LogFormat", r"^\(disk\)", "", "", "`%w` within a root").but_for(r" w [^\n ]*"),
];
