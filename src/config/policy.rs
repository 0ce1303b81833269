//! What auth needs of the settings, as plain values: auth never sees the configuration.

use super::settings::{Anonymous, Server, SessionRules, Settings};
use crate::auth::{AnonymousPolicy, LimitPolicy, Policy, ServerPolicy};

impl Settings {
    /// For the auth process of this generation.
    pub fn auth_policy(&self, rootless: bool) -> Policy {
        Policy { servers: self.servers.iter().map(server).collect(), rootless }
    }
}

fn server(server: &Server) -> ServerPolicy {
    let alias = |(alias, real): &(String, String)| (alias.clone().into_bytes(), real.clone().into_bytes());
    ServerPolicy {
        user_file: server.auth_user_file.clone(),
        group_file: server.auth_group_file.clone(),
        aliases: server.user_aliases.iter().map(alias).collect(),
        require_valid_shell: server.require_valid_shell,
        anonymous: server.anonymous.iter().map(anonymous).collect(),
        limits: limits(&server.session),
    }
}

fn anonymous(section: &Anonymous) -> AnonymousPolicy {
    let names = section.aliases.iter().chain([&section.user]);
    AnonymousPolicy {
        user: section.user.clone().into_bytes(),
        group: section.group.clone().map(String::into_bytes),
        names: names.map(|name| name.clone().into_bytes()).collect(),
        limits: limits(&section.session),
    }
}

fn limits(rules: &SessionRules) -> LimitPolicy {
    LimitPolicy {
        clients: rules.max_clients.most,
        clients_per_user: rules.max_clients_per_user.most,
        clients_per_host: rules.max_clients_per_host.most,
    }
}
