//! What MLST and MLSD tell of files, and how STOU names them.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{FILES_AND_FTPACCESS, SERVERS_FOR_SOME};
use super::super::draft::Scope;
use super::{Row, sets};
use crate::protocol::{Fact, Facts};

pub const ROWS: &[Row] = &[
    sets(
        "FactsAdvertise",
        "mod_facts",
        SERVERS_FOR_SOME,
        "on|off",
        "on",
        "Whether FEAT tells clients of MLST and MLSD, which are served either way.",
        |scope, arguments| {
            scope.session.facts_advertised = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "FactsDefault",
        "mod_facts",
        SERVERS_FOR_SOME,
        "fact …",
        "",
        "The facts that MLST and MLSD tell to clients that choose none; all of them but create and media-type by default.",
        usual,
    ),
    sets(
        "FactsOptions",
        "mod_facts",
        SERVERS_FOR_SOME,
        "[UseSlink] [NoNames] [AdjustedSymlinks]",
        "",
        "How facts are told: where a link leads (UseSlink), owners and groups as numbers alone (NoNames).",
        options,
    )
    .adds(),
    sets(
        "StoreUniquePrefix",
        "mod_xfer",
        FILES_AND_FTPACCESS,
        "prefix",
        "ftp",
        "How the names begin that STOU makes; six random letters follow.",
        prefix,
    ),
];

fn usual(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut facts = Facts::NONE;
    let mut next = Some(arguments.word("a fact")?);
    while let Some(word) = next {
        match Fact::named(word.text.as_bytes()) {
            Some(fact) => facts = facts.with(fact),
            None => return Err(arguments.fault(format!("no fact '{}' is known", word.text))),
        }
        next = arguments.maybe();
    }
    scope.session.facts_usual = Some(facts);
    Ok(())
}

fn options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut options = scope.session.facts_options.unwrap_or_default();
    while let Some(word) = arguments.maybe() {
        match word.text.to_ascii_lowercase().as_str() {
            "useslink" => options.link_targets = true,
            "nonames" => options.no_names = true,
            // Targets are told as the session sees them in every case.
            "adjustedsymlinks" | "noadjustedsymlinks" => {}
            _ => return Err(arguments.fault(format!("no option '{}' is known", word.text))),
        }
    }
    scope.session.facts_options = Some(options);
    Ok(())
}

fn prefix(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let prefix = arguments.text("the prefix")?;
    if prefix.contains('/') {
        return Err(arguments.fault("a prefix is the beginning of a name, without '/'"));
    }
    scope.files.unique_prefix = Some(prefix);
    Ok(())
}
