//! Names of users and groups that a configuration speaks of and nobody has: neither its own files nor the host.

use std::collections::BTreeSet;

use crate::auth::{FilteredFile, in_files};
use crate::config::settings::Settings;
use crate::config::{Complaint, SurveyedLine};
use crate::sys::accounts;

/// Whose names a directive takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    User,
    Group,
}

/// The directives that name accounts which need not exist for a start, and what comes of it where they do not.
const NAMING: [(&str, Of, &str); 6] = [
    ("AllowUser", Of::User, "the line lets nobody of that name in"),
    ("DenyUser", Of::User, "the line keeps nobody of that name out"),
    ("AllowGroup", Of::Group, "the line lets nobody of that group in"),
    ("DenyGroup", Of::Group, "the line keeps nobody of that group out"),
    ("UserOwner", Of::User, "new files keep the owner that they are made with"),
    ("GroupOwner", Of::Group, "new files keep the group that they are made with"),
];

/// A warning for each name that nobody has, at the first line of a directive that says it.
pub fn unknown(settings: &Settings, lines: &[SurveyedLine]) -> Vec<Complaint> {
    let (users, groups) = (nobodys(settings, lines, Of::User), nobodys(settings, lines, Of::Group));
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for (line, of, consequence) in lines.iter().filter_map(naming) {
        let (unknown, kind) = match of {
            Of::User => (&users, "user"),
            Of::Group => (&groups, "group"),
        };
        for name in names(&line.arguments).filter(|name| unknown.contains(*name)) {
            if told.insert((line.directive.as_str(), name)) {
                let message = format!("nobody knows a {kind} '{name}': {consequence}");
                found.push(Complaint::warning(Some(line.place.clone()), message));
            }
        }
    }
    found
}

fn naming(line: &SurveyedLine) -> Option<(&SurveyedLine, Of, &'static str)> {
    let (_, of, consequence) = NAMING.iter().find(|(directive, ..)| *directive == line.directive)?;
    Some((line, *of, consequence))
}

/// Of all names of a kind those that nobody has; each file is read once.
fn nobodys(settings: &Settings, lines: &[SurveyedLine], of: Of) -> BTreeSet<String> {
    let named = lines.iter().filter_map(naming).filter(|(_, kind, _)| *kind == of);
    let mut left: BTreeSet<String> =
        named.flat_map(|(line, ..)| names(&line.arguments)).map(str::to_owned).collect();
    let mut files: Vec<&FilteredFile> = Vec::new();
    for server in &settings.servers {
        let file = match of {
            Of::User => server.auth_user_file.as_ref(),
            Of::Group => server.auth_group_file.as_ref(),
        };
        // Thousands of servers may share one.
        files.extend(file.filter(|file| !files.contains(file)));
    }
    for file in files {
        match of {
            Of::User => in_files::strike_users(file, &mut left),
            Of::Group => in_files::strike_groups(file, &mut left),
        }
    }
    // A name service that does not answer is no reason to doubt a name.
    left.retain(|name| match of {
        Of::User => matches!(accounts::account(name.as_bytes()), Ok(None)),
        Of::Group => matches!(accounts::group(name.as_bytes()), Ok(None)),
    });
    left
}

/// The names of an expression: neither patterns, nor what stands for everybody, nor the words between them.
fn names(arguments: &[String]) -> impl Iterator<Item = &str> {
    let words = match arguments.first().map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("regex") => &[],
        Some("and" | "or") => &arguments[1..],
        _ => arguments,
    };
    let is_name = |word: &&str| !word.is_empty() && !word.contains(['*', '~', '%']);
    words
        .iter()
        .flat_map(|word| word.split(','))
        .map(|word| word.trim().trim_start_matches('!'))
        .filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_names_whom_it_names() {
        for (text, expected) in [
            ("joe,!ann", vec!["joe", "ann"]),
            ("OR staff,www staff2", vec!["staff", "www", "staff2"]),
            ("regex ^a", vec![]),
            ("*", vec![]),
            ("~", vec![]),
        ] {
            let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            assert_eq!(names(&arguments).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
