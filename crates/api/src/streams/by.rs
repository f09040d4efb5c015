//! Who opens a WebSocket. A browser sends no header of its own, so there are more ways than for a request.

use app::{Credential, Csrf};
use auth::{Caller, Offer};
use axum::extract::FromRequestParts;
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::request::Parts;

use crate::extract::{bearer_of, hooked, login_of, nobody};
use crate::failure::Failure;
use crate::state::Api;

/// The caller of a WebSocket, and the subprotocol to select.
pub(super) struct BySocket {
    pub(super) caller: Caller,
    pub(super) selected: Option<String>,
}

impl FromRequestParts<Api> for BySocket {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let offered = parts.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let offer = Offer::parse(offered.filter_map(|header| header.to_str().ok()));
        let caller = recognise(parts, &offer, api).await?;
        api.rates.count(&caller)?;
        Ok(Self {
            caller,
            selected: offer.selected.map(str::to_owned),
        })
    }
}

/// In the order of the contract. What the client says on purpose decides; a cookie, which the browser adds by
/// itself and may be stale, gives way to what the address holds.
async fn recognise(parts: &Parts, offer: &Offer<'_>, api: &Api) -> Result<Caller, Failure> {
    if let Some(caller) = hooked(parts, api).await {
        return Ok(caller);
    }
    if let Some(token) = offer
        .token
        .map_or_else(|| bearer_of(&parts.headers), |token| Ok(Some(token)))?
    {
        return Ok(api.app.authenticate(Credential::Bearer(token)).await?);
    }
    let by_cookie = by_cookie(parts, api).await;
    if by_cookie.is_ok() {
        return by_cookie;
    }
    match in_address(parts) {
        Some(InAddress::Ticket(ticket)) => Ok(api
            .app
            .authenticate(Credential::StreamTicket(&ticket))
            .await?),
        Some(InAddress::Token(token)) => {
            tracing::warn!(
                "a stream was opened with `?token=`, which is deprecated: addresses end up in logs"
            );
            Ok(api.app.authenticate(Credential::Bearer(&token)).await?)
        }
        None => by_cookie,
    }
}

/// A page of another site could open a WebSocket with our cookie: only the Origin tells. It was compared
/// with our own before; here it must be there at all.
async fn by_cookie(parts: &Parts, api: &Api) -> Result<Caller, Failure> {
    match login_of(&parts.headers, api).filter(|_| parts.headers.contains_key(ORIGIN)) {
        Some(secret) => {
            let credential = Credential::Login {
                secret,
                csrf: Csrf::NotNeeded,
            };
            Ok(api.app.authenticate(credential).await?)
        }
        None => Err(nobody()),
    }
}

enum InAddress {
    Ticket(String),
    Token(String),
}

/// A secret in the address. `ticket` is the name of a filter too; its values are ids.
fn in_address(parts: &Parts) -> Option<InAddress> {
    let query = parts.uri.query().unwrap_or_default();
    let mut token = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "ticket" if !value.is_empty() && !is_id(&value) => {
                return Some(InAddress::Ticket(value.into_owned()));
            }
            "token" if !value.is_empty() => token = Some(InAddress::Token(value.into_owned())),
            _ => {}
        }
    }
    token
}

pub(super) fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}
