//! Listings, and what else shows folders.

use super::{ORDER, Wanted, wanted};

const NOT_THERE: &str = "`LIST` of a name that is not there";
const NAMES: &str = "the server's names in listings";
const DANGLING: &str = "a dangling link, when listed by name";
const UNREADABLE: &str = "LIST, NLST and STAT of a folder that cannot be read";
const HIDDEN: &str = "what `<Limit>` hides from LIST";
const ITSELF: &str = "`LIST -d` without a path";
const THROUGH_LINKS: &str = "patterns do not go through links";
const HOME: &str = "`~` is the home";

/// The rows.
pub const ROWS: &[Wanted] = &[
    wanted(
        "^LIST",
        r"\n450 ",
        r"\n150 .*\n450 [^\n]*: (No such file|Not a directory|File name too long)",
        NOT_THERE,
    ),
    wanted(r"^\(data\) LIST", r"^\(none\)$", "^$", NOT_THERE),
    wanted(r"^LIST( |\\t)", "^450 ", "^425 ", NOT_THERE),
    wanted(r"^(\(data\) LIST|STAT)", " root     root ", " 0        0  ", NAMES)
        .but_for(" root +root +| 0 +0 +"),
    wanted("", "", "perm=", NAMES).but_for("UNIX.(group|owner)name=[^;]*;").in_scripts("ML|facts"),
    wanted("", "perm=", "perm=", "`perm` says `a`").but_for("perm=[a-z]*;").in_scripts("ML|facts"),
    wanted(r"^\(data\) (NLST|MLSD)", "", "", "NLST and MLSD in the order of the folder").but_for(ORDER),
    wanted(r"^\(data\) LIST", "", "", "LIST sorts `-r` within")
        .but_for(ORDER)
        .in_scripts("LIST -([rtSU]|tr|Sr)/"),
    wanted(r"^\(data\) [^\n]*(dangling|circle|outside|upward)$", "", r"^(\(none\))?$", DANGLING),
    wanted("^[^(\n]*(dangling|circle|outside|upward)$", "(226|21[23]) ", "450 ", DANGLING),
    wanted("^STAT", "^21[23]", "^450", "STAT takes no pattern"),
    wanted("^NLST", r"\n150 ", r"\n450 ", "NLST leaves out links"),
    wanted("^(LIST|NLST|STAT)", "450 [^\n]*: Permission denied", "", UNREADABLE),
    wanted("^LIST$", "\n450 : No such", "\n226 ", UNREADABLE),
    wanted(r"^\(data\) NLST locked$", r"^\(none\)$", "^$", UNREADABLE),
    wanted("^(LIST|STAT) emptied$", ": No such file or directory$", "", HIDDEN).in_scripts("limit"),
    wanted("^ML(ST|SD) emptied$", "^", "550 Unable to handle command$", HIDDEN),
    wanted("^LIST -l?d$", "\n226 ", r"^\(closed\)$", ITSELF).in_scripts(" alone/"),
    wanted(r"^\(data\) LIST -l?d$", "", r"^\(none\)$", ITSELF).in_scripts(" alone/"),
    wanted("", "", r"^\(over\)$", ITSELF).in_scripts(" alone/"),
    wanted(r"^\(data\) LIST -l?d \.\.?$", r" \.", "^$", ITSELF),
    wanted(r"^\(data\) LIST .hidden$", "hidden", "^$", "`LIST .x` shows nothing"),
    wanted(r"^(\(data\) (LIST|NLST)|STAT) -dash$", "", "", "a file called `-al`"),
    wanted(r"\*/\*$", r"new\?line", "new\\\\n\nline", "line ends in names").but_for(r"new(\\n\n|\?)line"),
    wanted(r"\*/\*$", "to-folder/", "", THROUGH_LINKS).but_for("[^\n]*to-folder/[^\n]*"),
    wanted(r"^\(data\) NLST -1a? \*/\*$", "", "", THROUGH_LINKS).but_for(r"(below|inside)\\r\\n"),
    wanted(r"^\(data\) LIST (-C|-a?R) \*/\*$", "to-folder/", "new\\\\n\nline", THROUGH_LINKS),
    wanted(r"^\(data\) LIST -a?R", "", "down/down/down/down", "`maxfiles 2` lets NLST show"),
    wanted(r"^\(data\) NLST -a?R .*\*$", "", "", "`NLST -R` of a pattern"),
    wanted("^(NLST|STAT) -", "450 ", "450 -", "a refusal of NLST or STAT repeats").but_for("450 (-[^ ]* )*"),
    wanted("^STAT .*to-folder", "^212", "^213", "STAT of a link to a folder").but_for("21[23]"),
    wanted("^MLST (to-|link)", "type=(file|dir)", "modify=<now>", "MLSD leaves out links")
        .but_for("(modify|size|UNIX.(mode|owner|group))=[^;]*;"),
    wanted(r"^\(data\) MLSD", "", "symlink", "MLSD leaves out links").but_for("[^\n]*symlink[^\n]*"),
    wanted("^MLST ~$", "^250", "^550 '~' cannot be listed$", HOME),
    wanted("^(LIST|MLSD) ~$", "\n226 ", ": No such file or directory$", HOME),
    wanted(r"^\(data\) (LIST|NLST|MLSD) ~$", "", r"^(\(none\))?$", HOME),
    wanted("^STAT", "iac\u{fffd}\u{fffd}", "iac\u{fffd}", "a byte 255 in a name").but_for("\u{fffd}+"),
    wanted(r"^\(data\) LIST -L", "dangling", "", DANGLING)
        .but_for("[^\n]*(circle|dangling|outside|upward)[^\n]*"),
    wanted(r"^\(data\) NLST", "(dangling|outside|upward)", "", "NLST leaves out links")
        .but_for("[^\n]*(circle|dangling|outside|upward)[^\n]*"),
    wanted(r"^\(data\) NLST \*$", "", "emptied", HIDDEN).but_for("emptied[^\n]*").in_scripts("limited"),
    wanted(r"^\(data\) NLST (\.\./)+\.\.$", r"\.\./\.\./", "", "NLST of a path that climbs")
        .but_for(r"(?m)^((\.\./)+|/)"),
];
