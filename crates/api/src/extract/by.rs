//! Who is calling: by the embedding program's own means, a token, or the login cookie.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use app::{Credential, Csrf};
use auth::Caller;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method};
use model::ProblemKind;

use crate::failure::Failure;
use crate::state::Api;

/// The caller, recognised and within the limit of requests.
pub(crate) struct By(pub(crate) Caller);

impl FromRequestParts<Api> for By {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        // Recognised before, where the request carries an idempotency key.
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Self(caller.clone()));
        }
        recognise(parts, api).await.map(Self)
    }
}

/// Recognises the caller, and counts the request against the caller's limit.
async fn recognise(parts: &Parts, api: &Api) -> Result<Caller, Failure> {
    let caller = match hooked(parts, api).await {
        Some(caller) => caller,
        None => api.app.authenticate(credential(parts, api)?).await?,
    };
    api.rates.count(&caller)?;
    let lease_epoch = lease_of(&parts.headers)?.or(caller.lease_epoch);
    Ok(Caller {
        lease_epoch,
        ..caller
    })
}

/// The caller that the embedding program recognises.
pub(crate) async fn hooked(parts: &Parts, api: &Api) -> Option<Caller> {
    match &api.settings.authenticate {
        Some(hook) => hook(parts).await,
        None => None,
    }
}

fn credential<'a>(parts: &'a Parts, api: &Api) -> Result<Credential<'a>, Failure> {
    if let Some(token) = bearer_of(&parts.headers)? {
        return Ok(Credential::Bearer(token));
    }
    let secret = login_of(&parts.headers, api).ok_or_else(nobody)?;
    let csrf = match parts.method {
        Method::GET | Method::HEAD | Method::OPTIONS => Csrf::NotNeeded,
        _ => Csrf::Sent(header_text(&parts.headers, &CSRF)),
    };
    Ok(Credential::Login { secret, csrf })
}

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
const LEASE: HeaderName = HeaderName::from_static("lease-epoch");
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

pub(crate) fn nobody() -> Failure {
    let detail = "send a token as `Authorization: Bearer`, or log in";
    Failure::new(ProblemKind::Unauthenticated, detail)
}

/// The lease under which the caller says to work.
fn lease_of(headers: &HeaderMap) -> Result<Option<i64>, Failure> {
    let Some(header) = headers.get(LEASE) else {
        return Ok(None);
    };
    let epoch = header.to_str().ok().filter(|text| is_number(text));
    match epoch.and_then(|text| text.parse().ok()) {
        Some(epoch) => Ok(Some(epoch)),
        None => {
            let detail = "must be a lease's number, such as 3";
            Err(Failure::field(
                ProblemKind::Malformed,
                "Lease-Epoch",
                detail,
            ))
        }
    }
}

fn is_number(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The token in the `Authorization` header. One that is there but is no bearer token is refused: the caller
/// must not be taken for the one of the cookie instead.
pub(crate) fn bearer_of(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    match header.to_str().ok().and_then(auth::bearer) {
        Some(token) => Ok(Some(token)),
        None => Err(nobody()),
    }
}

/// The secret of the login cookie.
pub(crate) fn login_of<'a>(headers: &'a HeaderMap, api: &Api) -> Option<&'a str> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok());
    cookies.filter_map(|header| api.cookie.find(header)).next()
}

/// A header as text, where it is there and is text.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// From where the request comes.
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl FromRequestParts<Api> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        // The last one of several is our proxy's own.
        let forwarded = parts.headers.get_all(FORWARDED).iter().next_back();
        let forwarded = forwarded.and_then(|header| header.to_str().ok());
        // A call within the process comes from nowhere else.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Ok(Self(auth::client_address(
            peer,
            forwarded,
            api.settings.behind_proxy,
        )))
    }
}
