//! Directives that no row compares: each with the reason.

/// Names with a blank between them, and why.
pub const UNSEEN: &[(&str, &str)] = &[
    (
        "ServerType PidFile ScoreboardFile ScoreboardMutex Port DefaultAddress LoadModule",
        "every row's daemons have them",
    ),
    ("DefaultServer SocketBindTight", "ProFTPD binds every address; virtual_hosts.rs asks who is reached"),
    ("UseIPv6 TCPBackLog", "a matter of sockets, which virtual_hosts.rs and configuration.rs look at"),
    ("UseReverseDNS", "ProFTPD asks the host's name service; reverse_dns.rs has one of its own"),
    ("DynMasqRefresh", "a name that changes wants a name service; data/masquerade.rs"),
    ("AuthPAM AuthPAMConfig AuthPAMOptions", "PAM is asked about the host's accounts; users/pam.rs has some"),
    ("AuthFileOptions AllowLogSymlinks", "a start is refused, or not; configuration.rs"),
    (
        "SystemLog ServerLog LogOptions SyslogFacility SyslogLevel DebugLevel",
        "SystemLog tells what the daemon does; hostile/patterns.rs has what monitors read",
    ),
    ("Trace TraceLog TraceOptions", "clients see nothing of it; trace.rs compares what is told of commands"),
    ("WtmpLog UseLastlog", "the host's own files; users/attendance.rs"),
    (
        "ControlsEngine ControlsSocket ControlsSocketOwner ControlsSocketACL ControlsACLs ControlsMaxClients ControlsLog AdminControlsEngine AdminControlsACLs",
        "operators' socket, with a protocol of its own; control.rs",
    ),
    ("MaxInstances", "ProFTPD closes without a word, when it has seen its last child end; limits.rs"),
    (
        "MaxCommandRate MaxConnectionRate",
        "the clock decides; admission/commands.rs, admission/connections.rs",
    ),
    ("RLimitCPU RLimitMemory RLimitOpenFiles RLimitChroot", "resources of processes; admission/resources.rs"),
    ("TimeoutStalled", "ProFTPD closes without a word; data/interruptions.rs"),
    ("UserPassword UserDirRoot RewriteHome", "refused, as docs/directives.md says"),
    ("AllowOverride", "it wants files in the folders; configurations.rs and files/ have them"),
    (
        "ProxyProtocolEngine ProxyProtocolIgnore ProxyProtocolOptions ProxyProtocolTimeout ProxyProtocolVersion",
        "Debian's package has no such module",
    ),
    ("LangDefault", "it goes by the host's locales; here replies are in English"),
    ("ProcessTitles SocketOptions DelayOnEvent", "what ps, ss and the clock show"),
];

/// Directives whose rows compare what is the same without them, and why.
pub const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("<VirtualHost>", "every row is one"),
    ("MultilineRFC2228", "it changes no reply of ProFTPD 1.3.8"),
    ("Protocols", "FTP is the one there is"),
    ("MaxTransfersPerHost", "ProFTPD 1.3.8 refuses nobody; admission/transfers.rs"),
    ("MaxTransfersPerUser", "the same"),
    ("TransferRate", "the clock shows it; data/rates.rs"),
    ("TimeoutLinger", "nobody waits for it here, as docs/differences.md says"),
    ("StoreUniquePrefix", "the names are random; files/unique.rs"),
    ("PassivePorts", "ports are random; data/ports.rs"),
    ("RootLogin", "no account of a row is root; trust/root.rs"),
    ("UseFtpUsers", "nobody of a row stands in /etc/ftpusers; users/host_accounts.rs"),
    ("CommandBufferSize", "the row stays below it; hostile/floods.rs"),
];
