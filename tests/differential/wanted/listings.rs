//! Listings, and what else shows folders.

use super::{ORDER, Wanted, wanted};

const NOWHERE: &str = "LIST, NLST and STAT leave out links that lead nowhere";
const HIDDEN: &str = "what `<Limit>` hides from LIST";

/// The rows.
pub const ROWS: &[Wanted] = &[
    wanted("^LIST", "(^|\n)450 ", "(\n150 .*\n450 |^425 )", "`LIST` of a name that is not there").but_for(
        "150 Opening [^\n]*\n|^425 Unable to build data connection: Connection refused$|^450 [^\n]*: No such file or directory$",
    ),
    wanted(r"(?i)^(\(data\) )?(LIST|STAT|ML)", "root     root|perm=", "0        0 |perm=", "the server's names in listings")
        .but_for(" root +root +| 0 +0 +|UNIX.(group|owner)name=[^;]*;"),
    wanted(r"(?i)^(\(data\) )?ML", "perm=", "perm=", "`perm` says `a`").but_for("perm=[a-z]*;"),
    wanted(r"^\(data\) NLST [^\n]*[*?\[]", "", "", "NLST of a pattern goes through").but_for(ORDER),
    wanted(r"^\(data\) LIST", "", "", "LIST sorts `-r` within")
        .but_for(ORDER)
        .in_scripts("LIST -([rtSU]|tr|Sr)/"),
    wanted(
        r"^(\(data\) )?(LIST|NLST|STAT)[^\n]* (dangling|circle|outside|upward)$",
        "",
        "(450 [^\n]*: (No such file or directory|Too many levels of symbolic links)|^)$",
        NOWHERE,
    ),
    wanted(r"^\(data\) (NLST|LIST -L)", "(dangling|outside|upward)", "", NOWHERE)
        .but_for("[^\n]*(circle|dangling|outside|upward)[^\n]*"),
    wanted(
        "^((LIST|NLST|STAT) locked|LIST)$",
        "450 [^\n]*: (Permission denied|No such file or directory)$",
        "(226 Transfer complete|212 End of status)$",
        "LIST, NLST and STAT of a folder that cannot be read",
    ),
    wanted(
        "^(LIST|STAT|MLST|MLSD) emptied$",
        "(: No such file or directory|cannot be listed)$",
        "(226 Transfer complete|212 End of status|550 Unable to handle command)$",
        HIDDEN,
    )
    .in_scripts("limit"),
    wanted(r"^\(data\) NLST \*$", "", "emptied", HIDDEN).but_for("emptied[^\n]*").in_scripts("limited"),
    wanted(
        r"^(\(data\) )?(LIST -l?d( \.\.?)?|NOOP|QUIT|\(end\))$",
        "",
        r"^(\((closed|over)\))?$",
        "`LIST -d` without a path",
    )
    .in_scripts("^listings/LIST -l?d"),
    wanted(r"^\(data\) LIST .hidden$", "hidden", "^$", "`LIST .x` shows nothing"),
    wanted(r"^(\(data\) (LIST|NLST)|STAT) -dash$", "", "", "a file called `-al`"),
    wanted(r"^\(data\) LIST -a?R", "", "down/down/down/down", "`maxfiles 2` lets NLST show"),
    wanted(r"^\(data\) NLST -a?R .*\*$", "", "", "`NLST -R` of a pattern"),
    wanted("^STAT .*to-folder", "^212", "^213", "STAT of a link to a folder").but_for("21[23]"),
    wanted("^MLST (to-|link)", "type=(file|dir)", "modify=<now>", "MLSD leaves out links")
        .but_for("(modify|size|UNIX.(mode|owner|group))=[^;]*;"),
    wanted(r"^\(data\) MLSD", "", "symlink", "MLSD leaves out links").but_for("[^\n]*symlink[^\n]*"),
    wanted(r"^\(data\) NLST (\.\./)+\.\.$", r"\.\./\.\./", "", "NLST of a path that climbs")
        .but_for(r"(?m)^((\.\./)+|/)"),
];
