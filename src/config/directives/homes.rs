//! Where a session lives: its root, where it begins, and the home that is made when there is none.

use std::path::PathBuf;

use super::super::arguments::{Arguments, Fault, absolute};
use super::super::contexts::{SERVERS_FOR_SOME, SESSIONS_FOR_SOME};
use super::super::draft::PathDraft;
use super::super::lines::Word;
use super::{Row, sets};
use crate::auth::home::{HomePolicy, WayOwner, skeleton};
use crate::sys::{GroupId, UserId};

pub const ROWS: &[Row] = &[
    sets(
        "DefaultRoot",
        "mod_auth",
        SERVERS_FOR_SOME,
        "path|~ [group-expression]",
        "",
        "The folder a session cannot leave; the first line whose groups match holds. `~user` and `%u` may stand in it.",
        |scope, arguments| {
            let root = path_for(arguments)?;
            if !root.path.text.starts_with(['/', '~']) {
                let message = format!("takes an absolute path or ~, not '{}'", root.path.text);
                return Err(Fault { mark: root.path.mark, message });
            }
            scope.named.default_root.push(root);
            Ok(())
        },
    ).adds(),
    sets(
        "DefaultChdir",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "path|~ [group-expression]",
        "~",
        "Where a session begins; a relative path is the home's. Where it is missing, the home holds.",
        |scope, arguments| {
            scope.named.default_chdir.push(path_for(arguments)?);
            Ok(())
        },
    ).adds(),
    sets(
        "AllowChrootSymlinks",
        "mod_auth",
        SERVERS_FOR_SOME,
        "on|off",
        "on",
        "Whether a link may stand on the way to a session's root; off refuses the login.",
        |scope, arguments| {
            scope.session.root_links = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "CreateHome",
        "mod_auth",
        SERVERS_FOR_SOME,
        "off|on [mode] [skel path] [dirmode mode] [uid id|~] [gid id|~] [homegid id] [NoRootPrivs]",
        "off",
        "Whether a home that is missing is made at login, from a skeleton where one is named.",
        |scope, arguments| {
            scope.session.create_home = Some(create_home(arguments)?);
            Ok(())
        },
    ),
];

/// A path and a group expression. Commas and blanks part groups; all of them must hold.
fn path_for(arguments: &mut Arguments<'_>) -> Result<PathDraft, Fault> {
    let word = arguments.word("a path or ~")?;
    let text = match absolute(&word.text) {
        Some(path) => path.to_string_lossy().into_owned(),
        None => word.text.clone(),
    };
    if text.is_empty() || text.split('/').any(|name| name == "..") {
        return Err(arguments.fault(format!("'{}' is no path that can be meant", word.text)));
    }
    let mut groups = Vec::new();
    while let Some(word) = arguments.maybe() {
        groups.extend(word.text.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
    }
    Ok(PathDraft { path: Word { text, mark: word.mark.clone() }, groups })
}

fn create_home(arguments: &mut Arguments<'_>) -> Result<Option<HomePolicy>, Fault> {
    let is_on = arguments.switch()?;
    let mut policy = HomePolicy::default();
    if let Some(mode) = arguments.maybe_digits() {
        policy.mode = arguments.octal_within(mode, 0o7777)?;
    }
    while let Some(word) = arguments.maybe() {
        match word.text.to_ascii_lowercase().as_str() {
            "skel" => policy.skeleton = Some(skeleton_of(arguments)?),
            "dirmode" => {
                let mode = arguments.word("a mode after dirmode")?;
                policy.way_mode = arguments.octal_within(mode, 0o1777)?;
            }
            "uid" => policy.way_uid = owner(arguments, UserId)?,
            "gid" => policy.way_gid = owner(arguments, GroupId)?,
            "homegid" => policy.group = Some(GroupId(arguments.number(0..=u32::MAX - 1)?)),
            "norootprivs" => policy.as_account = true,
            _ => return Err(arguments.fault(format!("no option '{}' is known", word.text))),
        }
    }
    Ok(is_on.then_some(policy))
}

/// Looked at now, so that a slip is told before anybody logs in, and again when it is copied.
fn skeleton_of(arguments: &mut Arguments<'_>) -> Result<PathBuf, Fault> {
    let path = arguments.path()?;
    match skeleton::check(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(arguments.fault(error.to_string())),
    }
}

fn owner<Id>(arguments: &mut Arguments<'_>, id: fn(u32) -> Id) -> Result<WayOwner<Id>, Fault> {
    if arguments.takes("~") {
        return Ok(WayOwner::Account);
    }
    // The highest means "unchanged" (chown(2)).
    arguments.number(0..=u32::MAX - 1).map(|number| WayOwner::Named(id(number)))
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::{Source, lines};
    use super::*;

    fn read<T>(line: &str, read: impl Fn(&mut Arguments<'_>) -> Result<T, Fault>) -> Result<T, String> {
        let line = lines(&Source::new("f".into(), line.as_bytes())).remove(0);
        let (name, words) = line.words.split_first().expect("a name");
        read(&mut Arguments::new(name, words)).map_err(|fault| fault.message)
    }

    fn root(line: &str) -> Result<(String, Vec<String>), String> {
        read(line, path_for).map(|draft| (draft.path.text, draft.groups))
    }

    #[test]
    fn roots_are_read_with_their_groups() {
        let path = |path: &str, groups: &[&str]| {
            Ok((path.to_owned(), groups.iter().map(|group| group.to_string()).collect::<Vec<_>>()))
        };
        assert_eq!(root("DefaultRoot ~"), path("~", &[]));
        assert_eq!(root("DefaultRoot ~ users,!adm"), path("~", &["users", "!adm"]));
        assert_eq!(root("DefaultRoot ~ users !adm"), path("~", &["users", "!adm"]));
        assert_eq!(root("DefaultRoot /srv/../ftp/ a"), path("/ftp", &["a"]));
        assert_eq!(root("DefaultChdir pub"), path("pub", &[]));
        assert!(root("DefaultRoot ~/../x").is_err());
        assert!(root("DefaultChdir ..").is_err());
    }

    #[test]
    fn homes_are_made_as_the_line_says() {
        let home = |line: &str| read(line, create_home);
        let usual = HomePolicy::default();
        assert_eq!(home("CreateHome off 711"), Ok(None));
        assert_eq!(home("CreateHome on"), Ok(Some(usual.clone())));
        let said = home("CreateHome on 2711 skel / dirmode 755 uid 1000 gid ~ homegid 50 NoRootPrivs");
        let wanted = HomePolicy {
            mode: 0o2711,
            skeleton: Some("/".into()),
            way_mode: 0o755,
            way_uid: WayOwner::Named(UserId(1000)),
            way_gid: WayOwner::Account,
            group: Some(GroupId(50)),
            as_account: true,
        };
        assert_eq!(said, Ok(Some(wanted)));
        assert_eq!(home("CreateHome on dirmode 700"), Ok(Some(HomePolicy { way_mode: 0o700, ..usual })));
        for wrong in
            ["maybe", "on 9", "on dirmode", "on skel rel", "on skel /no/such", "on foo", "on uid bob"]
        {
            assert!(home(&format!("CreateHome {wrong}")).is_err(), "{wrong}");
        }
    }
}
