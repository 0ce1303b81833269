//! What stands in `<Limit>`.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{ANONYMOUS, Contexts, DIRECTORY, FTPACCESS, LIMIT};
use super::super::draft::Scope;
use super::super::expressions::{Expression, Usually};
use super::super::origins::Origin;
use super::super::settings::{Order, Term};
use super::{Row, sets};

const RULES: Contexts = Contexts::of(&[LIMIT, ANONYMOUS, DIRECTORY, FTPACCESS]);
const ORIGINS: &str = "[from] [!]address|network|pattern|name…|all|none";
const USERS: &str = "[OR|AND] [!]name,…|regex pattern";

pub const ROWS: &[Row] = &[
    sets("AllowAll", "mod_core", RULES, "", "", "Everybody may.", |scope, _| {
        scope.access.allows.push(Term::Everybody);
        Ok(())
    })
    .adds(),
    sets("DenyAll", "mod_core", RULES, "", "", "Nobody may.", |scope, arguments| {
        scope.denied_at = Some(arguments.mark().written());
        scope.access.denies.push(Term::Everybody);
        Ok(())
    })
    .adds(),
    sets(
        "Order",
        "mod_core",
        LIMIT,
        "allow,deny|deny,allow",
        "allow,deny",
        "Which of the section's rules are heard first. With `deny,allow` who is in none of them is denied, else other sections decide.",
        order,
    ),
    sets("Allow", "mod_core", LIMIT, ORIGINS, "", "Who comes from one of these may.", |scope, arguments| {
        let term = from(arguments)?;
        scope.access.allows.push(term);
        Ok(())
    })
    .adds(),
    sets(
        "Deny",
        "mod_core",
        LIMIT,
        ORIGINS,
        "",
        "Who comes from one of these may not.",
        |scope, arguments| {
            let term = from(arguments)?;
            scope.access.denies.push(term);
            Ok(())
        },
    )
    .adds(),
    allows("AllowUser", "These users may; `!` for all but that one.", |scope, arguments| {
        scope.access.allows.push(Term::User(Expression::read(Usually::Any, arguments)?));
        Ok(())
    }),
    allows("DenyUser", "These users may not.", |scope, arguments| {
        scope.access.denies.push(Term::User(Expression::read(Usually::Any, arguments)?));
        Ok(())
    }),
    allows("AllowGroup", "Who is in all of these groups (`OR`: in one of them) may.", |scope, arguments| {
        scope.access.allows.push(Term::Group(Expression::read(Usually::All, arguments)?));
        Ok(())
    }),
    allows(
        "DenyGroup",
        "Who is in all of these groups (`OR`: in one of them) may not.",
        |scope, arguments| {
            scope.access.denies.push(Term::Group(Expression::read(Usually::All, arguments)?));
            Ok(())
        },
    ),
    allows("AllowClass", "Clients of these classes may.", |scope, arguments| {
        scope.access.allows.push(Term::Class(Expression::read(Usually::Any, arguments)?));
        Ok(())
    }),
    allows("DenyClass", "Clients of these classes may not.", |scope, arguments| {
        scope.access.denies.push(Term::Class(Expression::read(Usually::Any, arguments)?));
        Ok(())
    }),
];

const fn allows(
    name: &'static str,
    sentence: &'static str,
    setter: fn(&mut Scope, &mut Arguments<'_>) -> Result<(), Fault>,
) -> Row {
    sets(name, "mod_core", LIMIT, USERS, "", sentence, setter).adds()
}

/// Commas and blanks part the two.
fn order(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let words = arguments.words("allow,deny or deny,allow")?;
    let text: String = words.iter().map(|word| word.text.to_ascii_lowercase()).collect();
    scope.access.order = match text.as_str() {
        "allow,deny" => Order::AllowDeny,
        "deny,allow" => Order::DenyAllow,
        _ => return Err(arguments.fault(format!("takes allow,deny or deny,allow, not '{text}'"))),
    };
    Ok(())
}

fn from(arguments: &mut Arguments<'_>) -> Result<Term, Fault> {
    arguments.takes("from");
    let mut origins = Vec::new();
    let words = arguments.words("an address, a network, a name, or all")?;
    for word in words {
        if word.text.eq_ignore_ascii_case("all") && words.len() == 1 {
            return Ok(Term::Everybody);
        }
        for text in word.text.split(',').filter(|text| !text.is_empty()) {
            let origin = Origin::read(text);
            origins.push(origin.map_err(|message| Fault { mark: word.mark.clone(), message })?);
        }
    }
    Ok(Term::From(origins))
}
