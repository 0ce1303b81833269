//! What auth needs to know of a configuration, as plain values.

use super::settings::{Anonymous, AuthSource, Pam, Server, SessionRules, Settings};
use crate::auth::{AnonymousPolicy, LimitPolicy, PamPolicy, Policy, ServerPolicy};

impl Settings {
    /// For the auth process of this generation. `rootless`: every session is the caller.
    pub fn auth_policy(&self, rootless: bool) -> Policy {
        Policy {
            servers: self.servers.iter().map(|said| server(said, rootless)).collect(),
            use_reverse_dns: self.daemon.use_reverse_dns,
            rootless,
        }
    }
}

fn server(server: &Server, rootless: bool) -> ServerPolicy {
    let by_file = server.auth_order.contains(&AuthSource::File);
    ServerPolicy {
        user_file: server.auth_user_file.clone().filter(|_| by_file),
        group_file: server.auth_group_file.clone().filter(|_| by_file),
        aliases: server.user_aliases.iter().map(|(alias, real)| (bytes(alias), bytes(real))).collect(),
        require_valid_shell: server.require_valid_shell,
        anonymous: server.anonymous.iter().map(anonymous).collect(),
        // PAM knows no accounts of its own: it is asked about the host's. A server without root could not let them in.
        pam: server
            .pam
            .as_ref()
            .filter(|_| server.auth_order.contains(&AuthSource::Host) && !rootless)
            .map(pam),
        limits: limits(&server.session),
        create_home: server.create_home.clone(),
    }
}

fn pam(asked: &Pam) -> PamPolicy {
    PamPolicy { service: asked.service.clone(), with_terminal: asked.with_terminal }
}

fn anonymous(section: &Anonymous) -> AnonymousPolicy {
    let names = section.aliases.iter().chain([&section.user]);
    AnonymousPolicy {
        user: bytes(&section.user),
        group: section.group.as_deref().map(bytes),
        names: names.map(|name| bytes(name)).collect(),
        limits: limits(&section.session),
    }
}

fn limits(session: &SessionRules) -> LimitPolicy {
    LimitPolicy {
        clients: session.max_clients.most,
        clients_per_user: session.max_clients_per_user.most,
        clients_per_host: session.max_clients_per_host.most,
    }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}
