//! What holds for the entries of a folder that nothing tells apart: asked once for a listing, not once for each name.
//!
//! The rules of a path are those of every section that is for the path itself or for a folder around it, and of the files in the folders
//! around it. Two entries of one folder have the same folders around them. So all that can differ is a section for the very entry, which
//! [`DirectoryRules::single_out`](crate::config::settings::DirectoryRules::single_out) tells, and, where the entry is a folder, the file
//! in it. Whoever is neither has the rules of any other who is neither, and what the one authorisation function makes of them.

use std::cell::OnceCell;

use super::Storage;
use super::authorise;
use super::directory::Directory;
use super::hiding::Sight;
use crate::config::settings::{Fakes, PathRules};
use crate::sys::files::Kind;

/// What holds for such an entry.
#[derive(Debug)]
pub struct Alike {
    /// Its rules.
    pub rules: PathRules<'static>,
    /// What is shown of it otherwise than it is.
    pub fakes: Fakes,
    /// Whether `<Limit>` lets the listing show it.
    is_allowed: bool,
    /// Whether the rules hide anything here.
    hides: bool,
}

/// The same for a folder that is read, once an entry has been asked about.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// Whether a section may be for one of them.
    may_differ: OnceCell<bool>,
    alike: OnceCell<Alike>,
}

