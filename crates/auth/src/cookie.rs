//! The login cookie: its name and its attributes.

/// How the login cookie is named and guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieRule {
    name: String,
    path: String,
    secure: bool,
}

impl CookieRule {
    /// The rule of a server. Cookies do not know ports, so the name carries it: two servers on one
    /// machine must not log each other's people out. The same holds for base paths.
    ///
    /// `secure` is for TLS, by ourselves or by a proxy; browsers would not keep such a cookie
    /// on plain loopback.
    #[must_use]
    pub fn new(port: Option<u16>, base_path: &str, secure: bool) -> Self {
        let mut name = String::from(if secure {
            "__Host-dashboard"
        } else {
            "dashboard"
        });
        if let Some(port) = port {
            name.push_str(&format!("_{port}"));
        }
        for part in base_path.split('/').filter(|part| !part.is_empty()) {
            name.push('_');
            name.extend(
                part.chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }),
            );
        }
        // A `__Host-` cookie is refused on any other path.
        let path = if secure { "/" } else { base_path };
        Self {
            name,
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            secure,
        }
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `Set-Cookie` that logs in for so many seconds.
    #[must_use]
    pub fn set(&self, secret: &str, max_age_seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let Self { name, path, .. } = self;
        format!(
            "{name}={secret}; Path={path}; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}"
        )
    }

    /// The `Set-Cookie` that logs out.
    #[must_use]
    pub fn clear(&self) -> String {
        self.set("", 0)
    }

    /// The login's secret in a `Cookie` header.
    #[must_use]
    pub fn find<'a>(&self, header: &'a str) -> Option<&'a str> {
        let mut pairs = header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, secret) = pairs.find(|(name, _)| *name == self.name)?;
        (!secret.is_empty()).then_some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_carries_the_port_and_the_base_path() {
        let table = [
            (CookieRule::new(Some(8080), "/", false), "dashboard_8080"),
            (
                CookieRule::new(Some(443), "/", true),
                "__Host-dashboard_443",
            ),
            (CookieRule::new(None, "/x/y.z/", false), "dashboard_x_y-z"),
        ];
        for (rule, name) in table {
            assert_eq!(rule.name(), name);
        }
    }

    #[test]
    fn scripts_and_other_sites_never_see_it() {
        let plain = CookieRule::new(Some(8080), "/x/", false);
        assert_eq!(
            plain.set("s", 60),
            "dashboard_8080_x=s; Path=/x/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        let tls = CookieRule::new(Some(8443), "/x/", true);
        assert_eq!(
            tls.clear(),
            "__Host-dashboard_8443_x=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn it_is_found_among_others() {
        let rule = CookieRule::new(Some(1), "", false);
        assert_eq!(rule.find("a=b; dashboard_1=secret; c"), Some("secret"));
        assert_eq!(rule.find("xdashboard_1=secret; dashboard_2=other"), None);
        assert_eq!(rule.find("dashboard_1="), None);
    }
}
