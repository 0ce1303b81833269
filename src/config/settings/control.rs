//! The control socket.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::control::{AccessList, Action, Permissions};
use crate::sys::socket::LocalPeer;
use crate::sys::{GroupId, UserId};

/// What holds for the control socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Where it is.
    pub socket: SocketPlace,
    /// ControlsSocketACL.
    pub socket_access: AccessList,
    /// ControlsACLs.
    pub basic: Permissions,
    /// AdminControlsACLs.
    pub admin: Permissions,
    /// AdminControlsEngine; None for all.
    pub admin_actions: Option<BTreeSet<String>>,
    /// ControlsMaxClients.
    pub max_clients: u32,
    /// ControlsLog.
    pub log: Option<PathBuf>,
}

/// ControlsSocket, ControlsSocketOwner, and who can connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketPlace {
    /// None with ControlsEngine off.
    pub path: Option<PathBuf>,
    /// None leaves it to whoever the daemon runs as.
    pub owner: Option<(UserId, GroupId)>,
    /// Its permissions: whom a list lets in can connect, else its owner and group, else its owner.
    pub mode: u32,
}

impl Control {
    /// Whether there is such an action.
    pub fn has(&self, action: &Action) -> bool {
        action.module == "mod_ctrls"
            || self.admin_actions.as_ref().is_none_or(|actions| actions.contains(action.name))
    }

    /// Whether a list lets a peer ask for an action. root, and whoever the daemon is, need none.
    pub fn admits(&self, action: &Action, peer: &LocalPeer) -> bool {
        let permissions = if action.module == "mod_ctrls" { &self.basic } else { &self.admin };
        permissions.admit(action.name, peer)
    }
}
