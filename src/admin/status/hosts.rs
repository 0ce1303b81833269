//! By which names the page may be asked for. Without this any web page that an administrator visits could have its own name point here
//! and read who is connected ("DNS rebinding").

use std::net::IpAddr;

/// The names that are served.
pub struct Hosts {
    named: Vec<String>,
}

impl Hosts {
    /// These names, `localhost`, and every address.
    pub fn new(named: Vec<String>) -> Hosts {
        Hosts { named }
    }

    /// Whether this is one: the header `Host` of a request, with or without a port. Who sends none is no browser.
    pub fn admit(&self, host: Option<&str>) -> bool {
        let Some(host) = host else { return true };
        let name = without_port(host);
        name.eq_ignore_ascii_case("localhost")
            || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
            || self.named.iter().any(|named| named.eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        // An IPv6 address stands in brackets before its port.
        Some((name, port)) if is_port(port) && (name.ends_with(']') || !name.contains(':')) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_known_names_are_served() {
        let hosts = Hosts::new(vec!["ftp.example.org".to_owned()]);
        for (host, expected) in [
            (None, true),
            (Some("localhost:9021"), true),
            (Some("127.0.0.1:9021"), true),
            (Some("127.0.0.1"), true),
            (Some("[::1]:9021"), true),
            (Some("[::1]"), true),
            (Some("FTP.example.org"), true),
            (Some("ftp.example.org:80"), true),
            (Some("evil.example:9021"), false),
            (Some("localhost.evil.example"), false),
            (Some(""), false),
        ] {
            assert_eq!(hosts.admit(host), expected, "{host:?}");
        }
    }
}
