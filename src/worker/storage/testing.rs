//! A folder of the host's as a session's root, for tests.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Asked, Denied, FtpPath, Placement, Root, Storage, Target, Verb};
use crate::config::settings::{DirectoryRules, ScopeRules, Subject};
use crate::sys::files::Links;

/// A temporary folder: `root` within it is what sessions see, the rest is the host outside.
pub struct Place {
    folder: TempDir,
    storage: Storage,
}

impl Place {
    /// Everything allowed.
    pub fn open() -> Place {
        Place::with(&[])
    }

    /// With `<Directory>` sections, whose paths are the host's with `ROOT` for the session's root.
    pub fn with(sections: &[(&str, ScopeRules)]) -> Place {
        Place::showing(sections, &[], |_| ())
    }

    /// The same with aliases: names beside the root, and what they are called in it; `furnish` is given the folder around the root first.
    pub fn showing(
        sections: &[(&str, ScopeRules)],
        aliases: &[(&str, &str)],
        furnish: impl FnOnce(&std::path::Path),
    ) -> Place {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap().join("root");
        std::fs::create_dir(&root).unwrap();
        let base = ScopeRules {
            allow_overwrite: Some(true),
            allow_store_restart: Some(true),
            ..ScopeRules::default()
        };
        let mut rules = DirectoryRules { base, sections: Default::default() };
        for (path, scope) in sections {
            rules.sections.add(&path.replace("ROOT", root.to_str().unwrap()), scope.clone()).unwrap();
        }
        furnish(folder.path());
        let mut opened = Root::open(&root, Links::Followed).unwrap();
        for (source, name) in aliases {
            let name = FtpPath::root().join(name.as_bytes()).unwrap();
            opened.show(&folder.path().join(source), &name, Links::Followed).unwrap();
        }
        let storage = Storage::new(opened, Box::leak(Box::new(rules)), Subject::at(root.to_str().unwrap()));
        Place { folder, storage }
    }

    /// The same, where folders' own files are heard.
    pub fn hearing(self) -> Place {
        let nobody = slog::Logger::root(slog::Discard, slog::o!());
        Place { storage: self.storage.hearing(nobody), ..self }
    }

    /// The same, where links within aliases may lead out of them.
    pub fn leading_out(self) -> Place {
        let mut storage = self.storage;
        storage.root_mut().let_links_lead_out();
        Place { storage, ..self }
    }

    /// The session's files.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// STOR and its like.
    pub fn store(&self, asked: &Asked, placement: Placement) -> Result<Target, Denied> {
        self.storage.store(asked, self.storage.seek(asked)?, placement)
    }

    /// The host's path of a session's.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("root").join(inside)
    }

    /// The host's path of something outside the root.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A request at the root.
    pub fn asked(&self, verb: &'static str, argument: &str) -> Asked {
        self.asked_bytes(verb, argument.as_bytes())
    }

    /// The same for names that are no text.
    pub fn asked_bytes(&self, verb: &'static str, argument: &[u8]) -> Asked {
        let groups: &[&str] = match verb {
            "RETR" | "SIZE" | "MDTM" => &["READ"],
            "CWD" | "LIST" | "NLST" | "STAT" => &["DIRS"],
            _ => &["WRITE"],
        };
        Asked::new(Verb { name: verb, groups, also: &[] }, &FtpPath::root(), argument).unwrap()
    }
}
