//! Inheritance: what an inner scope does not say, the outer one says for it. `<Global>` is outside every server, a server outside its
//! `<Anonymous>` sections. Lists grow: the inner scope's entries stand first.

use super::draft::{NamedDraft, Scope, ServerDraft, SessionDraft};
use super::settings::{ResourceLimits, ScopeRules};

macro_rules! inherit {
    ($inner:expr, $outer:expr, $($field:ident),+ $(,)?) => {
        $(if $inner.$field.is_none() {
            $inner.$field.clone_from(&$outer.$field);
        })+
    };
}

/// A server (or `<Anonymous>`, for what concerns its sessions) takes from what is around it.
pub trait Inherit {
    /// Fills what is not said.
    fn inherit(&mut self, outer: &Self);
}

impl Inherit for ServerDraft {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            name,
            admin,
            port,
            server_log,
            syslog_level,
            log_options,
            log_links,
            trace_options,
            debug_level,
            auth_user_file,
            auth_group_file,
            insecure_permissions,
            syntax_check,
            auth_order,
            use_lastlog,
            auth_pam,
            auth_pam_config,
            pam_without_terminal,
            shutdown_warnings,
        );
        // The later word holds: the inner one.
        self.environment.splice(0..0, outer.environment.iter().cloned());
        self.aliases.extend(outer.aliases.iter().cloned());
        self.proxies.inherit(&outer.proxies);
    }
}

/// What a session is told in one value each.
macro_rules! of_a_session {
    ($($field:ident),+ $(,)?) => {
        impl SessionDraft {
            fn inherit_values(&mut self, outer: &SessionDraft) {
                inherit!(self, outer, $($field),+);
            }

            fn says_a_value(&self) -> bool {
                false $(|| self.$field.is_some())+
            }
        }
    };
}

of_a_session!(
    max_login_attempts,
    command_rate,
    max_connections_per_host,
    passive_ports,
    speech,
    keeps_encoding,
    requires_encoding,
    lang_engine,
    copy_engine,
    site_misc_engine,
    deflate_engine,
    command_buffer,
    root_links,
    alias_engine,
    alias_links,
    create_home,
    display_connect,
    facts_advertised,
    facts_usual,
    facts_options,
    ident,
    defer_welcome,
    transfer_log,
    digest_engine,
    digest_algorithms,
    digest_usual,
    digest_most,
    require_valid_shell,
    use_ftp_users,
    allow_empty_passwords,
    max_password_size,
    alias_only,
    max_clients,
    max_clients_per_user,
    max_clients_per_host,
    max_hosts_per_user,
    access_grant_message,
    access_deny_message,
    wtmp_log,
    timeout_login,
    timeout_idle,
    timeout_no_transfer,
    timeout_stalled,
    timeout_session,
    foreign_addresses,
    transfer_mode,
    times_gmt,
    list_style,
    use_globbing,
    display_login,
    display_quit,
    display_readme,
    display_file_transfer,
);

/// Whether a scope says anything of sessions.
pub fn says_something(scope: &Scope) -> bool {
    let Scope { session, named, .. } = scope;
    session.says_a_value()
        || session.resources != ResourceLimits::default()
        || !session.search_path.is_empty()
        || !session.aliases.is_empty()
        || !session.trace.is_empty()
        || named.masquerade.is_some()
        || !named.max_clients_per_class.is_empty()
        || !named.extended_logs.is_empty()
        || !named.default_root.is_empty()
        || !named.default_chdir.is_empty()
}

impl Inherit for NamedDraft {
    fn inherit(&mut self, outer: &Self) {
        inherit!(self, outer, masquerade);
        self.max_clients_per_class.extend(outer.max_clients_per_class.iter().cloned());
        self.extended_logs.extend(outer.extended_logs.iter().cloned());
        self.default_root.extend(outer.default_root.iter().cloned());
        self.default_chdir.extend(outer.default_chdir.iter().cloned());
    }
}

impl Inherit for SessionDraft {
    fn inherit(&mut self, outer: &Self) {
        self.inherit_values(outer);
        self.resources.inherit(&outer.resources);
        self.trace = self.trace.over(outer.trace);
        self.search_path.extend(outer.search_path.iter().cloned());
        self.aliases.extend(outer.aliases.iter().cloned());
    }
}

impl Inherit for ScopeRules {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            allow_override,
            umask,
            allow_overwrite,
            allow_store_restart,
            allow_retrieve_restart,
            show_symlinks,
            digests,
            list_options,
            unique_prefix,
            hidden_stores,
            delete_aborted,
            user_owner,
            group_owner,
            display_chdir,
            deny_filter,
            allow_filter,
            path_deny_filter,
            path_allow_filter,
        );
        inherit!(self.fakes, outer.fakes, user, group, mode);
        inherit!(self.hiding, outer.hiding, users, groups, no_access);
        self.hiding.names.extend(outer.hiding.names.iter().cloned());
        self.hiding.ignored_by.extend(outer.hiding.ignored_by.iter().cloned());
        self.limits.extend(outer.limits.iter().cloned());
        self.transfers.extend(&outer.transfers);
    }
}

/// A server takes from `<Global>`; its sections are its own concern.
pub fn from_global(server: &mut Scope, global: &Scope) {
    server.server.inherit(&global.server);
    server.session.inherit(&global.session);
    server.named.inherit(&global.named);
    server.files.inherit(&global.files);
    server.aliases.extend(global.aliases.iter().cloned());
    server.conditions.extend(global.conditions.iter().cloned());
}

#[cfg(test)]
mod tests {
    use super::super::settings::Limit;
    use super::*;

    #[test]
    fn the_inner_scope_speaks_first() {
        let limit = |name: &str| Limit::plain(vec![name.into()], Some(false));
        let outer = ScopeRules {
            umask: Some((7, 7)),
            allow_overwrite: Some(true),
            limits: vec![limit("READ")],
            ..ScopeRules::default()
        };
        let mut inner =
            ScopeRules { umask: Some((2, 2)), limits: vec![limit("STOR")], ..ScopeRules::default() };
        inner.inherit(&outer);
        assert_eq!((inner.umask, inner.allow_overwrite), (Some((2, 2)), Some(true)));
        let names: Vec<&str> = inner.limits.iter().map(|limit| limit.commands[0].as_str()).collect();
        assert_eq!(names, ["STOR", "READ"]);
    }
}
