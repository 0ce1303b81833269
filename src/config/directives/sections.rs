//! Sections, and what is carried out while the file is read.

use super::super::contexts::{ANYWHERE, Contexts, DIRECTORY, GLOBAL, HOST, MAIN, SERVERS, SESSIONS};
use super::{Effect, Repeats, Row};

const fn language(
    name: &'static str,
    contexts: Contexts,
    syntax: &'static str,
    sentence: &'static str,
) -> Row {
    Row {
        name,
        module: "mod_core",
        contexts,
        syntax,
        default: "",
        sentence,
        effect: Effect::Language,
        repeats: Repeats::Add,
        restart: None,
    }
}

const fn refused(name: &'static str, module: &'static str, sentence: &'static str) -> Row {
    Row {
        name,
        module,
        contexts: ANYWHERE,
        syntax: "…",
        default: "",
        sentence,
        effect: Effect::Refused,
        repeats: Repeats::Add,
        restart: None,
    }
}

const FILES_SCOPES: Contexts = Contexts::of(&[MAIN, HOST, GLOBAL, SESSIONS, DIRECTORY]);

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
        SESSIONS,
        "path|pattern",
        "What holds in a folder and below; the deepest that matches weighs most.",
    ),
    language("<Limit>", FILES_SCOPES, "command…", "Who may use these commands or groups of commands."),
    language(
        "<Class>",
        MAIN,
        "name",
        "Clients by where they come from; the first class that has a client is its class.",
    ),
    language("<IfDefine>", ANYWHERE, "[!]name", "Holds if the name is defined."),
    language("<IfModule>", ANYWHERE, "[!]module", "Holds if ferryd does that module's work."),
    refused("<IfUser>", "mod_ifsession", "sections for some users are not yet supported."),
    refused("<IfGroup>", "mod_ifsession", "sections for some groups are not yet supported."),
    refused("<IfClass>", "mod_ifsession", "sections for some classes are not yet supported."),
    refused("<IfAuthenticated>", "mod_ifsession", "sections for logged-in sessions are not yet supported."),
    refused("<IfVersion>", "mod_ifversion", "sections for some versions are not yet supported."),
    language("Include", ANYWHERE, "path|folder|pattern", "Reads another file here, up to 64 deep."),
    language("Define", ANYWHERE, "name [value]", "As -D on the command line."),
    Row { module: "mod_dso", ..language("LoadModule", MAIN, "module", "Accepted; everything is built in.") },
];
