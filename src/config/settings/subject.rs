//! Of whom rules are asked: as much as is known by then.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::auth::{Account, Visitor};
use crate::config::classes::Classes;
use crate::config::origins::Caller;
use crate::sys::{GroupId, UserId};

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

/// An account, by its names and as the owner of files.
#[derive(Debug)]
pub struct Who {
    /// Its own.
    pub name: Vec<u8>,
    /// Those of its groups.
    pub groups: Vec<Vec<u8>>,
    /// Whose files are its own,
    pub uid: UserId,
    /// and its primary group's.
    pub gid: GroupId,
}

impl Subject {
    /// Whoever stands at the gate of a login, of whom all is known that will be; or a client that has just come, whose name, and the
    /// class that goes by it, is not.
    pub fn visitor(visitor: Visitor<'_>, classes: &Classes) -> Subject {
        let is_named = visitor.account.is_some();
        let class = classes.of(Caller { address: visitor.peer, name: visitor.name });
        Subject {
            home: visitor.account.map_or_else(|| PathBuf::from("/"), |account| account.home.clone()),
            who: visitor.account.map(Who::from),
            address: Some(visitor.peer),
            peer_name: is_named.then(|| visitor.name.map(str::to_owned)),
            class: (is_named || !classes.need_names()).then(|| class.map(|class| class.name.clone())),
        }
    }
}

impl From<&Account> for Who {
    fn from(account: &Account) -> Who {
        Who {
            name: account.name.clone(),
            groups: account.groups.iter().map(|(_, name)| name.clone()).collect(),
            uid: account.uid,
            gid: account.gid,
        }
    }
}

#[cfg(test)]
impl Who {
    /// Somebody who owns nothing here.
    pub fn named(name: &str, groups: &[&str]) -> Who {
        let groups = groups.iter().map(|group| group.as_bytes().to_vec()).collect();
        Who { name: name.into(), groups, uid: UserId(1000), gid: GroupId(1000) }
    }
}

#[cfg(test)]
impl Subject {
    /// Somebody who lives there.
    pub fn at(home: &str) -> &'static Subject {
        Box::leak(Box::new(Subject { home: home.into(), ..Subject::default() }))
    }
}
