//! What happens to every request before its handler and after it, in one place and in one order.
//!
//! One function instead of a tower of layers: a single event is kept within some twenty microseconds, and a
//! dozen layers would cost a good part of them.

mod etag;
mod hosts;
mod idempotency;
mod meter;
mod rates;
mod request_id;
mod undeclared;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, Method};
use tracing::Instrument;

use etag::Reader;
pub(crate) use etag::{EtagOf, Seen};
pub(crate) use meter::Meter;
pub(crate) use rates::Rates;
use request_id::RequestId;
pub(crate) use undeclared::Undeclared;

use crate::failure::{self, Failure};
use crate::state::Api;

/// How the requests of a group of routes are carried out.
#[derive(Clone)]
pub(crate) enum Pace {
    /// They are given up after a while; what is read has an ETag, and a change with a key is made once.
    Quick(Api),
    /// Likewise, but a key means nothing: who logs in is nobody yet.
    Open(Api),
    /// They wait as long as they were told to; a change with a key is made once.
    Waiting(Api),
    /// Streams and downloads: they take their time.
    Slow(Api),
}

impl Pace {
    fn api(&self) -> &Api {
        match self {
            Self::Quick(api) | Self::Open(api) | Self::Waiting(api) | Self::Slow(api) => api,
        }
    }
}

/// Surrounds every request.
pub(crate) async fn surround(State(pace): State<Pace>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let api = pace.api().clone();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // The path without its query: a query may hold a token.
    let span =
        tracing::debug_span!("request", %method, path = request.uri().path(), id = id.as_str());
    let answer = async {
        match hosts::check(&request, &api.hosts) {
            Ok(()) => carry_out(&pace, request, next).await,
            Err(failure) => failure.into_response(),
        }
    };
    let response = answer.instrument(span).await;
    let response = failure::complete(response, method == Method::OPTIONS);
    let response = failure::name_instance(response, id.as_str());
    let route = route.as_ref().map_or("", |route| route.as_str());
    api.meter
        .count(&method, route, response.status(), begun.elapsed());
    tracing::debug!(
        id = id.as_str(),
        status = response.status().as_u16(),
        "answered"
    );
    guard(response, id)
}

async fn carry_out(pace: &Pace, request: Request, next: Next) -> Response {
    let most_seconds = match pace {
        Pace::Waiting(_) | Pace::Slow(_) => None,
        Pace::Quick(api) | Pace::Open(api) => Some(api.settings.limits.seconds),
    };
    contain(most_seconds, admit(pace, request, next)).await
}

/// Answers what says no more than its operation takes.
async fn admit(pace: &Pace, request: Request, next: Next) -> Response {
    let api = pace.api();
    let Some(lacks) = api.undeclared.in_request(&request) else {
        return answer(pace, request, next).await;
    };
    // In a box: it is said to few operations, and seldom.
    match Box::pin(lacks.refuse(api, request)).await {
        Ok(request) => answer(pace, request, next).await,
        Err(failure) => failure.into_response(),
    }
}

/// Waits for an answer; a panic or too long a time ends only this request.
async fn contain(most_seconds: Option<u64>, work: impl Future<Output = Response>) -> Response {
    let work = AssertUnwindSafe(work).catch_unwind();
    let outcome = match most_seconds {
        None => work.await,
        Some(seconds) => match tokio::time::timeout(Duration::from_secs(seconds), work).await {
            Ok(outcome) => outcome,
            Err(_) => return Failure::timed_out(seconds).into_response(),
        },
    };
    outcome.unwrap_or_else(|panic| {
        tracing::error!(panic = panic_text(&*panic), "a request panicked");
        Failure::panicked().into_response()
    })
}

async fn answer(pace: &Pace, request: Request, next: Next) -> Response {
    if let Pace::Slow(_) = pace {
        return next.run(request).await;
    }
    let reader = Reader::of(&request);
    let response = match (pace, idempotency::key_of(&request)) {
        // In a box: few requests have a key, and each would carry the room for it.
        (Pace::Quick(api) | Pace::Waiting(api), Some(key)) => {
            Box::pin(idempotency::once(api, &key, request, next)).await
        }
        _ => next.run(request).await,
    };
    match reader {
        Some(reader) => reader.tag(response).await,
        None => response,
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("?")
}

/// What a page of another site, or a cache on the way, must not do with an answer.
const NOTHING_MAY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

fn guard(mut response: Response, id: RequestId) -> Response {
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.into_header());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(NOTHING_MAY);
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http_body_util::BodyExt;

    use super::*;

    async fn text_of(response: Response) -> String {
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_panic_ends_one_request_and_its_words_stay_here() {
        let response = contain(Some(30), async { panic!("the secret inside") }).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = text_of(failure::complete(response, false)).await;
        assert!(!text.contains("secret"), "{text}");
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up_and_may_be_asked_again() {
        let response = contain(Some(0), std::future::pending()).await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(response.headers()["retry-after"], "1");
        let text = text_of(failure::complete(response, false)).await;
        assert!(text.contains("within 0 seconds"), "{text}");
    }
}
