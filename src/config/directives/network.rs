//! Addresses, ports and sockets.

use std::time::Duration;

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::{
    Contexts, HOST, MAIN, SERVERS, SERVERS_FOR_CLASSES, SERVERS_FOR_SOME, SESSIONS_FOR_SOME,
};
use super::super::defaults;
use super::super::draft::Scope;
use super::super::globs::{Case, Glob};
use super::super::settings::ForeignAddresses;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "Port",
        "mod_core",
        SERVERS,
        "number",
        defaults::shown::PORT,
        "Where the server listens; 0 for a server without a listener.",
        |scope, arguments| {
            scope.server.port = Some(arguments.number(0..=65535)? as u16);
            Ok(())
        },
    ),
    sets(
        "DefaultAddress",
        "mod_core",
        MAIN,
        "address…",
        "every address",
        "The main server's addresses.",
        |scope, arguments| {
            scope.daemon.addresses = arguments.words("an address")?.to_vec();
            Ok(())
        },
    )
    .last(),
    sets(
        "DefaultServer",
        "mod_core",
        Contexts::of(&[MAIN, HOST]),
        "on|off",
        "off",
        "Whether this server takes clients that come to no server's address.",
        default_server,
    ),
    sets(
        "SocketBindTight",
        "mod_core",
        MAIN,
        "on|off",
        "off",
        "Whether each server's addresses are bound, instead of every address of the host.",
        |scope, arguments| {
            scope.daemon.bind_tight = Some(arguments.switch()?);
            Ok(())
        },
    )
    .last(),
    sets(
        "UseIPv6",
        "mod_core",
        MAIN,
        "on|off",
        "on where the host has IPv6",
        "Whether IPv6 is used.",
        |scope, arguments| {
            scope.daemon.use_ipv6 = Some(arguments.switch()?);
            Ok(())
        },
    )
    .last(),
    sets(
        "TCPBackLog",
        "mod_core",
        MAIN,
        "number",
        "the system's most",
        "How many connections may wait to be accepted.",
        |scope, arguments| {
            scope.daemon.backlog = Some(arguments.number(1..=65535)?);
            Ok(())
        },
    )
    .restart("listeners that are open keep what they have")
    .last(),
    sets(
        "UseReverseDNS",
        "mod_core",
        MAIN,
        "on|off",
        "on",
        "Whether logs and ftpwho tell clients' names.",
        |scope, arguments| {
            scope.daemon.use_reverse_dns = Some(arguments.switch()?);
            Ok(())
        },
    )
    .last(),
    sets(
        "PassivePorts",
        "mod_core",
        SERVERS_FOR_SOME,
        "first last",
        "any",
        "The ports of passive data connections.",
        passive_ports,
    ),
    sets(
        "MasqueradeAddress",
        "mod_core",
        SERVERS_FOR_SOME,
        "address|name|device",
        "",
        "The address told in replies to PASV, behind a translating router; a name or a network device stands for its own.",
        |scope, arguments| {
            scope.named.masquerade = Some(arguments.word("an address")?.clone());
            Ok(())
        },
    ),
    sets(
        "DynMasqRefresh",
        "mod_dynmasq",
        MAIN,
        "seconds",
        "at HUP alone",
        "How long the address of a MasqueradeAddress that is a name holds; one that has changed is told as after a HUP.",
        |scope, arguments| {
            let seconds = arguments.number(1..=u32::MAX)?;
            scope.daemon.masquerade_refresh = Some(Duration::from_secs(seconds.into()));
            Ok(())
        },
    ),
    sets(
        "AllowForeignAddress",
        "mod_core",
        SESSIONS_FOR_SOME,
        "on|off|class",
        "off",
        "Whether data connections may be another host's than the client's: any, or one of this class, by its address.",
        |scope, arguments| {
            let word = arguments.word("on, off or a class")?.text.clone();
            scope.session.foreign_addresses = Some(match switch(&word) {
                Some(true) => ForeignAddresses::All,
                Some(false) => ForeignAddresses::None,
                None => ForeignAddresses::OfClass(word),
            });
            Ok(())
        },
    ),
    sets(
        "CommandBufferSize",
        "mod_core",
        SERVERS_FOR_CLASSES,
        "bytes",
        defaults::shown::COMMAND_BUFFER_SIZE,
        "The longest command line.",
        |scope, arguments| {
            scope.session.command_buffer = Some(arguments.number(64..=4096)?);
            Ok(())
        },
    ),
    sets(
        "ServerAlias",
        "mod_core",
        SERVERS,
        "name…",
        "",
        "Names that clients may ask for with HOST, `*` and `?` among them: servers of one address and port are told apart by them.",
        aliases,
    )
    .adds(),
    sets(
        "Protocols",
        "mod_core",
        SERVERS,
        "ftp",
        "ftp",
        "What the server speaks; it must hold ftp.",
        protocols,
    ),
];

fn default_server(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("on or off")?.clone();
    let on = super::super::arguments::switch(&word.text);
    let on = on.ok_or_else(|| arguments.fault(format!("takes on or off, not '{}'", word.text)))?;
    scope.server.is_default = Some((on, word));
    Ok(())
}

fn aliases(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    for word in arguments.words("a name")? {
        let glob = Glob::read(&word.text, Case::Folded);
        let wrong = |error| arguments.fault(format!("'{}' is no pattern: {error}", word.text));
        scope.server.aliases.push(glob.map_err(wrong)?);
    }
    Ok(())
}

fn passive_ports(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let first = arguments.number(1024..=65535)? as u16;
    let last = arguments.number(1024..=65535)? as u16;
    if last < first {
        return Err(arguments.fault(format!("the last port, {last}, is below the first, {first}")));
    }
    scope.session.passive_ports = Some((first, last));
    Ok(())
}

fn protocols(_: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let words = arguments.words("ftp")?;
    match words.iter().any(|word| word.text.eq_ignore_ascii_case("ftp")) {
        true => Ok(()),
        false => Err(arguments.fault("only ftp is supported")),
    }
}
