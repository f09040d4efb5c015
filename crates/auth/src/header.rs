//! Two headers that say who calls: `Authorization` and, behind a proxy, `X-Forwarded-For`.

use std::net::IpAddr;

/// The token in an `Authorization` header.
#[must_use]
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Who is at the other end. Only a proxy of our own is believed, and only its own word: the last one,
/// because everything before it may be the caller's invention.
#[must_use]
pub fn client_address(peer: IpAddr, forwarded_for: Option<&str>, behind_proxy: bool) -> IpAddr {
    let last = forwarded_for.and_then(|list| list.rsplit(',').next());
    match last.and_then(|address| address.trim().parse().ok()) {
        Some(address) if behind_proxy => address,
        _ => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_written_in_any_case() {
        let table = [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer ", None),
            ("abc", None),
        ];
        for (header, token) in table {
            assert_eq!(bearer(header), token, "{header}");
        }
    }

    #[test]
    fn only_the_last_word_of_a_proxy_counts() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        let list = Some("1.1.1.1, 2.2.2.2");
        assert_eq!(client_address(peer, list, true), IpAddr::from([2, 2, 2, 2]));
        assert_eq!(client_address(peer, list, false), peer);
        assert_eq!(client_address(peer, Some("unknown"), true), peer);
        assert_eq!(client_address(peer, None, true), peer);
    }
}
