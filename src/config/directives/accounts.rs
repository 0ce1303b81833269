//! Who may log in, and how the password is checked.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{
    ANONYMOUS, SERVERS, SERVERS_FOR_CLASSES, SESSIONS, SESSIONS_FOR_CLASSES, SESSIONS_FOR_SOME,
};
use super::super::defaults;
use super::super::draft::Scope;
use super::super::lines::Word;
use super::super::modules::{Standing, standing};
use super::Effect::{Accepted, Guards};
use super::{Row, other, sets};
use crate::auth::order::{Module, Ordered};

pub const ROWS: &[Row] = &[
    sets(
        "AuthOrder",
        "mod_core",
        SERVERS,
        "module[*]…",
        "mod_auth_file.c mod_auth_pam.c mod_auth_unix.c",
        "Which modules are asked about accounts and passwords, in this order; after the no of one with `*`, nobody else.",
        auth_order,
    ),
    sets(
        "AuthPAM",
        "mod_auth_pam",
        SERVERS,
        "on|off",
        "on",
        "Whether PAM is asked about passwords, where AuthOrder names mod_auth_pam.c, or is not said.",
        |scope, arguments| {
            scope.server.auth_pam = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AuthPAMConfig",
        "mod_auth_pam",
        SERVERS,
        "service",
        defaults::PAM_SERVICE,
        "The PAM service: a file in /etc/pam.d, whose auth and account modules are asked.",
        auth_pam_config,
    ),
    sets(
        "AuthPAMOptions",
        "mod_auth_pam",
        SERVERS,
        "[NoTTY]",
        "",
        "NoTTY tells the modules no terminal.",
        auth_pam_options,
    )
    .adds(),
    sets(
        "RequireValidShell",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "on|off",
        "on",
        "Whether an account's shell must stand in /etc/shells.",
        |scope, arguments| {
            scope.session.require_valid_shell = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "RootLogin",
        "mod_auth",
        SESSIONS,
        "on|off",
        "off",
        "Accounts with uid 0 or gid 0 are always refused; on is an error.",
        root_login,
    ),
    sets(
        "AllowEmptyPasswords",
        "mod_auth",
        SESSIONS_FOR_CLASSES,
        "on|off",
        "on",
        "Whether an empty password is worth looking at. An account without a hash is let in by none, whatever is said here.",
        |scope, arguments| {
            scope.session.allow_empty_passwords = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "MaxPasswordSize",
        "mod_auth",
        SERVERS_FOR_CLASSES,
        "bytes",
        defaults::shown::MAX_PASSWORD_SIZE,
        "A longer password is wrong before anything is compared with it; 0 for any length. What an anonymous client gives for one is not meant.",
        |scope, arguments| {
            let most = arguments.number(0..=u32::MAX)?;
            scope.session.max_password_size = Some((most > 0).then_some(most));
            Ok(())
        },
    ),
    sets(
        "UserAlias",
        "mod_auth",
        SESSIONS,
        "alias name",
        "",
        "A name that stands for another at login.",
        |scope, arguments| {
            let alias = arguments.word("the alias")?;
            let name = arguments.word("the real name")?;
            scope.aliases.push((alias.clone(), name.clone()));
            Ok(())
        },
    )
    .adds(),
    sets(
        "UseFtpUsers",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "on|off",
        "on",
        "Whether accounts that /etc/ftpusers names are kept out.",
        |scope, arguments| {
            scope.session.use_ftp_users = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AuthAliasOnly",
        "mod_auth",
        SESSIONS,
        "on|off",
        "off",
        "Whether only names that UserAlias gives to somebody log in.",
        |scope, arguments| {
            scope.session.alias_only = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AnonRequirePassword",
        "mod_auth",
        ANONYMOUS,
        "on|off",
        "off",
        "Whether an anonymous login needs its User's password.",
        |scope, arguments| {
            scope.require_password = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AnonAllowRobots",
        "mod_auth",
        ANONYMOUS,
        "on|off",
        "off",
        "Whether robots may come: where off, RETR of a robots.txt at the root that is not there sends one that keeps them out.",
        |scope, arguments| {
            scope.allows_robots = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "AuthUsingAlias",
        "mod_auth",
        ANONYMOUS,
        "on|off",
        "off",
        "Whether AnonRequirePassword asks for the password of whoever is called by the alias, not User's.",
        |scope, arguments| {
            scope.authenticates_alias = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "MaxLoginAttempts",
        "mod_auth",
        SERVERS_FOR_CLASSES,
        "number|none",
        defaults::shown::MAX_LOGIN_ATTEMPTS,
        "How many wrong passwords end a connection.",
        |scope, arguments| {
            scope.session.max_login_attempts = Some(arguments.count()?);
            Ok(())
        },
    ),
    other("UserPassword", "mod_auth", Guards, "passwords in the configuration are not supported."),
    other("UserDirRoot", "mod_auth", Guards, "roots by user are not yet supported."),
    other("RewriteHome", "mod_auth", Guards, "rewriting of homes is not supported."),
    other("RootRevoke", "mod_auth", Accepted, "A session never keeps a way back to root."),
    sets(
        "UseLastlog",
        "mod_auth",
        SERVERS,
        "on|off",
        "off",
        "Whether logins are noted in /var/log/lastlog, where there is one.",
        |scope, arguments| {
            scope.server.use_lastlog = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "WtmpLog",
        "mod_auth",
        SESSIONS_FOR_SOME,
        "on|off|NONE",
        "on",
        "Whether sessions are noted in /var/log/wtmp, where there is one.",
        wtmp_log,
    ),
];

fn root_login(_: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    match arguments.switch()? {
        false => Ok(()),
        true => Err(arguments.fault("accounts with uid 0 are never let in; remove the line")),
    }
}

fn wtmp_log(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("on, off or NONE")?.text.to_ascii_lowercase();
    scope.session.wtmp_log = Some(match word.as_str() {
        "on" | "yes" | "true" | "1" => true,
        "off" | "no" | "false" | "0" | "none" => false,
        other => return Err(arguments.fault(format!("takes on, off or NONE, not '{other}'"))),
    });
    Ok(())
}

fn auth_pam_config(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let service = arguments.word("a PAM service")?.text.clone();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if service.is_empty() || service.len() > 64 || service.starts_with('.') || !service.bytes().all(is_plain)
    {
        return Err(arguments.fault(format!("'{service}' is no name of a file in /etc/pam.d")));
    }
    scope.server.auth_pam_config = Some(service);
    Ok(())
}

fn auth_pam_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    for option in arguments.words("an option")? {
        match option.text.to_ascii_lowercase().as_str() {
            "notty" => scope.server.pam_without_terminal = Some(true),
            _ => arguments.warn(format!("AuthPAMOptions '{}' is ignored", option.text)),
        }
    }
    Ok(())
}

/// Modules that are not there let nobody in, so they may be left out; but one at least must be left.
fn auth_order(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut order: Vec<Ordered> = Vec::new();
    for word in arguments.words("a module")? {
        let is_authoritative = word.text.ends_with('*');
        match module(word)? {
            Some(module) => order.push(Ordered { module, is_authoritative }),
            None => {
                let name = &word.text;
                arguments.warn(format!("{name} is not part of ferryd; its accounts cannot log in"));
                // It lets nobody in, and after its no nobody else is asked.
                if is_authoritative {
                    break;
                }
            }
        }
    }
    if order.iter().all(|ordered| ordered.module == Module::Pam) {
        let message = if order.is_empty() {
            "none of these modules is part of ferryd: nobody could log in"
        } else {
            "PAM knows passwords and no accounts; name mod_auth_unix.c or mod_auth_file.c behind it"
        };
        return Err(arguments.fault(message));
    }
    scope.server.auth_order = Some(order);
    Ok(())
}

/// The module that a word of AuthOrder names; None for one that ferryd does not have.
fn module(word: &Word) -> Result<Option<Module>, Fault> {
    let fault = |message: String| Fault { mark: word.mark.clone(), message };
    let name = word.text.trim_end_matches('*');
    match name.strip_suffix(".c").unwrap_or(name) {
        "mod_auth_file" => Ok(Some(Module::File)),
        "mod_auth_unix" => Ok(Some(Module::Host)),
        "mod_auth_pam" => Ok(Some(Module::Pam)),
        _ if standing(name) == Standing::Unknown => Err(fault(format!("no module '{name}' is known"))),
        _ => Ok(None),
    }
}
