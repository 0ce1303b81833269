//! Proxies that say who their clients are.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::protocol::proxy::Version;

/// ProxyProtocolEngine and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    /// ProxyProtocolFrom: who is believed; empty for everybody.
    pub trusted: Vec<IpNet>,
    /// ProxyProtocolIgnore: the header is taken and not believed.
    pub ignored: bool,
    /// ProxyProtocolOptions UseProxiedServerAddress: the server is chosen by what the client has connected to.
    pub chooses_by_header: bool,
    /// ProxyProtocolVersion; None for either.
    pub version: Option<Version>,
    /// ProxyProtocolTimeout: how long a header may take.
    pub patience: Duration,
}

impl Proxies {
    /// Whether whoever comes from there is a proxy. Others are clients, and say nothing about themselves.
    pub fn has(&self, address: IpAddr) -> bool {
        self.trusted.is_empty() || self.trusted.iter().any(|network| network.contains(&address))
    }
}
