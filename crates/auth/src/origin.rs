//! Host and Origin: a page of another site that makes its name point to us (DNS rebinding) must get
//! nothing, and neither may a page of another site that the browser lets write to us.

use std::net::IpAddr;

/// The names under which the server may be called.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    names: Vec<String>,
    origins: Vec<String>,
}

impl Hosts {
    /// Loopback, addresses, and these names; `public_url` is what browsers see where a proxy
    /// changes the name, such as `https://dash.example.org/x`.
    #[must_use]
    pub fn new(allowed: impl IntoIterator<Item = String>, public_url: Option<&str>) -> Self {
        let mut names: Vec<String> = allowed.into_iter().map(|name| name_of(&name)).collect();
        let mut origins = Vec::new();
        if let Some((scheme, authority)) = public_url.and_then(parts) {
            names.push(name_of(authority));
            origins.push(full(scheme, authority));
        }
        Self { names, origins }
    }

    /// Whether a request may name this host. An address is always allowed, because rebinding needs
    /// a name; so are the names of loopback, which only point to the browser's own machine.
    #[must_use]
    pub fn allow_host(&self, host: &str) -> bool {
        if host.is_empty() || host.contains(['@', '/', ' ']) {
            return false;
        }
        let name = name_of(host);
        is_address(&name) || is_loopback_name(&name) || self.names.contains(&name)
    }

    /// Whether a page of this origin may write to the host that it names in its request.
    #[must_use]
    pub fn allow_origin(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = parts(origin) else {
            return false;
        };
        if self.origins.contains(&full(scheme, authority)) {
            return true;
        }
        // The scheme of our own end is the proxy's, not the browser's: it is taken from the origin.
        self.allow_host(host) && full(scheme, authority) == full(scheme, host)
    }
}

/// Scheme and authority of an address.
fn parts(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let known = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    (known && !authority.is_empty() && !authority.contains('@')).then_some((scheme, authority))
}

/// An origin with its port always written.
fn full(scheme: &str, authority: &str) -> String {
    let scheme = scheme.to_ascii_lowercase();
    let port = match port_of(authority) {
        Some(port) => port,
        None if scheme == "https" => "443",
        None => "80",
    };
    format!("{scheme}://{}:{port}", name_of(authority))
}

/// The name or address without its port, lower case, without the dot of a full name.
fn name_of(authority: &str) -> String {
    let name = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        // More than one colon and no bracket: an IPv6 address without a port.
        None if authority.matches(':').count() > 1 => authority,
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn port_of(authority: &str) -> Option<&str> {
    let after_address = authority.rsplit(']').next()?;
    after_address
        .split_once(':')
        .map(|(_, port)| port)
        .filter(|port| !port.is_empty())
}

fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_hosts() {
        let hosts = Hosts::new(["Dash.Local".to_owned()], Some("https://d.example.org/x"));
        let table = [
            ("localhost:8080", true),
            ("LOCALHOST", true),
            ("app.localhost:1", true),
            ("127.0.0.1:8080", true),
            ("10.1.2.3", true),
            ("[::1]:8080", true),
            ("dash.local", true),
            ("dash.local.:8080", true),
            ("d.example.org", true),
            ("evil.example.org", false),
            ("localhost.evil.org", false),
            ("127.0.0.1.evil.org", false),
            ("127.0.0.1@evil.org", false),
            ("", false),
        ];
        for (host, allowed) in table {
            assert_eq!(hosts.allow_host(host), allowed, "{host}");
        }
    }

    #[test]
    fn only_our_own_pages_are_origins() {
        let hosts = Hosts::new([], Some("https://d.example.org"));
        let table = [
            ("http://127.0.0.1:8080", "127.0.0.1:8080", true),
            ("http://127.0.0.1:8081", "127.0.0.1:8080", false),
            ("http://localhost:8080", "127.0.0.1:8080", false),
            ("http://localhost", "localhost:80", true),
            ("https://localhost", "localhost:443", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            // The proxy changed the host, and the browser names the public one.
            ("https://d.example.org", "10.0.0.1:8080", true),
            ("http://d.example.org", "10.0.0.1:8080", false),
            ("https://evil.org", "evil.org", false),
            ("null", "127.0.0.1:8080", false),
            ("", "127.0.0.1:8080", false),
            ("file://127.0.0.1:8080", "127.0.0.1:8080", false),
        ];
        for (origin, host, allowed) in table {
            assert_eq!(hosts.allow_origin(origin, host), allowed, "{origin} {host}");
        }
    }
}
