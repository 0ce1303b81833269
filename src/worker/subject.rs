//! Who a client is to the rules of access, before its login and after.

use std::path::PathBuf;

use super::Birth;
use super::peer::Peer;
use super::watch::Watch;
use crate::auth::Account;
use crate::config::settings::{Caller, Subject, Who};

/// A client that has just come: its name, and the class that goes by it, may still be asked for.
pub fn stranger(birth: &Birth, peer: Peer) -> Subject {
    let settings = birth.settings;
    let caller = Caller { address: peer.ip(), name: None };
    let class = || settings.classes.of(caller).map(|class| class.name.clone());
    Subject {
        home: PathBuf::from("/"),
        who: None,
        address: Some(peer.ip()),
        peer_name: (!settings.daemon.use_reverse_dns).then_some(None),
        class: (!settings.classes.need_names()).then(class),
    }
}

/// A client whose name is known, or given up, by now; and the account that it is granted, with its home.
pub fn settled(watch: &Watch, granted: Option<(&Account, PathBuf)>) -> Subject {
    let (who, home) = granted.map(|(account, home)| (Who::from(account), home)).unzip();
    Subject {
        home: home.unwrap_or_else(|| PathBuf::from("/")),
        who,
        address: Some(watch.peer.ip()),
        peer_name: Some(watch.peer.known_name().map(str::to_owned)),
        class: Some(watch.class.map(|class| class.name.clone())),
    }
}
