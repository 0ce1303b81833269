//! Verbs that a server may withhold.

use super::super::contexts::SERVERS_FOR_SOME;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "LangEngine",
        "mod_lang",
        SERVERS_FOR_SOME,
        "on|off",
        "on",
        "Whether LANG is offered; replies are in English.",
        |scope, arguments| {
            scope.session.lang_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "CopyEngine",
        "mod_copy",
        SERVERS_FOR_SOME,
        "on|off",
        "on",
        "Whether SITE CPFR, CPTO and COPY are offered.",
        |scope, arguments| {
            scope.session.copy_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "SiteMiscEngine",
        "mod_site_misc",
        SERVERS_FOR_SOME,
        "on|off",
        "on",
        "Whether SITE MKDIR, RMDIR, SYMLINK and UTIME are offered.",
        |scope, arguments| {
            scope.session.site_misc_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "DeflateEngine",
        "mod_deflate",
        SERVERS_FOR_SOME,
        "on|off",
        "off",
        "Whether MODE Z is offered: data connections that are compressed.",
        |scope, arguments| {
            scope.session.deflate_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
];
