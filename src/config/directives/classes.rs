//! What stands in `<Class>`.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::CLASS;
use super::super::draft::Scope;
use super::super::origins::Origin;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "From",
        "mod_core",
        CLASS,
        "[!]address|network|pattern|name…",
        "",
        "Clients of the class: by address, `address/bits`, `192.168.`, name, `.domain`, or a pattern of either; `!` for all others.",
        from,
    )
    .adds(),
    sets(
        "Satisfy",
        "mod_core",
        CLASS,
        "any|all",
        "any",
        "Whether one From has to hold for a client, or each.",
        satisfy,
    ),
];

/// Commas and blanks part origins.
fn from(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let words = arguments.words("an origin")?;
    for word in words {
        for text in word.text.split(',').filter(|text| !text.is_empty()) {
            let origin = Origin::read(text);
            scope.class.origins.push(origin.map_err(|message| Fault { mark: word.mark.clone(), message })?);
        }
    }
    Ok(())
}

fn satisfy(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("any or all")?;
    scope.class.must_satisfy_all = Some(match word.text.to_ascii_lowercase().as_str() {
        "any" => false,
        "all" => true,
        _ => return Err(arguments.fault(format!("takes any or all, not '{}'", word.text))),
    });
    Ok(())
}
