//! ETags on what is read: whoever polls gets a 304 while nothing changed.

use std::hash::{DefaultHasher, Hasher};

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::answer::Version;
use crate::failure::Failure;

/// What an answer's ETag is made of, where its body holds fields that change by themselves, such as the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EtagOf(u64);

impl EtagOf {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(hash(bytes))
    }

    /// An answer with this ETag.
    pub(crate) fn on(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.extensions_mut().insert(self);
        response
    }

    fn text(self) -> String {
        format!("W/\"{:016x}\"", self.0)
    }
}

/// The ETags that the caller has already, for answers that need not even be made then.
pub(crate) struct Seen(Option<HeaderValue>);

impl Seen {
    /// Whether an ETag is among them. What is answered with it may be empty: it becomes a 304.
    pub(crate) fn has(&self, etag: EtagOf) -> bool {
        self.0
            .as_ref()
            .is_some_and(|seen| matches(seen, &etag.text()))
    }
}

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.headers.get(IF_NONE_MATCH).cloned()))
    }
}

/// Somebody who reads: the answer gets an ETag, or is a 304 where it was seen already.
pub(super) struct Reader {
    seen: Option<HeaderValue>,
}

impl Reader {
    /// `None` where something is to be changed.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        reads.then(|| Self {
            seen: request.headers().get(IF_NONE_MATCH).cloned(),
        })
    }

    pub(super) async fn tag(self, response: Response) -> Response {
        if response.status() != StatusCode::OK || response.headers().contains_key(CACHE_CONTROL) {
            return response;
        }
        tag(response, self.seen.as_ref())
            .await
            .unwrap_or_else(IntoResponse::into_response)
    }
}

async fn tag(response: Response, seen: Option<&HeaderValue>) -> Result<Response, Failure> {
    let (mut parts, body) = response.into_parts();
    let unread = |_| Failure::panicked();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(unread)?;
    let etag = parts
        .extensions
        .get()
        .copied()
        .unwrap_or_else(|| EtagOf::new(&bytes));
    // Weak: compression changes the bytes and not the meaning. The version in front serves `If-Match`.
    let etag = match parts.extensions.get() {
        Some(Version(version)) => format!("W/\"{version}-{:016x}\"", etag.0),
        None => etag.text(),
    };
    let is_seen = seen.is_some_and(|seen| matches(seen, &etag));
    parts
        .headers
        .extend(HeaderValue::try_from(etag).ok().map(|etag| (ETAG, etag)));
    parts
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if is_seen {
        return Ok((StatusCode::NOT_MODIFIED, kept(&parts.headers)).into_response());
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// What a 304 repeats (RFC 9110, section 15.4.5).
fn kept(headers: &HeaderMap) -> HeaderMap {
    let names = [ETAG, CACHE_CONTROL];
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

fn matches(seen: &HeaderValue, etag: &str) -> bool {
    let seen = seen.to_str().unwrap_or_default();
    let bare = etag.trim_start_matches("W/");
    seen.trim() == "*"
        || seen
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == bare)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_found_among_others_and_in_its_weak_form() {
        for (seen, expected) in [
            ("W/\"3-ab\"", true),
            ("\"3-ab\"", true),
            ("\"x\", W/\"3-ab\"", true),
            ("*", true),
            ("\"3-ac\"", false),
            ("", false),
        ] {
            assert_eq!(
                matches(&HeaderValue::from_static(seen), "W/\"3-ab\""),
                expected,
                "{seen}"
            );
        }
    }
}
