//! Sections, and what is carried out while the file is read.

use super::super::contexts::{
    ANYWHERE, CONDITIONS, Contexts, DIRECTORY, FTPACCESS, GLOBAL, HOST, MAIN, SERVERS, SESSIONS,
    SESSIONS_FOR_SOME,
};
use super::{Effect, Row, other};

const fn language(
    name: &'static str,
    contexts: Contexts,
    syntax: &'static str,
    sentence: &'static str,
) -> Row {
    Row { contexts, syntax, ..other(name, "mod_core", Effect::Language, sentence) }
}

const FILES_SCOPES: Contexts = Contexts::of(&[SESSIONS, DIRECTORY, CONDITIONS, FTPACCESS]);
const FOLDER_SCOPES: Contexts = SESSIONS_FOR_SOME;
const EXPRESSION: &str = "[OR|AND] [!]name,…|regex pattern";

const fn condition(name: &'static str, syntax: &'static str, sentence: &'static str) -> Row {
    Row { module: "mod_ifsession", ..language(name, SERVERS, syntax, sentence) }
}

pub const ROWS: &[Row] = &[
    language(
        "<Global>",
        Contexts::of(&[MAIN, HOST]),
        "",
        "What every server is given, unless it says otherwise.",
    ),
    language("<VirtualHost>", MAIN, "address…", "A server of its own at these addresses."),
    language("<Anonymous>", SERVERS, "root", "Logins without an account of their own, confined to a root."),
    language(
        "<Directory>",
        FOLDER_SCOPES,
        "path|pattern",
        "What holds in a folder and below; the deepest that matches weighs most.",
    ),
    language("<Limit>", FILES_SCOPES, "command…", "Who may use these commands or groups of commands."),
    language(
        "<Class>",
        Contexts::of(&[MAIN, GLOBAL]),
        "name",
        "Clients by where they come from; the first class that has a client is its class.",
    ),
    language("<IfDefine>", ANYWHERE, "[!]name", "Holds if the name is defined."),
    language("<IfModule>", ANYWHERE, "[!]module", "Holds if ferryd does that module's work."),
    condition(
        "<IfUser>",
        EXPRESSION,
        "What holds for some users from their login on: by folder, `<Limit>`, limits, timers, messages, logs and the like.",
    ),
    condition("<IfGroup>", EXPRESSION, "The same for who is in all of these groups (`OR`: in one of them)."),
    condition(
        "<IfClass>",
        EXPRESSION,
        "The same for clients of these classes; and what is decided before a login, from their connection on.",
    ),
    condition("<IfAuthenticated>", "", "The same for whoever has logged in."),
    Row {
        module: "mod_ifversion",
        ..language(
            "<IfVersion>",
            ANYWHERE,
            "[[!]operator] version",
            "Holds if ferryd stands for such a version of ProFTPD: 1.3.8.",
        )
    },
    language("Include", ANYWHERE, "path|folder|pattern", "Reads another file here, up to 64 deep."),
    language("Define", ANYWHERE, "name [value]", "As -D on the command line."),
    Row { module: "mod_dso", ..language("LoadModule", MAIN, "module", "Accepted; everything is built in.") },
];
