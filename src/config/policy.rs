//! What auth needs to know of a configuration, as plain values.

use std::collections::HashSet;
use std::path::Path;

use super::classes::Classes;
use super::settings::{
    Anonymous, DirectoryRules, LimitText, Pam, Rule, Server, SessionRules, Sessions, Settings, Subject,
};
use crate::auth::order::{Module, Ordered};
use crate::auth::places::class_key;
use crate::auth::{
    AnonymousPolicy, Books, Bound, ClientTerms, Gate, Gifts, LimitPolicy, PamPolicy, Policy, ServerPolicy,
    Terms,
};

impl Settings {
    /// For the auth process of this generation. `rootless`: every session is the caller.
    pub fn auth_policy(&self, rootless: bool) -> Policy {
        Policy {
            servers: self.servers.iter().map(|said| server(said, &self.classes, rootless)).collect(),
            use_reverse_dns: self.daemon.use_reverse_dns,
            connection_rate: self.daemon.max_connection_rate,
            rootless,
        }
    }
}

fn server(server: &Server, classes: &Classes, rootless: bool) -> ServerPolicy {
    let order = order(server, rootless);
    let asks = |module: Module| order.iter().any(|ordered| ordered.module == module);
    let by_file = asks(Module::File);
    let pam = server.pam.as_ref().filter(|_| asks(Module::Pam)).map(pam);
    ServerPolicy {
        user_file: server.auth_user_file.clone().filter(|_| by_file),
        group_file: server.auth_group_file.clone().filter(|_| by_file),
        order,
        aliases: server.user_aliases.iter().map(|(alias, real)| (bytes(alias), bytes(real))).collect(),
        alias_only: server.alias_only,
        anonymous: server.anonymous.map(|section| anonymous(section, classes, server.use_lastlog)),
        terms: terms(&server.sessions, classes, server.use_lastlog),
        pam,
        gifts: gifts(server),
        gate: gate(&server.directories, classes),
    }
}

/// `<Limit LOGIN>`: auth asks nothing else of a configuration's rules.
fn gate(rules: &DirectoryRules, classes: &Classes) -> Gate {
    let rules = rules.of_logins();
    if !rules.has_limits() {
        return Gate::default();
    }
    let classes = classes.clone();
    Gate::new(move |visitor| {
        let subject = Subject::visitor(visitor, &classes);
        let denial = rules.rules_for(Path::new("/"), &subject).denial("LOGIN", &[]);
        denial.map(|Rule(written)| written.map(|line| line.as_bytes().to_vec()).unwrap_or_default())
    })
}

/// What UserOwner and GroupOwner say anywhere in it.
fn gifts(server: &Server) -> Gifts {
    let sections = server.anonymous.iter().map(|section| &section.directories);
    let scopes = || sections.clone().chain([&server.directories]).flat_map(|rules| rules.scopes());
    let named = |name: &Option<String>| name.as_deref().map(bytes);
    Gifts {
        users: scopes().filter_map(|scope| named(&scope.user_owner)).collect(),
        groups: scopes().filter_map(|scope| named(&scope.group_owner)).collect(),
    }
}

/// The modules that are asked. Without root nobody can be asked about the host's accounts; a PAM whose no is the last word has the
/// first one, wherever it stands.
fn order(server: &Server, rootless: bool) -> Vec<Ordered> {
    let is_asked = |ordered: &&Ordered| match ordered.module {
        Module::Pam => server.pam.is_some() && !rootless,
        Module::File | Module::Host => true,
    };
    let mut order: Vec<Ordered> = server.auth_order.iter().filter(is_asked).copied().collect();
    order.sort_by_key(|ordered| !(ordered.module == Module::Pam && ordered.is_authoritative));
    order
}

fn pam(asked: &Pam) -> PamPolicy {
    PamPolicy { service: asked.service.clone(), with_terminal: asked.with_terminal }
}

/// What holds for clients, and for those of whom `<IfUser>` and its like speak.
fn terms(sessions: &Sessions, classes: &Classes, lastlog: bool) -> Terms {
    let usual = Terms::from(client_terms(&sessions.usual, lastlog));
    if sessions.exceptions().is_empty() {
        return usual;
    }
    let possible: Vec<ClientTerms> =
        sessions.each_alone().map(|rules| client_terms(&rules, lastlog)).collect();
    let (sessions, classes) = (sessions.clone(), classes.clone());
    usual.with(&possible, move |visitor| {
        client_terms(&sessions.of(&Subject::visitor(visitor, &classes)), lastlog)
    })
}

fn client_terms(rules: &SessionRules, lastlog: bool) -> ClientTerms {
    ClientTerms {
        rules: rules.login,
        books: Books { wtmp: rules.wtmp_log, lastlog },
        limits: limits(rules),
        create_home: rules.create_home.clone(),
        connections_per_host: rules.max_connections_per_host.most,
    }
}

fn anonymous(section: &Anonymous, classes: &Classes, lastlog: bool) -> AnonymousPolicy {
    AnonymousPolicy {
        user: bytes(&section.user),
        group: section.group.as_deref().map(bytes),
        require_password: section.require_password,
        authenticates_alias: section.authenticates_alias,
        terms: terms(&section.sessions, classes, lastlog),
        gate: gate(&section.directories, classes),
    }
}

fn limits(session: &SessionRules) -> LimitPolicy {
    let mut seen = HashSet::new();
    let of_classes = session.max_clients_per_class.iter().filter(|(class, _)| seen.insert(class));
    let key = |class: &String| class_key(class.as_bytes());
    LimitPolicy {
        clients: bound(&session.max_clients),
        clients_per_user: bound(&session.max_clients_per_user),
        clients_per_host: bound(&session.max_clients_per_host),
        clients_per_class: of_classes.map(|(class, limit)| (key(class), bound(limit))).collect(),
        hosts_per_user: bound(&session.max_hosts_per_user),
    }
}

fn bound(limit: &LimitText) -> Bound {
    Bound { most: limit.most, text: limit.text.clone() }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}
