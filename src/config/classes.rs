//! `<Class>`: sets of clients by where they come from. A client is of the first class that has it, and of one alone.

use std::net::IpAddr;

use super::complaint::Complaints;
use super::lines::Word;
use super::origins::{Caller, Origin};
use crate::auth::places::class_key;

/// What a `<Class>` says.
#[derive(Clone, Debug, Default)]
pub struct ClassDraft {
    /// From.
    pub origins: Vec<Origin>,
    /// Satisfy all.
    pub must_satisfy_all: Option<bool>,
}

/// One class.
#[derive(Clone, Debug)]
pub struct Class {
    /// As it was written.
    pub name: String,
    /// What its sessions are counted by.
    pub key: u64,
    origins: Vec<Origin>,
    must_satisfy_all: bool,
}

/// All of them, in the order written.
#[derive(Clone, Debug, Default)]
pub struct Classes(Vec<Class>);

impl Class {
    /// Whether an address alone is among them; where they go by names, none is.
    pub fn has_address(&self, address: IpAddr) -> bool {
        let by_names = self.origins.iter().any(Origin::needs_name);
        !by_names && self.has(Caller { address: address.to_canonical(), name: None })
    }

    fn has(&self, caller: Caller<'_>) -> bool {
        let mut origins = self.origins.iter();
        match self.must_satisfy_all {
            true => origins.all(|origin| origin.has(caller)),
            false => origins.any(|origin| origin.has(caller)),
        }
    }
}

impl Classes {
    /// Adds a section that was read. One without origins has nobody.
    pub fn add(&mut self, name: &Word, said: ClassDraft, complaints: &mut Complaints) {
        if said.origins.is_empty() {
            complaints.warning(&name.mark, format!("<Class>: '{}' has no From, so no client", name.text));
            return;
        }
        self.0.push(Class {
            name: name.text.clone(),
            key: class_key(name.text.as_bytes()),
            origins: said.origins,
            must_satisfy_all: said.must_satisfy_all.unwrap_or(false),
        });
    }

    /// A client's class. Without classes this is one comparison.
    pub fn of(&self, caller: Caller<'_>) -> Option<&Class> {
        self.0.iter().find(|class| class.has(caller))
    }

    /// The class of this name.
    pub fn named(&self, name: &str) -> Option<&Class> {
        self.0.iter().find(|class| class.name == name)
    }

    /// Their names, in the order of the configuration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|class| class.name.as_str())
    }

    /// Whether there is a class of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|class| class.name == name)
    }

    /// Whether any of them goes by clients' names.
    pub fn need_names(&self) -> bool {
        self.0.iter().flat_map(|class| &class.origins).any(Origin::needs_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, origins: &[&str], must_satisfy_all: bool) -> Class {
        let origins = origins.iter().map(|text| Origin::read(text).expect(text)).collect();
        Class { name: name.into(), key: class_key(name.as_bytes()), origins, must_satisfy_all }
    }

    fn of(classes: &Classes, address: &str) -> Option<String> {
        let address = address.parse().expect("an address");
        classes.of(Caller { address, name: None }).map(|class| class.name.clone())
    }

    #[test]
    fn the_first_class_that_has_a_client_is_its_class() {
        let classes = Classes(vec![
            class("never", &["127.0.0.1", "!127.0.0.1"], true),
            class("guests", &["10.0.0.0/8", "!10.0.0.7"], true),
            class("inside", &["10.0.0.7", "192.168."], false),
            class("also", &["10.0.0.7"], false),
        ]);
        for (address, expected) in [
            ("10.0.0.1", Some("guests")),
            ("10.0.0.7", Some("inside")),
            ("192.168.0.1", Some("inside")),
            ("127.0.0.1", None),
        ] {
            assert_eq!(of(&classes, address).as_deref(), expected, "{address}");
        }
        assert_eq!(of(&Classes::default(), "10.0.0.1"), None);
    }
}
