//! What a transfer is about, found once: first it is asked whether the transfer may go on now, then the same place is judged and opened.

use std::io;

use super::Storage;
use super::denied::Denied;
use super::policy::{Asked, Spot};
use super::portion::Portion;
use super::root::{Entry, Found};

/// Where a transfer goes, or comes from.
#[derive(Debug)]
pub enum Sought {
    /// Something is there.
    There(Found),
    /// Nothing is: only its folder.
    Free(Entry),
}

impl Sought {
    /// Where it stands, as the rules are asked.
    pub fn spot(&self) -> Spot<'_> {
        match self {
            Sought::There(found) => found.spot(),
            Sought::Free(entry) => entry.spot(),
        }
    }
}

impl Storage {
    /// What RETR is asked for; nothing is there where crawlers are turned away. It is held as a place only, and nothing is judged yet.
    pub fn seek_source(&self, asked: &Asked, portion: Portion) -> Result<Sought, Denied> {
        match self.find(asked) {
            Ok(found) => Ok(Sought::There(found)),
            Err(error) => match self.place_of_robots(asked, portion, &error)? {
                Some(entry) => Ok(Sought::Free(entry)),
                None => Err(asked.denied(self.without_data(asked, error))),
            },
        }
    }

    /// Where STOR and APPE are asked to write, likewise.
    pub fn seek(&self, asked: &Asked) -> Result<Sought, Denied> {
        match self.find(asked) {
            Ok(found) => Ok(Sought::There(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.find_entry(asked).map(Sought::Free).map_err(|error| asked.denied(error))
            }
            Err(error) => Err(asked.denied(self.without_data(asked, error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::worker::storage::testing::Place;
    use crate::worker::storage::{Placement, Portion};

    /// A folder in which nothing may be done, as its own file says.
    fn closed(names: &[&str]) -> Place {
        let place = Place::open();
        fs::create_dir(place.path("d")).unwrap();
        fs::write(place.path("d/.ftpaccess"), "<Limit READ WRITE>\nDenyAll\n</Limit>\n").unwrap();
        names.iter().for_each(|name| fs::write(place.path("d").join(name), "x").unwrap());
        place.hearing()
    }

    /// Another folder has its name by the time that something is done.
    fn exchange(place: &Place) {
        fs::rename(place.path("d"), place.path("e")).unwrap();
        fs::create_dir(place.path("d")).unwrap();
        fs::write(place.path("d/x"), "x").unwrap();
    }

    #[test]
    fn what_was_found_is_judged_where_it_is_by_now() {
        let place = closed(&["x"]);
        let asked = place.asked("RETR", "d/x");
        let sought = place.storage().seek_source(&asked, Portion::Whole).unwrap();
        exchange(&place);
        assert!(place.storage().retrieve_sought(&asked, sought, Portion::Whole).is_err());
        assert!(place.storage().retrieve(&asked, Portion::Whole).is_ok());
    }

    #[test]
    fn what_is_made_is_judged_by_the_folder_it_is_made_in() {
        let place = closed(&[]);
        let asked = place.asked("STOR", "d/new");
        let sought = place.storage().seek(&asked).unwrap();
        exchange(&place);
        assert!(place.storage().store(&asked, sought, Placement::Whole).is_err());
        assert!(!place.path("e/new").exists());
        assert!(place.store(&asked, Placement::Whole).is_ok());
    }
}
