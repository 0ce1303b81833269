//! All scripts, most of them made from tables: verbs, their arguments, kinds of names, who says it.

mod arguments;
mod by_hand;
mod data;
mod listings;
mod logins;
mod names;
mod sequences;
mod sessions;

use super::script::{Script, Step, Who};

/// Configurations: a name, and the lines besides the usual ones.
pub const SETTINGS: &[(&str, &str)] = &[
    ("plain", ANONYMOUS),
    ("rooted", ROOTED),
    ("limited", LIMITED),
    ("narrow", NARROW),
    ("spoken", SPOKEN),
    ("deflated", DEFLATED),
    ("bare", BARE),
    ("six", SIX),
];

const ANONYMOUS: &str = "\
AllowOverwrite on
<Anonymous {folder}/home>
User www-data
Group www-data
UserAlias ftp www-data
RequireValidShell off
</Anonymous>
";

const ROOTED: &str = "AllowOverwrite on\nDefaultRoot ~\nAllowStoreRestart on\n";

/// A pair on IPv6.
const SIX: &str = "# ::1\nAllowOverwrite on\nDefaultRoot ~\nAllowStoreRestart on\n";

const LIMITED: &str = "\
DefaultRoot ~
AllowOverwrite off
PathDenyFilter \\.exe$
<Directory ~/folder>
<Limit WRITE>
DenyAll
</Limit>
</Directory>
<Directory ~/emptied>
<Limit DIRS>
DenyAll
</Limit>
</Directory>
<Directory ~/incoming>
<Limit READ>
DenyAll
</Limit>
</Directory>
";

const NARROW: &str =
    "DefaultRoot ~\n<Limit SITE_CHMOD MKD RNFR>\nDenyAll\n</Limit>\n<Limit STOR>\nDenyAll\n</Limit>\n";

const DEFLATED: &str = "AllowOverwrite on\nDefaultRoot ~\nDeflateEngine on\n";

const SPOKEN: &str = "MultilineRFC2228 on\nServerIdent on \"%L %V %v %E %R %U %u %C %%\"\nAccessGrantMsg \"Welcome %u from %h\"\nMaxLoginAttempts 1\n";

const BARE: &str = "DefaultRoot ~\nDigestEngine off\nLangEngine off\nCopyEngine off\nSiteMiscEngine off\n";

/// Every script.
pub fn all() -> Vec<Script> {
    [
        arguments::scripts(),
        names::scripts(),
        listings::scripts(),
        logins::scripts(),
        sequences::scripts(),
        by_hand::scripts(),
        data::scripts(),
        sessions::scripts(),
    ]
    .concat()
}

/// A script as tables have it: name, configuration, who, steps.
type Listed = (&'static str, &'static str, Who, &'static [&'static str]);

fn listed((name, setting, who, steps): &Listed) -> Script {
    let rows: Vec<Vec<u8>> = steps.iter().map(|step| step.as_bytes().to_vec()).collect();
    script((*name).to_owned(), setting, *who, &rows)
}

/// One script from rows as [`Step::of`] reads them.
fn script(name: String, setting: &'static str, who: Who, rows: &[Vec<u8>]) -> Script {
    let steps = rows.iter().map(|row| Step::of(row)).collect();
    Script { name: format!("{name}/{}", who.word()), setting, who, steps }
}
