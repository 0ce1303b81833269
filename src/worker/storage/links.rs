//! Links made by clients. Whoever follows one later (another session, a web server, the host) is not confined to the root,
//! so a link leads down from the folder that holds it, and nowhere else: wherever it is moved within the root, it stays there.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use super::authorise::authorise;
use super::denied::Denied;
use super::operation::{Inspect, MakeLink};
use super::policy::Asked;
use super::{Change, Storage};
use crate::sys::files::{self, Errno};

impl Storage {
    /// SITE SYMLINK: `link` will lead to where `target` stands now, its own links followed.
    pub fn make_link(&self, target: &Asked, link: &Asked) -> Result<(), Denied> {
        let found = self.find(target).map_err(|error| target.denied(error))?;
        let Inspect(found) = authorise(&self.policy, target, Inspect(found))?.operation();
        let entry = self.find_entry(link).map_err(|error| link.denied(error))?;
        let MakeLink(entry) = authorise(&self.policy, link, MakeLink(entry))?.operation();
        let alias_at = |canonical| self.root.alias_at(canonical).map_err(|error| link.denied(error));
        if alias_at(&found.canonical)? != alias_at(&entry.canonical)? {
            return Err(link.denied(io::Error::from(Errno::EPERM)));
        }
        let folder = entry.canonical.parent();
        let way = folder.and_then(|folder| found.canonical.strip_prefix(folder).ok());
        let Some(way) = way.filter(|way| !way.as_os_str().is_empty()) else {
            return Err(link.denied(io::Error::from(Errno::EPERM)));
        };
        let made = files::make_link(way.as_os_str().as_bytes(), entry.parent.as_fd(), &entry.name)
            .and_then(|()| files::status_at(entry.parent.as_fd(), &entry.name))
            .and_then(|status| self.accounting.report(Change { owner: status.uid, bytes: 0, files: 1 }));
        made.map_err(|error| link.denied(error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use crate::worker::storage::testing::Place;

    fn linked(place: &Place, target: &str, link: &str) -> Result<PathBuf, Vec<u8>> {
        let (from, to) = (place.asked("SITE_SYMLINK", target), place.asked("SITE_SYMLINK", link));
        place.storage().make_link(&from, &to).map_err(|denied| denied.text())?;
        Ok(fs::read_link(place.path(link)).unwrap())
    }

    #[test]
    fn links_lead_down_from_their_folder() {
        let place = Place::open();
        fs::create_dir_all(place.path("d/e")).unwrap();
        fs::write(place.path("d/e/f"), "f").unwrap();
        symlink("d/e", place.path("way")).unwrap();
        let is = |way: &str| Ok(PathBuf::from(way));
        assert_eq!(linked(&place, "d/e/f", "one"), is("d/e/f"));
        assert_eq!(linked(&place, "/d/e/f", "d/two"), is("e/f"));
        assert_eq!(linked(&place, "way/f", "three"), is("d/e/f"));
        assert_eq!(linked(&place, "../../d", "four"), is("d"));
        assert_eq!(linked(&place, "way", "d/five"), is("e"));
    }

    #[test]
    fn no_link_leads_up_or_out() {
        let place = Place::open();
        fs::create_dir_all(place.path("d/e")).unwrap();
        fs::create_dir_all(place.path("dd")).unwrap();
        fs::write(place.path("f"), "f").unwrap();
        fs::write(place.outside("secret"), "s").unwrap();
        symlink(place.outside("secret"), place.path("absolute")).unwrap();
        symlink("../secret", place.path("relative")).unwrap();
        symlink("nowhere", place.path("dangling")).unwrap();
        let outside = place.outside("secret");
        for (target, link) in [
            ("f", "d/up"),
            ("f", "d/e/up"),
            ("d", "d/itself"),
            ("/", "d/root"),
            ("/", "root"),
            ("dd", "d/beside"),
            ("absolute", "a"),
            ("relative", "b"),
            ("dangling", "c"),
            ("../secret", "out"),
            (outside.to_str().unwrap(), "out"),
            ("f", "dangling"),
            ("f", "d"),
            ("f", "absolute"),
            ("f", "/"),
            ("f", "nope/x"),
        ] {
            assert!(linked(&place, target, link).is_err(), "{target} {link}");
        }
        assert_eq!(fs::read_link(place.path("dangling")).unwrap(), PathBuf::from("nowhere"));
    }
}