impl Storage {
    /// What holds for an entry, where it is what holds for its neighbours; `kind` is of what is asked about, for a link of what it leads to.
    pub(super) fn alike<'a>(&self, directory: &'a Directory, name: &[u8], kind: Kind) -> Option<&'a Alike> {
        let Neighbours { may_differ, alike } = directory.neighbours();
        let (rules, subject) = (self.policy.rules, self.policy.subject);
        let may_differ = *may_differ.get_or_init(|| !rules.have_one_rule_in(directory.host_path(), subject));
        let is_apart = match kind {
            Kind::Directory if self.policy.files.is_some() => true,
            // The folder itself and the one above it are no entries of it.
            _ if matches!(name, b"." | b"..") => true,
            _ => may_differ && rules.single_out(&directory.canonical(name), subject),
        };
        (!is_apart).then(|| alike.get_or_init(|| self.drawn_from(directory, name)))
    }

    fn drawn_from(&self, directory: &Directory, name: &[u8]) -> Alike {
        let rules = self.policy.rules_at(directory.spot_of_entry(&directory.canonical(name)));
        Alike {
            fakes: rules.fakes(),
            is_allowed: authorise::allows_by(&rules, directory.verb()),
            hides: rules.hiding().says_anything(),
            rules,
        }
    }

    /// Whether an entry is shown; None where it must be asked by its own path.
    pub(super) fn is_shown_alike(&self, directory: &Directory, name: &[u8], kind: Kind) -> Option<bool> {
        let alike = self.alike(directory, name, kind)?;
        let may_hide = self.policy.rules.hides() || directory.is_amended();
        match kind {
            _ if !alike.is_allowed => Some(false),
            _ if !may_hide => Some(true),
            // A folder is hidden by what holds around it, a link by what it leads to.
            Kind::Directory | Kind::Link => None,
            _ if !alike.hides => Some(true),
            _ => {
                let Ok(status) = directory.status(name) else { return Some(true) };
                let canonical = directory.canonical(name);
                let sight = Sight::name(directory, name, &canonical, &status);
                Some(!authorise::is_hidden_by(&self.policy, &alike.rules, &sight))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::config::settings::{Hiding, Limit, ScopeRules};
    use crate::sys::files::Kind;
    use crate::worker::storage::rights::Rights;
    use crate::worker::storage::testing::Place;

    const FOLDERS: [&str; 4] = ["", "d", "d/e", "f"];
    const SECTIONS: [&str; 8] =
        ["ROOT", "ROOT/*", "ROOT/d", "ROOT/d/x", "ROOT/d/e", "ROOT/d/*/x", "ROOT/?", "ROOT/d/way"];
    const FILES: [&str; 5] = [
        "<Limit DIRS>\nDenyAll\n</Limit>\n",
        "<Limit ALL>\nAllowAll\n</Limit>\n",
        "HideFiles ^x\n",
        "DirFakeMode 0400\nAllowOverwrite off\n",
        "DenyAll\n",
    ];

    fn rules(number: usize) -> ScopeRules {
        let deny = |name: &str| vec![Limit::plain(vec![name.to_owned()], Some(false))];
        match number {
            0 => ScopeRules { limits: deny("LIST"), ..ScopeRules::default() },
            1 => ScopeRules { limits: deny("WRITE"), ..ScopeRules::default() },
            2 => ScopeRules { allow_overwrite: Some(false), ..ScopeRules::default() },
            3 => ScopeRules { says: Some(false), ..ScopeRules::default() },
            _ => ScopeRules {
                hiding: Hiding { no_access: Some(true), ..Hiding::default() },
                ..ScopeRules::default()
            },
        }
    }

    fn letters(rights: Rights) -> Vec<u8> {
        rights.letters().collect()
    }

    /// Everything that a listing asks of every entry of a folder, as it is asked, and by the entry's own path.
    fn compare(place: &Place, folder: &str) -> Result<(), TestCaseError> {
        let storage = place.storage();
        let Ok(directory) = storage.directory(&place.asked("LIST", folder)) else { return Ok(()) };
        let viewpoint = storage.viewpoint(&directory);
        let parent = directory.own_status().unwrap();
        for name in directory.names().unwrap().map(|name| name.unwrap().bytes) {
            let told = String::from_utf8_lossy(&name);
            let Ok(status) = directory.status(&name) else { continue };
            let (kind, seen) = (status.kind, (Some(&parent), &status, &status));
            for kind in [Some(kind), None] {
                let by_path = storage.is_shown(&directory, &name, kind);
                prop_assert_eq!(storage.shows(&directory, &name, kind), by_path, "{} in {}", told, folder);
            }
            let by_path = storage.fakes_by_path(&directory, &name, kind);
            prop_assert_eq!(storage.fakes_of(&directory, &name, kind), by_path, "{} in {}", told, folder);
            let is_dot = name == b"." || name == b"..";
            if kind != Kind::Link && !is_dot {
                let by_path = storage.rights(&viewpoint.asker, &directory.canonical(&name), seen);
                let rights = storage.rights_seen_from(&viewpoint, (&directory, &name), (&status, &status));
                prop_assert_eq!(letters(rights), letters(by_path), "{} in {}", told, folder);
            }
        }
        Ok(())
    }

    #[test]
    fn a_folder_that_moves_is_judged_by_the_file_in_it() {
        let place = Place::open();
        fs::create_dir(place.path("d")).unwrap();
        fs::write(place.path("d/x"), "x").unwrap();
        fs::write(place.path("d/.ftpaccess"), "DirFakeMode 0400\n").unwrap();
        let place = place.hearing();
        let directory = place.storage().directory(&place.asked("LIST", "d")).unwrap();
        fs::rename(place.path("d"), place.path("e")).unwrap();
        fs::create_dir(place.path("d")).unwrap();
        place.storage().turn();
        assert_eq!(place.storage().fakes_of(&directory, b"x", Kind::File).mode, Some(0o400));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn what_is_asked_once_is_what_every_entry_would_say(
            sections in proptest::collection::vec((select(&SECTIONS[..]), 0_usize..5), 0..4),
            files in proptest::collection::vec((select(&FOLDERS[..]), select(&FILES[..])), 0..4),
            hears: bool,
        ) {
            let sections: Vec<(&str, ScopeRules)> =
                sections.into_iter().map(|(path, number)| (path, rules(number))).collect();
            let place = Place::with(&sections);
            for folder in FOLDERS {
                fs::create_dir_all(place.path(folder)).unwrap();
                for name in ["x", "y"] {
                    fs::write(place.path(folder).join(name), "x").unwrap();
                }
                symlink("x", place.path(folder).join("way")).unwrap();
                symlink("/d", place.path(folder).join("way to d")).unwrap();
            }
            for (folder, text) in files {
                fs::write(place.path(folder).join(".ftpaccess"), text).unwrap();
            }
            let place = if hears { place.hearing() } else { place };
            for folder in FOLDERS {
                compare(&place, folder)?;
            }
        }
    }
}
