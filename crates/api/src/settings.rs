//! What the program that serves the API decides about it.

use std::sync::Arc;

use auth::{Caller, CookieRule, Hosts};
use futures_util::future::BoxFuture;
use http::request::Parts;
use tokio_util::sync::CancellationToken;

/// Recognises callers by means of the embedding program's own, such as its session.
///
/// `None` leaves the request to tokens and logins. Where it recognises people by a cookie, the check of the
/// `Origin` header, which is always made, is what keeps other sites' pages from writing in their name.
pub type AuthenticationHook =
    Arc<dyn Fn(&Parts) -> BoxFuture<'static, Option<Caller>> + Send + Sync>;

/// What the program that serves the API decides about it.
#[derive(Clone)]
pub struct Settings {
    /// The path below which everything lies: `/`, or such as `/x/`.
    pub base_path: String,
    /// Names besides loopback and addresses under which the server may be called.
    pub allowed_hosts: Vec<String>,
    /// What browsers see where a proxy changes the name, such as `https://dash.example.org/x`.
    pub public_url: Option<String>,
    /// The port that browsers see; it becomes a part of the login cookie's name.
    pub port: Option<u16>,
    /// Whether a proxy of our own stands in front: its `X-Forwarded-For` is believed.
    pub behind_proxy: bool,
    /// Whether we speak TLS ourselves.
    pub tls: bool,
    /// What a request may cost.
    pub limits: Limits,
    /// Recognises callers before tokens and logins do.
    pub authenticate: Option<AuthenticationHook>,
    /// Cancelled when the server stops: every stream says goodbye.
    pub shutdown: CancellationToken,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// The largest body of many events, log lines or calls, in bytes.
    pub batch_bytes: usize,
    /// After so many seconds a request is given up. Streams, raw logs and backups take their time.
    pub seconds: u64,
    /// Requests per second and credential. Far above what one agent needs: it stops a loop gone wild.
    pub requests_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            batch_bytes: 32 << 20,
            seconds: 30,
            requests_per_second: 100_000,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_path: "/".to_owned(),
            allowed_hosts: Vec::new(),
            public_url: None,
            port: None,
            behind_proxy: false,
            tls: false,
            limits: Limits::default(),
            authenticate: None,
            shutdown: CancellationToken::new(),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("base_path", &self.base_path)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("public_url", &self.public_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The base path with one slash at both ends.
    #[must_use]
    pub fn base(&self) -> String {
        match self.base_path.trim_matches('/') {
            "" => "/".to_owned(),
            inner => format!("/{inner}/"),
        }
    }

    /// How the login cookie is named and guarded.
    #[must_use]
    pub fn cookie(&self) -> CookieRule {
        CookieRule::new(self.port, &self.base(), self.is_secure())
    }

    pub(crate) fn hosts(&self) -> Hosts {
        Hosts::new(
            self.allowed_hosts.iter().cloned(),
            self.public_url.as_deref(),
        )
    }

    /// Whether browsers reach us by TLS. A proxy is taken to speak it unless the public URL says otherwise.
    fn is_secure(&self) -> bool {
        let plain_proxy = self
            .public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("http:"));
        self.tls || (self.behind_proxy && !plain_proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_has_one_slash_at_both_ends() {
        for (given, expected) in [("", "/"), ("/", "/"), ("x", "/x/"), ("/x/y/", "/x/y/")] {
            let settings = Settings {
                base_path: given.to_owned(),
                ..Settings::default()
            };
            assert_eq!(settings.base(), expected);
        }
    }

    #[test]
    fn a_proxy_makes_the_cookie_secure_unless_it_speaks_plainly() {
        let proxied = |public_url: Option<&str>| Settings {
            behind_proxy: true,
            public_url: public_url.map(str::to_owned),
            ..Settings::default()
        };
        assert_eq!(proxied(None).cookie().name(), "__Host-dashboard");
        assert_eq!(proxied(Some("http://lan")).cookie().name(), "dashboard");
        assert_eq!(Settings::default().cookie().name(), "dashboard");
    }
}
