//! What is said of proxies, before and after inheritance.

use std::time::Duration;

use ipnet::IpNet;

use super::complaint::Complaints;
use super::defaults;
use super::lines::Word;
use super::settings::Proxies;
use crate::protocol::proxy::Version;

/// See [`Proxies`].
#[derive(Clone, Debug, Default)]
pub struct ProxiesDraft {
    /// ProxyProtocolEngine, and where it is said.
    pub engine: Option<(bool, Word)>,
    /// ProxyProtocolFrom.
    pub trusted: Vec<IpNet>,
    /// ProxyProtocolIgnore.
    pub ignored: Option<bool>,
    /// ProxyProtocolOptions UseProxiedServerAddress.
    pub chooses_by_header: Option<bool>,
    /// ProxyProtocolVersion.
    pub version: Option<Version>,
    /// ProxyProtocolTimeout.
    pub patience: Option<Duration>,
}

impl ProxiesDraft {
    /// What is not said here, the outer scope says. A server that names proxies of its own means no others.
    pub fn inherit(&mut self, outer: &ProxiesDraft) {
        if self.engine.is_none() {
            self.engine.clone_from(&outer.engine);
        }
        if self.trusted.is_empty() {
            self.trusted.clone_from(&outer.trusted);
        }
        self.ignored = self.ignored.or(outer.ignored);
        self.chooses_by_header = self.chooses_by_header.or(outer.chooses_by_header);
        self.version = self.version.or(outer.version);
        self.patience = self.patience.or(outer.patience);
    }

    /// What it comes to mean; None where clients come by themselves.
    pub fn meant(self, complaints: &mut Complaints) -> Option<Proxies> {
        let (_, engine) = self.engine.filter(|(on, _)| *on)?;
        let ignored = self.ignored.unwrap_or(false);
        if self.trusted.is_empty() && !ignored {
            let message = "ProxyProtocolEngine: whoever reaches this server can say that he comes from anywhere; \
                           name the proxies with ProxyProtocolFrom";
            complaints.warning(&engine.mark, message);
        }
        Some(Proxies {
            trusted: self.trusted,
            ignored,
            chooses_by_header: self.chooses_by_header.unwrap_or(false),
            version: self.version,
            patience: self.patience.unwrap_or(Duration::from_secs(defaults::PROXY_PROTOCOL_TIMEOUT)),
        })
    }
}
