//! Sums of files: which are made, and of how much.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{Contexts, DIRECTORY, FTPACCESS, SERVERS_FOR_SOME, SESSIONS_FOR_SOME};
use super::super::draft::Scope;
use super::{Row, sets};
use crate::protocol::{Algorithm, Algorithms};

pub const ROWS: &[Row] = &[
    sets(
        "DigestEngine",
        "mod_digest",
        SESSIONS_FOR_SOME,
        "on|off",
        "on",
        "Whether HASH, XCRC, XMD5 and their like are served.",
        |scope, arguments| {
            scope.session.digest_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "DigestAlgorithms",
        "mod_digest",
        SESSIONS_FOR_SOME,
        "crc32|md5|sha1|sha256|sha512 …|all",
        "all",
        "The sums that are made; the verbs of others are not served.",
        algorithms,
    ),
    sets(
        "DigestDefaultAlgorithm",
        "mod_digest",
        SERVERS_FOR_SOME,
        "crc32|md5|sha1|sha256|sha512",
        "sha1",
        "What HASH uses for a client that chooses nothing, where DigestAlgorithms has it.",
        |scope, arguments| {
            scope.session.digest_usual = Some(algorithm(arguments)?);
            Ok(())
        },
    ),
    sets(
        "DigestMaxSize",
        "mod_digest",
        SESSIONS_FOR_SOME,
        "number [B|KB|MB|GB|TB]",
        "",
        "The most bytes that one sum may be made of; without it as many as a file has.",
        most,
    ),
    sets(
        "DigestEnable",
        "mod_digest",
        Contexts::of(&[DIRECTORY, FTPACCESS]),
        "on|off",
        "on",
        "Whether sums are made of the files of a folder.",
        |scope, arguments| {
            scope.files.digests = Some(arguments.switch()?);
            Ok(())
        },
    ),
];

fn named(arguments: &Arguments<'_>, text: &str) -> Result<Algorithm, Fault> {
    let known = Algorithm::ALL.into_iter().find(|one| one.plain_name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| arguments.fault(format!("no algorithm '{text}' is known")))
}

fn algorithm(arguments: &mut Arguments<'_>) -> Result<Algorithm, Fault> {
    let text = arguments.text("an algorithm")?;
    named(arguments, &text)
}

fn algorithms(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut chosen = Algorithms::NONE;
    for word in arguments.words("an algorithm")? {
        chosen = match word.text.eq_ignore_ascii_case("all") {
            true => Algorithms::ALL,
            false => chosen.with(named(arguments, &word.text)?),
        };
    }
    scope.session.digest_algorithms = Some(chosen);
    Ok(())
}

fn most(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let number = arguments.number(0..=u32::MAX)?;
    let power = match arguments.maybe().map(|word| word.text.to_ascii_uppercase()).as_deref() {
        None | Some("B") => 0,
        Some("KB") => 1,
        Some("MB") => 2,
        Some("GB") => 3,
        Some("TB") => 4,
        Some(unit) => return Err(arguments.fault(format!("no unit '{unit}' is known"))),
    };
    scope.session.digest_most = Some(u64::from(number).saturating_mul(1 << (10 * power)));
    Ok(())
}
