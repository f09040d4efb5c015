//! WebSocket subprotocols: how a browser, which cannot send headers, presents its token.

/// The name of what our streams speak.
pub const SUBPROTOCOL: &str = "dashboard.v1";

/// What a client offers in `Sec-WebSocket-Protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer<'a> {
    /// The token that it presents.
    pub token: Option<&'a str>,
    /// What to select. Ours where it is offered, so that the secret is not repeated; else the one
    /// with the token, because a browser fails the handshake when none of its offers is selected.
    pub selected: Option<&'a str>,
}

impl<'a> Offer<'a> {
    /// Reads the header; where it is sent several times, every one of them.
    #[must_use]
    pub fn parse(headers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut offer = Self::default();
        let protocols = headers.into_iter().flat_map(|header| header.split(','));
        for protocol in protocols.map(str::trim) {
            if protocol == SUBPROTOCOL {
                offer.selected = Some(SUBPROTOCOL);
            }
            let token = protocol
                .strip_prefix("bearer.")
                .filter(|token| !token.is_empty());
            if offer.token.is_none() && token.is_some() {
                offer.token = token;
                offer.selected = offer.selected.or(Some(protocol));
            }
        }
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_repeated_only_where_nothing_else_is_offered() {
        let ours = Some(SUBPROTOCOL);
        let table = [
            (vec!["dashboard.v1, bearer.abc"], Some("abc"), ours),
            (vec!["bearer.abc,dashboard.v1"], Some("abc"), ours),
            (vec!["bearer.abc", "dashboard.v1"], Some("abc"), ours),
            (vec!["bearer.abc"], Some("abc"), Some("bearer.abc")),
            (vec!["dashboard.v1"], None, ours),
            (vec!["graphql-ws"], None, None),
            (vec!["bearer."], None, None),
            (vec![], None, None),
        ];
        for (headers, token, selected) in table {
            let offer = Offer::parse(headers.iter().copied());
            assert_eq!(offer, Offer { token, selected }, "{headers:?}");
        }
    }
}
