//! `Idempotency-Key`: the same change sent twice is made once and answered twice.

use app::Answer;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use model::ProblemKind;
use sha2::{Digest, Sha256};

use crate::answer::HoldsSecret;
use crate::extract::{By, read_body};
use crate::failure::Failure;
use crate::state::Api;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The key that a change names.
pub(super) fn key_of(request: &Request) -> Option<HeaderValue> {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    request.headers().get(HEADER).filter(|_| changes).cloned()
}

/// Carries a change out once per key.
pub(super) async fn once(api: &Api, key: &HeaderValue, request: Request, next: Next) -> Response {
    let outcome = match read_key(key) {
        Ok(key) => replay(api, &key, request, next).await,
        Err(failure) => Err(failure),
    };
    outcome.unwrap_or_else(IntoResponse::into_response)
}

fn read_key(header: &HeaderValue) -> Result<String, Failure> {
    let key = header.to_str().unwrap_or_default();
    if (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(key.to_owned());
    }
    let detail = "must be 1 to 200 printable ASCII characters without blanks";
    Err(Failure::field(
        ProblemKind::Malformed,
        "Idempotency-Key",
        detail,
    ))
}

async fn replay(api: &Api, key: &str, request: Request, next: Next) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let By(caller) = By::from_request_parts(&mut parts, api).await?;
    let most = api.settings.limits.batch_bytes;
    let bytes = read_body(Request::from_parts(parts.clone(), body), most).await?;
    let mut hash = Sha256::new();
    hash.update(format!("{} {}\n", parts.method, parts.uri));
    hash.update(&bytes);
    parts.extensions.insert(caller.clone());
    let work = async move {
        let response = next
            .run(Request::from_parts(parts, Body::from(bytes)))
            .await;
        keep(response).await
    };
    let answer = api
        .app
        .idempotent(&caller, key, hash.finalize().into(), work)
        .await?;
    Ok(again(answer))
}

async fn keep(response: Response) -> Answer {
    let secret = response.extensions().get::<HoldsSecret>().is_some();
    let status = response.status().as_u16();
    // Our own answers are made in memory: reading them back cannot fail.
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap_or_default();
    Answer {
        status,
        body,
        secret,
    }
}

fn again(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body.clone()).into_response();
    let json = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    if answer.body.is_empty() {
        response.headers_mut().remove(CONTENT_TYPE);
    } else {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(json));
    }
    response
}
