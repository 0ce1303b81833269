//! Who may log in, and how the password is checked.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::{SERVERS, SESSIONS};
use super::super::draft::Scope;
use super::super::modules::{Standing, standing};
use super::super::settings::AuthSource;
use super::Effect::{Accepted, Guards, GuardsWhenOff, Ignored};
use super::{Row, other, sets};

pub const ROWS: &[Row] = &[
    sets(
        "AuthUserFile",
        "mod_auth_file",
        SERVERS,
        "path",
        "",
        "Accounts in passwd's format; readable by its owner and group alone, or refused.",
        |scope, arguments| {
            scope.server.auth_user_file = Some(file_word(arguments)?);
            Ok(())
        },
    ),
    sets(
        "AuthGroupFile",
        "mod_auth_file",
        SERVERS,
        "path",
        "",
        "Groups in group's format; not writable by everybody, or refused.",
        |scope, arguments| {
            scope.server.auth_group_file = Some(file_word(arguments)?);
            Ok(())
        },
    ),
    sets(
        "AuthFileOptions",
        "mod_auth_file",
        SERVERS,
        "[InsecurePerms]",
        "",
        "InsecurePerms takes account files whatever their permissions.",
        auth_file_options,
    ),
    sets(
        "AuthOrder",
        "mod_core",
        SERVERS,
        "module[*]…",
        "mod_auth_file.c mod_auth_unix.c",
        "Which sources of accounts are asked, in this order; `*` ends the search there.",
        auth_order,
    ),
    sets(
        "AuthPAM",
        "mod_auth_pam",
        SERVERS,
        "on|off",
        "on",
        "Whether PAM is asked about the passwords of the host's accounts.",
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
        "ftp",
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
    ),
    sets(
        "RequireValidShell",
        "mod_auth",
        SESSIONS,
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
    ),
    sets(
        "MaxLoginAttempts",
        "mod_auth",
        SERVERS,
        "number|none",
        "3",
        "How many wrong passwords end a connection.",
        |scope, arguments| {
            scope.server.max_login_attempts = Some(arguments.count()?);
            Ok(())
        },
    ),
    other(
        "AnonRequirePassword",
        "mod_auth",
        Guards,
        "anonymous logins with a password are not yet supported.",
    ),
    other("UseFtpUsers", "mod_auth", Guards, "/etc/ftpusers is not yet read."),
    other("AnonRejectPasswords", "mod_auth", Guards, "this rule of access is not yet supported."),
    other("AuthAliasOnly", "mod_auth", Guards, "this rule of access is not yet supported."),
    other("AuthUsingAlias", "mod_auth", Guards, "this rule of access is not yet supported."),
    other("UserPassword", "mod_auth", Guards, "passwords in the configuration are not supported."),
    other("UserDirRoot", "mod_auth", Guards, "roots by user are not yet supported."),
    other("RewriteHome", "mod_auth", Guards, "rewriting of homes is not supported."),
    other(
        "AllowEmptyPasswords",
        "mod_auth",
        GuardsWhenOff,
        "empty passwords cannot yet be refused by configuration.",
    ),
    other("RootRevoke", "mod_auth", Accepted, "A session never keeps a way back to root."),
    other("MaxPasswordSize", "mod_auth", Ignored, "a command line's length bounds passwords."),
    other("AnonAllowRobots", "mod_auth", Ignored, "robots.txt is not made up."),
    other("UseLastlog", "mod_auth", Ignored, "lastlog is not yet written."),
    other("WtmpLog", "mod_auth", Ignored, "wtmp is not yet written."),
];

/// A path; ProFTPD's filters by id, home and name after it would narrow who may log in, and are not done.
fn file_word(arguments: &mut Arguments<'_>) -> Result<super::super::lines::Word, Fault> {
    let word = arguments.word("a path")?.clone();
    match arguments.maybe() {
        None => Ok(word),
        Some(filter) => Err(arguments.fault(format!("the filter '{}' is not yet supported", filter.text))),
    }
}

fn auth_file_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    while let Some(word) = arguments.maybe() {
        if word.text.eq_ignore_ascii_case("InsecurePerms") {
            scope.server.insecure_permissions = Some(true);
        } else {
            return Err(arguments.fault(format!("the option '{}' is not supported", word.text)));
        }
    }
    Ok(())
}

fn root_login(_: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    match arguments.switch()? {
        false => Ok(()),
        true => Err(arguments.fault("accounts with uid 0 are never let in; remove the line")),
    }
}

/// Sources that are not there let nobody in, so they may be left out; but one at least must be left.
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

fn auth_order(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let mut order: Vec<AuthSource> = Vec::new();
    for word in arguments.words("a module")? {
        let module = word.text.trim_end_matches('*');
        match module.strip_suffix(".c").unwrap_or(module) {
            "mod_auth_file" => order.push(AuthSource::File),
            "mod_auth_unix" => order.push(AuthSource::Host),
            _ if standing(module) == Standing::Unknown => {
                return Err(Fault {
                    mark: word.mark.clone(),
                    message: format!("no module '{module}' is known"),
                });
            }
            _ => arguments.warn(format!("{module} is not part of ferryd; its accounts cannot log in")),
        }
        // What ends the search decides alone, also where it is a source that we lack.
        if word.text.ends_with('*') {
            break;
        }
    }
    if order.is_empty() {
        return Err(arguments.fault("none of these sources of accounts is supported: nobody could log in"));
    }
    scope.server.auth_order = Some(order);
    Ok(())
}
