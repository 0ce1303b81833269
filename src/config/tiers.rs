//! Directives by how often real configurations have them, and how each stands: a list to be measured by, which a test holds.

use std::fmt::Write;

use super::directives::{Effect, Row, row};

/// Names that configurations have alike often.
struct Tier {
    caption: &'static str,
    names: &'static str,
}

const TIERS: [Tier; 2] = [
    Tier {
        caption: "in most configurations",
        names: "\
        AccessGrantMsg AdminControlsEngine Allow AllowAll AllowFilter AllowGroup AllowOverwrite \
        AllowRetrieveRestart AllowStoreRestart AllowUser <Anonymous> AuthFileOptions AuthGroupFile AuthOrder \
        AuthPAM AuthPAMConfig AuthUserFile ControlsEngine ControlsInterval ControlsLog ControlsMaxClients \
        ControlsSocket CreateHome DebugLevel DefaultAddress DefaultRoot DefaultServer DeferWelcome Define \
        DelayEngine Deny DenyAll DenyFilter DenyGroup DenyUser <Directory> DisplayChdir DisplayConnect \
        DisplayLogin DisplayQuit ExtendedLog <Global> Group IdentLookups <IfDefine> <IfModule> Include \
        <Limit> ListOptions LoadModule LogFormat MasqueradeAddress MaxClients MaxClientsPerHost \
        MaxClientsPerUser MaxInstances MaxLoginAttempts ModulePath MultilineRFC2228 Order PassivePorts \
        PathAllowFilter PathDenyFilter PersistentPasswd PidFile Port QuotaEngine Ratios RequireValidShell \
        RootLogin ScoreboardFile ScoreboardMutex ServerAdmin ServerAlias ServerIdent ServerLog ServerName \
        ServerType ShowSymlinks SocketBindTight SyslogFacility SyslogLevel SystemLog TimeoutIdle \
        TimeoutLogin TimeoutNoTransfer TimeoutSession TimeoutStalled TLSCACertificateFile \
        TLSCertificateChainFile TLSCipherSuite TLSECCertificateFile TLSECCertificateKeyFile TLSEngine TLSLog \
        TLSOptions TLSProtocol TLSRenegotiate TLSRequired TLSRSACertificateFile TLSRSACertificateKeyFile \
        TLSVerifyClient TransferLog Umask UseFtpUsers UseIPv6 User UserAlias UseReverseDNS <VirtualHost> \
        WtmpLog",
    },
    Tier {
        caption: "in some",
        names: "\
        AccessDenyMsg AdminControlsACLs AllowChrootSymlinks AllowClass AllowForeignAddress AllowLogSymlinks \
        AllowOverride AnonRejectPasswords AnonRequirePassword BanCache BanCacheOptions BanControlsACLs \
        BanEngine BanLog BanMessage BanOnEvent BanOptions BanTable CapabilitiesEngine CapabilitiesSet \
        <Class> CommandBufferSize ControlsACLs ControlsAuthFreshness ControlsSocketACL ControlsSocketOwner \
        DefaultChdir DelayOnEvent DelayTable DeleteAbortedStores DenyClass DirFakeGroup DirFakeMode \
        DirFakeUser DynMasqRefresh FactsAdvertise FactsOptions From GroupOwner HiddenStores HideFiles \
        HideGroup HideNoAccess HideUser <IfAuthenticated> <IfClass> <IfGroup> <IfUser> IgnoreHidden \
        LangDefault LangEngine LangOptions LangPath ListStyle LogOptions MaxClientsPerClass MaxCommandRate \
        MaxConnectionRate MaxConnectionsPerHost MaxHostsPerUser MaxRetrieveFileSize MaxStoreFileSize \
        MaxTransfersPerHost MaxTransfersPerUser ModuleControlsACLs ProcessTitles Protocols \
        ProxyProtocolEngine ProxyProtocolIgnore ProxyProtocolOptions ProxyProtocolTimeout \
        ProxyProtocolVersion QuotaDefault QuotaDirectoryTally QuotaDisplayUnits QuotaExcludeFilter \
        QuotaLimitTable QuotaLock QuotaLog QuotaOptions QuotaShowQuotas QuotaTallyTable RLimitChroot \
        RLimitCPU RLimitMemory RLimitOpenFiles RootRevoke Satisfy ScoreboardOptions ScoreboardScrub SetEnv \
        SocketOptions SQLAuthenticate SQLAuthTypes SQLBackend SQLConnectInfo SQLDefaultGID SQLDefaultHomedir \
        SQLDefaultUID SQLEngine SQLGroupInfo SQLLog SQLLogFile SQLMinID SQLMinUserGID SQLMinUserUID \
        SQLNamedQuery SQLNegativeCache SQLOptions SQLPasswordEncoding SQLPasswordEngine SQLPasswordPBKDF2 \
        SQLPasswordRounds SQLPasswordSaltFile SQLPasswordUserSalt SQLShowInfo SQLUserInfo SQLUserWhereClause \
        SystemdEngine TCPBackLog TCPNoDelay TimeoutLinger TimesGMT TLSCARevocationFile TLSDHParamFile \
        TLSMasqueradeAddress TLSServerCipherPreference TLSSessionCache TLSSessionTickets TLSStapling \
        TLSTimeoutHandshake TLSUserName TLSVerifyDepth Trace TraceLog TraceOptions TransferRate UnsetEnv \
        UseEncoding UseGlobbing UseLastlog UserOwner UseSendfile VRootAlias VRootEngine VRootOptions",
    },
];

