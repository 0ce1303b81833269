//! The ProFTPD modules whose work ferryd does: what `<IfModule>`, `LoadModule`, `-l` and `-vv` go by.

/// One ProFTPD module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// As in `<IfModule>`: `mod_core.c`.
    pub name: &'static str,
    /// What its work is here, in one sentence.
    pub sentence: &'static str,
}

const fn module(name: &'static str, sentence: &'static str) -> Module {
    Module { name, sentence }
}

/// Modules whose work ferryd does.
const PROVIDED: &[Module] = &[
    module("mod_core.c", "The language of the configuration, the commands of FTP, listeners and sessions."),
    module("mod_xfer.c", "Transfers in both directions, resumed ones too."),
    module("mod_auth_unix.c", "The host's own accounts."),
    module("mod_auth_pam.c", "PAM's word on the host's accounts."),
    module("mod_auth_file.c", "Accounts and groups in files of their own."),
    module("mod_auth.c", "Logins, roots, limits of logins."),
    module("mod_ls.c", "Listings."),
    module("mod_facts.c", "MLSD, MLST, MFMT and MFF."),
    module("mod_lang.c", "LANG, and names in UTF-8."),
    module("mod_site.c", "SITE CHMOD, SITE CHGRP and SITE HELP."),
    module("mod_site_misc.c", "SITE MKDIR, SITE RMDIR, SITE SYMLINK and SITE UTIME."),
    module("mod_copy.c", "SITE COPY, SITE CPFR and SITE CPTO."),
    module("mod_deflate.c", "MODE Z."),
    module("mod_digest.c", "Sums of files."),
    module("mod_dynmasq.c", "MasqueradeAddress's names are looked up again."),
    module("mod_ifsession.c", "Rules by folder, and <Limit>, for some users, groups and classes."),
    module("mod_proxy_protocol.c", "Clients behind a proxy that says who they are."),
    module("mod_log.c", "SystemLog and TransferLog."),
    module("mod_readme.c", "Clients are asked to read the files that want it."),
    module("mod_rlimit.c", "What a session may use of the host."),
    module("mod_delay.c", "Answers to USER and PASS that do not tell by their time who exists."),
    module("mod_cap.c", "Privileges given up, one by one."),
    module("mod_ifversion.c", "<IfVersion>."),
    module("mod_systemd.c", "The service manager is told of starts, reloads and stops."),
    module("mod_vroot.c", "Roots without chroot, as DefaultRoot's are."),
    module("mod_ctrls.c", "A socket on which the running daemon hears operators, and who may speak there."),
    module("mod_ctrls_admin.c", "What ftpdctl asks of the running daemon."),
    module("mod_dso.c", "LoadModule and ModulePath are understood; everything is built in."),
];

/// Modules of ProFTPD whose work ferryd does not do: their names are known, so that LoadModule of one is no mistake.
const ABSENT: &[&str] = &[
    "mod_auth_otp.c",
    "mod_ban.c",
    "mod_dnsbl.c",
    "mod_exec.c",
    "mod_facl.c",
    "mod_geoip.c",
    "mod_ident.c",
    "mod_ldap.c",
    "mod_load.c",
    "mod_log_forensic.c",
    "mod_memcache.c",
    "mod_procfs.c",
    "mod_proxy.c",
    "mod_qos.c",
    "mod_quotatab.c",
    "mod_quotatab_file.c",
    "mod_quotatab_ldap.c",
    "mod_quotatab_radius.c",
    "mod_quotatab_sql.c",
    "mod_radius.c",
    "mod_ratio.c",
    "mod_redis.c",
    "mod_rewrite.c",
    "mod_sftp.c",
    "mod_sftp_pam.c",
    "mod_sftp_sql.c",
    "mod_shaper.c",
    "mod_snmp.c",
    "mod_sql.c",
    "mod_sql_mysql.c",
    "mod_sql_odbc.c",
    "mod_sql_passwd.c",
    "mod_sql_postgres.c",
    "mod_sql_sqlite.c",
    "mod_statcache.c",
    "mod_tls.c",
    "mod_tls_fscache.c",
    "mod_tls_memcache.c",
    "mod_tls_redis.c",
    "mod_tls_shmcache.c",
    "mod_unique_id.c",
    "mod_wrap.c",
    "mod_wrap2.c",
    "mod_wrap2_file.c",
    "mod_wrap2_redis.c",
    "mod_wrap2_sql.c",
];

/// Whether ferryd does a module's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Provided,
    /// ProFTPD has it, ferryd does not.
    Absent,
    /// No module of this name is known.
    Unknown,
}

/// How a module stands; `.c` may be missing.
pub fn standing(name: &str) -> Standing {
    let is = |known: &str| name == known || known.strip_suffix(".c") == Some(name);
    if PROVIDED.iter().any(|module| is(module.name)) {
        Standing::Provided
    } else if ABSENT.iter().any(|known| is(known)) {
        Standing::Absent
    } else {
        Standing::Unknown
    }
}

/// The modules whose work ferryd does, for `-l` and `-vv`.
pub fn module_table() -> &'static [Module] {
    PROVIDED
}

/// Every name known, for "did you mean".
pub fn known_names() -> impl Iterator<Item = &'static str> {
    PROVIDED.iter().map(|module| module.name).chain(ABSENT.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_known_with_and_without_its_ending() {
        assert_eq!(standing("mod_core.c"), Standing::Provided);
        assert_eq!(standing("mod_core"), Standing::Provided);
        assert_eq!(standing("mod_tls.c"), Standing::Absent);
        assert_eq!(standing("mod_nonsense.c"), Standing::Unknown);
    }
}
