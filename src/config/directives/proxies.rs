//! Clients that come through a proxy.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::SERVERS;
use super::super::defaults;
use super::super::draft::Scope;
use super::{Row, sets};
use crate::protocol::proxy::Version;

pub const ROWS: &[Row] = &[
    sets(
        "ProxyProtocolEngine",
        "mod_proxy_protocol",
        SERVERS,
        "on|off",
        "off",
        "Whether connections begin with a proxy's word for who the client is; one that does not is closed. Logs, limits and rules go by \
         what it says, and so do data connections: those that come through the proxy, too, want AllowForeignAddress.",
        |scope, arguments| {
            let engine = arguments.word("on or off")?.clone();
            let on = super::super::arguments::switch(&engine.text);
            let on = on.ok_or_else(|| arguments.fault(format!("takes on or off, not '{}'", engine.text)))?;
            scope.server.proxies.engine = Some((on, engine));
            Ok(())
        },
    ),
    sets(
        "ProxyProtocolFrom",
        "ferryd",
        SERVERS,
        "address|network…",
        "everybody",
        "Whose word is taken for who the client is. Whoever comes from elsewhere is a client that comes directly.",
        |scope, arguments| {
            for word in arguments.words("an address or a network")? {
                let network = word.text.parse::<IpNet>().or_else(|_| word.text.parse::<IpAddr>().map(IpNet::from));
                let network = network
                    .map_err(|_| arguments.fault(format!("'{}' is neither an address nor a network", word.text)))?;
                scope.server.proxies.trusted.push(network);
            }
            Ok(())
        },
    )
    .adds(),
    sets(
        "ProxyProtocolIgnore",
        "mod_proxy_protocol",
        SERVERS,
        "on|off",
        "off",
        "Whether what the proxy says is read and not believed: the client is then the proxy.",
        |scope, arguments| {
            scope.server.proxies.ignored = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "ProxyProtocolTimeout",
        "mod_proxy_protocol",
        SERVERS,
        "seconds",
        defaults::shown::PROXY_PROTOCOL_TIMEOUT,
        "How long a proxy may take to say who the client is.",
        |scope, arguments| {
            scope.server.proxies.patience = Some(Duration::from_secs(arguments.number(1..=300)?.into()));
            Ok(())
        },
    ),
    sets(
        "ProxyProtocolVersion",
        "mod_proxy_protocol",
        SERVERS,
        "haproxyV1|haproxyV2",
        "either",
        "The form in which the proxy has to say it: a line of text, or binary.",
        version,
    ),
    sets(
        "ProxyProtocolOptions",
        "mod_proxy_protocol",
        SERVERS,
        "UseProxiedServerAddress…",
        "",
        "With UseProxiedServerAddress the `<VirtualHost>` is the one of the address and port that the client has connected to, as the proxy \
         says; else that of the proxy's own connection.",
        |scope, arguments| {
            for word in arguments.words("options")? {
                if !word.text.eq_ignore_ascii_case("UseProxiedServerAddress") {
                    return Err(arguments.fault(format!("takes UseProxiedServerAddress, not '{}'", word.text)));
                }
            }
            scope.server.proxies.chooses_by_header = Some(true);
            Ok(())
        },
    ),
];

fn version(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let word = arguments.word("haproxyV1 or haproxyV2")?;
    scope.server.proxies.version = Some(match word.text.to_ascii_lowercase().as_str() {
        "haproxyv1" => Version::One,
        "haproxyv2" => Version::Two,
        _ => return Err(arguments.fault(format!("takes haproxyV1 or haproxyV2, not '{}'", word.text))),
    });
    Ok(())
}
