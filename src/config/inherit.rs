//! Inheritance: what an inner scope does not say, the outer one says for it. `<Global>` is outside every server, a server outside its
//! `<Anonymous>` sections. Lists grow: the inner scope's entries stand first.

use super::draft::{NamedDraft, Scope, ServerDraft, SessionDraft};
use super::settings::{Fakes, Hiding, ResourceLimits, ScopeRules};

/// A value that the inner scope does not say is the outer one's. Fields are opened one by one, and those that are taken by hand are left
/// as variables: a new field does not compile before it stands somewhere here, nor is it forgotten below.
macro_rules! inherit {
    (
        $inner:expr, $outer:expr, $kind:ident { $($value:ident),+ $(,)? },
        by hand { $($other:ident),* $(,)? }, never { $($own:ident),* $(,)? }
    ) => {
        let $kind { $($value,)+ $($other,)* $($own: _,)* } = $outer;
        $(if $inner.$value.is_none() {
            $inner.$value.clone_from($value);
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
            ServerDraft {
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
            },
            by hand { environment, aliases, proxies },
            // DefaultServer and SocketOptions are said of one server, and do not stand in `<Global>`.
            never { is_default, sockets }
        );
        // The later word holds: the inner one.
        self.environment.splice(0..0, environment.iter().cloned());
        self.aliases.extend(aliases.iter().cloned());
        self.proxies.inherit(proxies);
    }
}

/// From what a session is told in one value each: how it is inherited, and whether anything is said. The other fields stand here.
macro_rules! of_a_session {
    ($($value:ident),+ $(,)?) => {
        impl Inherit for SessionDraft {
            fn inherit(&mut self, outer: &Self) {
                inherit!(
                    self,
                    outer,
                    SessionDraft { $($value),+ },
                    by hand { trace, resources, search_path, aliases },
                    // AnonRejectPasswords stands in `<Anonymous>` alone, which is around no other.
                    never { reject_passwords }
                );
                self.resources.inherit(resources);
                self.trace = self.trace.over(*trace);
                self.search_path.extend(search_path.iter().cloned());
                self.aliases.extend(aliases.iter().cloned());
            }
        }

        impl SessionDraft {
            fn says_something(&self) -> bool {
                let SessionDraft {
                    $($value,)+
                    trace,
                    resources,
                    search_path,
                    aliases,
                    // It is said of no part of an `<Anonymous>`'s sessions.
                    reject_passwords: _,
                } = self;
                false $(|| $value.is_some())+
                    || *resources != ResourceLimits::default()
                    || !search_path.is_empty()
                    || !aliases.is_empty()
                    || !trace.is_empty()
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

impl NamedDraft {
    fn says_something(&self) -> bool {
        let NamedDraft { default_root, default_chdir, extended_logs, max_clients_per_class, masquerade } =
            self;
        masquerade.is_some()
            || !max_clients_per_class.is_empty()
            || !extended_logs.is_empty()
            || !default_root.is_empty()
            || !default_chdir.is_empty()
    }
}

/// Whether a scope says anything of sessions.
pub fn says_something(scope: &Scope) -> bool {
    scope.session.says_something() || scope.named.says_something()
}

impl Inherit for NamedDraft {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            NamedDraft { masquerade },
            by hand { max_clients_per_class, extended_logs, default_root, default_chdir },
            never {}
        );
        self.max_clients_per_class.extend(max_clients_per_class.iter().cloned());
        self.extended_logs.extend(extended_logs.iter().cloned());
        self.default_root.extend(default_root.iter().cloned());
        self.default_chdir.extend(default_chdir.iter().cloned());
    }
}

impl Inherit for ScopeRules {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            ScopeRules {
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
            },
            by hand { fakes, hiding, limits, transfers },
            // AllowAll and DenyAll outside every `<Limit>` stand in no scope that others inherit from.
            never { says, says_at }
        );
        self.fakes.inherit(fakes);
        self.hiding.inherit(hiding);
        self.limits.extend(limits.iter().cloned());
        self.transfers.extend(transfers);
    }
}

impl Inherit for Fakes {
    fn inherit(&mut self, outer: &Self) {
        inherit!(self, outer, Fakes { user, group, mode }, by hand {}, never {});
    }
}

impl Inherit for Hiding {
    fn inherit(&mut self, outer: &Self) {
        inherit!(
            self,
            outer,
            Hiding { users, groups, no_access },
            by hand { names, ignored_by },
            never {}
        );
        self.names.extend(names.iter().cloned());
        self.ignored_by.extend(ignored_by.iter().cloned());
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
