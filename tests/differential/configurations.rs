//! Rules of access in many small configurations, each told the same short session.

use super::script::{Script, Step, Who};

/// The lines besides the usual ones; `{folder}/home` is alice's home. Alice is in `alice` and `club`.
pub const CONFIGURATIONS: &[&str] = &[
    "AllowOverwrite on\nAllowStoreRestart on\n",
    "AllowRetrieveRestart off\n",
    "AllowOverwrite on\nAllowStoreRestart on\n<Directory {folder}/home/incoming>\nAllowOverwrite off\n</Directory>\n",
    "<Directory {folder}/home/incoming>\nAllowOverwrite on\nAllowStoreRestart on\nAllowRetrieveRestart off\nUmask 077 027\n</Directory>\n",
    "AllowOverwrite on\nDenyFilter \\.txt$\n",
    "AllowOverwrite on\nAllowFilter \"^[a-zA-Z0-9 /]*$\"\n",
    "AllowOverwrite on\nPathDenyFilter \\.txt$\n<Directory {folder}/home/incoming>\nPathDenyFilter none\n</Directory>\n",
    "AllowOverwrite on\nPathAllowFilter \\.txt$\n",
    "AllowOverwrite on\nHiddenStores on\n",
    "AllowOverwrite on\nHiddenStores part .suffix\nDeleteAbortedStores off\n",
    "AllowOverwrite on\n<Limit WRITE>\nAllowUser alice\nDenyAll\n</Limit>\n",
    "AllowOverwrite on\n<Limit WRITE>\nDenyUser alice\n</Limit>\n",
    "AllowOverwrite on\n<Limit WRITE>\nDenyUser bob,carol\n</Limit>\n",
    "AllowOverwrite on\n<Limit STOR>\nDenyGroup club\n</Limit>\n",
    "AllowOverwrite on\n<Limit STOR>\nAllowGroup club,alice\nDenyAll\n</Limit>\n",
    "AllowOverwrite on\n<Limit STOR>\nAllowGroup !club\nDenyAll\n</Limit>\n",
    "AllowOverwrite on\n<Limit READ>\nOrder deny,allow\nAllow from 10.0.0.1\n</Limit>\n",
    "AllowOverwrite on\n<Limit READ>\nOrder allow,deny\nAllow from 127.0.0.0/8\nDeny from all\n</Limit>\n",
    "AllowOverwrite on\n<Limit DIRS>\nDeny from 127.0.0.1\nAllowUser alice\n</Limit>\n",
    "<Class here>\nFrom 127.0.0.1\n</Class>\n<Limit MKD>\nDenyClass here\n</Limit>\n",
    "<Class here>\nFrom 127.0.0.1\n</Class>\n<Limit MKD>\nDenyClass !here\n</Limit>\n",
    "AllowOverwrite on\n<Directory {folder}/home>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>\n<Directory {folder}/home/incoming>\n<Limit STOR>\nAllowUser alice\n</Limit>\n</Directory>\n",
    "AllowOverwrite on\n<Directory {folder}/home>\n<Limit STOR>\nDenyAll\n</Limit>\n</Directory>\n<Directory {folder}/home/incoming>\n<Limit WRITE>\nAllowAll\n</Limit>\n</Directory>\n",
    "AllowOverwrite on\n<Limit STOR>\nAllowAll\n</Limit>\n<Limit WRITE>\nDenyAll\n</Limit>\n",
    "LoadModule mod_ifsession.c\nAllowOverwrite on\n<IfUser alice>\n<Limit WRITE>\nDenyAll\n</Limit>\n</IfUser>\n",
    "LoadModule mod_ifsession.c\nAllowOverwrite on\n<IfUser !alice>\n<Limit WRITE>\nDenyAll\n</Limit>\n</IfUser>\n",
    "LoadModule mod_ifsession.c\nAllowOverwrite on\n<IfGroup club>\nPathDenyFilter \\.txt$\nUmask 077\n</IfGroup>\n",
    "LoadModule mod_ifsession.c\n<IfAuthenticated>\nAllowOverwrite on\n</IfAuthenticated>\n",
    "<Limit LOGIN>\nDenyUser bob\nDenyGroup !alice\n</Limit>\n",
    "<Limit LOGIN>\nAllowGroup club\nDenyAll\n</Limit>\n",
];

/// What each of them is told.
const TOLD: &str = "
    TYPE I
    > STOR incoming/new
    > STOR incoming/new.txt
    > STOR incoming/old
    > STOR plain
    > APPE incoming/old
    REST 3
    > STOR incoming/old
    REST 3
    < RETR plain
    REST 3
    < RETR incoming/old
    < RETR lines
    MKD incoming/made
    MKD made
    RMD made
    CWD incoming
    SIZE old
    RNFR old
    RNTO renamed
    DELE new
    PWD
";

/// The session, for the configuration of that number.
pub fn script(number: usize) -> Script {
    let steps = TOLD.trim().lines().map(|line| Step::of(line.trim().as_bytes())).collect();
    Script { name: format!("configurations/{number}"), setting: "own", who: Who::User, steps }
}
