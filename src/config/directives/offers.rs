//! Verbs that a server may withhold.

use super::super::contexts::SERVERS;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "LangEngine",
        "mod_lang",
        SERVERS,
        "on|off",
        "on",
        "Whether LANG is offered; replies are in English.",
        |scope, arguments| {
            scope.server.lang_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "CopyEngine",
        "mod_copy",
        SERVERS,
        "on|off",
        "on",
        "Whether SITE CPFR, CPTO and COPY are offered.",
        |scope, arguments| {
            scope.server.copy_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "SiteMiscEngine",
        "mod_site_misc",
        SERVERS,
        "on|off",
        "on",
        "Whether SITE MKDIR, RMDIR, SYMLINK and UTIME are offered.",
        |scope, arguments| {
            scope.server.site_misc_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "DeflateEngine",
        "mod_deflate",
        SERVERS,
        "on|off",
        "off",
        "Whether MODE Z is offered: data connections that are compressed.",
        |scope, arguments| {
            scope.server.deflate_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
];
