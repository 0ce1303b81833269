//! ControlsSocketACL, ControlsACLs, AdminControlsACLs: whom a list lets in. root, and whoever the daemon runs as, need no list.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::sys::socket::LocalPeer;
use crate::sys::{GroupId, UserId};

/// What a rule says of those it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// They may, and nobody else.
    Allow,
    /// They may not.
    Deny,
}

/// One that a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// `*`.
    Everybody,
    /// A user.
    User(UserId),
    /// Whoever is in a group.
    Group(GroupId),
}

impl Whom {
    fn has(self, peer: &LocalPeer) -> bool {
        match self {
            Whom::Everybody => true,
            Whom::User(uid) => peer.uid == uid,
            Whom::Group(gid) => peer.groups.contains(&gid),
        }
    }
}

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRule {
    /// What is said,
    pub verdict: Verdict,
    /// and of whom.
    pub whom: Vec<Whom>,
}

/// All that is said of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessList(Vec<AccessRule>);

impl AccessList {
    /// One more rule.
    pub fn add(&mut self, rule: AccessRule) {
        self.0.push(rule);
    }

    /// Whether nothing is said: then nobody may.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whoever is denied may not, whatever else is said. Of the others those may who are allowed; or all, where the rules only deny.
    pub fn admits(&self, peer: &LocalPeer) -> bool {
        let says = |verdict| {
            let rules = self.0.iter().filter(move |rule| rule.verdict == verdict);
            rules.flat_map(|rule| &rule.whom).any(|whom| whom.has(peer))
        };
        let only_denies = !self.is_empty() && self.0.iter().all(|rule| rule.verdict == Verdict::Deny);
        !says(Verdict::Deny) && (only_denies || says(Verdict::Allow))
    }
}

/// Who may ask for which action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    rules: Vec<(Option<BTreeSet<String>>, AccessRule)>,
}

impl Permissions {
    /// One more directive; without actions it is of all.
    pub fn add(&mut self, actions: Option<BTreeSet<String>>, rule: AccessRule) {
        self.rules.push((actions, rule));
    }

    /// Whether a peer may ask for an action. A directive that names it outweighs those that are of all.
    pub fn admit(&self, action: &str, peer: &LocalPeer) -> bool {
        let own = self.list(|actions| actions.as_ref().is_some_and(|actions| actions.contains(action)));
        let list = if own.is_empty() { self.list(Option::is_none) } else { own };
        list.admits(peer)
    }

    fn list(&self, is_meant: impl Fn(&Option<BTreeSet<String>>) -> bool) -> AccessList {
        AccessList(
            self.rules
                .iter()
                .filter(|(actions, _)| is_meant(actions))
                .map(|(_, rule)| rule.clone())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::ProcessId;

    fn peer(uid: u32, groups: &[u32]) -> LocalPeer {
        LocalPeer {
            pid: ProcessId(1),
            uid: UserId(uid),
            groups: groups.iter().copied().map(GroupId).collect(),
        }
    }

    fn rule(verdict: Verdict, whom: Whom) -> AccessRule {
        AccessRule { verdict, whom: vec![whom] }
    }

    #[test]
    fn nobody_may_what_no_rule_speaks_of() {
        assert!(!AccessList::default().admits(&peer(5, &[5])));
        assert!(!Permissions::default().admit("kick", &peer(5, &[5])));
    }

    #[test]
    fn a_denial_outweighs_what_is_allowed() {
        use Verdict::{Allow, Deny};
        let user = |uid| Whom::User(UserId(uid));
        let group = |gid| Whom::Group(GroupId(gid));
        for (rules, uid, groups, expected) in [
            (vec![rule(Allow, user(5))], 5, vec![], true),
            (vec![rule(Allow, user(5))], 6, vec![5], false),
            (vec![rule(Allow, group(5))], 6, vec![9, 5], true),
            (vec![rule(Deny, user(5))], 5, vec![], false),
            (vec![rule(Deny, user(5))], 6, vec![], true),
            (vec![rule(Allow, group(5)), rule(Deny, user(6))], 6, vec![5], false),
            (vec![rule(Allow, group(5)), rule(Deny, user(6))], 7, vec![8], false),
            (vec![rule(Allow, Whom::Everybody)], 7, vec![], true),
            (vec![rule(Deny, Whom::Everybody)], 7, vec![], false),
            (vec![AccessRule { verdict: Allow, whom: Vec::new() }], 7, vec![], false),
        ] {
            let list = AccessList(rules);
            assert_eq!(list.admits(&peer(uid, &groups)), expected, "{list:?} {uid}");
        }
    }

    #[test]
    fn what_is_said_of_an_action_outweighs_what_is_said_of_all() {
        let mut permissions = Permissions::default();
        permissions.add(None, rule(Verdict::Allow, Whom::User(UserId(5))));
        permissions.add(Some(["restart".to_owned()].into()), rule(Verdict::Allow, Whom::User(UserId(6))));
        let may = |action, uid| permissions.admit(action, &peer(uid, &[]));
        assert!(may("kick", 5) && !may("kick", 6) && may("restart", 6) && !may("restart", 5));
    }
}
