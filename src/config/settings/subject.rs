//! Of whom rules are asked: as much as is known by then.

use std::net::IpAddr;
use std::path::PathBuf;

/// A client, or the session that it has become. What is None is not known yet.
#[derive(Debug, Default)]
pub struct Subject {
    /// What `~` means in the rules; the root before a login.
    pub home: PathBuf,
    /// Whom it logged in as.
    pub who: Option<Who>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What that is called, if anything.
    pub peer_name: Option<Option<String>>,
    /// Its class, if it has one.
    pub class: Option<Option<String>>,
}

/// An account, by its names.
#[derive(Debug, Default)]
pub struct Who {
    /// Its own.
    pub name: Vec<u8>,
    /// Those of its groups.
    pub groups: Vec<Vec<u8>>,
}

#[cfg(test)]
impl Subject {
    /// Somebody who lives there.
    pub fn at(home: &str) -> &'static Subject {
        Box::leak(Box::new(Subject { home: home.into(), ..Subject::default() }))
    }
}
