//! What stands in `<Limit>`.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{ANONYMOUS, Contexts, DIRECTORY, LIMIT};
use super::super::draft::Scope;
use super::Effect::Guards;
use super::{Row, other, sets};

const RULES: Contexts = Contexts::of(&[LIMIT, ANONYMOUS, DIRECTORY]);
const NOT_YET: &str = "this rule of access is not yet supported.";

pub const ROWS: &[Row] = &[
    sets("AllowAll", "mod_core", RULES, "", "", "Everybody may.", |scope, _| {
        says(scope, true);
        Ok(())
    })
    .adds(),
    sets("DenyAll", "mod_core", RULES, "", "", "Nobody may.", |scope, _| {
        says(scope, false);
        Ok(())
    })
    .adds(),
    sets(
        "Allow",
        "mod_core",
        LIMIT,
        "[from] all",
        "",
        "As AllowAll; addresses are not yet supported.",
        |scope, arguments| {
            from_all(arguments)?;
            says(scope, true);
            Ok(())
        },
    )
    .adds(),
    sets(
        "Deny",
        "mod_core",
        LIMIT,
        "[from] all",
        "",
        "As DenyAll; addresses are not yet supported.",
        |scope, arguments| {
            from_all(arguments)?;
            says(scope, false);
            Ok(())
        },
    )
    .adds(),
    other("Order", "mod_core", Guards, NOT_YET),
    other("AllowUser", "mod_core", Guards, NOT_YET),
    other("DenyUser", "mod_core", Guards, NOT_YET),
    other("AllowGroup", "mod_core", Guards, NOT_YET),
    other("DenyGroup", "mod_core", Guards, NOT_YET),
    other("AllowClass", "mod_core", Guards, NOT_YET),
    other("DenyClass", "mod_core", Guards, NOT_YET),
];

/// A denial is not taken back by an allowance in the same section.
fn says(scope: &mut Scope, allow: bool) {
    scope.says = Some(scope.says.unwrap_or(true) && allow);
}

fn from_all(arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    arguments.takes("from");
    let word = arguments.word("all")?;
    match word.text.eq_ignore_ascii_case("all") {
        true => Ok(()),
        false => Err(arguments.fault(format!("rules by address are not yet supported ('{}')", word.text))),
    }
}
