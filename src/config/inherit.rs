//! Inheritance: what an inner scope does not say, the outer one says for it. `<Global>` is outside every server, a server outside its
//! `<Anonymous>` sections. Lists grow: the inner scope's entries stand first.

use super::draft::{Scope, ServerDraft, SessionDraft};
use super::settings::ScopeRules;

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
            ident,
            defer_welcome,
            max_login_attempts,
            max_connections_per_host,
            server_log,
            syslog_level,
            log_options,
            log_links,
            debug_level,
            command_rate,
            passive_ports,
            masquerade,
            command_buffer,
            auth_user_file,
            auth_group_file,
            insecure_permissions,
            syntax_check,
            auth_order,
            use_lastlog,
            auth_pam,
            auth_pam_config,
            pam_without_terminal,
            root_links,
            create_home,
            display_connect,
            facts_advertised,
            facts_usual,
            facts_options,
            speech,
            keeps_encoding,
            requires_encoding,
            lang_engine,
            shutdown_warnings,
            copy_engine,
            site_misc_engine,
            deflate_engine,
        );
        // The later word holds: the inner one.
        self.environment.splice(0..0, outer.environment.iter().cloned());
        self.aliases.extend(outer.aliases.iter().cloned());
        self.resources.inherit(&outer.resources);
        self.proxies.inherit(&outer.proxies);
    }
}

impl Inherit for SessionDraft {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            transfer_log,
            digest_engine,
            digest_algorithms,
            digest_usual,
            digest_most,
            require_valid_shell,
            use_ftp_users,
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
            allow_foreign_address,
            transfer_mode,
            times_gmt,
            list_style,
            use_globbing,
            display_login,
            display_quit,
            display_file_transfer,
        );
        self.max_clients_per_class.extend(outer.max_clients_per_class.iter().cloned());
        self.extended_logs.extend(outer.extended_logs.iter().cloned());
        self.search_path.extend(outer.search_path.iter().cloned());
        self.default_root.extend(outer.default_root.iter().cloned());
        self.default_chdir.extend(outer.default_chdir.iter().cloned());
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