/// Modules whose work is none of ferryd's yet.
const LATER: &[&str] = &["mod_ban", "mod_quotatab", "mod_ratio", "mod_sql", "mod_sql_passwd", "mod_tls"];

/// How a directive stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Works,
    /// Taken without a word: it is so in every case.
    Accepted,
    /// Taken with a warning.
    Ignored,
    /// Of a module that comes later.
    Later,
    /// An error, or no row at all.
    Refused,
}

fn standing(row: Option<Row>) -> Standing {
    match row {
        Some(Row { effect: Effect::Sets(_) | Effect::Language, .. }) => Standing::Works,
        Some(row) if LATER.contains(&row.module) => Standing::Later,
        Some(Row { effect: Effect::Accepted, .. }) => Standing::Accepted,
        Some(Row { effect: Effect::Ignored, .. }) => Standing::Ignored,
        Some(Row { effect: Effect::Guards, .. }) | None => Standing::Refused,
    }
}

impl Tier {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split_ascii_whitespace()
    }

    fn standing_so(&self, wanted: Standing) -> Vec<&'static str> {
        self.names().filter(|name| standing(row(name)) == wanted).collect()
    }
}

/// The table, for the reference.
pub fn table() -> String {
    let mut page = String::from(
        "\n## By use\n\nHow the directives stand that public configurations have most.\n\n\
         | directives | all | work | accepted | with a warning | refused | of modules to come |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for tier in &TIERS {
        let (all, caption) = (tier.names().count(), tier.caption);
        let [works, accepted, ignored, refused, later] =
            [Standing::Works, Standing::Accepted, Standing::Ignored, Standing::Refused, Standing::Later]
                .map(|wanted| tier.standing_so(wanted).len());
        // Writing to a string does not fail.
        let _ =
            writeln!(page, "| {caption} | {all} | {works} | {accepted} | {ignored} | {refused} | {later} |");
    }
    let ignored: Vec<&str> = TIERS.iter().flat_map(|tier| tier.standing_so(Standing::Ignored)).collect();
    let _ = writeln!(page, "\nWith a warning: {}. To come: {}.", ignored.join(", "), LATER.join(", "));
    page
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Each with its sentence in the reference: what it asks for is no part of ferryd, and nobody has more access by that.
    const WITH_A_WARNING: &[&str] = &["IdentLookups", "PersistentPasswd"];

    #[test]
    fn what_many_configurations_have_works() {
        for tier in &TIERS {
            assert_eq!(tier.standing_so(Standing::Refused), [""; 0], "{}", tier.caption);
            let ignored = tier.standing_so(Standing::Ignored);
            let more: Vec<_> = ignored.iter().filter(|name| !WITH_A_WARNING.contains(name)).collect();
            assert!(more.is_empty(), "{}: {more:?}", tier.caption);
        }
    }

    #[test]
    fn no_name_is_in_two_tiers() {
        let mut seen = HashSet::new();
        assert!(TIERS.iter().flat_map(Tier::names).all(|name| seen.insert(name)));
        assert!(seen.len() > 230, "{} names", seen.len());
    }
}
